"""Tallies that are kept until the log touches them: statistics that are asked again count what changed, and no more."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from hub.errors import HubError
from hub.live.follower import Follower
from hub.store.dimensions import PART, Tally
from hub.store.log import Entry, Position
from hub.store.tallies import standing

MOST_KEPT = 64
"""Tallies; the one that was asked for longest ago goes first."""

MOST_ROWS = 2_000
"""Of a tally that is worth keeping: more are counted as fast where they lie."""

Count = Callable[[Tally, Sequence[str] | None, Position], Awaitable[list[list[Any]] | None]]
"""Counts a tally, or some of its parts, as of a position: rows of `[part, key..., count, sum...]`; None where the log
has gone on since.
"""


@dataclass(slots=True)
class Kept:
    """A tally by its parts. `touched` are those to be counted anew, None among them where it is everything."""

    tally: Tally
    columns: frozenset[str]
    """What a change must name to touch it; empty where it may be changed by what no change names."""
    parts: dict[str | None, list[list[Any]]] = field(default_factory=dict)
    touched: set[str | None] = field(default_factory=lambda: {None})
    text: str = ""
    too_large: bool = False
    counting: asyncio.Task[bool] | None = None

    def hear(self, touches: Iterable[Mapping[str, Any]], prefix: str) -> None:
        """Note what of it the changes touch."""
        for touch in touches:
            if touch.get("noun") == prefix:
                self.touched.add(None)
            elif touch.get("id", "").partition("_")[0] == prefix:
                self._hear(touch)

    def _hear(self, touch: Mapping[str, Any]) -> None:
        before, after = touch.get("before", {}), touch.get("after", {})
        is_new = "before" not in touch
        if self.columns and not is_new and self.columns.isdisjoint(before.keys() | after.keys()):
            return
        same = touch.get("same", {})
        # What lies in no district is counted every time.
        self.touched |= {place for held in (before, after, same) if (place := held.get(PART)) is not None} or {""}

    def put(self, rows: list[list[Any]], *, counted: Iterable[str | None] | None) -> None:
        """What was counted takes the place of what was kept; `counted` are the parts, None for all."""
        if counted is None:
            self.parts.clear()
        for part in counted or ():
            self.parts.pop(part, None)
        self.parts.pop(None, None)
        for part, *row in rows:
            self.parts.setdefault(part, []).append(row)
        self.text = orjson.dumps(_together(self.parts.values(), len(self.tally.keys))).decode()

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return sum(map(len, self.parts.values()))


class Tallies:
    """What is kept of them in one process, exact for who asks: whoever is given them is told as of which position."""

    def __init__(
        self, count: Count, follower: Follower, *, prefix: Callable[[str], str], told: Callable[[str], frozenset[str]]
    ) -> None:
        self._count, self._follower = count, follower
        self._prefix, self._told = prefix, told
        self._kept: dict[Tally, Kept | None] = {}
        self.counted = self.handed = 0
        """Statements that counted, and times that what is kept was handed over."""
        follower.listen(self._heard)

    async def given(self, wanted: Mapping[str, Tally]) -> dict[str, Any] | None:
        """The tallies as JSON by the names of their binds, with the position that they are of; None where one is not
        kept: it was not asked for before, holds too much, or cannot be counted at the moment.
        """
        kept = [self._asked(tally) for tally in wanted.values()]
        if not all([each is not None and await self._counted(each) for each in kept]):
            return None
        # Those that were counted first may have been touched since.
        if any(each is None or each.touched for each in kept):
            return None
        self.handed += 1
        texts = zip(wanted, (each.text for each in kept if each is not None), strict=True)
        return {**dict(texts), **standing(self._follower.newest)}

    def _asked(self, tally: Tally) -> Kept | None:
        """From the second time on it is kept: most questions are asked once."""
        if tally not in self._kept:
            self._kept[tally] = None
            while len(self._kept) > MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            return None
        found = self._kept.pop(tally) or self._new(tally)
        self._kept[tally] = found
        return found

    def _new(self, tally: Tally) -> Kept:
        named, told = {key.column for key in tally.keys}, self._told(tally.noun)
        is_told = named <= told and not tally.sums and not any(key.month for key in tally.keys)
        return Kept(tally, frozenset(named | {PART}) if is_told else frozenset())

    async def _counted(self, kept: Kept) -> bool:
        """Whether it is as of the newest event; who asks for the same waits for the same count."""
        if not kept.touched or kept.too_large:
            return not kept.too_large
        if kept.counting is None:
            kept.counting = asyncio.create_task(self._count_anew(kept))
            kept.counting.add_done_callback(lambda _: setattr(kept, "counting", None))
        return await asyncio.shield(kept.counting)

    async def _count_anew(self, kept: Kept) -> bool:
        touched, kept.touched = kept.touched, set()
        parts = None if None in touched else sorted(part for part in touched if part)
        try:
            self.counted += 1
            rows = await self._count(kept.tally, parts, self._follower.newest)
        except HubError:
            rows = None
        if rows is None:
            kept.touched |= touched
            return False
        kept.put(rows, counted=parts)
        if kept.rows > MOST_ROWS:
            kept.too_large, kept.parts, kept.text = True, {}, ""
        return not kept.too_large

    def _heard(self, entries: Sequence[Entry]) -> None:
        for kept in self._kept.values():
            if kept is None:
                continue
            if not entries:
                # Some were removed unread.
                kept.touched.add(None)
            for entry in entries:
                if entry.touched is None:
                    kept.touched.add(None)
                else:
                    kept.hear(orjson.loads(entry.touched), self._prefix(kept.tally.noun))


def _together(parts: Iterable[list[list[Any]]], keys: int) -> list[list[Any]]:
    """The rows of all parts, those of equal keys as one."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for rows in parts:
        for row in rows:
            key = tuple(row[:keys])
            had = found.get(key)
            found[key] = (
                row[keys:] if had is None else [one + other for one, other in zip(had, row[keys:], strict=True)]
            )
    return [[*key, *figures] for key, figures in found.items()]
