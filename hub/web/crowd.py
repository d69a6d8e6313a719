"""Who is connected: sockets and event streams, bounded in all and per principal, and told when the process ends."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Protocol

from hub.errors import TooManyStreams, Unavailable
from hub.web.contract import Stream, StreamLimits

AT_ONCE = 16
"""Connections that are seen to before others get their turn on the event loop."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a connection is at a moment: whose, whether a socket or an event stream, and what goes on over it."""

    viewer: Any
    socket: bool
    operations: int
    streams: tuple[Stream, ...]


class Member(Protocol):
    """A connection that stays."""

    def drain(self) -> None:
        """Finish what is under way and go; may be said twice."""

    def revise(self) -> None:
        """Viewers may be others by now: go on as what one's own is, or go."""

    def reload(self) -> None:
        """Streams that were opened before are asked for anew of who answers by now; nothing of them is lost."""

    def disconnect(self) -> None:
        """Somebody who may ends it: say so, and go."""

    def seen(self) -> Seen | None:
        """What it is now; None where it has not said yet who it is."""


@dataclass(slots=True)
class Place:
    """A member's: by which id it is known, since when it is here, and for whom it is counted."""

    id: str
    since: float
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """A connection as others see it; `since` in seconds since 1970."""

    id: str
    since: float
    seen: Seen


class Crowd:
    """All connections that stay, of one process."""

    __slots__ = ("_clock", "_draining", "_members", "_seats", "limits")

    def __init__(self, limits: StreamLimits, clock: Callable[[], float] = time.time) -> None:
        self.limits = limits
        self._clock = clock
        self._draining = False
        self._members: dict[Member, Place] = {}
        self._seats: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._members)

    def enter(self, member: Member) -> None:
        """Let one more in; who enters calls `leave`. Raises Unavailable (HUB-503) at the bound of all."""
        if self._draining or len(self._members) >= self.limits.sockets:
            raise Unavailable
        self._members[member] = Place(f"conn_{token_hex(16)}", self._clock())

    def seat(self, member: Member, principal: str) -> None:
        """Count it for its principal. Raises TooManyStreams (HUB-603) at the principal's bound."""
        if self._seats[principal] >= self.limits.sockets_per_principal:
            raise TooManyStreams(limit=self.limits.sockets_per_principal)
        self._seats[principal] += 1
        self._members[member].principal = principal

    def leave(self, member: Member) -> None:
        """It is gone."""
        place = self._members.pop(member, None)
        if place is not None and place.principal is not None:
            self._seats[place.principal] -= 1
            if not self._seats[place.principal]:
                del self._seats[place.principal]

    def present(self) -> list[Present]:
        """Those that said who they are, the oldest first."""
        found = ((place, member.seen()) for member, place in self._members.items())
        return [Present(place.id, place.since, seen) for place, seen in found if seen is not None]

    def disconnect(self, name: str) -> None:
        """End the connection of this id, where it is one of this process."""
        for member in [member for member, place in self._members.items() if place.id == name]:
            member.disconnect()

    def drain(self) -> None:
        """Let nobody in any more and tell all to go."""
        self._draining = True
        for member in list(self._members):
            member.drain()

    def revise(self) -> None:
        """Have each look who it is by now."""
        for member in list(self._members):
            member.revise()

    async def reload(self) -> None:
        """Have each ask anew, a few at a time: in a crowd nobody else should have to wait for all of it."""
        for number, member in enumerate(list(self._members)):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            if member in self._members:
                member.reload()
