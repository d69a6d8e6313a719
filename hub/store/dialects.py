"""The only file that says SQLite or PostgreSQL: text expressions, types, search indexes, connections, faults."""

import datetime as dt
import sqlite3
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from hub.errors import (
    Deadline,
    HubError,
    NotMigrated,
    Refused,
    StorageFull,
    StoreError,
    TooDeep,
    Unavailable,
    WeakDurability,
)

# --- what tables and connections need ---------------------------------------------------------------------------------
LOG_OPTIONS: dict[str, Any] = {"sqlite_autoincrement": True}
"""Options of the log's table: a number once given is never given again."""

WRITES = "hub_writes"
"""The execution option of an engine or connection whose transactions write."""

_BUSY_SECONDS = 10
_CHECKPOINT_PAGES = 4000
"""SQLite's own 1,000 make every bulk deed wait until its pages are back in the file: a third of a load's time."""

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class Bytewise(TypeDecorator[str]):
    """Text that both databases compare and order byte by byte."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL is told to; SQLite never does anything else."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TEXT(collation="C"))
        return dialect.type_descriptor(Text())


class LogPosition(TypeDecorator[int]):
    """The number of an event in the log: 64 bits, given by the database."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite numbers rows under the plain name INTEGER only; its integers have 64 bits anyway."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class _Xid8(UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


# Reflection, which drafts migrations, warns of types that it has no name for.
postgresql.base.ischema_names.setdefault("xid8", _Xid8)


class TransactionId(TypeDecorator[int]):
    """The transaction that wrote an event: readers stay below the oldest one still open."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """One writer at a time needs no transaction numbers: SQLite keeps 0."""
        return dialect.type_descriptor(_Xid8() if dialect.name == "postgresql" else BigInteger())


class CurrentTransaction(FunctionElement[int]):
    """The default of a `TransactionId`."""

    inherit_cache = True
    type = BigInteger()


@compiles(CurrentTransaction, "sqlite")
def _no_transaction_number(_: Any, __: Any, **___: Any) -> str:
    return "0"


@compiles(CurrentTransaction, "postgresql")
def _transaction_number(_: Any, __: Any, **___: Any) -> str:
    return "pg_current_xact_id()"


class OldestOpenTransaction(FunctionElement[int]):
    """What a reader of the log stays below: transactions from here on may still be writing."""

    inherit_cache = True
    type = TransactionId()


@compiles(OldestOpenTransaction, "sqlite")
def _beyond_all_transactions(_: Any, __: Any, **___: Any) -> str:
    return "1"


@compiles(OldestOpenTransaction, "postgresql")
def _oldest_open_transaction(_: Any, __: Any, **___: Any) -> str:
    return "pg_snapshot_xmin(pg_current_snapshot())"


def async_url(url: str) -> URL:
    """The address with the driver we use; `sqlite:///file` and `postgresql://...` are enough."""
    parsed = make_url(url)
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None or (driver.startswith("sqlite") and parsed.database in (None, "", ":memory:")):
        raise WeakDurability(setting="url")
    return parsed.set(drivername=driver)


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


# --- search indexes ---------------------------------------------------------------------------------------------------
def create_search(connection: Connection, table: str) -> None:
    """The search index of a table over its `search_tokens`; rows already there are taken in."""
    if connection.dialect.name == "postgresql":
        tokens = "to_tsvector('simple', search_tokens)"
        connection.exec_driver_sql(f"CREATE INDEX ix_{table}_search ON {table} USING gin ({tokens})")
        return
    # A row keeps its number in the index by a table of its own: row numbers of a table with text ids may change.
    keys = f"{table}_search_keys"
    connection.exec_driver_sql(f"CREATE TABLE {keys} (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)")
    tokenizer = "tokenize = 'unicode61'"
    connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {table}_search USING fts5 (id UNINDEXED, tokens, {tokenizer})")
    connection.exec_driver_sql(f"INSERT INTO {keys} (id) SELECT id FROM {table}")
    connection.exec_driver_sql(
        f"INSERT INTO {table}_search (rowid, id, tokens) "
        f"SELECT k.row, t.id, t.search_tokens FROM {keys} k JOIN {table} t ON t.id = k.id"
    )
    _create_triggers(connection, table)


def drop_search(connection: Connection, table: str) -> None:
    """Take the search index away."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP INDEX ix_{table}_search")
        return
    for when in ("insert", "update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_search_{when}")
    connection.exec_driver_sql(f"DROP TABLE {table}_search")
    connection.exec_driver_sql(f"DROP TABLE {table}_search_keys")


def searched_tables(connection: Connection) -> set[str]:
    """The tables that have a search index."""
    if connection.dialect.name == "postgresql":
        statement = (
            "SELECT tablename FROM pg_indexes "
            "WHERE schemaname = current_schema() AND indexname = 'ix_' || tablename || '_search'"
        )
        return set(connection.exec_driver_sql(statement).scalars())
    statement = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
    return {name.removesuffix("_search") for name in connection.exec_driver_sql(statement).scalars()}


def restore_search(connection: Connection) -> None:
    """Put the search triggers back: SQLite drops them when a migration builds a table anew."""
    if connection.dialect.name == "sqlite":
        for table in sorted(searched_tables(connection)):
            _create_triggers(connection, table)


def check_links(connection: Connection) -> None:
    """After a migration without foreign keys (SQLite): Refused when a link leads nowhere."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise Refused(constraint="foreign_key")


def is_search_part(name: str) -> bool:
    """Whether a table or index belongs to a search index, not to the model."""
    endings = ("", "_keys", "_data", "_idx", "_content", "_docsize", "_config")
    return name.endswith(tuple(f"_search{ending}" for ending in endings))


def _create_triggers(connection: Connection, table: str) -> None:
    keys, search = f"{table}_search_keys", f"{table}_search"
    row = f"(SELECT row FROM {keys} WHERE id = %s.id)"
    changed = "WHEN new.search_tokens <> old.search_tokens"
    triggers = (
        f"{search}_insert AFTER INSERT ON {table} BEGIN INSERT INTO {keys} (id) VALUES (new.id); "
        f"INSERT INTO {search} (rowid, id, tokens) VALUES ({row % 'new'}, new.id, new.search_tokens); END",
        f"{search}_update AFTER UPDATE OF search_tokens ON {table} {changed} BEGIN "
        f"UPDATE {search} SET tokens = new.search_tokens WHERE rowid = {row % 'new'}; END",
        f"{search}_delete AFTER DELETE ON {table} BEGIN DELETE FROM {search} WHERE rowid = {row % 'old'}; "
        f"DELETE FROM {keys} WHERE id = old.id; END",
    )
    for trigger in triggers:
        connection.exec_driver_sql(f"CREATE TRIGGER IF NOT EXISTS {trigger}")


# --- faults -----------------------------------------------------------------------------------------------------------
_FAULTS: dict[str, type[HubError]] = {
    "SQLITE_FULL": StorageFull,
    "SQLITE_BUSY": Unavailable,
    "SQLITE_LOCKED": Unavailable,
    "SQLITE_READONLY": Unavailable,
    "SQLITE_IOERR": Unavailable,
    "SQLITE_CANTOPEN": Unavailable,
    "SQLITE_CORRUPT": Unavailable,
    "SQLITE_NOTADB": Unavailable,
    "08": Unavailable,
    "40": Unavailable,
    "53": Unavailable,
    "53100": StorageFull,
    "55P03": Unavailable,
    "57P": Unavailable,
    "58": Unavailable,
    "42P01": NotMigrated,
    "42703": NotMigrated,
}
"""Codes of the drivers (whole or beginning) and what they are to us; the longest that fits counts."""


_TOO_DEEP = ("parser stack overflow", "Expression tree is too large", "at most 64 tables")
"""How SQLite says that a statement is nested too deeply for it."""


def hub_error(error: BaseException, metadata: MetaData | None, statement_seconds: float | None) -> HubError:
    """What a driver's error is to us. Only its code and the constraint's name are kept, never its text."""
    if not isinstance(error, DBAPIError) or error.connection_invalidated:
        return Unavailable(reason=type(error).__name__)
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_error(error.orig, metadata)
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state.startswith("23"):
        name = getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None
        return Refused(constraint=name or state)
    if state == "57014":
        return Deadline(limit=statement_seconds)
    return _by_code(state) if state else Unavailable(reason=type(error.orig).__name__)


def _sqlite_error(error: sqlite3.Error, metadata: MetaData | None) -> HubError:
    code, sentence = getattr(error, "sqlite_errorname", ""), str(error)
    if code.startswith("SQLITE_CONSTRAINT"):
        return Refused(constraint=_constraint_name(code, sentence.partition(" failed: ")[2], metadata))
    if sentence.startswith(("no such table", "no such column")) or "has no column" in sentence:
        return NotMigrated(reason=code)
    if sentence.startswith(_TOO_DEEP):
        return TooDeep()
    return _by_code(code)


def _by_code(code: str) -> HubError:
    fitting = sorted((known for known in _FAULTS if code.startswith(known)), key=len)
    return _FAULTS[fitting[-1]](reason=code) if fitting else StoreError(reason=code)


def _constraint_name(code: str, detail: str, metadata: MetaData | None) -> str:
    """SQLite names checks, but says only which columns are not unique; the model knows their constraint."""
    if code == "SQLITE_CONSTRAINT_CHECK":
        return detail
    if code == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return "foreign_key"
    table, columns = detail.partition(".")[0], [part.partition(".")[2] for part in detail.split(", ")]
    known = metadata.tables.get(table) if metadata is not None else None
    if known is None:
        return code.removeprefix("SQLITE_CONSTRAINT_").lower()
    keys = [rule for rule in known.constraints if isinstance(rule, (PrimaryKeyConstraint, UniqueConstraint))]
    rules = [*keys, *(index for index in known.indexes if index.unique)]
    named = [str(rule.name) for rule in rules if [column.name for column in rule.columns] == columns]
    return named[0] if named else code.removeprefix("SQLITE_CONSTRAINT_").lower()


def driver_error(error: BaseException, statement_seconds: float | None) -> HubError:
    """What an error that comes straight from a driver is to us."""
    if isinstance(error, sqlite3.Error):
        return deadline(statement_seconds) if "interrupt" in str(error) else _sqlite_error(error, None)
    if isinstance(error, TimeoutError):
        return deadline(statement_seconds)
    state = str(getattr(error, "sqlstate", None) or "")
    if state == "57014":
        return deadline(statement_seconds)
    return _by_code(state) if state else Unavailable(reason=type(error).__name__)


def deadline(statement_seconds: float | None) -> HubError:
    """A statement ran out of time."""
    return Deadline(limit=f"{statement_seconds or 0:g}")
