"""Indicators: versioned definitions whose numerator and denominator are filters of the graph.

What a figure counts is found by the very filter it was counted by, so drilling down is as long as the figure.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hub.errors import BadConfiguration, BadPeriod
from hub.rules.figures import Days
from hub.schema.meetings import Counts

_KEY = re.compile(r"[a-z][a-z_]{1,40}")
_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", re.ASCII)
_REGION = re.compile(r"\d{6}(?:\d{3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition: filters with `$from` and `$next` for the period; without a denominator it is no rate.

    `counts` says of which list they are filters (`cases` or `referrals`). With `sum` the figure is the sum of amounts
    in dispute, with `days` (`MEAN` or `P90`) it is one of the days that those needed whose days are known.
    """

    key: str
    zh: str
    en: str
    version: int
    basis: str
    numerator: Mapping[str, Any]
    denominator: Mapping[str, Any] | None = None
    sum: bool = False
    counts: str = "cases"
    days: str | None = None

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key) or self.version < 1 or "·" not in self.basis:
            raise BadConfiguration(reason=f"indicator {self.key[:40]}: key, version or basis is none")
        if self.counts.upper() not in Counts.__members__ or self.counts != self.counts.lower():
            raise BadConfiguration(reason=f"indicator {self.key}: counts is cases or referrals")
        if self.days is not None and self.days not in Days.__members__:
            raise BadConfiguration(reason=f"indicator {self.key}: days is MEAN or P90")
        if (self.sum or self.days) and self.denominator is not None:
            raise BadConfiguration(reason=f"indicator {self.key}: a sum and a figure of days have no denominator")
        if self.sum and (self.days or self.counted is not Counts.CASES):
            raise BadConfiguration(reason=f"indicator {self.key}: amounts are summed of cases, and alone")

    @property
    def counted(self) -> Counts:
        """What it counts."""
        return Counts[self.counts.upper()]

    def wanted(self, said: Mapping[str, Any], during: "Period", region: str | None) -> "Wanted":
        """What is to be found by its numerator or denominator in a period and a region."""
        return Wanted(self.counted, filter_of(said, during, region, self.counted))

    def filters(self) -> Iterator[Mapping[str, Any]]:
        """The numerator, and the denominator where there is one."""
        yield self.numerator
        if self.denominator is not None:
            yield self.denominator


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter, and of which list it is one."""

    counts: Counts
    filter: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first up to, and without, the one after the last."""

    text: str
    first: dt.date
    after: dt.date


@dataclass(frozen=True, slots=True)
class Found:
    """A case or referral that a filter finds, with what its case says: amount in dispute (fen), type, where it lies.

    `days` is how long it took, where that is known.
    """

    id: str
    days: int | None
    amount: int | None
    dispute_type: str
    city: str | None
    district: str | None
    town: str | None
    zone: str | None

    def lies_in(self, region: str) -> bool:
        """Whether the region of this code holds it."""
        return region in (self.town, self.district, self.zone, self.city)


def period(text: str) -> Period:
    """A year (`2025`), a quarter (`2025-Q1`) or a month (`2025-03`); BadPeriod (HUB-218) for anything else."""
    found = _PERIOD.fullmatch(text)
    if found is None or not 1900 <= int(found[1]) <= 9000:
        raise BadPeriod
    first = int(found[3]) if found[3] else int(found[2]) * 3 - 2 if found[2] else 1
    months = 1 if found[3] else 3 if found[2] else 12
    year = int(found[1])
    last = year * 12 + first - 1 + months
    return Period(text, dt.date(year, first, 1), dt.date(last // 12, last % 12 + 1, 1))


def filter_of(
    said: Mapping[str, Any], during: Period, region: str | None, counts: Counts = Counts.CASES
) -> dict[str, Any]:
    """The filter of what is counted in a period and a region (a code of a city, district, zone or town)."""
    filled: dict[str, Any] = _filled(said, {"$from": during.first.isoformat(), "$next": during.after.isoformat()})
    return filled if region is None else {"and": [filled, of_case(_within(region), counts)]}


def of_case(condition: Mapping[str, Any], counts: Counts) -> dict[str, Any]:
    """A condition of cases as one of what is counted: a referral lies where its case does."""
    return dict(condition) if counts is Counts.CASES else {"case": dict(condition)}


def spread_of(found: Iterable[Found]) -> dict[int, int]:
    """How many needed how many days, of those whose days are known."""
    return dict(Counter(each.days for each in found if each.days is not None))


def grouped(said: Mapping[str, Any], condition: Mapping[str, Any]) -> dict[str, Any]:
    """The filter of one group of what a filter finds."""
    return {"and": [dict(said), dict(condition)]}


def checked(definitions: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """The definitions; BadConfiguration where two are the same version of one key."""
    found = tuple(definitions)
    if len({(each.key, each.version) for each in found}) != len(found):
        raise BadConfiguration(reason="indicators: a version of a key is said twice")
    return found


def _filled(said: Any, values: Mapping[str, str]) -> Any:
    if isinstance(said, Mapping):
        return {name: _filled(value, values) for name, value in said.items()}
    if isinstance(said, (list, tuple)):
        return [_filled(value, values) for value in said]
    return values.get(said, said) if isinstance(said, str) else said


def _within(region: str) -> dict[str, Any]:
    if not _REGION.fullmatch(region):
        raise BadPeriod
    if len(region) == 9:
        return {"town": {"eq": region}}
    if region.endswith("00"):
        return {"city": {"eq": region}}
    return {"or": [{"district": {"eq": region}}, {"zone": {"eq": region}}]}
