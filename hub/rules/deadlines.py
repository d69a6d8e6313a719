"""How limits are counted: from what starts them, through pauses and extensions, to the day they fall due (DOMAIN 3).

Day one is the day after the event (Civil Procedure Law art. 85, Civil Code art. 201). A period that ends on a day off
ends on the next working day (art. 85; art. 203). "Immediately" is zero days: due on the day itself.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from hub.errors import BadConfiguration
from hub.rules.calendars import Calendar
from hub.rules.limits import PROMPT
from hub.rules.values import SHANGHAI
from hub.schema.deadlines import DayUnit, LimitRule

MOST_DAYS, MOST_MINUTES = 3660, 1440
"""What is longer is a slip of the pen; minutes of more than a day are days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit as policy says it: of days or of minutes. `basis`, `starts` and `stops` are `中文 · English`.

    `local_default`: no law says it.
    `stops_clock` are grounds of suspension that are not counted; `confirmed_by` who has checked it, and when.
    """

    rule: LimitRule
    days: int = 0
    unit: DayUnit
    minutes: int | None = None
    basis: str
    starts: str
    stops: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    local_default: bool = False
    stops_clock: tuple[str, ...] = ()
    extendable: bool = False
    confirmed_by: str | None = None
    confirmed_on: dt.date | None = None

    @property
    def is_default(self) -> bool:
        """Whether it shows as a local default: its own choice of days, or one that nobody has confirmed."""
        return self.local_default or self.confirmed_on is None

    def holds_on(self, day: dt.date) -> bool:
        return self.valid_from <= day <= (self.valid_to or dt.date.max)


@dataclass(frozen=True, slots=True)
class Count:
    """A running count. `elapsed` days were counted before `counting_since`; `provisional`: by weekends only."""

    days: int
    unit: DayUnit
    started_on: dt.date
    counting_since: dt.date
    due_on: dt.date
    provisional: bool = False
    elapsed: int = 0
    paused_since: dt.date | None = None
    minutes: int | None = None
    due_at: dt.datetime | None = None


def within(minutes: int, at: dt.datetime) -> Count:
    """The count of so many minutes from that moment: it runs around the clock, whatever day it is."""
    due_at = at + dt.timedelta(minutes=minutes)
    begun, due = (moment.astimezone(SHANGHAI).date() for moment in (at, due_at))
    return Count(0, DayUnit.MINUTES, begun, begun, due, minutes=minutes, due_at=due_at)


def start(days: int, unit: DayUnit, on: dt.date, calendar: Calendar) -> Count:
    """The count that an event of that day starts."""
    return _due(Count(days, unit, on, on, on), calendar)


def until(due_on: dt.date, on: dt.date, calendar: Calendar) -> Count:
    """The count of what has a day of its own, begun on that other day; it is not moved for holidays."""
    due = max(due_on, on)
    return Count((due - on).days, DayUnit.CALENDAR, on, on, due, provisional=not calendar.knows(due))


def pause(count: Count, on: dt.date, calendar: Calendar) -> Count:
    """The count stands still: the day of the pause is the last that was counted."""
    return replace(count, elapsed=count.elapsed + _counted(count, on, calendar), paused_since=on)


def resume(count: Count, on: dt.date, calendar: Calendar) -> Count:
    """The count goes on: the day after is the first that is counted again."""
    return _due(replace(count, counting_since=on, paused_since=None), calendar)


def extend(count: Count, days: int, calendar: Calendar) -> Count:
    """The count is longer by so many days; one that stands still goes on standing."""
    longer = replace(count, days=count.days + days)
    return longer if count.paused_since else _due(longer, calendar)


def counted(count: Count, on: dt.date, calendar: Calendar) -> int:
    """How many days have been counted by then; those of pauses are not among them."""
    return count.elapsed if count.paused_since else count.elapsed + _counted(count, on, calendar)


def is_overdue(due_on: dt.date, today: dt.date) -> bool:
    """Whether the last day has passed."""
    return today > due_on


def limit_on(limits: Iterable[Limit], rule: LimitRule, day: dt.date) -> Limit | None:
    """The limit in force on that day, of several the one that began last; None where no policy says one."""
    found = [limit for limit in limits if limit.rule is rule and limit.holds_on(day)]
    return max(found, key=lambda limit: limit.valid_from, default=None)


def check_limits(limits: Sequence[Limit]) -> None:
    """BadConfiguration (HUB-701) naming the row: negative days, no ground, an end before the beginning, an overlap."""
    by_rule: Mapping[LimitRule, list[Limit]] = {limit.rule: [] for limit in limits}
    for limit in limits:
        _check(limit)
        by_rule[limit.rule].append(limit)
    for found in by_rule.values():
        ordered = sorted(found, key=lambda limit: limit.valid_from)
        for one, other in pairwise(ordered):
            if one.holds_on(other.valid_from):
                raise BadConfiguration(reason=f"{_row(other)}: an earlier row of the rule is still valid then")


def _check(limit: Limit) -> None:
    if limit.days < 0:
        raise BadConfiguration(reason=f"{_row(limit)}: days are negative")
    if limit.days > MOST_DAYS:
        raise BadConfiguration(reason=f"{_row(limit)}: days are more than {MOST_DAYS}")
    _check_minutes(limit)
    for name in ("basis", "starts", "stops"):
        chinese, dot, english = getattr(limit, name).partition(" · ")
        if not (chinese.strip() and dot and english.strip()):
            raise BadConfiguration(reason=f"{_row(limit)}: {name} is to be said as `中文 · English`")
    if limit.valid_to is not None and limit.valid_to < limit.valid_from:
        raise BadConfiguration(reason=f"{_row(limit)}: it ends before it begins")
    if (limit.confirmed_by is None) != (limit.confirmed_on is None):
        raise BadConfiguration(reason=f"{_row(limit)}: who confirmed it and when belong together")


def _check_minutes(limit: Limit) -> None:
    if (limit.unit is DayUnit.MINUTES) != (limit.minutes is not None) or (limit.minutes is not None and limit.days):
        raise BadConfiguration(reason=f"{_row(limit)}: it has days and their unit, or minutes")
    if limit.minutes is None:
        return
    if not 1 <= limit.minutes <= MOST_MINUTES:
        raise BadConfiguration(reason=f"{_row(limit)}: minutes are between 1 and {MOST_MINUTES}")
    if limit.rule not in PROMPT or limit.stops_clock or limit.extendable:
        names = ", ".join(rule.name for rule in PROMPT)
        raise BadConfiguration(reason=f"{_row(limit)}: minutes are counted of {names}; they neither stop nor grow")


def _row(limit: Limit) -> str:
    return f"limit {limit.rule.name} from {limit.valid_from}"


def _due(count: Count, calendar: Calendar) -> Count:
    remaining = max(count.days - count.elapsed, 0)
    if count.unit is DayUnit.WORKING and (remaining or not count.days):
        due, unknown = calendar.working_after(count.counting_since, remaining)
    elif count.days == 0:
        due, unknown = count.counting_since, False
    else:
        due, unknown = calendar.first_working(count.counting_since + dt.timedelta(remaining))
    return replace(count, due_on=due, provisional=unknown)


def _counted(count: Count, on: dt.date, calendar: Calendar) -> int:
    if count.unit is DayUnit.WORKING:
        return calendar.working_between(count.counting_since, on)
    return max((on - count.counting_since).days, 0)
