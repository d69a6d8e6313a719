"""One select among those of a list: its rows, the rows behind their links, and what it hands to the select above."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.model import Noun
from hub.store.conditions import table
from hub.store.dialects.spelling import Text, joined, typed


@dataclass(frozen=True, slots=True)
class Above:
    """A text that the select above puts together: a nested list, or what holds one.

    As a column of this level and not within an expression, a nested select costs the parser least.
    """

    text: ColumnElement[Any]


Piece = str | ColumnElement[Any] | Above
"""A part of an object's text: a constant, an expression over the level's rows, or a text of the level above."""


class Level:
    """A select over rows of a noun, under `alias`; the select above sees it as `outer`."""

    def __init__(self, noun: Noun, alias: str, outer: str) -> None:
        self.noun = noun
        self.alias = alias
        self.outer = outer
        self.own: dict[str, None] = {"id": None}
        self._columns: list[Any] = []
        self._known: dict[Any, ColumnElement[Any]] = {}
        self._joins: dict[tuple[str, str], tuple[str, str, Any]] = {}

    def column(self, alias: str, name: str, kind: Any = Text) -> ColumnElement[Any]:
        """A column of this level's rows, or of a row that was joined to them."""
        if alias == self.alias:
            self.own[name] = None
        return typed(f"{alias}.{name}", kind)

    def names(self, alias: str) -> "Names":
        """Column names as an expression's placeholders say them."""
        return Names(self, alias)

    def raised(self, expression: Any, *, key: Any = None) -> ColumnElement[Any]:
        """An expression over this level's rows as the select above sees it; under a `key` it is computed once."""
        if key is not None and key in self._known:
            return self._known[key]
        self._columns.append(expression)
        seen = typed(f"{self.outer}.a{len(self._columns) - 1}")
        if key is not None:
            self._known[key] = seen
        return seen

    def text(self, pieces: Sequence[Piece]) -> ColumnElement[Any]:
        """The pieces in one text, one level up: what stands between nested lists is put together here already."""
        parts: list[Any] = []
        run: list[Any] = []
        for piece in pieces:
            if isinstance(piece, Above):
                parts += [*self._run(run), piece.text]
                run = []
            else:
                run.append(piece)
        return joined([*parts, *self._run(run)])

    def _run(self, run: Sequence[Any]) -> list[Any]:
        return list(run) if all(isinstance(piece, str) for piece in run) else [self.raised(joined(run))]

    def join(self, alias: str, by: str, noun: Noun, on: Callable[[str], Any], name: Callable[[str], str]) -> str:
        """The alias of the row behind `by`, joined once however often it is shown."""
        key = (alias, by)
        if key not in self._joins:
            target = name("j")
            self._joins[key] = (noun.table, target, on(target))
        return self._joins[key][1]

    @property
    def joins(self) -> int:
        """How many rows are joined."""
        return len(self._joins)

    def source(self, rows: Any) -> Any:
        """The level's rows with all that is joined to them."""
        for other, alias, on in self._joins.values():
            rows = sa.outerjoin(rows, table(other, alias), on)
        return rows

    def select(self, rows: Any) -> sa.Select[Any]:
        """The level's select over its rows."""
        columns = [expression.label(f"a{number}") for number, expression in enumerate(self._columns)]
        return sa.select(*(columns or [sa.literal_column("1").label("a0")])).select_from(self.source(rows))


class Names(dict[str, str]):
    """Placeholders of an expression as columns of an alias, noted where they must be carried along."""

    def __init__(self, level: Level, alias: str) -> None:
        super().__init__()
        self._level, self._alias = level, alias

    def __missing__(self, name: str) -> str:
        self._level.column(self._alias, name)
        return f"{self._alias}.{name}"


def simple(pieces: Sequence[Piece]) -> bool:
    """Whether nothing of it is left to the level above."""
    return not any(isinstance(piece, Above) for piece in pieces)
