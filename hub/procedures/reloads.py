"""Asking every process to read configuration and policy anew, and hearing what came of it in each."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from hub.procedures.configuration import Base
from hub.schema.events import EventType
from hub.schema.reloads import Reload, ReloadOutcome
from hub.store.base import faults
from hub.store.changes import Insert

FACT = Reload.declared.name.lower()
"""The fact of the event that names the request, as of any row of no case."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a reload in one process: the code and the sentence of what refused it, none where it was done."""

    process: str
    error: str | None = None
    sentence: str | None = None


async def ask_reload(base: Base, *, actor: str, now: dt.datetime) -> str:
    """Ask all of them; the id of the request. Each hears of it by the log."""
    id_ = base.ledger.new_id(Reload)
    asked = Insert(Reload, {"id": id_, "asked_at": now}, event=EventType.RELOAD_REQUESTED)
    await base.ledger.write([asked], actor=actor, now=now)
    return id_


async def tell_outcome(base: Base, reload: str, outcome: Outcome, *, now: dt.datetime) -> None:
    """What came of it in a process."""
    values = {"reload": reload, "told_at": now, "process": outcome.process}
    values |= {"error": outcome.error, "sentence": outcome.sentence}
    await base.ledger.write([Insert(ReloadOutcome, values, event=None)], actor="system", now=now)


async def outcomes_of(base: Base, reload: str) -> list[Outcome]:
    """What the processes have told of it so far, by process."""
    table = base.metadata.tables[ReloadOutcome.declared.plural]
    asked = sa.select(table.c.process, table.c.error, table.c.sentence).where(table.c.reload == reload)
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            rows = await connection.execute(asked.order_by(table.c.process))
            return [Outcome(*row) for row in rows]
