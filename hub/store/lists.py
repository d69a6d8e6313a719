"""Connections: a page of rows, the texts of its parts, cursors and counts."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.model import LinkMember, Noun
from hub.schema.scalars import Kind
from hub.store.conditions import TYPES, Conditions, arrangement, beyond, linked, table
from hub.store.objects import Level, Objects
from hub.store.plan import Connection, Constant, CursorPart, Edges, Nodes, PageInfo, TotalCount
from hub.store.spelling import (
    Digits,
    Extreme,
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

_WIDTH = 6
_PADDING = 10**_WIDTH

Parent = tuple[str, Noun] | None
"""The alias and noun of the row that a list hangs on; None for a root."""


class Lists:
    """Connections as JSON text."""

    def __init__(self, objects: Objects, conditions: Conditions, name: Callable[[str], str]) -> None:
        self._objects = objects
        self._conditions = conditions
        self._name = name

    def connection(self, part: Connection, parent: Parent) -> ColumnElement[Any]:
        """The connection's text."""
        level = self._objects.level(part.noun)
        page = _PageText(part, level)
        pieces: list[Any] = []
        for number, inner in enumerate(part.parts):
            pieces += [f'{"," if number else "{"}"{inner.key}":', *self._part(part, inner, page, parent)]
        text = joined([*(pieces or ["{"]), "}"])
        if not page.used:
            return text
        return scalar(sa.select(text).select_from(self._rows(part, page, parent).subquery(level.outer)))

    def _part(self, of: Connection, part: Any, page: "_PageText", parent: Parent) -> list[Any]:
        match part:
            case Constant():
                return [f'"{part.text}"']
            case Nodes():
                return ["[", page.gathered(self._objects.glue(page.level, page.level.alias, part.shown)), "]"]
            case Edges():
                return ["[", page.gathered(self._edge(part, page)), "]"]
            case TotalCount():
                return [self._total(of, parent)]
            case PageInfo():
                return page.info(part)
        raise TypeError(part)

    def _edge(self, part: Edges, page: "_PageText") -> list[Any]:
        pieces: list[Any] = []
        for inner in part.parts:
            pieces.append(f'{"," if pieces else "{"}"{inner.key}":')
            match inner:
                case Constant():
                    pieces.append(f'"{inner.text}"')
                case CursorPart():
                    pieces += ['"', page.cursor(), '"']
                case Nodes():
                    pieces += self._objects.glue(page.level, page.level.alias, inner.shown)
        return [*(pieces or ["{"]), "}"]

    def _total(self, of: Connection, parent: Parent) -> ColumnElement[Any]:
        alias = self._name("t")
        rows: sa.Select[Any] = sa.select(sa.literal_column("count(*)")).select_from(table(of.noun.table, alias))
        return Digits(scalar(rows.where(*self._where(of, alias, parent))))

    def _where(self, of: Connection, alias: str, parent: Parent) -> list[ColumnElement[bool]]:
        if of.by is None or parent is None:
            return self._conditions.where(of.noun, alias, of.page.condition, listed=True)
        link = of.noun.members[of.by.by]
        if not isinstance(link, LinkMember):
            raise TypeError(f"{of.by.by} is no link")
        above, noun = parent
        meets = typed(f"{alias}.{link.column}") == typed(f"{above}.id")
        scoped = linked(of.noun, link.name, noun.name)
        return [meets, *self._conditions.where(of.noun, alias, of.page.condition, scoped=scoped)]

    def _rows(self, of: Connection, page: "_PageText", parent: Parent) -> sa.Select[Any]:
        """The rows of the page with what hangs on them; where nothing does, the page itself."""
        level = page.level
        if not level.deep and not page.numbered and not of.page.backward and of.page.cursor is None:
            rows = level.select(table(of.noun.table, level.alias)).where(*self._where(of, level.alias, parent))
            return limited(rows.order_by(*arrangement(level.alias, of.page.order, backward=False)), page.rows)
        rows = self._page(of, page, parent)
        # A root's page stands first in the statement, where its filter nests least.
        source = rows.cte(level.alias) if parent is None else rows.subquery(level.alias)
        if not page.numbered and not of.page.backward:
            order = arrangement(level.alias, of.page.order, backward=False)
            return limited(level.select(source).order_by(*order), page.rows)
        order = arrangement(level.alias, of.page.order, backward=of.page.backward)
        number = sa.func.row_number().over(order_by=order).label("rn")
        rows = level.select(source, number)
        return limited(rows.order_by(sa.text("rn DESC" if of.page.backward else "rn")), page.rows)

    def _page(self, of: Connection, page: "_PageText", parent: Parent) -> sa.Select[Any]:
        for term in of.page.order:
            page.level.own[term.column] = None
        stretches = self._stretches(of, parent, page)
        if len(stretches) == 1:
            return stretches[0]
        name = self._name("u")
        halves = [sa.select(sa.text("*")).select_from(half.subquery(self._name("h"))) for half in stretches]
        rows = sa.select(sa.text("*")).select_from(sa.union_all(*halves).subquery(name))
        rows = rows.order_by(*arrangement(name, of.page.order, backward=of.page.backward))
        return limited(rows, page.rows)

    def _stretches(self, of: Connection, parent: Parent, page: "_PageText") -> list[sa.Select[Any]]:
        alias = self._name("t")
        where = self._where(of, alias, parent)
        columns = [typed(f"{alias}.{name}").label(name) for name in page.level.own]
        order = arrangement(alias, of.page.order, backward=of.page.backward)
        rows = sa.select(*columns).select_from(table(of.noun.table, alias)).where(*where)
        rows = limited(rows.order_by(*order), page.rows)
        if of.page.cursor is None:
            return [rows]
        ways = beyond(alias, of.page.order, of.page.cursor, backward=of.page.backward)
        return [rows.where(*further) for further in ways]


class _PageText:
    """The texts that are made of a page's rows, and what they ask of the select below."""

    def __init__(self, of: Connection, level: Level) -> None:
        self._of = of
        self.level = level
        self.ahead = of.looks_ahead
        self.rows = of.page.size + (1 if self.ahead else 0)
        self.numbered = self.ahead
        self.used = False

    @property
    def _keep(self) -> str:
        return f"{self.level.outer}.rn <= {self._of.page.size}" if self.ahead else ""

    def gathered(self, pieces: list[Any]) -> ColumnElement[Any]:
        """The rows' texts with commas between them."""
        self.used = True
        return Gathered(guarded(joined(pieces)), keep=self._keep)

    def cursor(self) -> ColumnElement[Any]:
        """The row's position in the order, as the text that clients hand back."""
        pieces: list[Any] = [f'["{self._of.page.tag}"']
        for term in self._of.page.order:
            kind = TYPES.get(term.kind, Text)
            column = self.level.raise_column(self.level.alias, term.column, kind)
            text = _cursor_value(column, term.kind)
            pieces += [",", nullable(text) if term.nullable else text]
        return Hex(joined([*pieces, "]"]))

    def info(self, part: PageInfo) -> list[Any]:
        """`pageInfo`."""
        pieces: list[Any] = []
        for inner in part.parts:
            key = inner.key if isinstance(inner, Constant) else inner[0]
            pieces.append(f'{"," if pieces else "{"}"{key}":')
            pieces.append(f'"{inner.text}"' if isinstance(inner, Constant) else self._fact(inner[1]))
        return [*(pieces or ["{"]), "}"]

    def _fact(self, name: str) -> Any:
        backward, given = self._of.page.backward, self._of.page.cursor is not None
        match name:
            case "hasNextPage" | "hasPreviousPage":
                if (name == "hasPreviousPage") is not backward:
                    return "true" if given else "false"
                self.used = True
                more = typed(f"count(*) > {self._of.page.size}", sa.Boolean())
                return sa.case((more, constant("true")), else_=constant("false"))
            case _:
                return self._end(first=name == "startCursor")

    def _end(self, *, first: bool) -> ColumnElement[Any]:
        self.used = self.numbered = True
        number = sa.cast(typed(f"{self.level.outer}.rn", sa.Integer()) + sa.literal_column(str(_PADDING)), Text)
        which = "min" if first is not self._of.page.backward else "max"
        found = Extreme(joined([number, self.cursor()]), which=which, keep=self._keep)
        cut = sa.func.substr(found, sa.literal_column(str(_WIDTH + 2)), type_=Text)
        return nullable(joined(['"', cut, '"']))


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
