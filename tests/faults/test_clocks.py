"""A wall clock that jumps: tokens end by it at once, the log keeps its order, evidence holds and is verified."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from tests.app.conftest import Filled, served
from tests.faults.crowds import CASES, DUTY, VERSION, Town, new_key, until
from tests.faults.events import events_of, rows_of
from tests.faults.offices import Inside, Office, codes_of
from tests.faults.readers import Reader, reading
from tests.web.sockets import acknowledged, subscribe

from hub.serving import Company
from hub.settings import load

HOUR = dt.timedelta(hours=1)


@dataclass
class Jumping:
    """The wall clock, and what somebody has added to it."""

    by: dt.timedelta = field(default_factory=dt.timedelta)

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.by

    def seconds(self) -> float:
        return self().timestamp()


@pytest.fixture
def clock() -> Jumping:
    return Jumping()


@pytest.fixture
def town(office: Office, clock: Jumping) -> Iterator[Town]:
    """A hub that keeps the jumping clock, and one case in it."""
    settings = load({**office.environment, "HUB_SERVER_PORT": "0", "HUB_JOBS_RUN": "false"})
    with ExitStack() as stack:
        hub = stack.enter_context(served(Filled(settings, {}), Company(clock=clock, calendar=clock)))
        inside: Any = Inside(hub.url)
        yield Town(office, [inside])


async def changed(town: Town, token: str) -> dict[str, Any]:
    async with httpx2.AsyncClient(timeout=20) as client:
        seen = await town.ask(client, token, VERSION, id=town.cases[0])
        if "errors" in seen:
            return seen
        version = seen["data"]["case"]["version"]
        return await town.ask(client, token, DUTY, case=town.cases[0], version=version, duty="ANSWER", key=new_key())


async def test_a_clock_that_jumps_ends_tokens_and_nothing_else(town: Town, clock: Jumping, office: Office) -> None:
    """TRUST 3, clock: token expiry by wall clock; order by cursor intact; evidence is one chain."""
    await town.furnish(1)
    old = office.token("wall")
    reader = Reader(town, "ws", await town.consumer())
    before = await events_of(office, town.cases)
    async with acknowledged(town.processes[0].port, {"token": old}) as client:
        await client.say(subscribe(CASES))
        await asyncio.sleep(0.4)
        assert "errors" not in await changed(town, office.token())
        assert (await client.hear(20))["type"] == "next"

        clock.by = 2 * HOUR
        later = office.token(clock=clock.seconds)
        assert codes_of(await changed(town, old)) == ["HUB-402"]
        assert "errors" not in await changed(town, later)

        # No frame of what came after it has expired, although its timer looks once a minute only.
        assert await client.closed(20) == (4403, "Token expired")

    reader.token = office.token("wall", seconds=43200, clock=clock.seconds)
    async with reading(reader):
        await until(lambda: len(reader.ids) == 2)
        clock.by = -24 * HOUR
        assert codes_of(await changed(town, office.token())) == ["HUB-401"], "it was given tomorrow"
        yesterday = office.token(clock=clock.seconds)
        for _ in range(3):
            assert "errors" not in await changed(town, yesterday)
        await until(lambda: len(reader.ids) == 5)
        clock.by = dt.timedelta()
        assert "errors" not in await changed(town, office.token())
        await until(lambda: len(reader.ids) == 6)

    events = await events_of(office, town.cases)
    assert reader.ids == events[len(before) :]
    times = [
        str(at) for (at,) in await rows_of(office, "SELECT occurred_at FROM events WHERE case_id IS NOT NULL ORDER BY seq")
    ]
    assert times != sorted(times)
    await asyncio.sleep(1.5)
    given = await rows_of(office, "SELECT sum(events) FROM deliveries WHERE consumer_id IS NOT NULL")
    assert int(str(given[0][0])) == len(reader.heard)
    done = await asyncio.to_thread(office.command, "verify")
    assert done.code == 0, done.stdout + done.stderr
