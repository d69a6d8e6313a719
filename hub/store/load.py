"""Loading: hundreds of thousands of drafted rows written in bulk, into a base that nobody reads until it is whole.

The rows come from `Ledger.drafted`, so nothing that the ledger does to a row is left out. Indexes are taken away
meanwhile and made again at the end; primary keys, unique numbers, links and checks are held all the time.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import dialects
from hub.store.base import engine_of, faults

Lot = Mapping[str, Sequence[tuple[Any, ...]]]
"""Table -> rows as the driver takes them, in the order of `Spelling`; tables in the order to write them."""

Told = Callable[[int, int], None]
"""Hears how many steps of how many are done."""


class Spelling:
    """How drafted rows are spelled for the driver: tuples in the order of the columns that the base does not fill."""

    def __init__(self, metadata: sa.MetaData, dialect: sa.Dialect) -> None:
        self._columns = {
            name: [(column.name, _processor(column, dialect)) for column in _written(table)]
            for name, table in metadata.tables.items()
        }

    def of(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
        """The rows of one table."""
        columns = self._columns[table]
        return [tuple([process(row[name]) if process else row[name] for name, process in columns]) for row in rows]


class Loading:
    """Writes lots, each in a transaction of its own."""

    def __init__(self, connection: AsyncConnection, metadata: sa.MetaData) -> None:
        self._connection = connection
        self._inserts = {
            name: str(table.insert().compile(dialect=connection.dialect, column_keys=[c.name for c in _written(table)]))
            for name, table in metadata.tables.items()
        }

    async def write(self, lot: Lot) -> int:
        """Write a lot; how many rows it was. Refused for a row that breaks a constraint."""
        async with self._connection.begin():
            for table, rows in lot.items():
                await self._connection.exec_driver_sql(self._inserts[table], list(rows))
        return sum(map(len, lot.values()))


@asynccontextmanager
async def loading(url: str, metadata: sa.MetaData, told: Told) -> AsyncIterator[Loading]:
    """A base without its indexes, to load; on leaving they are made again, and `told` hears of each.

    Whoever leaves by an error leaves a base that is not to be served: it has to be made anew.
    """
    engine = engine_of(url, lasting=False).execution_options(**{dialects.WRITES: True})
    try:
        with faults(metadata, None):
            async with engine.connect() as connection:
                async with connection.begin():
                    searched = await connection.run_sync(_strip, metadata)
                yield Loading(connection, metadata)
                await _index(connection, metadata, searched, told=told)
    finally:
        await engine.dispose()


def _strip(connection: sa.Connection, metadata: sa.MetaData) -> list[str]:
    searched = sorted(dialects.searched_tables(connection))
    for table in searched:
        dialects.drop_search(connection, table)
    for index in _indexes(metadata):
        index.drop(connection)
    return searched


async def _index(connection: AsyncConnection, metadata: sa.MetaData, searched: Sequence[str], *, told: Told) -> None:
    indexes = _indexes(metadata)
    of = len(indexes) + len(searched) + 1
    for number, index in enumerate(indexes):
        told(number, of)
        async with connection.begin():
            await connection.run_sync(index.create)
    for number, table in enumerate(searched, len(indexes)):
        told(number, of)
        async with connection.begin():
            await connection.run_sync(dialects.create_search, table)
    told(of - 1, of)
    async with connection.begin():
        await connection.exec_driver_sql("ANALYZE")
    told(of, of)


def _indexes(metadata: sa.MetaData) -> list[sa.Index]:
    found = [index for table in metadata.sorted_tables for index in table.indexes]
    return sorted(found, key=lambda index: str(index.name))


def _written(table: sa.Table) -> list[sa.Column[Any]]:
    """The columns whose values the base does not give itself."""
    return [column for column in table.columns if column.server_default is None and column.identity is None]


def _processor(column: sa.Column[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)
