"""The chain over evidence and openings: each row is sealed with the one before it, so that none can be changed unseen.

The links are keyed hashes: who can write to the base but does not know the keys cannot make them anew.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import BrokenChain
from hub.schema.events import Chain as Head
from hub.schema.model import Model
from hub.store import dialects
from hub.store.base import faults

MOST = 500
"""Rows sealed in one transaction."""

NUMBER, LINK = "chain_number", "chain_link"

_ID = f"{Head.declared.prefix}_{0:032x}"
_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest link of the chain: its number (0 before the first) and what it is sealed with."""

    number: int
    link: str


class Chain:
    """Seals rows in the order in which they appear, and finds the first one that was changed, removed or put in."""

    def __init__(self, engine: AsyncEngine, metadata: sa.MetaData, model: Model, *, key: bytes) -> None:
        self._engine, self._metadata = engine, metadata
        self._key = hmac.digest(key, b"hub chain 1", hashlib.sha256)
        self._head = metadata.tables[Head.declared.plural]
        self.nouns = frozenset(noun.name for noun in model.nouns.values() if NUMBER in noun.members)
        self._tables = {model[name].table: metadata.tables[model[name].table] for name in sorted(self.nouns)}

    async def seal(self, *, at: str, most: int = MOST) -> int | None:
        """Seal rows that are not yet; how many. None when another process is at it. `at` is the instant's text."""
        writer = self._engine.execution_options(**{dialects.WRITES: True})
        with faults(self._metadata):
            async with writer.begin() as connection:
                return await connection.run_sync(self._seal, at, most)

    async def waiting(self) -> int:
        """How many rows are not sealed yet."""
        counts = [self._count(table) for table in self._tables.values()]
        total = sum(counts[1:], counts[0])
        with faults(self._metadata):
            async with self._engine.connect() as connection:
                return int((await connection.execute(sa.select(total))).scalar() or 0)

    async def verify(self, *, page: int = MOST) -> Newest:
        """The newest link, when every row up to it is as it was sealed. BrokenChain names the first that is not."""
        with faults(self._metadata):
            async with self._engine.connect() as connection:
                return await connection.run_sync(self._verify, page)

    def _count(self, table: sa.Table) -> Any:
        return sa.select(sa.func.count()).select_from(table).where(table.c[NUMBER].is_(None)).scalar_subquery()

    def _seal(self, connection: Connection, at: str, most: int) -> int | None:
        if not dialects.is_free(connection, dialects.CHAIN):
            return None
        found = [row for table in self._tables.values() for row in self._unsealed(connection, table, most)]
        found.sort(key=lambda row: (row[1]["created_at"], row[1]["id"]))
        if not found:
            return 0
        newest = self._newest(connection)
        number, link = newest.number, newest.link
        for table, row in found[:most]:
            number, link = number + 1, self._link(number + 1, link, table=table, row=row)
            values = {NUMBER: number, LINK: link}
            connection.execute(self._tables[table].update().where(self._tables[table].c.id == row["id"]).values(values))
        self._advance(connection, number, link, is_first=newest.number == 0, at=at)
        return len(found[:most])

    def _unsealed(self, connection: Connection, table: sa.Table, most: int) -> Iterator[tuple[str, Any]]:
        asked = sa.select(table).where(table.c[NUMBER].is_(None)).order_by(table.c.id).limit(most)
        return ((table.name, row) for row in connection.execute(asked).mappings().all())

    def _newest(self, connection: Connection) -> Newest:
        row = connection.execute(sa.select(self._head.c.number, self._head.c.newest)).first()
        return Newest(int(row[0]), row[1]) if row else Newest(0, _FIRST)

    def _advance(self, connection: Connection, number: int, link: str, *, is_first: bool, at: str) -> None:
        if is_first:
            marks = {"id": _ID, "version": 1, "created_at": at, "updated_at": at}
            connection.execute(self._head.insert().values(number=number, newest=link, **marks))
            return
        values = {"number": number, "newest": link, "version": self._head.c.version + 1, "updated_at": at}
        connection.execute(self._head.update().values(values))

    def _verify(self, connection: Connection, page: int) -> Newest:
        # Hubs go on sealing meanwhile: a head and rows of two moments would look broken.
        dialects.see_one_moment(connection)
        newest, link = self._newest(connection), _FIRST
        if newest.number == 0 and any(self._page(connection, 1, page)):
            raise BrokenChain(number=1, row=Head.declared.plural)
        for start in range(1, newest.number + 1, page):
            rows = self._page(connection, start, page)
            for number in range(start, min(start + page, newest.number + 1)):
                if number not in rows:
                    raise BrokenChain(number=number, row="?")
                table, row = rows[number]
                link = self._link(number, link, table=table, row=row)
                if not hmac.compare_digest(link, row[LINK]):
                    raise BrokenChain(number=number, row=row["id"])
        if link != newest.link:
            raise BrokenChain(number=newest.number, row=Head.declared.plural)
        return newest

    def _page(self, connection: Connection, start: int, page: int) -> dict[int, tuple[str, Any]]:
        found: dict[int, tuple[str, Any]] = {}
        for table in self._tables.values():
            asked = sa.select(table).where(table.c[NUMBER].between(start, start + page - 1))
            found |= {row[NUMBER]: (table.name, row) for row in connection.execute(asked).mappings()}
        return found

    def _link(self, number: int, before: str, *, table: str, row: Any) -> str:
        # Columns without a value are left out: one that a later version adds changes no link.
        said = {str(name): value for name, value in row.items() if name not in (NUMBER, LINK) and value is not None}
        whole = orjson.dumps([number, before, table, said], option=orjson.OPT_SORT_KEYS)
        return hmac.digest(self._key, whole, hashlib.sha256).hex()
