"""The one follower of the log in a process: it reads each new event once, for all who wait for news."""

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog

from hub.errors import HubError, ResyncNeeded
from hub.store.dialects.doorbells import Doorbell
from hub.store.log import BEGINNING, MOST, Entry, Log, Position

log: Any = structlog.get_logger("hub.live")

KEPT = 4096
"""Newest events that are kept in memory: who is no further behind than these asks no base."""

LOOK_AGAIN_SECONDS = (0.01, 0.05)
"""How soon the log is looked at again while an announced event is hidden behind an older writer."""

RETRY_SECONDS = (0.1, 2.0)

AHEAD_SECONDS = 0.25
"""For how long an announced event may be hidden before what must be known ahead is looked for behind the writer."""

Listener = Callable[[Sequence[Entry]], None]
"""Told each new event, in order, some at a time. It must not wait, nor fail."""

Ahead = Callable[[Sequence[Entry] | None], Awaitable[None]]
"""Given events before anybody is told of them; None where some were removed unread. What it raises is tried again."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the follower is: what it read last, and since when something keeps it from reading on."""

    newest: Position
    occurred_at: str | None
    hidden_seconds: float
    """For how long an announced event has been hidden behind an older writer; 0 where none is."""
    failing_seconds: float
    """For how long the log could not be read; 0 where it can."""


class Follower:
    """Follows the log. Its memory is bounded, it waits for no reader, and an idle base is asked nothing."""

    def __init__(self, log: Log, doorbell: Doorbell, *, ahead: Ahead | None = None) -> None:
        self.log = log
        self._tail = log.tail()
        self.doorbell = doorbell
        self._ahead = ahead or _nothing
        self.epoch = 0
        self._entries: list[Entry] = []
        self._positions: list[Position] = []
        self._start = self._newest = BEGINNING
        self._occurred_at: str | None = None
        self._announced = 0
        self._rung, self._news = asyncio.Event(), asyncio.Event()
        self._listeners: list[Listener] = []
        self._hidden_since = self._failing_since = self._ahead_at = 0.0

    @property
    def newest(self) -> Position:
        """The position of the event that was read last."""
        return self._newest

    def listen(self, listener: Listener) -> None:
        """Tell `listener` each event that is read from now on."""
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Tell it no more."""
        self._listeners.remove(listener)

    async def start(self) -> None:
        """Begin at the newest event. Unavailable when the base cannot be asked."""
        self.epoch = await self.log.epoch()
        self._start = self._newest = await self.log.newest()

    async def run(self) -> None:
        """Follow until cancelled; a base that is away is waited for. `start` comes first."""
        listening = asyncio.create_task(self.doorbell.listen(self._heard))
        try:
            while True:
                await self._rung.wait()
                self._rung.clear()
                await self._read_on()
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
            await self._tail.close()

    async def after(self, position: Position, *, most: int = MOST) -> list[Entry]:
        """The next events after a position, from memory where they are kept; ResyncNeeded past retention."""
        if position >= self._newest:
            return []
        if position >= self._start:
            at = bisect_right(self._positions, position)
            return self._entries[at : at + most]
        found = await self.log.after(position, most=most)
        if not found and position < await self.log.removed():
            # Nothing is left behind the position: no row told the mark.
            raise ResyncNeeded
        return found

    async def beyond(self, position: Position) -> None:
        """Wait until an event after the position was read."""
        while position >= self._newest:
            await self._news.wait()

    def lag(self) -> Lag:
        """How far it is at the moment."""
        now = asyncio.get_running_loop().time()
        hidden, failing = ((now - since if since else 0.0) for since in (self._hidden_since, self._failing_since))
        return Lag(self._newest, self._occurred_at, hidden, failing)

    def _heard(self, transaction: int) -> None:
        self._announced = max(self._announced, transaction)
        self._rung.set()

    async def _read_on(self) -> None:
        """Read until nothing is left and nothing announced is hidden; a base that is away is asked again."""
        retry = RETRY_SECONDS[0]
        while True:
            try:
                return await self._settle()
            except HubError as error:
                log.warning("cannot read the log", action="follow", code=error.code)
            except Exception:
                # Whatever it is: a process without its follower is silent for ever.
                log.exception("cannot read the log", action="follow")
            self._failing_since = self._failing_since or asyncio.get_running_loop().time()
            await asyncio.sleep(retry)
            retry = min(2 * retry, RETRY_SECONDS[1])

    async def _settle(self) -> None:
        wait = LOOK_AGAIN_SECONDS[0]
        while True:
            while found := await self._read():
                wait = LOOK_AGAIN_SECONDS[0]
                if found < MOST:
                    # Whatever is committed from here on rings again.
                    break
            if not await self._is_hidden():
                return
            await asyncio.sleep(wait)
            wait = min(2 * wait, LOOK_AGAIN_SECONDS[1])

    async def _read(self) -> int:
        """How many events came; as many as there can be where it may be more."""
        try:
            entries = await self._tail.after(self._newest)
        except ResyncNeeded:
            # What it had not read yet is past retention: its readers are told so when they read on themselves.
            removed = await self.log.removed()
            await self._ahead(None)
            self._forget(removed)
            return MOST
        self._failing_since = 0.0
        if entries:
            await self._ahead(entries)
            self._keep(entries)
        return len(entries)

    async def _is_hidden(self) -> bool:
        """Whether what was announced may still be hidden: that an earlier writer was undone rings nothing."""
        while (self._newest.epoch, self._newest.xid) < (self.epoch, self._announced):
            if await self.log.horizon() <= self._announced:
                self._hidden_since = self._hidden_since or asyncio.get_running_loop().time()
                await self._look_ahead()
                return True
            # It came out between the last reading and this look, or never was an event.
            if not await self._read():
                break
        self._hidden_since = 0.0
        return False

    async def _look_ahead(self) -> None:
        """Who may no longer be told anything is known in time, however long an older writer holds up the log."""
        now = asyncio.get_running_loop().time()
        if now - max(self._hidden_since, self._ahead_at) >= AHEAD_SECONDS:
            self._ahead_at = now
            await self._ahead(None)

    def _keep(self, entries: Sequence[Entry]) -> None:
        # What they touched is heard now or never, and takes as much room as the rest.
        self._entries += (replace(entry, touched=None) for entry in entries)
        self._positions += (entry.position for entry in entries)
        if (over := len(self._entries) - KEPT) > 0:
            self._start = self._positions[over - 1]
            del self._entries[:over], self._positions[:over]
        self._newest, self._occurred_at = entries[-1].position, entries[-1].occurred_at
        self._wake(entries)

    def _forget(self, start: Position) -> None:
        self._entries.clear()
        self._positions.clear()
        self._start = self._newest = max(start, self._newest)
        self._wake([])

    def _wake(self, entries: Sequence[Entry]) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
        for listener in list(self._listeners):
            listener(entries)


async def _nothing(_: Sequence[Entry] | None) -> None:
    """Nobody has to know before the others."""
