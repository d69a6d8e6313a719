"""Rounds: campaigns of a cycle begin with a task for every body, and what was not reported in time is missed (R75)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.assigning import Values, given, limited
from hub.procedures.clocks import begun
from hub.procedures.cycles import Rhythm, read_rhythm
from hub.procedures.investigators import Area, Found, areas_of, bodies_within
from hub.procedures.sweeps import Sweep
from hub.procedures.telling import told
from hub.procedures.timing import Timing, read_timing
from hub.rules.actions import CampaignAction, TaskAction
from hub.rules.cycles import Cycle, Period, due_periods
from hub.rules.limits import Rule
from hub.schema.investigations import Campaign, CampaignFocus, CampaignState
from hub.schema.organisations import OrganisationLevel
from hub.schema.tasks import Task, TaskState
from hub.store.base import faults
from hub.store.changes import MOST
from hub.store.dialects import listed
from hub.store.ledger import Change, Insert, Update

AT_ONCE = 200
"""Tasks of one deed where a campaign has more."""

_STARTED = told(CampaignAction.START, CampaignState.PLANNED, CampaignState.ACTIVE)


@dataclass(frozen=True, slots=True)
class Round:
    """One campaign that is about to begin, when its reports are due, and the limits of these and of its summary."""

    cycle: Cycle
    period: Period
    area: Area
    due_on: dt.date
    reporting: Values | None
    summing: Values | None

    @property
    def number(self) -> str:
        """Names it for good: of what cycle, where, and from which day."""
        mark = f"-{self.period.key}" if self.period.key else ""
        return f"PC-{self.cycle.key}-{self.area.region.removeprefix('region_')}-{self.period.first:%Y%m%d}{mark}"

    @property
    def title(self) -> str:
        return f"{self.area.name}{self.cycle.zh}（{self.period.first}至{self.period.last}）"


async def open_rounds(sweep: Sweep) -> dict[str, int]:
    """Open what has begun by today, whole campaigns at a time and at most 500 rows a deed; how much that was.

    A campaign that is there is left alone: who was interrupted goes on where it ended.
    """
    with faults(sweep.base.metadata):
        async with sweep.base.engine.connect() as connection:
            rounds = list(await _due(sweep, connection))
    opened = {"campaigns": 0, "tasks": 0}
    for batch in _batches(rounds):
        for name, count in (await _open(sweep, batch)).items():
            opened[name] += count
    return opened


async def start_planned(sweep: Sweep) -> int:
    """Start the campaigns of their own whose first day has come; how many."""
    table = sweep.base.metadata.tables["campaigns"]
    asked = sa.select(table).where(table.c.state == CampaignState.PLANNED.name, table.c.first_on <= sweep.today)
    with faults(sweep.base.metadata):
        async with sweep.base.engine.connect() as connection:
            planned = [dict(row) for row in (await connection.execute(asked.order_by(table.c.number))).mappings()]
            bodies = [await bodies_within(connection, sweep.base.metadata.tables, row) for row in planned]
            timing = await read_timing(connection, sweep.base.metadata.tables["policies"])
    for campaign, found in zip(planned, bodies, strict=True):
        await _start(sweep, campaign, found, timing)
    return len(planned)


async def miss_reports(sweep: Sweep) -> int:
    """Tasks whose day passed are found missed; how many. What is due today is not missed yet."""
    today, tasks, missed = sweep.today, sweep.base.metadata.tables["tasks"], 0
    late = sa.select(tasks.c.id, tasks.c.version).where(tasks.c.state == TaskState.OPEN.name, tasks.c.due_on < today)
    said = told(TaskAction.MISS, TaskState.OPEN, TaskState.MISSED)
    found: list[Change] = []

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        rows = (await connection.execute(late.order_by(tasks.c.due_on, tasks.c.id).limit(MOST))).all()
        values = {"state": TaskState.MISSED, "missed_on": today}
        found[:] = [Update(Task, id_, version, values, facts=said) for id_, version in rows]
        return found

    while True:
        await sweep.transact(decide, ())
        missed += len(found)
        if len(found) < MOST:
            return missed


async def _due(sweep: Sweep, connection: AsyncConnection) -> Iterator[Round]:
    tables, today = sweep.base.metadata.tables, sweep.today
    rhythm = await read_rhythm(connection, tables["policies"], today)
    timing = await read_timing(connection, tables["policies"])
    known = await _opened(connection, tables["campaigns"])
    areas = {level: await areas_of(connection, tables, level) for level in {each.level for each in rhythm.cycles}}
    return _rounds(rhythm, timing, areas, known, today)


def _rounds(
    rhythm: Rhythm,
    timing: Timing,
    areas: Mapping[OrganisationLevel, Sequence[Area]],
    known: Mapping[tuple[str, str], Mapping[str, dt.date]],
    today: dt.date,
) -> Iterator[Round]:
    for cycle in rhythm.cycles:
        for area in areas[cycle.level]:
            own = area.for_cycle(cycle)
            if not own.bodies:
                continue
            for period in due_periods(cycle, rhythm.key_periods, known.get((cycle.key, area.region), {}), today):
                yield _round(cycle, period, own, timing, today)


def _round(cycle: Cycle, period: Period, area: Area, timing: Timing, today: dt.date) -> Round:
    """Reports are due on the last day; of what is made up late, on the next working day."""
    due = period.last if period.last >= today else timing.calendar.working_after(today, 1)[0]
    reporting = begun(timing, Rule.INVESTIGATION_REPORT, today, due_on=due)
    return Round(cycle, period, area, due, reporting, begun(timing, Rule.INVESTIGATION_SUMMARY, due))


async def _opened(connection: AsyncConnection, table: sa.Table) -> dict[tuple[str, str], dict[str, dt.date]]:
    """The last day that was opened, by cycle and region, then by key period."""
    asked = sa.select(table.c.cycle, table.c.region_id, table.c.key_period, sa.func.max(table.c.last_on))
    asked = asked.where(table.c.cycle.is_not(None)).group_by(table.c.cycle, table.c.region_id, table.c.key_period)
    found: dict[tuple[str, str], dict[str, dt.date]] = defaultdict(dict)
    for cycle, region, key, last in await connection.execute(asked):
        found[cycle, region][key or ""] = last
    return found


def _batches(rounds: Sequence[Round]) -> Iterator[list[Round]]:
    """Whole campaigns, together of at most 500 rows; one that alone is more is a deed of its own."""
    batch: list[Round] = []
    rows = 0
    for each in rounds:
        more = 2 + 2 * len(each.area.bodies)
        if batch and rows + more > MOST:
            yield batch
            batch, rows = [], 0
        batch.append(each)
        rows += more
    if batch:
        yield batch


async def _open(sweep: Sweep, batch: Sequence[Round]) -> dict[str, int]:
    table, new = sweep.base.metadata.tables["campaigns"], list[Round]()

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        asked = sa.select(table.c.number).where(listed(table.c.number, [each.number for each in batch]))
        known = set((await connection.execute(asked)).scalars())
        new[:] = [each for each in batch if each.number not in known]
        return [change for each in new for change in _begun(sweep, each)]

    await sweep.transact(decide, ())
    return {"campaigns": len(new), "tasks": sum(len(each.area.bodies) for each in new)}


async def _start(sweep: Sweep, campaign: Found, bodies: Sequence[Found], timing: Timing) -> None:
    """Give the tasks, a few hundred a deed; with the last of them the campaign is active."""
    tasks, id_, today = sweep.base.metadata.tables["tasks"], campaign["id"], sweep.today
    due = max(campaign["due_on"], today)
    values: dict[str, Any] = {"campaign": id_, "organiser": campaign["organisation_id"], "title": campaign["title"]}
    values |= {"due_on": due, "opened_on": today}
    reporting = begun(timing, Rule.INVESTIGATION_REPORT, today, due_on=due)
    summing = begun(timing, Rule.INVESTIGATION_SUMMARY, due)
    left = True

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        nonlocal left
        asked = sa.select(tasks.c.organisation_id).where(tasks.c.campaign_id == id_)
        known = set((await connection.execute(asked)).scalars())
        new = [body for body in bodies if body["id"] not in known]
        left = len(new) > AT_ONCE
        changes = [change for body in new[:AT_ONCE] for change in given(sweep.base.ledger, body, values, reporting)]
        return changes if left else [*changes, *_started(sweep, campaign, summing)]

    while left:
        await sweep.transact(decide, ())


def _started(sweep: Sweep, campaign: Found, summing: Values | None) -> Iterator[Change]:
    values = {"state": CampaignState.ACTIVE, "started_on": sweep.today}
    values |= {"summary_due_on": summing["due_on"] if summing else None}
    yield Update(Campaign, campaign["id"], campaign["version"], values, facts=_STARTED)
    places = {"organisation": campaign["organisation_id"], "region": campaign["region_id"]}
    yield from limited(Campaign, {"id": campaign["id"], **places}, summing)


def _begun(sweep: Sweep, each: Round) -> Iterator[Change]:
    """The campaign and its tasks, as rows."""
    campaign, today = {**_campaign(each), "id": sweep.base.ledger.new_id(Campaign)}, sweep.today
    yield Insert(Campaign, {**campaign, "started_on": today}, facts=_STARTED)
    yield from limited(Campaign, campaign, each.summing)
    values: dict[str, Any] = {"campaign": campaign["id"], "organiser": each.area.organiser, "title": each.title}
    values |= {"due_on": each.due_on, "opened_on": today}
    for body in each.area.bodies:
        yield from given(sweep.base.ledger, body, values, each.reporting)


def _campaign(each: Round) -> dict[str, Any]:
    cycle, period = each.cycle, each.period
    tightened = bool(period.key) and cycle.focus is CampaignFocus.GENERAL
    return {
        "number": each.number,
        "title": each.title,
        "state": CampaignState.ACTIVE,
        "level": cycle.level,
        "focus": CampaignFocus.PERIODS if tightened else cycle.focus,
        "dispute_type": cycle.dispute_type,
        "cycle": cycle.key,
        "key_period": period.key or None,
        "every": period.every,
        "organisation": each.area.organiser,
        "region": each.area.region,
        "first_on": period.first,
        "last_on": period.last,
        "due_on": each.due_on,
        "summary_due_on": each.summing["due_on"] if each.summing else None,
        **dict.fromkeys(("closed_on", "summarised_on", "figures", "summary")),
    }
