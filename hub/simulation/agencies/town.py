"""A town that goes on: its calendar, and the agencies that drop their files into a folder day after day."""

import asyncio
import datetime as dt
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import structlog

from hub.errors import BadConfiguration
from hub.simulation.agencies.agenda import Agenda
from hub.simulation.agencies.files import File
from hub.simulation.agencies.supply import START
from hub.simulation.days import SHANGHAI

_A_DAY = dt.timedelta(days=1)
_OFFICES_CLOSE = dt.time(18)
_MOST_GROWN = 600
_MOST_TOLD, _USUALLY_TOLD = 10_000, 5_000
_CASES_OF_DISPUTES = 1.18
"""A dispute that nobody can recognise in two systems is two cases."""

log: Any = structlog.get_logger("hub.simulation")


@dataclass(slots=True)
class Calendar:
    """The day whose files are there, kept in a file.

    `cases` is the size that the town began with; `loaded` says whether its first year is there, `begun` whether
    the file was; by `base` the demo's base knows it again.
    """

    file: Path
    cases: int
    day: dt.date = START
    loaded: bool = False
    base: str = field(default_factory=lambda: secrets.token_hex(8))
    begun: bool = False

    @classmethod
    def read(cls, file: Path, cases: int) -> "Calendar":
        """As it was kept, else at its beginning. BadConfiguration (HUB-701) for what it cannot have written."""
        if not file.exists():
            return cls(file, cases)
        try:
            facts = orjson.loads(file.read_bytes())
            day, owner = dt.date.fromisoformat(facts["day"]), str(facts.get("base", ""))
            return cls(file, int(facts["cases"]), day, bool(facts["loaded"]), owner, begun=True)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise BadConfiguration(reason=f"{file.name} is not what the demo wrote") from None

    @property
    def next(self) -> dt.date:
        """The day whose files come next."""
        return self.day + _A_DAY

    @property
    def grown(self) -> int:
        """How many cases are grown with their whole course before the year begins."""
        return min(self.cases, max(100, self.cases // 8), _MOST_GROWN)

    @property
    def crowd(self) -> int:
        """How many cases are grown in bulk when the year is there: so many files would take hours."""
        return self.cases - _USUALLY_TOLD if self.cases > _MOST_TOLD else 0

    @property
    def told(self) -> int:
        """How many disputes a year files tell of, for the others."""
        return round((self.cases - self.crowd - self.grown) / _CASES_OF_DISPUTES)

    def now(self) -> dt.datetime:
        """The evening of the day."""
        return dt.datetime.combine(self.day, _OFFICES_CLOSE, SHANGHAI)

    def keep(self) -> None:
        """Write it, whole or not at all."""
        new = self.file.with_suffix(".new")
        facts = {"cases": self.cases, "day": self.day.isoformat(), "loaded": self.loaded, "base": self.base}
        new.write_bytes(orjson.dumps(facts))
        new.replace(self.file)


@dataclass(slots=True)
class Town:
    """Agencies, the folder they send to, and their calendar; `say` hears what they send."""

    agenda: Agenda
    calendar: Calendar
    folder: Path
    say: Callable[[str], None]

    async def year(
        self,
        look: Callable[[], Awaitable[int]],
        told: Callable[[int, int, int], None],
        between: Callable[[dt.date], Awaitable[None]],
    ) -> None:
        """Let the first year arrive file by file; `look` takes in what lies in the folder and says how many it was.

        `told` hears of days done, of how many, and of rows; `between` two deliveries its days pass until the given one.
        """
        spans, taken, rows, done = self.agenda.spans, 0, 0, 0
        of = sum(map(len, spans))
        told(done, of, rows)
        for days in spans:
            if done:
                await between(days[-1])
            self.calendar.day = days[-1]
            files = await asyncio.to_thread(self.agenda.of_span, days)
            for number, file in enumerate(files, 1):
                await asyncio.to_thread(file.write, self.folder)
                taken, rows = taken + await look(), rows + len(file.rows)
                told(done + len(days) * number // len(files), of, rows)
            done += len(days)
        self.say(f"{taken} files of the year 2025: {rows} rows taken in")

    @asynccontextmanager
    async def going_on(self, rate: float) -> AsyncIterator[None]:
        """Meanwhile a day passes every `rate` seconds; none at 0."""
        if not rate:
            yield
            return
        task = asyncio.create_task(self._days(rate))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=30)

    async def _days(self, rate: float) -> None:
        try:
            for days in self.agenda.behind(self.calendar.next):
                await asyncio.to_thread(self.agenda.of_span if len(days) > 1 else self._again, days)
            while True:
                await asyncio.sleep(rate)
                # A day waits until the files of the one before are taken in.
                if not await asyncio.to_thread(self._lying):
                    await self._day(self.calendar.next)
        except OSError as error:
            log.warning("no more files", error=type(error).__name__)

    def _again(self, days: list[dt.date]) -> list[File]:
        return self.agenda.of_day(days[0])

    async def _day(self, day: dt.date) -> None:
        files = await asyncio.to_thread(self.agenda.of_day, day)
        self.calendar.day = day
        await asyncio.to_thread(self._drop, files)
        self.say(f"{day}: {len(files)} files, {sum(len(file.rows) for file in files)} rows")

    def _drop(self, files: list[File]) -> None:
        for file in files:
            file.write(self.folder)
        self.calendar.keep()

    def _lying(self) -> bool:
        return any(self.folder.glob("*.ok"))
