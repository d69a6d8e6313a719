"""Slow statements end with their deadline or their client, and keep nobody else waiting."""

import asyncio
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.app.conftest import Hub, Slow, run

from hub.store.dialects.connections import async_url

SLOW = "{cases {totalCount}}"
FAST = "{courts {totalCount}}"


def busy(hub: Hub) -> list[int]:
    """The PostgreSQL backends that work for the hub."""

    async def ask() -> list[int]:
        engine = create_async_engine(async_url(hub.composition.engine.url.render_as_string(hide_password=False)))
        try:
            async with engine.connect() as connection:
                asked = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'"
                found = await connection.execute(sa.text(asked))
                return [row[0] for row in found]
        finally:
            await engine.dispose()

    found: list[int] = run(ask())
    return found


def idle(hub: Hub, database: str) -> bool:
    """Whether no statement runs any more."""
    reader: Any = hub.composition.reader
    return reader._running is None if database == "sqlite" else not busy(hub)


def until(true: Callable[[], bool], *, seconds: float = 10.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def until_idle(hub: Hub, database: str, seconds: float) -> None:
    until(lambda: idle(hub, database), seconds=seconds)


def until_busy(hub: Hub, database: str) -> None:
    until(lambda: not idle(hub, database))


def begun(hub: Hub, query: str, viewer: str) -> socket.socket:
    """A request that is sent and not waited for."""
    body = orjson.dumps({"query": query})
    host, port = hub.url.split("/")[2].split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    head = f"POST /graphql HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    connection.sendall(f"{head}Authorization: Bearer {hub.tokens[viewer]}\r\n\r\n".encode() + body)
    return connection


def test_a_deadline_interrupts_the_statement(slow: Slow, database: str) -> None:
    with slow(30, deadline_seconds=0.5) as hub:
        before = time.monotonic()

        assert hub.refusal(SLOW, "admin") == (503, "HUB-502")

        assert time.monotonic() - before < 5
        until_idle(hub, database, 2)
        assert hub.ask(FAST)["courts"]["totalCount"] > 0


def test_a_connection_that_was_interrupted_is_not_used_again(slow: Slow, database: str) -> None:
    with slow(30, deadline_seconds=0.5) as hub:
        hub.ask(FAST)
        reader: Any = hub.composition.reader
        kept = [reader._threads] if database == "sqlite" else [*reader._free[True], *reader._free[False]]

        assert hub.refusal(SLOW, "admin") == (503, "HUB-502")

        hub.ask(FAST)
        now = [reader._threads] if database == "sqlite" else [*reader._free[True], *reader._free[False]]
        assert len(kept) == 1
        if database == "sqlite":
            assert now != kept
        else:
            assert all(not connection.is_closed() for connection in now)


def test_a_statement_ends_with_its_client(slow: Slow, database: str) -> None:
    with slow(30, deadline_seconds=25) as hub:
        connection = begun(hub, SLOW, "admin")
        until_busy(hub, database)

        connection.close()

        until_idle(hub, database, 3)


def test_one_that_leaves_the_line_stops_nobody_elses_statement(slow: Slow, database: str) -> None:
    with slow(1, deadline_seconds=25) as hub, ThreadPoolExecutor(1) as pool:
        first = pool.submit(hub.post, SLOW, "admin")
        until_busy(hub, database)
        second = begun(hub, SLOW, "court")
        time.sleep(0.3)
        second.close()

        assert first.result(30).status_code == 200


def test_eight_of_one_principal_run_or_wait_and_others_are_answered_meanwhile(slow: Slow, database: str) -> None:
    with slow(0.5, deadline_seconds=60) as hub, ThreadPoolExecutor(21) as pool:
        hub.ask(FAST, "district")
        ended: list[str] = []

        def post(query: str, viewer: str) -> int:
            status = hub.post(query, viewer).status_code
            ended.append(f"{viewer} {status}")
            return status

        crowd = [pool.submit(post, SLOW, "admin") for _ in range(20)]
        until_busy(hub, database)
        other = pool.submit(post, FAST, "district")

        statuses = sorted(each.result(60) for each in crowd)
        assert other.result(60) == 200
        assert statuses == [200] * 8 + [429] * 12
        if database == "sqlite":
            # One statement at a time: the other principal comes in long before the eight are through.
            assert ended.index("district 200") < len(ended) - 3


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_loop_answers_while_a_statement_runs(slow: Slow) -> None:
    with slow(2, deadline_seconds=25) as hub, ThreadPoolExecutor(1) as pool:
        running = pool.submit(hub.post, SLOW, "admin")
        until_busy(hub, "sqlite")

        before = time.monotonic()
        assert hub.refusal("{", "court") == (400, "HUB-106")
        assert hub.refusal(FAST + FAST) == (400, "HUB-109")

        assert not running.done()
        assert time.monotonic() - before < 1
        assert (await asyncio.to_thread(running.result, 30)).status_code == 200


def test_a_signal_lets_the_requests_under_way_finish(slow: Slow, database: str) -> None:
    with slow(1, deadline_seconds=25) as hub, ThreadPoolExecutor(4) as pool:
        running = [pool.submit(hub.post, SLOW, viewer) for viewer in ("admin", "court", "agency")]
        until_busy(hub, database)

        hub.server.handle_exit(signal.SIGTERM, None)

        assert [each.result(30).status_code for each in running] == [200] * 3
        until(lambda: not listens(hub))


def listens(hub: Hub) -> bool:
    try:
        httpx2.post(hub.url, json={"query": FAST})
    except httpx2.TransportError:
        return False
    return True
