"""The chain over evidence and openings: what was changed, removed or put in afterwards is found."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import Base
from tests.store.town import NOW, Town, org

from hub.errors import BrokenChain
from hub.schema.consumers import Delivery, Way
from hub.schema.model import Model
from hub.schema.openings import Opening, OpeningPurpose
from hub.schema.scalars import show_instant
from hub.store.base import engine_of
from hub.store.chain import Chain
from hub.store.changes import Insert
from hub.store.seal import Keys

AT = show_instant(NOW)


@pytest.fixture
def chain(base: Base, model: Model, keys: Keys) -> Chain:
    return Chain(base.engine, base.metadata, model, key=keys.hashing)


def opening(number: int) -> Insert:
    values = {"subject": f"party_{number}", "field": "identity", "viewer": "admin", "principal": "p"}
    return Insert(Opening, {**values, "purpose": OpeningPurpose.HANDLING, "opened_at": NOW})


def delivery(number: int) -> Insert:
    place = {"first": f"1.0.{number}", "last": f"1.0.{number}", "first_event": "evt_1", "last_event": "evt_1"}
    times = {"began_at": NOW, "given_at": NOW}
    values = {"owner": org(1), "viewer": "agency", "readers": 1, "way": Way.SSE, "events": 1, "digest": "0"}
    return Insert(Delivery, {**values, **place, **times}, event=None)


async def sealed(town: Town, chain: Chain, rows: int = 6) -> list[str]:
    """Some rows of both kinds, sealed; their ids in the order of the chain."""
    for number in range(rows // 2):
        await town.write(opening(number), delivery(number))
    assert await chain.seal(at=AT) == rows
    found = [row for table in ("openings", "deliveries") for row in await town.rows(table)]
    return [row["id"] for row in sorted(found, key=lambda row: row["chain_number"])]


async def test_an_empty_chain_holds(chain: Chain, town: Town) -> None:
    assert await chain.seal(at=AT) == 0
    assert (await chain.verify()).number == 0


async def test_rows_are_sealed_once_and_later_ones_go_on_from_them(chain: Chain, town: Town) -> None:
    ids = await sealed(town, chain)
    assert len(ids) == 6
    first = await chain.verify()
    assert (first.number, await chain.waiting(), await chain.seal(at=AT)) == (6, 0, 0)

    await town.write(opening(9))
    assert await chain.waiting() == 1
    assert await chain.seal(at=AT, most=1) == 1

    second = await chain.verify(page=2)
    assert (second.number, await chain.waiting()) == (7, 0)
    assert second.link != first.link


async def test_two_sealers_make_one_chain(chain: Chain, town: Town) -> None:
    for number in range(20):
        await town.write(opening(number))

    async def seal() -> None:
        while await chain.waiting():
            await chain.seal(at=AT, most=3)

    await asyncio.gather(*(seal() for _ in range(4)))

    assert (await chain.verify()).number == 20


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("UPDATE openings SET viewer = 'nobody' WHERE chain_number = 3", 3),
        ("UPDATE openings SET chain_link = 'x' WHERE chain_number = 4", 4),
        ("DELETE FROM openings WHERE chain_number = 3", 3),
        ("DELETE FROM openings WHERE chain_number = 6", 6),
        ("UPDATE openings SET reason = '' WHERE chain_number = 1", 1),
        ("UPDATE chains SET number = 5", 5),
        ("DELETE FROM chains", 1),
    ],
)
async def test_what_was_tampered_with_is_named(chain: Chain, town: Town, change: str, number: int) -> None:
    for each in range(6):
        await town.write(opening(each))
    await chain.seal(at=AT)
    async with town.base.engine.begin() as connection:
        done: Any = await connection.execute(sa.text(change))
        assert done.rowcount == 1

    with pytest.raises(BrokenChain) as broken:
        await chain.verify()

    assert broken.value.facts["number"] == number


async def test_two_rows_that_changed_places_are_found(chain: Chain, town: Town) -> None:
    for number in range(3):
        await town.write(opening(number))
    await chain.seal(at=AT)
    async with town.base.engine.begin() as connection:
        for statement in (
            "UPDATE openings SET chain_number = 99 WHERE chain_number = 1",
            "UPDATE openings SET chain_number = 1 WHERE chain_number = 2",
            "UPDATE openings SET chain_number = 2 WHERE chain_number = 99",
        ):
            await connection.execute(sa.text(statement))

    with pytest.raises(BrokenChain):
        await chain.verify()


async def test_a_chain_that_begins_while_it_is_looked_at_holds(
    chain: Chain, town: Town, model: Model, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen: `hub verify` beside a hub that sealed its first link between the look at the head and that at the rows."""
    await town.write(opening(1))
    newest = chain._newest

    def sealed_meanwhile(connection: sa.Connection) -> Any:
        found = newest(connection)
        monkeypatch.setattr(chain, "_newest", newest)
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(asyncio.run, sealing()).result()
        return found

    async def sealing() -> None:
        engine = engine_of(town.base.url)
        assert await Chain(engine, town.base.metadata, model, key=keys.hashing).seal(at=AT) == 1
        await engine.dispose()

    monkeypatch.setattr(chain, "_newest", sealed_meanwhile)

    assert (await chain.verify()).number == 0
    assert (await chain.verify()).number == 1


async def test_who_has_not_the_keys_cannot_make_a_chain(chain: Chain, town: Town, base: Base, model: Model) -> None:
    await sealed(town, Chain(base.engine, base.metadata, model, key=b"guessed" * 5))

    with pytest.raises(BrokenChain):
        await chain.verify()
