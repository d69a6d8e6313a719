"""Epochs: whether the base is where it was, and the mark before which the log no longer holds everything."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.schema.events import Epoch
from hub.schema.model import Model
from hub.schema.scalars import show_instant
from hub.store import dialects
from hub.store.base import faults
from hub.store.changes import uuid7

FIRST = 1
"""The epoch of a base that was never restored or moved."""

MOST_AT_ONCE = 500
"""Events removed in one transaction: writers must not wait for long."""

TABLE = Epoch.declared.plural


@dataclass(frozen=True, slots=True)
class Begun:
    """The epoch that the base is in, and whether it began just now because the base was restored or moved."""

    number: int
    moved: bool


@dataclass(frozen=True, slots=True)
class _Limits:
    """How far the mark may go: up to this position, over what occurred before this moment, so many at a time."""

    until: tuple[int, ...] | None
    before: str | None
    most: int


async def settle(engine: AsyncEngine, metadata: sa.MetaData, model: Model, *, now: dt.datetime) -> Begun:
    """The epoch of the base as it is found; a new one when it is not where it was, or its log is ahead of its cluster.

    PostgreSQL: the cluster's identifier, the database, the log's table, and the highest transaction in the log. SQLite:
    the file (its inode): a copy that was written over the very file is told by the cursors, which name their event.
    Whoever restores a base ends its hubs before: only a start looks.
    """
    writer = engine.execution_options(**{dialects.WRITES: True})
    with faults(metadata):
        async with writer.begin() as connection:
            return await connection.run_sync(_settle, metadata, model, show_instant(now))


async def remove(
    engine: AsyncEngine,
    metadata: sa.MetaData,
    model: Model,
    *,
    until: Any,
    now: dt.datetime,
    before: dt.datetime | None = None,
    most: int = MOST_AT_ONCE,
) -> int:
    """Move the mark of retention over the next events, some at a time; how many it passed.

    It stops at the position `until` (None: at none) and at the first event that did not occur `before` the moment.
    What every reader can see is passed, nothing else, and a mark never goes back. Events of a case stay: they are its
    history, and only readers of the log begin no longer before them. Those of no case are removed.
    """
    writer, count = engine.execution_options(**{dialects.WRITES: True}), 0
    bound = None if until is None else tuple(map(int, str(until).split(".")))
    limits = _Limits(bound, None if before is None else show_instant(before), most)
    while True:
        with faults(metadata):
            async with writer.begin() as connection:
                found = await connection.run_sync(_pass_over, metadata, model, limits, show_instant(now))
        count += found
        if found < most:
            return count


def number_of(metadata: sa.MetaData) -> sa.ColumnElement[int]:
    """The base's epoch as an expression: no process keeps it in its memory, and so none can write under an old one."""
    if TABLE not in metadata.tables:
        return sa.literal(FIRST, sa.Integer())
    newest = sa.select(sa.func.max(metadata.tables[TABLE].c.number)).scalar_subquery()
    return sa.func.coalesce(newest, FIRST, type_=sa.Integer())


def _settle(connection: Connection, metadata: sa.MetaData, model: Model, at: str) -> Begun:
    dialects.one_at_a_time(connection, dialects.EPOCHS)
    epochs, events = metadata.tables[TABLE], metadata.tables[_log(model)]
    place = dialects.place_of(connection, events.name)
    newest = connection.execute(sa.select(epochs).order_by(epochs.c.number.desc()).limit(1)).mappings().first()
    if newest is None:
        _begin(connection, epochs, FIRST, place=place, removed=None, at=at)
        return Begun(FIRST, moved=False)
    number = int(newest["number"])
    if newest["place"] == place and not dialects.is_ahead(connection, events, number):
        return Begun(number, moved=False)
    _begin(connection, epochs, number + 1, place=place, removed=newest["removed"], at=at)
    return Begun(number + 1, moved=True)


def _pass_over(connection: Connection, metadata: sa.MetaData, model: Model, limits: _Limits, at: str) -> int:
    dialects.one_at_a_time(connection, dialects.EPOCHS)
    epochs, events = metadata.tables[TABLE], metadata.tables[_log(model)]
    newest = epochs.c.number == sa.select(sa.func.max(epochs.c.number)).scalar_subquery()
    mark = connection.execute(sa.select(epochs.c.removed).where(newest)).scalar()
    rows = _next(connection, events, number_of(metadata), mark, limits)
    if not rows:
        return 0
    passed = ".".join(str(part) for part in rows[-1][:3])
    values = {"removed": passed, "version": epochs.c.version + 1, "updated_at": at}
    connection.execute(epochs.update().where(newest).values(values))
    of_no_case = [row.id for row in rows if row.case_id is None]
    connection.execute(events.delete().where(events.c.id.in_(of_no_case)))
    return len(rows)


def _next(
    connection: Connection, events: sa.Table, epoch: sa.ColumnElement[int], mark: str | None, limits: _Limits
) -> list[Any]:
    """The events behind the mark that may be passed, in order."""
    place = (events.c.epoch, events.c.xid, events.c.seq)
    conditions = [sa.tuple_(*place[:2]) < sa.tuple_(epoch, dialects.OldestOpenTransaction())]
    if mark is not None:
        conditions.append(dialects.Behind(*place, *_place(place, map(int, mark.split(".")))))
    if limits.until is not None:
        conditions.append(sa.tuple_(*place) <= sa.tuple_(*_place(place, limits.until)))
    asked = sa.select(*place, events.c.id, events.c.case_id, events.c.occurred_at).where(*conditions)
    rows = connection.execute(asked.order_by(dialects.InOrder(*place)).limit(limits.most)).all()
    return list(takewhile(lambda row: limits.before is None or row.occurred_at < limits.before, rows))


def _place(columns: Iterable[sa.Column[Any]], parts: Iterable[int]) -> list[Any]:
    return [sa.literal(part, column.type) for part, column in zip(parts, columns, strict=True)]


def _begin(connection: Connection, epochs: sa.Table, number: int, *, place: str, removed: str | None, at: str) -> None:
    marks = {"id": f"{Epoch.declared.prefix}_{uuid7()}", "version": 1, "created_at": at, "updated_at": at}
    connection.execute(epochs.insert().values(number=number, place=place, removed=removed, **marks))


def _log(model: Model) -> str:
    return next(noun.table for noun in model.nouns.values() if noun.declared.log)
