"""Representations of entities: which type and key each names, gathered by kind so that one plan serves all lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import BadRepresentation, HubError
from hub.schema.declare import camel
from hub.schema.model import Column, Model, Noun

Kind = tuple[str, tuple[str, ...]]
"""The noun's name and the stored columns of the key that is given."""


_LONGEST_KEY = 1000
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Grouped:
    """Rows `[place, key, ...]` by kind, and the places of those that could not be read."""

    rows: dict[Kind, list[list[Any]]]
    unread: list[list[Any]]

    @property
    def shape(self) -> tuple[tuple[Kind, int], ...]:
        """The kinds in a fixed order with about how many there are of each: what a plan is made for."""
        return tuple((kind, 1 << (len(self.rows[kind]) - 1).bit_length()) for kind in sorted(self.rows))

    def errors(self, key: str) -> list[HubError]:
        """One error per entry that could not be read; `key` is the response key of the field."""
        return [BadRepresentation(path=(key, place)) for (place,) in self.unread]


def grouped(representations: Sequence[Any], model: Model) -> Grouped:
    """Sort the representations by kind."""
    found = Grouped({}, [])
    for place, each in enumerate(representations):
        kind = _kind(each, model)
        if kind is None:
            found.unread.append([place])
        else:
            found.rows.setdefault(kind[0], []).append([place, *kind[1]])
    return found


def _kind(given: Any, model: Model) -> tuple[Kind, list[str]] | None:
    noun = (
        model.nouns.get(name) if isinstance(given, dict) and isinstance(name := given.get("__typename"), str) else None
    )
    if noun is None or not noun.in_graph:
        return None
    for columns in keys(noun):
        values = [given.get(camel(column)) for column in columns]
        if all(_is_key(value) for value in values):
            return (noun.name, columns), values
    return None


def keys(noun: Noun) -> list[tuple[str, ...]]:
    """The keys neighbours may name: the id, and the natural key where there is one."""
    natural = [noun.key] if noun.key and all(isinstance(noun.members[name], Column) for name in noun.key) else []
    return [("id",), *natural]


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_KEY and not _FORBIDDEN.search(value)
