"""Groups of live queries: who shares a run, what slow readers are given, and that one that fails harms no other."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson
import pytest
import pytest_asyncio

from hub.access.viewers import PUBLIC, Viewer
from hub.errors import NodeBudget, TooManyLive, Unavailable
from hub.live import queries as module
from hub.live.answers import Asked, Live, Ran
from hub.live.queries import Queries
from hub.live.spectators import Spectator
from hub.live.watched import Watch
from hub.store.log import BEGINNING, Entry

PATCHED, WHOLE = True, False


class Log:
    """Tells what it is told to: an event that may have touched anything."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Sequence[Entry]], None]] = []

    def listen(self, listener: Callable[[Sequence[Entry]], None]) -> None:
        self.listeners.append(listener)

    def rings(self) -> None:
        entry = Entry(BEGINNING, "evt", "CASE_CHANGED", None, None, None, None, "x", None, "2025", "[]")
        for listener in self.listeners:
            listener([entry])


class Answering:
    """Gives what it was made to give; `asked` counts the questions of each run."""

    def __init__(self, data: Any = 0) -> None:
        self.data, self.asked = data, list[int]()
        self.fails: dict[str, BaseException] = {}
        self.errors: list[Any] = []

    async def __call__(self, asked: Sequence[Asked]) -> list[Ran | BaseException]:
        self.asked.append(len(asked))
        return [self.fails.get(question) or Ran(self.body(), Watch(everything=True)) for question, _ in asked]

    def body(self) -> bytes:
        data = None if self.data is None else {"n": self.data, "rest": "x" * 100}
        return orjson.dumps({"data": data} | ({"errors": self.errors} if self.errors else {}))

    def live(self, question: str = "q") -> Live:
        return Live(question, question, self, lambda viewer: viewer.scope, "together")


class Room:
    def __init__(self) -> None:
        self.log, self.answering = Log(), Answering()
        self.queries = Queries(
            self.log,  # type: ignore[arg-type]
            admitted=lambda viewer: viewer,
            framed=orjson.loads,
            ended=lambda error: {"ended": error.code},
        )
        self.queries.allow(8)

    async def open(self, live: Live | None = None, *, patches: bool = WHOLE, viewer: Viewer = PUBLIC) -> Spectator:
        async with asyncio.timeout(5):
            return await self.queries.open(viewer, live or self.answering.live(), patches=patches, principal="p")

    async def changed(self, data: Any = None) -> None:
        self.answering.data = data
        self.log.rings()
        await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    running = asyncio.create_task(room.queries.run())
    yield room
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await room.queries.close()


async def test_those_who_ask_the_same_share_a_run_and_others_run_with_them(room: Room) -> None:
    both = [await room.open(), await room.open(patches=PATCHED), await room.open(room.answering.live("another"))]
    room.answering.asked.clear()

    await room.changed(1)

    assert room.answering.asked == [2]
    first = [spectator.pull() for spectator in both]
    assert [each["data"]["n"] for each in first] == [1, 1, 1]
    assert first[0] is not first[1]
    assert all(spectator.pull() is None for spectator in both)
    await room.changed(1)
    assert all(spectator.pull() is None for spectator in both), "nothing is another"


async def test_who_is_answered_by_another_composition_is_in_another_group(room: Room) -> None:
    """A reload may have brought other definitions: nobody who asks anew is given the older one's answers."""
    before, after = room.answering, Answering("new")
    old, new = await room.open(before.live()), await room.open(after.live())
    assert (old.pull()["data"]["n"], new.pull()["data"]["n"]) == (0, "new")


async def test_revisions_count_on_and_begin_anew_where_a_patch_would_not_do(room: Room) -> None:
    """ANCHORS 3.4: no gap, null data without revision, errors with an empty patch, the newest for who is slow."""
    reader = await room.open(patches=PATCHED)
    assert reader.pull()["revision"] == 1
    await room.changed(1)
    assert reader.pull() == {"patch": [{"op": "replace", "path": "/n", "value": 1}], "revision": 2}
    room.answering.errors = [{"message": "m"}]
    await room.changed(1)
    assert reader.pull() == {"patch": [], "errors": [{"message": "m"}], "revision": 3}
    room.answering.errors = []
    await room.changed(None)
    assert reader.pull() == {"data": None}
    await room.changed(2)
    assert (again := reader.pull())["revision"] == 1
    assert again["data"]["n"] == 2
    for number in (3, 4):
        await room.changed(number)
    assert (newest := reader.pull())["revision"] == 1
    assert (newest["data"]["n"], reader.pull()) == (4, None)


async def test_constant_changes_starve_nobody_and_a_throttle_does_not_hold_up_who_comes(room: Room) -> None:
    reader, given = await room.open(), list[int]()
    throttled = Live("t", "t", room.answering, lambda viewer: viewer.scope, "t", throttle=60)
    slow = await room.open(throttled)
    for number in range(1, 100):
        room.answering.data = number
        room.log.rings()
        await asyncio.sleep(0.002)
        if (found := reader.pull()) is not None:
            given.append(found["data"]["n"])
    assert len(given) > 5
    assert (slow.pull()["data"]["n"], slow.pull()) == (0, None)
    newcomer = await room.open(throttled)
    assert newcomer.pull()["data"]["n"] == slow.pull()["data"]["n"] == 99


async def test_one_that_fails_fails_alone_and_goes_on_when_the_base_is_back(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", (0.01, 0.02))
    away, over, well = [await room.open(room.answering.live(name)) for name in ("away", "over", "well")]
    for each in (away, over, well):
        each.pull()
    room.answering.fails = {"away": Unavailable(), "over": NodeBudget(limit=1)}
    await room.changed(1)
    assert (away.pull(), over.pull()["ended"], well.pull()["data"]["n"]) == (None, NodeBudget.code, 1)
    with pytest.raises(Unavailable):
        await room.open(room.answering.live("away"))
    room.answering.fails = {}
    await asyncio.sleep(0.1)
    assert away.pull()["data"]["n"] == 1
    assert room.queries.spectators == 2


async def test_a_principal_has_only_so_many_and_nobody_leaves_anything_behind(room: Room) -> None:
    readers = [await room.open() for _ in range(8)]
    with pytest.raises(TooManyLive):
        await room.open()
    for reader in readers:
        reader.close()
    assert (room.queries.groups, room.queries.spectators) == ({}, 0)
    runs = room.queries.runs
    await room.changed(5)
    assert room.queries.runs == runs
