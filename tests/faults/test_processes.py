"""Two `hub serve` on one base are one hub: deeds, streams, consumers, tickets and revocations, and a rolling restart."""

import asyncio
import signal
import time

import pytest
from tests.faults.crowds import Reader, Town, missing, reading, until
from tests.faults.events import events_of, versions_of
from tests.faults.offices import Office


@pytest.mark.parametrize("rounds", [6, pytest.param(200, marks=pytest.mark.long)])
async def test_a_rolling_restart_under_load_loses_nothing(office: Office, rounds: int) -> None:
    """DESIGN 10: any number of stateless processes; SIGTERM ends one after the other, each replaced by another."""
    first, second = office.begin(), office.begin()
    town = Town(office, [first, second])
    await town.furnish(20)
    consumers = [await town.consumer() for _ in range(3)]
    readers = [Reader(town, way, consumer) for way, consumer in zip(("ws", "sse", "plain"), consumers, strict=True)]
    watcher = Reader(town, "ws", None)
    before = await events_of(office, town.cases)
    async with reading(*readers, watcher):
        writing = asyncio.gather(*(town.write(rounds) for _ in range(8)))
        ended = []
        for place in (0, 1):
            await asyncio.sleep(0.5)
            old = town.processes[place]
            began = time.monotonic()
            code = await asyncio.to_thread(old.end, signal.SIGTERM)
            ended.append((code, time.monotonic() - began))
            town.processes[place] = await asyncio.to_thread(office.begin, old.port)
        await writing
        events = (await events_of(office, town.cases))[len(before) :]
        await until(lambda: not any(missing(reader, events) for reader in (*readers, watcher)))

    assert [code for code, _ in ended] == [0, 0]
    assert max(seconds for _, seconds in ended) < 30
    assert [reader.ids for reader in (*readers, watcher)] == [events] * 4
    assert await versions_of(office, town.cases) == expected(town)


def expected(town: Town) -> dict[str, int]:
    found = dict.fromkeys(town.cases, 1)
    for case, _ in town.done.values():
        found[case] += 1
    return found
