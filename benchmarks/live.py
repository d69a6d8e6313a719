"""Live queries: what a change costs for dashboards that are all the same, and for as many that are all different.

    python -m benchmarks.live --data DIR                    both databases: --database sqlite, postgresql

A dashboard is a page of 50 cases with 10 fields, asked for in patches over WebSocket; a change is a deed of another
process on one of them, the next one when everybody was told. `identical`: all of one viewer, twenty sockets to a
principal; `different`: each of another viewer, in another scope. CPU is that of the hub and of its database for one
change. Beside it, in the same run: the same page as a plain query, from which follows what it costs when each dashboard
polls once a second, and when each is run again at every change. One in twenty stops reading in a run of its own.
"""

import argparse
import asyncio
import os
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks import farm
from benchmarks.companion import Companion
from benchmarks.livedesk import PLAIN, Bench, listeners, livedesk
from benchmarks.newsdesk import base_in

KINDS = ("identical", "different")
WAIT = 60.0
IDLE_SECONDS = 3.0


async def measure(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Everything asked for: one entry per kind and number of dashboards."""
    asked.data.mkdir(parents=True, exist_ok=True)
    is_server = asked.database == "postgresql"
    with farm.postgres(asked.data / "postgres") if is_server else nullcontext() as postgres:
        url = await base_in(asked.data, postgres)
        async with livedesk(url, asked, postgres.pid if postgres else None) as bench:
            plain = await _plain(bench, asked.seconds) | {"change_ms": await _unwatched(bench, asked.changes)}
            found: list[dict[str, Any]] = [{"database": asked.database, "plain": plain}]
            print(f"{asked.database}: the page as a plain query: {plain}")
            for kind in asked.kinds:
                for sockets in asked.sockets:
                    found.append(await _watched(bench, asked, plain, kind=kind, sockets=sockets))
                    _print(found[-1])
            if asked.stalled:
                found.append(await _stalled(bench, asked))
                _print(found[-1])
    return found


async def _plain(bench: Bench, seconds: float) -> dict[str, float]:
    """What one run of the page costs when it is asked for by itself."""
    job = {"port": bench.hub.port, "tokens": bench.same, "connections": 8, "bodies": [_body()]}
    await farm.load({**job, "seconds": 0.7})
    before = bench.cpu
    told = await farm.load({**job, "seconds": seconds})
    spent = [now - then for now, then in zip(bench.cpu, before, strict=True)]
    return {"per_second": told["requests"] / told["seconds"], "cpu_us": sum(spent) / told["requests"] * 1e6}


async def _unwatched(bench: Bench, changes: int) -> float:
    """Milliseconds that a change costs hub and database when nobody watches."""
    before = sum(bench.cpu)
    for _ in range(changes):
        await bench.source.ask(events=1, rate=0, together=1)
        await asyncio.sleep(0.05)
    return (sum(bench.cpu) - before) / changes * 1e3


def _body() -> str:
    return orjson.dumps({"query": PLAIN}).decode()


async def _watched(
    bench: Bench, asked: argparse.Namespace, plain: dict[str, float], *, kind: str, sockets: int
) -> dict[str, Any]:
    before = bench.hub.resident
    async with listeners(bench, sockets=sockets, kind=kind) as crowd:
        await _arrived(crowd, 1)
        done = await _changed(bench, crowd, 1, changes=4)
        memory = (bench.hub.resident - before) * 1024 / sockets
        ran = bench.ran
        await asyncio.sleep(IDLE_SECONDS)
        idle = bench.ran - ran
        entry = await _run(bench, crowd, done, changes=asked.changes)
    all_of_them = plain["cpu_us"] * sockets / 1000
    return {
        "kind": kind,
        "sockets": sockets,
        **entry,
        "idle_statements": idle,
        "kib": memory,
        "of_rerunning": entry["cpu_ms"] / (all_of_them + plain["change_ms"]),
        "polling_ms_per_second": all_of_them,
        "load": os.getloadavg()[0],
    }


async def _changed(bench: Bench, crowd: Companion, done: int, *, changes: int) -> int:
    """So many changes, each when all have been told of the last one; how many results everybody has by now."""
    for _ in range(changes):
        await bench.source.ask(events=1, rate=0, together=1)
        done += 1
        await _arrived(crowd, done)
    return done


async def _run(bench: Bench, crowd: Companion, done: int, *, changes: int) -> dict[str, Any]:
    times: list[float] = []
    used, ran, told = bench.cpu, bench.ran, await crowd.ask(size=True)
    for number in range(changes):
        times += (await bench.source.ask(events=1, rate=0, together=1))["times"]
        await _arrived(crowd, done + number + 1)
    server, database = ((now - then) / changes * 1e3 for now, then in zip(bench.cpu, used, strict=True))
    size = await crowd.ask(size=True)
    found = await crowd.ask(first=done, times=times)
    return {
        **{key: found[key] for key in ("p50_ms", "p95_ms", "p99_ms", "most_ms")},
        "cpu_ms": server + database,
        "server_ms": server,
        "statements": (bench.ran - ran) / changes,
        "bytes": (size["bytes"] - told["bytes"]) / (size["frames"] - told["frames"]),
    }


async def _stalled(bench: Bench, asked: argparse.Namespace) -> dict[str, Any]:
    """One of twenty stops reading: what the others notice, what the hub holds, and what the stalled ones get later."""
    sockets = asked.sockets[-1]
    async with listeners(bench, sockets=sockets, kind="identical", stalled=20) as crowd:
        await _arrived(crowd, 1)
        done = await _changed(bench, crowd, 1, changes=4)
        await crowd.ask(stall=True)
        held = [bench.hub.resident]
        for _ in range(3):
            done = await _changed(bench, crowd, done, changes=asked.changes)
            held.append(bench.hub.resident)
        entry = await _run(bench, crowd, done, changes=asked.changes)
        late = await crowd.ask(resume=1, seconds=WAIT)
    return {"kind": "1 of 20 stalled", "sockets": sockets, **entry, "resident_mib": held, "late": late["missing"]}


async def _arrived(crowd: Companion, frames: int) -> None:
    """Wait until everybody who reads has so many; SystemExit for what is missing, doubled or different."""
    told = await crowd.ask(until=frames, seconds=WAIT)
    if told["missing"] or told["extra"] or told["wrong"]:
        raise SystemExit(f"results were lost, doubled or different: {told}")


def _print(entry: dict[str, Any]) -> None:
    said = (f"{key} {value:,.3g}" if isinstance(value, float) else f"{key} {value}" for key, value in entry.items())
    print("  " + ", ".join(said), flush=True)


def middle(runs: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The middle of each figure over the rounds."""
    return [
        {
            key: median(each[key] for each in some) if isinstance(value, int | float) else value
            for key, value in some[0].items()
        }
        for some in zip(*runs, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="postgresql", choices=["sqlite", "postgresql"])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--sockets", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--changes", type=int, default=20, help="of one run")
    parser.add_argument("--seconds", type=float, default=3.0, help="of the plain query")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--no-stalled", dest="stalled", action="store_false", help="leave out who stops reading")
    parser.add_argument("--data", type=Path, default=Path("data/benchmarks"), help="folder of bases and keys")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    asked = parser.parse_args()
    found = middle([asyncio.run(measure(asked)) for _ in range(asked.rounds)])
    if asked.json:
        asked.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
