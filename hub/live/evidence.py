"""Evidence of delivery: who was given which events when, as ranges of the log, written at most a second later."""

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from hub.errors import HubError
from hub.rules.runs import runs_of
from hub.schema.consumers import Delivery, Way
from hub.store.changes import Insert, batches
from hub.store.ledger import Ledger
from hub.store.log import Entry

log: Any = structlog.get_logger("hub.live")

FLUSH_SECONDS = 1.0
"""How long a range is gathered: what a killed process could not write any more is no longer than this."""

MOST_OPEN = 100_000
"""Ranges that wait while the base takes none; beyond, streams are given nothing more (`is_full`)."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom events are given: a consumer, or the readers of one group."""

    consumer: str | None
    owner: str | None
    viewer: str
    way: Way
    stream: str | None = None


@dataclass(slots=True)
class Range:
    """Events that one recipient was given one after the other, to the same number of readers each."""

    recipient: Recipient
    first: Entry
    last: Entry
    began_at: dt.datetime
    given_at: dt.datetime
    readers: int = 1
    events: int = 0
    digest: Any = field(default_factory=hashlib.sha256)
    numbers: list[int] = field(default_factory=list)

    def add(self, entry: Entry, now: dt.datetime) -> None:
        """One event more."""
        self.last, self.given_at = entry, now
        self.events += 1
        self.numbers.append(entry.position.seq)
        self.digest.update(f"{entry.id}\n".encode())

    def row(self) -> Insert:
        """The range as the base keeps it."""
        to = self.recipient
        values = {
            "consumer": to.consumer,
            "owner": to.owner,
            "viewer": to.viewer,
            "readers": self.readers,
            "stream": to.stream,
            "way": to.way,
            "lowest": min(self.numbers),
            "highest": max(self.numbers),
            "numbers": runs_of(self.numbers),
            "first": str(self.first.position),
            "last": str(self.last.position),
            "first_event": self.first.id,
            "last_event": self.last.id,
            "events": self.events,
            "digest": self.digest.hexdigest(),
            "began_at": self.began_at,
            "given_at": self.given_at,
        }
        return Insert(Delivery, values, event=None)


class Watchers:
    """Readers that are no consumers and count as one recipient: how many of them were given each event."""

    __slots__ = ("_begin", "_now", "given_to")

    def __init__(self, now: Callable[[], dt.datetime], begin: Callable[[], None]) -> None:
        self.given_to: dict[str, list[Any]] = {}
        self._now, self._begin = now, begin

    def given(self, entry: Entry) -> None:
        """One more was given the event. This runs once for each frame of each of them."""
        known = self.given_to.get(entry.id)
        if known is None:
            self.given_to[entry.id] = [entry, 1, self._now()]
            self._begin()
        else:
            known[1] += 1

    def take(self) -> Iterator[tuple[Entry, int, dt.datetime]]:
        """What was given since it was last taken, in the log's order."""
        taken, self.given_to = self.given_to, {}
        yield from sorted(((e, n, at) for e, n, at in taken.values()), key=lambda each: each[0].position)


class Evidence:
    """Gathers ranges and writes them. While nothing is given it does nothing."""

    def __init__(self, ledger: Ledger, now: Callable[[], dt.datetime]) -> None:
        self._ledger, self._now = ledger, now
        self._open: dict[Recipient, Range] = {}
        self._watching: dict[Recipient, Watchers] = {}
        self._waiting: list[Range] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self.is_full = False
        """Whether so much could not be written that nothing more may be given; looked at for each frame."""

    def given(self, recipient: Recipient, entry: Entry) -> None:
        """A consumer's reader was given the event."""
        now = self._now()
        found = self._open.get(recipient)
        if found is None:
            found = self._open[recipient] = Range(recipient, entry, entry, now, now)
        found.add(entry, now)
        self._soon()

    def recording(self, recipient: Recipient) -> Callable[[Entry], None]:
        """What a reader calls with each event that it was given."""
        if recipient.consumer is not None:
            return partial(self.given, recipient)
        watchers = self._watching.get(recipient)
        if watchers is None:
            watchers = self._watching[recipient] = Watchers(self._now, self._soon)
        return watchers.given

    async def flush(self) -> None:
        """Write everything that was gathered. Unavailable and the like when the base takes nothing: it is kept."""
        self._waiting += [*self._open.values(), *self._waves()]
        self._open.clear()
        self.is_full = len(self._waiting) >= MOST_OPEN
        while self._waiting:
            taken = self._waiting[:500]
            for batch in batches(each.row() for each in taken):
                await self._ledger.write(batch, actor="system", now=self._now())
            del self._waiting[: len(taken)]
            self.is_full = len(self._waiting) >= MOST_OPEN

    async def close(self) -> None:
        """Write the rest."""
        if self._timer is not None:
            self._timer.cancel()
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self.flush()

    def _waves(self) -> list[Range]:
        """The events that watching readers were given: those that went to equally many of them are one range."""
        found: list[Range] = []
        for recipient, watchers in self._watching.items():
            for entry, readers, at in watchers.take():
                last = found[-1] if found else None
                if last is None or (last.recipient, last.readers) != (recipient, readers):
                    found.append(Range(recipient, entry, entry, at, at, readers))
                found[-1].add(entry, at)
        return found

    def _soon(self) -> None:
        if self._timer is None and (self._writing is None or self._writing.done()):
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._begin)

    def _begin(self) -> None:
        self._timer = None
        self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            await self.flush()
        except HubError as error:
            log.warning("evidence waits for the base", action="evidence", code=error.code, ranges=len(self._waiting))
        except Exception:
            # Whatever it is: what was gathered is kept and written later.
            log.exception("evidence waits", action="evidence", ranges=len(self._waiting))
        if self._open or self._waiting or any(each.given_to for each in self._watching.values()):
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._begin)
