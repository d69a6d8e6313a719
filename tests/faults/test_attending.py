"""Who is connected is in the graph, process by process; a connection is ended from any of them, by who may."""

import asyncio
import json
import time
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.faults.crowds import CASES, Town, clients, new_key
from tests.faults.offices import Process, codes_of
from tests.faults.test_standing import bearer, streamed
from tests.web.sockets import acknowledged, subscribe

from hub.store.dialects import async_url

CONNECTED = """{ connections { id process viewer subject transport since expiresAt operations consumers waiting }
  streamGroups { document role streams runs current } }"""
DISCONNECT = """mutation ($connection: String!, $key: String!) {
  disconnect(connection: $connection, reason: SUSPECTED, idempotencyKey: $key) { repeated } }"""
PRIVATE = "370403199001011234"


async def ask(process: Process, token: str, query: str, **variables: object) -> Any:
    async with clients() as client:
        answer = await client.post(process.url, json={"query": query, "variables": variables}, headers=bearer(token))
    return answer.json()


async def connections(process: Process, token: str) -> list[dict[str, Any]]:
    document = await ask(process, token, CONNECTED)
    assert "errors" not in document, document
    assert PRIVATE not in json.dumps(document)
    found: list[dict[str, Any]] = document["data"]["connections"]
    return found


async def facts_of(town: Town) -> list[dict[str, str]]:
    """The newest event of a connection that was ended."""
    engine = create_async_engine(async_url(town.office.url))
    asked = "SELECT actor, facts FROM events WHERE type = 'CONNECTION_ENDED' ORDER BY occurred_at DESC LIMIT 1"
    async with engine.connect() as connection:
        (row,) = (await connection.execute(sa.text(asked))).all()
    await engine.dispose()
    assert row.actor == "admin"
    found: list[dict[str, str]] = json.loads(row.facts)
    return found


async def test_a_connection_is_seen_and_ended_from_another_process(town: Town) -> None:
    """ANCHORS 5, row 20: live consumers, lag and kick; TRUST 42: no personal values."""
    office, (first, second) = town.office, town.processes
    consumer, guard, token = await town.consumer(), office.token("guard", PRIVATE), office.token("wall", PRIVATE)
    async with (
        acknowledged(second.port, {"token": token}) as socket,
        streamed(second, token) as events,
        acknowledged(second.port) as public,
    ):
        await socket.say(subscribe(CASES, variables={"consumer": consumer}), {"type": "ping"})
        assert (await socket.hear(20))["type"] == "pong"
        await asyncio.sleep(0.3)
        ours = {each["transport"]: each for each in await connections(second, guard) if each["viewer"] == "wall"}
        for transport, consumers in (("WEBSOCKET", [consumer]), ("SSE", [])):
            each = ours[transport]
            assert (each["subject"], each["operations"], each["consumers"], each["waiting"]) == ("3****", 1, consumers, 0)
            assert each["since"] < each["expiresAt"]
        assert [each["subject"] for each in await connections(second, guard) if each["viewer"] == "public"] == [None]
        assert not {each["id"] for each in await connections(first, guard)} & {each["id"] for each in ours.values()}
        groups = (await ask(second, guard, CONNECTED))["data"]["streamGroups"]
        known = [each for each in groups if each["document"] == sha256(CASES.encode()).hexdigest()]
        assert sum(each["streams"] for each in known) == 2
        assert {each["current"] for each in known} == {True}

        for viewer in ("wall", "public"):
            headers = office.token(viewer) if viewer == "wall" else ""
            document = await ask(second, headers, CONNECTED) if headers else await public.ask(CONNECTED)
            assert (document["data"], codes_of(document)) == ({"connections": None, "streamGroups": None}, ["HUB-403"] * 2)
        mark = ours["WEBSOCKET"]["id"]
        assert codes_of(await ask(second, office.token("desk"), DISCONNECT, connection=mark, key=new_key())) == ["HUB-403"]
        assert codes_of(await ask(second, guard, DISCONNECT, connection=PRIVATE, key=new_key())) == ["HUB-208"]
        await socket.say({"type": "ping"})
        assert (await socket.hear(20))["type"] == "pong"

        began = time.monotonic()
        for each in ours.values():
            done = await ask(first, guard, DISCONNECT, connection=each["id"], key=new_key())
            assert done == {"data": {"disconnect": {"repeated": False}}}
        assert await socket.closed(20) == (1008, "Disconnected")
        assert codes_of(json.loads((await events.next()).removeprefix("next "))) == ["HUB-632"]
        assert [await events.next(), await events.next()] == ["complete ", "over"]
        assert time.monotonic() - began < 3
    assert not [each for each in await connections(second, guard) if each["viewer"] == "wall"]
    facts = {each["name"]: each.get("code") for each in await facts_of(town)}
    assert (facts["connection"], facts["reason"]) == (ours["SSE"]["id"], "SUSPECTED")
