"""Sealed values are opened for a purpose by who handles the case, for a reason by others, and never unrecorded."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest
import pytest_asyncio
import sqlalchemy as sa
from tests.conftest import Base
from tests.resolvers.test_property import Limits
from tests.store.town import CITY, DAY, DISTRICT, NOW, OTHER_TOWN, TOWN, Town, insert, org

from hub.access.unsealing import LONGEST_REASON, Openings
from hub.access.viewers import OPEN, PUBLIC, Scope, Viewer
from hub.errors import BadText, Forbidden, HubError, OpeningNotRecorded, PurposeNeeded
from hub.resolvers.answer import Corridor
from hub.schema.graph import HubSchema, graph
from hub.schema.mediators import Employment, Mediator, MediatorState
from hub.schema.model import Model
from hub.schema.regions import RegionLevel
from hub.store.base import reader_of
from hub.store.ledger import Insert, Ledger
from hub.store.seal import Seal
from hub.web.body import Question

AGENCY = Viewer("agency", "agency", Scope(organisations=(org(1),)), permissions=frozenset({OPEN}), subject="desk 4")
DISTRICT_VIEWER = replace(AGENCY, name="district", role="dispatch", scope=Scope(district=(DISTRICT,)), subject="desk 9")
FOR_CONTACT = "query @opening(purpose: CONTACT)"
FOR_A_REASON = 'query @opening(purpose: SUPERVISION, reason: "督办核查第3号")'
PHONES = "{ parties(first: 100) { nodes { id phone phoneOpened } } }"


@dataclass
class Desk:
    """Two cases with a party each: the agency handles the first, another organisation the second."""

    town: Town
    corridor: Corridor
    statements: list[str] = field(default_factory=list)
    parties: list[str] = field(default_factory=list)

    async def ask(self, text: str, viewer: Viewer) -> Any:
        answer = await self.corridor.answer(Question(text, None, {}, {}, read_only=True), viewer)
        return orjson.loads(answer.body)

    async def records(self) -> list[dict[str, Any]]:
        return await self.town.rows("openings")


@pytest.fixture(scope="module")
def schema(model: Model) -> HubSchema:
    return graph(model)


@pytest_asyncio.fixture
async def desk(base: Base, model: Model, schema: HubSchema, seal: Seal) -> AsyncIterator[Desk]:
    ledger = Ledger(base.engine, base.metadata, model, seal)
    town = Town(base, ledger, seal)
    await town.write(
        town.region(CITY, RegionLevel.CITY, city=CITY),
        town.region(DISTRICT, RegionLevel.DISTRICT, city=CITY, district=DISTRICT),
        town.region(TOWN, RegionLevel.TOWN, city=CITY, district=DISTRICT, town=TOWN),
        town.region(OTHER_TOWN, RegionLevel.TOWN, city=CITY, district="370403", town=OTHER_TOWN),
        *(town.organisation(number) for number in (1, 2)),
    )
    cases = await town.write(town.case(), town.case(organisation=org(2)))
    parties = await town.write(
        *(town.party(case.id, f"王{n}喜", phone=f"1380000000{n}", identity=None) for n, case in enumerate(cases))
    )
    reader = reader_of(base.url, statement_seconds=20)
    openings = Openings(base.engine, base.metadata, model, ledger=ledger, seal=seal, now=lambda: NOW)
    corridor = Corridor(schema, model, reader, hashed=seal.hashed, limits=Limits(), openings=openings)
    desk = Desk(town, corridor, parties=[each.id for each in parties])
    sa.event.listen(base.engine.sync_engine, "before_cursor_execute", lambda *given: desk.statements.append(given[2]))
    yield desk
    await reader.close()


# --- for a purpose, or for a reason -----------------------------------------------------------------------------------
async def test_who_handles_the_case_opens_for_a_purpose(desk: Desk) -> None:
    found = await desk.ask(f"{FOR_CONTACT} {PHONES}", AGENCY)

    assert found == {
        "data": {"parties": {"nodes": [{"id": desk.parties[0], "phone": "138****0000", "phoneOpened": "13800000000"}]}}
    }
    (record,) = await desk.records()
    wanted = ("subject", "field", "viewer", "principal", "purpose", "reason", "opened_at")
    assert [record[name] for name in wanted] == [
        *(desk.parties[0], "phone", "agency", "desk 4", "CONTACT", None, "2025-06-01T04:30:00.000000Z"),
    ]


async def test_who_does_not_handle_the_case_needs_a_reason(desk: Desk) -> None:
    found = await desk.ask(f"{FOR_CONTACT} {PHONES}", DISTRICT_VIEWER)

    assert [node["phoneOpened"] for node in found["data"]["parties"]["nodes"]] == [None, None]
    assert [error["extensions"]["hub"] for error in found["errors"]] == ["HUB-404", "HUB-404"]
    assert [error["path"] for error in found["errors"]] == [["parties", "nodes", n, "phoneOpened"] for n in (0, 1)]
    assert await desk.records() == []

    found = await desk.ask(f"{FOR_A_REASON} {PHONES}", DISTRICT_VIEWER)

    opened = {node["id"]: node["phoneOpened"] for node in found["data"]["parties"]["nodes"]}
    assert opened == {desk.parties[0]: "13800000000", desk.parties[1]: "13800000001"}
    assert {record["reason"] for record in await desk.records()} == {"督办核查第3号"}
    assert {record["principal"] for record in await desk.records()} == {"desk 9"}


async def test_of_several_rows_those_that_one_handles_are_opened(desk: Desk) -> None:
    both = replace(AGENCY, scope=Scope(district=(DISTRICT,), organisations=(org(1),)))

    found = await desk.ask(f"{FOR_CONTACT} {PHONES}", both)

    opened = {node["id"]: node["phoneOpened"] for node in found["data"]["parties"]["nodes"]}
    assert opened == {desk.parties[0]: "13800000000", desk.parties[1]: None}
    assert len(found["errors"]) == 1
    assert [record["subject"] for record in await desk.records()] == [desk.parties[0]]


async def test_without_a_purpose_nothing_runs(desk: Desk) -> None:
    with pytest.raises(PurposeNeeded):
        await desk.ask(PHONES, AGENCY)
    assert await desk.records() == []


async def test_who_may_open_nothing_is_refused_whatever_is_said(desk: Desk) -> None:
    for viewer in (PUBLIC, replace(AGENCY, permissions=frozenset())):
        for heading in ("", FOR_CONTACT, FOR_A_REASON):
            with pytest.raises(Forbidden):
                await desk.ask(f"{heading} {PHONES}", viewer)
    assert await desk.records() == []


async def test_a_reason_that_says_nothing_or_too_much_is_refused(desk: Desk) -> None:
    for reason in ("", "   ", "x" * (LONGEST_REASON + 1)):
        with pytest.raises(BadText):
            await desk.ask(f'query @opening(purpose: CONTACT, reason: "{reason}") {PHONES}', DISTRICT_VIEWER)
    assert await desk.records() == []


async def test_a_purpose_that_is_none_makes_no_document(desk: Desk) -> None:
    for heading in ("query @opening", "query @opening(purpose: NOTHING)", 'query @opening(reason: "a")'):
        found = await desk.ask(f"{heading} {PHONES}", AGENCY)
        assert {error["extensions"]["hub"] for error in found["errors"]} == {"HUB-107"}


async def test_a_purpose_alone_opens_nothing_and_records_nothing(desk: Desk) -> None:
    found = await desk.ask(f"{FOR_CONTACT} {{ parties {{ nodes {{ phone }} }} }}", AGENCY)

    assert found == {"data": {"parties": {"nodes": [{"phone": "138****0000"}]}}}
    assert await desk.records() == []


async def test_sealed_values_of_a_public_register_are_opened_near_home_only(desk: Desk) -> None:
    near, far = await desk.town.write(mediator(1, TOWN), mediator(2, OTHER_TOWN))

    found = await desk.ask(f"{FOR_A_REASON} {{ mediators {{ nodes {{ id phoneOpened }} }} }}", DISTRICT_VIEWER)

    opened = {node["id"]: node["phoneOpened"] for node in found["data"]["mediators"]["nodes"]}
    assert opened == {near.id: "13900000001", far.id: None}
    assert [error["extensions"]["hub"] for error in found["errors"]] == ["HUB-403"]
    assert [record["subject"] for record in await desk.records()] == [near.id]


# --- recorded first, once ---------------------------------------------------------------------------------------------
async def test_what_cannot_be_recorded_is_not_opened(desk: Desk) -> None:
    async with desk.town.base.engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE openings RENAME TO elsewhere"))

    with pytest.raises(OpeningNotRecorded) as caught:
        await desk.ask(f"{FOR_CONTACT} {PHONES}", AGENCY)

    assert caught.value.code == "HUB-406"
    assert "1380" not in repr(caught.value.entry())


async def test_what_the_ledger_refuses_is_not_opened(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: Any, **__: Any) -> Any:
        raise HubError

    monkeypatch.setattr(Ledger, "write", refused)

    with pytest.raises(OpeningNotRecorded):
        await desk.ask(f"{FOR_CONTACT} {PHONES}", AGENCY)


async def test_a_value_that_is_shown_often_is_opened_once(desk: Desk) -> None:
    text = """{ a: parties { nodes { x: phoneOpened y: phoneOpened case { parties { nodes { phoneOpened } } } } }
      b: parties { nodes { phoneOpened } } }"""

    found = await desk.ask(f"{FOR_CONTACT} {text}", AGENCY)

    assert orjson.dumps(found).count(b"13800000000") == 4
    (record,) = await desk.records()
    assert (record["subject"], record["field"]) == (desk.parties[0], "phone")


async def test_each_operation_records_its_openings(desk: Desk) -> None:
    for _ in range(3):
        await desk.ask(f"{FOR_CONTACT} {PHONES}", AGENCY)

    assert len(await desk.records()) == 3


async def test_what_is_empty_is_null_and_no_opening(desk: Desk) -> None:
    found = await desk.ask(f"{FOR_CONTACT} {{ parties {{ nodes {{ identityOpened addressOpened }} }} }}", AGENCY)

    assert found == {"data": {"parties": {"nodes": [{"identityOpened": None, "addressOpened": None}]}}}
    assert await desk.records() == []


async def test_a_broken_seal_is_an_error_of_its_own_leaf(desk: Desk) -> None:
    async with desk.town.base.engine.begin() as connection:
        other = {"id": desk.parties[0], "text": (await desk.town.row("parties", desk.parties[1]))["phone_sealed"]}
        await connection.execute(sa.text("UPDATE parties SET phone_sealed = :text WHERE id = :id"), other)

    found = await desk.ask(f"{FOR_A_REASON} {PHONES}", DISTRICT_VIEWER)

    opened = {node["id"]: node["phoneOpened"] for node in found["data"]["parties"]["nodes"]}
    assert opened == {desk.parties[0]: None, desk.parties[1]: "13800000001"}
    assert [error["extensions"]["hub"] for error in found["errors"]] == ["HUB-508"]


async def test_who_follows_the_case_sees_who_opened_what(desk: Desk) -> None:
    await desk.ask(f"{FOR_CONTACT} {PHONES}", AGENCY)

    found = await desk.ask("{ openings { nodes { subject field viewer purpose case { number } } } }", DISTRICT_VIEWER)

    case = {"number": "ZZF-000001"}
    record = {"subject": desk.parties[0], "field": "phone", "viewer": "agency", "purpose": "CONTACT", "case": case}
    assert found == {"data": {"openings": {"nodes": [record]}}}
    assert (await desk.ask("{ openings { totalCount } }", PUBLIC)) == {"data": {"openings": {"totalCount": 0}}}


# --- in batches -------------------------------------------------------------------------------------------------------
async def test_a_hundred_holes_are_a_handful_of_statements(desk: Desk) -> None:
    case = (await desk.town.row("parties", desk.parties[0]))["case_id"]
    await desk.town.write(*(desk.town.party(case, f"李{n}", phone=f"137{n:08d}") for n in range(99)))
    desk.statements.clear()

    found = await desk.ask(f"{FOR_CONTACT} {PHONES}", AGENCY)

    nodes = found["data"]["parties"]["nodes"]
    assert len({node["phoneOpened"] for node in nodes}) == 100
    assert len(await desk.records()) == 100
    assert len([each for each in desk.statements if not each.startswith(("BEGIN", "SELECT openings"))]) <= 8


def mediator(number: int, region: str) -> Insert:
    standard = {"state": MediatorState.ACTIVE, "employment": Employment.FULL_TIME, "background": "LAWYER", "term_from": DAY}
    place = {"organisation": org(2), "region": f"region_{region}"}
    return insert(Mediator, {}, name=f"赵{number}", phone=f"1390000000{number}", **standard, **place)
