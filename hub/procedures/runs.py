"""Runs of jobs as rows: their values, the table and the lock of a job, and how each job stands."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from hub.procedures.configuration import Base
from hub.schema.declare import Entity
from hub.schema.jobs import Job, JobRun, RunReason, RunState
from hub.schema.scalars import show_instant
from hub.store.base import faults

OPEN = (RunState.REQUESTED.name, RunState.RUNNING.name, RunState.RETRYING.name)
"""States of runs that are still to be run, or to run on."""


def run_values(
    job: Mapping[Any, Any], period: dt.datetime, since: dt.datetime | None, reason: RunReason
) -> dict[str, Any]:
    """A new run's values, but for its state."""
    values = {"job": job["id"], "region": job["region_id"], "period": period, "since": since, "reason": reason}
    nothing = ("claimed_by", "lease_until", "started_at", "ended_at", "retry_at", "error")
    return dict.fromkeys(nothing) | values | {"outcome": []}


async def standing(base: Base) -> list[dict[str, Any]]:
    """Every job with its last run, by name."""
    jobs, runs = table_of(base, Job), table_of(base, JobRun)
    other = runs.alias()
    newest = sa.select(sa.func.max(other.c.period)).where(other.c.job_id == jobs.c.id).scalar_subquery()
    last = (runs.c.period, runs.c.state, runs.c.ended_at, runs.c.error, runs.c.outcome)
    joined = jobs.outerjoin(runs, sa.and_(runs.c.job_id == jobs.c.id, runs.c.period == newest))
    told = (each.label(f"run_{each.name}") for each in last)
    asked = sa.select(jobs, *told).select_from(joined).order_by(jobs.c.name)
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(asked)).mappings()]


async def run_of(base: Base, id_: str) -> dict[str, Any]:
    """A run's row as it is now."""
    runs = table_of(base, JobRun)
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            return dict((await connection.execute(sa.select(runs).where(runs.c.id == id_))).mappings().one())


def lock_of(job: str) -> str:
    """The name under which a job's rows are held, by the job's id."""
    return lock_named(job.partition("_")[2])


def lock_named(name: str) -> str:
    """The same, by the job's name."""
    return f"job {name}"


def table_of(base: Base, noun: type[Entity]) -> sa.Table:
    """The table of a noun."""
    return base.metadata.tables[noun.declared.plural]


def first_of(runs: list[Mapping[Any, Any]], now: dt.datetime, *, paused: bool) -> tuple[Mapping[Any, Any] | None, bool]:
    """The first run that may begin, and whether one by schedule waits: later periods do not overtake it."""
    blocked = False
    for run in runs:
        timely = run["reason"] == RunReason.SCHEDULE.name
        waits = run["state"] == RunState.RETRYING.name and (run["retry_at"] or "") > show_instant(now)
        if timely and (waits or paused):
            blocked = True
        elif not waits and not (timely and blocked):
            return run, blocked
    return None, blocked


def not_waiting(runs: sa.Table, at: str) -> Any:
    """The condition that a run is not one that is tried again later."""
    return sa.or_(runs.c.state != RunState.RETRYING.name, runs.c.retry_at.is_(None), runs.c.retry_at <= at)
