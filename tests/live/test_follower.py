"""The follower: each event once, in order, nothing missed, and an idle base is asked nothing."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from tests.conftest import Base
from tests.store.town import NOW, Town

from hub.errors import ResyncNeeded, Unavailable
from hub.live import follower as following
from hub.live.follower import Follower
from hub.schema.model import Model
from hub.store import epochs
from hub.store.ledger import Ledger
from hub.store.log import BEGINNING, Entry
from hub.store.seal import Seal, write_keys

SOON = 15.0
"""Enough on a loaded machine; what has to be fast is measured."""
ROOT = Path(__file__).parents[2]


async def until(condition: Any, seconds: float = SOON) -> float:
    """Wait until it holds; how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it never happened"
        await asyncio.sleep(0.002)
    return time.monotonic() - began


class Heard:
    """Everything a listener was told."""

    def __init__(self, follower: Follower) -> None:
        self.entries: list[Entry] = []
        follower.listen(self.hear)

    def hear(self, entries: Sequence[Entry]) -> None:
        self.entries += entries

    @property
    def ids(self) -> list[str]:
        return [entry.id for entry in self.entries]


async def test_each_event_is_told_once_and_in_order(follower: Follower, town: Town) -> None:
    heard = Heard(follower)
    [case] = await town.write(town.case())
    written = [case, *await town.write(town.party(case.id, "张三"), town.mode(case.id))]

    await until(lambda: len(heard.ids) >= 3)

    assert heard.ids == [each.event for each in written]
    # What each touched was heard, and is not kept.
    assert all(entry.touched for entry in heard.entries)
    kept = [replace(entry, touched=None) for entry in heard.entries]
    assert await follower.after(BEGINNING) == kept
    assert await follower.after(heard.entries[1].position) == kept[2:]
    assert (follower.lag().hidden_seconds, follower.lag().newest) == (0, heard.entries[-1].position)


async def test_who_waits_is_woken_when_there_is_more(follower: Follower, town: Town) -> None:
    newest = follower.newest
    waiting = asyncio.create_task(follower.beyond(newest))
    await asyncio.sleep(0.05)
    assert not waiting.done()

    await town.write(town.case())

    await asyncio.wait_for(waiting, SOON)
    assert follower.newest > newest


async def test_an_idle_base_is_asked_nothing(follower: Follower, town: Town, database: str) -> None:
    await town.write(town.case())
    await until(lambda: follower.newest > BEGINNING)
    await asyncio.sleep(0.2)
    before = await _last_asked(town.base) if database == "postgresql" else []
    asked: list[str] = []
    event.listen(town.base.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    await asyncio.sleep(1.0)

    assert asked == []
    if database == "postgresql":
        assert len(before) == 1
        assert await _last_asked(town.base) == before


async def _last_asked(base: Base) -> Any:
    """What the doorbell's own connection asked last, and when."""
    asked = (
        "SELECT query, query_start FROM pg_stat_activity"
        " WHERE application_name = 'hub doorbell' AND datname = current_database()"
    )
    async with base.engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(sa.text(asked))]


async def test_what_an_undone_writer_hid_is_told_although_it_rings_nothing(
    follower: Follower, town: Town, database: str
) -> None:
    if database == "sqlite":
        pytest.skip("SQLite has one writer")
    heard = Heard(follower)
    async with town.base.engine.connect() as slow:
        await slow.execute(sa.text("SELECT pg_current_xact_id()"))
        [case] = await town.write(town.case())
        await asyncio.sleep(0.3)
        assert heard.ids == []
        assert follower.lag().hidden_seconds > 0.1
        assert await follower.log.oldest_writer() > 0.2
        await slow.rollback()

        assert await until(lambda: heard.ids == [case.event]) < 3
    await until(lambda: follower.lag().hidden_seconds == 0)


async def test_waiting_for_an_older_writer_asks_at_most_fifty_times_a_second(
    follower: Follower, town: Town, database: str
) -> None:
    if database == "sqlite":
        pytest.skip("SQLite has one writer")
    async with town.base.engine.connect() as slow:
        await slow.execute(sa.text("SELECT pg_current_xact_id()"))
        await town.write(town.case())
        asked: list[str] = []
        event.listen(town.base.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

        await asyncio.sleep(0.5)

        assert 2 <= len(asked) <= 50
        await slow.rollback()
    await until(lambda: follower.newest > BEGINNING)


async def test_a_deed_of_another_process_is_told(follower: Follower, town: Town, keys: Any, tmp_path: Path) -> None:
    heard = Heard(follower)
    write_keys(tmp_path / "keys.json", keys)

    done = await asyncio.to_thread(_elsewhere, town.base.url, tmp_path / "keys.json")

    assert done.returncode == 0, done.stderr
    await until(lambda: len(heard.ids) == 1)
    assert heard.ids == [done.stdout.strip()]


def _elsewhere(url: str, keys: Path) -> "subprocess.CompletedProcess[str]":
    program = """
import asyncio, sys
from pathlib import Path
from hub.parts import hub_model
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables
from tests.conftest import Base
from tests.store.town import NOW, Town

async def main(url, keys):
    model, seal = hub_model(), Seal(read_keys(Path(keys)))
    metadata, engine = tables(model), await open_base(url)
    town = Town(Base(url, engine, metadata), Ledger(engine, metadata, model, seal), seal)
    [case] = await town.write(town.case(number="ZZF-900001"))
    print(case.event)
    await engine.dispose()

asyncio.run(main(*sys.argv[1:]))
"""
    return subprocess.run([sys.executable, "-c", program, url, str(keys)], cwd=ROOT, capture_output=True, text=True, timeout=60)


async def test_a_broken_doorbell_is_mended_and_what_it_missed_is_told(follower: Follower, town: Town, database: str) -> None:
    if database == "sqlite":
        pytest.skip("a file has no connection to break")
    heard = Heard(follower)
    async with town.base.engine.begin() as connection:
        await connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'hub doorbell' AND datname = current_database()"
            )
        )
    [case] = await town.write(town.case())

    await until(lambda: heard.ids == [case.event])


@pytest.mark.parametrize("error", [Unavailable, AttributeError])
async def test_a_base_that_cannot_be_read_is_asked_again_whatever_its_driver_says(
    follower: Follower, town: Town, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    heard, read = Heard(follower), follower.log.after
    failures = iter(range(2))

    async def failing(*arguments: Any, **options: Any) -> list[Entry]:
        if next(failures, None) is not None:
            raise error
        return await read(*arguments, **options)

    monkeypatch.setattr(follower.log, "after", failing)
    [case] = await town.write(town.case())

    await until(lambda: heard.ids == [case.event])
    assert follower.lag().failing_seconds == 0


async def test_memory_is_bounded_and_what_is_older_comes_from_the_base(
    follower: Follower, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "KEPT", 3)
    heard = Heard(follower)
    for _ in range(4):
        await town.write(town.case(), town.case())
    await until(lambda: len(heard.ids) == 8)

    assert len(follower._entries) == 3
    assert [entry.id for entry in await follower.after(BEGINNING)] == heard.ids
    for number, entry in enumerate(heard.entries):
        assert [each.id for each in await follower.after(entry.position)] == heard.ids[number + 1 :]


async def test_who_reads_from_before_the_mark_is_told_and_the_follower_goes_on(
    follower: Follower, base: Base, town: Town, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    await epochs.settle(base.engine, base.metadata, model, now=NOW)
    monkeypatch.setattr(following, "KEPT", 1)
    heard = Heard(follower)
    await town.write(town.case())
    await town.write(town.case())
    await until(lambda: len(heard.ids) == 2)

    await epochs.remove(base.engine, base.metadata, model, until=heard.entries[0].position, now=NOW)

    with pytest.raises(ResyncNeeded):
        await follower.after(BEGINNING)
    [case] = await town.write(town.case())
    await until(lambda: heard.ids[-1] == case.event)


@pytest.fixture
def other(base: Base, model: Model, seal: Seal) -> Ledger:
    """A ledger like another process's: nobody is rung."""
    return Ledger(base.engine, base.metadata, model, seal)


async def test_nothing_is_missed_while_eight_write(follower: Follower, town: Town, other: Ledger) -> None:
    heard = Heard(follower)
    [*cases] = await town.write(*(town.case() for _ in range(4)))

    async def write(number: int) -> list[str | None]:
        done = [await other.write([town.mode(cases[number % 4].id)], actor="intake", now=NOW) for _ in range(10)]
        return [each.event for [each] in done]

    events = [each for mine in await asyncio.gather(*map(write, range(8))) for each in mine]

    await until(lambda: len(heard.ids) >= 84)
    assert sorted(heard.ids[4:]) == sorted(str(each) for each in events)
    assert heard.entries == await follower.log.after(BEGINNING)
