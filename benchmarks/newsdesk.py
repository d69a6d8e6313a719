"""What news is measured with: the three servers, where their events come from, and who listens."""

import argparse
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks import farm
from benchmarks.companion import Companion, companion
from benchmarks.data import CONFIG, keys_in
from benchmarks.listening import PER_PRINCIPAL
from benchmarks.serving import tokens_of
from hub.parts import hub_model
from hub.procedures.configuration import Base, apply
from hub.procedures.seeds import read_seeds
from hub.settings import Limits
from hub.simulation.growth import HORIZON, grow
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.migrate import upgrade
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

FILTERS = 100
CASES = 300
QUERY = """subscription Follow($filter: CaseUpdateFilter) { caseUpdates(filter: $filter) {
  cursor
  event { id type occurredAt actor facts { name code id } }
  case { id number title cause state version organisation { id name } } } }"""
OTHER_TYPES = (
    "CASE_REGISTERED",
    "PARTY_ADDED",
    "PARTY_CHANGED",
    "MODE_STARTED",
    "MODE_CHANGED",
    "REFERRAL_ISSUED",
    "REFERRAL_CHANGED",
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What runs while it is measured."""

    url: str
    keys: Path
    tokens: list[str]
    servers: Mapping[str, farm.Running]
    sources: Mapping[str, Companion]
    database_pid: int | None


@asynccontextmanager
async def listeners(bench: Bench, name: str, *, sockets: int, kind: str, **how: Any) -> AsyncIterator[Companion]:
    job = {"port": bench.servers[name].port, "tokens": bench.tokens, "sockets": sockets, "query": QUERY, **how}
    job["line"] = "\r\n" if name == "framework" else "\n"
    job["variables"] = [{"filter": each} for each in _filters()] if kind == "filters" else [{}]
    async with companion("benchmarks.listening", job) as crowd:
        yield crowd


def _filters() -> list[dict[str, Any]]:
    """A hundred sets of types, each of which holds what happens."""
    sets = range(FILTERS)
    return [{"types": ["CASE_CHANGED", *(t for bit, t in enumerate(OTHER_TYPES) if n >> bit & 1)]} for n in sets]


@asynccontextmanager
async def newsdesk(url: str, asked: argparse.Namespace, database_pid: int | None) -> AsyncIterator[Bench]:
    keys = keys_in(asked.data / "keys.json")
    engine, tokens = await tokens_of(url, keys)
    await engine.dispose()
    most = max(asked.sockets)
    issued = [tokens.issue("district", subject=f"bench-{n}") for n in range(-(-most // PER_PRINCIPAL))]
    async with AsyncExitStack() as stack:
        servers: dict[str, farm.Running] = {}
        for name in ("hub", *(each for each in asked.servers if each != "hub")):
            servers[name] = await _started(name, url, keys)
            stack.push_async_callback(servers[name].end)
        deeds = await stack.enter_async_context(companion("benchmarks.committing", {"url": url, "keys": str(keys)}))
        bench = Bench(url, keys, issued, servers, {"hub": deeds}, database_pid)
        template = await _template(bench)
        sources = {"hub": deeds}
        for name in servers.keys() - sources:
            job = {"port": servers[name].port, "template": template}
            sources[name] = await stack.enter_async_context(companion("benchmarks.committing", job))
        yield Bench(url, keys, issued, {name: servers[name] for name in asked.servers}, sources, database_pid)


async def _template(bench: Bench) -> str:
    """A frame of the hub, with a mark where the frames differ."""
    async with listeners(bench, "hub", sockets=1, carrier="sse", kind="identical") as crowd:
        await bench.sources["hub"].ask(events=1, rate=0, together=1)
        await crowd.ask(until=1, seconds=10)
        shown = orjson.loads((await crowd.ask(show=True))["frame"])
    shown["data"]["caseUpdates"]["case"]["cause"] = "@"
    return orjson.dumps(shown).decode()


async def _started(name: str, url: str, keys: Path) -> farm.Running:
    port = farm.free_port()
    python = [sys.executable, "-W", "ignore", "-m"]
    if name == "hub":
        said = {"HUB_SERVER_PORT": str(port), "HUB_DATABASE_URL": url, "HUB_KEYS_FILE": str(keys)}
        quiet = {"HUB_JOBS_RUN": "false", "HUB_LOGS_LEVEL": "warning"}
        return await farm.start(name, [*python, "hub", "serve"], port, said | quiet)
    module = {"ceiling": "benchmarks.broadcast", "framework": "benchmarks.framework"}[name]
    return await farm.start(name, [*python, module, "--port", str(port)], port, {})


async def base_in(folder: Path, server: farm.Postgres | None) -> str:
    """The address of a small town's base, made where it is missing."""
    keys = keys_in(folder / "keys.json")
    kind = "sqlite" if server is None else "postgresql"
    file, whole = folder / "news.db", folder / f"news-{kind}.whole"
    url = f"sqlite:///{file.resolve()}"
    if server is not None:
        url = await server.database("news", anew=not whole.exists())
    elif not whole.exists():
        file.unlink(missing_ok=True)
    await upgrade(url)
    if not whole.exists():
        model = hub_model()
        metadata = tables(model)
        engine = await open_base(url)
        ledger = Ledger(engine, metadata, model, Seal(read_keys(keys)))
        await apply(Base(engine, metadata, model, ledger), read_seeds(CONFIG), Limits(), actor="admin", now=HORIZON)
        await grow(ledger, engine, metadata, cases=CASES)
        await engine.dispose()
        whole.touch()
    return url
