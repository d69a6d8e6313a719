"""The scheduler: looks what is due, claims it in the base and runs it; of many processes each run is one's.

APScheduler wakes it when the next job is due; a heartbeat does for requests, runs whose process died, and clocks that
were put back (which would put off every timer that waits for a time of day).
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from hub.errors import HubError, JobFailed, LeaseLost, NoSuchRow, RunTooLong, Unavailable
from hub.jobs.clocks import WatchedClock
from hub.jobs.contract import Routine, Work
from hub.logs import failure
from hub.procedures.enrolment import Override, Planned
from hub.procedures.freezing import Find
from hub.procedures.jobs import requested
from hub.procedures.roster import Claim, Roster
from hub.procedures.runs import run_of
from hub.rules.values import SHANGHAI
from hub.schema.jobs import Job, RunState

ENROL_SECONDS = 60.0
"""How often the policies are looked at."""

log: Any = structlog.get_logger("hub.jobs")


class Scheduler:
    """Runs the routines over one base. One run of a job at a time; several jobs beside each other."""

    def __init__(
        self, roster: Roster, routines: Mapping[str, Routine], clock: WatchedClock, *, find: Find | None = None
    ) -> None:
        self.roster, self.routines, self.clock = roster, dict(sorted(routines.items())), clock
        self._tools: dict[str, Any] = {} if find is None else {"find": find}
        self._overrides: dict[str, Override] = {}
        self._planned: dict[str, Planned] = {}
        self._enrolled_at: float | None = None
        self._running: dict[str, asyncio.Task[None]] = {}

    async def look(self) -> dt.datetime | None:
        """Begin what is due, without waiting for it; when the next job will be due by its schedule."""
        now = await self._ready()
        if now is None:
            return None
        names, following = await self.roster.due(now)
        for name in names:
            if name in self._planned and name not in self._running:
                self._begin(name)
        return following

    async def run_due(self) -> int:
        """Run what is due until nothing is, one after the other; how many runs that were."""
        now, count = await self._ready(), 0
        while now is not None:
            names, _ = await self.roster.due(now)
            ran = sum([await self._run_next(name) for name in names if name in self._planned])
            if not ran:
                break
            count += ran
        return count

    async def run_one(self, name: str, as_of: dt.datetime, *, actor: str) -> dict[str, Any]:
        """Ask for a job's run and see it through, here or wherever it is taken; its row when it has ended.

        NoSuchRow for a job there is not; Unavailable when it has not ended after the time that an attempt may take.
        """
        now = self.clock()
        await self._enrol(now)
        if name not in self._planned:
            raise NoSuchRow
        id_ = await requested(self.roster.base, f"{Job.declared.prefix}_{name}", as_of, actor=actor, now=now)
        try:
            async with asyncio.timeout(self.routines[name].most_seconds + 2 * self.roster.lease.total_seconds()):
                return await self._seen_through(name, id_)
        except TimeoutError:
            raise Unavailable(reason="run") from None

    async def _seen_through(self, name: str, id_: str) -> dict[str, Any]:
        while True:
            run = await run_of(self.roster.base, id_)
            if run["ended_at"] is not None and run["state"] not in (RunState.REQUESTED.name, RunState.RUNNING.name):
                return run
            if not await self._run_next(name):
                await asyncio.sleep(0.2)

    async def close(self) -> None:
        """End what is running: it is given back for others to take."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=30)

    async def _ready(self) -> dt.datetime | None:
        """The moment, with the jobs' rows up to date; None while the clock is in doubt."""
        now = self.clock.believed()
        if now is None:
            log.warning("clock jumped, waiting until it is even")
            return None
        steady = self.clock.steady()
        if self._enrolled_at is None or steady - self._enrolled_at >= ENROL_SECONDS:
            await self._enrol(now)
            self._enrolled_at = steady
        return now

    async def _enrol(self, now: dt.datetime) -> None:
        said = await self.roster.overrides(now.astimezone(SHANGHAI).date())
        found: dict[str, Planned] = {}
        for name, routine in self.routines.items():
            override = said.get(name, Override())
            try:
                routine.chosen(name, override)
                found[name] = routine.planned(name, override)
            except HubError as error:
                # Another version's option: the job goes on as it is without it.
                log.warning("job's policy does not fit", job=name, error=error.code)
                said[name] = Override(paused=override.paused)
                found[name] = routine.planned(name, said[name])
        self._overrides, self._planned = said, found
        await self.roster.enrol(list(found.values()), now)

    def _begin(self, name: str) -> None:
        task = asyncio.create_task(self._drain(name))
        self._running[name] = task
        task.add_done_callback(lambda _: self._running.pop(name, None))

    async def _drain(self, name: str) -> None:
        try:
            while await self._run_next(name):
                pass
        except HubError as error:
            log.warning("job not run", job=name, error=error.code)

    async def _run_next(self, name: str) -> int:
        """Run the job's next run, if there is one to claim: 1, otherwise 0."""
        claim = await self.roster.claim(self._planned[name], self.clock())
        if claim is None:
            return 0
        log.info("job begins", job=name, period=claim.period.isoformat(), attempt=claim.attempt)
        try:
            await self._attempt(claim)
        except LeaseLost:
            log.warning("job taken over by another process", job=name, period=claim.period.isoformat())
        return 1

    async def _attempt(self, claim: Claim) -> None:
        routine = self.routines[claim.job]
        try:
            outcome = await self._leased(claim, routine)
        except LeaseLost:
            raise
        except asyncio.CancelledError:
            await self.roster.give_back(claim, self.clock())
            raise
        except Exception as error:  # noqa: BLE001 - whatever a job fails with is recorded, and tried again
            await self._failed(claim, routine, error)
        else:
            await self.roster.done(claim, outcome, self.clock())
            log.info("job done", job=claim.job, period=claim.period.isoformat(), **outcome)

    async def _failed(self, claim: Claim, routine: Routine, error: Exception) -> None:
        code = error.code if isinstance(error, HubError) else JobFailed.code
        now = self.clock()
        again = routine.retry_at(claim.attempt, now)
        log.error("job failed", job=claim.job, period=claim.period.isoformat(), error=code, failure=failure(error))
        await self.roster.failed(claim, code, now, retry_at=again)

    async def _leased(self, claim: Claim, routine: Routine) -> Mapping[str, int]:
        """What the body comes to, while the lease is renewed. LeaseLost, RunTooLong, whatever the body raises."""
        options = routine.chosen(claim.job, self._overrides.get(claim.job, Override()))
        work = asyncio.ensure_future(routine.body(Work(claim, self.clock(), self.roster, **self._tools), options))
        renewing = asyncio.create_task(self._renew(claim))
        try:
            await asyncio.wait({work, renewing}, timeout=routine.most_seconds, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            if renewing.done():
                renewing.result()
            raise RunTooLong(limit=f"{routine.most_seconds:g}")
        finally:
            work.cancel()
            renewing.cancel()
            await asyncio.gather(work, renewing, return_exceptions=True)

    async def _renew(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self.roster.lease.total_seconds() / 3)
            try:
                await self.roster.renew(claim, self.clock())
            except LeaseLost:
                raise
            except HubError as error:
                # The base may be back before the lease is over.
                log.warning("lease not renewed", job=claim.job, error=error.code)


@asynccontextmanager
async def scheduling(scheduler: Scheduler, poll_seconds: float) -> AsyncIterator[None]:
    """Meanwhile what is due is run."""
    timers = AsyncIOScheduler(timezone=SHANGHAI)
    timers.start()
    woken = asyncio.Event()
    beating = asyncio.create_task(_beat(scheduler, poll_seconds, woken, _alarm(timers, woken.set)))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        timers.shutdown(wait=False)
        await scheduler.close()


def _alarm(timers: AsyncIOScheduler, ring: Callable[[], None]) -> Callable[[dt.datetime], None]:
    async def rung() -> None:
        ring()

    def set_at(moment: dt.datetime) -> None:
        timers.add_job(rung, "date", run_date=moment, id="next", replace_existing=True, misfire_grace_time=None)

    return set_at


async def _beat(
    scheduler: Scheduler, poll_seconds: float, woken: asyncio.Event, set_at: Callable[[dt.datetime], None]
) -> None:
    while True:
        woken.clear()
        try:
            following = await scheduler.look()
        except (HubError, OSError) as error:
            following = None
            log.warning("jobs not looked at", error=getattr(error, "code", type(error).__name__))
        if following is not None:
            set_at(following)
        try:
            async with asyncio.timeout(poll_seconds):
                await woken.wait()
        except TimeoutError:
            continue
