"""Processes of a hub in one loop: each with its own scheduler over one base, all with the test's clock."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.procedures.agencies import Hub

from hub.jobs.clocks import WatchedClock
from hub.jobs.contract import Routine, Work
from hub.jobs.scheduler import Scheduler
from hub.procedures.roster import Roster
from hub.rules.schedules import weekdays
from hub.rules.values import SHANGHAI

BEGIN = dt.datetime(2026, 6, 1, 0, 0, tzinfo=SHANGHAI)
LEASE = dt.timedelta(seconds=30)


@dataclass
class Clock:
    """A clock that a test sets; the steady one goes on with it unless it jumps."""

    moment: dt.datetime = BEGIN
    steady: float = 0.0

    def passes(self, **time: float) -> None:
        delta = dt.timedelta(**time)
        self.moment += delta
        self.steady += delta.total_seconds()

    def jumps(self, **time: float) -> None:
        self.moment += dt.timedelta(**time)


@dataclass
class Told:
    """What the bodies of a test's jobs were run with."""

    runs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def periods(self) -> list[str]:
        return [period for _, period in self.runs]

    async def body(self, work: Work, options: Any) -> Mapping[str, int]:
        del options
        self.runs.append((work.claim.job, shown(work.as_of)))
        return {"runs": len(self.runs)}


def shown(moment: dt.datetime) -> str:
    """A moment as the tests write it, in Asia/Shanghai."""
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"


def routine(body: Any, schedule: str = "daily 00:05", **said: Any) -> Routine:
    return Routine("试验 · A test's job", body, clause="DESIGN 9", schedule=schedule, **said)


def process(hub: Hub, clock: Clock, name: str = "one", **routines: Routine) -> Scheduler:
    roster = Roster(hub.base, process=name, lease=LEASE, working=weekdays)
    watched = WatchedClock(lambda: clock.moment, settle_seconds=60, steady=lambda: clock.steady)
    return Scheduler(roster, routines, watched)


async def runs_of(hub: Hub, job: str) -> list[dict[str, Any]]:
    """The job's runs by period."""
    table = hub.base.metadata.tables["job_runs"]
    return sorted(await hub.rows("job_runs", table.c.job_id == f"job_{job}"), key=lambda run: str(run["period"]))
