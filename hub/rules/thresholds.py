"""When something is supervised, at which level, to whom, and by when it must be answered: policy rows (DOMAIN 2.6).

A row with `rules` holds for these limits instead of the rows without: of each trigger a limit follows either.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from hub.errors import BadConfiguration
from hub.rules.calendars import Calendar
from hub.rules.limits import WINDOWS
from hub.schema.deadlines import LimitRule
from hub.schema.supervision import AlertLevel, Trigger

LEVELS = tuple(AlertLevel)
"""The levels, each worse than the one before."""

MOST_UNKNOWN = AlertLevel.YELLOW
"""Above this no alert goes whose day is counted beyond the known calendar."""

POSTS = frozenset({"HANDLER", "ORG_HEAD", "DISPATCH", "DISTRICT_LEAD", "SUPERVISOR", "ADMIN"})
"""Whom an alert can be addressed to."""

OF_LIMITS = frozenset({Trigger.DUE_SOON, Trigger.OVERDUE})
_MOST_DAYS = 3660
_DAY = dt.timedelta(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A row of the policy: what brings an alert to a level. Days are working days.

    `days`: before the limit is due (DUE_SOON; a limit of no more than `least` days has no notice), or after it
    (OVERDUE; 0: the day after, or as soon as its minutes have passed). `count`: how often bodies rejected. `reply`:
    days to answer in, `next`: days until the next level when nothing was done. `to`: posts that are addressed.
    """

    trigger: Trigger
    level: AlertLevel
    basis: str
    to: tuple[str, ...]
    valid_from: dt.date
    valid_to: dt.date | None = None
    rules: tuple[LimitRule, ...] = ()
    days: int = 0
    least: int = 0
    count: int = 0
    reply: int | None = None
    next: int | None = None
    local_default: bool = False

    def holds_on(self, day: dt.date) -> bool:
        return self.valid_from <= day <= (self.valid_to or dt.date.max)


@dataclass(frozen=True, slots=True)
class Cut:
    """Limits that are due on this day or before it are at the level of the row."""

    on: dt.date
    row: Threshold


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Limits that are supervised alike, and their cuts, the worst level first, and of a level what is late."""

    rules: tuple[LimitRule, ...]
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Supervision:
    """The policy in force on a day."""

    rows: tuple[Threshold, ...]
    calendar: Calendar

    def of(self, trigger: Trigger) -> Threshold | None:
        """The row of what is no limit; None where it is not supervised."""
        return next((row for row in self.rows if row.trigger is trigger), None)

    def at(self, rule: LimitRule | None, level: AlertLevel) -> Threshold | None:
        """The row that says who is addressed at a level that an alert has come to."""
        own = [row for row in self._of_limit(rule) if row.level is level] if rule else []
        others = [row for row in self.rows if row.level is level and not row.rules]
        return next(iter([*own, *others]), None)

    def waited(self, today: dt.date) -> dict[AlertLevel, dt.date]:
        """The day since which what is no limit has been at its level long enough to come to the next."""
        rows = [row for row in self.rows if row.trigger not in OF_LIMITS and row.next is not None]
        return {row.level: self._back(today, row.next or 0) for row in rows}

    def sets(self, today: dt.date) -> list[RuleSet]:
        """The limits by how they are supervised."""
        found: dict[tuple[Threshold, ...], list[LimitRule]] = {}
        for rule in LimitRule:
            found.setdefault(tuple(self._of_limit(rule)), []).append(rule)
        return [RuleSet(tuple(rules), self._cuts(rows, today)) for rows, rules in found.items() if rows]

    def unwatched(self) -> list[LimitRule]:
        """The limits that no row watches."""
        return [rule for rule in LimitRule if not self._of_limit(rule)]

    def _of_limit(self, rule: LimitRule) -> list[Threshold]:
        found: list[Threshold] = []
        for trigger in (Trigger.DUE_SOON, Trigger.OVERDUE):
            if trigger is Trigger.OVERDUE and rule in WINDOWS:
                continue
            rows = [row for row in self.rows if row.trigger is trigger]
            own = [row for row in rows if rule in row.rules]
            found += own or [row for row in rows if not row.rules]
        return found

    def _cuts(self, rows: Iterable[Threshold], today: dt.date) -> tuple[Cut, ...]:
        cuts = [Cut(self._cut(row, today), row) for row in rows]
        return tuple(sorted(cuts, key=lambda cut: (-LEVELS.index(cut.row.level), cut.row.trigger is Trigger.DUE_SOON)))

    def _cut(self, row: Threshold, today: dt.date) -> dt.date:
        """The last day on which a limit may be due that is at the level today."""
        if row.trigger is Trigger.DUE_SOON:
            return self.calendar.working_after(today, row.days)[0]
        return min(self._back(today, row.days), today - _DAY)

    def _back(self, today: dt.date, days: int) -> dt.date:
        """The last day since which so many working days have passed, today among them."""
        day, left = today, days
        while left > 0:
            left -= self.calendar.works(day)
            day -= _DAY
        return day


def following(level: AlertLevel) -> AlertLevel | None:
    """The level after it; None after red."""
    place = LEVELS.index(level) + 1
    return LEVELS[place] if place < len(LEVELS) else None


def check_thresholds(rows: Sequence[Threshold]) -> None:
    """BadConfiguration (HUB-701) naming the row: negative days, no basis, nobody addressed, an overlap."""
    for row in rows:
        _check(row)
    for one, other in combinations(sorted(rows, key=lambda row: row.valid_from), 2):
        alike = (one.trigger, one.level) == (other.trigger, other.level)
        same = set(one.rules) & set(other.rules) or not (one.rules or other.rules)
        if alike and same and one.holds_on(other.valid_from):
            raise BadConfiguration(reason=f"{name_of(other)}: an earlier row of its trigger and level is still valid")
        _check_order(one, other)


def _check_order(one: Threshold, other: Threshold) -> None:
    """A worse level does not come before a milder one, of the same limits at the same time."""
    alike = one.trigger is other.trigger is Trigger.OVERDUE and set(one.rules) == set(other.rules)
    if not alike or not one.holds_on(other.valid_from):
        return
    milder, worse = sorted((one, other), key=lambda row: LEVELS.index(row.level))
    if milder.level is not worse.level and worse.days < milder.days:
        raise BadConfiguration(reason=f"{name_of(worse)}: it comes before {milder.level.name}")


def name_of(row: Threshold) -> str:
    """How the row is named to people."""
    return f"supervision {row.trigger.name} {row.level.name} from {row.valid_from}"


def _check(row: Threshold) -> None:
    for name, value in {"days": row.days, "least": row.least, "count": row.count, **_waits(row)}.items():
        if value < 0:
            raise BadConfiguration(reason=f"{name_of(row)}: {name} is negative")
        if value > _MOST_DAYS:
            raise BadConfiguration(reason=f"{name_of(row)}: {name} is more than {_MOST_DAYS}")
    chinese, dot, english = row.basis.partition(" · ")
    if not (chinese.strip() and dot and english.strip()):
        raise BadConfiguration(reason=f"{name_of(row)}: basis is to be said as `中文 · English`")
    if row.valid_to is not None and row.valid_to < row.valid_from:
        raise BadConfiguration(reason=f"{name_of(row)}: it ends before it begins")
    if not row.to or not POSTS.issuperset(row.to):
        raise BadConfiguration(reason=f"{name_of(row)}: to is some of {', '.join(sorted(POSTS))}")
    if row.rules and row.trigger not in OF_LIMITS:
        raise BadConfiguration(reason=f"{name_of(row)}: rules belong to DUE_SOON and OVERDUE")
    if row.trigger is Trigger.REJECTED and row.count == 0:
        raise BadConfiguration(reason=f"{name_of(row)}: count says how many rejections")


def _waits(row: Threshold) -> Mapping[str, int]:
    return {name: value for name, value in (("reply", row.reply), ("next", row.next)) if value is not None}
