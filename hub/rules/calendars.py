"""The working-day calendar: the State Council's holidays and make-up days, year by year; beyond them weekends only."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.errors import BadConfiguration

MOST_HOLIDAYS = 60
"""The State Council gives some thirty, weekends among them; a year of many more is a slip."""

_DAY = dt.timedelta(1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Year:
    """One year's notice: statutory holidays, and weekend days that are worked instead."""

    holidays: frozenset[dt.date]
    make_up_days: frozenset[dt.date]
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The years that are known, without a gap. Without any, weekends are all that is known."""

    years: Mapping[int, Year] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """BadConfiguration (HUB-701) for a gap, a day outside its year, or a day that is both or no weekend."""
        known = sorted(self.years)
        for number in range(known[0], known[-1]) if known else ():
            if number not in self.years:
                raise BadConfiguration(reason=f"calendar: {number} is missing between {known[0]} and {known[-1]}")
        for number, year in self.years.items():
            _check(number, year)

    def knows(self, day: dt.date) -> bool:
        """Whether the day's year was published; if not, it is counted by weekends only."""
        return day.year in self.years

    def works(self, day: dt.date) -> bool:
        """Whether the day is a working day."""
        year = self.years.get(day.year)
        if year is None:
            return day.weekday() < _SATURDAY
        return day in year.make_up_days or (day.weekday() < _SATURDAY and day not in year.holidays)

    def working_after(self, day: dt.date, count: int) -> tuple[dt.date, bool]:
        """The day that is so many working days after it (0: itself), and whether any day passed was unknown."""
        unknown = False
        while count > 0:
            day += _DAY
            unknown = unknown or not self.knows(day)
            count -= self.works(day)
        return day, unknown

    def first_working(self, day: dt.date) -> tuple[dt.date, bool]:
        """The day itself or, if it is a day off, the next that is none (Civil Procedure Law art. 85)."""
        unknown = not self.knows(day)
        while not self.works(day):
            day += _DAY
            unknown = unknown or not self.knows(day)
        return day, unknown

    def working_between(self, after: dt.date, until: dt.date) -> int:
        """Working days later than `after` and not later than `until`."""
        return sum(self.works(after + dt.timedelta(number)) for number in range(1, (until - after).days + 1))


def _check(number: int, year: Year) -> None:
    if len(year.holidays) > MOST_HOLIDAYS:
        raise BadConfiguration(reason=f"calendar {number}: {len(year.holidays)} holidays are more than {MOST_HOLIDAYS}")
    for day in sorted(year.holidays | year.make_up_days):
        if day.year != number:
            raise BadConfiguration(reason=f"calendar {number}: {day} is a day of another year")
    for day in sorted(year.make_up_days):
        if day in year.holidays:
            raise BadConfiguration(reason=f"calendar {number}: {day} is said to be off and worked")
        if day.weekday() < _SATURDAY:
            raise BadConfiguration(reason=f"calendar {number}: {day} is no weekend day, it is worked anyway")
