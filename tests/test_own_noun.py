"""A noun is declared once, and a stored field is one line: graph, table, migration, filters, orders and docs follow.

The noun of this file is none of the hub's. It is declared here, used from end to end on both databases, and then given
one line more.
"""

import datetime as dt
import enum
import inspect
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from tests.conftest import Base
from tests.resolvers.test_property import Limits
from tests.store.town import CITY, DISTRICT, NOW, OTHER_TOWN, TOWN, Town, insert, org
from tests.test_terms import BOTH, described

from hub.access.unsealing import Openings
from hub.access.viewers import OPEN, PUBLIC, Scope, Viewer
from hub.errors import PurposeNeeded
from hub.resolvers.answer import Corridor
from hub.schema.cases import Case
from hub.schema.codes import Code
from hub.schema.declare import (
    Entity,
    Field,
    Link,
    code,
    column,
    computed,
    in_region,
    index,
    link,
    of_case,
    sealed,
)
from hub.schema.graph import graph, sdl
from hub.schema.model import Model, build
from hub.schema.regions import Region, RegionLevel
from hub.schema.scalars import Money
from hub.store import migrate
from hub.store.base import open_base, reader_of
from hub.store.ledger import Insert, Ledger, Update
from hub.store.seal import Seal
from hub.store.tables import tables
from hub.web.body import Question


class InspectionFinding(enum.Enum):
    """勘查结论 · Finding of an inspection"""

    CONFIRMED = "属实 · Confirmed"
    UNFOUNDED = "不属实 · Unfounded"


class Inspection(
    Entity,
    prefix="insp",
    doc="现场勘查 · Inspection on the spot",
    scope=(in_region(), of_case()),
    roots=("one", "list", "statistics"),
    key=("number",),
    table=(index("finding", "cost", "id"),),
):
    number: Field[str] = column("勘查编号 · Inspection number", unique=True)
    finding: Field[InspectionFinding] = column("结论 · Finding", index=True)
    cost: Field[Money | None] = column("费用 · Cost, yuan", index=True)
    reason: Field[Code] = code("事由 · Reason", list="dispute_type", index=True)
    case: Link[Case] = link("案件 · Case")
    place: Link[Region] = link("地点 · Where it was", levels=True)
    witness: Field[str] = column("证人 · Witness", mask="name", hashed="name")
    phone: Field[str | None] = sealed("证人电话 · Telephone of the witness", mask="phone", hashed="phone")
    report: Field[str] = column("报告 · Report", search=True)
    costly: Field[bool] = computed("费用较高 · Cost much", "coalesce({cost}, 0) > 100000")


LINE = '    seen_on: Field[dt.date | None] = column("勘查日期 · Seen on", index=True)\n'
"""The one line that the noun is given later."""


def with_one_line() -> type[Entity]:
    """The same declaration with one line more, as an author would write it."""
    lines = inspect.getsource(Inspection).splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if line.startswith("    costly:"))
    namespace = dict(globals())
    exec("".join([*lines[:place], LINE, *lines[place:]]), namespace)  # noqa: S102 - it is this file's own text
    declared: type[Entity] = namespace["Inspection"]
    return declared


def model_with(noun: type[Entity], model: Model) -> Model:
    """The hub's nouns and this one, resolved together."""
    own = [kind for kind in Entity.__subclasses__() if kind.__module__.startswith("hub.schema.")]
    found = build([*own, noun])
    assert set(found.nouns) == {*model.nouns, noun.__name__}
    return found


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """The hub's migrations in a folder that a draft may be added to."""
    return shutil.copytree(migrate.VERSIONS, tmp_path / "versions", ignore=shutil.ignore_patterns("__pycache__"))


DISTRICT_VIEWER = Viewer("district", "dispatch", Scope(district=(DISTRICT,)), permissions=frozenset({OPEN}))
MASKED = replace(DISTRICT_VIEWER, masks=frozenset({"name"}))
AGENCY = Viewer("agency", "agency", Scope(organisations=(org(1),)), permissions=frozenset({OPEN}), subject="desk")


@dataclass(frozen=True)
class Hub:
    """A base of one model with its writer and its corridor."""

    town: Town
    corridor: Corridor

    async def ask(self, text: str, viewer: Viewer = DISTRICT_VIEWER) -> Any:
        answer = await self.corridor.answer(Question(text, None, {}, {}, read_only=True), viewer)
        assert not answer.refused, answer.body
        return orjson.loads(answer.body)["data"]


@asynccontextmanager
async def opened(url: str, model: Model, seal: Seal) -> AsyncIterator[Hub]:
    """The hub over a base that is at the model's version already."""
    engine, metadata = await open_base(url), tables(model)
    ledger = Ledger(engine, metadata, model, seal)
    openings = Openings(engine, metadata, model, ledger=ledger, seal=seal, now=lambda: NOW)
    reader = reader_of(url, statement_seconds=20)
    corridor = Corridor(graph(model), model, reader, hashed=seal.hashed, limits=Limits(), openings=openings)
    try:
        yield Hub(Town(Base(url, engine, metadata), ledger, seal), corridor)
    finally:
        await reader.close()
        await engine.dispose()


def inspection(number: int, case: str, place: str, finding: InspectionFinding, cost: int | None, **values: Any) -> Insert:
    """An inspection with a witness of its own."""
    witness = {"witness": f"王{number}喜", "phone": f"1380000000{number}", "report": f"井水浑浊{number}"}
    standard = {"id": f"insp_{number:032x}", "number": f"K{number}", "reason": "04", "case": case, "place": f"region_{place}"}
    return insert(Inspection, {**values, "finding": finding, "cost": cost}, **standard, **witness)


async def settle(town: Town) -> list[str]:
    """Two cases in two districts, and three inspections: two of the first case, of which one lies in its district."""
    await town.write(
        town.region(CITY, RegionLevel.CITY, city=CITY),
        town.region(DISTRICT, RegionLevel.DISTRICT, city=CITY, district=DISTRICT),
        town.region(TOWN, RegionLevel.TOWN, city=CITY, district=DISTRICT, town=TOWN),
        town.region(OTHER_TOWN, RegionLevel.TOWN, city=CITY, district="370403", town=OTHER_TOWN),
        *(town.organisation(number) for number in (1, 2)),
        insert(Code, {}, list="dispute_type", code="04", zh="邻里", en="Neighbours", used_by_rule=False),
    )
    near, far = await town.write(town.case(), town.case(region=f"region_{OTHER_TOWN}", organisation=org(2)))
    found = await town.write(
        inspection(1, near.id, TOWN, InspectionFinding.CONFIRMED, 150_000),
        inspection(2, near.id, OTHER_TOWN, InspectionFinding.UNFOUNDED, None),
        inspection(3, far.id, OTHER_TOWN, InspectionFinding.CONFIRMED, 200),
    )
    return [each.id for each in found]


# --- what follows from the declaration --------------------------------------------------------------------------------
def test_the_graph_shows_it_like_any_other_noun(model: Model) -> None:
    text = sdl(graph(model_with(Inspection, model)))

    kind = block(text, "type Inspection implements Node")
    assert '@key(fields: "id")' in kind
    assert '@key(fields: "number")' in kind
    for line in (
        "  number: String!",
        "  finding: InspectionFinding!",
        "  cost: Money",
        "  reason: Code",
        "  case: Case",
        "  place: Region",
        "  witness: String!",
        "  phone: String",
        "  phoneOpened: String",
        "  costly: Boolean!",
    ):
        assert f"{line}\n" in kind
    assert fields(text, "input InspectionFilter") == [
        *("and", "or", "not", "search", "id", "number", "finding", "cost", "reason", "case", "place", "witness", "phone"),
        *("city", "district", "town", "zone"),
    ]
    assert fields(text, "enum InspectionOrderField") == ["ID", "NUMBER", "FINDING", "COST"]
    assert fields(text, "type InspectionStatistics")[:2] == ["count", "costSum"]
    roots = block(text, "type Query")
    assert all(f"  {root}(" in roots for root in ("inspection", "inspections", "inspectionStatistics"))


def test_its_docs_are_the_graphs_and_the_tables(model: Model) -> None:
    own = model_with(Inspection, model)

    told = {place: doc for place, doc in described(graph(own)._schema) if "Inspection" in place or "inspection" in place}
    assert len(told) > 60
    assert [place for place, doc in told.items() if not BOTH.fullmatch(doc or "")] == []
    assert told["Inspection.cost"] == "费用 · Cost, yuan"
    table = tables(own).tables["inspections"]
    assert table.comment == "现场勘查 · Inspection on the spot"
    assert all(BOTH.fullmatch(each.comment or "") for each in table.columns)


async def test_a_migration_is_drafted_for_it_that_makes_its_table(url: str, model: Model, versions: Path) -> None:
    own = model_with(Inspection, model)
    await migrate.upgrade(url, versions=versions)

    written = await migrate.draft(url, own, "inspections", versions=versions)

    assert written is not None
    text = written.read_text("utf-8")
    assert text.count("op.create_table(") == 1
    assert "'inspections'" in text
    assert "ix_inspections_finding_cost_id" in text
    await migrate.upgrade(url, versions=versions)
    assert await migrate.draft(url, own, "nothing", versions=versions) is None
    assert await columns_of(url, "inspections") == {each.name for each in tables(own).tables["inspections"].columns}


# --- used from end to end ---------------------------------------------------------------------------------------------
async def test_it_is_written_asked_and_opened_like_any_other(url: str, model: Model, seal: Seal) -> None:
    own = model_with(Inspection, model)
    await (await migrate.prepared(url, own))[0].dispose()
    async with opened(url, own, seal) as hub:
        first, second, third = await settle(hub.town)

        everything = "number finding cost costly witness phone reason { zh } case { number } place { name } version"
        assert await hub.ask(f'{{ inspection(number: "K1") {{ {everything} }} }}') == {
            "inspection": {
                "number": "K1",
                "finding": "CONFIRMED",
                "cost": "1500.00",
                "costly": True,
                "witness": "王1喜",
                "phone": "138****0001",
                "reason": {"zh": "邻里"},
                "case": {"number": "ZZF-000001"},
                "place": {"name": TOWN},
                "version": 1,
            }
        }
        await holds_scope_and_masks(hub, third)
        await filters_and_orders(hub)
        assert await hub.ask("{ inspectionStatistics(by: [FINDING]) { finding count costSum } }") == {
            "inspectionStatistics": [
                {"finding": "CONFIRMED", "count": 1, "costSum": "1500.00"},
                {"finding": "UNFOUNDED", "count": 1, "costSum": "0.00"},
            ]
        }
        text = '{ _entities(representations: [{__typename: "Inspection", number: "K2"}]) { ... on Inspection { id } } }'
        assert await hub.ask(text) == {"_entities": [{"id": second}]}
        await opens_what_is_sealed(hub, first)
        await hub.town.write(Update(Inspection, first, 1, {"finding": InspectionFinding.UNFOUNDED}))
        assert await hub.ask(f'{{ node(id: "{first}") {{ ... on Inspection {{ finding version }} }} }}') == {
            "node": {"finding": "UNFOUNDED", "version": 2}
        }


async def holds_scope_and_masks(hub: Hub, foreign: str) -> None:
    assert await hub.ask("{ inspections { totalCount nodes { number } } }") == {
        "inspections": {"totalCount": 2, "nodes": [{"number": "K1"}, {"number": "K2"}]}
    }
    assert await hub.ask(f'{{ inspection(id: "{foreign}") {{ number }} }}') == {"inspection": None}
    assert await hub.ask("{ inspections { totalCount } }", PUBLIC) == {"inspections": {"totalCount": 0}}
    assert await hub.ask('{ inspection(number: "K1") { witness } }', MASKED) == {"inspection": {"witness": "王*"}}


async def filters_and_orders(hub: Hub) -> None:
    for given, numbers in (
        ('{finding: {eq: CONFIRMED}, cost: {gte: "1500"}}', ["K1"]),
        ("{cost: {isNull: true}}", ["K2"]),
        ('{reason: {eq: "04"}, case: {number: {startsWith: "ZZF"}}}', ["K1", "K2"]),
        ('{witness: {eq: " 王2喜"}}', ["K2"]),
        ('{phone: {eq: "+86 138 0000 0001"}}', ["K1"]),
        ('{search: "浑浊2"}', ["K2"]),
        ('{district: {eq: "370403"}}', ["K2"]),
        ('{not: {place: {code: {eq: "370402001"}}}}', ["K2"]),
    ):
        found = await hub.ask(f"{{ inspections(filter: {given}) {{ nodes {{ number }} }} }}")
        assert found == {"inspections": {"nodes": [{"number": each} for each in numbers]}}, given
    order = "orderBy: [{field: COST, direction: DESC}]"
    page = await hub.ask(f"{{ inspections({order}, first: 1) {{ nodes {{ number }} pageInfo {{ endCursor }} }} }}")
    assert page["inspections"]["nodes"] == [{"number": "K2"}]
    cursor = page["inspections"]["pageInfo"]["endCursor"]
    rest = await hub.ask(f'{{ inspections({order}, after: "{cursor}") {{ nodes {{ number }} }} }}')
    assert rest == {"inspections": {"nodes": [{"number": "K1"}]}}


async def opens_what_is_sealed(hub: Hub, first: str) -> None:
    text = '{ inspection(number: "K1") { phone phoneOpened } }'
    with pytest.raises(PurposeNeeded):
        await hub.ask(text, AGENCY)
    assert await hub.town.rows("openings") == []

    found = await hub.ask(f"query @opening(purpose: CONTACT) {text}", AGENCY)

    assert found == {"inspection": {"phone": "138****0001", "phoneOpened": "13800000001"}}
    (record,) = await hub.town.rows("openings")
    assert (record["subject"], record["field"], record["principal"]) == (first, "phone", "desk")


# --- one line more ----------------------------------------------------------------------------------------------------
def test_one_line_more_shows_in_graph_filters_orders_and_dimensions(model: Model) -> None:
    before, after = (sdl(graph(model_with(noun, model))) for noun in (Inspection, with_one_line()))

    told = set(after.splitlines()) - set(before.splitlines())
    assert "  seenOn: Date" in told
    assert fields(after, "type Inspection implements Node") == [
        *(each for each in fields(before, "type Inspection implements Node") if each not in ("costly", *TAIL)),
        *("seenOn", "costly", *TAIL),
    ]
    for kind, name in (
        ("input InspectionFilter", "seenOn"),
        ("enum InspectionOrderField", "SEEN_ON"),
        ("enum InspectionDimension", "SEEN_ON_MONTH"),
        ("type InspectionStatistics", "seenOnMonth"),
    ):
        assert set(fields(after, kind)) - set(fields(before, kind)) == {name}
    assert "Seen on" in block(after, "type Inspection implements Node")


async def test_one_line_more_is_drafted_stored_filtered_ordered_and_shown(
    url: str, model: Model, seal: Seal, versions: Path
) -> None:
    before, noun = model_with(Inspection, model), with_one_line()
    after = model_with(noun, model)
    await migrate.upgrade(url, versions=versions)
    await migrate.draft(url, before, "inspections", versions=versions)
    await migrate.upgrade(url, versions=versions)
    async with opened(url, before, seal) as hub:
        near = (await settle(hub.town))[0]

    written = await migrate.draft(url, after, "seen on", versions=versions)

    assert written is not None
    added = [line.strip() for line in written.read_text("utf-8").splitlines() if "seen_on" in line]
    assert any("sa.Column('seen_on', sa.Date(), nullable=True, comment='勘查日期 · Seen on')" in line for line in added)
    assert any("ix_inspections_seen_on_id" in line for line in added)
    await migrate.upgrade(url, versions=versions)
    assert await migrate.draft(url, after, "nothing", versions=versions) is None
    async with opened(url, after, seal) as hub:
        await hub.town.write(Update(noun, near, 1, {"seen_on": dt.date(2025, 3, 9)}))
        order = "orderBy: [{field: SEEN_ON}]"
        assert await hub.ask(f"{{ inspections({order}) {{ nodes {{ number seenOn }} }} }}") == {
            "inspections": {"nodes": [{"number": "K1", "seenOn": "2025-03-09"}, {"number": "K2", "seenOn": None}]}
        }
        assert await hub.ask('{ inspections(filter: {seenOn: {lt: "2025-04-01"}}) { totalCount } }') == {
            "inspections": {"totalCount": 1}
        }
        assert await hub.ask("{ inspectionStatistics(by: [SEEN_ON_MONTH]) { seenOnMonth count } }") == {
            "inspectionStatistics": [{"seenOnMonth": "2025-03", "count": 1}, {"seenOnMonth": None, "count": 1}]
        }


TAIL = ["version", "createdAt", "updatedAt"]
"""The fields that every noun ends with."""


def block(text: str, heading: str) -> str:
    """A definition of the SDL, from its heading to its closing brace."""
    return text[text.index(f"\n{heading}") :].partition("\n}")[0] + "\n"


def fields(text: str, heading: str) -> list[str]:
    """The names that a definition holds, in order."""
    return re.findall(r"^  (\w+)(?:[(:]|$)", block(text, heading), re.MULTILINE)


async def columns_of(url: str, table: str) -> set[str]:
    engine = await open_base(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: sa.inspect(sync).get_columns(table))
    await engine.dispose()
    return {each["name"] for each in found}
