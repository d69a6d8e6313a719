"""Several processes on one base are one hub: nothing is missed, nothing is told out of order, a consumer is one's alone."""

import asyncio
import json
import subprocess
import sys
from asyncio.subprocess import Process
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Base
from tests.live.test_follower import Heard, until
from tests.live.test_streams import AGENCY, Hub, hub
from tests.store.town import Town

from hub.errors import ConsumerTaken
from hub.live.follower import Follower
from hub.store.seal import Keys, write_keys

__all__ = ["hub"]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def keys_file(keys: Keys, tmp_path: Path) -> Path:
    write_keys(tmp_path / "keys.json", keys)
    return tmp_path / "keys.json"


async def elsewhere(base: Base, keys: Path, *what: object) -> Process:
    arguments = [sys.executable, "-m", "tests.live.elsewhere", base.url, str(keys), *map(str, what)]
    return await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, stdout=subprocess.PIPE)


async def lines(process: Process) -> list[Any]:
    out, _ = await asyncio.wait_for(process.communicate(), 500)
    assert process.returncode == 0
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("processes", "writers", "rounds"),
    [(2, 4, 12), pytest.param(4, 2, 1250, marks=pytest.mark.long)],
    ids=["100 events", "10,000 events"],
)
async def test_eight_writers_on_twenty_cases_miss_nothing_and_keep_each_cases_order(
    follower: Follower, base: Base, town: Town, keys_file: Path, processes: int, writers: int, rounds: int
) -> None:
    """ANCHORS 3.5: with uneven commits a reader that trusts numbers alone misses 41 % of the events."""
    await town.write(*(town.case() for _ in range(20)))
    await until(lambda: follower.newest.seq >= 20)
    heard = Heard(follower)

    writing = [await elsewhere(base, keys_file, "write", writers, rounds) for _ in range(processes)]
    told = [line for found in await asyncio.gather(*map(lines, writing)) for line in found]

    assert len(told) == processes * writers * rounds
    await until(lambda: len(heard.ids) >= len(told), 30)
    versions = {event: version for event, _, version in told}
    assert sorted(heard.ids) == sorted(versions)
    by_case: dict[str | None, list[int]] = defaultdict(list)
    for entry in heard.entries:
        by_case[entry.case].append(versions[entry.id])
    assert [seen for seen in by_case.values() if seen != list(range(2, len(seen) + 2))] == []


async def test_a_stream_in_another_process_takes_the_consumer_and_goes_on(
    hub: Hub, base: Base, town: Town, keys_file: Path
) -> None:
    consumer = await hub.consumer()
    client = await hub.client(AGENCY, consumer=consumer)
    first, second = [(await town.write(town.case()))[0].event for _ in range(2)]
    await until(lambda: client.ids == [first, second])
    await hub.ack(AGENCY, consumer, client.frames[0][1])

    other = await elsewhere(base, keys_file, "read", consumer)
    assert other.stdout is not None
    assert json.loads(await asyncio.wait_for(other.stdout.readline(), 60))[0] == "open"
    await until(lambda: bool(client.ended))
    [case] = await town.write(town.case())
    seen = [json.loads(await asyncio.wait_for(other.stdout.readline(), 30)) for _ in range(2)]
    back = await hub.client(AGENCY, consumer=consumer, after=seen[1][2])

    assert [type(error) for error in client.ended] == [ConsumerTaken]
    assert [frame[1] for frame in seen] == [second, case.event]
    assert (await lines(other))[-1] == ["ended", ConsumerTaken.code, ""]
    [later] = await town.write(town.case())
    await until(lambda: back.ids == [later.event])
    rows = await town.rows("deliveries")
    assert {row["way"] for row in rows if row["consumer_id"]} >= {"SSE"}
