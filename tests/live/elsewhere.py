"""A process of its own beside a test's: `write` changes cases unevenly, `read` streams a consumer until it is told to go."""

import asyncio
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.store.town import NOW, org

from hub.access.reach import Filter
from hub.access.viewers import Scope, Viewer
from hub.errors import Unavailable, VersionConflict
from hub.live.news import news
from hub.live.streams import Operation
from hub.parts import hub_model
from hub.procedures.configuration import Base
from hub.schema.cases import Case
from hub.schema.consumers import Way
from hub.store.base import doorbell_of, open_base
from hub.store.changes import Update
from hub.store.ledger import Ledger
from hub.store.log import Entry
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables
from hub.store.writing import Writing

AGENCY = Viewer("agency", "agency", Scope(organisations=(org(1),)), subject="a")


def tell(what: Any) -> None:
    """One line of JSON on standard output."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Slowly(Writing):
    """Some deeds take long between their events and their commit."""

    rng = random.Random()  # noqa: S311 - uneven, not secret

    def _events(self, connection: sa.Connection, *deed: Any) -> list[str | None]:
        events = super()._events(connection, *deed)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_sleep({self.rng.choice((0, 0, 0.002, 0.01, 0.04))})")
        return events


class Uneven(Ledger):
    """Whose deeds commit in another order than they began."""

    writing = Slowly


async def write(base: Base, writers: int, rounds: int) -> None:
    """Each writer changes cases that others change as well; a line of JSON for each deed that was acknowledged."""
    cases = base.metadata.tables["cases"]
    async with base.engine.connect() as connection:
        ids = list((await connection.execute(sa.select(cases.c.id))).scalars())

    async def one(number: int) -> None:
        rng, done = random.Random(number), 0  # noqa: S311 - uneven, not secret
        while done < rounds:
            case = rng.choice(ids)
            async with base.engine.connect() as connection:
                found = await connection.execute(sa.select(cases.c.version).where(cases.c.id == case))
                version = int(found.scalar() or 0)
            try:
                [told] = await base.ledger.write([Update(Case, case, version, {"cause": f"{number}"})], actor="intake", now=NOW)
            except (VersionConflict, Unavailable):
                continue
            done += 1
            tell([told.event, case, told.version])

    await asyncio.gather(*map(one, range(writers)))


async def read(base: Base, url: str, keys: Path, consumer: str) -> None:
    """A line for each frame; the number of the error that ends the stream."""

    async def make(_: Viewer, owner: str, entries: Sequence[Entry]) -> list[Any]:
        return [("frame", entry.id, live.cursors.sign(entry.position, entry.id, owner)) for entry in entries]

    async with news(
        base,
        doorbell_of(url),
        read_keys(keys),
        now=lambda: NOW,
        current={"agency": AGENCY}.get,
        admitted=lambda viewer: viewer,
        framed=bytes,
        ended=lambda error: ("ended", error.code, ""),
    ) as live:
        reader = await live.streams.open(AGENCY, Operation("q", make, Filter(), Way.SSE), consumer=consumer)
        ended = asyncio.Event()

        def ready() -> None:
            while not ended.is_set() and (found := reader.pull()) is not None:
                tell(found)
                if found[0] == "ended":
                    ended.set()

        reader.attend(ready)
        tell(["open", "", ""])
        ready()
        await ended.wait()


async def main(url: str, keys: str, what: str, *arguments: str) -> None:
    model, seal = hub_model(), Seal(read_keys(Path(keys)))
    metadata, engine = tables(model), await open_base(url)
    base = Base(engine, metadata, model, Uneven(engine, metadata, model, seal))
    if what == "write":
        await write(base, int(arguments[0]), int(arguments[1]))
    else:
        await read(base, url, Path(keys), arguments[0])
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
