"""Cases grown in bulk by processes of their own: they are what the ledger would have written, and nothing is left out."""

import asyncio
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from tests.conftest import Base as Opened
from tests.demo.conftest import Held
from tests.store.town import NOW

from hub.demo.crowd import Failed, Order, crowd
from hub.errors import HubError, KeysMissing, ListTooLong
from hub.procedures.configuration import Base, apply
from hub.procedures.seeds import read_seeds
from hub.schema.model import Model
from hub.settings import Limits
from hub.simulation.growth import grow, standing
from hub.simulation.seeds import Seeds
from hub.store.ledger import Ledger
from hub.store.seal import Keys, Seal, context_of, write_keys

CONFIG = Path(__file__).parents[2] / "config"
FIRST, CASES = 20, 60


@dataclass(frozen=True)
class Young:
    """A configured base with its registers and `FIRST` cases, its keys, and what it was grown from."""

    url: str
    base: Base
    keys: Path
    seal: Seal
    seeds: Seeds


async def asked(young: Young, statement: str) -> list[Any]:
    async with young.base.engine.connect() as connection:
        return list((await connection.execute(sa.text(statement))).all())


@pytest_asyncio.fixture
async def young(base: Opened, model: Model, keys: Keys, seal: Seal, tmp_path: Path) -> Young:
    write_keys(tmp_path / "keys.json", keys)
    ledger = Ledger(base.engine, base.metadata, model, seal)
    opened = Base(base.engine, base.metadata, model, ledger)
    await apply(opened, read_seeds(CONFIG), Limits(), actor="admin", now=NOW)
    async with base.engine.connect() as connection:
        seeds = await standing(connection, base.metadata)
    await grow(ledger, base.engine, base.metadata, cases=FIRST)
    return Young(base.url, opened, tmp_path / "keys.json", seal, seeds)


async def indexes(young: Young) -> set[str]:
    def names(connection: sa.Connection) -> set[str]:
        inspector = sa.inspect(connection)
        tables = young.base.metadata.tables
        return {str(index["name"]) for table in tables for index in inspector.get_indexes(table)}

    async with young.base.engine.connect() as connection:
        return await connection.run_sync(names)


async def test_a_crowd_is_whole_cases_that_the_ledger_sealed_masked_placed_and_told(young: Young) -> None:
    before = await indexes(young)

    told: list[tuple[int, int, int]] = []
    indexed: list[tuple[int, int]] = []
    order = Order(url=young.url, keys=young.keys, seeds=young.seeds, cases=CASES)

    rows = await crowd(young.base, order, first=FIRST, told=lambda *at: told.append(at), indexed=lambda *at: indexed.append(at))

    assert told[-1] == (CASES, CASES, rows)
    assert indexed[-1][0] == indexed[-1][1] > 100
    assert await indexes(young) == before
    cases = await asked(young, "SELECT id, number, title, title_sealed, narrative, narrative_sealed, town FROM cases")
    assert len(cases) == len({case.number for case in cases}) == FIRST + CASES
    for case in cases:
        title = young.seal.open(case.title_sealed, context_of("cases", "title", case.id))
        assert "*" in case.title
        assert title != case.title
        assert case.town
    parties = await asked(young, "SELECT id, phone, phone_sealed, phone_hash FROM parties WHERE phone IS NOT NULL")
    for party in parties:
        phone = young.seal.open(party.phone_sealed, context_of("parties", "phone", party.id))
        assert (party.phone != phone, party.phone_hash) == (True, young.seal.hashed("phone", phone))
    (told_of,) = await asked(
        young,
        "SELECT count(DISTINCT case_id) AS cases, sum(CASE WHEN routing_after IS NULL THEN 1 ELSE 0 END) AS silent "
        "FROM events WHERE case_id IS NOT NULL",
    )
    assert tuple(told_of) == (FIRST + CASES, 0)

    if young.url.startswith("sqlite"):
        assert await asked(young, "PRAGMA foreign_key_check") == []
        assert (await asked(young, "PRAGMA integrity_check"))[0][0] == "ok"


async def test_what_goes_wrong_in_a_process_ends_the_start(held: Held, tmp_path: Path) -> None:
    order = Order(url=held.url, keys=tmp_path / "none.json", seeds=Seeds((), (), {}), cases=CASES)

    with pytest.raises(KeysMissing):
        await asyncio.wait_for(crowd(held.base, order, first=0, told=lambda *_: None, indexed=lambda *_: None), 120)


def test_what_goes_wrong_is_told_under_its_own_code_or_as_the_hub_s_fault() -> None:
    errors = ListTooLong(limit=5), KeyError("a secret")

    own, fault = (pickle.loads(pickle.dumps(Failed.by(error))) for error in errors)  # noqa: S301 - our own wrote it

    assert (own.error.code, str(own.error)) == (ListTooLong.code, str(ListTooLong(limit=5)))
    assert (type(fault.error), fault.error.code) == (HubError, "HUB-500")
    assert fault.places[0].startswith("KeyError")
    assert "secret" not in str(fault.places)
