"""Connections: a page of rows, the texts of its parts, cursors and counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.model import LinkMember, Noun
from hub.schema.scalars import Kind
from hub.store.conditions import TYPES, Conditions, arrangement, beyond, linked, table
from hub.store.dialects.spelling import (
    Digits,
    Gathered,
    Hex,
    JsonText,
    Text,
    constant,
    guarded,
    joined,
    limited,
    nullable,
    scalar,
    typed,
)
from hub.store.levels import Level, Piece
from hub.store.objects import Objects
from hub.store.plan import Connection, Constant, CursorPart, Edges, Nodes, PageInfo, TotalCount


@dataclass(frozen=True, slots=True)
class Parent:
    """The row that a list hangs on: its noun and its id, of another alias or (`alone`) as a value of the statement."""

    noun: Noun
    id: ColumnElement[Any]
    alone: bool = False


class Lists:
    """Connections as JSON text."""

    def __init__(
        self, objects: Objects, conditions: Conditions, name: Callable[[str], str], *, keeps_order: bool
    ) -> None:
        self._objects = objects
        self._conditions = conditions
        self._name = name
        self.keeps_order = keeps_order

    def connection(self, part: Connection, parent: Parent | None) -> ColumnElement[Any]:
        """The connection's text."""
        return _List(self, self._objects, part, parent).text(self._name)

    def rows(self, of: Connection, parent: Parent | None, level: Level, size: int) -> sa.Select[Any]:
        """The page: the columns that the level carries, of the rows by scope, filter, order and cursor."""
        for term in of.page.order:
            level.own[term.column] = None
        stretches = self._stretches(of, parent, level, size)
        if len(stretches) == 1:
            return stretches[0]
        name = self._name("u")
        halves = [sa.select(sa.text("*")).select_from(half.subquery(self._name("h"))) for half in stretches]
        rows = sa.select(sa.text("*")).select_from(sa.union_all(*halves).subquery(name))
        return limited(rows.order_by(*arrangement(name, of.page.order, backward=of.page.backward)), size)

    def total(self, of: Connection, parent: Parent | None) -> sa.Select[Any]:
        """How many rows the list has in all, as `n`."""
        alias = self._name("t")
        count: Any = sa.literal_column("count(*)").label("n")
        return sa.select(count).select_from(table(of.noun.table, alias)).where(*self._where(of, alias, parent))

    def _stretches(self, of: Connection, parent: Parent | None, level: Level, size: int) -> list[sa.Select[Any]]:
        alias = self._name("t")
        columns = [typed(f"{alias}.{name}").label(name) for name in level.own]
        order = arrangement(alias, of.page.order, backward=of.page.backward)
        rows = sa.select(*columns).select_from(table(of.noun.table, alias)).where(*self._where(of, alias, parent))
        rows = limited(rows.order_by(*order), size)
        if of.page.cursor is None:
            return [rows]
        ways = beyond(alias, of.page.order, of.page.cursor, backward=of.page.backward)
        return [rows.where(*further) for further in ways]

    def _where(self, of: Connection, alias: str, parent: Parent | None) -> list[ColumnElement[bool]]:
        if of.by is None or parent is None:
            return self._conditions.where(of.noun, alias, of.page.condition, listed=True)
        link = of.noun.members[of.by.by]
        if not isinstance(link, LinkMember):
            raise TypeError(f"{of.by.by} is no link")
        meets = typed(f"{alias}.{link.column}") == parent.id
        scoped = linked(of.noun, link.name, parent.noun.name)
        return [meets, *self._conditions.where(of.noun, alias, of.page.condition, scoped=scoped)]


class _List:
    """One connection: its page is named where more than the rows themselves ask for it, and keeps its order then."""

    def __init__(self, lists: Lists, objects: Objects, of: Connection, parent: Parent | None) -> None:
        self._lists, self._objects = lists, objects
        self._of, self._parent = of, parent
        self._level = objects.level(of.noun)
        self._page = of.page
        self._ahead = of.looks_ahead
        self._uses_rows = self._uses_page = False
        # What hangs on no other row of the statement can stand first in it, where a filter nests least.
        self._first = parent is None or parent.alone
        self._before: list[Any] = []

    def text(self, name: Callable[[str], str]) -> ColumnElement[Any]:
        self._named = name("q")
        pieces: list[Any] = []
        for number, inner in enumerate(self._of.parts):
            pieces += [f'{"," if number else "{"}"{inner.key}":', *self._part(inner)]
        text = joined([*(pieces or ["{"]), "}"])
        whole = sa.select(text)
        if self._uses_rows or self._uses_page:
            size = self._page.size + (1 if self._ahead else 0)
            page = self._lists.rows(self._of, self._parent, self._level, size)
            if not self._uses_page and not self._first:
                return scalar(whole.select_from(self._rows(page.subquery(self._level.alias))))
            named = page.cte(self._named, nesting=not self._first)
            self._before.append(named)
            if self._uses_rows:
                whole = whole.select_from(self._rows(named.alias(self._level.alias)))
        return scalar(whole.add_cte(*self._before)) if self._before or self._uses_rows else text

    def _rows(self, page: Any) -> Any:
        """The rows of the page in the list's order, with what hangs on them."""
        alias, order = self._level.alias, self._page.order
        if self._ahead and self._page.backward:
            page = limited(sa.select(sa.text("*")).select_from(page), self._page.size).subquery(alias)
        rows = self._level.select(page)
        if self._page.backward or (self._level.joins and not self._lists.keeps_order):
            rows = rows.order_by(*arrangement(alias, order, backward=False))
        return limited(rows, self._page.size).subquery(self._level.outer)

    def _part(self, part: Any) -> list[Any]:
        match part:
            case Constant():
                return [f'"{part.text}"']
            case Nodes():
                return ["[", self._gathered(self._objects.glue(self._level, self._level.alias, part.shown)), "]"]
            case Edges():
                return ["[", self._gathered(self._edge(part)), "]"]
            case TotalCount():
                return [self._total()]
            case PageInfo():
                return self._info(part)
        raise TypeError(part)

    def _total(self) -> ColumnElement[Any]:
        total = self._lists.total(self._of, self._parent)
        if not self._first:
            return Digits(scalar(total))
        name = f"{self._named}n{len(self._before)}"
        self._before.append(total.cte(name))
        return Digits(typed(f"(SELECT n FROM {name})"))

    def _gathered(self, pieces: list[Piece]) -> ColumnElement[Any]:
        self._uses_rows = True
        return Gathered(guarded(self._level.text(pieces)))

    def _edge(self, part: Edges) -> list[Piece]:
        pieces: list[Piece] = []
        for inner in part.parts:
            pieces.append(f'{"," if pieces else "{"}"{inner.key}":')
            match inner:
                case Constant():
                    pieces.append(f'"{inner.text}"')
                case CursorPart():
                    pieces += ['"', self._cursor(self._level.alias), '"']
                case Nodes():
                    pieces += self._objects.glue(self._level, self._level.alias, inner.shown)
        return [*(pieces or ["{"]), "}"]

    def _info(self, part: PageInfo) -> list[Any]:
        pieces: list[Any] = []
        for inner in part.parts:
            key = inner.key if isinstance(inner, Constant) else inner[0]
            pieces.append(f'{"," if pieces else "{"}"{key}":')
            pieces.append(f'"{inner.text}"' if isinstance(inner, Constant) else self._fact(inner[1]))
        return [*(pieces or ["{"]), "}"]

    def _fact(self, name: str) -> Any:
        if name in ("startCursor", "endCursor"):
            return self._end(first=name == "startCursor")
        if (name == "hasPreviousPage") is not self._page.backward:
            return "true" if self._page.cursor is not None else "false"
        self._uses_page = True
        more = typed(f"(SELECT count(*) FROM {self._named}) > {self._page.size}", sa.Boolean())
        return sa.case((more, constant("true")), else_=constant("false"))

    def _end(self, *, first: bool) -> ColumnElement[Any]:
        """The cursor of the list's first or last row: the page's first, or the last of those that count."""
        self._uses_page = True
        backward, alias = self._page.backward, f"{self._named}e"
        near = first is not backward
        source: Any = sa.table(self._named).alias(alias)
        if not near and self._ahead:
            columns = [typed(f"{alias}.{term.column}").label(term.column) for term in self._page.order]
            source = limited(sa.select(*columns).select_from(source), self._page.size).subquery(alias)
        order = arrangement(alias, self._page.order, backward=backward is near)
        text = guarded(joined(['"', self._cursor(alias), '"']))
        return nullable(scalar(limited(sa.select(text).select_from(source).order_by(*order), 1)))

    def _cursor(self, alias: str) -> ColumnElement[Any]:
        """The row's position in the order, as the text that clients hand back."""
        pieces: list[Any] = [f'["{self._page.tag}"']
        for term in self._page.order:
            text = _cursor_value(typed(f"{alias}.{term.column}", TYPES.get(term.kind, Text)), term.kind)
            pieces += [",", nullable(text) if term.nullable else text]
        return Hex(joined([*pieces, "]"]))


def _cursor_value(column: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
    match kind:
        case Kind.TEXT:
            return JsonText(column)
        case Kind.INT | Kind.MONEY:
            return Digits(column)
        case Kind.DATE:
            return joined(['"', Digits(column), '"'])
        case _:
            return joined(['"', column, '"'])
