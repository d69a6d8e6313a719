"""Reading the log by position: all that was committed, in order, and nothing that could still be preceded."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.schema.model import Model
from hub.store.base import faults
from hub.store.dialects import OldestOpenTransaction

MOST = 500
"""Events in one reading."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where an event stands: the base's epoch, the transaction that wrote it (0 in SQLite), its number."""

    epoch: int
    xid: int
    seq: int


BEGINNING = Position(0, 0, 0)
"""Before the first event."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as its readers need it to find out whom it concerns; routing keys are JSON."""

    position: Position
    id: str
    type: str
    case: str | None
    subject: str | None
    routing_before: str | None
    routing_after: str | None


class Log:
    """The one reader's view of the log. Who reads on from the last position it was given misses nothing."""

    def __init__(self, engine: AsyncEngine, metadata: sa.MetaData, model: Model) -> None:
        self._engine = engine
        events = metadata.tables[next(noun.table for noun in model.nouns.values() if noun.declared.log)]
        self._place = (events.c.epoch, events.c.xid, events.c.seq)
        shown = (events.c.id, events.c.type, events.c.case_id, events.c.subject_id)
        routing = (events.c.routing_before, events.c.routing_after)
        self._settled = sa.select(*self._place, *shown, *routing).where(events.c.xid < OldestOpenTransaction())

    async def after(self, position: Position, *, most: int = MOST) -> list[Entry]:
        """The next events after a position, oldest first; an empty list where there is none yet."""
        asked = sa.tuple_(*(sa.literal(v, c.type) for v, c in zip(_parts(position), self._place, strict=True)))
        later = self._settled.where(sa.tuple_(*self._place) > asked).order_by(*self._place).limit(most)
        return await self._read(later)

    async def newest(self) -> Position:
        """The position of the last event that every reader can see; BEGINNING where there is none."""
        found = await self._read(self._settled.order_by(*(part.desc() for part in self._place)).limit(1))
        return found[0].position if found else BEGINNING

    async def _read(self, statement: sa.Select[Any]) -> list[Entry]:
        with faults():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statement)).all()
        return [Entry(Position(int(row[0]), int(row[1]), int(row[2])), *row[3:]) for row in rows]


def _parts(position: Position) -> tuple[int, int, int]:
    return position.epoch, position.xid, position.seq
