"""Filters and cursors as SQL conditions over one alias."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.declare import Word
from hub.schema.model import Noun
from hub.schema.scalars import Kind
from hub.store.dialects.spelling import Among, Differs, Exists, Found, NotTrue, Text, typed
from hub.store.wanted import All, Bind, Compare, Condition, Cursor, Either, Linked, Not, Null, Order, Search, Some, Term


class Predicate(Protocol):
    """The viewer's predicate: what must hold of the noun's row under an alias; None when every row is seen."""

    def __call__(self, noun: Noun, alias: str, *, listed: bool = False) -> ColumnElement[bool] | None:
        """The condition; `listed` when it picks from all rows there are, not from a few."""
        ...


TYPES: dict[Kind, sa.types.TypeEngine[Any]] = {
    Kind.DATE: sa.Date(),
    Kind.BOOL: sa.Boolean(),
    Kind.INT: sa.BigInteger(),
    Kind.MONEY: sa.BigInteger(),
}
_COMPARISONS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": lambda column, value: column == value,
    "ne": Differs,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}


def bound(bind: Bind) -> ColumnElement[Any]:
    """The place of a value in the statement."""
    kind = TYPES.get(bind.kind, Text)
    return sa.bindparam(bind.name, type_=postgresql.ARRAY(kind) if bind.many else kind)


def linked(noun: Noun, by: str, through: str) -> bool:
    """Whether seeing the row behind link `by` means seeing the noun's row: its scope is that of its case."""
    return any(word.word is Word.OF_CASE and word.paths == (by,) for word in noun.scope) and through == "Case"


class Conditions:
    """Conditions over aliases; every row that a condition looks at is one that the viewer sees."""

    def __init__(self, predicate: Predicate, name: Callable[[str], str]) -> None:
        self._predicate = predicate
        self._name = name

    def where(
        self, noun: Noun, alias: str, condition: Condition, *, scoped: bool = False, listed: bool = False
    ) -> list[ColumnElement[bool]]:
        """What must hold of a row under `alias`; `scoped` rows were reached through a row that shares their scope."""
        found = [] if scoped else self.scope(noun, alias, listed=listed)
        parts = condition.parts if isinstance(condition, All) else (condition,)
        return [*found, *(self.holds(noun, alias, part) for part in parts)]

    def scope(self, noun: Noun, alias: str, *, listed: bool = False) -> list[ColumnElement[bool]]:
        """The viewer's predicate, where there is one."""
        predicate = self._predicate(noun, alias, listed=listed)
        return [] if predicate is None else [predicate]

    def holds(self, noun: Noun, alias: str, condition: Condition) -> ColumnElement[bool]:
        """The condition as SQL; it may be unknown, which counts as false."""
        match condition:
            case Compare():
                return _compare(alias, condition)
            case Null():
                column = typed(f"{alias}.{condition.column}")
                return column.is_(sa.null()) if condition.wanted else column.is_not(sa.null())
            case Search():
                return Found(
                    noun.table, alias, *(bound(each) for each in (condition.phrase, condition.words, condition.run))
                )
            case Linked():
                target = self._name("f")
                meets = typed(f"{target}.id") == typed(f"{alias}.{condition.link.column}")
                return self._exists(condition.noun, target, meets, condition.condition)
            case Some():
                target = self._name("f")
                meets = typed(f"{target}.{condition.by.column}") == typed(f"{alias}.id")
                return self._exists(condition.noun, target, meets, condition.condition, wanted=condition.wanted)
            case All() | Either():
                return self._several(noun, alias, condition)
            case Not():
                return NotTrue(self.holds(noun, alias, condition.part))

    def _several(self, noun: Noun, alias: str, condition: All | Either) -> ColumnElement[bool]:
        parts = [self.holds(noun, alias, part) for part in condition.parts]
        if isinstance(condition, All):
            return sa.and_(*parts) if parts else _ALWAYS
        return sa.or_(*parts) if parts else _NEVER

    def _exists(
        self, noun: Noun, alias: str, meets: Any, condition: Condition, *, wanted: bool = True
    ) -> ColumnElement[bool]:
        # What nests stands first: a parser remembers less of what comes before it.
        return exists(noun, alias, [*self.where(noun, alias, condition), meets], wanted=wanted)


def exists(noun: Noun, alias: str, where: Sequence[Any], *, wanted: bool = True) -> ColumnElement[bool]:
    """There is a row of the noun, under `alias`, of which all this holds; or there is none."""
    rows: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(table(noun.table, alias)).where(*where)
    return Exists(rows.correlate(None), wanted=wanted)


def table(name: str, alias: str) -> sa.TableClause:
    """A table under an alias, by name."""
    return sa.table(name).alias(alias)  # type: ignore[return-value]


_ALWAYS: ColumnElement[bool] = sa.literal_column("1 = 1", sa.Boolean())
_NEVER: ColumnElement[bool] = sa.literal_column("1 = 0", sa.Boolean())


def _compare(alias: str, condition: Compare) -> ColumnElement[bool]:
    kind = TYPES.get(condition.operand.kind, Text)
    column, value = typed(f"{alias}.{condition.column}", kind), bound(condition.operand)
    match condition.operator:
        case "in":
            return Among(column, value, eager=condition.eager)
        case "notIn":
            return NotTrue(Among(column, value, eager=False))
        case operator:
            return _COMPARISONS[operator](column, value)


# --- cursors ----------------------------------------------------------------------------------------------------------
def beyond(alias: str, order: Order, cursor: Cursor, *, backward: bool) -> list[list[ColumnElement[bool]]]:
    """What holds of the rows behind a cursor (before it, going backward).

    Usually one list of conditions; two where null is the first term's greatest value and the rows behind the cursor
    are two stretches of an index, in this order.
    """
    terms = [Term(t.column, t.ascending is not backward, t.nullable, t.kind) for t in order]
    first, rest = terms[0], terms[1:]
    if len({term.ascending for term in terms}) == 1 and not any(term.nullable for term in rest):
        if not first.nullable:
            return [[_row_beyond(alias, terms, cursor.values)]]
        return _stretches(alias, terms, cursor)
    return [[_any_beyond(alias, terms, cursor.values)]]


def _stretches(alias: str, terms: list[Term], cursor: Cursor) -> list[list[ColumnElement[bool]]]:
    first = _column(alias, terms[0])
    empty, filled = first.is_(sa.null()), first.is_not(sa.null())
    if cursor.values[0] is not None:
        near = [_row_beyond(alias, terms, cursor.values)]
        return [near, [empty]] if terms[0].ascending else [near]
    near = [empty, _row_beyond(alias, terms[1:], cursor.values[1:])]
    return [near] if terms[0].ascending else [near, [filled]]


def _row_beyond(alias: str, terms: list[Term], values: Sequence[Bind | None]) -> ColumnElement[bool]:
    columns = [_column(alias, term) for term in terms]
    binds = [bound(value) for value in values if value is not None]
    if len(columns) == 1:
        return columns[0] > binds[0] if terms[0].ascending else columns[0] < binds[0]
    mine, theirs = sa.tuple_(*columns), sa.tuple_(*binds)
    return mine > theirs if terms[0].ascending else mine < theirs


def _any_beyond(alias: str, terms: list[Term], values: Sequence[Bind | None]) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for term, value in zip(terms, values, strict=True):
        ways.append(sa.and_(*same, _term_beyond(alias, term, value)))
        column = _column(alias, term)
        same.append(column.is_(sa.null()) if value is None else column == bound(value))
    return sa.or_(*ways)


def _term_beyond(alias: str, term: Term, value: Bind | None) -> ColumnElement[bool]:
    column = _column(alias, term)
    if value is None:
        return _NEVER if term.ascending else column.is_not(sa.null())
    if not term.ascending:
        return column < bound(value)
    further = column > bound(value)
    return sa.or_(further, column.is_(sa.null())) if term.nullable else further


def _column(alias: str, term: Term) -> ColumnElement[Any]:
    return typed(f"{alias}.{term.column}", TYPES.get(term.kind, Text))


def arrangement(alias: str, order: Order, *, backward: bool) -> list[ColumnElement[Any]]:
    """ORDER BY; null is the greatest value, as both databases' indexes can read it."""
    found: list[ColumnElement[Any]] = []
    for term in order:
        column = _column(alias, term)
        up = term.ascending is not backward
        way = column.asc() if up else column.desc()
        found.append((way.nulls_last() if up else way.nulls_first()) if term.nullable else way)
    return found
