"""Identical subscriptions of a whole hub: one statement and one serialisation per event, whoever listens how."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from tests.app.test_subscriptions import CASES, Newsroom, room, socket, streamed
from tests.web.sockets import Client, subscribe

from hub.resolvers.listed import Lists
from hub.web import contract
from hub.web.connections import SocketConnection

__all__ = ["room"]

OTHERS = ("PARTY_ADDED", "PARTY_CHANGED", "MODE_STARTED", "MODE_CHANGED", "REFERRAL_ISSUED")


@dataclass
class Counted:
    """How often a hub did what costs most, from now on."""

    statements: int = 0
    frames: int = 0
    pieces: list[bytes] = field(default_factory=list)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    found = Counted()
    answer, write = Lists.answer, SocketConnection.write_each

    async def answered(self: Lists, listed: Any, items: Any, *more: Any) -> Any:
        found.statements += 1
        found.frames += len(items)
        return await answer(self, listed, items, *more)

    def written(self: SocketConnection, head: bytes, messages: Any) -> None:
        found.pieces += messages
        write(self, head, messages)

    monkeypatch.setattr(Lists, "answer", answered)
    monkeypatch.setattr(SocketConnection, "write_each", written)
    return found


def filters(number: int) -> dict[str, Any]:
    """One of as many filters, each of which lets a changed case through."""
    return {"types": ["CASE_CHANGED", *(kind for bit, kind in enumerate(OTHERS) if number >> bit & 1)]}


async def frame_of(client: Client) -> tuple[str, bytes]:
    """The id and the very bytes of the payload."""
    received = await asyncio.wait_for(client.connection.recv(), 20)
    assert isinstance(received, str)
    head, mark, payload = received.partition('"payload":')
    assert mark
    return orjson.loads(head + '"":0}')["id"], payload[:-1].encode()


async def test_thirty_sockets_and_a_stream_are_one_statement_and_one_frame(room: Newsroom, counted: Counted) -> None:
    """Demand 5 of news: a socket adds only its operation's id, and no socket is given a copy."""
    case = room.of("agency")[0]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(socket(room.hub)) for _ in range(15)]
        for client in clients:
            await client.say(subscribe(CASES, "甲"), subscribe(CASES, "乙"))
        events = asyncio.create_task(asyncio.to_thread(streamed, room.hub, 1))
        await asyncio.sleep(0.6)

        await asyncio.to_thread(room.change, case, cause="一份")

        frames = [await frame_of(client) for client in clients for _ in range(2)]
        [(_, document)] = await events
    assert (counted.statements, counted.frames) == (1, 1)
    assert sorted(name for name, _ in frames) == ["乙"] * 15 + ["甲"] * 15
    assert {payload for _, payload in frames} == {frames[0][1]}
    assert len({id(piece) for piece in counted.pieces}) == 1
    assert document == orjson.loads(frames[0][1])


async def test_many_filters_are_one_statement_for_a_wave(room: Newsroom, counted: Counted) -> None:
    cases = room.of("agency")
    async with socket(room.hub) as client:
        for number in range(30):
            await client.say(subscribe(CASES, str(number), variables={"filter": filters(number)}))
        await asyncio.sleep(0.6)
        assert len(room.hub.composition.news.streams.groups) == 30

        for number in range(2):
            await asyncio.to_thread(room.change, cases[number], cause="三十种")
            frames = [await frame_of(client) for _ in range(30)]
            assert sorted(int(name) for name, _ in frames) == list(range(30))
            assert len({payload for _, payload in frames}) == 1
    assert (counted.statements, counted.frames) == (2, 2)


async def test_another_viewer_or_selection_shares_nothing(room: Newsroom, counted: Counted) -> None:
    case = room.of("agency")[0]
    async with socket(room.hub) as client, socket(room.hub, "admin") as other:
        await client.say(subscribe(CASES, "1"), subscribe("subscription {caseUpdates {event {id}}}", "2"))
        await other.say(subscribe(CASES, "3"))
        await asyncio.sleep(0.6)

        await asyncio.to_thread(room.change, case, cause="三份")

        frames = [await frame_of(client), await frame_of(client), await frame_of(other)]
    assert (counted.statements, counted.frames) == (3, 3)
    assert len({payload for _, payload in frames}) == 3


def test_what_a_transport_makes_of_a_frame_is_made_once() -> None:
    frame = contract.Frame(b'{\n"a":1}', "c1")
    assert frame.message() is frame.message()
    assert frame.event() is frame.event()
    assert (frame.message(), frame.event()) == (
        b'"next","payload":{\n"a":1}}',
        b'id: c1\nevent: next\ndata: { "a":1}\n\n',
    )
