"""Couriers: one for each outlet and process; the one that holds the outlet reads the log for it and brings it on."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from hub.access.cursors import Cursors
from hub.access.reach import Filter, Reach, Sieve
from hub.access.viewers import Viewer
from hub.errors import BadToken, HubError, NoSuchRow, ResyncNeeded, Unavailable
from hub.live.follower import Follower
from hub.live.presses import Make
from hub.procedures import consumers, outbound
from hub.procedures.configuration import Base
from hub.procedures.consumers import Held
from hub.procedures.outbound import Claim, Standing
from hub.procedures.outlet_seeds import Outgoing
from hub.schema.events import EventType
from hub.schema.outlets import OutletState
from hub.store.log import Entry

RETRY_SECONDS = (0.2, 5.0)

_OURS = frozenset(
    each.name for each in (EventType.CONSUMER_CHANGED, EventType.OUTLET_CHANGED, EventType.CONFIGURATION_APPLIED)
)
"""Events after which an outlet may stand otherwise, whatever its consumer wants."""

log: Any = structlog.get_logger("hub.live")


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


class Courier:
    """Brings the events of one outlet while this process holds it; meanwhile others wait for the lease to end."""

    def __init__(self, office: Office, said: Outgoing, work: Work) -> None:
        self.said = said
        self._office, self._work = office, work
        self._lease = max(office.lease, dt.timedelta(seconds=3 * said.seconds))
        self._seen = office.follower.newest
        self._sieve: Sieve | None = None
        self._claim: Claim | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()

    def begin(self) -> None:
        """Go to work."""
        self._task = asyncio.create_task(self._run())

    async def end(self) -> None:
        """Nothing more is begun; what is under way is written, and another process may go on at once."""
        self._ending.set()
        self._work.end()
        if self._task is None:
            return
        await asyncio.wait([self._task], timeout=self.said.seconds + 5)
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._work.close()
        if self._claim is not None:
            with suppress(HubError):
                await outbound.give_back(self._office.base, self.said, self._claim, now=self._office.now())

    async def _run(self) -> None:
        retry = RETRY_SECONDS[0]
        while not self._ending.is_set():
            try:
                rest = await self._turn()
                retry = RETRY_SECONDS[0]
            except HubError as error:
                log.warning("an outlet waits", action="bring", outlet=self.said.id, code=error.code)
                rest, retry = Rest(retry, events=False), min(2 * retry, RETRY_SECONDS[1])
            except Exception:
                # Whatever it is: an outlet without its courier is silent for ever.
                log.exception("an outlet waits", action="bring", outlet=self.said.id)
                rest, retry = Rest(retry, events=False), min(2 * retry, RETRY_SECONDS[1])
            await self._pause(rest)

    async def _turn(self) -> Rest:
        self._seen = self._office.follower.newest
        standing = await outbound.look(self._office.base, self.said)
        if standing is None or outbound.is_stopped(standing.outlet, begun=standing.is_rewound):
            return Rest(None, events=False)
        try:
            view = await self._view(standing)
        except Unavailable:
            raise
        except HubError as error:
            return await self._wait(OutletState.WAITING, error.code)
        self._sieve = Sieve(view.reach)
        if outbound.is_held(standing.outlet, self._office.process, self._lease, self._office.now()):
            until = dt.datetime.fromisoformat(standing.outlet["held_until"])
            return Rest(max(0.1, (until - self._office.now()).total_seconds()), events=False)
        return await self._work_on(view)

    async def _work_on(self, view: View) -> Rest:
        try:
            pending = await self._work.pending(view)
        except ResyncNeeded:
            claim = await self._held(view, over=True)
            return Rest(1.0) if claim is None else await self._work.resync(view, claim)
        if pending.since is None:
            return pending.rest
        waited = (self._office.now() - pending.since).total_seconds()
        over = waited >= self.said.yield_seconds
        if pending.reads and self._is_anothers(view) and not over:
            await self._wait(OutletState.ASIDE, None)
            return Rest(self.said.yield_seconds - waited, events=False)
        claim = await self._held(view, over=over, reads=pending.reads)
        return Rest(1.0) if claim is None else await self._work.turn(view, claim)

    def _is_anothers(self, view: View) -> bool:
        assert view.standing.consumer is not None
        return view.standing.consumer["stream"] not in (None, self.said.id)

    async def _held(self, view: View, *, over: bool, reads: bool = True) -> Claim | None:
        """What this process holds by now; as before where it holds all of it for a while yet."""
        now, outlet, claim = self._office.now(), view.standing.outlet, self._claim
        mine = claim is not None and outlet["held_by"] == claim.process and view.held.term == claim.term
        if claim is not None and mine and not self._is_anothers(view) and not view.standing.is_rewound:
            until = outlet["held_until"]
            if until is not None and dt.datetime.fromisoformat(until) - now > self._lease / 2:
                return claim
        how: Any = {"process": self._office.process, "lease": self._lease, "over": over, "reads": reads}
        self._claim = await outbound.take(self._office.base, self.said, now=now, **how)
        return self._claim

    async def _view(self, standing: Standing) -> View:
        """NoSuchRow without a consumer, or one that its viewer may not read; BadToken without a viewer; Forbidden."""
        if standing.consumer is None or standing.held is None:
            raise NoSuchRow
        viewer = self._office.current(standing.consumer["viewer"])
        if viewer is None:
            raise BadToken
        if not consumers.may_read(viewer, standing.held):
            raise NoSuchRow
        carried = viewer.carried_by(self.said.id, "", 0)
        make, wanted = await self._office.prescribed(self.said.text, carried)
        reach = Reach(viewer.scope, (standing.held.wanted, wanted))
        return View(standing, standing.held, carried, reach, make, self._lease)

    async def _wait(self, state: OutletState, error: str | None) -> Rest:
        await outbound.mark(self._office.base, self.said, state, error, now=self._office.now())
        return Rest(None, events=False)

    async def _pause(self, rest: Rest) -> None:
        """Until the time is over, something is wanted that was not seen yet, or the courier ends."""
        ends: list[Awaitable[Any]] = [self._ending.wait(), self._news(rest), self._work.stirred()]
        waits = [asyncio.ensure_future(each) for each in ends]
        try:
            await asyncio.wait(waits, timeout=rest.seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _news(self, rest: Rest) -> None:
        follower = self._office.follower
        while True:
            await follower.beyond(self._seen)
            entries = await follower.after(self._seen)
            if not entries or self._concerns(entries, rest):
                return
            self._seen = entries[-1].position

    def _concerns(self, entries: Sequence[Entry], rest: Rest) -> bool:
        if any(entry.type in _OURS for entry in entries):
            return True
        return rest.events and (self._sieve is None or any(self._sieve.lets(entry) for entry in entries))
