"""Bases of 20,000 and more cases: some thousand simulated ones by the ledger, then multiplied inside the database.

    python benchmarks/data.py sqlite:///big.db --cases 200000

Copies get ids, numbers and dates of their own, spread over ten years, so that shares stay and indexes look as they
would have grown. Not copied: routing keys of events (nothing asks for them), the binding of sealed values (a copy's
sealed values do not open), and events and source records beyond 400,000 cases. Indexes, search and statistics are built
afterwards.
"""

import argparse
import asyncio
import datetime as dt
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import copying
from hub.parts import hub_model
from hub.procedures.configuration import Base, apply
from hub.procedures.seeds import read_seeds
from hub.settings import Limits
from hub.simulation.growth import grow
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.migrate import upgrade
from hub.store.seal import Seal, new_keys, read_keys, write_keys
from hub.store.tables import tables

GROWN = 4_000
"""Cases that are simulated; sizes are multiples of it."""

CONFIG = Path(__file__).parents[1] / "config"
NOW = dt.datetime(2025, 12, 31, 10, tzinfo=dt.UTC)


async def fill(url: str, cases: int, *, keys: Path) -> dict[str, Any]:
    """Fill an empty base with that many cases; what it took."""
    if cases % GROWN:
        raise SystemExit(f"sizes are multiples of {GROWN}")
    started = time.perf_counter()
    model = hub_model()
    metadata = tables(model)
    await upgrade(url)
    engine = await open_base(url)
    ledger = Ledger(engine, metadata, model, Seal(read_keys(keys)))
    await apply(Base(engine, metadata, model, ledger), read_seeds(CONFIG), Limits(), actor="admin", now=NOW)
    await grow(ledger, engine, metadata, cases=GROWN)
    grown = time.perf_counter()
    await engine.dispose()
    await copying.multiply(url, metadata, copies=cases // GROWN - 1)
    took = {"grown_seconds": round(grown - started, 1), "copied_seconds": round(time.perf_counter() - grown, 1)}
    return took | {"rows": await count(url, metadata)}


def keys_in(file: Path) -> Path:
    """The keys file, made where it is missing."""
    if not file.exists():
        write_keys(file, new_keys())
    return file


async def count(url: str, metadata: sa.MetaData) -> dict[str, int]:
    """Rows by table."""
    engine = await open_base(url)
    async with engine.connect() as connection:
        asked = {name: sa.select(sa.func.count()).select_from(table) for name, table in metadata.tables.items()}
        found = {name: await connection.scalar(statement) or 0 for name, statement in asked.items()}
    await engine.dispose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--keys", type=Path, default=Path("keys.json"))
    asked = parser.parse_args()
    print(asyncio.run(fill(asked.url, asked.cases, keys=keys_in(asked.keys))))


if __name__ == "__main__":
    main()
