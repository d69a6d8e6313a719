"""Failures of jobs: one that fails is supervised until a run of it is done (R65)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.configuration import Base
from hub.procedures.raising import raised, resolved, resolved_facts, told
from hub.procedures.thresholds import read_supervision
from hub.rules.values import SHANGHAI
from hub.schema.events import EventType, Fact
from hub.schema.supervision import AlertEnd, SupervisionAlert, Trigger
from hub.store.ledger import Change, Insert, Update


async def alerted(
    connection: AsyncConnection, base: Base, run: Mapping[Any, Any], error: str, now: dt.datetime
) -> list[Change]:
    """The alert about a job whose run failed; nothing while one is open, or where no policy says who is told."""
    today = now.astimezone(SHANGHAI).date()
    policy = await read_supervision(connection, base.metadata.tables["policies"], today)
    row = policy.of(Trigger.JOB_FAILED)
    if row is None or await _open(connection, base, run["job_id"]):
        return []
    values = raised(policy, row.level, row, today, organisation=None)
    about = {"subject": run["job_id"], "region": run["region_id"], "trigger": Trigger.JOB_FAILED}
    facts = [*told(row.level, Trigger.JOB_FAILED), Fact("error", code=error), Fact("run", id=run["id"])]
    return [Insert(SupervisionAlert, {**values, **about}, event=EventType.ALERT_RAISED, facts=facts)]


async def settled(connection: AsyncConnection, base: Base, run: Mapping[Any, Any], now: dt.datetime) -> list[Change]:
    """The end of the alert about a job whose run is done."""
    values, facts = resolved(AlertEnd.MET, now.astimezone(SHANGHAI).date()), resolved_facts(AlertEnd.MET)
    return [
        Update(SupervisionAlert, id_, version, values, event=EventType.ALERT_ENDED, facts=facts)
        for id_, version in await _open(connection, base, run["job_id"])
    ]


async def _open(connection: AsyncConnection, base: Base, job: str) -> list[tuple[str, int]]:
    alerts = base.metadata.tables["supervision_alerts"]
    asked = sa.select(alerts.c.id, alerts.c.version).where(
        alerts.c.subject_id == job, alerts.c.trigger == Trigger.JOB_FAILED.name, alerts.c.ended_on.is_(None)
    )
    return [(id_, version) for id_, version in (await connection.execute(asked)).all()]
