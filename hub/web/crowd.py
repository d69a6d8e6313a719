"""Who is connected: sockets and event streams, bounded in all and per principal, and told when the process ends."""

import asyncio
from collections import Counter
from typing import Protocol

from hub.errors import TooManyStreams, Unavailable
from hub.web.contract import StreamLimits

AT_ONCE = 16
"""Connections that are seen to before others get their turn on the event loop."""


class Member(Protocol):
    """A connection that stays."""

    def drain(self) -> None:
        """Finish what is under way and go; may be said twice."""

    def revise(self) -> None:
        """Viewers may be others by now: go on as what one's own is, or go."""

    def reload(self) -> None:
        """Streams that were opened before are asked for anew of who answers by now; nothing of them is lost."""


class Crowd:
    """All connections that stay, of one process."""

    __slots__ = ("_draining", "_members", "_seats", "limits")

    def __init__(self, limits: StreamLimits) -> None:
        self.limits = limits
        self._draining = False
        self._members: dict[Member, str | None] = {}
        self._seats: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._members)

    def enter(self, member: Member) -> None:
        """Let one more in; who enters calls `leave`. Raises Unavailable (HUB-503) at the bound of all."""
        if self._draining or len(self._members) >= self.limits.sockets:
            raise Unavailable
        self._members[member] = None

    def seat(self, member: Member, principal: str) -> None:
        """Count it for its principal. Raises TooManyStreams (HUB-603) at the principal's bound."""
        if self._seats[principal] >= self.limits.sockets_per_principal:
            raise TooManyStreams(limit=self.limits.sockets_per_principal)
        self._seats[principal] += 1
        self._members[member] = principal

    def leave(self, member: Member) -> None:
        """It is gone."""
        principal = self._members.pop(member, None)
        if principal is not None:
            self._seats[principal] -= 1
            if not self._seats[principal]:
                del self._seats[principal]

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
