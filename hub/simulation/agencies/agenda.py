"""What agencies send when: the year 2025 gathered into a few deliveries, then each day by itself, without end."""

import datetime as dt
from collections.abc import Iterator
from itertools import groupby

from hub.simulation.agencies.files import File
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.agencies.supply import START, Supply
from hub.simulation.municipality import SEED
from hub.simulation.seeds import Seeds

FIRST_DAY = dt.date(2025, 12, 31)
"""The first day whose files come by themselves."""

_REGISTER = "justice-register"
_BY_MONTH = 10_000
"""From so many disputes a year on, deliveries of half a year would be too large to be kept in memory."""


class Agenda:
    """The same files for the same seeds and number of disputes a year, also when it is begun again."""

    def __init__(self, seeds: Seeds, *, disputes: int, seed: int = SEED) -> None:
        self._supply = Supply(seeds, seed=seed, disputes=disputes, quirks=Quirks())
        self._next = START

    @property
    def spans(self) -> list[list[dt.date]]:
        """The days before the first one, in half-years or months."""
        months = 1 if self._supply.disputes >= _BY_MONTH else 6
        days = (START + dt.timedelta(days=number) for number in range((FIRST_DAY - START).days))
        return [list(span) for _, span in groupby(days, lambda day: (day.month - 1) // months)]

    def of_span(self, days: list[dt.date]) -> list[File]:
        """What comes at the end of a span. The register is left out: it is there before the year begins."""
        self._next = days[-1] + dt.timedelta(days=1)
        return [file for file in self._supply.of_span(days) if file.record != _REGISTER]

    def of_day(self, day: dt.date) -> list[File]:
        """What comes on a day, which follows the last one that was asked for."""
        self._next = day + dt.timedelta(days=1)
        return list(self._supply.of_day(day))

    def behind(self, day: dt.date) -> Iterator[list[dt.date]]:
        """What has to be asked for again, in order, for the day to be the next: spans, then days."""
        if self._next == START:
            yield from self.spans
        while self._next < day:
            yield [self._next]
