"""Days and hours of 2025: when offices are open, when disputes come, where the year ends."""

import calendar
import datetime as dt

from hub.simulation.chance import Chance, Weighted

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
YEAR = 2025
FIRST = dt.datetime(YEAR, 1, 1, tzinfo=SHANGHAI)
HORIZON = dt.datetime(YEAR, 12, 31, 18, 0, tzinfo=SHANGHAI)
"""Nothing later has happened: whoever was to settle in January is still at it."""

MONTHS = Weighted({1: 8.6, 2: 6.2, 3: 8.3, 4: 8.2, 5: 8.4, 6: 8.6, 7: 8.4, 8: 8.5, 9: 8.3, 10: 7.3, 11: 9.3, 12: 9.9})
"""Share of a year's disputes by month: few around the Spring Festival, more when wages fall due."""

_HOURS = Weighted({8: 8, 9: 18, 10: 17, 11: 10, 12: 2, 13: 3, 14: 14, 15: 13, 16: 9, 17: 4, 19: 1, 20: 1})
_LENGTHS = {month: calendar.monthrange(YEAR, month)[1] for month in range(1, 13)}


def coming(chance: Chance) -> dt.datetime:
    """When a dispute comes in: one in twelve on a day off, by telephone or on line."""
    month = chance.pick(MONTHS)
    day = dt.date(YEAR, month, chance.randint(1, _LENGTHS[month]))
    if day.weekday() > 4 and not chance.happens(0.2):
        day = _within(day - dt.timedelta(days=day.weekday() - 4), month)
    return min(at(chance, day), HORIZON)


def at(chance: Chance, day: dt.date) -> dt.datetime:
    """A moment of that day, mostly in office hours."""
    within = dt.timedelta(hours=chance.pick(_HOURS), microseconds=chance.randrange(3_600_000_000))
    return dt.datetime.combine(day, dt.time(0), SHANGHAI) + within


def later(chance: Chance, moment: dt.datetime, days: float) -> dt.datetime:
    """About that many days later, on a working day and never before the moment itself."""
    if days < 1:
        return moment + dt.timedelta(minutes=chance.randint(8, 90), seconds=chance.randrange(60))
    day = moment.date() + dt.timedelta(days=round(days))
    day += dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
    return at(chance, day)


def _within(day: dt.date, month: int) -> dt.date:
    return day if day.month == month else day + dt.timedelta(days=7)
