"""Hearing that somebody committed events: never what, and never the truth, which is in the log alone."""

import asyncio
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from hub.store.dialects import connections
from hub.store.dialects.faults import DRIVER_ERRORS

Heard = Callable[[int], None]
"""Told the newest transaction that could have written events (0 in SQLite): the log has to be looked at."""

LOOK_SECONDS = 0.1
"""How often a file's number of commits is looked at: it takes 4 us and reads no table."""

NAME = "hub doorbell"
"""How PostgreSQL shows the connection that listens."""

_RECONNECT_SECONDS = (0.1, 5.0)
_CONNECT_SECONDS = 10.0
_SILENT_SECONDS = 10
"""A connection whose other side is gone without a word is given up after about three times this."""


_BEGUN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"


class Doorbell(Protocol):
    """Hears of commits of every process until it is cancelled."""

    def ring(self) -> None:
        """Somebody of this process committed events."""
        ...

    async def listen(self, heard: Heard) -> None:
        """Tell `heard` of every commit, and whenever one could have been missed."""
        ...


class PostgresDoorbell:
    """One connection of its own that listens. When it breaks it is made anew, and what was missed is looked for."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ring(self) -> None:
        """The transaction itself announced what it wrote."""

    async def listen(self, heard: Heard) -> None:
        """Listen for ever."""
        wait = _RECONNECT_SECONDS[0]
        while True:
            with suppress(*DRIVER_ERRORS, OSError, TimeoutError):
                settings = {"application_name": NAME}
                connection = await asyncpg.connect(self._address, timeout=_CONNECT_SECONDS, server_settings=settings)
                wait = _RECONNECT_SECONDS[0]
                await self._hear(connection, heard)
            await asyncio.sleep(wait)
            wait = min(2 * wait, _RECONNECT_SECONDS[1])

    async def _hear(self, connection: Any, heard: Heard) -> None:
        """Until the connection breaks."""
        broken = asyncio.Event()
        connection.add_termination_listener(lambda _: broken.set())
        try:
            _notice_silence(connection)
            await connection.add_listener(connections.CHANNEL, lambda *said: heard(int(said[3])))
            heard(int(await connection.fetchval(_BEGUN)) - 1)
            await broken.wait()
        finally:
            connection.terminate()


class SQLiteDoorbell:
    """This process rings itself; of others the file's number of commits tells (`PRAGMA data_version`)."""

    def __init__(self, file: Path, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._file, self._seconds = file, look_seconds
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Heard at once, without waiting for the next look."""
        self._rung.set()

    async def listen(self, heard: Heard) -> None:
        """Look for ever. A file that cannot be opened at the moment is tried again."""
        while True:
            with suppress(sqlite3.Error), closing(self._open()) as connection:
                heard(0)
                await self._look(connection, heard)
            await asyncio.sleep(self._seconds)

    async def _look(self, connection: sqlite3.Connection, heard: Heard) -> None:
        known = _commits(connection)
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), self._seconds)
            rung, found = self._rung.is_set(), _commits(connection)
            self._rung.clear()
            if rung or found != known:
                known = found
                heard(0)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=0, isolation_level=None)


def _commits(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def _notice_silence(connection: Any) -> None:
    """The system asks a silent connection whether it still is one: no statement is needed for that."""
    transport = getattr(connection, "_transport", None)
    wire = transport.get_extra_info("socket") if transport is not None else None
    if wire is None or wire.family not in (socket.AF_INET, socket.AF_INET6):
        return
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", _SILENT_SECONDS), ("TCP_KEEPINTVL", _SILENT_SECONDS), ("TCP_KEEPCNT", 2)):
        if hasattr(socket, option):
            wire.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
