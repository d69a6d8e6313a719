"""The generated statement beside the hand-written one, run plainly on one connection, in alternation."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import orjson

from benchmarks.asked import Asking
from benchmarks.copying import connected
from benchmarks.handwritten import statements
from hub.access.viewers import Viewer
from hub.parts import hub_graph, hub_model
from hub.resolvers.answer import Corridor
from hub.settings import Limits
from hub.store.base import reader_of
from hub.store.dialects import async_url
from hub.store.dialects.readers import Reader
from hub.web.body import posted

ROUNDS = 60


class Heard:
    """A reader that also remembers what it was asked to run last."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.last: tuple[str, Sequence[Any]] = ("", ())
        self.steady = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.reader, name)

    async def fetch(self, sql: str, values: Sequence[Any], **options: Any) -> Any:
        self.last, self.steady = (sql, values), bool(options.get("steady"))
        return await self.reader.fetch(sql, values, **options)


async def compare(url: str, viewer: Viewer, askings: Mapping[str, Asking]) -> dict[str, dict[str, float]]:
    """Per question: microseconds of both statements (medians) and their ratio; SystemExit where their bytes differ."""
    heard: Any = Heard(reader_of(url, statement_seconds=60.0))
    model = hub_model()
    corridor = Corridor(hub_graph(), model, heard, hashed=_nothing, limits=Limits(), openings=_nothing)
    database = async_url(url).get_backend_name()
    found: dict[str, dict[str, float]] = {}
    for name, hand in statements(database, viewer).items():
        body = orjson.loads(askings[name].bodies[0])
        await corridor.answer(posted(askings[name].bodies[0], Limits()), viewer)
        own = (hand.sql, hand.values(viewer.scope.district[0], body["variables"]))
        pair = (heard.last, own)
        times = await (_sqlite(url, pair) if database == "sqlite" else _postgres(url, pair, steady=heard.steady))
        generated, written = (median(each) * 1e6 for each in times)
        found[name] = {"generated_us": generated, "written_us": written, "ratio": generated / written}
    await heard.close()
    return found


Pair = tuple[tuple[str, Sequence[Any]], tuple[str, Sequence[Any]]]


async def _sqlite(url: str, pair: Pair) -> tuple[list[float], list[float]]:
    connection = sqlite3.connect(str(async_url(url).database))
    ready = [(sql, [orjson.dumps(v).decode() if isinstance(v, list) else v for v in values]) for sql, values in pair]
    times: tuple[list[float], list[float]] = ([], [])
    _hold_same([connection.execute(sql, values).fetchone()[0] for sql, values in ready])
    for _ in range(ROUNDS):
        for (sql, values), taken in zip(ready, times, strict=True):
            begun = time.perf_counter()
            connection.execute(sql, values).fetchone()
            taken.append(time.perf_counter() - begun)
    connection.close()
    return times


async def _postgres(url: str, pair: Pair, *, steady: bool) -> tuple[list[float], list[float]]:
    """Both on a connection as the hub's reader keeps it for statements of this kind."""
    times: tuple[list[float], list[float]] = ([], [])
    async with connected(url) as connection:
        await connection.execute("SET jit = off")
        await connection.execute(f"SET plan_cache_mode = {'force_generic_plan' if steady else 'auto'}")
        prepared = [(await connection.prepare(sql), values) for sql, values in pair]
        _hold_same([await statement.fetchval(*values) for statement, values in prepared])
        for _ in range(ROUNDS):
            for (statement, values), taken in zip(prepared, times, strict=True):
                begun = time.perf_counter()
                await statement.fetchval(*values)
                taken.append(time.perf_counter() - begun)
    return times


def _hold_same(answers: list[bytes]) -> None:
    if answers[0] != answers[1]:
        raise SystemExit(f"the statements give different bytes: {[answer[:300] for answer in answers]}")


_nothing: Callable[..., Any] = lambda *_: None  # noqa: E731 - nothing is hashed and nothing opened here
