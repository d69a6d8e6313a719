"""Rows that are drafted and loaded are what a deed would have written, and a base that was loaded lacks nothing."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.store.town import NOW, Town

from hub.errors import Refused
from hub.schema.cases import Case
from hub.schema.events import Event, EventType
from hub.store.changes import Change, Insert, Update
from hub.store.load import Loading, Spelling, loading
from hub.store.seal import context_of


def quiet(*changes: Insert) -> list[Change]:
    """The rows without events."""
    return [replace(change, event=None) for change in changes]


def silent(_: int, __: int) -> None:
    return


async def drafted(town: Town, *changes: Change) -> dict[str, list[dict[str, Any]]]:
    async with town.base.engine.connect() as connection:
        return await connection.run_sync(lambda each: town.ledger.drafted(each, changes, now=NOW))


async def load(town: Town, into: Loading, *changes: Change) -> int:
    spelling = Spelling(town.base.metadata, town.base.engine.dialect)
    rows = await drafted(town, *changes)
    return await into.write({table: spelling.of(table, of_table) for table, of_table in rows.items()})


def family(town: Town, number: int) -> list[Insert]:
    id_ = f"case_{number:032x}"
    return [town.case(id=id_, title="张三与李四相邻纠纷"), town.party(id_, name="张三", phone="13800138000")]


def opened(town: Town, table: str, row: dict[str, Any], varying: set[str]) -> dict[str, Any]:
    """The row without what names it, its sealed values in plain text."""
    found = {name: value for name, value in row.items() if name not in {"id", *varying}}
    for name in [name for name in found if name.endswith("_sealed") and found[name]]:
        found[name] = town.seal.open(found[name], context_of(table, name.removesuffix("_sealed"), row["id"]))
    return found


async def schema(town: Town) -> set[str]:
    def names(connection: sa.Connection) -> set[str]:
        inspector = sa.inspect(connection)
        tables = inspector.get_table_names()
        return {*tables, *(str(index["name"]) for table in tables for index in inspector.get_indexes(table))}

    async with town.base.engine.connect() as connection:
        return await connection.run_sync(names)


async def test_a_loaded_row_is_the_one_that_a_deed_would_have_written(town: Town) -> None:
    before = await schema(town)
    await town.write(*family(town, 1))

    async with loading(town.base.url, town.base.metadata, silent) as into:
        count = await load(town, into, *quiet(*family(town, 2)))

    assert count == 2
    assert await schema(town) == before
    for table, varying in (("cases", {"number"}), ("parties", {"case_id"})):
        written, loaded = await town.rows(table)
        assert opened(town, table, written, varying) == opened(town, table, loaded, varying)
        assert written.keys() == loaded.keys()
    assert len(await town.search("cases", "相邻")) == 2


@pytest.mark.parametrize("epoch", [1, 7])
async def test_a_loaded_event_is_of_the_epoch_that_the_base_is_in(town: Town, epoch: int) -> None:
    async with town.base.engine.begin() as connection:
        marks = {"id": f"epoch_{epoch:032x}", "version": 1, "created_at": "2025", "updated_at": "2025"}
        await connection.execute(town.base.metadata.tables["epochs"].insert().values(number=epoch, place="here", **marks))
    await town.write(town.case())
    case = town.case(id=f"case_{2:032x}")
    told = {"type": EventType.CASE_REGISTERED, "case": case.values["id"], "subject": case.values["id"]}
    said = {"actor": "intake", "occurred_at": NOW, "facts": [], "routing_after": "{}"}

    async with loading(town.base.url, town.base.metadata, silent) as into:
        await load(town, into, *quiet(case), Insert(Event, {**told, **said}, event=None))

    written, loaded = await town.rows("events")
    assert written["epoch"] == loaded["epoch"] == epoch
    assert written["seq"] < loaded["seq"]
    assert {name for name, value in loaded.items() if value is None} <= {"organisation_id", "routing_before", "touched"}


async def test_a_number_that_is_given_away_is_refused_with_its_whole_lot(town: Town) -> None:
    number = {"number": "ZZF-370402001-2025-000001"}
    await town.write(*quiet(town.case(**number)))

    with pytest.raises(Refused):
        async with loading(town.base.url, town.base.metadata, silent) as into:
            await load(town, into, *quiet(town.case(), town.case(**number)))

    assert len(await town.rows("cases")) == 1


async def test_a_link_that_leads_nowhere_is_refused(town: Town) -> None:
    with pytest.raises(Refused):
        async with loading(town.base.url, town.base.metadata, silent) as into:
            await load(town, into, *quiet(town.case(organisation=f"org_{99:032x}")))


@pytest.mark.parametrize("kind", ["told", "stored", "strange"])
async def test_only_new_cases_that_tell_of_themselves_are_drafted(town: Town, kind: str) -> None:
    (written,) = await town.write(town.case())
    changes: dict[str, Change] = {
        "told": town.case(),
        "stored": Update(Case, written.id, written.version, {"title": "别的"}, event=None),
        "strange": quiet(town.party(written.id, "张三"))[0],
    }

    with pytest.raises(TypeError):
        await drafted(town, changes[kind])
