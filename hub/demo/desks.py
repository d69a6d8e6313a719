"""The demo's officials: what they do goes the way of every mutation, and limits run out as the demo's days pass."""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from hub.errors import HubError
from hub.logs import failure
from hub.procedures.configuration import Base
from hub.procedures.doing import Doing, Request
from hub.procedures.packs import plan_meetings
from hub.procedures.rounds import miss_reports, open_rounds
from hub.procedures.sweeps import sweep_all, sweep_of
from hub.procedures.watching import supervise
from hub.simulation.agencies.town import Calendar
from hub.simulation.analysts import Analysts
from hub.simulation.delegations import Delegations
from hub.simulation.investigators import Investigators
from hub.simulation.municipality import SEED
from hub.simulation.officials import A_CASE, Do, Officials
from hub.simulation.posts import Errand
from hub.simulation.seeds import Seeds

BEFORE = 240
"""Deeds at most before the demo listens, about those of 25 cases from registration to closing."""

_SECONDS_BEFORE = 10.0
_PAUSE_SECONDS, _SHORTEST_SECONDS = 0.4, 0.05
_OF_A_DAY = 25
_RECENT, _OPEN = dt.timedelta(days=90), 40
"""How many of the newest open cases are taken up when the demo begins to listen."""

log = structlog.get_logger("hub.demo")


@dataclass(frozen=True, slots=True)
class Desks:
    """Officials over the base, in the town of the calendar."""

    base: Base
    doing: Doing
    calendar: Calendar
    seeds: Seeds
    seed: int = SEED

    @property
    def do(self) -> Do:
        """As a mutation does it: with permission, version, receipt and guards."""

        async def done(errand: Errand) -> None:
            payload = f"{errand.row} {errand.version} {sorted(errand.inputs.items())}"
            request = Request(errand.row, errand.version, errand.key, errand.inputs, payload)
            await self.doing(errand.verb, request, errand.who)

        return done

    async def sweep(self) -> None:
        """What time has brought about by the calendar's day."""
        try:
            sweep = sweep_of(self.base, self.doing.seal, self.calendar.now())
            await sweep_all(sweep)
            await supervise(sweep)
        except HubError as error:
            log.warning("limits were not looked at", code=error.code)

    async def rounds(self) -> None:
        """Campaigns that have begun and the meetings of the periods that run; what was missed is found missed."""
        try:
            sweep = sweep_of(self.base, self.doing.seal, self.calendar.now())
            await miss_reports(sweep)
            await open_rounds(sweep)
            await plan_meetings(sweep)
        except HubError as error:
            log.warning("rounds were not begun", code=error.code)

    async def _of_rounds(self, day: dt.date, most: int) -> list[Errand]:
        """What those do who investigate and who hold meetings: as much of it as there is time for."""
        found: list[Errand] = []
        for people in (Analysts(self.base, self.seed), Investigators(self.base, self.seed)):
            async for errand in people.of_day(day):
                if len(found) >= most:
                    break
                found.append(errand)
        return found

    async def until(self, last: dt.date, most: int) -> Officials:
        """Let the days up to that one pass, with at most so many deeds, spread over them, and not for too long."""
        first, ends = self.calendar.day, time.monotonic() + _SECONDS_BEFORE
        days = max(1, (last - first).days)
        officials = Officials(self.base, self.do, self.seed)
        officials.share = await officials.begin(first, spread=days // 2, most=max(1, most // A_CASE))
        while self.calendar.day < last and time.monotonic() < ends:
            self.calendar.day += dt.timedelta(days=1)
            await officials.turn(self.calendar.day)
            while officials.done < most and time.monotonic() < ends and await officials.step():
                pass
            if self.calendar.day.day in (1, 15) or self.calendar.day == last:
                await self.sweep()
        self.calendar.day = max(self.calendar.day, last)
        return officials

    @asynccontextmanager
    async def at_work(self, rate: float) -> AsyncIterator[None]:
        """Meanwhile the officials do their deeds, a few a second at most; none where no day passes."""
        if not rate:
            yield
            return
        task = asyncio.create_task(self._work(rate))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=30)

    async def _work(self, rate: float) -> None:
        pause = min(_PAUSE_SECONDS, max(_SHORTEST_SECONDS, rate / _OF_A_DAY))
        a_day = rate / pause
        # Half of a day is for what files bring, a quarter for courts' delegations, the rest for what was begun before.
        share = min(1.0, a_day / 2 / A_CASE / max(1.0, self.calendar.cases / 365))
        fresh = Delegations(self.seeds, self.seed, a_day=a_day / 4 / A_CASE)
        officials, day = Officials(self.base, self.do, self.seed, share=share, fresh=fresh), None
        while True:
            try:
                if day is None:
                    await officials.begin(self.calendar.day, since=self.calendar.day - _RECENT, spread=3, most=_OPEN)
                if day != self.calendar.day:
                    day = self.calendar.day
                    await self.sweep()
                    await self.rounds()
                    await officials.turn(day)
                    officials.take(await self._of_rounds(day, round(a_day / 4)))
                await officials.step()
            except HubError as error:
                log.warning("officials wait", code=error.code)
            except Exception as error:  # noqa: BLE001 - the demo goes on without a deed
                told = {"code": HubError.code, "failure": failure(error)}
                log.error("officials failed", **told)  # noqa: TRY400 - never its text
            await asyncio.sleep(pause)
