"""Officials over a grown municipality: what they do is done by the machines, and again for the same seed."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from tests.simulation.test_growth import CONFIG

from hub.errors import Settled
from hub.parts import hub_acts, hub_model
from hub.procedures.configuration import Base, apply
from hub.procedures.doing import Doing, Request
from hub.procedures.seeds import read_seeds
from hub.settings import Limits
from hub.simulation.days import HORIZON, SHANGHAI
from hub.simulation.delegations import Delegations
from hub.simulation.growth import grow, standing
from hub.simulation.officials import Officials
from hub.simulation.posts import Errand
from hub.store.ledger import Ledger
from hub.store.migrate import prepared
from hub.store.seal import Seal, new_keys

FIRST = HORIZON.astimezone(SHANGHAI).date()


@dataclass
class Town:
    """A small municipality, its officials, and what they did."""

    base: Base
    officials: Officials
    told: list[tuple[str, str, str]] = field(default_factory=list)

    async def day(self, number: int) -> None:
        await self.officials.turn(FIRST + dt.timedelta(days=number))
        while await self.officials.step():
            pass

    async def states(self, name: str) -> Counter[str]:
        table = self.base.metadata.tables[name]
        async with self.base.engine.connect() as connection:
            return Counter((await connection.execute(sa.select(table.c.state))).scalars())

    async def events(self) -> Counter[str]:
        table = self.base.metadata.tables["events"]
        async with self.base.engine.connect() as connection:
            return Counter((await connection.execute(sa.select(table.c.type))).scalars())


async def town(folder: Path, *, broken: frozenset[str] = frozenset()) -> Town:
    """The same one each time; the verbs in `broken` are refused, whatever the machines say."""
    model, seal = hub_model(), Seal(new_keys())
    engine, metadata = await prepared(f"sqlite:///{folder}/hub.db", model)
    ledger = Ledger(engine, metadata, model, seal)
    base = Base(engine, metadata, model, ledger)
    await apply(base, read_seeds(CONFIG), Limits(), actor="admin", now=HORIZON)
    await grow(ledger, engine, metadata, cases=60)
    async with engine.connect() as connection:
        seeds = await standing(connection, metadata)
    doing = Doing(base, hub_acts(), seal=seal, now=lambda: evening(found), agreements={})

    async def do(errand: Errand) -> None:
        if errand.verb in broken:
            raise Settled
        await doing(errand.verb, Request(errand.row, errand.version, errand.key, errand.inputs, str(errand.inputs)), errand.who)
        found.told.append((str(found.officials.today), errand.verb, await number(base, errand)))

    found = Town(base, Officials(base, do, fresh=Delegations(seeds, 1, a_day=3)))
    await found.officials.begin(FIRST, spread=2)
    return found


def evening(town: Town) -> dt.datetime:
    return dt.datetime.combine(town.officials.today, dt.time(18), SHANGHAI)


async def number(base: Base, errand: Errand) -> str:
    """What a row is called whose id is another one each time."""
    if errand.row is None:
        return errand.sign
    table = base.metadata.tables[base.model.noun_of(errand.row).table]
    column = table.c.number if "number" in table.c else table.c.case_id
    async with base.engine.connect() as connection:
        return str((await connection.execute(sa.select(column).where(table.c.id == errand.row))).scalar_one())


async def test_referrals_are_issued_accepted_and_settled_and_nothing_is_guessed(tmp_path: Path) -> None:
    found = await town(tmp_path)
    before, history = await found.states("referrals"), await found.events()

    for day in range(1, 8):
        await found.day(day)

    verbs = Counter(verb for _, verb, _ in found.told)
    after, told = await found.states("referrals"), await found.events()
    assert verbs["delegate_case"] > 5
    assert verbs["accept_referral"] > 3
    assert verbs["start_mediation"] > 0
    assert found.officials.refused == 0
    assert found.officials.done == len(found.told)
    assert after.total() > before.total()
    assert after != before
    assert told["REFERRAL_ISSUED"] > history["REFERRAL_ISSUED"]
    await found.base.engine.dispose()


async def test_the_same_seed_gives_the_same_deeds(tmp_path: Path) -> None:
    told = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        found = await town(tmp_path / name)
        for day in range(1, 4):
            await found.day(day)
        told.append(found.told)
        await found.base.engine.dispose()

    assert told[0] == told[1]
    assert len(told[0]) > 20


async def test_a_deed_that_is_refused_does_not_keep_the_others(tmp_path: Path) -> None:
    found = await town(tmp_path, broken=frozenset({"deliver_referral"}))

    for day in range(1, 4):
        await found.day(day)

    assert found.officials.refused > 0
    assert found.officials.done > 5
    assert "deliver_referral" not in {verb for _, verb, _ in found.told}
    await found.base.engine.dispose()
