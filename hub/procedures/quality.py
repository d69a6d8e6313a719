"""The quality of investigations: counted from tasks, findings and the log, town by town (R78)."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import JUDGE, Viewer
from hub.errors import Forbidden, MalformedId, NoSuchRow
from hub.procedures.configuration import Base
from hub.rules.indicators import Period, period
from hub.rules.quality import Quality, by_town, whole
from hub.rules.values import SHANGHAI
from hub.schema.members import LEVELS
from hub.schema.quality import InvestigationQuality
from hub.schema.scalars import show_instant
from hub.store.base import faults

_ESCALATED = ("CASE_ESCALATED", "CASE_TRANSFERRED")


async def investigation_quality(base: Base, viewer: Viewer, region: str, **asked: Any) -> list[InvestigationQuality]:
    """The whole of the region, then its towns by code. Forbidden without the permission to judge findings; NoSuchRow
    for a region that is not within the viewer's; BadPeriod (HUB-218).
    """
    if not viewer.may(JUDGE):
        raise Forbidden(permission=JUDGE)
    if not base.model["Region"].id_pattern.fullmatch(region):
        raise MalformedId
    during, code = period(asked["period"]), region.removeprefix("region_")
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            if not await _within(base, connection, viewer, region):
                raise NoSuchRow
            counted = await _counted(base, connection, code, during)
    towns = sorted(counted, key=lambda town: (town is None, town or ""))
    return [_shown(None, whole(counted.values())), *(_shown(town, counted[town]) for town in towns if town)]


async def _within(base: Base, connection: AsyncConnection, viewer: Viewer, region: str) -> bool:
    """Whether the region lies in the viewer's: its own levels, or as the region of an organisation of the viewer's."""
    regions, bodies = base.metadata.tables["regions"], base.metadata.tables["organisations"]
    row = (await connection.execute(sa.select(regions).where(regions.c.id == region))).mappings().first()
    if row is None:
        return False
    if any(row[level] in getattr(viewer.scope, level) for level in LEVELS if row[level]):
        return True
    mine = sa.select(bodies.c.id).where(bodies.c.id.in_(viewer.scope.organisations), bodies.c.region_id == region)
    return (await connection.execute(mine)).first() is not None


async def _counted(base: Base, connection: AsyncConnection, code: str, during: Period) -> dict[str | None, Quality]:
    found = by_town()
    first, after = (show_instant(dt.datetime.combine(day, dt.time(), SHANGHAI)) for day in (during.first, during.after))
    for town, state in await connection.execute(_due(base, code, during)):
        found[town].tasks += 1
        found[town].submitted += state == "SUBMITTED"
    for town, complete, reported, settled in await connection.execute(_told(base, code, first, after)):
        found[town].findings += 1
        found[town].complete += complete
        found[town].handled += _time(reported, settled)
    for town, foreseen in await connection.execute(_escalated(base, code, first, after)):
        found[town].escalated += 1
        found[town].foreseen += bool(foreseen)
    return found


def _due(base: Base, code: str, during: Period) -> sa.Select[Any]:
    tasks = base.metadata.tables["tasks"]
    wanted = (tasks.c.kind == "INVESTIGATION", tasks.c.state != "CANCELLED", _inside(tasks, code))
    asked = sa.select(tasks.c.town, tasks.c.state).where(*wanted)
    return asked.where(tasks.c.due_on >= during.first, tasks.c.due_on < during.after)


def _told(base: Base, code: str, first: str, after: str) -> sa.Select[Any]:
    findings = base.metadata.tables["findings"]
    columns = (findings.c.town, findings.c.complete, findings.c.reported_at, findings.c.settled_at)
    within = (findings.c.reported_at >= first, findings.c.reported_at < after)
    return sa.select(*columns).where(*within, _inside(findings, code))


def _escalated(base: Base, code: str, first: str, after: str) -> sa.Select[Any]:
    """Cases that escalated, once each, and whether a finding had told of them before."""
    cases, events, findings = (base.metadata.tables[name] for name in ("cases", "events", "findings"))
    when = (events.c.type.in_(_ESCALATED), events.c.occurred_at >= first, events.c.occurred_at < after)
    asked = sa.select(cases.c.id, cases.c.town, sa.func.min(events.c.occurred_at).label("at"))
    asked = asked.join(cases, cases.c.id == events.c.case_id).where(*when, _inside(cases, code))
    over = asked.group_by(cases.c.id, cases.c.town).subquery()
    known = sa.exists().where(findings.c.case_id == over.c.id, findings.c.reported_at < over.c.at)
    return sa.select(over.c.town, known)


def _inside(table: sa.Table, code: str) -> sa.ColumnElement[bool]:
    return sa.or_(*(table.c[level] == code for level in LEVELS))


def _time(reported: str, settled: str | None) -> Iterator[dt.timedelta]:
    if settled is not None:
        yield dt.datetime.fromisoformat(settled) - dt.datetime.fromisoformat(reported)


def _shown(town: str | None, counted: Quality) -> InvestigationQuality:
    return InvestigationQuality(
        town=town,
        tasks=counted.tasks,
        submitted=counted.submitted,
        coverage=counted.coverage,
        findings=counted.findings,
        complete=counted.complete,
        completeness=counted.completeness,
        hours=counted.hours,
        escalated=counted.escalated,
        foreseen=counted.foreseen,
        foresight=counted.foresight,
    )
