"""Enrolment: what policies say of jobs, and the rows that jobs have by it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.configuration import Base
from hub.procedures.rows import JOB
from hub.rules.schedules import Schedule, WorkingDay
from hub.schema.jobs import Job
from hub.settings import fit
from hub.store.ledger import Change, Insert, Update


@dataclass(frozen=True, slots=True)
class Override:
    """What a policy row says of a job; what is not said stays as the job has it."""

    schedule: str | None = None
    paused: bool = False
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A job as it is to be run. With `each_period` each missed period is made up, otherwise one run covers them all."""

    name: str
    purpose: str
    clause: str
    schedule: Schedule
    paused: bool = False
    each_period: bool = False


async def read_overrides(connection: AsyncConnection, policies: sa.Table, today: dt.date) -> dict[str, Override]:
    """What policy rows in force say of jobs, by name; BadConfiguration where a row is not ours."""
    begun = sa.or_(policies.c.valid_from.is_(None), policies.c.valid_from <= today)
    lasting = sa.or_(policies.c.valid_to.is_(None), policies.c.valid_to >= today)
    asked = sa.select(policies.c.name, policies.c.body).where(policies.c.kind == JOB, begun, lasting)
    found = await connection.execute(asked)
    return {name: fit(Override, _without_nulls(orjson.loads(body)), f"job {name}") for name, body in found}


def enrolled(
    planned: Planned,
    stored: Mapping[str, Mapping[Any, Any]],
    city: str | None,
    *,
    now: dt.datetime,
    working: WorkingDay,
) -> list[Change]:
    """What brings a job's row up to what this version and the policies say; nothing where it is."""
    row = stored.get(job_id(planned.name))
    begun = now if row is None else dt.datetime.fromisoformat(row["planned_until"])
    following = None if planned.paused else planned.schedule.after(begun, working).astimezone(dt.UTC)
    values: dict[str, Any] = {
        "region": city,
        "purpose": planned.purpose,
        "clause": planned.clause,
        "schedule": planned.schedule.text,
        "next_at": following,
        "paused": planned.paused,
        "retired": False,
    }
    if row is None:
        return [Insert(Job, {"name": planned.name, "planned_until": now, **values})]
    same = {**row, "region": row["region_id"], "next_at": instant_of(row["next_at"])}
    changed = {name: value for name, value in values.items() if same[name] != value}
    return [Update(Job, row["id"], row["version"], changed)] if changed else []


async def city_of(connection: AsyncConnection, base: Base) -> str | None:
    """The city that jobs work for."""
    regions = base.metadata.tables["regions"]
    asked = sa.select(regions.c.id).where(regions.c.level == "CITY").order_by(regions.c.code).limit(1)
    found: str | None = (await connection.execute(asked)).scalar()
    return found


def job_id(name: str) -> str:
    """The id of a job by its name."""
    return f"{Job.declared.prefix}_{name}"


def instant_of(text: str | None) -> dt.datetime | None:
    """A stored moment."""
    return None if text is None else dt.datetime.fromisoformat(text)


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
