"""Counting tallies, and the condition under which they still stand for the rows they were counted from."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.model import Model
from hub.store.conditions import bound, table
from hub.store.dialects import TransactionId
from hub.store.dialects.readers import Reader
from hub.store.dialects.spelling import (
    Among,
    Digits,
    Exists,
    Gathered,
    JsonText,
    Whole,
    guarded,
    joined,
    limited,
    nullable,
    typed,
)
from hub.store.dimensions import EPOCH, NUMBER, PART, PARTS, TRANSACTION, Tally
from hub.store.grouped import added, group
from hub.store.log import Position
from hub.store.wanted import Bind

_KEPT = 256
"""Statements that are not written anew."""


class Tallier:
    """Counts tallies on one base."""

    def __init__(self, model: Model, reader: Reader) -> None:
        self._reader = reader
        self._written = lru_cache(_KEPT)(lambda tally, partly: _written(tally, model, reader.dialect, partly=partly))

    async def count(self, tally: Tally, parts: Sequence[str] | None, at: Position) -> list[list[Any]] | None:
        """Rows of `[part, key..., count, sum...]` as of the position, of all parts or of some; None where the log has
        gone on since. What has no part is counted every time. Deadline, Unavailable.
        """
        sql, binds = self._written(tally, parts is not None)
        given = {PARTS: parts, **standing(at)}
        found = await self._reader.fetch(sql, [given[name] for name in binds])
        return None if found is None else list(orjson.loads(found))


def standing(at: Position) -> dict[str, int]:
    """The values of the condition that nothing stands behind the position."""
    return dict(zip((EPOCH, TRANSACTION, NUMBER), at, strict=True))


def unchanged(model: Model) -> ColumnElement[Any]:
    """Nothing in the log stands behind the position that is handed over."""
    log = next(noun for noun in model.nouns.values() if noun.declared.log)
    place: list[sa.ColumnClause[Any]] = [sa.column(name) for name in Position._fields]
    newest = sa.select(*place).select_from(sa.table(log.table, *place)).order_by(*(part.desc() for part in place))
    # The newest event alone: a generic plan takes a comparison to hold of a third of all rows, and reads them.
    last = limited(newest, 1).subquery("l")
    kinds = (sa.BigInteger(), TransactionId(), sa.BigInteger())
    names = zip((EPOCH, TRANSACTION, NUMBER), kinds, strict=True)
    given = sa.tuple_(*(sa.bindparam(name, type_=kind) for name, kind in names))
    later: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(last).where(sa.tuple_(*last.c) > given)
    return Exists(later.correlate(None), wanted=False)


def _written(tally: Tally, model: Model, dialect: Dialect, *, partly: bool) -> tuple[str, tuple[str, ...]]:
    compiled: Any = _select(tally, model, partly=partly).compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ())


def _select(tally: Tally, model: Model, *, partly: bool) -> sa.Select[Any]:
    part = typed(f"t.{PART}")
    keys = [part, *(group("t", key) for key in tally.keys)]
    figures = [sa.literal_column("count(*)"), *(added("t", column) for column in tally.sums)]
    columns: list[Any] = [each.label(f"c{number}") for number, each in enumerate((*keys, *figures))]
    rows = sa.select(*columns).select_from(table(model[tally.noun].table, "t"))
    rows = rows.group_by(*(sa.text(str(number + 1)) for number in range(len(keys))))
    if partly:
        rows = rows.where(sa.or_(Among(part, bound(Bind(PARTS, many=True)), eager=True), part.is_(sa.null())))
    named = [typed(f"c.c{number}") for number in range(len(columns))]
    told = [nullable(JsonText(key)) for key in named[: len(keys)]] + [Digits(figure) for figure in named[len(keys) :]]
    text = joined(["[", told[0], *(part for each in told[1:] for part in (",", each)), "]"])
    whole = Whole(joined(["[", Gathered(guarded(text)), "]"]))
    counted = sa.select(whole).select_from(rows.subquery("c")).scalar_subquery()
    return sa.select(counted.label("answer")).where(unchanged(model))
