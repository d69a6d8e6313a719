"""Presses: groups that differ in their filters share the frames of events, and what comes together is one run."""

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import pytest
from tests.live.test_follower import until
from tests.live.test_streams import AGENCY, FOREIGN, POST, Client, Hub, hub
from tests.store.town import Town

from hub.access.reach import Filter
from hub.access.viewers import Viewer
from hub.errors import AnswerTooLarge
from hub.live import presses
from hub.live.streams import Operation
from hub.schema.consumers import Way
from hub.store.log import Entry

__all__ = ["hub"]

OTHERS = ("PARTY_ADDED", "PARTY_CHANGED", "MODE_STARTED", "MODE_CHANGED", "REFERRAL_ISSUED")


def filters(number: int) -> dict[str, Any]:
    """One of as many sets of types, each of which holds what is registered."""
    return {"types": frozenset({"CASE_REGISTERED", *(kind for bit, kind in enumerate(OTHERS) if number >> bit & 1)})}


async def test_groups_that_differ_in_their_filters_are_one_run_for_each_wave(hub: Hub, town: Town) -> None:
    """Many filters, one wave: thirty groups, four events of one deed, one execution, each event's frame made once."""
    clients = [await hub.client(AGENCY, wanted=filters(number)) for number in range(30)]
    assert (len(hub.streams.groups), len(hub.streams.presses)) == (30, 1)

    await town.write(*[town.case() for _ in range(4)])

    await until(lambda: all(len(client.ids) == 4 for client in clients))
    assert hub.maker.calls == [clients[0].ids]
    assert all(one is other for client in clients for one, other in zip(client.frames, clients[0].frames, strict=True))


async def test_who_wants_other_events_adds_only_those_to_the_run(hub: Hub, town: Town) -> None:
    registered = await hub.client(AGENCY, wanted={"types": frozenset({"CASE_REGISTERED"})})
    parties = await hub.client(AGENCY, wanted={"types": frozenset({"PARTY_ADDED"})})
    [case] = await town.write(town.case())
    await until(lambda: len(registered.ids) == 1)
    written = await town.write(town.case(), town.party(case.id, "张三"), town.party(case.id, "李四"))

    await until(lambda: len(registered.ids) == 2 and len(parties.ids) == 2)

    assert [sorted(call) for call in hub.maker.calls] == [[case.event], sorted(each.event or "" for each in written)]


async def test_another_scope_or_question_is_another_press(hub: Hub, town: Town) -> None:
    for viewer, asked in ((AGENCY, "q"), (AGENCY, "other"), (POST, "q"), (FOREIGN, "q")):
        await hub.client(viewer, asked=asked)
    assert len(hub.streams.presses) == 4


async def test_presses_go_with_their_groups(hub: Hub, town: Town) -> None:
    clients = [await hub.client(AGENCY, wanted=filters(number)) for number in range(3)]
    for client in clients:
        client.reader.close()
    await asyncio.sleep(0)
    gc.collect()
    assert len(hub.streams.presses) == 0


async def test_a_frame_that_fails_ends_only_those_who_want_it(hub: Hub, town: Town) -> None:
    """ANCHORS 4: one bad subscriber stops nobody."""

    async def make(viewer: Viewer, owner: str, entries: Sequence[Entry]) -> list[Any]:
        if any(entry.type == "PARTY_ADDED" for entry in entries):
            raise AnswerTooLarge(limit=1)
        return await hub.maker(viewer, owner, entries)

    wanted = [frozenset({"CASE_REGISTERED"}), frozenset({"PARTY_ADDED"})]
    operations = [Operation("q", make, Filter(types=each), Way.WEBSOCKET) for each in wanted]
    cases, parties = [Client(await hub.streams.open(AGENCY, each)) for each in operations]
    [case] = await town.write(town.case())
    await until(lambda: len(cases.ids) == 1)

    [party, other] = await town.write(town.party(case.id, "张三"), town.case())

    await until(lambda: bool(parties.ended) and len(cases.ids) == 2)
    assert [type(error) for error in parties.ended] == [AnswerTooLarge]
    assert (cases.ids, cases.ended) == ([case.event, other.event], [])
    assert party.event not in cases.ids


async def test_frames_are_forgotten_after_a_while(hub: Hub, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presses, "SHARED_SECONDS", 0.05)
    client = await hub.client(AGENCY)
    await town.write(town.case())
    await until(lambda: len(client.ids) == 1)
    [press] = hub.streams.presses.values()

    await until(lambda: not press._frames)
    await asyncio.sleep(0.1)
    assert not press._running
