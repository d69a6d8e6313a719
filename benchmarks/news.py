"""News: what a frame costs and how long it takes, beside a bare socket broadcast and the framework's own subscriptions.

    python -m benchmarks.news --data DIR            100 and 1,000 sockets
    python -m benchmarks.news --data DIR --long     5,000 too

The **hub** follows a base on which another process does a deed for each event; the **ceiling** (broadcast.py) and the
**framework** (framework.py) are posted the same document and need neither base nor log. One process each, in
alternation; the listeners and what makes the events are processes of their own. `identical`: all ask the same;
`filters`: a hundred different filters that all let the events through. A principal has 20 sockets; viewer and
organisation are the same. CPU is that of the server's process per frame; `steady` at so many events a second, `burst`
all at once.
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
from benchmarks.companion import Companion, companion
from benchmarks.newsdesk import Bench, base_in, listeners, newsdesk
from benchmarks.told import ratios, table

SERVERS = ("hub", "ceiling", "framework")
CARRIERS, KINDS = ("ws", "sse"), ("identical", "filters")
FRAMES_A_SECOND = {"framework": 2_000}
"""More than this the framework does not manage beside its listeners."""
BURST = {"hub": 200, "ceiling": 200, "framework": 4}
TOGETHER = 20
"""Events in one deed of a burst."""
WAIT = 120.0


async def measure(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Everything asked for, one entry per server, carrier, kind and number of sockets."""
    asked.data.mkdir(parents=True, exist_ok=True)
    found: list[dict[str, Any]] = []
    is_server = asked.database == "postgresql"
    with farm.postgres(asked.data / "postgres") if is_server else nullcontext() as postgres:
        url = await base_in(asked.data, postgres)
        found += [await _belled(url, asked, writers) for writers in asked.writers]
        async with newsdesk(url, asked, postgres.pid if postgres else None) as bench:
            for sockets in asked.sockets:
                for carrier in asked.carriers:
                    for kind in asked.kinds:
                        found += await _compared(bench, asked, sockets=sockets, carrier=carrier, kind=kind)
            if "hub" in bench.servers and asked.stalled:
                found.append(await _stalled(bench, asked))
    return found


async def _compared(bench: Bench, asked: argparse.Namespace, **how: Any) -> list[dict[str, Any]]:
    """Rounds in which the servers take turns; the middle of each figure."""
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in bench.servers}
    for _ in range(asked.rounds):
        for name in bench.servers:
            rounds[name].append(await _round(bench, name, asked, **how))
    entries = [
        {"server": name, **how} | {key: median(each[key] for each in some) for key in some[0]}
        for name, some in rounds.items()
    ]
    table(entries)
    ratios(entries)
    return entries


async def _round(
    bench: Bench, name: str, asked: argparse.Namespace, *, sockets: int, carrier: str, kind: str
) -> dict[str, float]:
    server, source = bench.servers[name], bench.sources[name]
    before = server.resident
    async with listeners(bench, name, sockets=sockets, carrier=carrier, kind=kind) as crowd:
        await asyncio.sleep(0.5)
        idle = (server.resident - before) * 1024 / sockets
        rate = min(asked.rate, FRAMES_A_SECOND[name] / sockets) if name in FRAMES_A_SECOND else asked.rate
        done = await _warm(crowd, source)
        steady = await _run(bench, name, crowd, sockets, done, events=max(4, round(rate * asked.seconds)), rate=rate)
        done += steady["events"]
        burst = await _run(bench, name, crowd, sockets, done, events=BURST[name], rate=0)
    return {
        "cpu_us": steady["cpu_us"],
        "database_us": steady["database_us"],
        "driver_us": steady["driver_us"],
        "rate": steady["rate"],
        **{key: steady[key] for key in ("p50_ms", "p95_ms", "p99_ms", "most_ms")},
        "burst_cpu_us": burst["cpu_us"],
        "frames_per_second": burst["frames_per_second"],
        "idle_kib": idle,
        "load": os.getloadavg()[0],
    }


async def _warm(crowd: Companion, source: Companion) -> int:
    await source.ask(events=3, rate=0, together=1)
    await _arrived(crowd, 3)
    return 3


async def _run(
    bench: Bench, name: str, crowd: Companion, sockets: int, done: int, *, events: int, rate: float
) -> dict[str, Any]:
    """So many events to all; what they cost and how long they took."""
    server = bench.servers[name]
    used = server.cpu, _database_cpu(bench), crowd.cpu
    together = 1 if rate else min(TOGETHER, events)
    times = (await bench.sources[name].ask(events=events, rate=rate, together=together))["times"]
    await _arrived(crowd, done + events)
    spent = [now - then for now, then in zip((server.cpu, _database_cpu(bench), crowd.cpu), used, strict=True)]
    told = await crowd.ask(first=done, times=times)
    frames = events * sockets
    server_us, database_us, driver_us = (each / frames * 1e6 for each in spent)
    return {
        "events": events,
        "rate": events / (times[-1] - times[0]) if rate else 0.0,
        "cpu_us": server_us,
        "database_us": database_us,
        "driver_us": driver_us,
        "frames_per_second": frames / (told["last"] - times[0]),
        **told,
    }


async def _stalled(bench: Bench, asked: argparse.Namespace) -> dict[str, Any]:
    """One of twenty stops reading: what the others notice, what the hub holds, and what the stalled ones get later."""
    sockets, hub, source = asked.sockets[-1], bench.servers["hub"], bench.sources["hub"]
    async with listeners(bench, "hub", sockets=sockets, carrier="ws", kind="identical", stalled=20) as crowd:
        done = await _warm(crowd, source)
        silent = (await crowd.ask(stall=True))["stalled"]
        reading, held = sockets - silent, [hub.resident]
        entry: dict[str, Any] = {"server": "hub, 1 of 20 stalled", "sockets": sockets}
        for _ in range(4):
            # Enough to fill what the kernel holds for them.
            await source.ask(events=400, rate=0, together=TOGETHER)
            done += 400
            await _arrived(crowd, done)
            held.append(hub.resident)
        steady = await _run(
            bench, "hub", crowd, reading, done, events=round(asked.rate * asked.seconds), rate=asked.rate
        )
        done += steady["events"]
        late = await crowd.ask(resume=done, seconds=WAIT)
    entry |= {key: steady[key] for key in ("cpu_us", "p50_ms", "p95_ms", "p99_ms", "most_ms")}
    entry |= {"resident_mib": [round(each, 1) for each in (*held, hub.resident)], "late": late}
    print(f"\n{entry}")
    if late["missing"] or late["extra"] or late["wrong"]:
        raise SystemExit(f"frames were lost or doubled: {late}")
    return entry


async def _belled(url: str, asked: argparse.Namespace, writers: int) -> dict[str, Any]:
    """Deeds a second of so many writers at once, and without a bell: PostgreSQL ends who rings one after the other.

    No hub runs meanwhile: what it reads then would take the writers' processor.
    """
    rounds: dict[str, list[float]] = {"rung": [], "silent": []}
    for _ in range(asked.rounds):
        for name, some in rounds.items():
            job = {"url": url, "keys": str(asked.data / "keys.json"), "silent": name == "silent"}
            async with companion("benchmarks.committing", job) as source:
                some.append((await source.ask(writers=writers, seconds=asked.seconds))["per_second"])
    entry = {"writers": writers} | {name: median(some) for name, some in rounds.items()}
    print(f"\n{writers} writers: {entry['rung']:,.0f} deeds/s, {entry['silent']:,.0f} without the bell")
    return entry


async def _arrived(crowd: Companion, frames: int) -> None:
    """Wait until everybody who reads has so many; SystemExit for what is missing, doubled or different."""
    told = await crowd.ask(until=frames, seconds=WAIT)
    if told["missing"] or told["extra"] or told["wrong"]:
        raise SystemExit(f"frames were lost, doubled or different: {told}")


def _database_cpu(bench: Bench) -> float:
    return farm.tree_cpu(bench.database_pid) if bench.database_pid else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", default="postgresql", choices=["sqlite", "postgresql"])
    parser.add_argument("--servers", nargs="+", default=list(SERVERS), choices=list(SERVERS))
    parser.add_argument("--carriers", nargs="+", default=list(CARRIERS), choices=list(CARRIERS))
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--sockets", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--long", action="store_true", help="5,000 sockets too")
    parser.add_argument("--rate", type=float, default=50.0, help="events a second")
    parser.add_argument("--seconds", type=float, default=5.0, help="of one run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-stalled", dest="stalled", action="store_false", help="leave out who stops reading")
    parser.add_argument(
        "--writers", type=int, nargs="*", default=[1, 8], help="who write at once, with and without bell"
    )
    parser.add_argument("--data", type=Path, default=Path("data/benchmarks"), help="folder of bases and keys")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    asked = parser.parse_args()
    asked.sockets += [5000] if asked.long else []
    found = asyncio.run(measure(asked))
    if asked.json:
        asked.json.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2))


if __name__ == "__main__":
    main()
