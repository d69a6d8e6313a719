"""The only writer: a deed's rows, their events and what follows from them in one transaction, or nothing.

ledger = Ledger(engine, metadata, model, seal)
await ledger.write([Insert(Case, {...}), Insert(Party, {...})], actor="intake", now=now)
await ledger.transact(decide, cases=[case], actor="intake", now=now)  # looks, then says what changes
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.errors import Deadline, Unavailable
from hub.schema.declare import Entity
from hub.schema.model import Model
from hub.schema.scalars import show_instant
from hub.store import dialects
from hub.store.base import faults
from hub.store.changes import MOST, USUAL, Change, Insert, Update, Written, batches, uuid7
from hub.store.seal import Seal
from hub.store.writing import Writing, lock_of

__all__ = ["MOST", "USUAL", "Change", "Decide", "Insert", "Ledger", "Update", "Written", "batches"]

Decide = Callable[[AsyncConnection], Awaitable[Sequence[Change]]]
"""Looks through the connection of the deed's own transaction, and says what changes."""

WAIT_SECONDS = 30.0
"""How long a deed waits for its turn to write."""

DECIDE_SECONDS = 30.0
"""How long a deed may look at the base before it writes: it keeps others waiting meanwhile."""

MOST_DECIDED = 5000
"""Changes of a deed that is judged under its locks: a decision about one dispute is never done by halves."""

_TRIES = 4
"""How often a deed begins anew that gave way to another: each held a case that the other wanted."""


Ring = Callable[[Sequence[Written]], None]
"""Told what a deed wrote once it is committed. It must not wait, nor fail."""


class Ledger:
    """Writes deeds. Seals, masks, hashes, places and records by the declarations, so that no caller can forget."""

    writing: ClassVar[type[Writing]] = Writing
    """How its deeds reach their tables."""

    def __init__(
        self,
        engine: AsyncEngine,
        metadata: sa.MetaData,
        model: Model,
        seal: Seal,
        *,
        new_id: Callable[[], str] = uuid7,
    ) -> None:
        self._engine = engine.execution_options(**{dialects.WRITES: True})
        self._turn = asyncio.Semaphore(dialects.writers_at_once(engine))
        self._running: set[asyncio.Task[list[Written]]] = set()
        self._metadata, self._model, self._new_id, self.seal = metadata, model, new_id, seal
        self._writing, self._rings = self.writing(metadata, model, seal, new_id), list[Ring]()

    async def write(
        self, changes: Sequence[Change], *, actor: str, now: dt.datetime, organisation: str | None = None
    ) -> list[Written]:
        """Write all changes, or none; what became of each, in their order.

        `actor` is a role, never a person's name; `now` the moment of the deed. ListTooLong beyond 500 changes;
        VersionConflict when a row is no longer at the version expected; Refused with the name of the constraint that
        a change breaks; BadText and MalformedId for values that cannot be stored; Unavailable when no turn to write
        comes. A wrong member, kind or null is the caller's fault: TypeError.
        """
        said: dict[str, Any] = {"actor": actor, "now": now, "organisation": organisation}
        # Before any turn is waited for: what is the caller's fault keeps nobody waiting.
        made = [self._writing.deed(changes, MOST, **said)]

        async def written(connection: AsyncConnection) -> list[Written]:
            return await connection.run_sync(
                self._writing.write, made.pop() if made else self._writing.deed(changes, MOST, **said)
            )

        return await self._in_turn(written)

    async def transact(
        self,
        decide: Decide,
        *,
        actor: str,
        now: dt.datetime,
        organisation: str | None = None,
        cases: Iterable[str] = (),
    ) -> list[Written]:
        """Hold the cases, let `decide` look, and write what it says changes: all in one transaction, or nothing.

        What it sees under these locks is so until its changes are written. Whatever it raises undoes the deed and
        comes out of here; the rest as `write`, with 5,000 changes. Deadline when it looks for more than 30 seconds.
        It looks again when the deed gave way to another that waited for one of its cases.
        """

        async def written(connection: AsyncConnection) -> list[Written]:
            await self.hold(connection, cases)
            async with _patience():
                changes = await decide(connection)
            deed = self._writing.deed(changes, MOST_DECIDED, actor=actor, now=now, organisation=organisation)
            return await connection.run_sync(self._writing.write, deed) if deed.rows else []

        return await self._in_turn(written)

    async def forget(
        self,
        noun: type[Entity],
        member: str,
        before: dt.datetime,
        *,
        first: Callable[[AsyncConnection], Awaitable[object]],
        holding: Iterable[str] = (),
    ) -> int:
        """Remove the oldest rows, at most 500, of a noun that nobody is shown and whose `member` lies before a moment.

        How many they were. `first` looks before, under the locks; what it raises undoes it. TypeError for a noun of the
        graph: its rows are kept.
        """
        resolved = self._model[noun.declared.name]
        table = self._metadata.tables[resolved.table]
        if resolved.in_graph:
            raise TypeError(f"rows of {resolved.name} are kept")
        removed: list[int] = []

        async def work(connection: AsyncConnection) -> list[Written]:
            await self.hold(connection, holding)
            await first(connection)
            old = sa.select(table.c.id).where(table.c[member] < show_instant(before)).order_by(table.c[member])
            done = await connection.execute(table.delete().where(table.c.id.in_(old.limit(MOST))))
            removed.append(done.rowcount)
            return []

        await self._in_turn(work)
        return removed[-1]

    async def hold(self, connection: AsyncConnection, names: Iterable[str]) -> None:
        """Hold cases, or whatever else has a name, until the connection's transaction ends; in order, all at once."""
        await connection.run_sync(dialects.lock_in_order, sorted({lock_of(name) for name in names}))

    def drafted(
        self, connection: sa.Connection, changes: Sequence[Change], *, now: dt.datetime
    ) -> dict[str, list[dict[str, Any]]]:
        """What new rows would be in their tables, each after what it links to: checked, sealed and masked, not written.

        For `Loading`, which writes what nobody follows yet. A change of a stored row, one that is an event, or one
        of a case that is not among the rows is the caller's fault: TypeError.
        """
        return self._writing.drafted(connection, changes, now=now)

    def new_id(self, noun: type[Entity]) -> str:
        """An id for a row that other rows of the same deed link to."""
        return f"{noun.declared.prefix}_{self._new_id()}"

    def rings(self, ring: Ring) -> None:
        """Tell `ring` from now on what each deed of this ledger wrote, once it is committed."""
        self._rings.append(ring)

    async def settled(self) -> None:
        """Wait until the deeds that were begun are written or refused, also those nobody waits for any more."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _in_turn(self, work: Callable[[AsyncConnection], Awaitable[list[Written]]]) -> list[Written]:
        await self._my_turn()
        writing = asyncio.create_task(self._transaction(work))
        self._running.add(writing)
        writing.add_done_callback(self._done)
        # Who stops waiting does not stop the deed: half-way, SQLite would keep everybody else from writing.
        return await asyncio.shield(writing)

    async def _my_turn(self) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise Unavailable(reason="writers") from None

    def _done(self, writing: asyncio.Task[list[Written]]) -> None:
        self._turn.release()
        self._running.discard(writing)
        if not writing.cancelled():
            writing.exception()

    async def _transaction(self, work: Callable[[AsyncConnection], Awaitable[list[Written]]]) -> list[Written]:
        for left in reversed(range(_TRIES)):
            try:
                written = await self._once(work)
                break
            except Unavailable as error:
                if not left or not dialects.gave_way(error):
                    raise
        for ring in self._rings:
            ring(written)
        return written

    async def _once(self, work: Callable[[AsyncConnection], Awaitable[list[Written]]]) -> list[Written]:
        with faults(self._metadata):
            async with self._engine.begin() as connection:
                return await work(connection)


@asynccontextmanager
async def _patience() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(DECIDE_SECONDS) as waited:
            yield
    except TimeoutError:
        if not waited.expired():
            raise
        raise Deadline(limit=f"{DECIDE_SECONDS:g}") from None
