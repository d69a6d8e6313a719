"""Reading the log by position: all that was committed, in order, and nothing that could still be preceded."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.errors import ResyncNeeded
from hub.schema.model import Model
from hub.store import dialects, epochs
from hub.store.base import faults
from hub.store.dialects import Behind, InOrder, OldestOpenTransaction

_BROKEN = (SQLAlchemyError, OSError, *dialects.DRIVER_ERRORS)

MOST = 500
"""Events in one reading."""


class Position(NamedTuple):
    """Where an event stands: the base's epoch, the transaction that wrote it (0 in SQLite), its number."""

    epoch: int
    xid: int
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.xid}.{self.seq}"

    @classmethod
    def of(cls, text: str) -> "Position":
        """The position that was stored as text."""
        epoch, xid, seq = text.split(".")
        return cls(int(epoch), int(xid), int(seq))


BEGINNING = Position(0, 0, 0)
"""Before the first event."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event with everything its readers need to find out whom it concerns; routing keys and facts are JSON."""

    position: Position
    id: str
    type: str
    case: str | None
    subject: str | None
    routing_before: str | None
    routing_after: str | None
    actor: str
    organisation: str | None
    occurred_at: str
    facts: str
    touched: str | None = None
    """What live queries hear of it, as JSON (`hub.store.touched`); None where nobody kept it."""


_SHOWN = ("id", "type", "case_id", "subject_id", "routing_before", "routing_after", "actor", "organisation_id")
_MORE = ("occurred_at", "facts", "touched")


class Log:
    """The one reader's view of the log. Who reads on from the last position it was given misses nothing."""

    def __init__(self, engine: AsyncEngine, metadata: sa.MetaData, model: Model) -> None:
        self._engine = dialects.reading(engine)
        events = metadata.tables[next(noun.table for noun in model.nouns.values() if noun.declared.log)]
        self._events, self._place = events, (events.c.epoch, events.c.xid, events.c.seq)
        self._epoch = epochs.number_of(metadata)
        self._removed = _removed(metadata)
        # Earlier epochs are whole: their transaction numbers are another cluster's.
        settled = sa.tuple_(events.c.epoch, events.c.xid) < sa.tuple_(self._epoch, OldestOpenTransaction())
        shown = (events.c[name] for name in (*_SHOWN, *_MORE))
        self._settled = sa.select(*self._place, self._removed.label("removed"), *shown).where(settled)
        # Made once: to make and to look up a statement anew takes as long as to run it.
        asked = (sa.bindparam(f"after_{column.name}", type_=column.type) for column in self._place)
        later = self._settled.where(Behind(*self._place, *asked)).order_by(InOrder(*self._place))
        self._later = later.limit(sa.bindparam("most", type_=sa.Integer()))

    async def after(
        self, position: Position, *, most: int = MOST, connection: AsyncConnection | None = None
    ) -> list[Entry]:
        """The next events after a position, oldest first; an empty list where there is none yet.

        ResyncNeeded when retention has removed events after the position: what follows is not all that was.
        """
        asked = {f"after_{column.name}": part for column, part in zip(self._place, _parts(position), strict=True)}
        rows = await self._read(self._later, connection, {**asked, "most": most})
        if rows and position < _mark(rows[0][3]):
            raise ResyncNeeded
        return _entries(rows)

    def tail(self) -> "Tail":
        """What reads on at the end; who takes it closes it."""
        return Tail(self, self._engine)

    async def newest(self, connection: AsyncConnection | None = None) -> Position:
        """The position of the last event that every reader can see; where there is none, the mark of retention."""
        latest = self._settled.order_by(*(part.desc() for part in self._place)).limit(1)
        found = await self._read(latest, connection)
        return _entries(found)[0].position if found else await self.removed(connection)

    async def epoch(self) -> int:
        """The epoch that the base is in."""
        return int((await self._read(sa.select(self._epoch)))[0][0])

    async def horizon(self) -> int:
        """The transaction that readers stay below at the moment: all before it have ended."""
        return int((await self._read(sa.select(OldestOpenTransaction())))[0][0])

    async def removed(self, connection: AsyncConnection | None = None) -> Position:
        """The position of the last event that retention has passed; BEGINNING when it never did."""
        return _mark((await self._read(sa.select(self._removed), connection))[0][0])

    async def look(self, position: Position, connection: AsyncConnection | None = None) -> tuple[str | None, Position]:
        """The id of the event that stands there, None where none does; and the last position that retention removed."""
        here = (column == value for column, value in zip(self._place, _parts(position), strict=True))
        event = sa.select(self._events.c.id).where(*here).scalar_subquery()
        id_, removed = (await self._read(sa.select(event, self._removed), connection))[0]
        return id_, _mark(removed)

    async def oldest_writer(self) -> float:
        """For how many seconds the oldest open transaction that writes has been open: new events wait behind it."""
        with faults():
            async with self._engine.connect() as connection:
                return await dialects.oldest_writer(connection)

    async def _read(
        self, statement: sa.Select[Any], given: AsyncConnection | None = None, values: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """The rows; with a deed's own connection where one is given: no deed waits for another one's."""
        if given is not None:
            return list((await given.execute(statement, values)).all())
        with faults():
            async with self._engine.connect() as connection:
                return list((await connection.execute(statement, values)).all())


class Tail:
    """The end of a log, looked at again and again: on PostgreSQL by one connection that is kept, for a third."""

    def __init__(self, log: Log, engine: AsyncEngine) -> None:
        self._log, self._engine = log, engine
        self._connection: AsyncConnection | None = None

    async def after(self, position: Position) -> list[Entry]:
        """As of `Log`."""
        if not dialects.keeps_connections(self._engine):
            return await self._log.after(position)
        with faults():
            if self._connection is not None:
                with suppress(*_BROKEN):
                    return await self._read(position)
                # The server may have ended what was kept: a new connection tells whether it is there.
            self._connection = await self._engine.connect()
            return await self._read(position)

    async def _read(self, position: Position) -> list[Entry]:
        try:
            return await self._log.after(position, connection=self._connection)
        except ResyncNeeded:
            raise
        except BaseException:
            # Whatever it was: no answer to this is read as one to the next question.
            await self.close()
            raise

    async def close(self) -> None:
        """Keep none."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await connection.invalidate()
            with suppress(Exception):
                await connection.close()


def _removed(metadata: sa.MetaData) -> sa.ColumnElement[str | None]:
    if epochs.TABLE not in metadata.tables:
        return sa.literal(None, sa.Text())
    table = metadata.tables[epochs.TABLE]
    return sa.select(table.c.removed).order_by(table.c.number.desc()).limit(1).scalar_subquery()


def _mark(removed: str | None) -> Position:
    return Position.of(removed) if removed else BEGINNING


def _entries(rows: list[Any]) -> list[Entry]:
    return [Entry(Position(int(row[0]), int(row[1]), int(row[2])), *row[4:]) for row in rows]


def _parts(position: Position) -> tuple[int, int, int]:
    return position.epoch, position.xid, position.seq
