"""How long a connection may stay: until its first word is due, then until its token expires."""

import asyncio
from collections.abc import Callable

_LOOK_SECONDS = 60.0
"""The wall clock may jump while a timer runs, so it is looked at at least as often as this."""


class Life:
    """One timer. `warn` is told when the token will expire, `end` that it has; the clock is the wall's."""

    __slots__ = ("_clock", "_due", "_end", "_timer", "_warn", "_warned")

    def __init__(self, clock: Callable[[], float], end: Callable[[], None], warn: Callable[[float], None]) -> None:
        self._clock = clock
        self._end = end
        self._warn = warn
        self._due = 0.0
        self._warned = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float, late: Callable[[], None]) -> None:
        """Something has to happen within these seconds."""
        self._after(seconds, late)

    def until(self, due: float, *, warned: float) -> None:
        """The connection may stay until then (seconds since 1970; 0: for ever), told so these seconds before.

        Who says the same again is not warned again.
        """
        if due and due == self._due:
            return
        self.stop()
        self._due, self._warned = due, warned
        if due:
            self._look(told=False)

    @property
    def is_over(self) -> bool:
        """Whether its time has come: a clock that jumped is not waited for before the next word."""
        return bool(self._due) and self._due <= self._clock()

    def stop(self) -> None:
        """Nothing is due any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self, *, told: bool) -> None:
        left = self._due - self._clock()
        if left <= 0:
            self._end()
            return
        if left <= self._warned and not told:
            told = True
            self._warn(self._due)
        next_look = min(left if told else left - self._warned, _LOOK_SECONDS)
        self._after(max(next_look, 0.001), lambda: self._look(told=told))

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, call)
