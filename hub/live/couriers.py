"""Couriers: one for each outlet and process; the one that holds the outlet reads the log for it and brings it on."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import Any

import structlog

from hub.access.reach import Reach, Sieve
from hub.errors import BadToken, HubError, NoSuchRow, ResyncNeeded, Unavailable
from hub.live.works import Office, Rest, View, Work
from hub.procedures import consumers, outbound
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
            claim = self._holding(view)
            if pending.since is not None and claim is None:
                await self._check_kept(view.held)
        except ResyncNeeded:
            claim = await self._take(over=True)
            return Rest(1.0) if claim is None else await self._work.resync(view, claim)
        if pending.since is None:
            return pending.rest
        waited = (self._office.now() - max(pending.since, _moved_at(view))).total_seconds()
        over = waited >= self.said.yield_seconds
        if pending.reads and self._is_anothers(view) and not over:
            await self._wait(OutletState.ASIDE, None)
            return Rest(self.said.yield_seconds - max(0.0, waited), events=False)
        claim = claim or await self._take(over=over, reads=pending.reads)
        return Rest(1.0) if claim is None else await self._work.turn(view, claim)

    def _is_anothers(self, view: View) -> bool:
        assert view.standing.consumer is not None
        return view.standing.consumer["stream"] not in (None, self.said.id)

    def _holding(self, view: View) -> Claim | None:
        """What this process holds, where it holds all of it and for a while yet."""
        outlet, claim = view.standing.outlet, self._claim
        if claim is None or outlet["held_by"] != claim.process or outlet["held_until"] is None:
            return None
        if view.held.term != claim.term or self._is_anothers(view) or view.standing.is_rewound:
            return None
        left = dt.datetime.fromisoformat(outlet["held_until"]) - self._office.now()
        return claim if self._lease / 2 < left <= self._lease else None

    async def _take(self, *, over: bool, reads: bool = True) -> Claim | None:
        how: Any = {"process": self._office.process, "lease": self._lease, "over": over, "reads": reads}
        self._claim = await outbound.take(self._office.base, self.said, now=self._office.now(), **how)
        return self._claim

    async def _check_kept(self, held: Held) -> None:
        """ResyncNeeded where retention has passed what is next, also while it is still in memory here."""
        if held.acknowledged < await self._office.follower.log.removed():
            raise ResyncNeeded

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


def _moved_at(view: View) -> dt.datetime:
    """When the consumer was taken, or acknowledged something: a stream that gets on with what waits keeps it."""
    assert view.standing.consumer is not None
    return dt.datetime.fromisoformat(view.standing.consumer["updated_at"])
