"""How far long work is, for whoever waits: a bar that a terminal redraws, or a plain line every few seconds."""

import sys
import time
from dataclasses import dataclass, field

_WIDTH = 24
_REDRAWN_SECONDS = 0.2
_LINE_SECONDS = 10.0


@dataclass(slots=True)
class Progress:
    """What the demo is doing, on standard error."""

    begun: float = field(default_factory=time.perf_counter)

    def say(self, what: str) -> None:
        """One line."""
        print(f"[{time.perf_counter() - self.begun:5.1f} s] {what}", file=sys.stderr, flush=True)  # noqa: T201


class Bar:
    """Per cent, rate and time left of one piece of work, which begins when it is first told of."""

    def __init__(self, label: str) -> None:
        self._label, self._begun, self._next = label, 0.0, 0.0
        self._terminal = sys.stderr.isatty()

    def reach(self, done: int, of: int, rows: int | None = None) -> None:
        """So much of it is done, which was so many rows."""
        now = time.perf_counter()
        if not self._begun:
            self._begun, self._next = now, now if self._terminal else now + _LINE_SECONDS
        if now < self._next and done < of:
            return
        self._next = now + (_REDRAWN_SECONDS if self._terminal else _LINE_SECONDS)
        text = self._text(done, of, rows=rows, seconds=now - self._begun)
        if not self._terminal:
            print(text, file=sys.stderr, flush=True)  # noqa: T201
            return
        drawn = "#" * round(_WIDTH * done / max(of, 1))
        end = "\n" if done >= of else ""
        # The line before may have been longer: the rest of it is cleared.
        print(f"\r[{drawn:-<{_WIDTH}}] {text}\x1b[K", end=end, file=sys.stderr, flush=True)  # noqa: T201

    def _text(self, done: int, of: int, *, rows: int | None, seconds: float) -> str:
        share = done / max(of, 1)
        parts = [f"{self._label}: {share:.0%}"]
        if rows is not None and seconds:
            parts.append(f"{rows / seconds:,.0f} rows/s")
        if done >= of:
            parts.append(f"{_spelled(seconds)} in all")
        elif share:
            parts.append(f"{_spelled(seconds / share - seconds)} left")
        return ", ".join(parts)


def _spelled(seconds: float) -> str:
    """`1:02:03` or `2:03`"""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
