"""Epochs: whether the base is where it was, and the mark before which the log no longer holds everything."""

import datetime as dt
from dataclasses import dataclass
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
    engine: AsyncEngine, metadata: sa.MetaData, model: Model, *, until: Any, now: dt.datetime, most: int = MOST_AT_ONCE
) -> int:
    """Remove the events up to a position, some at a time; how many there were. The mark goes before what it announces.

    Only what every reader can see is removed. A mark never goes back: an earlier one than there is removes nothing.
    """
    writer, count = engine.execution_options(**{dialects.WRITES: True}), 0
    while True:
        with faults(metadata):
            async with writer.begin() as connection:
                found = await connection.run_sync(
                    _remove, metadata, model, tuple(map(int, str(until).split("."))), show_instant(now), most
                )
        count += found
        if found < most:
            return count


async def last_before(
    engine: AsyncEngine, metadata: sa.MetaData, model: Model, moment: dt.datetime
) -> tuple[int, int, int] | None:
    """The position before which no event is from that moment or later; None where there is no such event."""
    events = metadata.tables[_log(model)]
    place = (events.c.epoch, events.c.xid, events.c.seq)
    backwards = [part.desc() for part in place]
    first = sa.select(*place).where(events.c.occurred_at >= show_instant(moment)).order_by(*place).limit(1)
    with faults(metadata):
        async with engine.connect() as connection:
            kept = (await connection.execute(first)).first()
            older = sa.select(*place).order_by(*backwards).limit(1)
            if kept is not None:
                bound = (sa.literal(value, column.type) for value, column in zip(kept, place, strict=True))
                older = older.where(sa.tuple_(*place) < sa.tuple_(*bound))
            row = (await connection.execute(older)).first()
    return None if row is None else (int(row[0]), int(row[1]), int(row[2]))


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


def _remove(
    connection: Connection, metadata: sa.MetaData, model: Model, until: tuple[int, ...], at: str, most: int
) -> int:
    dialects.one_at_a_time(connection, dialects.EPOCHS)
    epochs, events = metadata.tables[TABLE], metadata.tables[_log(model)]
    place = (events.c.epoch, events.c.xid, events.c.seq)
    bound = sa.tuple_(*(sa.literal(value, column.type) for value, column in zip(until, place, strict=True)))
    seen = sa.tuple_(*place[:2]) < sa.tuple_(number_of(metadata), dialects.OldestOpenTransaction())
    rows = connection.execute(
        sa.select(*place).where(sa.tuple_(*place) <= bound, seen).order_by(*place).limit(most)
    ).all()
    if not rows:
        return 0
    mark = ".".join(str(part) for part in rows[-1])
    newest = sa.select(sa.func.max(epochs.c.number)).scalar_subquery()
    values = {"removed": mark, "version": epochs.c.version + 1, "updated_at": at}
    connection.execute(epochs.update().where(epochs.c.number == newest).values(values))
    connection.execute(events.delete().where(events.c.seq.in_([row[2] for row in rows])))
    return len(rows)


def _begin(connection: Connection, epochs: sa.Table, number: int, *, place: str, removed: str | None, at: str) -> None:
    marks = {"id": f"{Epoch.declared.prefix}_{uuid7()}", "version": 1, "created_at": at, "updated_at": at}
    connection.execute(epochs.insert().values(number=number, place=place, removed=removed, **marks))


def _log(model: Model) -> str:
    return next(noun.table for noun in model.nouns.values() if noun.declared.log)
