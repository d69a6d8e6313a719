"""Groups: readers that ask the same in the same scope share one execution and one frame per event."""

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from hub.access.reach import Sieve
from hub.access.viewers import Viewer
from hub.errors import HubError, LiveError, Unavailable
from hub.live.follower import Follower
from hub.live.presses import SHARED_SECONDS, Key, Press
from hub.store.log import Entry, Position

if TYPE_CHECKING:
    from hub.live.readers import Reader

log: Any = structlog.get_logger("hub.live")

KEPT = 256
"""Frames that a group keeps for those of its readers that are a little behind."""

REPLAYED = 100
"""Events that are read at a time for a reader that is further behind."""

RETRY_SECONDS = (0.1, 2.0)


@dataclass(frozen=True, slots=True)
class Shown:
    """An event and the frame that was made of it."""

    entry: Entry
    frame: Any


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the log as the group sees it: up to where it reaches, and what of it is shown."""

    until: Position
    shown: tuple[Shown, ...]


class Group:
    """Follows the log for its readers. It keeps the newest frames; older ones are made again for who asks."""

    def __init__(
        self,
        key: Key,
        viewer: Viewer,
        press: Press,
        *,
        follower: Follower,
        position: Position,
        current: Callable[[str], Viewer | None],
    ) -> None:
        self.key, self.viewer = key, viewer
        self.start = self.position = position
        self.first = 0
        """The number of the oldest frame that is kept: readers that are here count on."""
        self.readers: dict[Reader, None] = {}
        """In the order in which they came: sockets are written to as they lie in memory."""
        self._press, self._follower, self._current = press, follower, current
        self._sieve = Sieve(key.reach)
        self._shown: list[Shown] = []
        self._positions: list[Position] = []
        self._replays: dict[Position, asyncio.Task[Part]] = {}
        self._task = asyncio.create_task(self._follow())

    def covers(self, position: Position) -> bool:
        """Whether everything after the position is still kept or still to come."""
        return position >= self.start

    def number_after(self, position: Position) -> int:
        """The number of what is shown next after a position that the group covers."""
        return self.first + bisect_right(self._positions, position)

    def at(self, number: int) -> Shown | None:
        """What is shown at a number that is not before the first; None where it is still to come."""
        place = number - self.first
        return self._shown[place] if place < len(self._shown) else None

    async def replay(self, position: Position) -> Part:
        """The next piece after a position that it no longer covers; whoever asks for the same is given the same."""
        task = self._replays.get(position)
        if task is None:
            task = self._replays[position] = asyncio.create_task(self._read(position))
            task.add_done_callback(lambda task: self._let_go(position, task))
        return await asyncio.shield(task)

    def authorise(self) -> None:
        """Whose scope is another by now reads on in another group; who is no viewer any more reads no further."""
        for name in {reader.viewer.name for reader in self.readers}:
            now = self._current(name)
            if now is not None and standing_of(now) == standing_of(self.viewer):
                continue
            for reader in [reader for reader in self.readers if reader.viewer.name == name]:
                reader.revise()

    def close(self) -> None:
        """Nobody reads any more."""
        self._task.cancel()
        for task in self._replays.values():
            task.cancel()

    def _let_go(self, position: Position, task: "asyncio.Task[Part]") -> None:
        failed = task.cancelled() or task.exception() is not None
        asyncio.get_running_loop().call_later(0 if failed else SHARED_SECONDS, self._replays.pop, position, None)

    async def _follow(self) -> None:
        retry = RETRY_SECONDS[0]
        while True:
            await self._follower.beyond(self.position)
            self.authorise()
            if not self.readers:
                return
            try:
                part = await self._read(self.position)
                retry = RETRY_SECONDS[0]
            except Unavailable:
                await asyncio.sleep(retry)
                retry = min(2 * retry, RETRY_SECONDS[1])
                continue
            except HubError as error:
                self._end(error)
                return
            except Exception:
                log.exception("a frame could not be made", action="stream")
                self._end(LiveError())
                return
            self._keep(part)
            for reader in list(self.readers) if part.shown else ():
                reader.more()

    async def _read(self, position: Position) -> Part:
        entries = await self._follower.after(position, most=REPLAYED)
        if not entries:
            return Part(position, ())
        wanted = [entry for entry in entries if self._sieve.lets(entry)]
        frames = await self._press.frames(wanted) if wanted else ()
        return Part(entries[-1].position, tuple(map(Shown, wanted, frames)))

    def _keep(self, part: Part) -> None:
        self._shown += part.shown
        self._positions += (shown.entry.position for shown in part.shown)
        if (over := len(self._shown) - KEPT) > 0:
            self.start, self.first = self._positions[over - 1], self.first + over
            del self._shown[:over], self._positions[:over]
        self.position = part.until

    def _end(self, error: HubError) -> None:
        for reader in list(self.readers):
            reader.end(error)


def standing_of(viewer: Viewer) -> Hashable:
    """What a viewer is shown depends on this alone; who opens sealed values is told by name beside it."""
    return viewer.role, viewer.scope, viewer.masks, viewer.permissions
