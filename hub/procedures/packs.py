"""Packs: meetings that duties ask for are planned, and at the end of their period their figures are frozen (R70, R71).

A frozen figure keeps the cases that it counted, so that it can be looked into for ever and never changes.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.assigning import limited
from hub.procedures.clocks import begun
from hub.procedures.cycles import read_rhythm
from hub.procedures.freezing import Figure, Find, Row, counted_in, figures_of, frozen
from hub.procedures.indicators import read_indicators
from hub.procedures.sweeps import Sweep
from hub.procedures.telling import told
from hub.procedures.timing import Timing, read_timing
from hub.rules.actions import MeetingAction
from hub.rules.duties import HOSTS, Duty, due_meetings, period_name
from hub.rules.indicators import Indicator
from hub.rules.limits import Rule
from hub.schema.meetings import (
    Meeting,
    MeetingCoverage,
    MeetingKind,
    MeetingState,
    Snapshot,
)
from hub.store.base import faults
from hub.store.changes import MOST
from hub.store.dialects import listed
from hub.store.ledger import Change, Insert, Update

_PLANNED = told(MeetingAction.PLAN, None, MeetingState.PLANNED)
_BUILT = told(MeetingAction.BUILD_PACK, MeetingState.PLANNED, MeetingState.PACK_BUILT)


async def plan_meetings(sweep: Sweep) -> int:
    """Plan what duties ask for, each period once; how many meetings that was."""
    tables, today = sweep.base.metadata.tables, sweep.today
    with faults(sweep.base.metadata):
        async with sweep.base.engine.connect() as connection:
            rhythm = await read_rhythm(connection, tables["policies"], today)
            timing = await read_timing(connection, tables["policies"])
            planned = await _known(connection, tables["meetings"])
            hosts = {duty.key: await _hosts(connection, tables["organisations"], duty) for duty in rhythm.duties}
    found = [
        _meeting(duty, host, first, last, timing)
        for duty in rhythm.duties
        for host in hosts[duty.key]
        for first, last in due_meetings(duty, planned.get((duty.key, host["id"])), today)
    ]
    count = 0
    for start in range(0, len(found), MOST // 2):
        count += await _plan(sweep, found[start : start + MOST // 2], timing)
    return count


async def build_packs(sweep: Sweep, find: Find) -> dict[str, int]:
    """Build the packs of meetings whose period is over, and of ad hoc ones; how many packs and figures."""
    tables = sweep.base.metadata.tables
    meetings = tables["meetings"]
    ready = sa.or_(meetings.c.last_on < sweep.today, meetings.c.kind == MeetingKind.AD_HOC.name)
    asked = sa.select(meetings).where(meetings.c.state == MeetingState.PLANNED.name, ready).order_by(meetings.c.number)
    with faults(sweep.base.metadata):
        async with sweep.base.engine.connect() as connection:
            rows = [dict(row) for row in (await connection.execute(asked)).mappings()]
            indicators = await read_indicators(connection, tables["policies"], sweep.today) if rows else ()
    built = {"packs": 0, "figures": 0}
    for during in sorted({row["period"] for row in rows}):
        counted = await counted_in(during, indicators, find)
        for row in rows:
            if row["period"] == during:
                built["packs"] += 1
                built["figures"] += await _build(sweep, row, indicators, figures_of(row, counted))
    return built


async def _known(connection: AsyncConnection, table: sa.Table) -> dict[tuple[str, str], dt.date]:
    asked = sa.select(table.c.duty, table.c.organisation_id, sa.func.max(table.c.last_on))
    asked = asked.where(table.c.duty.is_not(None)).group_by(table.c.duty, table.c.organisation_id)
    return {(duty, body): last for duty, body, last in await connection.execute(asked)}


async def _hosts(connection: AsyncConnection, table: sa.Table, duty: Duty) -> list[Row]:
    columns = (table.c.id, table.c.name, table.c.region_id)
    asked = sa.select(*columns).where(table.c.active, table.c.kind == HOSTS[duty.level]).order_by(table.c.id)
    return [dict(row) for row in (await connection.execute(asked)).mappings()]


def _meeting(duty: Duty, host: Row, first: dt.date, last: dt.date, timing: Timing) -> dict[str, Any]:
    during = period_name(duty.every, first)
    return {
        **new_meeting(),
        "number": f"HY-{duty.key}-{host['region_id'].removeprefix('region_')}-{during}",
        "title": f"{host['name']}{duty.zh}（{during}）",
        "kind": MeetingKind.REGULAR,
        "coverage": MeetingCoverage.COMPREHENSIVE,
        "level": duty.level,
        "duty": duty.key,
        "organisation": host["id"],
        "region": host["region_id"],
        "period": during,
        "first_on": first,
        "last_on": last,
        "hold_by": duty.hold_by(last, timing.calendar),
    }


def new_meeting() -> dict[str, Any]:
    """What a meeting is before anything was done for it."""
    return {**dict.fromkeys(("duty", "cut_off", "held_on", "late", "place", "minutes")), "state": MeetingState.PLANNED}


async def _plan(sweep: Sweep, rows: Sequence[dict[str, Any]], timing: Timing) -> int:
    table, new = sweep.base.metadata.tables["meetings"], list[dict[str, Any]]()

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        asked = sa.select(table.c.number).where(listed(table.c.number, [row["number"] for row in rows]))
        known = set((await connection.execute(asked)).scalars())
        new[:] = [{**row, "id": sweep.base.ledger.new_id(Meeting)} for row in rows if row["number"] not in known]
        return [change for row in new for change in _entered(row, timing, sweep.today)]

    await sweep.transact(decide, ())
    return len(new)


def _entered(row: dict[str, Any], timing: Timing, today: dt.date) -> Iterator[Change]:
    yield Insert(Meeting, row, facts=_PLANNED)
    yield from limited(Meeting, row, begun(timing, Rule.ANALYSIS_MEETING, today, due_on=row["hold_by"]))


async def _build(sweep: Sweep, meeting: Row, indicators: Sequence[Indicator], figures: Sequence[Figure]) -> int:
    """Freeze the figures and give the meeting its pack, in one deed."""
    ledger, placed = sweep.base.ledger, _placed(meeting)
    snapshot = ledger.new_id(Snapshot)
    about = {"id": snapshot, "meeting": meeting["id"], "period": meeting["period"], "cut_off": sweep.now}
    dictionary = ", ".join(f"{each.key} {each.version}" for each in indicators)
    rows = [row for each in figures for row in frozen(ledger, each, snapshot, placed)]
    values = {"state": MeetingState.PACK_BUILT, "cut_off": sweep.now}
    pack = [Insert(Snapshot, {**about, **placed, "dictionary": dictionary}), *rows]
    table = sweep.base.metadata.tables["meetings"]
    asked = sa.select(table.c.version).where(table.c.id == meeting["id"], table.c.state == MeetingState.PLANNED.name)

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        # Somebody may have asked bodies to it since it was found.
        version = (await connection.execute(asked)).scalar()
        return [] if version is None else [*pack, Update(Meeting, meeting["id"], version, values, facts=_BUILT)]

    await sweep.transact(decide, ())
    return len(figures)


def _placed(meeting: Row) -> dict[str, Any]:
    return {"organisation": meeting["organisation_id"], "region": meeting["region_id"]}
