"""What every outlet's courier has: its office, a view of how the outlet stands, and the work that its way is."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from hub.access.cursors import Cursors
from hub.access.reach import Filter, Reach
from hub.access.viewers import Viewer
from hub.live.follower import Follower
from hub.live.presses import Make
from hub.procedures.configuration import Base
from hub.procedures.consumers import Held
from hub.procedures.outbound import Claim, Standing


@dataclass(slots=True)
class Tally:
    """What the couriers of this process have done."""

    brought: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Office:
    """What the couriers of a process have in common; `prescribed` makes frames and a filter of a subscription."""

    base: Base
    follower: Follower
    cursors: Cursors
    process: str
    lease: dt.timedelta
    poll_seconds: float
    now: Callable[[], dt.datetime]
    current: Callable[[str], Viewer | None]
    prescribed: Callable[[str, Viewer], Awaitable[tuple[Make, Filter]]]
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class View:
    """An outlet as it stands, for whom its events are read, what of the log is wanted, and what makes frames of it."""

    standing: Standing
    held: Held
    viewer: Viewer
    reach: Reach
    make: Make
    lease: dt.timedelta


@dataclass(frozen=True, slots=True)
class Rest:
    """How long a courier waits at most (None: for ever), and whether an event that is wanted ends it."""

    seconds: float | None = None
    events: bool = True


@dataclass(frozen=True, slots=True)
class Pending:
    """Since when something waits to be done now; None where nothing does, and for how long. `reads`: it is an event."""

    since: dt.datetime | None
    rest: Rest = Rest()
    reads: bool = True


class Work(Protocol):
    """What an outlet's way is: what there is to do, doing a part of it while the outlet is held, and ending.

    `stirred` returns when something happened that no event tells of.
    """

    async def pending(self, view: View) -> Pending: ...
    async def turn(self, view: View, claim: Claim) -> Rest: ...
    async def resync(self, view: View, claim: Claim) -> Rest: ...
    async def stirred(self) -> None: ...
    def end(self) -> None: ...
    async def close(self) -> None: ...
