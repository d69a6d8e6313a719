"""Multiplying cases inside the database: INSERT ... SELECT with new ids, numbers and dates, on both databases."""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import asyncpg
import sqlalchemy as sa

from hub.store.base import engine_of
from hub.store.dialects import async_url, restore_search

TABLES = ("cases", "parties", "case_modes", "referrals", "referral_members", "source_records", "events")
IDS = ("id", "case_id", "referral_id", "subject_id")
"""Columns whose ids are copied with their rows; all others lead to registers, which stay as they are."""

HISTORY = ("source_records", "events")
HISTORIES = 100
"""So many copies have a history: 400,000 cases. Beyond them pages are measured, and no page asks for it."""

LEFT_OUT = ("seq", "xid")
YEARS = 10
_HEADS = "0123456789abcdef"


class Speech(Protocol):
    """How a database says what a copy needs; `c` is the copy: its number k, years, days and seconds back."""

    def id(self, column: str) -> str: ...
    def date(self, column: str) -> str: ...
    def instant(self, column: str) -> str: ...
    def serial(self, column: str, digits: int, step: int) -> str: ...


class Sqlite:
    def id(self, column: str) -> str:
        tail = f"substr(o.{column}, instr(o.{column}, '_') + 1)"
        head = f"printf('%04x', 399 + instr('{_HEADS}', substr({tail}, 4, 1)) - c.heads)"
        return (
            f"substr(o.{column}, 1, instr(o.{column}, '_')) || {head} || substr({tail}, 5, 20) || printf('%08x', c.k)"
        )

    def date(self, column: str) -> str:
        return f"date(o.{column}, '-' || c.days || ' days')"

    def instant(self, column: str) -> str:
        moved = f"substr(o.{column}, 1, 19), '-' || c.days || ' days', '-' || c.seconds || ' seconds'"
        return f"strftime('%Y-%m-%dT%H:%M:%S', {moved}) || substr(o.{column}, 20)"

    def serial(self, column: str, digits: int, step: int) -> str:
        return f"printf('%0{digits}d', CAST(substr(o.{column}, -{digits}) AS INTEGER) + c.k * {step})"


class Postgres:
    def id(self, column: str) -> str:
        tail = f"substr(o.{column}, strpos(o.{column}, '_') + 1)"
        head = f"lpad(to_hex(399 + strpos('{_HEADS}', substr({tail}, 4, 1)) - c.heads), 4, '0')"
        new = f"{head} || substr({tail}, 5, 20) || lpad(to_hex(c.k), 8, '0')"
        return f"substr(o.{column}, 1, strpos(o.{column}, '_')) || {new}"

    def date(self, column: str) -> str:
        return f"o.{column} - c.days"

    def instant(self, column: str) -> str:
        back = "make_interval(days => c.days, secs => c.seconds)"
        moved = f"to_char(substr(o.{column}, 1, 19)::timestamp - {back}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        return f"{moved} || substr(o.{column}, 20)"

    def serial(self, column: str, digits: int, step: int) -> str:
        return f"lpad((right(o.{column}, {digits})::int + c.k * {step})::text, {digits}, '0')"


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of everything: how far back it lies. Whole weeks, so that Mondays stay Mondays."""

    k: int

    @property
    def years(self) -> int:
        return self.k % YEARS

    @property
    def values(self) -> tuple[int, int, int, int, int]:
        """k, years, the same in steps of an id's first four digits (49.7 days), days, seconds."""
        days = 364 * self.years + 7 * (self.k // YEARS % 5)
        return self.k, self.years, round(days * 86_400_000 / 2**32), days, self.k * 37 % 1500


async def multiply(url: str, metadata: sa.MetaData, *, copies: int) -> None:
    """Add that many copies of all cases and what belongs to them, then index and analyse."""
    asked = [Copy(k) for k in range(1, copies + 1)]
    if async_url(url).get_backend_name() == "sqlite":
        _sqlite(str(async_url(url).database), metadata, asked)
        await _restore_triggers(url)
    else:
        await _postgres(url, metadata, asked)


def inserts(metadata: sa.MetaData, speech: Speech) -> Iterator[tuple[str, str]]:
    """Per table, the INSERT ... SELECT of one year's copies: `{year}` is left open."""
    for name in TABLES:
        columns = [column for column in metadata.tables[name].columns if column.name not in LEFT_OUT]
        names = ", ".join(column.name for column in columns)
        values = ", ".join(_value(name, column, speech) for column in columns)
        few = f" AND c.k < {HISTORIES}" if name in HISTORY else ""
        source = f"FROM origin_{name} o CROSS JOIN copies c WHERE c.years = {{year}}{few}"
        yield name, f"INSERT INTO {name} ({names}) SELECT {values} {source}"


def _value(table: str, column: sa.Column[object], speech: Speech) -> str:
    name = column.name
    year = f"substr({speech.instant('registered_at' if table == 'cases' else 'issued_at')}, 1, 4)"
    if name in IDS:
        return speech.id(name)
    if isinstance(column.type, sa.Date):
        return speech.date(name)
    if name.endswith("_at"):
        return speech.instant(name)
    if name.startswith("routing_"):
        return "NULL"
    if name == "number" and table == "cases":
        return f"substr(o.number, 1, 14) || {year} || '-' || {speech.serial('number', 6, 1000)}"
    if name == "number":
        return f"'ZZR-' || {year} || '-' || {speech.serial('number', 7, 10_000)}"
    if name == "court_number":
        return f"'(' || {year} || substr(o.court_number, 6, length(o.court_number) - 6) || c.k || '号'"
    return "o.source_number || '-' || c.k" if name == "source_number" else f"o.{name}"


def _origin(name: str) -> str:
    """The rows that are multiplied: what belongs to a case, in the order of their ids."""
    where = "WHERE case_id IS NOT NULL" if name in HISTORY else ""
    return f"CREATE TEMP TABLE origin_{name} AS SELECT * FROM {name} {where} ORDER BY id"


def _prepare(copies: Iterable[Copy]) -> Iterator[str]:
    yield "CREATE TEMP TABLE copies (k INTEGER, years INTEGER, heads INTEGER, days INTEGER, seconds INTEGER)"
    for copy in copies:
        yield f"INSERT INTO copies VALUES {copy.values}"
    yield from (_origin(name) for name in TABLES)


def _sqlite(file: str, metadata: sa.MetaData, copies: list[Copy]) -> None:
    connection = sqlite3.connect(file, isolation_level=None)
    run = connection.execute
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -800000", "temp_store = MEMORY"):
        run(f"PRAGMA {pragma}").fetchall()
    owned = ", ".join(f"'{name}'" for name in TABLES)
    found = run(f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL AND tbl_name IN ({owned})")
    indexes = found.fetchall()
    triggers = run("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'cases_search_%'").fetchall()
    for (name,) in triggers:
        run(f"DROP TRIGGER {name}")
    for name, _ in indexes:
        run(f"DROP INDEX {name}")
    for statement in _prepare(copies):
        run(statement)
    statements = [statement for _, statement in inserts(metadata, Sqlite())]
    for year in sorted({copy.years for copy in copies}, reverse=True):
        run("BEGIN")
        for statement in statements:
            run(statement.format(year=year))
        run("COMMIT")
    for _, sql in indexes:
        run(sql)
    _sqlite_search(connection)
    run("ANALYZE")
    run("PRAGMA journal_mode = WAL").fetchall()
    connection.close()


def _sqlite_search(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO cases_search_keys (id) SELECT id FROM cases WHERE id NOT IN (SELECT id FROM cases_search_keys)"
    )
    connection.execute(
        "INSERT INTO cases_search (rowid, id, tokens) SELECT k.row, c.id, c.search_tokens "
        "FROM cases_search_keys k JOIN cases c ON c.id = k.id "
        "WHERE k.row > (SELECT coalesce(max(rowid), 0) FROM cases_search)"
    )
    connection.execute("COMMIT")


async def _restore_triggers(url: str) -> None:
    engine = engine_of(url)
    async with engine.begin() as connection:
        await connection.run_sync(restore_search)
    await engine.dispose()


async def _postgres(url: str, metadata: sa.MetaData, copies: list[Copy]) -> None:
    async with connected(url) as connection:
        run = connection.execute
        for setting in ("session_replication_role = replica", "maintenance_work_mem = '1GB'", "work_mem = '256MB'"):
            await run(f"SET {setting}")
        await run("SET synchronous_commit = off")
        indexes = await connection.fetch(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY($1) "
            "AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            list(TABLES),
        )
        for index in indexes:
            await run(f"DROP INDEX {index['indexname']}")
        for statement in _prepare(copies):
            await run(statement)
        for year in sorted({copy.years for copy in copies}, reverse=True):
            for _, statement in inserts(metadata, Postgres()):
                await run(f"{statement.format(year=year)} ORDER BY o.id, c.k")
        for index in indexes:
            await run(index["indexdef"])
        await run("VACUUM ANALYZE")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the driver's own, without a time limit."""
    address = async_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(address)
    try:
        yield connection
    finally:
        await connection.close()
