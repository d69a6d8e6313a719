"""Figures: what an indicator comes to for a group, what must not be shown of few, and how parts make a whole.

A mean is a sum of days by a count, both of which add up. Nine tenths do not: they are the least number of days within
which at least nine of ten were done (nearest rank), always of all that a figure counts, never of its parts' figures.
"""

import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal

SMALL = 5
"""Fewer cases than these are not shown to whoever sees published figures only."""


class Days(enum.Enum):
    """天数口径 · What is told of the days that were needed"""

    MEAN = "平均天数 · Their mean"
    P90 = "九成天数 · The days within which nine of ten were done (nearest rank)"


@dataclass(frozen=True, slots=True)
class Part:
    """One group's figure: how many the filters found, and the amount where the indicator is a sum (fen).

    Where it is one of days, `spread` says how many needed how many.
    """

    group: str | None
    count: int
    of: int | None
    amount: int | None = None
    hidden: bool = False
    days: Days | None = None
    spread: Mapping[int, int] = field(default_factory=dict)

    def total_days(self) -> int | None:
        """The sum of the days; None where the indicator is none of days."""
        return None if self.days is None else sum(days * count for days, count in self.spread.items())

    def value(self) -> str | None:
        """The figure as a decimal text: a rate with four places, yuan, days or a number; None where there is none."""
        if self.hidden or self.of == 0:
            return None
        if self.days is not None:
            return _of_days(self.days, self.spread)
        if self.amount is not None:
            return str(Decimal(self.amount).scaleb(-2).quantize(Decimal("0.01")))
        if self.of is None:
            return str(self.count)
        return str((Decimal(self.count) / Decimal(self.of)).quantize(Decimal("0.0001"), ROUND_HALF_UP))


def hidden(parts: Sequence[Part]) -> list[Part]:
    """The parts with small ones hidden, and, where one alone could be worked out from the whole, the next with it."""
    small = {number for number, part in enumerate(parts) if _is_small(part)}
    others = sorted((part.count, number) for number, part in enumerate(parts) if number not in small and part.count)
    if len(small) == 1 and others and len(parts) > 1:
        small.add(others[0][1])
    return [replace(part, hidden=True) if number in small else part for number, part in enumerate(parts)]


def whole_of(parts: Sequence[Part]) -> Part:
    """The sum of the parts of a figure."""
    spread = Counter[int]()
    for part in parts:
        spread.update(part.spread)
    first, count = parts[0], sum(part.count for part in parts)
    of = None if first.of is None else sum(part.of or 0 for part in parts)
    amount = None if first.amount is None else sum(part.amount or 0 for part in parts)
    return Part(None, count, of, amount, days=first.days, spread=spread)


def few(count: int) -> bool:
    """Whether so few tell of people; nought tells of nobody."""
    return 0 < count < SMALL


def _of_days(kind: Days, spread: Mapping[int, int]) -> str | None:
    count = sum(spread.values())
    if not count:
        return None
    if kind is Days.MEAN:
        total = sum(days * many for days, many in spread.items())
        return str((Decimal(total) / Decimal(count)).quantize(Decimal("0.01"), ROUND_HALF_UP))
    left = -(-count * 9 // 10)
    for days in sorted(spread):
        left -= spread[days]
        if left <= 0:
            return str(days)
    return None


def _is_small(part: Part) -> bool:
    # The rest of a rate tells of people as well: four of five are one of five.
    counts = [part.count] if part.of is None else [part.count, part.of, part.of - part.count]
    return any(few(count) for count in counts)
