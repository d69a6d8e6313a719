"""Reading from PostgreSQL: a few kept connections straight on the driver."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.engine import Dialect

from hub.errors import NotMigrated, Unavailable
from hub.store.dialects import connections, faults
from hub.store.dialects.readers import STATEMENTS_KEPT, Run, T

CONNECTIONS = 8
AT_ONCE = CONNECTIONS + 2
"""All connections at work, and two answers on their way."""
_GOODBYE_SECONDS = 2.0


class PostgresReader:
    """A few kept connections; one whose operation failed or was cancelled is ended, not kept.

    Those for steady statements keep one plan each: planning a page anew for its values costs as much as running it.
    """

    def __init__(self, address: str, statement_seconds: float) -> None:
        self.at_once = AT_ONCE
        self.dialect: Dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]
        self._address = address
        self._seconds = statement_seconds
        self._free: dict[bool, list[Any]] = {True: [], False: []}
        self._turn = asyncio.Semaphore(CONNECTIONS)
        self._ending: set[asyncio.Task[None]] = set()

    async def fetch(self, sql: str, values: Sequence[Any], *, small: bool = False, steady: bool = False) -> Any:
        """The first column of the first row; a statement that is not steady is planned anew where that pays."""
        del small
        return await self._run(lambda connection: connection.fetchval(sql, *values), steady=steady)

    async def rows(self, sql: str, values: Sequence[Any], *, steady: bool = False) -> Sequence[Sequence[Any]]:
        """All rows."""
        found: Sequence[Sequence[Any]] = await self._run(
            lambda connection: connection.fetch(sql, *values), steady=steady
        )
        return found

    async def together(self, work: Callable[[Run], T]) -> T:
        """No statement is too deep for this base's parser."""
        raise NotImplementedError

    async def deepest(self) -> int | None:
        """There is no bound."""
        return None

    async def parses(self, sqls: Sequence[str]) -> bool:
        """It takes any depth that a document may have."""
        del sqls
        return True

    def allow(self, statement_seconds: float) -> None:
        """Connections know how long: those that are in use are ended when their work is done."""
        if statement_seconds != self._seconds:
            self._drop()
            self._seconds, self._free = statement_seconds, {True: [], False: []}

    async def close(self) -> None:
        """End the connections that nobody uses."""
        self._drop()
        await asyncio.gather(*self._ending)

    def _drop(self) -> None:
        for free in self._free.values():
            while free:
                free.pop().terminate()

    async def _run(self, work: Callable[[Any], Any], *, steady: bool) -> Any:
        async with self._turn:
            free = self._free[steady]
            while free:
                connection = free.pop()
                if connection.is_closed():
                    continue
                try:
                    return await self._with(connection, work, free)
                except (Unavailable, NotMigrated):
                    # The kept connection may be older than the server's last restart or the last migration.
                    self._drop()
            return await self._with(await self._connect(steady=steady), work, free)

    async def _with(self, connection: Any, work: Callable[[Any], Any], free: list[Any]) -> Any:
        try:
            found = await work(connection)
        except (*faults.DRIVER_ERRORS, OSError, TimeoutError) as error:
            connection.terminate()
            raise faults.driver_error(error, self._seconds) from None
        except BaseException:
            task = asyncio.get_running_loop().create_task(_ended(connection))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
            raise
        if any(free is kept for kept in self._free.values()):
            free.append(connection)
        else:
            connection.terminate()
        return found

    async def _connect(self, *, steady: bool) -> Any:
        settings = {
            "application_name": "hub",
            "DateStyle": "ISO",
            "TimeZone": "UTC",
            "default_transaction_read_only": "on",
            "jit": "off",
            "plan_cache_mode": "force_generic_plan" if steady else "auto",
            "statement_timeout": str(int(self._seconds * 1000)),
        }
        try:
            connection = await asyncpg.connect(
                self._address,
                timeout=10,
                command_timeout=self._seconds + 1,
                server_settings=settings,
                statement_cache_size=STATEMENTS_KEPT,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
            )
            await connections.set_codecs(connection)
        except (*faults.DRIVER_ERRORS, OSError, TimeoutError, ValueError) as error:
            raise faults.driver_error(error, self._seconds) from None
        return connection


async def _ended(connection: Any) -> None:
    """The driver has asked the server to stop what runs; a connection that ends at once would take that back."""
    try:
        await connection.close(timeout=_GOODBYE_SECONDS)
    except Exception:  # noqa: BLE001 - however it ends, it ends
        connection.terminate()
