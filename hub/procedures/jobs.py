"""Jobs: having one run as of a moment."""

import datetime as dt
from typing import Annotated

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import RUN
from hub.errors import AsOfOutOfRange, NoSuchRow, RunDone
from hub.procedures.configuration import Base
from hub.procedures.deeds import Deed, verb
from hub.procedures.runs import lock_of, run_values, table_of
from hub.schema.jobs import Job, JobRun, RunReason, RunState
from hub.schema.scalars import show_instant
from hub.schema.verbs import Id
from hub.store.ledger import Change, Insert, Update

OLDEST = dt.timedelta(days=366)
"""How far back a run can be asked for: older rows may have been removed, and nothing is run twice."""


@verb(
    "运行作业：按所给时点，由空闲进程执行 · Run a job as of a moment; the next free process takes it",
    gives=(Job, JobRun),
    permission=RUN,
)
async def run_job(
    deed: Deed,
    *,
    job: Annotated[Id[Job], "作业 · Job"],
    as_of: Annotated[dt.datetime, "期次 · The moment as of which it runs"],
) -> None:
    """NoSuchRow (HUB-702), AsOfOutOfRange (HUB-732), RunDone (HUB-733). What is under way is given back as it is."""
    await deed.row(Job, job)
    await deed.hold(lock_of(job))
    id_, change = await request_run(deed.connection, deed.base, job, as_of, now=deed.now)
    if isinstance(change, Insert):
        deed.insert(JobRun, **change.values)
    elif change is not None:
        deed.draft.update(JobRun, id_, change.expected_version, change.values)
    deed.give(job)
    deed.give(id_)


async def request_run(
    connection: AsyncConnection, base: Base, job: str, as_of: dt.datetime, *, now: dt.datetime
) -> tuple[str, Change | None]:
    """The run of the job as of a moment, and the change that asks for it; None where it is under way already.

    The lock of the job (`lock_of`) is held by the caller. NoSuchRow (HUB-702) for a job there is not, AsOfOutOfRange
    (HUB-732) for a moment to come or one more than a year back, RunDone (HUB-733) where it was run.
    """
    jobs, runs = table_of(base, Job), table_of(base, JobRun)
    row = (await connection.execute(sa.select(jobs).where(jobs.c.id == job))).mappings().first()
    if row is None or row["retired"]:
        raise NoSuchRow
    if not now - OLDEST <= as_of <= now:
        raise AsOfOutOfRange(limit=OLDEST.days)
    asked = sa.select(runs).where(runs.c.job_id == job, runs.c.period == show_instant(as_of))
    run = (await connection.execute(asked)).mappings().first()
    if run is None:
        id_ = base.ledger.new_id(JobRun)
        values = {
            "id": id_,
            **run_values(row, as_of, None, RunReason.REQUEST),
            "state": RunState.REQUESTED,
            "attempts": 0,
        }
        return id_, Insert(JobRun, values)
    match RunState[run["state"]]:
        case RunState.DONE:
            raise RunDone
        case RunState.REQUESTED | RunState.RUNNING:
            return run["id"], None
    values = {"state": RunState.REQUESTED, "attempts": 0, "retry_at": None}
    return run["id"], Update(JobRun, run["id"], run["version"], values)


async def requested(base: Base, job: str, as_of: dt.datetime, *, actor: str, now: dt.datetime) -> str:
    """Ask for the run of a job as of a moment, as a deed of its own; the run's id. Refused as `request_run`."""
    found: list[str] = []

    async def decide(connection: AsyncConnection) -> list[Change]:
        id_, change = await request_run(connection, base, job, as_of, now=now)
        found[:] = [id_]
        return [] if change is None else [change]

    await base.ledger.transact(decide, actor=actor, now=now, cases=[lock_of(job)])
    return found[0]
