"""Presses: a frame of an event is made once for all groups that differ in what they filter, and a wave at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.access.reach import Reach
from hub.access.viewers import Viewer
from hub.errors import Unavailable
from hub.store.log import Entry

SHARED_SECONDS = 1.0
"""How long frames that were made of older events are kept for others who ask for the same."""

Make = Callable[[Viewer, str, Sequence[Entry]], Awaitable[Sequence[Any]]]
"""Makes a frame of each event for a viewer and the owner of its cursors.

Facts are as of that commit, the selection is answered as of now.
"""


@dataclass(frozen=True, slots=True)
class Key:
    """What readers of one group have in common. `asked` is the operation: its plan, variables and purpose."""

    asked: Hashable
    role: str
    reach: Reach
    masks: frozenset[str]
    permissions: frozenset[str]
    owner: str

    def unfiltered(self) -> "Key":
        """What groups of one press have in common: a filter says which events there are, not how they are shown."""
        return replace(self, reach=Reach(self.reach.scope))


class Press:
    """Makes the frames of one operation in one scope. What its groups want at the same time is one run."""

    def __init__(self, make: Make, viewer: Viewer, owner: str) -> None:
        self.runs = 0
        self._make, self._viewer, self._owner = make, viewer, owner
        self._frames: dict[str, asyncio.Future[Any]] = {}
        self._wanted: list[Entry] = []
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: list[asyncio.Future[None]] = []

    async def frames(self, entries: Sequence[Entry]) -> list[Any]:
        """A frame of each event. What one event's frame fails with concerns those only who want it."""
        asked = [self._frame(entry) for entry in entries]
        while not all(each.done() for each in asked):
            await self._next_run()
        return [each.result() for each in asked]

    async def _next_run(self) -> None:
        """Wait until a run has ended. Who stops waiting does not stop what others wait for."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        await waiting

    def _frame(self, entry: Entry) -> "asyncio.Future[Any]":
        found = self._frames.get(entry.id)
        if found is None:
            loop = asyncio.get_running_loop()
            found = self._frames[entry.id] = loop.create_future()
            if not self._wanted:
                # All groups that the same news woke have their turn before this.
                loop.call_soon(self._begin)
            self._wanted.append(entry)
        return found

    def _begin(self) -> None:
        wanted, self._wanted = sorted(self._wanted, key=lambda entry: entry.position), []
        task = asyncio.create_task(self._run(wanted))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, run: asyncio.Task[None]) -> None:
        self._running.discard(run)
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def _run(self, entries: Sequence[Entry]) -> None:
        """What breaks down is tried by halves: one event that cannot be shown stops no other."""
        self.runs += 1
        try:
            made = await self._make(self._viewer, self._owner, entries)
        except Exception as error:  # noqa: BLE001 - it is raised to those who wait for it
            if len(entries) == 1 or isinstance(error, Unavailable):
                self._fail(entries, error)
                return
            half = len(entries) // 2
            for part in (entries[:half], entries[half:]):
                await self._run(part)
            return
        for entry, frame in zip(entries, made, strict=True):
            self._frames[entry.id].set_result(frame)
        asyncio.get_running_loop().call_later(SHARED_SECONDS, self._let_go, entries)

    def _fail(self, entries: Sequence[Entry], error: Exception) -> None:
        for entry in entries:
            failed = self._frames.pop(entry.id)
            failed.set_exception(error)
            # Perhaps nobody waits any more.
            failed.exception()

    def _let_go(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._frames.pop(entry.id, None)
