"""Opening a base: durability that is too weak is refused, and faults leave as codes without a row's values."""

import asyncio
import sqlite3
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.conftest import Base

from hub.errors import Deadline, HubError, NotMigrated, Refused, StorageFull, StoreError, Unavailable, WeakDurability
from hub.store import dialects
from hub.store.base import engine_of, faults, open_base
from hub.store.dialects import connections

SECRET = "370402199001010016"


async def run(engine: AsyncEngine, *statements: str, metadata: sa.MetaData | None = None) -> None:
    with faults(metadata, 0.2):
        async with engine.begin() as connection:
            for statement in statements:
                await connection.exec_driver_sql(statement)


async def drivers_end() -> None:
    """SQLite's driver has a thread that ends a little after a connection failed, and tells the test's loop so."""
    await asyncio.sleep(0.1)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/hub", "duckdb:///x"])
def test_a_base_that_keeps_nothing_or_is_not_ours_is_refused(url: str) -> None:
    with pytest.raises((WeakDurability, sa.exc.NoSuchModuleError)):
        engine_of(url)


def test_addresses_need_no_driver() -> None:
    assert dialects.async_url("sqlite:///hub.db").drivername == "sqlite+aiosqlite"
    assert dialects.async_url("postgresql://hub@localhost/hub").drivername == "postgresql+asyncpg"
    assert dialects.async_url("postgresql+asyncpg://hub@localhost/hub").drivername == "postgresql+asyncpg"


async def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    engine = await open_base(f"sqlite:///{tmp_path}/hub.db")

    async with engine.connect() as connection:
        found = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    await engine.dispose()
    assert found == ["wal", 2, 1]


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync", "full_page_writes"])
async def test_a_weak_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch, postgres: str, setting: str) -> None:
    """The settings are the server's: what it says of one of them is replaced."""
    expect = connections._expect

    def weaker(connection: sa.Connection, statement: str, name: str, *values: object) -> None:
        expect(connection, f"SELECT 'off' /* {name} */" if name == setting else statement, name, *values)

    monkeypatch.setattr(connections, "_expect", weaker)
    with pytest.raises(WeakDurability) as weak:
        await open_base(postgres)
    assert weak.value.facts == {"setting": setting}


async def test_a_weakened_role_is_refused_unless_it_may_be_weak(base: Base, database: str) -> None:
    if database == "sqlite":
        pytest.skip("a file has no roles")
    address = make_url(base.url)
    role = f"weak_{address.database}"
    await run(base.engine, f"CREATE ROLE {role} LOGIN SUPERUSER", f"ALTER ROLE {role} SET synchronous_commit = off")
    weakened = address.set(username=role).render_as_string(hide_password=False)

    with pytest.raises(WeakDurability) as refused:
        await open_base(weakened)
    engine = await open_base(weakened, weak=True)

    assert refused.value.facts == {"setting": "synchronous_commit"}
    await engine.dispose()
    await run(base.engine, f"DROP ROLE {role}")


async def test_a_database_weakened_while_the_hub_runs_gets_no_further_connection(base: Base, database: str) -> None:
    if database == "sqlite":
        pytest.skip("a file has no such settings")
    engine = await open_base(base.url)
    await run(base.engine, f"ALTER DATABASE {make_url(base.url).database} SET synchronous_commit = off")

    await run(engine, "SELECT 1")
    await engine.dispose()
    with pytest.raises(WeakDurability):
        await run(engine, "SELECT 1")

    await engine.dispose()


async def test_a_weak_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dialects, "prepare", lambda *_, **__: None)

    with pytest.raises(WeakDurability) as weak:
        await open_base(f"sqlite:///{tmp_path}/hub.db")
    assert weak.value.facts == {"setting": "journal_mode"}
    await drivers_end()


@pytest.mark.parametrize(
    "url", ["sqlite:////nowhere/at/all/hub.db", "postgresql://hub:geheim@127.0.0.1:1/hub", "postgresql:///hub?host=/nowhere"]
)
async def test_a_base_that_cannot_be_reached_is_unavailable(url: str) -> None:
    with pytest.raises(Unavailable) as refused:
        await open_base(url)
    assert "geheim" not in str(refused.value)
    assert refused.value.__cause__ is None
    await drivers_end()


@pytest.mark.parametrize("error", [asyncpg.InternalClientError, asyncpg.InterfaceError, asyncpg.ConnectionDoesNotExistError])
def test_a_driver_whose_server_went_away_says_unavailable(error: type[Exception]) -> None:
    """Seen under load: a restart while the driver was about to send leaves its protocol in a state it does not know."""
    with pytest.raises(Unavailable), faults():
        raise error("cannot switch to state 12; another operation (2) is in progress")


async def test_a_file_that_is_no_base_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"no database" * 1000)

    with pytest.raises(Unavailable):
        await open_base(f"sqlite:///{tmp_path}/hub.db")
    await drivers_end()


async def test_a_missing_table_or_column_says_migrate(base: Base) -> None:
    for statement in ("SELECT * FROM absent", "SELECT absent FROM cases", "INSERT INTO cases (absent) VALUES (1)"):
        with pytest.raises(NotMigrated):
            await run(base.engine, statement)


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("INSERT INTO codes VALUES {row}", "pk_codes"),
        ("INSERT INTO policies VALUES ('pol_2', 'viewer', '{secret}', '{{}}', NULL, NULL, 1, '', '')", "ix_policies_kind_name"),
    ],
)
async def test_a_broken_constraint_is_named_and_its_values_are_not(base: Base, statement: str, constraint: str) -> None:
    row = f"('code_1', 'list', 'code', '{SECRET}', 'en', FALSE, NULL, NULL, 1, '', '')"
    policy = f"INSERT INTO policies VALUES ('pol_1', 'viewer', '{SECRET}', '{{}}', NULL, NULL, 1, '', '')"
    await run(base.engine, f"INSERT INTO codes VALUES {row}", policy)

    with pytest.raises(Refused) as refused:
        await run(base.engine, statement.format(row=row, secret=SECRET), metadata=base.metadata)
    assert refused.value.facts == {"constraint": constraint}
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


async def test_null_where_none_may_be_is_refused(base: Base) -> None:
    statement = "INSERT INTO codes VALUES ('code_1', NULL, 'code', 'zh', 'en', FALSE, NULL, NULL, 1, '', '')"

    with pytest.raises(Refused) as refused:
        await run(base.engine, statement, metadata=base.metadata)
    assert refused.value.facts["constraint"] in ("23502", "notnull")


async def test_a_statement_that_takes_too_long_meets_its_deadline(postgres: str) -> None:
    engine = await open_base(postgres, statement_seconds=0.2)

    with pytest.raises(Deadline):
        await run(engine, "SELECT pg_sleep(5)")
    await run(engine, "SELECT 1")
    await engine.dispose()


async def test_a_locked_base_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(connections, "_BUSY_SECONDS", 0.05)
    engine = await open_base(f"sqlite:///{tmp_path}/hub.db")
    other = sqlite3.connect(tmp_path / "hub.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable):
        await run(engine.execution_options(**{dialects.WRITES: True}), "SELECT 1")
    other.close()
    await run(engine.execution_options(**{dialects.WRITES: True}), "SELECT 1")
    await engine.dispose()


async def test_a_full_disk_has_its_code_and_space_makes_it_work_again(tmp_path: Path) -> None:
    engine = await open_base(f"sqlite:///{tmp_path}/hub.db")
    await run(engine, "CREATE TABLE t (x TEXT)")

    with pytest.raises(StorageFull) as full:
        await run(engine, "PRAGMA max_page_count = 2", f"INSERT INTO t VALUES ('{SECRET * 5000}')")
    assert SECRET not in str(full.value)
    await engine.dispose()
    await run(engine, f"INSERT INTO t VALUES ('{SECRET * 5000}')")
    await engine.dispose()


async def test_a_lost_connection_is_unavailable_and_the_next_one_works(base: Base, database: str) -> None:
    if database == "sqlite":
        pytest.skip("a file has no connection to lose")

    with pytest.raises(Unavailable):
        await run(base.engine, "SELECT pg_terminate_backend(pg_backend_pid())")
    await run(base.engine, "SELECT 1")


async def test_what_nobody_foresaw_is_a_fault_of_the_store(base: Base) -> None:
    with pytest.raises(StoreError) as fault:
        await run(base.engine, f"SELECT '{SECRET}' FROM")
    assert SECRET not in str(fault.value)
    assert fault.value.code == "HUB-500"


async def test_two_deeds_that_wait_for_each_other_are_told_to_try_again(base: Base, database: str) -> None:
    if database == "sqlite":
        pytest.skip("SQLite has one writer")
    await run(base.engine, *(f"INSERT INTO policies VALUES ('pol_{n}', 'k', '{n}', '', NULL, NULL, 1, '', '')" for n in (1, 2)))
    touch = "UPDATE policies SET body = 'x' WHERE id = 'pol_%d'"

    async def both(first: int, second: int) -> None:
        with faults():
            async with base.engine.begin() as connection:
                await connection.exec_driver_sql(touch % first)
                await asyncio.sleep(0.1)
                await connection.exec_driver_sql(touch % second)

    outcomes = await asyncio.gather(both(1, 2), both(2, 1), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Unavailable"]


def test_errors_of_ours_pass_through() -> None:
    with pytest.raises(HubError) as error, faults():
        raise NotMigrated
    assert type(error.value) is NotMigrated


def test_an_engine_never_shows_parameters() -> None:
    assert engine_of("sqlite:///hub.db").sync_engine.hide_parameters
