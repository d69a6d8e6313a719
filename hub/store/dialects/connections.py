"""Addresses, settings and durability of connections, and the order in which writers lock."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, event, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import BadConfiguration, WeakDurability

WRITES = "hub_writes"
"""The execution option of an engine or connection whose transactions write."""

CHANNEL = "hub_log"
"""Where transactions that wrote events announce themselves."""

MIGRATIONS, EPOCHS, CHAIN = 7223372036854775807, 7223372036854775806, 7223372036854775805
"""What only one process does at a time."""

_BUSY_SECONDS = 10
_CHECKPOINT_PAGES = 4000
"""SQLite's own 1,000 make every bulk deed wait until its pages are back in the file: a third of a load's time."""

_KEPT = ("synchronous = FULL", f"wal_autocheckpoint = {_CHECKPOINT_PAGES}")
_LOOSE = ("synchronous = OFF", "wal_autocheckpoint = 16000", "cache_size = -65536")
"""Of SQLite; the cache is 64 MiB: the tips of all tables and indexes stay in it while they grow."""

_DURABLE = ("synchronous_commit", "fsync", "full_page_writes")
_AS_DURABLE = ("local", "remote_apply", "remote_write")
"""What `synchronous_commit` may be beside `on`: all of them wait for this server's own disk."""

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


def async_url(url: str) -> URL:
    """The address with the driver we use; `sqlite:///file` and `postgresql://...` are enough."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The address can hold a password: it is not shown.
        expected = "sqlite:///file or postgresql://user@host/base"
        raise BadConfiguration(reason=f"the base's address is none, {expected} is expected") from None
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


def reading(engine: AsyncEngine) -> AsyncEngine:
    """The engine for who reads by single statements: PostgreSQL needs no transaction around each of them."""
    return engine if engine.dialect.name == "sqlite" else engine.execution_options(isolation_level="AUTOCOMMIT")


def keeps_connections(engine: AsyncEngine) -> bool:
    """Whether who reads all the time does well to keep a connection: a file's cost nothing to take."""
    return engine.dialect.name != "sqlite"


def prepare(engine: AsyncEngine, *, foreign_keys: bool = True, weak: bool = False, lasting: bool = True) -> None:
    """Give every connection of the engine its settings; SQLite's transactions begin when we say so.

    On PostgreSQL a role, a database or an address can weaken a session after the hub has started: each new connection
    is looked at (WeakDurability), unless `weak` ones are allowed. What is written by connections that are not `lasting`
    may be lost with the power.
    """
    listen = event.listens_for
    if engine.dialect.name != "sqlite":

        @listen(engine.sync_engine, "connect")
        def _(connection: Any, __: Any) -> None:
            connection.run_async(set_codecs)
            weakened = None if weak else connection.run_async(_weakened)
            if weakened:
                raise WeakDurability(setting=weakened)
            if not lasting:
                connection.run_async(_set_loose)

        return
    keys = "ON" if foreign_keys else "OFF"
    settings = _KEPT if lasting else _LOOSE

    @listen(engine.sync_engine, "connect")
    def _(connection: Any, __: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", f"foreign_keys = {keys}", *settings):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @listen(engine.sync_engine, "begin")
    def _(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


async def _set_loose(connection: Any) -> None:
    await connection.execute("SET synchronous_commit = off")
    await connection.execute("SET maintenance_work_mem = '128MB'")


async def set_codecs(connection: Any) -> None:
    """Dates travel as text: the driver's own form makes an infinity of the last day there is."""
    await connection.set_type_codec(
        "date", schema="pg_catalog", encoder=str, decoder=dt.date.fromisoformat, format="text"
    )


async def _weakened(connection: Any) -> str | None:
    """The first setting of a new session with which an acknowledged deed could be lost."""
    found = await connection.fetchrow("SELECT " + ", ".join(f"current_setting('{name}')" for name in _DURABLE))
    return next((name for name, value in zip(_DURABLE, found, strict=True) if value not in ("on", *_AS_DURABLE)), None)


def check_durability(connection: Connection) -> None:
    """WeakDurability when an acknowledged deed could be lost with the power."""
    if connection.dialect.name == "sqlite":
        _expect(connection, "PRAGMA journal_mode", "journal_mode", "wal")
        _expect(connection, "PRAGMA synchronous", "synchronous", 2, 3)
        _expect(connection, "PRAGMA foreign_keys", "foreign_keys", 1)
        return
    for setting in _DURABLE:
        _expect(connection, f"SHOW {setting}", setting, "on", *_AS_DURABLE)


def _expect(connection: Connection, statement: str, setting: str, *values: object) -> None:
    if connection.exec_driver_sql(statement).scalar() not in values:
        raise WeakDurability(setting=setting)


def lock_in_order(connection: Connection, keys: list[int]) -> None:
    """Hold the keys until the transaction ends. An advisory lock takes no transaction number, so order is kept."""
    if connection.dialect.name == "postgresql" and keys:
        statement = text("SELECT count(pg_advisory_xact_lock(k)) FROM unnest(CAST(:keys AS bigint[])) AS k")
        connection.execute(statement, {"keys": keys})


def one_at_a_time(connection: Connection, what: int) -> None:
    """A second process waits until the first has ended its transaction; SQLite's write transaction is that already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({what})")


def see_one_moment(connection: Connection) -> None:
    """Whatever the transaction reads from here on is as of its first statement; SQLite's transactions are so anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def is_free(connection: Connection, what: int) -> bool:
    """Whether nobody else does this at the moment; until the transaction ends nobody else can begin."""
    if connection.dialect.name != "postgresql":
        return True
    return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({what})").scalar())


def announce(connection: Connection, epoch: ColumnElement[int]) -> int:
    """Announce that this transaction writes events; the epoch that they are of.

    Listeners hear it when the transaction has committed, and never otherwise.
    """
    asked = select(epoch)
    if connection.dialect.name == "postgresql":
        asked = asked.add_columns(text(f"pg_notify('{CHANNEL}', pg_current_xact_id()::text)"))
    return int(connection.execute(asked).all()[0][0])


def place_of(connection: Connection, log: str) -> str:
    """Where the base is: its cluster, its database and its log's table by their numbers; for a file, its inode."""
    if connection.dialect.name != "postgresql":
        return f"file {Path(connection.engine.url.database or '').stat().st_ino}"
    asked = (
        "SELECT concat_ws(' ', (SELECT system_identifier FROM pg_control_system()),"
        f" (SELECT oid FROM pg_database WHERE datname = current_database()), '{log}'::regclass::oid)"
    )
    return f"cluster {connection.exec_driver_sql(asked).scalar()}"


def is_ahead(connection: Connection, log: Table, epoch: int) -> bool:
    """Whether the epoch's events name transactions that the cluster has not begun yet: it is another, younger one."""
    if connection.dialect.name != "postgresql":
        return False
    newest = select(log.c.xid).where(log.c.epoch == epoch).order_by(log.c.xid.desc(), log.c.seq.desc()).limit(1)
    begun = text("pg_snapshot_xmax(pg_current_snapshot())")
    return bool(connection.execute(select(newest.scalar_subquery() >= begun)).scalar())


async def oldest_writer(connection: Any) -> float:
    """For how many seconds the oldest open transaction that writes has been open; the log waits for it. 0: none is."""
    if connection.dialect.name != "postgresql":
        return 0.0
    asked = (
        "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)::float8"
        " FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
    )
    return float((await connection.exec_driver_sql(asked)).scalar() or 0)
