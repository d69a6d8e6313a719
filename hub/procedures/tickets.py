"""Tickets of event streams: kept in the base until one process, whichever it is, opens them; each once."""

import datetime as dt
from collections.abc import Callable, Sequence
from secrets import token_urlsafe
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadTicket, BrokenSeal, TooManyRequests, Unavailable, VersionConflict
from hub.procedures.configuration import Base
from hub.schema.scalars import show_instant
from hub.schema.tickets import Ticket
from hub.store.changes import Change, Insert, Update
from hub.store.seal import Seal, context_of

MOST = 1024
PER_PRINCIPAL = 20
"""Tickets that wait to be opened, in all and of one principal."""

FORGET_EVERY = 64
"""After so many tickets a process removes those whose time is over."""


class Tickets:
    """Those of one base. Their text is nowhere: what is kept is a keyed hash of it, and what it opens sealed."""

    def __init__(self, base: Base, seal: Seal, now: Callable[[], dt.datetime]) -> None:
        self._base, self._seal, self._now = base, seal, now
        self._table = base.metadata.tables[Ticket.declared.plural]
        self._given = 0

    async def put(self, content: str, principal: str, until: dt.datetime) -> str:
        """The text that opens the content, once, until then. TooManyRequests, Unavailable where too many wait."""
        name, id_, whose = token_urlsafe(24), self._base.ledger.new_id(Ticket), self._seal.fingerprint(principal)
        values = {
            "id": id_,
            "mark": self._seal.fingerprint(name),
            "principal": whose,
            "content": self._seal.close(content, _context(id_)),
            "until": until,
        }

        async def decide(connection: AsyncConnection) -> Sequence[Change]:
            await self._base.ledger.hold(connection, [f"tickets {whose}"])
            await self._check_room(connection, whose)
            return [Insert(Ticket, values, event=None)]

        if self._given % FORGET_EVERY == 0:
            await self._base.ledger.forget(Ticket, "until", self._now(), first=_nothing)
        self._given += 1
        await self._base.ledger.transact(decide, actor="system", now=self._now())
        return name

    async def take(self, name: str) -> str:
        """What the ticket opens; it is used up, for every process. BadTicket (HUB-602)."""
        found: list[str] = []

        async def decide(connection: AsyncConnection) -> Sequence[Change]:
            row = await self._waiting(connection, name)
            if row is None:
                raise BadTicket
            found[:] = [self._seal.open(row["content"], _context(row["id"]))]
            return [Update(Ticket, row["id"], row["version"], {"content": ""}, event=None)]

        try:
            await self._base.ledger.transact(decide, actor="system", now=self._now())
        except (VersionConflict, BrokenSeal):
            # Another process opened it in the same moment, or it was sealed under keys that are gone.
            raise BadTicket from None
        return found[0]

    async def _waiting(self, connection: AsyncConnection, name: str) -> Any:
        table = self._table.c
        mine = table.mark == self._seal.fingerprint(name), table.content != "", table.until > show_instant(self._now())
        return (await connection.execute(sa.select(self._table).where(*mine))).mappings().first()

    async def _check_room(self, connection: AsyncConnection, principal: str) -> None:
        table = self._table.c
        waiting = sa.select(table.principal).where(table.until > show_instant(self._now()), table.content != "")
        waits = (await connection.execute(waiting.limit(MOST))).scalars().all()
        if waits.count(principal) >= PER_PRINCIPAL:
            raise TooManyRequests(limit=PER_PRINCIPAL)
        if len(waits) >= MOST:
            raise Unavailable


def _context(id_: str) -> str:
    return context_of(Ticket.declared.plural, "content", id_)


async def _nothing(_: AsyncConnection) -> None:
    """Nothing is looked at before."""
