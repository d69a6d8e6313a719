"""What waits to be written to one socket: messages in their order, and operations that have something to give."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

AT_ONCE = 16
"""Times that something is written before others get their turn on the event loop."""


class Wire(Protocol):
    """A connection that is written to without waiting."""

    @property
    def blocked(self) -> bool: ...
    @property
    def gone(self) -> bool: ...
    def write(self, *pieces: bytes) -> None: ...
    def write_each(self, head: bytes, messages: Sequence[bytes]) -> None: ...


class Giver(Protocol):
    """An operation that is pulled from."""

    queued: bool

    def give(self) -> bool:
        """Write what there is, up to some KiB; whether there may be more."""


class Outbox:
    """One socket's writer. It has no task: it writes when something comes, and goes on when the connection has room.

    While the connection is blocked nothing is pulled, so a client that does not read costs what the connection holds
    and the few messages that were under way.
    """

    __slots__ = ("_again", "_pumping", "_queue", "_room", "_wire", "give")

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.give = wire.write_each
        """Writes what was just pulled: its turn has come."""
        self._queue: deque[tuple[bytes, ...] | Giver] = deque()
        self._pumping = False
        self._again = False
        self._room: asyncio.Event | None = None

    @property
    def empty(self) -> bool:
        """Whether everything was written."""
        return not self._queue

    def send(self, *pieces: bytes) -> None:
        """Write a message, now or after what waits already."""
        if self._queue or self._wire.blocked:
            self._queue.append(pieces)
        else:
            self._wire.write(*pieces)

    def ready(self, giver: Giver) -> None:
        """The operation has something to give."""
        if giver.queued:
            return
        giver.queued = True
        if self._queue or self._pumping or self._again or self._wire.blocked:
            self._queue.append(giver)
        else:
            self._give_at_once(giver)

    def drained(self) -> None:
        """The connection can take more, or is gone."""
        if self._room is not None:
            self._room.set()
            self._room = None
        if not self._pumping:
            self._pump()

    async def room(self) -> None:
        """Wait while the connection is blocked."""
        if self._wire.blocked:
            self._room = self._room or asyncio.Event()
            await self._room.wait()

    def clear(self) -> None:
        """Nothing is written any more."""
        self._queue.clear()

    def _give_at_once(self, giver: Giver) -> None:
        """Nobody waits before it: the way of nearly every frame of a broadcast, so it goes through no queue."""
        self._pumping = True
        try:
            left = AT_ONCE
            while (more := giver.give()) and left and not self._queue and not self._wire.blocked:
                left -= 1
        finally:
            self._pumping = False
        if more:
            self._queue.append(giver)
        else:
            giver.queued = False
        if self._queue:
            self._continue_soon()

    def _pump(self) -> None:
        self._pumping = True
        try:
            left = AT_ONCE
            while self._queue and not self._wire.blocked:
                if not left:
                    self._continue_soon()
                    return
                left -= 1
                self._write(self._queue.popleft())
        finally:
            self._pumping = False

    def _write(self, item: tuple[bytes, ...] | Giver) -> None:
        if isinstance(item, tuple):
            self._wire.write(*item)
        elif item.give():
            # Behind all others: one operation that has much to give does not keep the rest waiting.
            self._queue.append(item)
        else:
            item.queued = False

    def _continue_soon(self) -> None:
        if not self._again:
            self._again = True
            asyncio.get_running_loop().call_soon(self._continue)

    def _continue(self) -> None:
        self._again = False
        if not self._pumping:
            self._pump()
