"""What is shown of one row: its values as JSON text, the rows behind its links, and what is left open."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.model import CodeColumn, Column, Computed, LinkMember, Model, Noun, Sealed
from hub.schema.scalars import Kind
from hub.store.conditions import TYPES, Conditions, linked, table
from hub.store.plan import (
    Connection,
    Constant,
    Hole,
    Later,
    Object,
    Part,
    Records,
    ToOne,
    ToOneOf,
    Value,
)
from hub.store.spelling import (
    READ_BEGIN,
    READ_END,
    Digits,
    Gathered,
    Item,
    JsonText,
    ListRows,
    Text,
    Truth,
    Yuan,
    constant,
    guarded,
    joined,
    limited,
    nullable,
    scalar,
    typed,
)

MOST_JOINS = 30
"""Rows behind links that one select joins: SQLite stops at 64 tables, and PostgreSQL plans 40 in 27 ms."""

Match = Callable[[str], Sequence[ColumnElement[bool]]]
"""Which row is meant: conditions over its alias."""


class Level:
    """One select over rows and the rows behind their links; what the text needs is raised out of it as columns."""

    def __init__(self, noun: Noun, alias: str, outer: str) -> None:
        self.noun = noun
        self.alias = alias
        self.outer = outer
        self.own: dict[str, None] = {"id": None}
        self.deep = False
        self._raised: dict[str, tuple[str, Any]] = {}
        self._joins: dict[tuple[str, str], tuple[str, str, Any]] = {}

    def column(self, alias: str, name: str, kind: Any = Text) -> ColumnElement[Any]:
        """A column of this level's rows, or of a row that was joined to them."""
        if alias == self.alias:
            self.own[name] = None
        return typed(f"{alias}.{name}", kind)

    def raise_column(self, alias: str, name: str, kind: Any = Text) -> ColumnElement[Any]:
        """The same, as the text one level up sees it."""
        return self.raise_expression(f"{alias}.{name}", self.column(alias, name, kind), kind)

    def raise_expression(self, key: str, expression: Any, kind: Any = Text) -> ColumnElement[Any]:
        """An expression over this level's rows, as a column; the same key is the same column."""
        name = self._raised.setdefault(key, (f"a{len(self._raised)}", expression))[0]
        return typed(f"{self.outer}.{name}", kind)

    def raised(self, name: str) -> ColumnElement[Any]:
        """A column of the level's own rows by name, as one level up sees it."""
        return self.raise_expression(f"{self.alias}.{name}", typed(f"{self.alias}.{name}"))

    def join(self, alias: str, by: str, noun: Noun, on: Callable[[str], Any], name: Callable[[str], str]) -> str:
        """The alias of the row behind `by`, joined once however often it is shown."""
        key = (alias, by)
        if key not in self._joins:
            target = name("j")
            self._joins[key] = (noun.table, target, on(target))
            self.deep = True
        return self._joins[key][1]

    @property
    def joins(self) -> int:
        """How many rows are joined."""
        return len(self._joins)

    def select(self, source: Any, *further: Any) -> sa.Select[Any]:
        """The level's select over its source."""
        for other, alias, on in self._joins.values():
            source = sa.outerjoin(source, table(other, alias), on)
        columns = [expression.label(name) for name, expression in self._raised.values()]
        return sa.select(*(columns or [sa.literal_column("1").label("a0")]), *further).select_from(source)


class Objects:
    """Objects of all nouns as JSON text, under one viewer's predicate and masks."""

    nested: Callable[[Connection, tuple[str, Noun]], Any]

    def __init__(
        self,
        model: Model,
        conditions: Conditions,
        masks: frozenset[str],
        name: Callable[[str], str],
        *,
        reads: bool,
    ) -> None:
        self._model = model
        self._conditions = conditions
        self._masks = masks
        self._name = name
        self._reads = reads

    def level(self, noun: Noun) -> Level:
        """A select of its own over rows of the noun."""
        return Level(noun, self._name("p"), self._name("r"))

    def one(self, shown: Object, match: Match, *, scoped: bool = False) -> ColumnElement[Any]:
        """The row's JSON text, or `null` when there is none that the viewer sees."""
        level = self.level(shown.noun)
        text = joined(self.glue(level, level.alias, shown))
        where = (
            match(level.alias) if scoped else [*match(level.alias), *self._conditions.scope(shown.noun, level.alias)]
        )
        row = level.select(table(shown.noun.table, level.alias)).where(*where).subquery(level.outer)
        return nullable(scalar(sa.select(guarded(text)).select_from(row)))

    def by_prefix(self, id_: Any, choices: Sequence[Object]) -> ColumnElement[Any]:
        """The row of the noun that the id's prefix names; `null` where no choice fits."""
        cases = []
        for choice in choices:
            start = f"{choice.noun.prefix}_"
            fits = sa.func.substr(id_, sa.literal_column("1"), sa.literal_column(str(len(start)))) == constant(start)
            found = self.one(choice, lambda alias: [typed(f"{alias}.id") == id_])
            cases.append((fits, found))
        return sa.case(*cases, else_=constant("null")) if cases else constant("null")

    def glue(self, level: Level, alias: str, shown: Object) -> list[Any]:
        """The pieces of one object's text; `alias` is the level's own or that of a row joined to it."""
        pieces: list[Any] = []
        if self._reads:
            pieces += [READ_BEGIN, level.raise_column(alias, "id"), READ_END]
        for number, part in enumerate(shown.parts):
            pieces += [f'{"," if number else "{"}"{part.key}":', *self._part(level, alias, shown.noun, part)]
        return [*pieces, "}" if shown.parts else "{}"]

    def _part(self, level: Level, alias: str, noun: Noun, part: Part) -> list[Any]:
        match part:
            case Constant():
                return [f'"{part.text}"']
            case Value():
                return [self._value(level, alias, part.member)]
            case ToOne():
                return self._to_one(level, alias, noun, part)
            case Connection():
                level.deep = True
                level.column(alias, "id")
                return [level.raise_expression(f"{alias} {id(part)}", self.nested(part, (alias, noun)))]
            case ToOneOf():
                level.deep = True
                found = self.by_prefix(level.column(alias, part.via.column), part.choices)
                return [level.raise_expression(f"{alias} {id(part)}", found)]
            case Records():
                level.deep = True
                records = self._records(level.column(alias, part.member.name), part)
                return [level.raise_expression(f"{alias} {id(part)}", records)]
            case Hole():
                return _hole(level, alias, part)
            case Later():
                return ['["', level.raise_column(alias, "id"), '"]']

    def _value(self, level: Level, alias: str, member: Column | Sealed | Computed) -> Any:
        if isinstance(member, Computed):
            expression = _computed(level, alias, member)
            raised = level.raise_expression(f"{alias} {member.name}", expression, TYPES.get(member.kind, Text))
        elif isinstance(member, Column) and member.mask in self._masks:
            masked = _MASKED[member.mask](level.column(alias, member.name))
            raised = level.raise_expression(f"{alias} masked {member.name}", masked)
        elif isinstance(member, Sealed) and member.mask is None:
            return constant("null")
        else:
            kind = TYPES.get(member.kind, Text) if isinstance(member, Column) else Text
            raised = level.raise_column(alias, member.name, kind)
        text = self.rendered(raised, Kind.TEXT if isinstance(member, Sealed) else member.kind)
        return nullable(text) if member.nullable else text

    def rendered(self, column: ColumnElement[Any], kind: Kind) -> ColumnElement[Any]:
        """A value's JSON text; null stays null."""
        match kind:
            case Kind.TEXT:
                return JsonText(column)
            case Kind.INT:
                return Digits(column)
            case Kind.BOOL:
                return Truth(column)
            case Kind.MONEY:
                return Yuan(column)
            case Kind.DATE:
                return joined(['"', Digits(column), '"'])
            case _:
                return joined(['"', column, '"'])

    def _to_one(self, level: Level, alias: str, noun: Noun, part: ToOne) -> list[Any]:
        via, target = part.via, part.shown.noun
        if isinstance(via, CodeColumn):
            key = joined([f"{target.prefix}_{via.list}_", level.column(alias, via.name)])
            return self.behind(level, key, f"{alias}.{via.name}", part.shown, alias=alias)
        key = level.column(alias, via.column)
        scoped = len(noun.scope) == 1 and linked(noun, via.name, target.name)
        return self.behind(level, key, f"{alias}.{via.column}", part.shown, alias=alias, scoped=scoped)

    def behind(
        self, level: Level, key: Any, by: str, shown: Object, *, alias: str | None = None, scoped: bool = False
    ) -> list[Any]:
        """The row whose id is `key`, joined to the level; beyond a number of joins, as a select of its own."""
        noun = shown.noun
        if level.joins >= MOST_JOINS:
            level.deep = True
            found = self.one(shown, lambda row: [typed(f"{row}.id") == key], scoped=scoped)
            return [level.raise_expression(f"{by} {id(shown)}", found)]

        def on(row: str) -> Any:
            scope = [] if scoped else self._conditions.scope(noun, row)
            return sa.and_(typed(f"{row}.id") == key, *scope)

        target = level.join(alias or level.alias, by, noun, on, self._name)
        missing = level.raise_column(target, "id").is_(sa.null())
        text = joined(self.glue(level, target, shown))
        return [sa.case((missing, constant("null")), else_=text)]

    def _records(self, column: Any, part: Records) -> ColumnElement[Any]:
        source, rows = self._name("e"), self._name("r")
        item = typed(f"{source}.item")
        pieces: list[Any] = []
        columns: list[Any] = [typed(f"{source}.place").label("o")]
        for number, shown in enumerate(part.parts):
            key = shown.key if isinstance(shown, Constant) else shown[0]
            pieces.append(f'{"," if number else "{"}"{key}":')
            if isinstance(shown, Constant):
                pieces.append(f'"{shown.text}"')
                continue
            columns.append(Item(item, at=shown[1]).label(f"a{number}"))
            pieces.append(nullable(JsonText(typed(f"{rows}.a{number}"))))
        text = joined([*(pieces or ["{"]), "}"])
        listed = limited(sa.select(*columns).select_from(ListRows(column).alias(source)).order_by(sa.text("o")))
        whole = joined(["[", Gathered(guarded(text)), "]"])
        return scalar(sa.select(whole).select_from(listed.subquery(rows)))


def _computed(level: Level, alias: str, member: Computed) -> ColumnElement[Any]:
    expression = member.expression.format_map(_Names(level, alias))
    return sa.literal_column(f"({expression})", TYPES.get(member.kind, Text))


class _Names(dict[str, str]):
    """Column names of an expression as columns of an alias, noted where they must be carried along."""

    def __init__(self, level: Level, alias: str) -> None:
        super().__init__()
        self._level, self._alias = level, alias

    def __missing__(self, name: str) -> str:
        self._level.column(self._alias, name)
        return f"{self._alias}.{name}"


def _hole(level: Level, alias: str, part: Hole) -> list[Any]:
    pieces: list[Any] = []
    for name in part.columns:
        pieces += ["," if pieces else "[", nullable(JsonText(level.raise_column(alias, name)))]
    return [*pieces, "]"]


def _masked_name(name: ColumnElement[Any]) -> ColumnElement[Any]:
    return joined([sa.func.substr(name, sa.literal_column("1"), sa.literal_column("1"), type_=Text), "*"])


_MASKED: dict[str, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {"name": _masked_name}
"""How a masked column is shown, in SQL; the same words as in the rules."""

__all__ = ["Level", "LinkMember", "Match", "Objects"]
