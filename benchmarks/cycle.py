"""A cycle of investigation: seconds, transactions, statements and memory of opening it and of finding its tasks missed.

    python -m benchmarks.time --data DIR --villages 2200

The campaigns and tasks of so many villages are opened, as the night's job does it, and a fortnight later the tasks are
found missed; a round begins where the one before ended, on the same base. The longest deed is told beside, since others
wait for it. To reach: a cycle in less than 2 s, memory that does not grow.
"""

import datetime as dt
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks.data import CONFIG
from hub.parts import hub_model
from hub.procedures.configuration import Base, apply
from hub.procedures.rounds import miss_reports, open_rounds
from hub.procedures.seeds import read_seeds
from hub.procedures.sweeps import Sweep, sweep_of
from hub.rules.values import SHANGHAI
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.settings import Limits
from hub.store.base import open_base
from hub.store.ledger import MOST, Decide, Insert, Ledger
from hub.store.migrate import upgrade
from hub.store.seal import Seal, new_keys
from hub.store.tables import tables

START = dt.date(2025, 3, 1)
"""A half month without key periods begins."""


@dataclass(slots=True)
class Cost:
    """What one piece of work took."""

    seconds: float = 0.0
    rows: int = 0
    transactions: int = 0
    statements: int = 0
    longest: float = 0.0
    deeds: list[float] = field(default_factory=list)

    def told(self) -> str:
        """For people."""
        return (
            f"{self.seconds:6.2f} s  {self.rows:6d} rows  {self.transactions:3d} transactions  "
            f"{self.statements:4d} statements  longest deed {self.longest * 1000:5.0f} ms"
        )


@contextmanager
def counted(base: Base) -> Iterator[Cost]:
    """Counts what the base is asked meanwhile."""
    cost, begun = Cost(), time.perf_counter()

    def asked(*_: Any) -> None:
        cost.statements += 1

    sa.event.listen(base.engine.sync_engine, "after_cursor_execute", asked)
    try:
        yield cost
    finally:
        sa.event.remove(base.engine.sync_engine, "after_cursor_execute", asked)
        cost.seconds = time.perf_counter() - begun


def watched(sweep: Sweep, cost: Cost) -> Sweep:
    """The sweep with its deeds counted and timed."""

    async def transact(decide: Decide, cases: Sequence[str]) -> Any:
        begun = time.perf_counter()
        written = await sweep.transact(decide, cases)
        cost.transactions += 1
        cost.longest = max(cost.longest, time.perf_counter() - begun)
        cost.rows += written if isinstance(written, int) else len(written)
        return written

    return Sweep(sweep.base, sweep.seal, sweep.now, transact)


async def cycle(url: str, villages: int, rounds: int) -> None:
    """Open and miss cycles of so many villages, and tell of each."""
    await upgrade(url)
    model, seal, engine = hub_model(), Seal(new_keys()), await open_base(url)
    metadata = tables(model)
    base = Base(engine, metadata, model, Ledger(engine, metadata, model, seal))
    await apply(base, read_seeds(CONFIG), Limits(), actor="admin", now=dt.datetime.now(dt.UTC))
    await settle(base, villages)
    opening, day = [], START
    for _ in range(rounds):
        sweep = sweep_of(base, seal, dt.datetime.combine(day, dt.time(0, 1), SHANGHAI))
        with counted(base) as missed:
            late = await miss_reports(watched(sweep, missed))
        with counted(base) as opened:
            found = await open_rounds(watched(sweep, opened))
        opening.append(opened.seconds)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  {day} opened {found['tasks']:5d} tasks of {found['campaigns']:3d} campaigns  {opened.told()}")
        print(f"  {day} missed {late:5d} tasks                    {missed.told()}  {memory:.0f} MB")
        day = day + dt.timedelta(15) if day.day == 1 else (day.replace(day=28) + dt.timedelta(4)).replace(day=1)
    print(f"  median of opening: {median(opening):.2f} s")
    await engine.dispose()


async def settle(base: Base, villages: int) -> None:
    """So many villages' committees, over all towns in turn."""
    regions = base.metadata.tables["regions"]
    asked = sa.select(regions.c.id).where(regions.c.level == "TOWN", regions.c.statistical_only.is_(False))
    async with base.engine.connect() as connection:
        towns = list((await connection.execute(asked.order_by(regions.c.id))).scalars())
    nothing = ("credit_code", "profession", "host_agency", "hosted_in", "address", "phone", "hours", "services", "head")
    told = {**dict.fromkeys((*nothing, "opened_on")), "kind": "VILLAGE_COMMITTEE", "level": OrganisationLevel.VILLAGE}
    rows = [
        Insert(
            Organisation,
            {**told, "name": f"第{number}村人民调解委员会", "region": towns[number % len(towns)], "active": True},
            event=None,
        )
        for number in range(villages)
    ]
    for start in range(0, len(rows), MOST):
        await base.ledger.write(rows[start : start + MOST], actor="admin", now=dt.datetime.now(dt.UTC))
