"""Validity: what begins or ends by date becomes an event on its day, though nobody touches it (DESIGN section 3)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import KIND as VIEWER
from hub.procedures.sweeps import Sweep
from hub.schema.codes import Code
from hub.schema.courts import Invitation
from hub.schema.declare import Entity
from hub.schema.events import EventType, Fact
from hub.schema.policies import Policy
from hub.schema.regions import Region
from hub.schema.scalars import show_instant
from hub.store.changes import MOST
from hub.store.ledger import Change, Update

DATED: tuple[type[Entity], ...] = (Region, Code, Invitation, Policy)
"""Nouns whose rows hold from `valid_from` to `valid_to`, both days included."""


async def mark_validity(sweep: Sweep, since: dt.date, as_of: dt.datetime) -> dict[str, int]:
    """Tell of each row that began to hold, or ceased to, after that day and by the day of the sweep; how many.

    One that was written since `as_of` has had its own event: a run that comes again tells nothing twice.
    """
    found = {"begun": 0, "ended": 0}
    for noun in DATED:
        for name, column, first, last in (
            ("begun", "valid_from", since + dt.timedelta(1), sweep.today),
            ("ended", "valid_to", since, sweep.today - dt.timedelta(1)),
        ):
            found[name] += await _told(sweep, noun, _within(sweep, noun, column, first, last, as_of), name)
    return found


def _within(
    sweep: Sweep, noun: type[Entity], column: str, first: dt.date, last: dt.date, as_of: dt.datetime
) -> sa.Select[Any]:
    table = sweep.base.metadata.tables[noun.declared.plural]
    day, untouched = table.c[column], table.c.updated_at < show_instant(as_of)
    asked = sa.select(table.c.id, table.c.version, day).where(day >= first, day <= last, untouched)
    if noun is Policy:
        # Of viewers `validity` tells, for every process to read them anew.
        asked = asked.where(table.c.kind != VIEWER)
    return asked.order_by(day, table.c.id).limit(MOST)


async def _told(sweep: Sweep, noun: type[Entity], asked: sa.Select[Any], what: str) -> int:
    event = EventType.IN_FORCE if what == "begun" else EventType.OUT_OF_FORCE
    column = "valid_from" if what == "begun" else "valid_to"

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        rows = (await connection.execute(asked)).all()
        said = [Fact("inForce", code=str(what == "begun").lower())]
        return [Update(noun, id_, version, {column: day}, event=event, facts=said) for id_, version, day in rows]

    count = 0
    while True:
        written = await sweep.transact(decide, [])
        count += written
        if written < MOST:
            return count
