"""The roster: one row for each job and period decides which process runs it, for how long, and what became of it.

A job's rows are looked at and changed under one lock of its name. A run that is DONE is never run again; one whose
process died is taken over when its lease is over; what its process still writes afterwards is refused (`hold_on`).
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import LeaseLost
from hub.procedures import failures
from hub.procedures.configuration import Base
from hub.procedures.enrolment import Override, Planned, city_of, enrolled, instant_of, job_id, read_overrides
from hub.procedures.runs import OPEN, first_of, lock_named, not_waiting, run_values, table_of
from hub.procedures.timing import read_timing
from hub.rules.schedules import WorkingDay
from hub.schema.declare import Entity
from hub.schema.jobs import Job, JobRun, RunReason, RunState, Tally
from hub.schema.scalars import show_instant
from hub.store.base import faults
from hub.store.ledger import USUAL, Change, Insert, Update

Beside = Callable[[AsyncConnection, Mapping[Any, Any], dt.datetime], Awaitable[list[Change]]]
"""What else changes with a run: its row, and the moment."""

ACTOR = "system"
_ENROLMENT = "jobs"


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this process holds: as of `period`, covering what lies after `since`, tried the so-many-th time."""

    id: str
    job: str
    period: dt.datetime
    since: dt.datetime | None
    attempt: int


class Roster:
    """The rows of jobs and runs, as one process of the hub deals with them."""

    def __init__(self, base: Base, *, process: str, lease: dt.timedelta, working: WorkingDay) -> None:
        self.base, self.process, self.lease, self.working = base, process, lease, working
        self._jobs, self._runs = (table_of(base, noun) for noun in (Job, JobRun))

    async def enrol(self, planned: Sequence[Planned], now: dt.datetime) -> None:
        """Bring the rows of jobs up to what this version and the policies say; nothing is written where they are.

        A job is due first after it was enrolled; with another schedule it goes on from where the old one was.
        """

        async def decide(connection: AsyncConnection) -> list[Change]:
            asked = sa.select(self._jobs)
            stored = {row["id"]: row for row in (await connection.execute(asked)).mappings()}
            city = await city_of(connection, self.base)
            changes = [
                change for each in planned for change in enrolled(each, stored, city, now=now, working=self.working)
            ]
            named = {job_id(each.name) for each in planned}
            gone = [row for row in stored.values() if row["id"] not in named and not row["retired"]]
            return [*changes, *(Update(Job, r["id"], r["version"], {"retired": True, "next_at": None}) for r in gone)]

        await self.base.ledger.transact(decide, actor=ACTOR, now=now, cases=[_ENROLMENT])

    async def overrides(self, today: dt.date) -> dict[str, Override]:
        """What the policy rows say; from now on working days are those of the calendar that they hold."""
        policies = self.base.metadata.tables["policies"]
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                self.working = (await read_timing(connection, policies)).calendar.works
                return await read_overrides(connection, policies, today)

    async def due(self, now: dt.datetime) -> tuple[list[str], dt.datetime | None]:
        """Names of the jobs that have something to run now, and when the next one will by its schedule."""
        jobs, runs, at = self._jobs, self._runs, show_instant(now)
        timely = sa.and_(jobs.c.next_at <= at, jobs.c.paused.is_(False), jobs.c.retired.is_(False))
        free = (runs.c.state.in_(OPEN), sa.not_(self._held(now)), not_waiting(runs, at))
        waiting = sa.select(runs.c.job_id).where(*free)
        asked = sa.select(jobs.c.name).where(sa.or_(timely, jobs.c.id.in_(waiting))).order_by(jobs.c.name)
        coming = sa.select(sa.func.min(jobs.c.next_at)).where(jobs.c.next_at > at)
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                names = list((await connection.execute(asked)).scalars())
                following = (await connection.execute(coming)).scalar()
        return names, instant_of(following)

    async def claim(self, planned: Planned, now: dt.datetime) -> Claim | None:
        """The job's next run, held by this process from now on; None where there is none, or another holds one."""
        found: list[Claim] = []

        async def decide(connection: AsyncConnection) -> Sequence[Change]:
            found.clear()
            asked = sa.select(self._jobs).where(self._jobs.c.id == job_id(planned.name))
            job = (await connection.execute(asked)).mappings().first()
            if job is None or job["retired"]:
                return []
            runs = await self._open_runs(connection, job["id"])
            if any(self._is_held(run, now) for run in runs):
                return []
            run, blocked = first_of(runs, now, paused=job["paused"])
            if run is not None:
                change = self._taken(run, now)
                found.append(_claim(planned.name, {**run, "attempts": run["attempts"] + 1}))
                return [change]
            if blocked or job["paused"] or job["next_at"] is None or job["next_at"] > show_instant(now):
                return []
            return await self._made(connection, planned, job, now, found)

        await self.base.ledger.transact(decide, actor=ACTOR, now=now, cases=[lock_named(planned.name)])
        return found[0] if found else None

    async def renew(self, claim: Claim, now: dt.datetime) -> None:
        """Keep the run for another lease; LeaseLost (HUB-731) when it is no longer this process's."""
        await self._held_change(claim, now, {"lease_until": now + self.lease}, quiet=True)

    async def done(self, claim: Claim, outcome: Mapping[str, int], now: dt.datetime) -> None:
        """The run came to this; it is never run again. LeaseLost."""
        tallies = [Tally(name, str(count)) for name, count in outcome.items()]
        values = {"state": RunState.DONE, "ended_at": now, "outcome": tallies, "error": None, "retry_at": None}
        await self._held_change(claim, now, values | {"lease_until": None}, beside=self._settled)

    async def failed(self, claim: Claim, error: str, now: dt.datetime, *, retry_at: dt.datetime | None) -> None:
        """The attempt ended with an error, which is supervised; it is tried again at `retry_at` or never. LeaseLost."""
        state = RunState.FAILED if retry_at is None else RunState.RETRYING
        values = {"state": state, "ended_at": now, "error": error, "retry_at": retry_at, "lease_until": None}

        async def beside(connection: AsyncConnection, row: Mapping[Any, Any], now: dt.datetime) -> list[Change]:
            return await failures.alerted(connection, self.base, row, error, now)

        await self._held_change(claim, now, values, beside=beside)

    async def give_back(self, claim: Claim, now: dt.datetime) -> None:
        """The process ends before the run does: whoever is free takes it, and the attempt does not count."""
        values = {"state": RunState.REQUESTED, "lease_until": None, "attempts": claim.attempt - 1}
        await self._held_change(claim, now, values)

    async def hold_on(self, connection: AsyncConnection, claim: Claim) -> Mapping[Any, Any]:
        """The run's row, under the lock that this transaction holds; LeaseLost when it is no longer this process's."""
        asked = sa.select(self._runs).where(self._runs.c.id == claim.id)
        row = (await connection.execute(asked)).mappings().first()
        mine = row is not None and (row["state"], row["claimed_by"]) == (RunState.RUNNING.name, self.process)
        if row is None or not mine or row["attempts"] != claim.attempt:
            raise LeaseLost
        return row

    async def transact(
        self,
        claim: Claim,
        decide: Callable[[AsyncConnection], Awaitable[Sequence[Change]]],
        now: dt.datetime,
        cases: Iterable[str] = (),
    ) -> int:
        """A deed of the run, written only while the run is this process's; how many changes it was."""

        async def held(connection: AsyncConnection) -> Sequence[Change]:
            await self.hold_on(connection, claim)
            return await decide(connection)

        locks = [*cases, lock_named(claim.job)]
        return len(await self.base.ledger.transact(held, actor=ACTOR, now=now, cases=locks))

    async def forget(self, claim: Claim, noun: type[Entity], member: str, before: dt.datetime) -> int:
        """As `Ledger.forget`, while the run is this process's. LeaseLost."""

        async def held(connection: AsyncConnection) -> None:
            await self.hold_on(connection, claim)

        return await self.base.ledger.forget(noun, member, before, first=held, holding=[lock_named(claim.job)])

    async def _held_change(
        self,
        claim: Claim,
        now: dt.datetime,
        values: Mapping[str, Any],
        *,
        quiet: bool = False,
        beside: Beside | None = None,
    ) -> None:
        async def decide(connection: AsyncConnection) -> list[Change]:
            row = await self.hold_on(connection, claim)
            told = Update(JobRun, claim.id, row["version"], values, event=None if quiet else USUAL)
            return [told, *(await beside(connection, row, now) if beside else ())]

        await self.base.ledger.transact(decide, actor=ACTOR, now=now, cases=[lock_named(claim.job)])

    async def _settled(self, connection: AsyncConnection, row: Mapping[Any, Any], now: dt.datetime) -> list[Change]:
        return await failures.settled(connection, self.base, row, now)

    async def _open_runs(self, connection: AsyncConnection, job: str) -> list[Mapping[Any, Any]]:
        runs = self._runs
        asked = sa.select(runs).where(runs.c.job_id == job, runs.c.state.in_(OPEN)).order_by(runs.c.period)
        return list((await connection.execute(asked)).mappings())

    async def _made(
        self,
        connection: AsyncConnection,
        planned: Planned,
        job: Mapping[Any, Any],
        now: dt.datetime,
        found: list[Claim],
    ) -> list[Change]:
        """The next period's run, which this process holds, and when the job is due after it."""
        first, since = dt.datetime.fromisoformat(job["next_at"]), instant_of(job["planned_until"])
        latest = planned.schedule.latest(now, self.working).astimezone(dt.UTC)
        period = first if planned.each_period else max(first, latest)
        following = planned.schedule.after(period, self.working)
        onward = Update(Job, job["id"], job["version"], {"planned_until": period, "next_at": following})
        runs = self._runs
        asked = sa.select(runs.c.id).where(runs.c.job_id == job["id"], runs.c.period == show_instant(period))
        if (await connection.execute(asked)).first() is not None:
            return [onward]
        id_ = self.base.ledger.new_id(JobRun)
        found.append(Claim(id_, planned.name, period, since, 1))
        values = run_values(job, period, since, RunReason.SCHEDULE) | self._mine(now, 1)
        return [Insert(JobRun, {"id": id_, **values}), onward]

    def _taken(self, run: Mapping[Any, Any], now: dt.datetime) -> Update:
        return Update(JobRun, run["id"], run["version"], self._mine(now, run["attempts"] + 1))

    def _mine(self, now: dt.datetime, attempt: int) -> dict[str, Any]:
        lease = {"claimed_by": self.process, "lease_until": now + self.lease}
        return {"state": RunState.RUNNING, "started_at": now, "ended_at": None, "attempts": attempt, **lease}

    def _held(self, now: dt.datetime) -> Any:
        """Whether a process holds the run. A lease from far ahead was given by a clock that was put back since."""
        lease, state = self._runs.c.lease_until, self._runs.c.state
        near = lease <= show_instant(now + 2 * self.lease)
        return sa.and_(state == RunState.RUNNING.name, lease > show_instant(now), near)

    def _is_held(self, run: Mapping[Any, Any], now: dt.datetime) -> bool:
        until = run["lease_until"]
        near = until is not None and show_instant(now) < until <= show_instant(now + 2 * self.lease)
        return near and run["state"] == RunState.RUNNING.name


def _claim(job: str, run: Mapping[Any, Any]) -> Claim:
    period = dt.datetime.fromisoformat(run["period"])
    return Claim(run["id"], job, period, instant_of(run["since"]), run["attempts"])
