"""Lists that the base alone cannot answer: the caller says which rows stand where, one statement shows all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql.execution.values import VariableValues

from hub.access.predicates import Shape
from hub.access.viewers import Viewer
from hub.errors import HubError
from hub.resolvers.fill import Filler, fill, holes_of
from hub.resolvers.plan import GIVEN, Planner
from hub.resolvers.read import Operation
from hub.resolvers.selection import Fields, Selection
from hub.resolvers.statements import Prepared, Statements, scope_of
from hub.schema.model import Model

Item = Mapping[str, Any]
"""One entry of such a list: its own values by field, and the ids of the rows in the fields that show rows."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What is shown of each entry: the type, the statement (none where no row is shown), the fields by their keys."""

    kind: str
    prepared: Prepared | None
    fields: tuple[tuple[str, str], ...]
    rows: frozenset[str]
    """The fields that show rows."""

    @property
    def cost(self) -> int:
        """Nodes that one entry may show."""
        return self.prepared.plan.cost if self.prepared else 0

    @property
    def holes(self) -> frozenset[type]:
        """The kinds of what is left to be filled after the statement."""
        return self.prepared.holes if self.prepared is not None else frozenset()


class Lists:
    """Prepares and answers them over one base."""

    def __init__(self, model: Model, planner: Planner, statements: Statements) -> None:
        self._model, self._planner, self._statements = model, planner, statements

    async def prepare(self, selection: Selection, kind: str, fields: Fields, root: str, shape: Shape) -> Listed:
        """What is shown of each entry of this type. PlanError with its path where an argument is wrong."""
        shown = selection.below(selection.kind(kind), fields)
        named = tuple((key, found[0].node.name.value) for key, found in shown.items())
        planned = self._planner.listed(selection, kind, shown, root)
        prepared = await self._statements.prepare(planned, shape, reads=False) if planned.plan.roots else None
        rows = {each.key for each in planned.plan.roots}
        return Listed(kind, prepared, named, frozenset(name for key, name in named if key in rows))

    async def answer(
        self, listed: Listed, items: Sequence[Item], values: VariableValues, viewer: Viewer, filler: Filler | None
    ) -> tuple[list[dict[str, Any]], list[tuple[int, HubError]]]:
        """The entries as they are now for this viewer; errors with the number of their entry and the path within it."""
        data: dict[str, list[Any]] = {}
        errors: list[tuple[int, HubError]] = []
        if listed.prepared is not None and items:
            given = {name: [item[name] for item in items] for name in listed.rows}
            coerced: Mapping[str, Any] = {**values.coerced, GIVEN: given}
            _, scope = scope_of(viewer.scope, viewer.masks)
            data = orjson.loads(await self._statements.run(listed.prepared, coerced, scope, set()))["data"]
            if filler is not None:
                errors = [_placed(error) for error in await fill(holes_of(listed.prepared.plan, data), filler)]
        return [self._entry(listed, data, number, item) for number, item in enumerate(items)], errors

    def _entry(self, listed: Listed, data: dict[str, list[Any]], number: int, item: Item) -> dict[str, Any]:
        own = {"__typename": listed.kind}
        return {
            key: data[key][number] if name in listed.rows else own[name] if name in own else item[name]
            for key, name in listed.fields
        }


def within(selection: Selection, operation: Operation) -> tuple[Selection, Any]:
    """The selection as it is planned below its root fields, and the shape of the variables that stand there."""
    shown = {name: value for name, value in selection.real.coerced.items() if name in operation.shown}
    planned, variables = operation.shaped(shown)
    sources = selection.real.sources
    inner = Selection(
        selection.schema, selection.fragments, selection.operation, selection.real, VariableValues(sources, planned)
    )
    return inner, variables


def _placed(error: HubError) -> tuple[int, HubError]:
    """`(key, number, rest)` becomes the number, and the path within the entry."""
    key, number, *rest = error.path or ("", 0)
    error.path = (key, *rest)
    return int(number), error
