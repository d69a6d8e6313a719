"""What is shown of one row: its values as JSON text, the rows behind its links, and what is left open."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.model import CodeColumn, Column, Computed, LinkMember, Model, Noun, Sealed, record_fields
from hub.schema.scalars import Kind
from hub.store.conditions import TYPES, Conditions, linked, table
from hub.store.dialects.spelling import (
    BEHIND,
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
from hub.store.facts import Asked, column_of
from hub.store.levels import Above, Level, Piece, simple
from hub.store.plan import Connection, Constant, Hole, Later, Object, Part, Records, ToOne, ToOneOf, Value

MOST_JOINS = 30
"""Rows behind links that one select joins: SQLite stops at 64 tables, and PostgreSQL plans 40 in 27 ms."""

Match = Callable[[str], Sequence[ColumnElement[bool]]]
"""Which row is meant: conditions over its alias."""


class Objects:
    """Objects of all nouns as JSON text, under one viewer's predicate and masks."""

    nested: Callable[[Connection, Noun, ColumnElement[Any]], Any]
    """The text of a list that hangs on a row, given the row's noun and id."""

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
        pieces = self.glue(level, level.alias, shown)
        scope = [] if scoped else self._conditions.scope(shown.noun, level.alias)
        where = [*match(level.alias), *scope]
        row = table(shown.noun.table, level.alias)
        if simple(pieces):
            return nullable(scalar(sa.select(guarded(joined(pieces))).select_from(level.source(row)).where(*where)))
        text = level.text(pieces)
        return nullable(
            scalar(sa.select(guarded(text)).select_from(level.select(row).where(*where).subquery(level.outer)))
        )

    def by_prefix(self, id_: Any, choices: Sequence[Object]) -> ColumnElement[Any]:
        """The row of the noun that the id's prefix names; `null` where no choice fits."""
        cases = []
        for choice in choices:
            start = f"{choice.noun.prefix}_"
            fits = sa.func.substr(id_, sa.literal_column("1"), sa.literal_column(str(len(start)))) == constant(start)
            found = self.one(choice, lambda alias: [typed(f"{alias}.id") == id_])
            cases.append((fits, found))
        return sa.case(*cases, else_=constant("null")) if cases else constant("null")

    def glue(self, level: Level, alias: str, shown: Object) -> list[Piece]:
        """The pieces of one object's text; `alias` is the level's own or that of a row joined to it."""
        pieces: list[Piece] = []
        if self._reads:
            pieces += [READ_BEGIN, level.column(alias, "id"), READ_END]
        for number, part in enumerate(shown.parts):
            pieces += [f'{"," if number else "{"}"{part.key}":', *self._part(level, alias, shown.noun, part)]
        return [*pieces, "}" if shown.parts else "{}"]

    def _part(self, level: Level, alias: str, noun: Noun, part: Part) -> list[Piece]:
        match part:
            case Constant():
                return [f'"{part.text}"']
            case Value():
                return [self._value(level, alias, part.member)]
            case ToOne():
                return self._to_one(level, alias, noun, part)
            case Connection():
                return [Above(level.raised(self.nested(part, noun, level.column(alias, "id"))))]
            case ToOneOf():
                return [Above(level.raised(self.by_prefix(level.column(alias, part.via.column), part.choices)))]
            case Records():
                shown = self._stored(level, alias, part.member)
                return self._records(
                    level, sa.func.coalesce(shown, constant("[]")) if part.member.mask else shown, part
                )
            case Hole():
                judged = part.machine is not None
                return self._judged(level, alias, part) if judged else self._hole(level, alias, part)
            case Later():
                return [f'[{part.number},"', level.column(alias, "id"), '"]']

    def _value(self, level: Level, alias: str, member: Column | Sealed | Computed) -> Any:
        if isinstance(member, Sealed) and member.mask is None:
            return constant("null")
        kind = Kind.TEXT if isinstance(member, Sealed) else member.kind
        text = self.rendered(self._stored(level, alias, member), kind)
        return nullable(text) if member.nullable else text

    def _stored(self, level: Level, alias: str, member: Column | Sealed | Computed) -> ColumnElement[Any]:
        """The value as this viewer is shown it, not yet as JSON."""
        if isinstance(member, Computed):
            expression = member.expression.format_map(level.names(alias))
            return sa.literal_column(f"({expression})", TYPES.get(member.kind, Text))
        if isinstance(member, Sealed):
            return level.column(alias, member.name)
        column = level.column(alias, member.name, TYPES.get(member.kind, Text))
        return _MASKED[member.mask](column, level, alias) if member.mask in self._masks else column

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

    def _to_one(self, level: Level, alias: str, noun: Noun, part: ToOne) -> list[Piece]:
        via, target = part.via, part.shown.noun
        if isinstance(via, CodeColumn):
            key = joined([f"{target.prefix}_{via.list}_", level.column(alias, via.name)])
            return self.behind(level, key, f"{alias}.{via.name}", part.shown)
        key = level.column(alias, via.column)
        scoped = len(noun.scope) == 1 and linked(noun, via.name, target.name)
        return self.behind(level, key, f"{alias}.{via.column}", part.shown, scoped=scoped)

    def behind(self, level: Level, key: Any, by: str, shown: Object, *, scoped: bool = False) -> list[Piece]:
        """The row whose id is `key`, joined to the level; beyond a number of joins, as a select of its own."""
        noun = shown.noun
        if level.joins >= MOST_JOINS:
            return [Above(level.raised(self.one(shown, lambda row: [typed(f"{row}.id") == key], scoped=scoped)))]

        def on(row: str) -> Any:
            scope = [] if scoped else self._conditions.scope(noun, row)
            return sa.and_(typed(f"{row}.id") == key, *scope)

        target = level.join(level.alias, by, noun, on, self._name)
        found, pieces = typed(f"{target}.id"), self.glue(level, target, shown)
        if simple(pieces):
            return [sa.case((found.is_(sa.null()), constant("null")), else_=joined(pieces))]
        missing = level.raised(found).is_(sa.null())
        return [Above(sa.case((missing, constant("null")), else_=level.text(pieces)))]

    def _judged(self, level: Level, alias: str, part: Hole) -> list[Piece]:
        """The facts that a machine judges the row by. They are seen by nobody, so that no scope narrows them."""
        assert part.machine is not None
        noun, asked = part.noun, Asked(self._model, part.machine)
        pieces: list[Piece] = [f"[{part.number}"]
        for name in asked.own:
            member = noun.members[name]
            if isinstance(member, LinkMember):
                pieces = [*self._behind(level.column(alias, member.column)), *pieces]
            kind = member.kind if isinstance(member, Column) and member.kind is Kind.DATE else Kind.TEXT
            column = level.column(alias, column_of(noun, name), TYPES.get(kind, Text))
            pieces += [",", nullable(self.rendered(column, kind))]
        found = asked.columns(lambda name: level.column(alias, column_of(noun, name)))
        for what, column in zip(asked.others, found, strict=True):
            fact = level.raised(column, key=(alias, what))
            pieces += [",", Above(nullable(JsonText(fact)) if isinstance(what, str) else Digits(fact))]
        return [*pieces, "]"]

    def _hole(self, level: Level, alias: str, part: Hole) -> list[Piece]:
        pieces: list[Piece] = [f"[{part.number}"]
        for name in part.columns:
            pieces += [",", nullable(JsonText(level.column(alias, name)))]
        # Behind the id and the sealed text: the case, which decides who may open it.
        looked_at = [piece for name in part.columns[2:] for piece in self._behind(level.column(alias, name))]
        return [*looked_at, *pieces, "]"]

    def _behind(self, id_: Any) -> list[Piece]:
        """The mark of a row that is not shown, and all the same decides what is."""
        return [READ_BEGIN, BEHIND, nullable(id_), READ_END] if self._reads else []

    def _records(self, level: Level, column: ColumnElement[Any], part: Records) -> list[Piece]:
        if part.member.record is not None and part.parts == tuple((n, n) for n in record_fields(part.member.record)):
            # Just as they are stored.
            return [nullable(column) if part.member.nullable else column]
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
        found = scalar(sa.select(whole).select_from(listed.subquery(rows)))
        if part.member.nullable:
            found = sa.case((column.is_(None), constant("null")), else_=found)
        return [Above(level.raised(found))]


def _masked_name(name: ColumnElement[Any], level: Level, alias: str) -> ColumnElement[Any]:
    del level, alias
    return joined([sa.func.substr(name, sa.literal_column("1"), sa.literal_column("1"), type_=Text), "*"])


def _unless_small(value: ColumnElement[Any], level: Level, alias: str) -> ColumnElement[Any]:
    """Nothing of a figure of few cases: the row itself says whether it is one."""
    return sa.case((level.column(alias, "small", sa.Boolean()), sa.null()), else_=value)


_MASKED: dict[str | None, Callable[[ColumnElement[Any], Level, str], ColumnElement[Any]]] = {
    "name": _masked_name,
    "small": _unless_small,
}
"""How a masked column is shown, in SQL; the same words as in the rules."""
