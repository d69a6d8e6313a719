"""Statistics by region and state from tallies that are kept, beside the plain GROUP BY, with a deed in every 100 reads.

    python -m benchmarks.tallies --data DIR [--cases 200000] [--database sqlite]

Both are asked through the question corridor on one base, in alternation: a hundred reads, before the first of which a
case changes its state. Answers are compared byte by byte. Milliseconds of a read are the middle of the rounds, what is
counted anew included.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import sqlalchemy as sa

from benchmarks import farm
from benchmarks.data import NOW, fill, keys_in
from hub.access.viewers import Scope, Viewer
from hub.live.follower import Follower
from hub.live.tallies import Tallies
from hub.parts import hub_graph, hub_model
from hub.resolvers.answer import Corridor
from hub.schema.cases import Case, CaseState
from hub.settings import Limits
from hub.store.base import doorbell_of, open_base, reader_of
from hub.store.changes import Update
from hub.store.ledger import Ledger
from hub.store.log import Log
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables
from hub.store.tallies import Tallier
from hub.store.touched import looked_for
from hub.web.body import posted

READS = 100
QUESTION = "{ caseStatistics(by: [DISTRICT, STATE]) { district { code name } state count } }"
CITY = Viewer("city", "supervisor", Scope(city=("370400",)), frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Desk:
    """A base that is written to and asked in two ways."""

    ledger: Ledger
    follower: Follower
    cases: list[tuple[str, int]]
    ways: dict[str, Corridor]

    async def deed(self, number: int) -> None:
        """A case takes another state; comes back when the follower has read of it."""
        id_, version = self.cases[number]
        before = self.follower.newest
        state = (CaseState.HANDLING, CaseState.AGREED)[number % 2]
        await self.ledger.write([Update(Case, id_, version, {"state": state})], actor="bench", now=NOW)
        await self.follower.beyond(before)

    async def round(self, way: str) -> tuple[float, bytes]:
        """Seconds of a read, and the last answer."""
        body, begun = b"", time.perf_counter()
        question = posted(orjson.dumps({"query": QUESTION}), Limits())
        for _ in range(READS):
            body = (await self.ways[way].answer(question, CITY)).body
        return (time.perf_counter() - begun) / READS, body


async def measure(url: str, keys: Path, rounds: int) -> dict[str, float]:
    """Milliseconds a read of both ways, and how many times faster kept ones are; SystemExit where answers differ."""
    times: dict[str, list[float]] = {"plain": [], "kept": []}
    async with _desk(url, keys, rounds) as desk:
        for _ in range(2):
            await desk.ways["kept"].answer(posted(orjson.dumps({"query": QUESTION}), Limits()), CITY)
        for number in range(rounds):
            await desk.deed(number)
            told = {way: await desk.round(way) for way in sorted(times, reverse=number % 2 == 0)}
            if told["plain"][1] != told["kept"][1]:
                raise SystemExit("the answers differ")
            for way, (seconds, _) in told.items():
                times[way].append(seconds * 1000)
    found = {way: median(some) for way, some in times.items()}
    return found | {"times_faster": found["plain"] / found["kept"]}


@asynccontextmanager
async def _desk(url: str, keys: Path, rounds: int) -> AsyncIterator[Desk]:
    model, engine = hub_model(), await open_base(url)
    metadata = tables(model)
    ledger = Ledger(engine, metadata, model, Seal(read_keys(keys)))
    follower = Follower(Log(engine, metadata, model), doorbell_of(url))
    ledger.rings(lambda _: follower.doorbell.ring())
    await follower.start()
    following = asyncio.create_task(follower.run())
    reader = reader_of(url, statement_seconds=60.0)
    tallies = Tallies(
        Tallier(model, reader).count,
        follower,
        prefix=lambda noun: model[noun].prefix,
        told=lambda noun: frozenset(looked_for(model[noun])),
    )
    options: Any = {"hashed": _nothing, "limits": Limits(), "openings": _nothing}
    kept, plain = (Corridor(hub_graph(), model, reader, tallies=given, **options) for given in (tallies.given, None))
    yield Desk(ledger, follower, await _cases(engine, metadata, rounds), {"kept": kept, "plain": plain})
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following
    await reader.close()
    await engine.dispose()


async def _cases(engine: Any, metadata: sa.MetaData, most: int) -> list[tuple[str, int]]:
    cases = metadata.tables["cases"]
    async with engine.connect() as connection:
        found = await connection.execute(sa.select(cases.c.id, cases.c.version).order_by(cases.c.id).limit(most))
        return [(id_, version) for id_, version in found]


_nothing: Callable[..., Any] = lambda *_: ""  # noqa: E731


async def _base(folder: Path, cases: int, server: farm.Postgres | None) -> str:
    kind, keys = "sqlite" if server is None else "postgresql", keys_in(folder / "keys.json")
    whole = folder / f"tallies-{kind}-{cases}.whole"
    url = f"sqlite:///{(folder / f'tallies-{cases}.db').resolve()}"
    if server is not None:
        url = await server.database(f"tallies_{cases}", anew=not whole.exists())
    if not whole.exists():
        await fill(url, cases, keys=keys)
        whole.touch()
    return url


async def _measured(asked: argparse.Namespace) -> dict[str, float]:
    asked.data.mkdir(parents=True, exist_ok=True)
    is_server = asked.database == "postgresql"
    with farm.postgres(asked.data / "postgres") if is_server else nullcontext() as server:
        url = await _base(asked.data, asked.cases, server)
        return await measure(url, asked.data / "keys.json", asked.rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="postgresql", choices=["sqlite", "postgresql"])
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--data", type=Path, default=Path("data/benchmarks"), help="folder of bases and keys")
    asked = parser.parse_args()
    found = asyncio.run(_measured(asked))
    print(f"\n{asked.database}, {asked.cases:,} cases: " + ", ".join(f"{k} {v:.2f}" for k, v in found.items()))


if __name__ == "__main__":
    main()
