"""Multiplied cases look as if they had been written one by one."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from benchmarks.asked import DISTRICT, Asking, askings
from benchmarks.farm import postgres
from benchmarks.serving import tokens_of
from sqlalchemy.ext.asyncio import AsyncConnection

from benchmarks import copying, data, direct
from hub.parts import hub_model
from hub.store.base import open_base
from hub.store.tables import tables

COPIES = 12
CASES = 40


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """The address of a base of 40 cases and 12 copies of each."""
    monkeypatch.setattr(data, "GROWN", CASES)
    keys = data.keys_in(tmp_path / "keys.json")
    if request.param == "sqlite":
        file = f"sqlite:///{tmp_path}/hub.db"
        await data.fill(file, CASES * (COPIES + 1), keys=keys)
        yield file
        return
    # Not below pytest's own folder: another run of it closes that folder to the server's user.
    with tempfile.TemporaryDirectory(prefix="hubpg") as folder, postgres(Path(folder) / "server") as server:
        address = await server.database("hub", anew=True)
        await data.fill(address, CASES * (COPIES + 1), keys=keys)
        yield address


async def test_copies_look_as_if_written_one_by_one_and_the_ceiling_says_what_the_hub_says(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await open_base(url)
    async with engine.connect() as connection:
        await copies_keep_shares_and_links(connection)
        await no_index_is_lost(connection)
        await every_copy_can_be_found(connection)
        numbers = await connection.execute(sa.text(f"SELECT number FROM cases WHERE district = '{DISTRICT}'"))
        asked = askings(numbers.scalars().all())
    await engine.dispose()
    await the_ceiling_says_what_the_hub_says(url, tmp_path, asked, monkeypatch)


async def the_ceiling_says_what_the_hub_says(
    url: str, tmp_path: Path, asked: dict[str, Asking], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, tokens = await tokens_of(url, tmp_path / "keys.json")
    await engine.dispose()
    viewer = tokens.identify(f"Bearer {tokens.issue('district', subject='test')}")
    monkeypatch.setattr(direct, "ROUNDS", 1)

    compared = await direct.compare(url, viewer, asked)

    assert set(compared) == set(asked)


async def copies_keep_shares_and_links(multiplied: AsyncConnection) -> None:
    async def one(statement: str) -> object:
        return await multiplied.scalar(sa.text(statement))

    assert await one("SELECT count(*) FROM cases") == CASES * (COPIES + 1)
    assert await one("SELECT count(DISTINCT number) FROM cases") == CASES * (COPIES + 1)
    assert await one("SELECT count(DISTINCT substr(registered_at, 1, 4)) FROM cases") == copying.YEARS
    assert await one("SELECT count(*) FROM parties p LEFT JOIN cases c ON c.id = p.case_id WHERE c.id IS NULL") == 0
    members = "referral_members m LEFT JOIN referrals r ON r.id = m.referral_id"
    assert await one(f"SELECT count(*) FROM {members} WHERE r.id IS NULL") == 0
    missing = "events e LEFT JOIN cases c ON c.id = e.subject_id WHERE e.subject_id LIKE 'case%' AND c.id IS NULL"
    assert await one(f"SELECT count(*) FROM {missing}") == 0
    assert await one("SELECT count(*) FROM cases WHERE substr(registered_at, 1, 4) <> substr(number, 15, 4)") == 0
    states = (await multiplied.execute(sa.text("SELECT count(*) FROM cases GROUP BY state"))).scalars().all()
    assert all(count % (COPIES + 1) == 0 for count in states)


async def no_index_is_lost(multiplied: AsyncConnection) -> None:
    def names(connection: sa.Connection) -> set[str | None]:
        inspector = sa.inspect(connection)
        return {index["name"] for table in copying.TABLES for index in inspector.get_indexes(table)}

    expected = {index.name for name in copying.TABLES for index in tables(hub_model()).tables[name].indexes}
    assert expected <= await multiplied.run_sync(names)


async def every_copy_can_be_found(multiplied: AsyncConnection) -> None:
    word = await multiplied.scalar(sa.text("SELECT search_tokens FROM cases ORDER BY id LIMIT 1"))
    token = str(word).split()[0]
    if multiplied.dialect.name == "sqlite":
        found = sa.text("SELECT count(*) FROM cases_search WHERE cases_search MATCH :token")
    else:
        found = sa.text(
            "SELECT count(*) FROM cases WHERE to_tsvector('simple', search_tokens) @@ plainto_tsquery('simple', :token)"
        )

    count = await multiplied.scalar(found, {"token": token})

    assert count is not None
    assert count >= COPIES + 1
    assert count % (COPIES + 1) == 0
