"""Indicators: versioned definitions whose numerator and denominator are filters of the graph, and what figures come to.

What a figure counts is found by the very filter it was counted by, so drilling down is as long as the figure.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hub.errors import BadConfiguration, BadPeriod

SMALL = 5
"""Fewer cases than these are not shown to whoever sees published figures only."""

_KEY = re.compile(r"[a-z][a-z_]{1,40}")
_PERIOD = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?", re.ASCII)
_REGION = re.compile(r"\d{6}(?:\d{3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A definition: filters of `cases` with `$from` and `$next` for the period; without a denominator it is no rate.

    With `sum` the figure is the sum of the amounts in dispute instead of a number of cases.
    """

    key: str
    zh: str
    en: str
    version: int
    basis: str
    numerator: Mapping[str, Any]
    denominator: Mapping[str, Any] | None = None
    sum: bool = False

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key) or self.version < 1 or "·" not in self.basis:
            raise BadConfiguration(reason=f"indicator {self.key[:40]}: key, version or basis is none")
        if self.sum and self.denominator is not None:
            raise BadConfiguration(reason=f"indicator {self.key}: a sum has no denominator")


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first up to, and without, the one after the last."""

    text: str
    first: dt.date
    after: dt.date


@dataclass(frozen=True, slots=True)
class Found:
    """A case that a filter finds, with the amount in dispute (fen), its type and the codes of where it lies."""

    id: str
    amount: int | None
    dispute_type: str
    city: str | None
    district: str | None
    town: str | None
    zone: str | None

    def lies_in(self, region: str) -> bool:
        """Whether the region of this code holds it."""
        return region in (self.town, self.district, self.zone, self.city)


@dataclass(frozen=True, slots=True)
class Part:
    """One group's figure: how many the filters found, and the amount where the indicator is a sum (fen)."""

    group: str | None
    count: int
    of: int | None
    amount: int | None = None
    hidden: bool = False

    def value(self) -> str | None:
        """The figure as a decimal text: a rate with four places, yuan, or a number; None where there is none."""
        if self.hidden or self.of == 0:
            return None
        if self.amount is not None:
            return str(Decimal(self.amount).scaleb(-2).quantize(Decimal("0.01")))
        if self.of is None:
            return str(self.count)
        return str((Decimal(self.count) / Decimal(self.of)).quantize(Decimal("0.0001"), ROUND_HALF_UP))


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


def filter_of(said: Mapping[str, Any], during: Period, region: str | None) -> dict[str, Any]:
    """The filter of `cases` in a period and a region (a code of a city, district, zone or town)."""
    filled: dict[str, Any] = _filled(said, {"$from": during.first.isoformat(), "$next": during.after.isoformat()})
    return filled if region is None else {"and": [filled, _within(region)]}


def grouped(said: Mapping[str, Any], condition: Mapping[str, Any]) -> dict[str, Any]:
    """The filter of one group of what a filter finds."""
    return {"and": [dict(said), dict(condition)]}


def hidden(parts: Sequence[Part]) -> list[Part]:
    """The parts with small ones hidden, and, where one alone could be worked out from the whole, the next with it."""
    small = {number for number, part in enumerate(parts) if _is_small(part)}
    others = sorted((part.count, number) for number, part in enumerate(parts) if number not in small and part.count)
    if len(small) == 1 and others and len(parts) > 1:
        small.add(others[0][1])
    return [replace(part, hidden=True) if number in small else part for number, part in enumerate(parts)]


def checked(definitions: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """The definitions; BadConfiguration where two are the same version of one key."""
    found = tuple(definitions)
    if len({(each.key, each.version) for each in found}) != len(found):
        raise BadConfiguration(reason="indicators: a version of a key is said twice")
    return found


def _is_small(part: Part) -> bool:
    # The rest of a rate tells of people as well: four of five are one of five.
    counts = [part.count] if part.of is None else [part.count, part.of, part.of - part.count]
    return any(0 < count < SMALL for count in counts)


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
