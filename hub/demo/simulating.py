"""Simulating: a municipality, its procedures and its jobs on a clock of their own, day after day, with a report."""

import asyncio
import datetime as dt
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
import structlog

from hub.app import Composition, composed
from hub.demo.invariants import Invariants
from hub.errors import BadConfiguration, HubError
from hub.jobs.scheduler import Scheduler
from hub.logs import configure, failure
from hub.parts import hub_graph, hub_model
from hub.procedures.configuration import Base, apply
from hub.procedures.doing import Doing, Request
from hub.procedures.seeds import read_seeds
from hub.resolvers.finding import Finder
from hub.rules.values import SHANGHAI
from hub.serving import scheduler_of
from hub.settings import Database, KeyFile, Settings, Watched
from hub.simulation.analysts import Analysts
from hub.simulation.delegations import Delegations
from hub.simulation.growth import grow, standing
from hub.simulation.investigators import Investigators
from hub.simulation.municipality import SEED
from hub.simulation.officials import Officials
from hub.simulation.posts import Errand
from hub.simulation.windows import Windows
from hub.store import migrate
from hub.store.folders import private
from hub.store.seal import new_keys, write_keys

MOST_DAYS = 3660
AT_COUNTERS, AT_COURTS = 4.0, 1.0
"""Matters of a working day at the counters of towns, and at courts."""

_OFFICES, _EVENING = dt.time(9, 30), dt.time(23, 59)

log: Any = structlog.get_logger("hub.demo")


@dataclass(slots=True)
class Clock:
    """The moment it is in the simulation."""

    moment: dt.datetime

    def __call__(self) -> dt.datetime:
        """The moment, in UTC."""
        return self.moment.astimezone(dt.UTC)

    def on(self, day: dt.date, at: dt.time) -> None:
        """It is that time of that day."""
        self.moment = max(self.moment, dt.datetime.combine(day, at, SHANGHAI))


@dataclass(slots=True)
class Report:
    """What a simulation came to."""

    start: dt.date
    days: int
    deeds: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    jobs: Counter[str] = field(default_factory=Counter)
    rows: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def facts(self) -> dict[str, Any]:
        """As one JSON object."""
        counted = {name: dict(getattr(self, name)) for name in ("deeds", "refused", "jobs", "rows")}
        told = {
            "start": self.start.isoformat(),
            "days": self.days,
            "runs": self.runs,
            "seconds": round(self.seconds, 1),
        }
        return {**told, **counted, "holds": not self.broken, "broken": self.broken}

    def text(self) -> str:
        """For people."""
        done = ", ".join(f"{count} {verb}" for verb, count in self.deeds.most_common())
        lines = [
            f"{self.days} days from {self.start} in {self.seconds:.1f} s",
            f"deeds: {self.deeds.total()} ({done})",
            f"refused: {self.refused.total()} {dict(self.refused) or ''}".rstrip(),
            f"jobs: {self.runs} runs; {', '.join(f'{count} {what}' for what, count in sorted(self.jobs.items()))}",
            f"rows: {', '.join(f'{count} {name}' for name, count in self.rows.items())}",
            *(f"BROKEN {each}" for each in self.broken[:50]),
            f"invariants: {len(self.broken)} broken" if self.broken else "invariants: all held on every day",
        ]
        return "\n".join(lines)


async def simulate(settings: Settings, *, days: int, start: dt.date, data: Path | None = None) -> Report:
    """Let so many days pass over a base of its own, kept where `data` names a folder. BadConfiguration (HUB-701) where
    that holds one already.
    """
    if not 1 <= days <= MOST_DAYS:
        raise BadConfiguration(reason=f"--days is between 1 and {MOST_DAYS}")
    begun, report = time.monotonic(), Report(start, days)
    with ExitStack() as held:
        folder = data or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="hub-simulated-")))
        settings = await _prepared(settings, private(folder.absolute()))
        clock = Clock(dt.datetime.combine(start, dt.time(), SHANGHAI))
        async with composed(settings, clock=clock, calendar=clock) as composition:
            base = composition.doing.base
            await apply(base, read_seeds(settings.config), settings.limits, actor="admin", now=clock())
            await grow(base.ledger, base.engine, base.metadata, cases=0, now=clock())
            async for day in _Days(settings, composition, clock, report).passing():
                log.info("day", day=day.isoformat(), deeds=report.deeds.total())
            report.rows, report.jobs = await _counted(base), await _outcomes(base)
    report.seconds = time.monotonic() - begun
    return report


async def _prepared(settings: Settings, folder: Path) -> Settings:
    file = folder / "hub.db"
    if file.exists():
        raise BadConfiguration(reason=f"{folder} holds a base already, a simulation begins with none")
    write_keys(folder / "keys.json", new_keys(settings.keys.cipher))
    database = Database(f"sqlite:///{file}")
    await migrate.upgrade(database.url)
    return replace(settings, database=database, keys=KeyFile(folder / "keys.json"), exchange=Watched())


@dataclass(slots=True)
class _Days:
    """Lets days pass: jobs at their times, officials in office hours, and a look at what must hold in the evening."""

    settings: Settings
    composition: Composition
    clock: Clock
    report: Report

    async def passing(self) -> AsyncIterator[dt.date]:
        """Each day when it is over."""
        base, report = self.composition.doing.base, self.report
        scheduler = scheduler_of(self.settings, base, self.clock)
        finder = Finder(hub_graph(), base.model, base.engine, base.metadata, base.ledger.seal)
        invariants = Invariants(base, finder, report.start)
        async with base.engine.connect() as connection:
            seeds = await standing(connection, base.metadata)
        windows = Windows(seeds, SEED, a_day=AT_COUNTERS)
        officials = Officials(base, self.do, SEED, fresh=Delegations(seeds, SEED, a_day=AT_COURTS))
        await officials.begin(report.start)
        # What is due at midnight of the first day is due from then on: jobs are enrolled the evening before.
        self.clock.moment -= dt.timedelta(minutes=1)
        await scheduler.run_due()
        for number in range(report.days):
            day = report.start + dt.timedelta(number)
            await self._jobs_until(scheduler, day, _OFFICES)
            await self._work(day, officials, windows)
            await self._jobs_until(scheduler, day, _EVENING)
            report.broken += [f"{day}: {each}" for each in await invariants.broken(day)]
            yield day

    async def _jobs_until(self, scheduler: Scheduler, day: dt.date, at: dt.time) -> None:
        """Run whatever comes due by then, each at its time; what is done every few minutes, whenever others are."""
        until = dt.datetime.combine(day, at, SHANGHAI)
        while (following := await self._following()) is not None and following <= until:
            self.clock.moment = max(self.clock.moment, following)
            self.report.runs += await scheduler.run_due()
        self.clock.on(day, at)
        self.report.runs += await scheduler.run_due()

    async def _following(self) -> dt.datetime | None:
        """When the next job is due that has a time of its own."""
        jobs = self.composition.metadata.tables["jobs"]
        timely = (jobs.c.paused.is_(False), jobs.c.schedule.not_like("every %"))
        async with self.composition.engine.connect() as connection:
            found = (await connection.execute(sa.select(sa.func.min(jobs.c.next_at)).where(*timely))).scalar()
        return None if found is None else dt.datetime.fromisoformat(found)

    async def _work(self, day: dt.date, officials: Officials, windows: Windows) -> None:
        base = self.composition.doing.base
        for errand in windows.of_day(day):
            await self._tried(errand)
        async for errand in Investigators(base, SEED).of_day(day):
            await self._tried(errand)
        async for errand in Analysts(base, SEED).of_day(day):
            await self._tried(errand)
        await officials.turn(day)
        while await officials.step():
            pass

    async def _tried(self, errand: Errand) -> None:
        try:
            await self.do(errand)
        except HubError as error:
            log.warning("a deed was refused", verb=errand.verb, code=error.code, row=errand.row)
        except Exception as error:  # noqa: BLE001 - a deed that fails is told of, and the next one has its turn
            self.report.broken.append(f"{errand.verb} failed: {' '.join(failure(error))}")

    async def do(self, errand: Errand) -> None:
        """As a mutation does it: with permission, version, receipt and guards."""
        doing: Doing = self.composition.doing
        payload = f"{errand.row} {errand.version} {sorted(errand.inputs.items())}"
        request = Request(errand.row, errand.version, errand.key, errand.inputs, payload)
        try:
            await doing(errand.verb, request, errand.who)
        except HubError as error:
            self.report.refused[f"{errand.verb} {error.code}"] += 1
            raise
        self.report.deeds[errand.verb] += 1
        # Deeds of a day have an order.
        self.clock.moment += dt.timedelta(seconds=7)


async def _outcomes(base: Base) -> Counter[str]:
    """What the runs of all jobs came to, by what they counted."""
    runs, jobs = (base.metadata.tables[name] for name in ("job_runs", "jobs"))
    asked = sa.select(jobs.c.name, runs.c.outcome).join(jobs, jobs.c.id == runs.c.job_id)
    found: Counter[str] = Counter()
    async with base.engine.connect() as connection:
        for name, outcome in await connection.execute(asked):
            for tally in orjson.loads(outcome):
                found[f"{tally['name']} by {name}"] += int(tally["count"] or 0)
    return +found


async def _counted(base: Base) -> dict[str, int]:
    found = {}
    async with base.engine.connect() as connection:
        for noun in hub_model().nouns.values():
            table = base.metadata.tables[noun.table]
            found[noun.table] = (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
    return {name: count for name, count in found.items() if count}


def simulated(settings: Settings, *, days: int, start: dt.date, data: Path | None) -> Report:
    """As `simulate`, in a loop of its own; each run's own line would bury what a person looks for."""
    configure("warning" if settings.logs.level == "info" else settings.logs.level)
    return asyncio.run(simulate(settings, days=days, start=start, data=data))
