"""Roots that are asked aside: each of its own question, beside the one statement; refused alone, with its path."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import fields as fields_of
from typing import Any

from hub.access.viewers import Viewer
from hub.errors import HubError
from hub.resolvers.selection import Fields, Selection
from hub.schema.asides import Aside
from hub.schema.declare import camel

Ask = Callable[..., Awaitable[Sequence[Any]]]
"""What the aside gives for this viewer about the row of this id: records of its declaration. HubError refuses it.

What else it is asked with is handed over by name.
"""

Asides = Mapping[str, tuple[Aside, Ask]]
"""By the root's name."""


async def ask_aside(
    asides: Asides, beside: Mapping[str, Fields], selection: Selection, viewer: Viewer
) -> tuple[dict[str, Any], list[HubError]]:
    """What the roots are answered with, by response key; null and an error for each that is refused."""
    data: dict[str, Any] = {}
    errors: list[HubError] = []
    for key, fields in beside.items():
        aside, ask = asides[fields[0].node.name.value]
        given = dict(selection.arguments(selection.kind("Query"), fields[0].node))
        subject = given.pop(aside.subject)
        data[key] = None
        try:
            data[key] = [_shown(selection, aside, fields, each) for each in await ask(viewer, subject, **given)]
        except HubError as error:
            error.path = (key,)
            errors.append(error)
    return data, errors


def _shown(selection: Selection, aside: Aside, fields: Fields, record: Any) -> dict[str, Any]:
    kind = aside.record.__name__
    names = {camel(each.name): each.name for each in fields_of(aside.record)}
    below = selection.below(selection.kind(kind), fields)
    asked = {key: found[0].node.name.value for key, found in below.items()}
    return {key: getattr(record, names[name]) if name in names else kind for key, name in asked.items()}
