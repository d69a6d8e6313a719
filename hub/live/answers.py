"""Groups of live queries: who asks the same in the same scope shares one run, one comparison, one patch, one frame."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.access.viewers import Viewer
from hub.live.patches import Patches
from hub.live.watched import Watch

if TYPE_CHECKING:
    from hub.live.spectators import Spectator

MOST_TOGETHER = 256
"""Groups of one wave."""

_NO_DATA = b'{"data":null'


@dataclass(frozen=True, slots=True)
class Ran:
    """A complete document, and everything that may make it another."""

    body: bytes
    watch: Watch


Asked = tuple[Any, Viewer]
"""A question, as whoever opened the live query put it, and whom it is answered for."""

Run = Callable[[Sequence[Asked]], Awaitable[Sequence[Ran | BaseException]]]
"""Answers questions whose `together` is equal, each for its viewer as of now; what went wrong stands in its place."""


@dataclass(frozen=True, slots=True)
class Live:
    """What is asked.

    `asked` is equal where text, variables and purpose are; `question` is handed to `run`. Questions of equal `together`
    share the plan and differ in variables or scope only. `standing` says of a viewer what its answers depend on: who is
    equal in it is shown the same. `throttle` is how many seconds lie between two answers at least.
    """

    asked: Hashable
    question: Any
    run: Run
    standing: Callable[[Viewer], Hashable]
    together: Hashable
    throttle: float = 0.0


Key = tuple[Run, Hashable, Hashable, float]
"""What the readers of one group have in common: who answers them, what is asked, their standing, the throttle.

After a reload others answer: by other limits and definitions, perhaps with something else.
"""


class Answers:
    """One group: its newest answer, the one before it, and who watches."""

    __slots__ = (
        "_before",
        "_frame",
        "_frames",
        "_patch",
        "_patches",
        "again",
        "body",
        "due",
        "failures",
        "key",
        "live",
        "next_at",
        "readers",
        "running",
        "timer",
        "version",
        "viewer",
        "waiting",
    )

    def __init__(self, key: Key, live: Live, viewer: Viewer, frame: Callable[[bytes], Any]) -> None:
        self.key, self.live, self.viewer, self._frame = key, live, viewer, frame
        self.readers: dict[Spectator, None] = {}
        """In the order in which they came: sockets are written to as they lie in memory."""
        self.version = self.failures = 0
        self.body = self._before = b""
        self.due = self.running = self.again = False
        """Whether it is about to run, runs, and has to run once more."""
        self.next_at = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.waiting: list[asyncio.Future[None]] = []
        self._frames: dict[int, Any] = {}
        self._patch: bytes | None = None
        self._patches = Patches()

    @property
    def is_settled(self) -> bool:
        """Whether its answer is there, and nothing is known that may have made it another."""
        return bool(self.version) and not (self.due or self.running or self.again or self.failures or self.timer)

    def show(self, body: bytes) -> bool:
        """The newest answer; whether it is another than the last one."""
        self.failures = 0
        if body == self.body:
            return False
        self._before, self.body = self.body, body
        self.version += 1
        self._frames, self._patch = {}, None
        return True

    @property
    def has_data(self) -> bool:
        """Whether the newest answer shows anything that patches could be made for."""
        return not self.body.startswith(_NO_DATA)

    def whole(self) -> Any:
        """The frame of the whole answer, without a revision."""
        return self._framed(0, lambda: self.body)

    def first(self) -> Any:
        """The frame of the whole answer that patches follow."""
        return self._framed(1, lambda: b'%s,"revision":1}' % self.body[:-1])

    def next(self, revision: int) -> Any:
        """The frame that makes this answer of the last one, as this revision; None where `first` serves better."""
        if self._patch is None:
            self._patch = self._patches.between(self._before, self.body) or b""
        made = self._patch
        return self._framed(revision, lambda: b'%s,"revision":%d}' % (made[:-1], revision)) if made else None

    def release(self, error: BaseException | None = None) -> None:
        """Let go of those who wait for an answer."""
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            if each.done():
                continue
            if error is None:
                each.set_result(None)
            else:
                each.set_exception(error)

    def _framed(self, revision: int, made: Callable[[], bytes]) -> Any:
        """One frame for all who are at the same revision."""
        found = self._frames.get(revision)
        if found is None:
            found = self._frames[revision] = self._frame(made())
        return found


def waves(due: Iterable[Answers]) -> list[list[Answers]]:
    """The groups that can be run together."""
    found: dict[tuple[Run, Hashable], list[Answers]] = {}
    for group in due:
        found.setdefault((group.live.run, group.live.together), []).append(group)
    return [wave[at : at + MOST_TOGETHER] for wave in found.values() for at in range(0, len(wave), MOST_TOGETHER)]
