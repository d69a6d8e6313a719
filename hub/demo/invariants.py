"""Invariants: what must hold at the end of every simulated day, whoever did what.

No case without an owner and a next action, no limit unwatched, no period run twice or skipped, sums equal.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sqlalchemy as sa

from hub.procedures.configuration import Base
from hub.procedures.cycles import read_rhythm
from hub.procedures.indicators import read_indicators
from hub.resolvers.finding import Finder
from hub.rules.cases import CASES
from hub.rules.indicators import period
from hub.rules.limits import WINDOWS
from hub.rules.values import SHANGHAI
from hub.schema.cases import CaseState
from hub.schema.scalars import show_instant
from hub.store.base import faults

_DAY = dt.timedelta(1)
_LOOKED = dt.time(23, 50)
"""By then the job that runs every few minutes has looked again since, when the day is over."""

Row = Mapping[Any, Any]

_LIMITED = (
    ("tasks", ("OPEN", "MISSED"), ("INVESTIGATION_REPORT", "MEETING_MEASURE")),
    ("findings", ("NEW",), ("FINDING_TRIAGE", "RED_FINDING_TRIAGE")),
    ("findings", ("WATCH",), ("WATCH_RECHECK",)),
    ("campaigns", ("ACTIVE",), ("INVESTIGATION_SUMMARY",)),
    ("meetings", ("PLANNED", "PACK_BUILT"), ("ANALYSIS_MEETING",)),
    ("cases", ("REGISTERED",), ("FIRST_RESPONSE",)),
    ("referrals", ("ISSUED",), ("REFERRAL_DELIVERY",)),
    ("referrals", ("DELIVERED",), ()),
    ("risk_warnings", ("RAISED",), ("RED_WARNING",)),
)
"""In which states rows of a table have a limit that runs, and by which rules; any rule where none is said."""


@dataclass(frozen=True, slots=True)
class Invariants:
    """What is looked at at the end of a day; each gives a sentence for whatever does not hold."""

    base: Base
    find: Finder
    since: dt.date

    async def broken(self, day: dt.date) -> list[str]:
        """Everything that does not hold on the evening of that day."""
        found = [*await self._owners(), *await self._watched(day), *await self._periods(day), *await self._runs()]
        return [*found, *await self._sums(day)]

    async def _owners(self) -> Sequence[str]:
        cases, bodies = (self.base.metadata.tables[name] for name in ("cases", "organisations"))
        asked = sa.select(cases.c.number, cases.c.state, bodies.c.active)
        asked = asked.join(bodies, bodies.c.id == cases.c.organisation_id, isouter=True)
        rows = await self._rows(asked.where(cases.c.state.not_in([state.name for state in CASES.final])))
        over = {CaseState.MERGED.name}
        without = [r for r in rows if r["state"] not in over and CaseState[r["state"]] not in CASES.owners]
        return [
            *(f"case {row['number']} in {row['state']} has nobody to act" for row in without),
            *(f"case {row['number']} has no owner on the register" for row in rows if not row["active"]),
        ]

    async def _watched(self, day: dt.date) -> Sequence[str]:
        """What passed is found overdue and supervised, and what waits for somebody has a limit at all."""
        due = self.base.metadata.tables["deadlines"]
        looked = show_instant(dt.datetime.combine(day, _LOOKED, SHANGHAI))
        passed = sa.or_(due.c.due_on < day, due.c.due_at < looked)
        late = sa.select(due.c.id, due.c.rule).where(due.c.state == "RUNNING", passed)
        found = [f"limit {row['rule']} {row['id']} passed unnoticed" for row in await self._rows(late)]
        alerts = self.base.metadata.tables["supervision_alerts"]
        open_ = sa.exists().where(alerts.c.deadline_id == due.c.id, alerts.c.ended_on.is_(None))
        # A window that has closed is nobody's to keep any more.
        kept = due.c.rule.not_in([rule.name for rule in WINDOWS])
        alone = sa.select(due.c.id, due.c.rule).where(due.c.state == "OVERDUE", kept, sa.not_(open_))
        found += [
            f"limit {row['rule']} {row['id']} is overdue and supervised by nobody" for row in await self._rows(alone)
        ]
        for name, states, rules in _LIMITED:
            table = self.base.metadata.tables[name]
            runs = sa.select(due.c.subject_id).where(due.c.state != "ENDED")
            runs = runs.where(due.c.rule.in_(rules)) if rules else runs
            bare = sa.select(table.c.id, table.c.state).where(table.c.state.in_(states), table.c.id.not_in(runs))
            found += [f"{name} {row['id']} in {row['state']} has no limit" for row in await self._rows(bare)]
        return found

    async def _periods(self, day: dt.date) -> Sequence[str]:
        """Every day of every cycle lies in one campaign of each region, from the first on."""
        campaigns = self.base.metadata.tables["campaigns"]
        columns = (campaigns.c.cycle, campaigns.c.region_id, campaigns.c.first_on, campaigns.c.last_on)
        rows = await self._rows(sa.select(*columns).where(campaigns.c.cycle.is_not(None)))
        spans: dict[tuple[str, str], list[tuple[dt.date, dt.date]]] = defaultdict(list)
        for row in rows:
            spans[row["cycle"], row["region_id"]].append((row["first_on"], row["last_on"]))
        found = [
            f"cycle {cycle} in {region}: {what}" for (cycle, region), of in spans.items() for what in _gaps(of, day)
        ]
        async with self.base.engine.connect() as connection:
            rhythm = await read_rhythm(connection, self.base.metadata.tables["policies"], day)
        begun = {cycle for cycle, _ in spans}
        return [*found, *(f"cycle {each.key} has no campaign" for each in rhythm.cycles if each.key not in begun)]

    async def _runs(self) -> Sequence[str]:
        """Each run of a job by its schedule goes on from where the one before ended, and none has failed."""
        jobs, runs = (self.base.metadata.tables[name] for name in ("jobs", "job_runs"))
        columns = (jobs.c.name, runs.c.period, runs.c.since, runs.c.state, runs.c.error)
        asked = sa.select(*columns).join(jobs, jobs.c.id == runs.c.job_id).where(runs.c.reason == "SCHEDULE")
        by_job: dict[str, list[Row]] = defaultdict(list)
        found = []
        for row in await self._rows(asked.order_by(jobs.c.name, runs.c.period)):
            by_job[row["name"]].append(row)
            if row["state"] != "DONE":
                found.append(f"job {row['name']} of {row['period']} is {row['state']} {row['error'] or ''}".rstrip())
        for name, of in by_job.items():
            broken = (later for one, later in pairwise(of) if later["since"] != one["period"])
            found += [f"job {name}: a period before {later['period']} was skipped or run twice" for later in broken]
        return found

    async def _sums(self, day: dt.date) -> Sequence[str]:
        """The whole is the sum of its parts, by district and by type, for every indicator of the month."""
        async with self.base.engine.connect() as connection:
            indicators = await read_indicators(connection, self.base.metadata.tables["policies"], day)
        during = period(f"{day:%Y-%m}")
        cases = self.base.metadata.tables["cases"]
        places = [row["district"] for row in await self._rows(sa.select(cases.c.district).distinct())]
        whole = await self.find([each.wanted(each.numerator, during, None) for each in indicators])
        parts = [each.wanted(each.numerator, during, place) for each in indicators for place in places if place]
        answered = iter(await self.find(parts))
        found = []
        for each, all_ in zip(indicators, whole, strict=True):
            by_place = sum(len(next(answered)) for place in places if place)
            by_type = sum(Counter(one.dispute_type for one in all_).values())
            if not len(all_) == by_place == by_type:
                found.append(f"indicator {each.key}: {len(all_)} in all, {by_place} by district, {by_type} by type")
        return [*found, *await self._frozen()]

    async def _frozen(self) -> Sequence[str]:
        """A frozen figure is as long as the list of its cases."""
        figures, pages = (self.base.metadata.tables[name] for name in ("snapshot_figures", "figure_pages"))
        listed = sa.func.coalesce(sa.func.count(pages.c.id), 0)
        asked = sa.select(figures.c.id, figures.c.count, listed.label("pages"))
        asked = asked.join(pages, pages.c.figure_id == figures.c.id, isouter=True).group_by(
            figures.c.id, figures.c.count
        )
        rows = await self._rows(asked)
        return [f"figure {row['id']} lists no cases" for row in rows if bool(row["count"]) != bool(row["pages"])]

    async def _rows(self, asked: sa.Select[Any]) -> list[Row]:
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                return [dict(row) for row in (await connection.execute(asked)).mappings()]


def _gaps(spans: list[tuple[dt.date, dt.date]], day: dt.date) -> Iterator[str]:
    spans = sorted(spans)
    for (_, last), (first, _) in pairwise(spans):
        if first != last + _DAY:
            yield f"{first} follows {last}"
    if spans[-1][1] < day:
        yield f"nothing was begun after {spans[-1][1]}"
