"""Addresses, settings and durability of connections, and the order in which writers lock."""

import datetime as dt
import os
from typing import Any

from sqlalchemy import (
    Connection,
    event,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import (
    WeakDurability,
)

WRITES = "hub_writes"
"""The execution option of an engine or connection whose transactions write."""

_BUSY_SECONDS = 10
_CHECKPOINT_PAGES = 4000
"""SQLite's own 1,000 make every bulk deed wait until its pages are back in the file: a third of a load's time."""

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


def async_url(url: str) -> URL:
    """The address with the driver we use; `sqlite:///file` and `postgresql://...` are enough."""
    parsed = make_url(url)
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None or (driver.startswith("sqlite") and parsed.database in (None, "", ":memory:")):
        raise WeakDurability(setting="url")
    return parsed.set(drivername=driver)


def make_private(url: URL) -> None:
    """A base that is a file is its owner's alone: names of parties stand in it as they are."""
    if url.get_backend_name() == "sqlite" and url.database:
        os.close(os.open(url.database, os.O_CREAT | os.O_RDWR, 0o600))


def engine_options(url: URL, statement_seconds: float | None) -> dict[str, Any]:
    """Pool and connection settings: every wait ends."""
    if url.get_backend_name() == "sqlite":
        return {"pool_size": 5, "max_overflow": 0, "pool_timeout": 10, "connect_args": {"timeout": _BUSY_SECONDS}}
    milliseconds = str(int((statement_seconds or 0) * 1000))
    settings = {"TimeZone": "UTC", "DateStyle": "ISO", "statement_timeout": milliseconds, "lock_timeout": "10000"}
    settings["idle_in_transaction_session_timeout"] = "60000"
    arguments = {"server_settings": settings, "timeout": 10}
    return {"pool_size": 5, "max_overflow": 5, "pool_timeout": 10, "pool_pre_ping": True, "connect_args": arguments}


def writers_at_once(engine: AsyncEngine) -> int:
    """How many deeds may be written at the same time: SQLite has one writer, and a fair queue beats its polling."""
    return 1 if engine.dialect.name == "sqlite" else 8


def prepare(engine: AsyncEngine, *, foreign_keys: bool = True) -> None:
    """Give every connection of the engine its settings; SQLite's transactions begin when we say so."""
    listen = event.listens_for
    if engine.dialect.name != "sqlite":

        @listen(engine.sync_engine, "connect")
        def _(connection: Any, __: Any) -> None:
            connection.run_async(set_codecs)

        return
    keys = "ON" if foreign_keys else "OFF"

    @listen(engine.sync_engine, "connect")
    def _(connection: Any, __: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        settings = ("journal_mode = WAL", "synchronous = FULL", f"foreign_keys = {keys}")
        for pragma in (*settings, f"wal_autocheckpoint = {_CHECKPOINT_PAGES}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @listen(engine.sync_engine, "begin")
    def _(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


async def set_codecs(connection: Any) -> None:
    """Dates travel as text: the driver's own form makes an infinity of the last day there is."""
    await connection.set_type_codec(
        "date", schema="pg_catalog", encoder=str, decoder=dt.date.fromisoformat, format="text"
    )


def check_durability(connection: Connection) -> None:
    """WeakDurability when an acknowledged deed could be lost with the power."""
    if connection.dialect.name == "sqlite":
        _expect(connection, "PRAGMA journal_mode", "journal_mode", "wal")
        _expect(connection, "PRAGMA synchronous", "synchronous", 2, 3)
        _expect(connection, "PRAGMA foreign_keys", "foreign_keys", 1)
        return
    _expect(connection, "SHOW synchronous_commit", "synchronous_commit", "on", "local", "remote_apply", "remote_write")
    _expect(connection, "SHOW fsync", "fsync", "on")
    _expect(connection, "SHOW full_page_writes", "full_page_writes", "on")


def _expect(connection: Connection, statement: str, setting: str, *values: object) -> None:
    if connection.exec_driver_sql(statement).scalar() not in values:
        raise WeakDurability(setting=setting)


def lock_in_order(connection: Connection, keys: list[int]) -> None:
    """Hold the keys until the transaction ends. An advisory lock takes no transaction number, so order is kept."""
    if connection.dialect.name == "postgresql" and keys:
        statement = text("SELECT count(pg_advisory_xact_lock(k)) FROM unnest(CAST(:keys AS bigint[])) AS k")
        connection.execute(statement, {"keys": keys})


def one_migration_at_a_time(connection: Connection) -> None:
    """A second process that migrates waits until the first is done; SQLite's write transaction is that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7223372036854775807)")
