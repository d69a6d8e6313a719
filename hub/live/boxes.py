"""Batch files: what a consumer has not acknowledged is written into a folder, and acknowledged by files there."""

import asyncio
import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import orjson
import structlog

from hub.errors import BatchForeign, HubError, ResyncNeeded
from hub.live.acks import Acks, Judgement
from hub.live.rounds import Ahead, bodies, evidence, settled
from hub.live.works import Office, Pending, Rest, View
from hub.procedures import parcels as rows
from hub.procedures.outbound import Claim, Outcome
from hub.procedures.outlet_seeds import Outgoing
from hub.procedures.parcels import MOST_WAITING, Stock
from hub.rules.delivering import delay
from hub.schema.outlets import OutletState, ParcelState
from hub.store.changes import Insert
from hub.store.log import Entry, Position
from hub.store.parcels import Statement, digest_of, packed, put, unpacked
from hub.store.signing import Secrets

MOST_IN_FILE = 500
"""Events of one batch file."""

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of the events of one batch file, unless one event alone is more."""

log: Any = structlog.get_logger("hub.live")


@dataclass(frozen=True, slots=True)
class Written:
    """The file that lies under a number: its SHA-256, its events, and whether it is what goes there."""

    sha256: str
    entries: tuple[Entry, ...]
    follows: bool


class Box:
    """The work of an outlet whose events are written into files. Content comes first, its row afterwards."""

    def __init__(self, office: Office, said: Outgoing, secrets: Secrets) -> None:
        self._office, self._said, self._secrets = office, said, secrets
        self._folder = Path(said.folder)
        self._ahead = Ahead(office)
        self._stock: Stock | None = None
        self._window: list[Entry] = []
        self._acks = Acks(self._folder, secrets)
        self._again_at = 0.0
        self._ended = False

    def end(self) -> None:
        """Nothing more is begun."""
        self._ended = True

    async def close(self) -> None:
        """Nothing is kept open."""

    async def stirred(self) -> None:
        """An acknowledgement file came, or another one in its place."""
        while True:
            await asyncio.sleep(self._office.poll_seconds)
            if await asyncio.to_thread(self._acks.changed):
                return

    async def pending(self, view: View) -> Pending:
        """Whether there are acknowledgements to be judged, or events to be written by now."""
        stock = self._stock = await rows.stock(self._office.base, self._said.id)
        self._acks.waiting = () if view.standing.is_rewound else stock.waiting
        if (wait := self._again_at - self._clock()) > 0:
            return Pending(None, Rest(wait, events=False))
        brought = view.held.acknowledged if view.standing.is_rewound else max(view.held.acknowledged, stock.brought)
        self._window = await self._ahead.wanted(brought, view.reach, MOST_IN_FILE)
        rest = Rest()
        if self._window and len(self._acks.waiting) < MOST_WAITING:
            first = self._ahead.since(self._window[0])
            wait = self._said.gather_seconds - (self._office.now() - first).total_seconds()
            if wait <= 0 or len(self._window) == MOST_IN_FILE:
                return Pending(first)
            rest = Rest(wait, events=False)
        self._window = []
        changed = await asyncio.to_thread(self._acks.changed)
        return Pending(self._office.now(), reads=False) if changed else Pending(None, rest)

    async def turn(self, view: View, claim: Claim) -> Rest:
        """Judge what was acknowledged and write what is ahead; what came of it in one deed."""
        judgement = await self._judged(view)
        try:
            frames = await bodies(view, self._window)
            lines = _fitting([_line(frames[each.id], self._cursor(view, each)) for each in self._window])
            self._window = self._window[: len(lines)]
            return await self._written(view, claim, judgement, lines)
        except ResyncNeeded:
            raise
        except HubError as error:
            return await self._failed(view, claim, judgement, error)

    async def resync(self, view: View, claim: Claim) -> Rest:
        """Retention has passed what is next: a file says so, then nothing is written until the consumer is rewound."""
        error, self._window = ResyncNeeded(), []
        lines = [orjson.dumps({"errors": [error.entry()]})]
        stopped = {"state": OutletState.STOPPED, "error": error.code, "next_attempt_at": None, "held_by": None}
        await self._written(view, claim, await self._judged(view), lines, stands=stopped)
        return Rest(None, events=False)

    async def _written(
        self,
        view: View,
        claim: Claim,
        judgement: Judgement,
        lines: Sequence[bytes],
        stands: Mapping[str, Any] | None = None,
    ) -> Rest:
        """The lines in a file under the next number, where there are some, and everything on record."""
        began, stock = self._office.now(), self._stock
        assert stock is not None
        beside, delivery = list(judgement.changes), None
        if lines:
            number = stock.number + 1
            found = await self._put(view, number, lines)
            row = rows.written(view.standing.outlet, view.held.id, number, found.sha256, found.entries, began)
            void = {"state": ParcelState.VOID}
            beside.append(row if found.follows else Insert(row.noun, {**row.values, **void}, event=None))
            delivery = evidence(view, self._said, found.entries, began, self._office.now())
        self._again_at = 0.0
        outcome = Outcome(delivery, judgement.reached, outlet=stands or self._stands(view), beside=tuple(beside))
        if await settled(self._office, self._said, view, claim, outcome, ends=lambda: self._ended):
            self._acks.keep(judgement)
            self._office.tally.brought += bool(lines)
        return Rest(0)

    async def _failed(self, view: View, claim: Claim, judgement: Judgement, error: HubError) -> Rest:
        """The folder takes nothing, or holds what is not ours: tried again, later each time."""
        self._office.tally.failed += 1
        log.warning("no file was written", action="bring", outlet=self._said.id, code=error.code)
        attempts = int(view.standing.outlet["attempts"]) + 1
        said = self._said
        wait = delay(attempts, base=said.base_seconds, bound=said.bound_seconds, chance=random.random())  # noqa: S311 - uneven
        self._again_at = self._clock() + wait
        again = self._office.now() + dt.timedelta(seconds=wait)
        stands = {"state": OutletState.RETRYING, "error": error.code, "attempts": attempts, "next_attempt_at": again}
        held = {"held_until": self._office.now() + view.lease}
        outcome = Outcome(None, judgement.reached, outlet={**stands, **held}, beside=judgement.changes)
        if await settled(self._office, self._said, view, claim, outcome, ends=lambda: self._ended):
            self._acks.keep(judgement)
        return Rest(wait, events=False)

    async def _judged(self, view: View) -> Judgement:
        assert self._stock is not None
        return await asyncio.to_thread(self._acks.judge, self._stock, view.held.id, self._office.now())

    async def _put(self, view: View, number: int, lines: Sequence[bytes]) -> Written:
        """What lies under the number by now: these lines, or what a process that died had put there."""
        stock = self._stock
        assert stock is not None
        cursors = [self._cursor(view, entry) for entry in self._window]
        first, last = (cursors[0], cursors[-1]) if cursors else ("", "")
        statement = Statement(number, view.held.id, first, last, len(lines), stock.sha256)
        content = packed(statement, lines, self._secrets, timestamp=int(self._office.now().timestamp()))
        there = await asyncio.to_thread(put, self._folder, number, content)
        if there == content:
            return Written(digest_of(content), tuple(self._window), follows=True)
        return await self._found(view, statement, there)

    async def _found(self, view: View, wanted: Statement, content: bytes) -> Written:
        """A file that was there already; BatchForeign for one that does not follow the batch before it."""
        batch = unpacked(content, self._secrets)
        said = batch.statement
        if (said.batch, said.consumer, said.previous) != (wanted.batch, wanted.consumer, wanted.previous):
            raise BatchForeign
        cursors = [cursor for cursor in map(_cursor_of, batch.frames) if cursor]
        places = [self._office.cursors.position(cursor, view.held.owner) for cursor in cursors]
        for cursor in (*cursors[:1], *cursors[-1:]):
            await self._check_there(cursor, view.held.owner)
        entries = await self._entries(places)
        # The consumer was rewound since: what it asks for again comes in a file of its own.
        follows = not entries or not self._window or entries[0].position == self._window[0].position
        return Written(batch.sha256, tuple(entries), follows)

    async def _check_there(self, cursor: str, owner: str) -> None:
        """LostEpoch for a file from before the base was restored; BatchForeign for one that retention has passed."""
        try:
            await self._office.cursors.read(cursor, owner)
        except ResyncNeeded:
            raise BatchForeign from None

    async def _entries(self, places: Sequence[Position]) -> list[Entry]:
        if not places:
            return []
        first, last, wanted = places[0], places[-1], set(places)
        at, found = first._replace(seq=first.seq - 1), list[Entry]()
        while at < last and (entries := await self._office.follower.log.after(at)):
            found += [entry for entry in entries if entry.position in wanted]
            at = entries[-1].position
        return found

    def _cursor(self, view: View, entry: Entry) -> str:
        return self._office.cursors.sign(entry.position, entry.id, view.held.owner)

    def _stands(self, view: View) -> dict[str, Any]:
        stands: dict[str, Any] = {"attempts": 0, "error": None, "next_attempt_at": None}
        return stands | {"state": OutletState.RUNNING, "held_until": self._office.now() + view.lease}

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()


def _line(frame: bytes | HubError, cursor: str) -> bytes:
    """A frame is one line; what could not be made says so in its place, so that nobody misses the event."""
    if isinstance(frame, HubError):
        return orjson.dumps({"data": None, "errors": [frame.entry()], "extensions": {"cursor": cursor}})
    return frame.replace(b"\r", b" ").replace(b"\n", b" ")


def _fitting(lines: Sequence[bytes]) -> list[bytes]:
    """As many of the first as go into one file, one at least."""
    sizes = accumulate(map(len, lines))
    fitting = sum(size <= MOST_BYTES for size in sizes)
    return list(lines[: max(1, fitting)])


def _cursor_of(line: bytes) -> str:
    return str(orjson.loads(line).get("extensions", {}).get("cursor") or "")
