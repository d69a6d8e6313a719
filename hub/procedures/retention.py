"""How far back the log may be read: what is old is passed over, but for what a consumer has still to be given."""

import datetime as dt

import sqlalchemy as sa

from hub.procedures.configuration import Base
from hub.schema.consumers import Consumer, ConsumerState
from hub.store import epochs
from hub.store.base import faults
from hub.store.log import Position


async def pass_over(base: Base, *, before: dt.datetime, at_last: dt.datetime | None, now: dt.datetime) -> int:
    """Let nobody begin to read at events from `before` any more; how many these were.

    What a consumer in use has not acknowledged is kept for it, unless it is from before `at_last` (None: always).
    The history of cases stays whole: only events of no case are removed.
    """
    kept = await _least_acknowledged(base)
    passed = await _moved(base, until=kept, before=before, now=now)
    if at_last is not None:
        passed += await _moved(base, until=None, before=at_last, now=now)
    return passed


async def _moved(base: Base, *, until: Position | None, before: dt.datetime, now: dt.datetime) -> int:
    return await epochs.remove(base.engine, base.metadata, base.model, until=until, before=before, now=now)


async def _least_acknowledged(base: Base) -> Position | None:
    """The position behind which some consumer in use has acknowledged nothing; None where there is no such consumer."""
    table = base.metadata.tables[Consumer.declared.plural]
    asked = sa.select(table.c.acknowledged).where(table.c.state == ConsumerState.ACTIVE.name).distinct()
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            return min(map(Position.of, (await connection.execute(asked)).scalars()), default=None)
