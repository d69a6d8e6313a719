"""Runs of jobs: one row for each job and period decides which process runs it, for how long, and what became of it.

A job's rows are looked at and changed under one lock of its name. A run that is DONE is never run again; one whose
process died is taken over when its lease is over; what its process still writes afterwards is refused (`hold_on`).
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import RUN
from hub.errors import AsOfOutOfRange, LeaseLost, NoSuchRow, RunDone
from hub.procedures.configuration import Base
from hub.procedures.deeds import Deed, verb
from hub.procedures.rows import JOB
from hub.procedures.timing import read_timing
from hub.rules.schedules import Schedule, WorkingDay
from hub.schema.declare import Entity
from hub.schema.jobs import Job, JobRun, RunReason, RunState, Tally
from hub.schema.scalars import show_instant
from hub.schema.verbs import Id
from hub.settings import fit
from hub.store.base import faults
from hub.store.ledger import Change, Insert, Update

ACTOR = "system"
OLDEST = dt.timedelta(days=366)
"""How far back a run can be asked for: older rows may have been removed, and nothing is run twice."""

_OPEN = (RunState.REQUESTED.name, RunState.RUNNING.name, RunState.RETRYING.name)
_ENROLMENT = "jobs"


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


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this process holds: as of `period`, covering what lies after `since`, tried the so-many-th time."""

    id: str
    job: str
    period: dt.datetime
    since: dt.datetime | None
    attempt: int


async def read_overrides(connection: AsyncConnection, policies: sa.Table, today: dt.date) -> dict[str, Override]:
    """What policy rows in force say of jobs, by name; BadConfiguration where a row is not ours."""
    begun = sa.or_(policies.c.valid_from.is_(None), policies.c.valid_from <= today)
    lasting = sa.or_(policies.c.valid_to.is_(None), policies.c.valid_to >= today)
    asked = sa.select(policies.c.name, policies.c.body).where(policies.c.kind == JOB, begun, lasting)
    found = await connection.execute(asked)
    return {name: fit(Override, _without_nulls(orjson.loads(body)), f"job {name}") for name, body in found}


class Roster:
    """The rows of jobs and runs, as one process of the hub deals with them."""

    def __init__(self, base: Base, *, process: str, lease: dt.timedelta, working: WorkingDay) -> None:
        self.base, self.process, self.lease, self.working = base, process, lease, working
        self._jobs, self._runs = (_table(base, noun) for noun in (Job, JobRun))

    async def enrol(self, planned: Sequence[Planned], now: dt.datetime) -> None:
        """Bring the rows of jobs up to what this version and the policies say; nothing is written where they are.

        A job is due first after it was enrolled; with another schedule it goes on from where the old one was.
        """

        async def decide(connection: AsyncConnection) -> list[Change]:
            asked = sa.select(self._jobs)
            stored = {row["id"]: row for row in (await connection.execute(asked)).mappings()}
            city = await _city(connection, self.base)
            changes = [change for each in planned for change in self._enrolled(each, stored, city, now)]
            named = {_id(each.name) for each in planned}
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
        free = (runs.c.state.in_(_OPEN), sa.not_(self._held(now)), _not_waiting(runs, at))
        waiting = sa.select(runs.c.job_id).where(*free)
        asked = sa.select(jobs.c.name).where(sa.or_(timely, jobs.c.id.in_(waiting))).order_by(jobs.c.name)
        coming = sa.select(sa.func.min(jobs.c.next_at)).where(jobs.c.next_at > at)
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                names = list((await connection.execute(asked)).scalars())
                following = (await connection.execute(coming)).scalar()
        return names, _instant(following)

    async def claim(self, planned: Planned, now: dt.datetime) -> Claim | None:
        """The job's next run, held by this process from now on; None where there is none, or another holds one."""
        found: list[Claim] = []

        async def decide(connection: AsyncConnection) -> Sequence[Change]:
            found.clear()
            asked = sa.select(self._jobs).where(self._jobs.c.id == _id(planned.name))
            job = (await connection.execute(asked)).mappings().first()
            if job is None or job["retired"]:
                return []
            runs = await self._open_runs(connection, job["id"])
            if any(self._is_held(run, now) for run in runs):
                return []
            run, blocked = _first(runs, now, paused=job["paused"])
            if run is not None:
                change = self._taken(run, now)
                found.append(_claim(planned.name, {**run, "attempts": run["attempts"] + 1}))
                return [change]
            if blocked or job["paused"] or job["next_at"] is None or job["next_at"] > show_instant(now):
                return []
            return await self._made(connection, planned, job, now, found)

        await self.base.ledger.transact(decide, actor=ACTOR, now=now, cases=[_lock(planned.name)])
        return found[0] if found else None

    async def renew(self, claim: Claim, now: dt.datetime) -> None:
        """Keep the run for another lease; LeaseLost (HUB-731) when it is no longer this process's."""
        await self._held_change(claim, now, {"lease_until": now + self.lease}, quiet=True)

    async def done(self, claim: Claim, outcome: Mapping[str, int], now: dt.datetime) -> None:
        """The run came to this; it is never run again. LeaseLost."""
        tallies = [Tally(name, str(count)) for name, count in outcome.items()]
        values = {"state": RunState.DONE, "ended_at": now, "outcome": tallies, "error": None, "retry_at": None}
        await self._held_change(claim, now, values | {"lease_until": None})

    async def failed(self, claim: Claim, error: str, now: dt.datetime, *, retry_at: dt.datetime | None) -> None:
        """The attempt ended with an error; it is tried again at `retry_at`, or not at all. LeaseLost."""
        state = RunState.FAILED if retry_at is None else RunState.RETRYING
        values = {"state": state, "ended_at": now, "error": error, "retry_at": retry_at, "lease_until": None}
        await self._held_change(claim, now, values)

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

        locks = [*cases, _lock(claim.job)]
        return len(await self.base.ledger.transact(held, actor=ACTOR, now=now, cases=locks))

    async def forget(self, claim: Claim, noun: type[Entity], member: str, before: dt.datetime) -> int:
        """As `Ledger.forget`, while the run is this process's. LeaseLost."""

        async def held(connection: AsyncConnection) -> None:
            await self.hold_on(connection, claim)

        return await self.base.ledger.forget(noun, member, before, first=held, holding=[_lock(claim.job)])

    async def _held_change(
        self, claim: Claim, now: dt.datetime, values: Mapping[str, Any], *, quiet: bool = False
    ) -> None:
        async def decide(connection: AsyncConnection) -> list[Change]:
            row = await self.hold_on(connection, claim)
            version = row["version"]
            told = Update(JobRun, claim.id, version, values)
            return [Update(JobRun, claim.id, version, values, event=None) if quiet else told]

        await self.base.ledger.transact(decide, actor=ACTOR, now=now, cases=[_lock(claim.job)])

    def _enrolled(
        self, planned: Planned, stored: Mapping[str, Mapping[Any, Any]], city: str | None, now: dt.datetime
    ) -> list[Change]:
        row = stored.get(_id(planned.name))
        begun = now if row is None else dt.datetime.fromisoformat(row["planned_until"])
        following = None if planned.paused else planned.schedule.after(begun, self.working).astimezone(dt.UTC)
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
        same = {**row, "region": row["region_id"], "next_at": _instant(row["next_at"])}
        changed = {name: value for name, value in values.items() if same[name] != value}
        return [Update(Job, row["id"], row["version"], changed)] if changed else []

    async def _open_runs(self, connection: AsyncConnection, job: str) -> list[Mapping[Any, Any]]:
        runs = self._runs
        asked = sa.select(runs).where(runs.c.job_id == job, runs.c.state.in_(_OPEN)).order_by(runs.c.period)
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
        first, since = dt.datetime.fromisoformat(job["next_at"]), _instant(job["planned_until"])
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
        values = _run(job, period, since, RunReason.SCHEDULE) | self._mine(now, 1)
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


@verb(
    "运行作业：按所给时点，由空闲进程执行 · Run a job as of a moment; the next free process takes it",
    gives=(Job, JobRun),
    permission=RUN,
)
async def run_job(
    deed: Deed,
    *,
    job: Annotated[Id[Job], "作业 · Job"],
    as_of: Annotated[dt.datetime, "期次 · The moment as of which it runs"],
) -> None:
    """NoSuchRow (HUB-702), AsOfOutOfRange (HUB-732), RunDone (HUB-733). What is under way is given back as it is."""
    await deed.row(Job, job)
    await deed.hold(lock_of(job))
    id_, change = await request_run(deed.connection, deed.base, job, as_of, now=deed.now)
    if isinstance(change, Insert):
        deed.insert(JobRun, **change.values)
    elif change is not None:
        deed.draft.update(JobRun, id_, change.expected_version, change.values)
    deed.give(job)
    deed.give(id_)


async def request_run(
    connection: AsyncConnection, base: Base, job: str, as_of: dt.datetime, *, now: dt.datetime
) -> tuple[str, Change | None]:
    """The run of the job as of a moment, and the change that asks for it; None where it is under way already.

    The lock of the job (`lock_of`) is held by the caller. NoSuchRow (HUB-702) for a job there is not, AsOfOutOfRange
    (HUB-732) for a moment to come or one more than a year back, RunDone (HUB-733) where it was run.
    """
    jobs, runs = _table(base, Job), _table(base, JobRun)
    row = (await connection.execute(sa.select(jobs).where(jobs.c.id == job))).mappings().first()
    if row is None or row["retired"]:
        raise NoSuchRow
    if not now - OLDEST <= as_of <= now:
        raise AsOfOutOfRange(limit=OLDEST.days)
    asked = sa.select(runs).where(runs.c.job_id == job, runs.c.period == show_instant(as_of))
    run = (await connection.execute(asked)).mappings().first()
    if run is None:
        id_ = base.ledger.new_id(JobRun)
        values = {"id": id_, **_run(row, as_of, None, RunReason.REQUEST), "state": RunState.REQUESTED, "attempts": 0}
        return id_, Insert(JobRun, values)
    match RunState[run["state"]]:
        case RunState.DONE:
            raise RunDone
        case RunState.REQUESTED | RunState.RUNNING:
            return run["id"], None
    values = {"state": RunState.REQUESTED, "attempts": 0, "retry_at": None}
    return run["id"], Update(JobRun, run["id"], run["version"], values)


async def requested(base: Base, job: str, as_of: dt.datetime, *, actor: str, now: dt.datetime) -> str:
    """Ask for the run of a job as of a moment, as a deed of its own; the run's id. Refused as `request_run`."""
    found: list[str] = []

    async def decide(connection: AsyncConnection) -> list[Change]:
        id_, change = await request_run(connection, base, job, as_of, now=now)
        found[:] = [id_]
        return [] if change is None else [change]

    await base.ledger.transact(decide, actor=actor, now=now, cases=[lock_of(job)])
    return found[0]


async def standing(base: Base) -> list[dict[str, Any]]:
    """Every job with its last run, by name."""
    jobs, runs = _table(base, Job), _table(base, JobRun)
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
    runs = _table(base, JobRun)
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            return dict((await connection.execute(sa.select(runs).where(runs.c.id == id_))).mappings().one())


def lock_of(job: str) -> str:
    """The name under which a job's rows are held, by the job's id."""
    return _lock(job.partition("_")[2])


def _first(runs: list[Mapping[Any, Any]], now: dt.datetime, *, paused: bool) -> tuple[Mapping[Any, Any] | None, bool]:
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


def _not_waiting(runs: sa.Table, at: str) -> Any:
    return sa.or_(runs.c.state != RunState.RETRYING.name, runs.c.retry_at.is_(None), runs.c.retry_at <= at)


def _run(job: Mapping[Any, Any], period: dt.datetime, since: dt.datetime | None, reason: RunReason) -> dict[str, Any]:
    values = {"job": job["id"], "region": job["region_id"], "period": period, "since": since, "reason": reason}
    nothing = ("claimed_by", "lease_until", "started_at", "ended_at", "retry_at", "error")
    return dict.fromkeys(nothing) | values | {"outcome": []}


def _claim(job: str, run: Mapping[Any, Any]) -> Claim:
    period = dt.datetime.fromisoformat(run["period"])
    return Claim(run["id"], job, period, _instant(run["since"]), run["attempts"])


async def _city(connection: AsyncConnection, base: Base) -> str | None:
    regions = base.metadata.tables["regions"]
    asked = sa.select(regions.c.id).where(regions.c.level == "CITY").order_by(regions.c.code).limit(1)
    found: str | None = (await connection.execute(asked)).scalar()
    return found


def _instant(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def _id(name: str) -> str:
    return f"{Job.declared.prefix}_{name}"


def _lock(name: str) -> str:
    return f"job {name}"


def _table(base: Base, noun: type[Entity]) -> sa.Table:
    return base.metadata.tables[noun.declared.plural]


def _without_nulls(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
