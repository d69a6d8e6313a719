"""Lanes: the events of one case in their order, several cases at once; who fails is tried again later, or never."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.errors import AnswerTooLarge, EventRefused, HubError, ReceiverFailed, ReceiverGone
from hub.procedures.letters import Lettered, lane_of
from hub.procedures.outlet_seeds import Outgoing
from hub.rules.delivering import delay, is_of_receiver
from hub.schema.outlets import LetterState
from hub.store.log import Entry

AT_ONCE = 4
"""Lanes of one outlet that are brought at the same time."""

Send = Callable[[str, bytes], Awaitable[None]]
"""Brings a body under an event's id; what it raises says what became of it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One event to be brought: by itself, or as the letter that it is."""

    entry: Entry
    letter: Mapping[Any, Any] | None = None

    @property
    def lane(self) -> str:
        return lane_of(self.entry)

    @property
    def tried(self) -> int:
        return int(self.letter["attempts"]) if self.letter is not None else 0


@dataclass(frozen=True, slots=True)
class Late:
    """A lane whose first event failed: how often, when it is tried again (by the loop's clock), what was taken then."""

    event: str
    attempts: int
    again_at: float
    taken: int
    error: str


@dataclass(slots=True)
class Record:
    """What this process knows of a receiver: who is late, and whether it takes anything at all."""

    said: Outgoing
    clock: Callable[[], float]
    chance: Callable[[], float]
    late: dict[str, Late] = field(default_factory=dict)
    taken: int = 0
    failed: int = 0
    """Failures since it last answered that it took something."""
    hold_until: float = 0.0
    """It asked to be left alone so long."""

    @property
    def is_down(self) -> bool:
        """Whether it takes nothing, whatever it is tried with."""
        return self.failed >= AT_ONCE

    def may(self, lane: str) -> bool:
        """Whether the lane may be tried now."""
        found = self.late.get(lane)
        return found is None or found.again_at <= self.clock()

    def tried(self, lane: str) -> int:
        """How often the lane's first event has failed."""
        found = self.late.get(lane)
        return 0 if found is None else found.attempts

    def wait(self) -> float | None:
        """Seconds until a late lane may be tried, or until the receiver wants to be asked again; None where none is."""
        times = [each.again_at for each in self.late.values()]
        if not times and self.hold_until <= self.clock():
            return None
        return max(0.0, max(self.hold_until, min(times, default=0.0)) - self.clock())

    def keep(self, events: Collection[str]) -> None:
        """Nothing else is still to be brought."""
        self.late = {lane: each for lane, each in self.late.items() if each.event in events}

    def took(self, item: Item) -> None:
        """It was brought."""
        self.taken, self.failed = self.taken + 1, 0
        self.late.pop(item.lane, None)

    def refused(self, item: Item, error: HubError) -> tuple[int, bool]:
        """It was not: how often it has been tried, and whether it never is again."""
        known = self.late.pop(item.lane, None)
        before = known if known is not None and known.event == item.entry.id else None
        attempts = (before.attempts if before else item.tried) + 1
        taken = before.taken if before else self.taken
        if isinstance(error, EventRefused):
            self.failed = 0
        else:
            self.failed += 1
        if self._is_final(error, attempts, taken):
            return attempts, True
        self.late[item.lane] = Late(item.entry.id, attempts, self._again_at(error, attempts), taken, error.code)
        return attempts, False

    def _again_at(self, error: HubError, attempts: int) -> float:
        asked: Any = error.facts.get("asked")
        said, now = self.said, self.clock()
        if asked:
            self.hold_until = max(self.hold_until, now + min(asked, said.bound_seconds))
        return now + delay(
            attempts, base=said.base_seconds, bound=said.bound_seconds, chance=self.chance(), asked=asked
        )

    def _is_final(self, error: HubError, attempts: int, taken: int) -> bool:
        """Whether the event fails for good: a receiver that takes nothing at all loses none by being away for long."""
        if isinstance(error, (EventRefused, AnswerTooLarge)):
            return True
        if attempts < self.said.attempts:
            return False
        of_event = isinstance(error, ReceiverFailed) and not is_of_receiver(int(str(error.facts["said"])))
        return of_event or self.taken > taken


@dataclass(slots=True)
class Round:
    """What a round came to."""

    delivered: list[Item] = field(default_factory=list)
    letters: list[Lettered] = field(default_factory=list)
    gone: HubError | None = None


class Lanes:
    """Brings items, lane by lane, each in its order; once `stops` says so nothing more begins."""

    def __init__(self, record: Record, send: Send, stops: Callable[[], bool]) -> None:
        self._record, self._send, self._stops = record, send, stops
        self._round, self._tried = Round(), False

    async def bring(self, items: Sequence[Item], frames: Mapping[str, bytes | HubError]) -> Round:
        """What came of the items. `frames` are bodies by event, or the error that making one came to."""
        turn = asyncio.Semaphore(1 if self._record.is_down else AT_ONCE)
        lanes: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            lanes[item.lane].append(item)

        async def lane(items: Sequence[Item]) -> None:
            async with turn:
                for item in items:
                    if self._is_over() or not await self._one(item, frames[item.entry.id]):
                        return

        await asyncio.gather(*map(lane, lanes.values()))
        return self._round

    def _is_over(self) -> bool:
        held = self._record.hold_until > self._record.clock()
        # A receiver that takes nothing is tried with one thing a round.
        return self._stops() or self._round.gone is not None or held or (self._record.is_down and self._tried)

    async def _one(self, item: Item, frame: bytes | HubError) -> bool:
        """Whether the next of its lane may follow."""
        self._tried = True
        try:
            if isinstance(frame, HubError):
                raise frame
            await self._send(item.entry.id, frame)
        except ReceiverGone as error:
            self._round.gone = error
            return False
        except HubError as error:
            self._failed(item, error)
            return False
        self._record.took(item)
        self._round.delivered.append(item)
        if item.letter is not None:
            self._letter(item, LetterState.DELIVERED, item.tried + 1, None)
        return True

    def _failed(self, item: Item, error: HubError) -> None:
        attempts, final = self._record.refused(item, error)
        if final:
            self._letter(item, LetterState.DEAD, attempts, error.code)
        elif item.letter is not None:
            self._letter(item, LetterState[item.letter["state"]], attempts, error.code)

    def _letter(self, item: Item, state: LetterState, attempts: int, error: str | None) -> None:
        self._round.letters.append(Lettered(item.entry, state, attempts, error, is_known=item.letter is not None))
