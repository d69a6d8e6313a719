"""Chance that repeats itself: every draw and every id of a municipality comes from one seed."""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")


class Weighted(Sequence[T]):
    """Options with weights, summed once."""

    def __init__(self, weights: Mapping[T, float]) -> None:
        self.options = tuple(weights)
        self.sums = tuple(accumulate(weights.values()))

    def __getitem__(self, at: int) -> T:  # type: ignore[override]
        return self.options[at]

    def __len__(self) -> int:
        return len(self.options)


class Chance(random.Random):
    """A seeded generator with the few kinds of draw a municipality needs."""

    def pick(self, weighted: Weighted[T]) -> T:
        """One option, by weight."""
        return self.choices(weighted.options, cum_weights=weighted.sums)[0]

    def happens(self, share: float) -> bool:
        """True in that share of cases."""
        return self.random() < share

    def id(self, prefix: str, moment: dt.datetime) -> str:
        """An id of a row first seen at that moment: prefix and UUIDv7, so that ids and time have one order."""
        bits = self.getrandbits(74)
        head = f"{int(moment.timestamp() * 1000):012x}7{bits & 0xFFF:03x}"
        return f"{prefix}_{head}{0x8 | (bits >> 12) & 0x3:x}{bits >> 14:015x}"

    def digits(self, count: int) -> str:
        """That many decimal digits."""
        return f"{self.randrange(10**count):0{count}d}"

    def around(self, middle: float, spread: float) -> float:
        """A positive number whose median is `middle`; `spread` is the sigma of its logarithm."""
        return self.lognormvariate(0.0, spread) * middle
