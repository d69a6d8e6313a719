"""Clocks that can be believed: a wall clock that jumps is watched for a while before anything is run by it.

A clock set wrongly by a year and put right a minute later would otherwise have run a year's jobs.
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field

JUMP_SECONDS = 60.0
"""More than this beyond the steady clock is a jump; what a network sets right is less."""


@dataclass(slots=True)
class WatchedClock:
    """The wall clock beside a steady one. After a jump it is not believed until it has run evenly for a while."""

    wall: Callable[[], dt.datetime]
    settle_seconds: float
    steady: Callable[[], float] = time.monotonic
    _last: tuple[dt.datetime, float] | None = field(default=None, repr=False)
    _doubted: float | None = field(default=None, repr=False)

    def __call__(self) -> dt.datetime:
        """The moment it shows."""
        return self.wall()

    def believed(self) -> dt.datetime | None:
        """The moment it shows; None while it is in doubt."""
        wall, steady = self.wall(), self.steady()
        if self._last is not None:
            strayed = (wall - self._last[0]).total_seconds() - (steady - self._last[1])
            if abs(strayed) > JUMP_SECONDS:
                self._doubted = steady
        self._last = (wall, steady)
        if self._doubted is not None and steady - self._doubted < self.settle_seconds:
            return None
        self._doubted = None
        return wall
