"""Files of agencies: rows a second by format, memory, and how long linking looks, on both databases.

    python -m benchmarks.files --data DIR
    python -m benchmarks.files --data DIR --long

Files are the simulation's, 10,000 rows each, as `hub import` takes them. Each format has a base of its own and a
process of its own, so that memory is that of its reading alone; CPU is that process's, without a database server's.
`--long` takes 400,000 rows of the CSV record.
"""

import argparse
import asyncio
import datetime as dt
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks import farm
from benchmarks.data import CONFIG, keys_in
from hub.connectors.base import open_delivery
from hub.exchange_settings import read_agreements
from hub.parts import hub_model
from hub.procedures import configuration
from hub.procedures.configuration import Base
from hub.procedures.directory import read_directory
from hub.procedures.intake import apply, desk_of
from hub.procedures.landing import plan_rows
from hub.procedures.quarantines import Origin
from hub.procedures.seeds import read_seeds
from hub.settings import Limits
from hub.simulation.agencies.samples import series
from hub.simulation.growth import standing
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.migrate import upgrade
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables

RECORDS = {"csv": "petition", "xlsx": "finance", "xml": "court-referral", "json": "market", "soap": "health"}
ROWS = 10_000
MANY = 400_000
NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
LOOKS = 200
"""Rows that are looked up, one by one."""


@dataclass(frozen=True)
class Place:
    """A base that is open, and what takes files in."""

    base: Base
    seal: Seal


def measure(asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One entry a format and database."""
    asked.data.mkdir(parents=True, exist_ok=True)
    rows, formats = (MANY, ["csv"]) if asked.long else (asked.rows, asked.formats)
    for form in formats:
        asyncio.run(_written(asked.data, form, rows))
    for database in asked.databases:
        with farm.postgres(asked.data / "postgres") if database == "postgresql" else nullcontext() as server:
            for form in formats:
                url = asyncio.run(_empty(asked.data, f"files_{form}", server))
                yield {"database": database, "format": form, **_alone(url, form, rows, asked.data)}


def _alone(url: str, form: str, rows: int, folder: Path) -> dict[str, Any]:
    """Measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.files", "--one", url, form, str(rows), "--data", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


async def one(url: str, form: str, rows: int, folder: Path) -> dict[str, Any]:
    """Take in the rows, in files of at most 10,000; the last file is only looked up."""
    *paths, last = _paths(folder, form, rows)
    async with _place(url, folder) as place:
        read, taken, started = 0.0, 0.0, time.process_time()
        for path in paths:
            opened, applied = await _take(place, path, RECORDS[form])
            read, taken = read + opened, taken + applied
        most, cpu = _peak(), (time.process_time() - started) / rows * 1000
        looks = sorted(await _looks(place, last, RECORDS[form]))
    speeds = {"opened": rows / read, "applied": rows / taken, "both": rows / (read + taken)}
    looked = {"look_ms": median(looks) * 1000, "look_p95_ms": looks[len(looks) * 95 // 100] * 1000}
    return {"rows": rows, **speeds, "cpu_ms": cpu, "mebibytes": most, **looked}


def _peak() -> float:
    """MiB that this process held at most; what the system counts for it begins with the memory of who started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _paths(folder: Path, form: str, rows: int) -> list[Path]:
    """The files of so many rows, and one more."""
    held = folder / f"{form}-{rows}"
    return [held / str(number) / f"{RECORDS[form]}_20250630" for number in range(max(1, rows // ROWS) + 1)]


async def _written(folder: Path, form: str, rows: int) -> None:
    """Write the files that are not there yet."""
    paths = _paths(folder, form, rows)
    if paths[-1].exists():
        return
    url = f"sqlite:///{folder}/seeds.db"
    async with _place(url, folder) as place, place.base.engine.connect() as connection:
        seeds = await standing(connection, place.base.metadata)
    for path, file in zip(paths, series(seeds, RECORDS[form], rows=min(rows, ROWS)), strict=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content())


async def _empty(folder: Path, name: str, server: farm.Postgres | None) -> str:
    """The address of a base without anything in it."""
    if server is not None:
        return await server.database(name, anew=True)
    await asyncio.to_thread(_cleared, folder, name)
    return f"sqlite:///{folder}/{name}.db"


def _cleared(folder: Path, name: str) -> None:
    for file in folder.glob(f"{name}.db*"):
        file.unlink()


async def _take(place: Place, path: Path, record: str) -> tuple[float, float]:
    """Seconds of looking at the file and of taking it in."""
    exchange, started = read_agreements(CONFIG)[record], time.perf_counter()
    places = (await read_directory(place.base)).places
    reading = await asyncio.to_thread(open_delivery, path, exchange, today=NOW.date(), places=places)
    opened = time.perf_counter()
    outcome = await apply(place.base, reading, seal=place.seal, now=NOW, actor="system")
    if outcome.applied + outcome.merged != outcome.received:
        raise SystemExit(f"not all rows were new: {outcome}")
    return opened - started, time.perf_counter() - opened


async def _looks(place: Place, path: Path, record: str) -> list[float]:
    """Seconds of working out what one new row changes: its record, its neighbours, its case; nothing is written."""
    exchange = read_agreements(CONFIG)[record]
    desk = await desk_of(place.base, exchange, seal=place.seal, now=NOW, actor="system")
    reading = open_delivery(path, exchange, today=NOW.date(), places=desk.directory.places)
    found = []
    async with place.base.engine.connect() as connection:
        for row in islice(reading.rows(), LOOKS):
            started = time.perf_counter()
            await plan_rows(desk, connection, [row], Origin("batch", "region_370400"))
            found.append(time.perf_counter() - started)
    return found


@asynccontextmanager
async def _place(url: str, folder: Path) -> AsyncIterator[Place]:
    model, seal = hub_model(), Seal(read_keys(keys_in(folder / "keys.json")))
    metadata = tables(model)
    await upgrade(url)
    engine = await open_base(url)
    base = Base(engine, metadata, model, Ledger(engine, metadata, model, seal))
    await configuration.apply(base, read_seeds(CONFIG), Limits(), actor="admin", now=NOW)
    yield Place(base, seal)
    await engine.dispose()


def _print(entry: dict[str, Any]) -> None:
    speeds = "".join(f"{entry[name]:>10,.0f}" for name in ("opened", "applied", "both", "mebibytes"))
    looks = "".join(f"{entry[name]:>10.1f}" for name in ("cpu_ms", "look_ms", "look_p95_ms"))
    print(f"{entry['database']:<11}{entry['format']:<6}{entry['rows']:>8,}{speeds}{looks}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--long", action="store_true", help="400,000 rows of CSV")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"], choices=["sqlite", "postgresql"])
    parser.add_argument("--formats", nargs="+", default=list(RECORDS), choices=list(RECORDS))
    parser.add_argument("--data", type=Path, default=Path("data/benchmarks"), help="folder of files, bases and keys")
    parser.add_argument("--one", nargs=3, metavar=("URL", "FORMAT", "ROWS"), help="measure this in this process")
    asked = parser.parse_args()
    asked.data = asked.data.resolve()
    if asked.one:
        url, form, rows = asked.one
        sys.stdout.write(orjson.dumps(asyncio.run(one(url, form, int(rows), asked.data))).decode())
        return
    titles = ("opened/s", "applied/s", "both/s", "MiB", "cpu ms", "look ms", "p95 ms")
    print(f"{'':<17}{'rows':>8}" + "".join(f"{title:>10}" for title in titles))
    for entry in measure(asked):
        _print(entry)


if __name__ == "__main__":
    main()
