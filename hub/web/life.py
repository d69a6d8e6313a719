"""How long a connection may stay: until its first word is due, then until its token expires."""

import asyncio
from collections.abc import Callable

WARNED_SECONDS = 60.0
"""How long before its token expires a client is told."""
_LOOK_SECONDS = 60.0


class Life:
    """One timer. `warn` is told when the token will expire, `end` that it has; the clock is the wall's."""

    __slots__ = ("_clock", "_due", "_end", "_timer", "_warn")

    def __init__(self, clock: Callable[[], float], end: Callable[[], None], warn: Callable[[float], None]) -> None:
        self._clock = clock
        self._end = end
        self._warn = warn
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float, late: Callable[[], None]) -> None:
        """Something has to happen within these seconds."""
        self._after(seconds, late)

    def until(self, due: float) -> None:
        """The connection may stay until then (seconds since 1970; 0: for ever)."""
        self.stop()
        self._due = due
        if due:
            self._look(warned=False)

    @property
    def is_over(self) -> bool:
        """Whether its time has come: a clock that jumped is not waited for before the next word."""
        return bool(self._due) and self._due <= self._clock()

    def stop(self) -> None:
        """Nothing is due any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, *, warned: bool) -> None:
        # The wall clock may jump while a timer runs, so it is looked at now and then.
        left = self._due - self._clock()
        if left <= 0:
            self._end()
            return
        if left <= WARNED_SECONDS and not warned:
            warned = True
            self._warn(self._due)
        next_look = left if warned else min(left - WARNED_SECONDS, _LOOK_SECONDS)
        self._after(max(next_look, 0.001), lambda: self._look(warned=warned))

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, call)
