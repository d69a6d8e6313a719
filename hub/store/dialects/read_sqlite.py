"""Reading from SQLite: one thread for what takes long, the loop itself for single rows."""

import asyncio
import datetime as dt
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect

from hub.errors import TooDeep
from hub.store.dialects import faults
from hub.store.dialects.readers import ENOUGH_LISTS, STATEMENTS_KEPT, Run, T

AT_ONCE = 3
"""One statement runs, one waits for the thread, one answer is on its way: the thread is never without work."""

_CACHE_KIB = 8_192
_LOOK_UP = 1_000_000
"""After so many steps of SQLite's machine (tens of milliseconds) a statement looks whether anybody still waits."""


@dataclass(slots=True)
class _Job:
    """Work of the thread; `left` when nobody waits for it any more."""

    work: Callable[[], Any]
    left: bool = False


class SQLiteReader:
    """One thread with one connection for what takes long, and one connection on the loop for point reads.

    Two threads are slower than one, and a hop to a thread costs more than a point read itself.
    """

    def __init__(self, file: Path, statement_seconds: float) -> None:
        self.at_once = AT_ONCE
        self.dialect: Dialect = sqlite.dialect(paramstyle="qmark")
        self._file = file
        self._seconds = statement_seconds
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hub-reader")
        self._lock = Lock()
        self._running: _Job | None = None
        self._threads: sqlite3.Connection | None = None
        self._loops: sqlite3.Connection | None = None
        self._deepest: int | None = None

    async def fetch(self, sql: str, values: Sequence[Any], *, small: bool = False, steady: bool = False) -> Any:
        """The first column of the first row."""
        del steady
        given = [_for_sqlite(value) for value in values]
        if small:
            return self._small(sql, given)
        return await self._on_thread(lambda: self._first(self._of_thread(), sql, given))

    async def rows(self, sql: str, values: Sequence[Any], *, steady: bool = False) -> Sequence[Sequence[Any]]:
        """All rows."""
        del steady
        given = [_for_sqlite(value) for value in values]
        found: list[tuple[Any, ...]] = await self._on_thread(lambda: self._of_thread().execute(sql, given).fetchall())
        return found

    async def together(self, work: Callable[[Run], T]) -> T:
        """What `work` makes of several statements, all in one read transaction."""
        found: T = await self._on_thread(lambda: self._together(work))
        return found

    async def deepest(self) -> int | None:
        """Measured once: the parser of older versions holds 100 open rules."""
        if self._deepest is None:
            self._deepest = await self._on_thread(lambda: _deepest(self._of_thread()))
        return self._deepest if self._deepest < ENOUGH_LISTS else None

    async def parses(self, sqls: Sequence[str]) -> bool:
        """Whether the parser takes these statements; nothing runs."""
        found: bool = await self._on_thread(lambda: all(_parses(self._of_thread(), sql) for sql in sqls))
        return found

    def allow(self, statement_seconds: float) -> None:
        """Who waits longer than this stops waiting, and the statement with it."""
        self._seconds = statement_seconds

    async def close(self) -> None:
        """End the thread and both connections."""
        if self._running is not None:
            self._stop(self._running)
        self._thread.shutdown(wait=True, cancel_futures=True)
        for connection in (self._threads, self._loops):
            if connection is not None:
                connection.close()
        self._threads = self._loops = None

    def _small(self, sql: str, values: list[Any]) -> Any:
        if self._loops is None:
            self._loops = self._open()
        try:
            return self._first(self._loops, sql, values)
        except sqlite3.Error as error:
            self._loops.close()
            self._loops = None
            raise faults.driver_error(error, self._seconds) from None

    async def _on_thread(self, work: Callable[[], Any]) -> Any:
        job = _Job(work)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._thread.submit(self._run, job)), self._seconds)
        except sqlite3.Error as error:
            self._forget()
            raise faults.driver_error(error, self._seconds) from None
        except TimeoutError:
            self._stop(job)
            raise faults.deadline(self._seconds) from None
        except BaseException:
            self._stop(job)
            raise

    def _run(self, job: _Job) -> Any:
        with self._lock:
            if job.left:
                return None
            self._running = job
        try:
            return job.work()
        finally:
            with self._lock:
                self._running = None

    def _stop(self, job: _Job) -> None:
        """Nobody waits any more: what runs is interrupted, what has not begun never does, and no other is touched."""
        with self._lock:
            job.left = True
            if self._running is not job:
                return
            if self._threads is not None:
                self._threads.interrupt()
        self._forget()

    def _is_left(self) -> bool:
        """An interruption between two statements is lost on both: the next one asks again."""
        job = self._running
        return job is not None and job.left

    def _forget(self) -> None:
        connection, self._threads = self._threads, None
        if connection is not None:
            self._thread.submit(connection.close)

    def _of_thread(self) -> sqlite3.Connection:
        if self._threads is None:
            self._threads = self._open()
        return self._threads

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                f"file:{self._file}?mode=rw",
                uri=True,
                timeout=5,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=STATEMENTS_KEPT,
            )
        except sqlite3.Error as error:
            raise faults.driver_error(error, self._seconds) from None
        for pragma in (f"cache_size = -{_CACHE_KIB}", "query_only = ON", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")
        connection.set_progress_handler(self._is_left, _LOOK_UP)
        return connection

    def _first(self, connection: sqlite3.Connection, sql: str, values: list[Any]) -> Any:
        row = connection.execute(sql, values).fetchone()
        return row[0] if row else None

    def _together(self, work: Callable[[Run], T]) -> T:
        connection = self._of_thread()
        connection.execute("BEGIN")
        try:
            return work(lambda sql, values: connection.execute(sql, [_for_sqlite(each) for each in values]).fetchall())
        finally:
            connection.execute("ROLLBACK")


def _parses(connection: sqlite3.Connection, sql: str) -> bool:
    try:
        connection.execute(f"EXPLAIN {sql}", [None] * sql.count("?"))
    except sqlite3.OperationalError as error:
        if isinstance(faults.driver_error(error, None), TooDeep):
            return False
        raise
    return True


def _deepest(connection: sqlite3.Connection) -> int:
    """How many lists of the compiler's shape the parser takes inside one another."""
    for lists in range(1, ENOUGH_LISTS):
        inner = "1"
        for _ in range(lists):
            page = "(SELECT 1 AS id LIMIT 1) AS p"
            rows = f"SELECT p.id AS a0, {inner} AS a1 FROM {page} ORDER BY p.id LIMIT 1"
            text = "'[' || coalesce(group_concat(coalesce((r.a0 || r.a1), ''), ','), '') || ']'"
            inner = f"(SELECT {text} FROM ({rows}) AS r)"
        try:
            connection.execute(f"EXPLAIN SELECT CAST(coalesce(('' || {inner}), '') AS BLOB) AS answer")
        except sqlite3.OperationalError:
            return lists - 1
    return ENOUGH_LISTS


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, list):
        return orjson.dumps([_for_sqlite(each) for each in value]).decode()
    if isinstance(value, bool):
        return int(value)
    return value.isoformat() if isinstance(value, dt.date) else value
