"""The whole hub over WebSocket and server-sent events: the same answers, tokens, limits and deeds as over HTTP."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.app.conftest import Hub
from tests.app.test_tokens import signed
from tests.web.sockets import INIT, acknowledged, opened, subscribe

QUERY = "{cases(first: 3) {totalCount nodes {number parties {nodes {name}}}}}"


def port(hub: Hub) -> int:
    return int(hub.url.split(":")[2].split("/")[0])


def bearer(hub: Hub, viewer: str) -> dict[str, Any]:
    return {"authorization": f"Bearer {hub.tokens[viewer]}"}


@pytest.mark.parametrize("viewer", ["admin", "court", "agency", None])
async def test_every_transport_gives_the_same_answer(either: Hub, viewer: str | None) -> None:
    answer = await asyncio.to_thread(either.post, QUERY, viewer)

    async with acknowledged(port(either), bearer(either, viewer) if viewer else None) as client:
        assert await client.ask(QUERY) == answer.json()
    headers = either.headers(viewer) | {"accept": "text/event-stream"}
    events = await asyncio.to_thread(either.client.post, either.url, json={"query": QUERY}, headers=headers)
    assert events.text.split("data: ")[1].split("\n")[0].encode() in {answer.content, answer.content.replace(b"\n", b" ")}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "HUB-106"),
        ("{nothing}", "HUB-107"),
        ('{case(id: "x") {id}}', "HUB-208"),
        ("{cases(first: 1000) {totalCount}}", "HUB-201"),
        ("subscription {a}", "HUB-107"),
        ("query @live(throttle: -1) {cases {totalCount}}", "HUB-622"),
        ("{__schema {description}}", "HUB-403"),
    ],
)
async def test_what_is_refused_is_an_error_of_its_operation(hub: Hub, query: str, code: str) -> None:
    async with acknowledged(port(hub)) as client:
        await client.say(subscribe(query))
        refused = await client.hear()
        assert (refused["type"], refused["payload"][0]["extensions"]["hub"]) == ("error", code)
        await client.ask("{courts {totalCount}}")


async def test_a_token_is_watched_and_renewed(hub: Hub) -> None:
    now = int(time.time())
    first, second = signed(hub, exp=now + 2), signed(hub, exp=now + 4)
    async with opened(port(hub)) as client:
        await client.say({**INIT, "payload": {"token": first}})
        assert await client.hear() == {"type": "connection_ack", "payload": {"exp": now + 2}}
        assert await client.hear() == {"type": "ping", "payload": {"exp": now + 2}}
        await client.say({"type": "ping", "payload": {"token": second}})
        assert await client.hear() == {"type": "pong", "payload": {"exp": now + 4}}
        assert await client.closed(6) == (4403, "Token expired")
    assert time.time() >= now + 4


@pytest.mark.parametrize(("token", "close"), [("a.b.c", 4401), (None, 4403)])
async def test_a_token_that_is_none_closes(hub: Hub, token: str | None, close: int) -> None:
    now = int(time.time())
    async with opened(port(hub)) as client:
        await client.say({**INIT, "payload": {"token": token or signed(hub, iat=now - 100, exp=now - 1)}})
        assert (await client.closed())[0] == close


async def test_twenty_sockets_of_one_principal_are_enough(hub: Hub) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(20):
            await stack.enter_async_context(acknowledged(port(hub), bearer(hub, "agency")))
        async with opened(port(hub)) as client:
            await client.say({**INIT, "payload": bearer(hub, "agency")})
            assert await client.closed() == (1013, "Too many sockets")
        await stack.enter_async_context(acknowledged(port(hub), bearer(hub, "court")))


async def test_a_deadline_holds_on_a_socket_too(slow: Any) -> None:
    with slow(3, deadline_seconds=0.5) as hub:
        async with acknowledged(port(hub), bearer(hub, "admin")) as client:
            await client.say(subscribe("{cases {totalCount}}"))
            assert (await client.hear())["payload"][0]["extensions"]["hub"] == "HUB-502"
