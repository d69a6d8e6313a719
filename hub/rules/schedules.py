"""Schedules: when something is due again, said in words a clerk can change; times are of Asia/Shanghai.

`every 10 minutes`, `every 6 hours`, `daily 00:05`, `working days 09:00`, `monday 08:00`, `monthly 1 08:00`,
`monthly last 18:00`, `quarterly 1 08:00`, `yearly 01-01 00:10`, `monthly 5 08:00 or next working day`.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hub.errors import BadConfiguration
from hub.rules.values import SHANGHAI

WorkingDay = Callable[[dt.date], bool]
"""Whether people work on a day, as the State Council's calendar says it."""

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MOVED = " or next working day"
_LONGEST = 400
"""Days within which every schedule comes again."""
_HOLIDAYS = 15
"""Days that a moved date moves at most: no holiday is longer."""

_EVERY = re.compile(r"every ([1-9][0-9]{0,2}) (minutes|hours)")
_ON = re.compile(
    r"(?P<word>daily|working days|" + "|".join(WEEK) + r"|monthly|quarterly|yearly)"
    r"(?: (?P<day>last|[0-9]{1,2}|[0-9]{2}-[0-9]{2}))? (?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule: every so many minutes of the day, or at a time of the days that it names."""

    text: str
    minutes: int = 0
    word: str = ""
    day: str = ""
    at: dt.time = dt.time()
    moved: bool = False

    def after(self, moment: dt.datetime, working: WorkingDay) -> dt.datetime:
        """The first time strictly after the moment."""
        local = moment.astimezone(SHANGHAI)
        if self.minutes:
            return _floor(local, self.minutes) + dt.timedelta(minutes=self.minutes)
        first = local.date() - dt.timedelta(_HOLIDAYS)
        return next(at for at in self._times(first, 1, working) if at > local)

    def latest(self, moment: dt.datetime, working: WorkingDay) -> dt.datetime:
        """The last time that is not after the moment."""
        local = moment.astimezone(SHANGHAI)
        if self.minutes:
            return _floor(local, self.minutes)
        return next(at for at in self._times(local.date(), -1, working) if at <= local)

    def _times(self, first: dt.date, step: int, working: WorkingDay) -> Iterator[dt.datetime]:
        for number in range(_LONGEST + _HOLIDAYS):
            day = first + dt.timedelta(number * step)
            if self._names(day, working):
                yield dt.datetime.combine(self._moved(day, working), self.at, SHANGHAI)

    def _names(self, day: dt.date, working: WorkingDay) -> bool:
        match self.word:
            case "daily":
                return True
            case "working days":
                return working(day)
            case "monthly":
                return self._is_day(day)
            case "quarterly":
                return day.month % 3 == 1 and self._is_day(day)
            case "yearly":
                return f"{day:%m-%d}" == self.day
        return WEEK[day.weekday()] == self.word

    def _is_day(self, day: dt.date) -> bool:
        return (day + dt.timedelta(1)).day == 1 if self.day == "last" else day.day == int(self.day)

    def _moved(self, day: dt.date, working: WorkingDay) -> dt.date:
        if not self.moved:
            return day
        later = (day + dt.timedelta(number) for number in range(_HOLIDAYS))
        return next((each for each in later if working(each)), day)


def schedule(text: str) -> Schedule:
    """The schedule that a text says; BadConfiguration (HUB-701) for one that says none."""
    every = _EVERY.fullmatch(text)
    if every:
        minutes = int(every[1]) * (60 if every[2] == "hours" else 1)
        _hold(1440 % minutes == 0, f"schedule {text}: a day is no whole number of them")
        return Schedule(text, minutes)
    moved = text.endswith(_MOVED)
    found = _ON.fullmatch(text.removesuffix(_MOVED))
    if found is None:
        raise BadConfiguration(reason=f"schedule {text[:80]!r} is none, say e.g. `daily 00:05` or `working days 09:00`")
    word, day = found["word"], found["day"] or ""
    _hold(_fits(word, day), f"schedule {text}: {word} with such a day does not come every time")
    return Schedule(text, 0, word, day, dt.time(int(found["hour"]), int(found["minute"])), moved)


def weekdays(day: dt.date) -> bool:
    """Working days where no calendar is known: Monday to Friday."""
    return day.weekday() < 5


def _fits(word: str, day: str) -> bool:
    if word in ("monthly", "quarterly"):
        return day == "last" or (day.isdigit() and 1 <= int(day) <= 28)
    if word == "yearly":
        return "-" in day and day != "02-29" and _is_date(f"2025-{day}")
    return not day


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _floor(local: dt.datetime, minutes: int) -> dt.datetime:
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (local - midnight) // dt.timedelta(minutes=minutes) * dt.timedelta(minutes=minutes)


def _hold(condition: bool, reason: str) -> None:
    if not condition:
        raise BadConfiguration(reason=reason)
