"""What listeners were told and when: compared with one another, and with the moments at which it was committed."""

import time
from array import array
from dataclasses import dataclass, field
from typing import Any

MARK = b'"cursor":'
_REVISION = b'"payload":'
MARKED = 60
"""Bytes from its cursor on that say which event a frame is of: rows may be newer in one that was made later."""


@dataclass
class Told:
    """What all listeners of this process were told."""

    events: list[bytes] = field(default_factory=list)
    """The payloads, by their place."""
    taken: "list[array[float]]" = field(default_factory=list)
    """When each listener had the event, by its place."""
    wrong: int = 0
    frames: int = 0
    size: int = 0
    """Of the messages that frames came in, over WebSocket."""
    marked: bool = True
    """Whether frames say by their cursor which event they are of; otherwise all of them is compared."""
    same: bool = True
    """Whether everybody is told the same."""

    def take(self, place: int, payload: bytes) -> None:
        """A listener's frame at that place."""
        if place == len(self.events):
            self.events.append(payload)
            self.taken.append(array("d"))
        elif self.same and self._event_of(payload) != self._event_of(self.events[place]):
            self.wrong += 1
        self.taken[place].append(time.monotonic())
        self.frames += 1

    def latencies(self, first: int, times: list[float]) -> dict[str, Any]:
        """Milliseconds from the commit of each event to its frame; when the last frame came."""
        pairs = zip(self.taken[first : first + len(times)], times, strict=True)
        found = sorted((at - committed) * 1000 for taken, committed in pairs for at in taken)
        shares = {"p50_ms": 0.5, "p95_ms": 0.95, "p99_ms": 0.99, "most_ms": 1.0}
        last = max(max(taken) for taken in self.taken[first : first + len(times)])
        at = {name: found[min(len(found) - 1, int(len(found) * share))] for name, share in shares.items()}
        return at | {"last": last}

    def _event_of(self, payload: bytes) -> bytes:
        if not self.marked:
            return payload[payload.index(_REVISION) :] if _REVISION in payload else payload
        at = payload.index(MARK)
        return payload[at : at + MARKED]
