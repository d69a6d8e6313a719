"""Live queries of one process: woken by the log, run in waves, never asked of the base while nothing changes."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from hub.access.viewers import Viewer
from hub.errors import Deadline, HubError, LiveError, TooManyLive, Unavailable
from hub.live.answers import Answers, Key, Live, Ran, waves
from hub.live.follower import Follower
from hub.live.spectators import Spectator
from hub.live.waking import Waking
from hub.logs import failure
from hub.store.log import Entry

log: Any = structlog.get_logger("hub.live")

GATHER_SECONDS = 0.005
"""How long changes are gathered before those whom they touch are run together."""

AT_ONCE = 8
"""Waves under way at once."""

RETRY_SECONDS = (0.1, 5.0)
MOST_TRIES = 8
"""How often a run may break down, one after the other, before its group is ended; a base that is away is waited for."""


class Queries:
    """Every live query of this process. `run` has to run; `admitted` gives a viewer as it is by now, or BadToken.

    `framed` makes a transport's frame of a document, `ended` its last frame of an error. None is open before `allow`.
    """

    def __init__(
        self,
        follower: Follower,
        *,
        admitted: Callable[[Viewer], Viewer],
        framed: Callable[[bytes], Any],
        ended: Callable[[HubError], Any],
    ) -> None:
        self.ended = ended
        self.groups: dict[Key, Answers] = {}
        self.waves = self.runs = 0
        """Waves so far, and the answers that were made in them."""
        self._admitted, self._framed, self._most = admitted, framed, 0
        self._waking = Waking(self._wake)
        self._of: Counter[str] = Counter()
        self._due: dict[Answers, None] = {}
        self._rung = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_over = False
        follower.listen(self._heard)

    def allow(self, most: int) -> None:
        """A principal has so many from now on; those that are open stay."""
        self._most = most

    async def open(self, viewer: Viewer, live: Live, *, patches: bool, principal: str) -> Spectator:
        """Watch from now on; comes back with the first answer. TooManyLive, BadToken, what refuses the question."""
        if self._is_over:
            raise Unavailable
        viewer = self._admitted(viewer)
        if self._of[principal] >= self._most:
            raise TooManyLive(limit=self._most)
        self._of[principal] += 1
        spectator = Spectator(self, viewer, live, patches=patches, principal=principal)
        try:
            await self._answered(spectator)
        except BaseException:
            spectator.close()
            raise
        return spectator

    async def run(self) -> None:
        """Run what is due, until cancelled."""
        while True:
            await self._rung.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._rung.clear()
            due, self._due = self._due, {}
            for wave in waves(due):
                for group in wave:
                    group.due, group.running = False, True
                task = asyncio.create_task(self._wave(wave))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Nobody is served any more."""
        self._is_over = True
        for group in list(self.groups.values()):
            for spectator in list(group.readers):
                spectator.close()
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def join(self, spectator: Spectator) -> Answers:
        """The group of those who ask the same and are shown the same."""
        live, viewer = spectator.live, spectator.viewer
        key = (live.run, live.asked, live.standing(viewer), live.throttle)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Answers(key, live, viewer, self._framed)
        group.readers[spectator] = None
        if not group.is_settled:
            # Whoever comes waits neither for the throttle nor for the next try.
            self._ring(group)
        return group

    def leave(self, spectator: Spectator) -> None:
        """The last one who leaves a group ends it."""
        group = spectator.group
        if group is not None:
            group.readers.pop(spectator, None)
            if not group.readers:
                self._forget(group)

    def gone(self, spectator: Spectator) -> None:
        """The spectator will not come back."""
        self._of[spectator.principal] -= 1
        if not self._of[spectator.principal]:
            del self._of[spectator.principal]

    def revise(self) -> None:
        """Viewers are others by now: whoever is shown something else watches on in another group, before any frame."""
        for group in list(self.groups.values()):
            for spectator in list(group.readers):
                try:
                    now = self._admitted(spectator.viewer)
                except HubError as error:
                    spectator.end(error)
                    continue
                if group.live.standing(now) != group.live.standing(spectator.viewer):
                    spectator.become(now)

    @property
    def spectators(self) -> int:
        """How many live queries are open in this process."""
        return sum(self._of.values())

    async def _answered(self, spectator: Spectator) -> None:
        """Wait until its group has an answer that is as new as what was heard of the log."""
        while (group := spectator.group) is not None and not group.is_settled:
            waiting = asyncio.get_running_loop().create_future()
            group.waiting.append(waiting)
            await waiting
            if spectator.group is group:
                return

    def _forget(self, group: Answers) -> None:
        if self.groups.get(group.key) is group:
            del self.groups[group.key]
        self._waking.forget(group)
        self._due.pop(group, None)
        if group.timer is not None:
            group.timer.cancel()
        group.release()

    def _heard(self, entries: Sequence[Entry]) -> None:
        if self.groups:
            self._waking.hear(entries)

    def _wake(self, group: Answers) -> None:
        """Run it as soon as its throttle lets it."""
        loop = asyncio.get_running_loop()
        if group.running:
            group.again = True
        elif group.next_at <= loop.time():
            self._ring(group)
        elif group.timer is None and not group.due:
            group.timer = loop.call_at(group.next_at, self._ring, group)

    def _ring(self, group: Answers) -> None:
        if group.timer is not None:
            group.timer.cancel()
            group.timer = None
        if not group.running:
            group.due = True
            self._due[group] = None
            self._rung.set()

    async def _wave(self, wave: Sequence[Answers]) -> None:
        async with self._slots:
            asked = [group for group in wave if group.readers]
            for group in asked:
                # What was heard while it waited is seen by the run that begins now.
                group.again = False
            mark, began = self._waking.mark, asyncio.get_running_loop().time()
            found = await self._found(asked) if asked else ()
            took = asyncio.get_running_loop().time() - began
        for group, each in zip(asked, found, strict=True):
            if self.groups.get(group.key) is group:
                self._end_run(group, each, mark, took / len(asked))

    async def _found(self, wave: Sequence[Answers]) -> Sequence[Ran | BaseException]:
        self.waves += 1
        self.runs += len(wave)
        try:
            return await wave[0].live.run([(group.live.question, group.viewer) for group in wave])
        except Exception as error:
            log.exception("live queries could not be run", action="live")
            return [error] * len(wave)

    def _end_run(self, group: Answers, found: Ran | BaseException, mark: int, took: float) -> None:
        group.running = False
        try:
            if isinstance(found, Ran):
                self._settle(group, found, mark, took)
            else:
                self._failed(group, found)
        except Exception:
            # One that breaks must not end the others of its wave.
            log.exception("an answer could not be given", action="live")

    def _settle(self, group: Answers, found: Ran, mark: int, took: float) -> None:
        # One that takes long rests as long: whatever is written, it takes no more than half of the time.
        group.next_at = asyncio.get_running_loop().time() + max(group.live.throttle, took)
        is_another, again = group.show(found.body), group.again
        group.again = False
        if self._waking.watch(group, found.watch, mark) or again:
            self._wake(group)
        group.release()
        if is_another:
            for spectator in list(group.readers):
                spectator.more()

    def _failed(self, group: Answers, error: BaseException) -> None:
        """It is tried again for those who have seen an answer; a refusal ends this group, and no other."""
        group.failures += 1
        if not isinstance(error, HubError):
            log.error("a live query could not be answered", action="live", failure=failure(error))
        is_away = isinstance(error, Unavailable | Deadline)
        if is_away or (not isinstance(error, HubError) and group.failures < MOST_TRIES):
            wait = min(RETRY_SECONDS[0] * 2**group.failures, RETRY_SECONDS[1])
            group.next_at = asyncio.get_running_loop().time() + wait
            group.again = False
            self._wake(group)
            group.release(error)
            return
        group.release(error)
        for spectator in list(group.readers):
            spectator.end(error if isinstance(error, HubError) else LiveError())
