"""Cycles of investigation: which periods there are, and how key periods tighten them (R75, R76).

A cycle divides its days into blocks of the calendar (half months, months, quarters). A key period takes the days it
holds out of the cycle and divides them itself, more tightly: no day is in two periods, and none is in none.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hub.errors import BadConfiguration
from hub.schema.investigations import CampaignFocus, CycleUnit
from hub.schema.organisations import OrganisationLevel

_DAY = dt.timedelta(1)
_TIGHTNESS = tuple(CycleUnit)
"""From the tightest on."""

INVESTIGATING = (OrganisationLevel.VILLAGE, OrganisationLevel.TOWN, OrganisationLevel.DISTRICT)
"""The levels whose bodies investigate; each is organised by the level above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A cycle as policy says it: who investigates how often, and what is looked for."""

    key: str
    zh: str
    en: str
    level: OrganisationLevel
    every: CycleUnit
    basis: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    focus: CampaignFocus = CampaignFocus.GENERAL
    areas: tuple[str, ...] = ()
    dispute_type: str | None = None

    def covers(self, *regions: str | None) -> bool:
        """Whether a body in these regions (codes by level) investigates in this cycle."""
        return not self.areas or any(region in self.areas for region in regions)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPeriod:
    """Days, both inclusive, on which some levels investigate more often."""

    key: str
    zh: str
    en: str
    first: dt.date
    last: dt.date
    every: CycleUnit
    levels: tuple[OrganisationLevel, ...]
    basis: str

    def tightens(self, cycle: Cycle) -> bool:
        """Whether the cycle's bodies investigate more often meanwhile."""
        return cycle.level in self.levels and _TIGHTNESS.index(self.every) < _TIGHTNESS.index(cycle.every)


@dataclass(frozen=True, slots=True)
class Period:
    """The days of one campaign; `key` names the key period that they lie in."""

    first: dt.date
    last: dt.date
    every: CycleUnit
    key: str = ""


def block(unit: CycleUnit, day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the calendar's block that holds the day."""
    match unit:
        case CycleUnit.DAY:
            return day, day
        case CycleUnit.WEEK:
            monday = day - dt.timedelta(day.weekday())
            return monday, monday + dt.timedelta(6)
        case CycleUnit.QUARTER:
            first = day.replace(month=day.month - (day.month - 1) % 3, day=1)
            return first, _month_end(first.replace(month=first.month + 2))
        case _:
            return _within_month(unit, day)


def due_periods(cycle: Cycle, keys: Sequence[KeyPeriod], opened: Mapping[str, dt.date], today: dt.date) -> list[Period]:
    """The periods that have begun by today and were not opened yet, in their order.

    `opened` is the last day that was opened, by key period (`""`: of the cycle itself). What was begun is made up
    without a gap; a cycle that was never opened, and a key period that was declared when it had begun already, begin
    with the period that holds today.
    """
    tightening = sorted((key for key in keys if key.tightens(cycle)), key=lambda key: key.first)
    found = list(_own(cycle, tightening, _since(cycle, tightening, opened, today), today))
    for key in tightening:
        found += _of_key(key, opened, today)
    begun = (each for each in found if each.first <= today and _valid(cycle, each.first))
    return sorted(begun, key=lambda each: (each.first, each.key))


def check_cycles(cycles: Sequence[Cycle], keys: Sequence[KeyPeriod]) -> None:
    """BadConfiguration (HUB-701) naming the row: said twice, no such level, an end before the beginning, an overlap."""
    _check_names([(f"cycle {each.key}", each.key, each.basis) for each in cycles])
    _check_names([(f"key period {each.key}", each.key, each.basis) for each in keys])
    for cycle in cycles:
        _check_cycle(cycle)
    for key in keys:
        _hold(key.first <= key.last, f"key period {key.key}: it ends before it begins")
        _hold(set(key.levels) <= set(INVESTIGATING) and bool(key.levels), f"key period {key.key}: levels do not fit")
    for level in INVESTIGATING:
        mine = sorted((key for key in keys if level in key.levels), key=lambda key: key.first)
        for one, other in pairwise(mine):
            _hold(one.last < other.first, f"key period {other.key}: {one.key} still runs then")


def _since(cycle: Cycle, keys: Sequence[KeyPeriod], opened: Mapping[str, dt.date], today: dt.date) -> dt.date:
    """From which day on the cycle's own periods are to be opened."""
    if "" in opened:
        return opened[""] + _DAY
    # One that began in a key period goes on from there.
    begun = min((key.first for key in keys if key.key in opened), default=None)
    if begun is not None:
        return begun
    held = next((key.last for key in keys if key.first <= today <= key.last), None)
    since = block(cycle.every, today)[0]
    return max([since, *(key.last + _DAY for key in keys if key.last < today)]) if held is None else today


def _own(cycle: Cycle, keys: Sequence[KeyPeriod], since: dt.date, today: dt.date) -> Iterator[Period]:
    """The cycle's own periods from where it is on, up to today: the days of key periods are not among them."""
    day = max(since, cycle.valid_from)
    while day <= today:
        held = next((key for key in keys if key.first <= day <= key.last), None)
        if held is not None:
            day = held.last + _DAY
            continue
        coming = (key.first - _DAY for key in keys if key.first > day)
        end = min([block(cycle.every, day)[1], *coming, cycle.valid_to or dt.date.max])
        yield Period(day, end, cycle.every)
        day = end + _DAY


def _of_key(key: KeyPeriod, opened: Mapping[str, dt.date], today: dt.date) -> Iterator[Period]:
    # Whoever knew of it in advance stopped before it.
    foreseen = key.key in opened or max(opened.values(), default=dt.date.max) < key.first
    day = opened[key.key] + _DAY if key.key in opened else key.first
    while day <= min(today, key.last):
        end = min(_end(key, day), key.last)
        if foreseen or end >= today:
            yield Period(day, end, key.every, key.key)
        day = end + _DAY


def _end(key: KeyPeriod, day: dt.date) -> dt.date:
    """Weeks of a key period begin with its first day."""
    if key.every is CycleUnit.WEEK:
        return day + dt.timedelta(6 - (day - key.first).days % 7)
    return block(key.every, day)[1]


def _within_month(unit: CycleUnit, day: dt.date) -> tuple[dt.date, dt.date]:
    starts = {CycleUnit.TEN_DAYS: (1, 11, 21), CycleUnit.HALF_MONTH: (1, 16)}.get(unit, (1,))
    first = max(start for start in starts if start <= day.day)
    following = [start for start in starts if start > first]
    return day.replace(day=first), day.replace(day=following[0] - 1) if following else _month_end(day)


def _month_end(day: dt.date) -> dt.date:
    return (day.replace(day=28) + dt.timedelta(4)).replace(day=1) - _DAY


def _valid(cycle: Cycle, day: dt.date) -> bool:
    return cycle.valid_from <= day <= (cycle.valid_to or dt.date.max)


def _check_cycle(cycle: Cycle) -> None:
    where = f"cycle {cycle.key}"
    _hold(cycle.level in INVESTIGATING, f"{where}: nobody organises investigations of level {cycle.level.name}")
    _hold(cycle.valid_to is None or cycle.valid_from <= cycle.valid_to, f"{where}: it ends before it begins")
    _hold(cycle.focus is not CampaignFocus.PERIODS, f"{where}: key periods are rows of their own")
    _hold((cycle.focus is CampaignFocus.AREAS) == bool(cycle.areas), f"{where}: focus AREAS and areas belong together")
    industries = cycle.focus is CampaignFocus.INDUSTRIES
    _hold(industries == (cycle.dispute_type is not None), f"{where}: focus INDUSTRIES and dispute_type belong together")


def _check_names(rows: Sequence[tuple[str, str, str]]) -> None:
    seen: set[str] = set()
    for where, key, basis in rows:
        _hold(key not in seen, f"{where} is said twice")
        chinese, dot, english = basis.partition(" · ")
        _hold(bool(chinese.strip() and dot and english.strip()), f"{where}: basis is to be said as `中文 · English`")
        seen.add(key)


def _hold(condition: bool, reason: str) -> None:
    if not condition:
        raise BadConfiguration(reason=reason)
