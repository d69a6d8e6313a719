"""Streams: who reads the log in this process, from where, and which of them share a group."""

import datetime as dt
from collections.abc import Callable, Container, Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import orjson

from hub.access.cursors import Cursors, owner_of
from hub.access.reach import Filter, Reach, Sieve
from hub.access.viewers import Viewer
from hub.errors import BadToken, ConsumerRewound, ConsumerTaken, HubError, NoSuchRow, ResyncNeeded, Unavailable
from hub.live.evidence import Evidence, Recipient
from hub.live.follower import Follower
from hub.live.groups import Group
from hub.live.presses import Key, Make, Press
from hub.live.readers import Reader
from hub.procedures import consumers, terms
from hub.procedures.configuration import Base
from hub.procedures.consumers import Held
from hub.schema.consumers import Consumer, Way
from hub.schema.events import EventType
from hub.store.changes import uuid7
from hub.store.log import Entry, Position

MOST_LOOKED_THROUGH = 50_000
"""Events that one plain question for events looks through at most."""

_WHY: dict[str, type[HubError]] = {
    terms.TAKEN: ConsumerTaken,
    terms.REWOUND: ConsumerRewound,
    terms.ENDED: NoSuchRow,
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What is streamed: `asked` is equal where plan, variables and purpose are; `make` makes its frames.

    `text` is what it was asked with.
    """

    asked: Hashable
    make: Make
    wanted: Filter
    way: Way
    text: str = ""


class Streams:
    """Every reader of the log in this process.

    `current` gives a viewer as its policy row is now, None where there is none; `revoked` are the ids of tokens that
    were revoked; `ended` makes a transport's last frame of an error.
    """

    def __init__(
        self,
        base: Base,
        follower: Follower,
        cursors: Cursors,
        *,
        evidence: Evidence,
        now: Callable[[], dt.datetime],
        current: Callable[[str], Viewer | None],
        ended: Callable[[HubError], Any],
        revoked: Container[str] = frozenset(),
    ) -> None:
        self.cursors, self.evidence = cursors, evidence
        self._base, self._follower = base, follower
        self._now, self._current, self._revoked = now, current, revoked
        self.ended = ended
        self.groups: dict[Key, Group] = {}
        self.presses: WeakValueDictionary[Key, Press] = WeakValueDictionary()
        """Those of the groups there are."""
        self._operations: dict[Reader, tuple[Operation, Held | None]] = {}
        self._terms: dict[str, tuple[int, type[HubError]]] = {}
        follower.listen(self._heard)

    async def open(
        self, viewer: Viewer, operation: Operation, *, after: str | None = None, consumer: str | None = None
    ) -> Reader:
        """A reader from behind a cursor, from what its consumer has acknowledged, or from now on: the latest of these.

        A consumer is taken over: the stream that had it ends, wherever it is. The cursor's errors are those of
        `Cursors.read`, the consumer's NoSuchRow; ResyncNeeded when retention has removed what follows.
        """
        stream = uuid7()
        found = await consumers.find_consumer(self._base, viewer, consumer) if consumer is not None else None
        start = await self._start(viewer, found, after)
        # Only what can be read is taken: a bad cursor ends nobody's stream.
        held = await self._take(viewer, found.id, stream) if found else None
        recipient, term = Recipient(None, None, viewer.name, operation.way), 0
        if held:
            recipient, term = Recipient(held.id, held.owner, viewer.name, operation.way, stream), held.term
            start = max(start, held.acknowledged)
        reader = Reader(self, self.evidence, viewer, position=start, recipient=recipient, term=term)
        self._operations[reader] = operation, held
        self._end_if_over(reader)
        return reader

    async def pending(self, viewer: Viewer, consumer: str, first: int) -> tuple[str, list[Entry]]:
        """The next events that the consumer has not acknowledged, for who can only ask, and the owner of their cursors.

        Each counts as given. NoSuchRow; ResyncNeeded when retention has removed some of them.
        """
        if self.evidence.is_full:
            raise Unavailable
        held = await consumers.find_consumer(self._base, viewer, consumer)
        await self._check_kept(held)
        sieve = Sieve(Reach(viewer.scope, (held.wanted,)))
        found = await self._look_through(held.acknowledged, sieve, first)
        recipient = Recipient(held.id, held.owner, viewer.name, Way.QUERY)
        for entry in found:
            self.evidence.given(recipient, entry)
        return held.owner, found

    def join(self, reader: Reader, viewer: Viewer) -> Group:
        """The group of those who ask the same in the same scope."""
        operation, held = self._operations[reader]
        wanted = (*((held.wanted,) if held else ()), operation.wanted)
        owner = held.owner if held else owner_of(viewer)
        reach = Reach(viewer.scope, wanted)
        key = Key(operation.asked, viewer.role, reach, viewer.masks, viewer.permissions, owner)
        group = self.groups.get(key)
        if group is None:
            newest, press = self._follower.newest, self._press(key, operation, viewer)
            group = self.groups[key] = Group(
                key, viewer, press, follower=self._follower, position=newest, current=self._current
            )
        group.readers[reader] = None
        return group

    def _press(self, key: Key, operation: Operation, viewer: Viewer) -> Press:
        press = self.presses.get(key.unfiltered())
        if press is None:
            press = self.presses[key.unfiltered()] = Press(operation.make, viewer, key.owner)
        return press

    def leave(self, reader: Reader) -> None:
        """The reader is in no group any more; the last one closes it."""
        group = reader.group
        if group is None:
            return
        group.readers.pop(reader, None)
        if not group.readers and self.groups.get(group.key) is group:
            del self.groups[group.key]
            group.close()

    def text_of(self, reader: Reader) -> str | None:
        """What the reader's operation was asked with; None where the reader has ended."""
        found = self._operations.get(reader)
        return found[0].text if found else None

    def move(self, reader: Reader, operation: Operation) -> None:
        """The reader goes on as this operation from where it is: nothing is lost, nothing given twice."""
        found = self._operations.get(reader)
        if found is not None:
            self._operations[reader] = operation, found[1]
            reader.move()

    def gone(self, reader: Reader) -> None:
        """The reader will not come back."""
        self._operations.pop(reader, None)

    def admitted(self, reader: Reader, viewer: Viewer) -> Viewer:
        """The reader's viewer as it is by now. BadToken where it is none any more, NoSuchRow without its consumer."""
        _, held = self._operations[reader]
        now = self._current(viewer.name)
        if now is None or viewer.jti in self._revoked:
            raise BadToken
        if held is not None and not consumers.may_read(now, held):
            raise NoSuchRow
        return now.carried_by(viewer.subject, viewer.jti, viewer.exp)

    def revise(self) -> None:
        """Viewers are others by now, or tokens revoked: nothing more is given to what they were."""
        for reader in [reader for reader in self._operations if reader.viewer.jti in self._revoked]:
            reader.end(BadToken())
        for group in list(self.groups.values()):
            group.authorise()

    def close(self) -> None:
        """Nobody is served any more."""
        for reader in list(self._operations):
            reader.close()

    @property
    def readers(self) -> int:
        """How many streams are open in this process."""
        return len(self._operations)

    @property
    def consumers(self) -> int:
        """How many consumers are read in this process."""
        return sum(held is not None for _, held in self._operations.values())

    async def _start(self, viewer: Viewer, consumer: Held | None, after: str | None) -> Position:
        if after is not None:
            place = await self.cursors.read(after, consumer.owner if consumer else owner_of(viewer))
            return max(place.position, consumer.acknowledged) if consumer else place.position
        if consumer is None:
            return self._follower.newest
        await self._check_kept(consumer)
        return consumer.acknowledged

    async def _check_kept(self, consumer: Held) -> None:
        """ResyncNeeded where retention has removed what the consumer has not acknowledged, also if nothing is left."""
        if consumer.acknowledged < await self._follower.log.removed():
            raise ResyncNeeded

    async def _take(self, viewer: Viewer, consumer: str, stream: str) -> Held:
        held = await terms.take_consumer(self._base, viewer, consumer, stream, now=self._now())
        # In this process the older stream ends now, not when the log is read on.
        self._over(consumer, held.term, ConsumerTaken)
        return held

    async def _look_through(self, position: Position, sieve: Sieve, first: int) -> list[Entry]:
        found: list[Entry] = []
        seen = 0
        while seen < MOST_LOOKED_THROUGH and (entries := await self._follower.after(position)):
            found += [entry for entry in entries if sieve.lets(entry)]
            if len(found) >= first:
                break
            position, seen = entries[-1].position, seen + len(entries)
        return found[:first]

    def _heard(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if entry.type == EventType.CONSUMER_CHANGED.name:
                facts = {fact["name"]: fact for fact in orjson.loads(entry.facts)}
                if terms.TERM in facts:
                    name = Consumer.declared.name.lower()
                    why = _WHY[facts[terms.WHY]["code"]]
                    self._over(facts[name]["id"], int(facts[terms.TERM]["code"]), why)

    def _over(self, consumer: str, term: int, why: type[HubError]) -> None:
        """Streams that held the consumer in an earlier term end; also those that are just being opened."""
        if term <= self._terms.get(consumer, (0, why))[0]:
            return
        self._terms[consumer] = term, why
        for reader in [reader for reader in self._operations if reader.recipient.consumer == consumer]:
            self._end_if_over(reader)

    def _end_if_over(self, reader: Reader) -> None:
        term, why = self._terms.get(reader.recipient.consumer or "", (0, ConsumerTaken))
        if reader.term < term:
            reader.end(why())
