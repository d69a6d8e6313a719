"""Webhooks: what a consumer has not acknowledged is posted to its receiver, and a 2xx acknowledges it."""

import asyncio
import datetime as dt
import random
from collections.abc import Mapping
from typing import Any, Protocol

import orjson
import structlog

from hub.access.cursors import Place
from hub.errors import EventRefused, HubError, ReceiverGone, ResyncNeeded
from hub.live.lanes import Item, Lanes, Late, Record, Round
from hub.live.rounds import Ahead, bodies, evidence, settled
from hub.live.works import Office, Pending, Rest, View
from hub.procedures import letters
from hub.procedures.letters import Lettered, lane_of
from hub.procedures.outbound import Claim, Outcome
from hub.procedures.outlet_seeds import Outgoing
from hub.schema.outlets import LetterState, OutletState
from hub.store.log import Entry, Position

WINDOW = 200
"""Events behind what is acknowledged that are looked at: so far others go on while one is tried again."""

MOST_AT_A_TIME = 50
"""Events of one round."""

PROBE_SECONDS = 30.0
"""How often a receiver that takes nothing is tried with something else than what it failed with."""

log: Any = structlog.get_logger("hub.live")


class Sender(Protocol):
    """Brings a body to the receiver."""

    async def send(self, id_: str, body: bytes, *, timestamp: int) -> None: ...
    async def close(self) -> None: ...


class Webhook:
    """The work of an outlet whose events are posted. Its order is that of each case; `done` are brought out of it."""

    def __init__(self, office: Office, said: Outgoing, sender: Sender) -> None:
        self._office, self._said, self._sender = office, said, sender
        self._ahead = Ahead(office)
        self._window: list[Entry] = []
        self._done: set[str] = set()
        self._claim: Claim | None = None
        self._record = self._new_record()
        self._ended = False

    def end(self) -> None:
        """Nothing more is begun."""
        self._ended = True

    async def stirred(self) -> None:
        """Nothing happens that no event tells of."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Let go of the receiver."""
        await self._sender.close()

    async def pending(self, view: View) -> Pending:
        """Whether there is an event or a letter to be brought."""
        self._window = await self._ahead.wanted(view.held.acknowledged, view.reach, WINDOW)
        if self._window:
            return Pending(self._ahead.since(self._window[0]))
        return Pending(self._office.now(), reads=False) if view.standing.letters else Pending(None)

    async def turn(self, view: View, claim: Claim) -> Rest:
        """Bring what may be brought, and write what came of it."""
        await self._begun(view, claim)
        lettered, lost = await self._lettered(view)
        items = [*lettered, *self._items(view)]
        self._record.keep({item.entry.id for item in items})
        picked = [] if self._is_held() else [item for item in items if self._record.may(item.lane)]
        if self._record.is_down:
            # It is tried with one thing at a time, each in its turn: perhaps it is the first that it cannot take.
            picked.sort(key=lambda item: self._record.tried(item.lane))
        if not picked and not lost and len(items) >= len(self._window):
            return self._rest(Round(), more=False)
        began = self._office.now()
        frames = await bodies(view, [item.entry for item in picked[:MOST_AT_A_TIME]])
        until = self._clock() + view.lease.total_seconds() / 3
        lanes = Lanes(self._record, self._send, lambda: self._ended or self._clock() >= until)
        round_ = await lanes.bring(picked[:MOST_AT_A_TIME], frames)
        round_.letters.extend(lost)
        self._done |= {item.entry.id for item in round_.delivered}
        outcome = self._outcome(view, round_, began)
        if not await self._settled(view, claim, outcome):
            return Rest(0)
        # Whatever is decided about a letter: it is one, and no event to be brought any more.
        self._done |= {each.entry.id for each in round_.letters}
        more = len(self._window) == WINDOW or bool(view.standing.blocked or round_.letters)
        return self._rest(round_, more or len(picked) > len(round_.delivered))

    async def resync(self, view: View, claim: Claim) -> Rest:
        """Retention has passed what is next: the receiver is told once, then nothing is brought until it is rewound."""
        error = ResyncNeeded()
        try:
            await self._send(f"resync.{claim.consumer}.{claim.term}", orjson.dumps({"errors": [error.entry()]}))
        except (ReceiverGone, EventRefused):
            log.info("a receiver does not want to know", action="bring", outlet=self._said.id)
        except HubError as failed:
            retrying = {"state": OutletState.RETRYING, "error": failed.code}
            await self._settled(view, claim, Outcome(outlet=retrying))
            return Rest(self._said.bound_seconds, events=False)
        stopped = {"state": OutletState.STOPPED, "error": error.code, "next_attempt_at": None, "held_by": None}
        await self._settled(view, claim, Outcome(outlet=stopped))
        return Rest(None, events=False)

    async def _begun(self, view: View, claim: Claim) -> None:
        """What another process had come to is taken up; what was letters already is not brought twice."""
        known, self._claim = self._claim, claim
        same = known is not None and (known.consumer, known.term) == (claim.consumer, claim.term)
        if known is claim or (same and not claim.fresh):
            return
        self._record, self._done = self._new_record(), set()
        if view.standing.is_rewound:
            return
        self._done = await letters.closed(self._office.base, self._said.id, [entry.id for entry in self._window])
        row = view.standing.outlet
        if row["state"] == OutletState.RETRYING.name and row["next_attempt_at"] and self._window:
            wait = (dt.datetime.fromisoformat(row["next_attempt_at"]) - self._office.now()).total_seconds()
            again = self._clock() + min(max(0.0, wait), self._said.bound_seconds)
            first = next((entry for entry in self._window if entry.id not in self._done), self._window[0])
            late = Late(first.id, int(row["attempts"]), again, 0, row["error"] or "")
            self._record.late[lane_of(first)], self._record.hold_until = late, again

    async def _lettered(self, view: View) -> tuple[list[Item], list[Lettered]]:
        """Letters that can be brought, and those whose event retention has passed: the log tells of it no more."""
        found, lost = list[Item](), list[Lettered]()
        for row in view.standing.letters:
            entry = await self._entry(row)
            if entry is not None:
                found.append(Item(entry, row))
            else:
                dead, attempts = letters.entry_of(row), int(row["attempts"])
                lost.append(Lettered(dead, LetterState.DEAD, attempts, ResyncNeeded.code, is_known=True))
        return found, lost

    async def _entry(self, row: Mapping[Any, Any]) -> Entry | None:
        before = Position(int(row["epoch"]), int(row["xid"]), int(row["seq"]) - 1)
        try:
            entries = await self._office.follower.log.after(before, most=1)
        except ResyncNeeded:
            return None
        return next((entry for entry in entries if entry.id == row["event"]), None)

    def _items(self, view: View) -> list[Item]:
        blocked = view.standing.blocked
        return [Item(each) for each in self._window if each.id not in self._done and lane_of(each) not in blocked]

    async def _send(self, id_: str, body: bytes) -> None:
        try:
            await self._sender.send(id_, body, timestamp=int(self._office.now().timestamp()))
        except HubError as error:
            self._office.tally.failed += 1
            log.warning("not brought", action="bring", outlet=self._said.id, sent=id_, code=error.code)
            raise
        self._office.tally.brought += 1

    def _outcome(self, view: View, round_: Round, began: dt.datetime) -> Outcome:
        blocked = view.standing.blocked
        behind = [Lettered(each, LetterState.BEHIND) for each in self._window if self._is_behind(each, blocked)]
        passed = self._done | {each.entry.id for each in (*round_.letters, *behind)}
        reached: Entry | None = None
        for entry in self._window:
            if entry.id not in passed:
                break
            reached = entry
        head = next((entry for entry in self._window if entry.id not in passed), None)
        place = None if reached is None else Place(reached.position, reached.id)
        new = [each for each in behind if reached is not None and each.entry.position <= reached.position]
        delivery = evidence(view, self._said, [item.entry for item in round_.delivered], began, self._office.now())
        confirms = any(item.letter is not None for item in round_.delivered)
        return Outcome(delivery, place, (*round_.letters, *new), self._stands(view, round_, head), confirms)

    def _is_behind(self, entry: Entry, blocked: frozenset[str]) -> bool:
        return lane_of(entry) in blocked and entry.id not in self._done

    def _stands(self, view: View, round_: Round, head: Entry | None) -> Mapping[str, Any]:
        now = self._office.now()
        stands: dict[str, Any] = {"attempts": 0, "error": None, "next_attempt_at": None}
        stands |= {"state": OutletState.RUNNING, "held_until": now + view.lease}
        if round_.gone is not None:
            nobody = {"held_by": None, "held_until": None}
            return stands | {"state": OutletState.STOPPED, "error": round_.gone.code} | nobody
        wait, late = self._record.wait(), self._record.late
        if wait is None:
            return stands
        told = late.get(lane_of(head)) if head is not None else None
        told = told or min(late.values(), key=lambda each: each.again_at)
        again = now + dt.timedelta(seconds=max(told.again_at, self._record.hold_until) - self._clock())
        retrying = {"state": OutletState.RETRYING, "error": told.error, "next_attempt_at": again}
        return stands | retrying | {"attempts": told.attempts}

    async def _settled(self, view: View, claim: Claim, outcome: Outcome) -> bool:
        return await settled(self._office, self._said, view, claim, outcome, ends=lambda: self._ended)

    def _rest(self, round_: Round, more: bool) -> Rest:
        if round_.gone is not None:
            return Rest(None, events=False)
        wait = self._record.wait()
        if wait is None:
            return Rest(0) if more else Rest()
        if self._is_held():
            return Rest(wait, events=False)
        if self._record.is_down:
            return Rest(min(wait, PROBE_SECONDS), events=False)
        return Rest(0) if more and round_.delivered else Rest(wait)

    def _is_held(self) -> bool:
        return self._record.hold_until > self._clock()

    def _new_record(self) -> Record:
        return Record(self._said, self._clock, random.random)

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()
