"""A demo touches its own base and an empty one, and no other."""

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.conftest import Base as Opened
from tests.demo.conftest import Held
from tests.store.town import NOW

from hub.demo.bases import claim
from hub.errors import BadConfiguration
from hub.procedures.inspection import inspect
from hub.procedures.marks import Mark, read_mark, write_mark
from hub.schema.model import Model
from hub.settings import Database, KeyFile, Settings
from hub.simulation.agencies.town import Calendar
from hub.store import migrate
from hub.store.base import engine_of

MINE = "00ff"


def calendar(folder: Path, *, loaded: bool, base: str = MINE) -> Calendar:
    return Calendar(folder / "demo.json", 20, loaded=loaded, base=base, begun=True)


async def marked(held: Held, mark: Mark) -> None:
    await write_mark(held.base, mark, now=NOW)


async def counted(held: Held) -> int:
    async with held.base.engine.connect() as connection:
        return await connection.scalar(sa.text("SELECT count(*) FROM cases")) or 0


async def claimed(held: Held, calendar: Calendar) -> None:
    await claim(Database(held.url), calendar, embedded=None)


async def test_a_base_with_cases_of_others_is_refused_and_left_as_it_is(held: Held, tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="not this demo's"):
        await claimed(held, calendar(tmp_path, loaded=False))

    assert await counted(held) == 1


async def test_another_demos_base_is_refused(held: Held, tmp_path: Path) -> None:
    await marked(held, Mark("another", whole=False))

    for loaded in (False, True):
        with pytest.raises(BadConfiguration):
            await claimed(held, calendar(tmp_path, loaded=loaded))

    assert await counted(held) == 1


async def test_tables_that_are_no_hubs_are_refused(url: str, tmp_path: Path) -> None:
    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE theirs (id VARCHAR(9))")
    await engine.dispose()

    with pytest.raises(BadConfiguration):
        await claim(Database(url), calendar(tmp_path, loaded=False), embedded=None)


async def test_an_empty_base_is_taken_with_and_without_tables(base: Opened, url: str, tmp_path: Path) -> None:
    await claim(Database(base.url), calendar(tmp_path, loaded=False), embedded=None)
    await claim(Database(url), calendar(tmp_path, loaded=False), embedded=None)

    assert not (tmp_path / "empty.db").exists()


async def test_its_own_whole_base_is_gone_on_with(held: Held, tmp_path: Path) -> None:
    await marked(held, Mark(MINE, whole=True))

    await claimed(held, calendar(tmp_path, loaded=True))

    assert await counted(held) == 1


async def test_what_an_interrupted_start_left_in_a_base_is_taken_away(held: Held, tmp_path: Path, model: Model) -> None:
    await marked(held, Mark(MINE, whole=False))
    settings = Settings(tmp_path, database=Database(held.url), keys=KeyFile(held.keys))
    found = {one.name: one.code for one in await inspect(settings, model, today=NOW.date())}
    assert found["configuration"] == "HUB-701"

    await claimed(held, calendar(tmp_path, loaded=False))

    async with held.base.engine.connect() as connection:
        left = await connection.run_sync(lambda each: sa.inspect(each).get_table_names())
    assert [name for name in left if not name.startswith("sqlite_")] == []
    await migrate.upgrade(held.url)
    assert await counted(held) == 0


async def test_a_mark_is_written_over_and_read_again(held: Held) -> None:
    policies = held.base.metadata.tables["policies"]
    for mark in (Mark("one", whole=False), Mark("one", whole=True)):
        await marked(held, mark)
        async with held.base.engine.connect() as connection:
            assert await read_mark(connection, policies) == mark


def test_a_folder_whose_demo_has_another_base_is_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'other.db'}")

    with pytest.raises(BadConfiguration, match="has another base"):
        asyncio.run(claim(database, calendar(tmp_path, loaded=True), embedded=None))

    assert not (tmp_path / "other.db").exists()
