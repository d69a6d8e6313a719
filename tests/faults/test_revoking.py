"""A revoked token opens nothing any more: every process closes its connections at once, and remembers it."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.faults.crowds import CASES, Town, clients, new_key
from tests.faults.offices import codes_of
from tests.faults.test_standing import bearer, changed, opened, streamed, ticket_of
from tests.web.sockets import INIT, Client, acknowledged, subscribe
from tests.web.sockets import opened as socket

from hub.store.dialects import async_url

REVOKE = """mutation ($jti: String!, $key: String!) {
  revokeToken(jti: $jti, reason: MISUSED, idempotencyKey: $key) { repeated } }"""
ASKED = "{cases {totalCount}}"
SECOND = 3.0
"""What takes a second on a quiet machine: nothing is polled, so it is never a matter of minutes."""


def jti_of(token: str) -> str:
    body = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["jti"])


@asynccontextmanager
async def sockets(town: Town, token: str) -> AsyncIterator[list[Client]]:
    """One at each process, with a stream that has begun."""
    await asyncio.sleep(0.3)
    async with AsyncExitStack() as stack:
        found = []
        for process in town.processes:
            client = await stack.enter_async_context(acknowledged(process.port, {"token": token}))
            await client.say(subscribe(CASES), {"type": "ping"})
            assert (await client.hear(20))["type"] == "pong"
            found.append(client)
        await asyncio.sleep(0.1)
        yield found


async def closed_out(client: Client) -> None:
    message = await client.hear(20)
    assert (message["type"], codes_of({"errors": message["payload"]})) == ("error", ["HUB-401"]), message
    assert await client.closed(20) == (4401, "Unauthorized")


async def refused(town: Town, token: str) -> None:
    """At every process, on every transport."""
    for process in town.processes:
        async with clients() as client:
            answer = await client.post(process.url, json={"query": ASKED}, headers=bearer(token))
            streaming = bearer(token) | {"accept": "text/event-stream"}
            stream = await client.post(process.url, json={"query": CASES}, headers=streaming)
        assert [(each.status_code, codes_of(each.json())) for each in (answer, stream)] == [(401, ["HUB-401"])] * 2
        async with socket(process.port) as client:
            await client.say({**INIT, "payload": {"token": token}})
            assert await client.closed(20) == (4401, "Unauthorized")


async def test_a_revoked_token_is_closed_out_everywhere_and_stays_so(town: Town) -> None:
    """WIRE: a revoked token is 4401, which is final; TRUST 33."""
    office, (first, second) = town.office, town.processes
    token, other = office.token("wall", "clerk"), office.token("wall", "clerk")
    async with sockets(town, token) as mine, streamed(second, token) as events, sockets(town, other) as others:
        await changed(town)
        assert [(await client.hear(20))["type"] for client in (*mine, *others)] == ["next"] * 4
        assert (await events.next()).startswith("next ")
        ticket = await ticket_of(first, token)

        done = await asyncio.to_thread(office.command, "token", "--revoke", jti_of(token), "--reason", "LOST")
        since = time.monotonic()
        assert done.code == 0, done.stderr
        await asyncio.gather(*map(closed_out, mine))
        assert codes_of(json.loads((await events.next()).removeprefix("next "))) == ["HUB-401"]
        assert [await events.next(), await events.next()] == ["complete ", "over"]
        assert time.monotonic() - since < SECOND
        await changed(town)

        assert [(await client.hear(20))["type"] for client in others] == ["next"] * 2
        await refused(town, token)
        assert await opened(second, ticket) == (401, ["HUB-401"])
        # Another token of the same person is good, and cannot be renewed with the revoked one.
        await others[0].say({"type": "ping", "payload": {"token": token}})
        assert await others[0].closed(20) == (4401, "Unauthorized")
        await others[1].say({"type": "ping", "payload": {"token": office.token("wall", "clerk")}})
        assert (await others[1].hear(20))["type"] == "pong"

    first.end()
    town.processes[0] = office.begin()
    await refused(town, token)


async def test_who_may_revokes_by_a_deed_and_nobody_else(town: Town) -> None:
    office, token = town.office, town.office.token("wall")
    async with clients() as client:
        for viewer, found in (("desk", ["HUB-403"]), ("", ["HUB-403"]), ("guard", [])):
            asked = {"jti": jti_of(token), "key": new_key()}
            headers = bearer(office.token(viewer)) if viewer else {}
            body = {"query": REVOKE, "variables": asked}
            answer = (await client.post(town.processes[0].url, json=body, headers=headers)).json()
            assert codes_of(answer) == found, answer
            if found:
                assert (
                    await client.post(town.processes[1].url, json={"query": ASKED}, headers=bearer(token))
                ).status_code == 200
        asked = {"jti": token, "key": new_key()}
        said = await town.ask(client, office.token("guard"), REVOKE, **asked)
        assert codes_of(said) == ["HUB-111"]
        # The same once more, by somebody else: nothing is lost by it.
        said = await town.ask(client, office.token("guard"), REVOKE, jti=jti_of(token), key=new_key())
        assert said == {"data": {"revokeToken": {"repeated": False}}}
    await asyncio.sleep(SECOND)
    await refused(town, token)


async def test_a_writer_that_holds_up_the_log_holds_up_no_revocation(town: Town) -> None:
    if town.office.url.startswith("sqlite"):
        pytest.skip("one writer at a time: the revocation itself would wait")
    engine = create_async_engine(async_url(town.office.url))
    token = town.office.token("wall")
    async with sockets(town, token) as mine, engine.connect() as connection:
        await connection.execute(sa.text("SELECT pg_current_xact_id()"))
        done = await asyncio.to_thread(town.office.command, "token", "--revoke", jti_of(token))
        since = time.monotonic()
        assert done.code == 0, done.stderr
        await asyncio.gather(*map(closed_out, mine))
        assert time.monotonic() - since < SECOND
        await connection.rollback()
    await engine.dispose()


async def test_nobody_slips_in_while_a_token_is_revoked(town: Town) -> None:
    """Connections that are being opened, streams that are being asked for, a request whose body comes slowly."""
    office, token = town.office, town.office.token("wall", "racer")
    host, slow = ("127.0.0.1", town.processes[1].port), json.dumps({"query": ASKED}).encode()
    reader, writer = await asyncio.open_connection(*host)
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
    writer.write(head.encode() + b"content-length: %d\r\n\r\n" % len(slow) + slow[:5])
    await writer.drain()
    closed: list[tuple[int | None, str | None]] = []

    async def opens(number: int) -> None:
        await asyncio.sleep(number / 25)
        async with socket(town.processes[number % 2].port) as client:
            await client.say({**INIT, "payload": {"token": token}}, subscribe(CASES))
            closed.append(await client.closed(30))

    racing = [asyncio.create_task(opens(number)) for number in range(30)]
    await asyncio.sleep(0.4)
    guard = office.token("guard")
    async with clients() as client:
        assert codes_of(await town.ask(client, guard, REVOKE, jti=jti_of(token), key=new_key())) == []
    await asyncio.gather(*racing)

    assert set(closed) == {(4401, "Unauthorized")}
    writer.write(slow[5:])
    answer = await asyncio.wait_for(reader.read(), 20)
    assert answer.startswith(b"HTTP/1.1 401 ")
    writer.close()
