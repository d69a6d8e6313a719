"""A process of a hub that runs a slow job: `python -m tests.jobs.clerk URL KEYS NAME FOLDER SINCE`.

Each begin, step and end of a run is a line of the process's own file: period, attempt, what, seconds since 1970. The
steps are rows that are written once, whoever gets that far. It goes on until it is ended.
"""

import asyncio
import datetime as dt
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.app import now
from hub.jobs.clocks import WatchedClock
from hub.jobs.contract import Routine, Work
from hub.jobs.scheduler import Scheduler, scheduling
from hub.parts import hub_model
from hub.procedures.configuration import Base
from hub.procedures.enrolment import Override
from hub.procedures.roster import Roster
from hub.rules.schedules import weekdays
from hub.schema.policies import Policy
from hub.store.base import open_base
from hub.store.ledger import Change, Insert, Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

STEPS = 4
LEASE = dt.timedelta(seconds=1.5)


def slow(diary: Path) -> Routine:
    """A job of some steps; the diary hears of each."""

    def told(work: Work, what: str) -> None:
        with diary.open("a") as file:
            file.write(f"{work.as_of.isoformat()} {work.claim.attempt} {what} {time.time()}\n")

    async def body(work: Work, _: Any) -> Mapping[str, int]:
        told(work, "begin")
        for step in range(STEPS):
            await step_of(work, f"{work.as_of.isoformat()} {step}")
            told(work, f"step{step}")
            await asyncio.sleep(0.08)
        told(work, "end")
        return {"steps": STEPS}

    return Routine("试验 · Slow", body, clause="DESIGN 9", schedule="every 1 minutes", each_period=True)


async def step_of(work: Work, name: str) -> None:
    policies = work.base.metadata.tables["policies"]

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        known = await connection.execute(sa.select(policies.c.id).where(policies.c.name == name))
        return [] if known.first() else [Insert(Policy, {"kind": "step", "name": name, "body": "{}"})]

    await work.transact(decide)


async def main(url: str, keys: str, name: str, folder: str, since: str) -> None:
    engine, model = await open_base(url), hub_model()
    metadata = tables(model)
    base = Base(engine, metadata, model, Ledger(engine, metadata, model, Seal(read_keys(Path(keys)))))
    roster = Roster(base, process=name, lease=LEASE, working=weekdays)
    routine = slow(Path(folder) / f"{name}.txt")
    await roster.enrol([routine.planned("slow", Override())], dt.datetime.fromisoformat(since))
    scheduler = Scheduler(roster, {"slow": routine}, WatchedClock(now, settle_seconds=3))
    async with scheduling(scheduler, 0.1):
        await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
