"""What live queries are measured with: a hub whose statements are counted, a thousand viewers, what they look at."""

import argparse
import datetime as dt
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import farm
from benchmarks.committing import DISTRICT
from benchmarks.companion import Companion, companion
from benchmarks.counted import counted
from benchmarks.data import keys_in
from benchmarks.listening import PER_PRINCIPAL
from benchmarks.serving import tokens_of
from hub.access.viewers import KIND, Scope, Viewer, body_of
from hub.parts import hub_model
from hub.schema.policies import Policy
from hub.store.base import open_base
from hub.store.changes import Insert, batches
from hub.store.ledger import Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

ROWS = 50
PAGE = """query Dashboard %s { cases(orderBy: [{field: REGISTERED_AT, direction: DESC}], first: 50) { nodes {
  id number title cause state amount registeredAt dueOn handling organisation { id name } } } }"""
DASHBOARD = PAGE % "@live"
PLAIN = PAGE % ""
NEWEST = sa.text(
    "SELECT id, version FROM cases WHERE district = :district ORDER BY registered_at DESC, id DESC LIMIT 40"
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What runs while it is measured."""

    hub: farm.Running
    source: Companion
    same: list[str]
    """Tokens of one viewer, for twenty sockets each."""
    different: list[str]
    """Tokens of viewers that see different things, for one socket each."""
    statements: Path
    database_pid: int | None

    @property
    def cpu(self) -> tuple[float, float]:
        """Seconds of processor time of the hub and of its database."""
        return self.hub.cpu, farm.tree_cpu(self.database_pid) if self.database_pid else 0.0

    @property
    def ran(self) -> int:
        """Statements so far."""
        return counted(self.statements)


@asynccontextmanager
async def listeners(bench: Bench, *, sockets: int, kind: str, **how: Any) -> AsyncIterator[Companion]:
    """So many dashboards that ask for patches: all of one viewer, or each of another one."""
    tokens, each = (bench.same, PER_PRINCIPAL) if kind == "identical" else (bench.different, 1)
    job = {"port": bench.hub.port, "tokens": tokens, "each": each, "sockets": sockets, "query": DASHBOARD, **how}
    more = {"carrier": "ws", "line": "\n", "variables": [{}], "extensions": {"live": {"format": "rfc6902"}}}
    async with companion(
        "benchmarks.listening", {**more, **job, "marked": False, "same": kind == "identical"}
    ) as crowd:
        yield crowd


@asynccontextmanager
async def livedesk(url: str, asked: argparse.Namespace, database_pid: int | None) -> AsyncIterator[Bench]:
    """The hub over the base, and what changes cases that every dashboard shows."""
    keys, most = keys_in(asked.data / "keys.json"), max(asked.sockets)
    viewers, cases = await _prepared(url, keys, most)
    engine, tokens = await tokens_of(url, keys)
    await engine.dispose()
    same = [tokens.issue("district", subject=f"wall-{n}") for n in range(-(-most // PER_PRINCIPAL))]
    different = [tokens.issue(viewer.name, subject="wall") for viewer in viewers]
    port, statements = farm.free_port(), asked.data / "statements"
    said = {"HUB_SERVER_PORT": str(port), "HUB_DATABASE_URL": url, "HUB_KEYS_FILE": str(keys)}
    quiet = {"HUB_JOBS_RUN": "false", "HUB_LOGS_LEVEL": "warning"}
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.counted", str(statements)]
    hub = await farm.start("hub", command, port, said | quiet)
    try:
        job = {"url": url, "keys": str(keys), "cases": cases}
        async with companion("benchmarks.committing", job) as source:
            yield Bench(hub, source, same, different, statements, database_pid)
    finally:
        await hub.end()


async def _prepared(url: str, keys: Path, count: int) -> tuple[list[Viewer], list[tuple[str, int]]]:
    """Viewers of the district, each with an organisation of its own; and cases that all of them are shown."""
    model = hub_model()
    metadata, engine = tables(model), await open_base(url)
    viewers = [
        Viewer(f"wall{n}", "dispatch", Scope(district=(DISTRICT,), organisations=(f"org_{n:032x}",)), frozenset())
        for n in range(count)
    ]
    async with engine.connect() as connection:
        policies = metadata.tables["policies"]
        known = set((await connection.execute(sa.select(policies.c.name).where(policies.c.kind == KIND))).scalars())
        cases = [(row.id, row.version) for row in await connection.execute(NEWEST, {"district": DISTRICT})]
    new = [
        Insert(Policy, {"kind": KIND, "name": viewer.name, "body": body_of(viewer)})
        for viewer in viewers
        if viewer.name not in known
    ]
    ledger = Ledger(engine, metadata, model, Seal(read_keys(keys)))
    for batch in batches(new):
        await ledger.write(batch, actor="admin", now=dt.datetime.now(dt.UTC))
    await engine.dispose()
    return viewers, cases
