"""Where news comes from, in a process of its own: deeds on the hub's base, or posts to a server that has none.

Reads JSON lines from stdin. The first says how: {"url", "keys", "silent", "cases"} for deeds (silent ones ring no bell:
nobody hears of them, which shows what ringing costs; on these cases with their versions, or on all of the district's),
{"port"} for posts. Each further one is
{"events", "rate", "together"}: so many events, so many a second (0: as fast as they go), so many in one deed; the
answer is the moment at which each was committed. {"writers": 8, "seconds": 3} has so many write at the same time
instead, and tells how many deeds that were.
"""

import asyncio
import datetime as dt
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import orjson
import sqlalchemy as sa
import uvloop

from benchmarks.load import Channel
from hub.parts import hub_model
from hub.schema.cases import Case
from hub.store import dialects
from hub.store.base import open_base
from hub.store.changes import Update
from hub.store.ledger import Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

DISTRICT = "370402"
"""Where what happens happens: the viewer `district` sees it."""


class Source(Protocol):
    """What makes events."""

    async def make(self, events: int) -> None:
        """So many at once; when this returns they are committed."""


class Deeds:
    """Changes cases, one after the other."""

    def __init__(self, ledger: Ledger, cases: list[tuple[str, int]]) -> None:
        self._ledger = ledger
        self._cases = [list(each) for each in cases]
        # Not where the last run began: its causes are still there.
        self._turn = count(int(time.time()))

    async def make(self, events: int) -> None:
        """One deed."""
        changed: list[Any] = []
        for _ in range(events):
            turn = next(self._turn)
            case = self._cases[turn % len(self._cases)]
            changed.append(Update(Case, case[0], case[1], {"cause": f"第{turn % 997}次"}))
            case[1] += 1
        await self._ledger.write(changed, actor="intake", now=dt.datetime.now(dt.UTC))


class Posts:
    """Posts what a frame of the hub was like, with another number each time."""

    def __init__(self, channel: Channel, port: int, template: str) -> None:
        self._channel, self._port, self._template = channel, port, template
        self._turn = count()

    async def make(self, events: int) -> None:
        """One post."""
        payloads = [self._template.replace("@", f"第{next(self._turn) % 997}次") for _ in range(events)]
        body = "\n".join(payloads).encode()
        head = f"POST /publish HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nContent-Length: {len(body)}\r\n\r\n"
        await self._channel.ask(head.encode() + body)


async def run() -> None:
    """Do what the lines say."""
    said = orjson.loads(sys.stdin.buffer.readline())
    if said.get("silent"):
        dialects.announce = _epoch_alone
    source = await (_posts(said) if "port" in said else _deeds(said["url"], Path(said["keys"]), said.get("cases")))
    _tell({"ready": True})
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        asked = orjson.loads(line)
        if "writers" in asked:
            assert isinstance(source, Deeds)
            _tell(await _contended(source, asked["writers"], asked["seconds"]))
        else:
            _tell({"times": await _made(source, asked["events"], asked["rate"], asked["together"])})


async def _made(source: Source, events: int, rate: float, together: int) -> list[float]:
    times: list[float] = []
    due = time.monotonic()
    while len(times) < events:
        if rate:
            due += together / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        # A post is answered when everybody was written to: what counts is when it was there.
        before = time.monotonic()
        await source.make(together)
        times += [time.monotonic() if isinstance(source, Deeds) else before] * together
    return times


async def _contended(source: Deeds, writers: int, seconds: float) -> dict[str, float]:
    """Deeds a second when so many are written at the same time, each on cases of its own."""
    parts = [Deeds(source._ledger, []) for _ in range(writers)]  # noqa: SLF001 - shares of one source
    for number, part in enumerate(parts):
        part._cases = source._cases[number::writers]  # noqa: SLF001
    begun, cpu, done = time.monotonic(), time.process_time(), [0] * writers

    async def work(number: int) -> None:
        while time.monotonic() - begun < seconds:
            await parts[number].make(1)
            done[number] += 1

    await asyncio.gather(*map(work, range(writers)))
    took = time.monotonic() - begun
    return {"per_second": sum(done) / took, "cpu_ms": (time.process_time() - cpu) / sum(done) * 1000}


async def _deeds(url: str, keys: Path, cases: list[tuple[str, int]] | None) -> Deeds:
    model = hub_model()
    metadata, engine = tables(model), await open_base(url)
    table = metadata.tables["cases"]
    async with engine.connect() as connection:
        asked = sa.select(table.c.id, table.c.version).where(table.c.district == DISTRICT).order_by(table.c.id)
        found = (await connection.execute(asked)).all()
    ledger = Ledger(engine, metadata, model, Seal(read_keys(keys)))
    return Deeds(ledger, cases or [(row.id, row.version) for row in found])


async def _posts(said: dict[str, Any]) -> Posts:
    channel = Channel(*await asyncio.open_connection("127.0.0.1", said["port"], limit=2**24))
    return Posts(channel, said["port"], said["template"])


def _epoch_alone(connection: sa.Connection, epoch: sa.ColumnElement[int]) -> int:
    return int(connection.execute(sa.select(epoch)).scalar_one())


def _tell(said: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(run())
