"""Four questions to the hub, to the ordinary way and to the ceiling, one process each, in alternation.

    python -m benchmarks.questions --sizes 20000 200000 --databases sqlite postgresql --json figures.json

Per database and size: the same bytes are asserted first; then every question goes to every server in turn, several
rounds, medians. CPU is that of the server's process and of the database's. One principal per eight connections, the
viewer `district`. Bases are kept in --data and made where they are missing (200,000 cases: about three minutes each).
"""

import argparse
import asyncio
import random
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import orjson
import sqlalchemy as sa

from benchmarks import direct, farm
from benchmarks.asked import DISTRICT, TEXTS, Asking, askings
from benchmarks.data import fill, keys_in
from benchmarks.load import PER_PRINCIPAL
from benchmarks.report import print_entry
from benchmarks.serving import tokens_of
from hub.access.viewers import Viewer

HUGE = 2_000_000
VIEWER = "district"
WARM_SECONDS = 0.7
SERVERS: Mapping[str, Sequence[str]] = {
    "hub": ("-m", "hub", "serve"),
    "ordinary": ("-m", "benchmarks.ordinary"),
    "ceiling": ("-m", "benchmarks.ceiling"),
}


@dataclass(frozen=True, slots=True)
class Bench:
    """One base with its servers, its principals and what they ask."""

    url: str
    running: Mapping[str, farm.Running]
    tokens: Sequence[str]
    viewer: Viewer
    askings: Mapping[str, Asking]
    database_pid: int | None


async def measure(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Everything asked for: one entry per database and size."""
    asked.data.mkdir(parents=True, exist_ok=True)
    sizes = [*asked.sizes, *([HUGE] if asked.huge else [])]
    found = []
    for database in asked.databases:
        with farm.postgres(asked.data / "postgres") if database == "postgresql" else _no_server() as server:
            for size in sizes:
                url = await _base(asked.data, database, size, server)
                async with _bench(url, asked, server.pid if server else None) as bench:
                    entry = {"database": database, "cases": size, **(await _measured(bench, asked))}
                print_entry(entry)
                found.append(entry)
    return found


async def _measured(bench: Bench, asked: argparse.Namespace) -> dict[str, Any]:
    await _assert_same(bench)
    entry: dict[str, Any] = {"statements_of_ordinary": await _statements(bench), "questions": {}}
    for name in asked.questions:
        entry["questions"][name] = await _question(bench, name, asked)
    if not asked.no_direct:
        entry["direct"] = await direct.compare(bench.url, bench.viewer, bench.askings)
    if asked.memory and "hub" in bench.running:
        entry["memory"] = await _memory(bench, asked)
    return entry


async def _question(bench: Bench, name: str, asked: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Per server: medians over the rounds, each of which asks all servers in a new order."""
    runs: dict[str, list[dict[str, float]]] = {server: [] for server in bench.running}
    for server in bench.running.values():
        await farm.load(_job(bench, server, name, asked, WARM_SECONDS))
    for turn in range(asked.rounds):
        order = list(bench.running.values())
        random.Random(turn).shuffle(order)
        for server in order:
            runs[server.name].append(await _run(bench, server, name, asked))
    return {server: {key: median(run[key] for run in each) for key in each[0]} for server, each in runs.items()}


async def _run(bench: Bench, server: farm.Running, name: str, asked: argparse.Namespace) -> dict[str, float]:
    own, database = server.cpu, _database_cpu(bench)
    told = await farm.load(_job(bench, server, name, asked, asked.seconds))
    requests = told["requests"]
    return {
        "per_second": requests / told["seconds"],
        "p50_ms": told["p50"],
        "p95_ms": told["p95"],
        "server_cpu_us": (server.cpu - own) / requests * 1e6,
        "database_cpu_us": (_database_cpu(bench) - database) / requests * 1e6,
    }


def _job(bench: Bench, server: farm.Running, name: str, asked: argparse.Namespace, seconds: float) -> dict[str, Any]:
    bodies = [body.decode() for body in bench.askings[name].bodies]
    shared = {"port": server.port, "tokens": list(bench.tokens), "connections": asked.connections}
    return shared | {"bodies": bodies, "seconds": seconds}


async def _memory(bench: Bench, asked: argparse.Namespace) -> dict[str, float]:
    """MiB of the hub before, after a tenth of, and after so many mixed requests."""
    hub = bench.running["hub"]
    bodies = [body.decode() for name in TEXTS for body in bench.askings[name].bodies[:100]]
    random.Random(3).shuffle(bodies)
    job = {"port": hub.port, "tokens": list(bench.tokens), "connections": asked.connections, "bodies": bodies}
    found = {"before_mib": hub.resident}
    await farm.load(job | {"requests": asked.memory // 10})
    found["after_a_tenth_mib"] = hub.resident
    await farm.load(job | {"requests": asked.memory - asked.memory // 10})
    return found | {"after_all_mib": hub.resident, "requests": asked.memory}


async def _assert_same(bench: Bench) -> None:
    """The hub and the ceiling give the same bytes, the ordinary way the same document."""
    async with httpx2.AsyncClient(timeout=60) as client:
        for name, asking in bench.askings.items():
            for body in asking.bodies[:5]:
                told = {one.name: (await _post(client, bench, one, body)).content for one in bench.running.values()}
                documents = [orjson.loads(each) for each in told.values()]
                if any(document != documents[0] or "errors" in document for document in documents):
                    raise SystemExit(f"{name}: the documents differ: { {key: v[:300] for key, v in told.items()} }")
                exact = {told[server] for server in ("hub", "ceiling") if server in told}
                if len(exact) > 1:
                    raise SystemExit(f"{name}: hub and ceiling give the same document in other bytes")


async def _statements(bench: Bench) -> dict[str, int]:
    """How many statements the ordinary way takes for each question."""
    if "ordinary" not in bench.running:
        return {}
    async with httpx2.AsyncClient(timeout=60) as client:
        asked = {name: asking.bodies[0] for name, asking in bench.askings.items()}
        told = {name: await _post(client, bench, bench.running["ordinary"], body) for name, body in asked.items()}
    return {name: int(response.headers["x-statements"]) for name, response in told.items()}


async def _post(client: Any, bench: Bench, server: farm.Running, body: bytes) -> Any:
    headers = {"authorization": f"Bearer {bench.tokens[0]}", "content-type": "application/json"}
    headers["accept"] = "application/json"
    return await client.post(f"http://127.0.0.1:{server.port}/graphql", content=body, headers=headers)


def _database_cpu(bench: Bench) -> float:
    return farm.tree_cpu(bench.database_pid) if bench.database_pid else 0.0


@asynccontextmanager
async def _bench(url: str, asked: argparse.Namespace, database_pid: int | None) -> AsyncIterator[Bench]:
    keys = keys_in(asked.data / "keys.json")
    engine, tokens = await tokens_of(url, keys)
    async with engine.connect() as connection:
        statement = sa.text("SELECT number FROM cases WHERE district = :district ORDER BY id LIMIT 20000")
        numbers = (await connection.execute(statement, {"district": DISTRICT})).scalars().all()
    await engine.dispose()
    issued = [tokens.issue(VIEWER, subject=f"bench-{n}") for n in range(-(-asked.connections // PER_PRINCIPAL))]
    async with AsyncExitStack() as stack:
        running = {}
        for name in asked.servers:
            running[name] = await _started(name, url, keys)
            stack.push_async_callback(running[name].end)
        viewer = tokens.identify(f"Bearer {issued[0]}")
        yield Bench(url, running, issued, viewer, askings(numbers), database_pid)


async def _started(name: str, url: str, keys: Path) -> farm.Running:
    port = farm.free_port()
    command = [sys.executable, "-W", "ignore", *SERVERS[name]]
    if name == "hub":
        said = {"HUB_SERVER_PORT": str(port), "HUB_DATABASE_URL": url, "HUB_KEYS_FILE": str(keys)}
        return await farm.start(name, command, port, said)
    return await farm.start(name, [*command, "--database", url, "--port", str(port), "--keys", str(keys)], port, {})


async def _base(folder: Path, database: str, size: int, server: farm.Postgres | None) -> str:
    """The address of a base of that size, made where it is missing."""
    keys = keys_in(folder / "keys.json")
    file, whole = folder / f"{size}.db", folder / f"{database}-{size}.whole"
    url, name = f"sqlite:///{file.resolve()}", f"hub_{size}"
    if server is not None:
        url = await server.database(name, anew=not whole.exists())
    elif not whole.exists():
        file.unlink(missing_ok=True)
    if not whole.exists():
        print(f"making {database} with {size:,} cases", file=sys.stderr)
        whole.write_bytes(orjson.dumps(await fill(url, size, keys=keys)))
    return url


class _no_server:  # noqa: N801 - a context without anything in it
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20_000, 200_000])
    parser.add_argument(
        "--huge", action="store_true", help="also 2,000,000 cases (25 GB and a quarter of an hour each)"
    )
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--servers", nargs="+", default=list(SERVERS), choices=list(SERVERS))
    parser.add_argument("--questions", nargs="+", default=list(TEXTS), choices=list(TEXTS))
    parser.add_argument("--seconds", type=float, default=4.0, help="of one run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--memory", type=int, default=0, metavar="REQUESTS", help="watch the hub's memory over so many")
    parser.add_argument("--no-direct", action="store_true", help="leave out the statements beside each other")
    parser.add_argument("--data", type=Path, default=Path("data/benchmarks"), help="folder of bases and keys")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    asked = parser.parse_args()
    found = asyncio.run(measure(asked))
    if asked.json:
        asked.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
