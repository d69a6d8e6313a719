"""What time costs: a supervision sweep over a municipality's cases and running limits, on either database.

    python -m benchmarks.time --data DIR [--url postgresql://...] [--cases 400000] [--limits 50000] [--nights 3]

Two sweeps are timed: the first finds a backlog (a tenth of the limits are overdue, nobody was told), the second is an
ordinary midnight at which so many limits (`share`) change: they fall due, are met, or come to the next level. Beside
the seconds: statements, transactions and the process's largest size. To reach: under five seconds (issue 6).

With `--villages 2200` cycles of investigation are timed instead (`benchmarks.cycle`), over a base of their own.
"""

import argparse
import asyncio
import datetime as dt
import json
import resource
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.cycle import cycle
from benchmarks.data import CONFIG
from hub.parts import hub_model
from hub.procedures.configuration import Base, apply
from hub.procedures.seeds import read_seeds
from hub.procedures.sweeps import mark_overdue, sweep_of
from hub.procedures.watching import supervise
from hub.rules.values import SHANGHAI
from hub.schema.cases import Case, CaseStart, CaseState, Domain, Handling
from hub.schema.deadlines import DayUnit, Deadline, DeadlineState, LimitRule
from hub.settings import Limits
from hub.store.base import open_base
from hub.store.ledger import Insert, Ledger
from hub.store.load import Spelling, loading
from hub.store.migrate import upgrade
from hub.store.seal import Seal, new_keys
from hub.store.tables import tables

NOW = dt.datetime(2026, 6, 30, 0, 10, tzinfo=SHANGHAI)
TODAY = NOW.date()
_LOT = 5000


def main() -> None:
    """Fill a base, or take the one that is there, and time the sweeps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--url")
    parser.add_argument("--cases", type=int, default=400_000)
    parser.add_argument("--limits", type=int, default=50_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--nights", type=int, default=3, help="How many ordinary midnights follow one another.")
    parser.add_argument("--villages", type=int, help="Time cycles of so many villages instead.")
    said = parser.parse_args()
    said.data.mkdir(parents=True, exist_ok=True)
    if said.villages:
        asyncio.run(cycle(said.url or f"sqlite:///{said.data / 'cycle.db'}", said.villages, rounds=3))
        return
    url = said.url or f"sqlite:///{said.data / 'time.db'}"
    print(json.dumps(asyncio.run(measured(url, said.cases, said.limits, said.share, nights=said.nights)), indent=2))


async def measured(url: str, cases: int, limits: int, share: float, *, nights: int = 1) -> dict[str, Any]:
    """The figures of the first sweep, and of so many ordinary ones after it: memory is flat where they agree."""
    base, began = await _filled(url, cases, limits), time.perf_counter()
    backlog, usual = await _swept(base), []
    for _ in range(nights):
        await _changed(base, round(limits * share))
        usual.append(await _swept(base))
    await base.engine.dispose()
    return {"cases": cases, "limits": limits, "backlog": backlog, "usual": usual, "all": time.perf_counter() - began}


async def _swept(base: Base) -> dict[str, Any]:
    counts = {"statements": 0, "transactions": 0}

    def asked(*_: Any) -> None:
        counts["statements"] += 1

    def begun(*_: Any) -> None:
        counts["transactions"] += 1

    sa.event.listen(base.engine.sync_engine, "before_cursor_execute", asked)
    sa.event.listen(base.engine.sync_engine, "begin", begun)
    began, sweep = time.perf_counter(), sweep_of(base, base.ledger.seal, NOW)
    worked = time.process_time()
    found = {"overdue": await mark_overdue(sweep), **await supervise(sweep)}
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    sa.event.remove(base.engine.sync_engine, "before_cursor_execute", asked)
    sa.event.remove(base.engine.sync_engine, "begin", begun)
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"seconds": round(seconds, 2), "processor": round(worked, 2), **found, **counts, "megabytes": largest}


async def _changed(base: Base, count: int) -> None:
    """A night: a third of so many limits fell due yesterday, a third was met, a third is three working days late."""
    due = base.metadata.tables["deadlines"]
    third = count // 3
    async with base.engine.begin() as connection:
        alerts = base.metadata.tables["supervision_alerts"]
        open_ = sa.select(alerts.c.deadline_id).where(alerts.c.ended_on.is_(None), alerts.c.level == "YELLOW")
        late = list((await connection.execute(open_.order_by(alerts.c.id).limit(2 * third))).scalars())
        coming = (
            sa.select(due.c.id).where(due.c.state == "RUNNING", due.c.due_on > TODAY).order_by(due.c.id).limit(third)
        )
        soon = list((await connection.execute(coming)).scalars())
        ended = {"state": DeadlineState.ENDED.name, "ended_on": TODAY}
        await connection.execute(due.update().where(due.c.id.in_(late[:third])).values(ended))
        moved = {"due_on": TODAY - dt.timedelta(1), "started_on": TODAY - dt.timedelta(9)}
        await connection.execute(due.update().where(due.c.id.in_(soon)).values(moved))
        worse = alerts.c.deadline_id.in_(late[third:])
        await connection.execute(alerts.update().where(worse).values(reply_due_on=TODAY - dt.timedelta(1)))


async def _filled(url: str, cases: int, limits: int) -> Base:
    """A base with so many cases, the newest with a running limit each; one that is there already is taken."""
    await upgrade(url)
    model = hub_model()
    metadata = tables(model)
    engine = await open_base(url)
    base = Base(engine, metadata, model, Ledger(engine, metadata, model, Seal(new_keys())))
    table = metadata.tables["cases"]
    async with engine.connect() as connection:
        there = (await connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
    if there:
        return base
    await apply(base, read_seeds(CONFIG), Limits(), actor="admin", now=NOW)
    case, due = await _templates(base)
    spelling = Spelling(metadata, engine.dialect)
    await engine.dispose()
    async with loading(url, metadata, lambda *_: None) as load:
        for start in range(1, cases, _LOT):
            numbers = range(start, min(start + _LOT, cases))
            rows = [{**case, "id": f"case_{number:032x}", "number": f"ZZF-T-{number:09d}"} for number in numbers]
            lot = {"cases": spelling.of("cases", rows)}
            running = list(_running(due, [number for number in numbers if number < limits]))
            await load.write({**lot, "deadlines": spelling.of("deadlines", running)} if running else lot)
    return base


def _running(due: Mapping[Any, Any], numbers: list[int]) -> Iterator[dict[str, Any]]:
    """A tenth overdue by up to two weeks, the others due within the next two months."""
    for number in numbers:
        days = -(number % 14) - 1 if number % 10 == 0 else number % 60 + 5
        case = f"case_{number:032x}"
        mine = {"id": f"due_{number:032x}", "case_id": case, "subject_id": case}
        yield {**due, **mine, "due_on": TODAY + dt.timedelta(days), "started_on": TODAY - dt.timedelta(40)}


async def _templates(base: Base) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
    """A case and a limit as they are stored."""
    async with base.engine.connect() as connection:
        organisations = base.metadata.tables["organisations"]
        body = (await connection.execute(sa.select(organisations.c.id).limit(1))).scalar_one()
    case = {
        "number": "ZZF-T-000000000",
        "title": "买卖合同纠纷",
        "state": CaseState.HANDLING,
        "handling": Handling.SPLIT,
        "start": next(iter(CaseStart)),
        "domain": next(iter(Domain)),
        "dispute_type": "04",
        "channel": "01",
        "severity": "2",
        "region": "region_370402001",
        "organisation": body,
        "online": False,
        "leaked": False,
        "registered_at": NOW,
        "registered_on": TODAY,
    }
    (written,) = await base.ledger.write([Insert(Case, case)], actor="intake", now=NOW)
    limit = {
        "subject": written.id,
        "case": written.id,
        "rule": LimitRule.PEOPLES_MEDIATION,
        "days": 30,
        "state": DeadlineState.RUNNING,
        "unit": DayUnit.CALENDAR,
        "basis": "依据 · Basis",
        "local_default": False,
        "started_on": TODAY,
        "counting_since": TODAY,
        "due_on": TODAY + dt.timedelta(30),
        "provisional": False,
        "elapsed": 0,
    }
    await base.ledger.write([Insert(Deadline, limit)], actor="intake", now=NOW)
    async with base.engine.connect() as connection:
        found = [
            (await connection.execute(sa.select(base.metadata.tables[name]))).mappings().first()
            for name in ("cases", "deadlines")
        ]
    assert found[0] is not None
    assert found[1] is not None
    return found[0], found[1]


if __name__ == "__main__":
    main()
