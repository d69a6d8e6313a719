"""Indicators: the whole is the sum of its parts, and drilling down is as long as the figure (DOMAIN 4.10, R67)."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
import sqlalchemy as sa
from tests.conftest import Base, _run
from tests.oracle.municipality import generate
from tests.oracle.oracle import Oracle
from tests.resolvers.town import Town, filled

from hub.access.viewers import SMALL_CELLS
from hub.errors import BadConfiguration, PlanError
from hub.procedures.seeds import read_seeds
from hub.resolvers.answer import Corridor
from hub.resolvers.indicators import Indicators, check_filters
from hub.rules.figures import Part, hidden
from hub.rules.indicators import Indicator, period
from hub.schema.graph import HubSchema, graph
from hub.schema.model import Model
from hub.settings import Limits
from hub.store.base import engine_of, reader_of
from hub.store.seal import Seal
from hub.web.body import Question

SEEDS = read_seeds(Path(__file__).parents[2] / "config").indicators
FIGURES = """query ($period: String!, $region: String, $by: CaseDimension, $keys: [String!]) {
  indicators(period: $period, region: $region, by: $by, keys: $keys) {
    key version counts total { ...Told } parts { group ...Told } } }
fragment Told on Figure { count of amount days value hidden filter ofFilter }"""
DRILLED = ["concluded", "overdue_rate", "receipt_timeliness", "return_rate", "mediation_days_nine_tenths"]
PERIODS = ("2025-Q1", "2025-Q2", "2025-03", "2025-12")


@pytest.fixture(scope="module")
def whole(model: Model) -> HubSchema:
    return graph(model, figures=True)


@pytest.fixture(scope="module")
def town(town_url: str, model: Model, schema: HubSchema, oracle: Oracle, seal: Seal) -> Town:
    """60 cases whose codes all have their rows, as the ledger's callers hold them."""
    data = generate(11, cases=60, dangling=False)
    made: list[Base] = []

    async def fill() -> None:
        made.append(await filled(town_url, model, seal, data))
        await made[0].engine.dispose()

    _run(fill())
    return Town(made[0], data, oracle, model, schema, seal)


class Asking:
    """The corridor with the dictionary of config/, asked by anybody."""

    def __init__(self, corridor: Corridor, town: Town) -> None:
        self.corridor, self.town = corridor, town

    async def document(self, text: str, viewer: Any, **variables: Any) -> dict[str, Any]:
        answer = await self.corridor.answer(Question(text, None, variables, {}, read_only=True), viewer)
        found: dict[str, Any] = orjson.loads(answer.body)
        return found

    async def figures(self, viewer: Any, **variables: Any) -> list[dict[str, Any]]:
        document = await self.document(FIGURES, viewer, **variables)
        assert "errors" not in document, document
        found: list[dict[str, Any]] = document["data"]["indicators"]
        return found

    async def listed(self, text: str | None, viewer: Any, counts: str = "CASES") -> int:
        """How long the list of cases or referrals is that a figure's filter gives."""
        assert text is not None
        noun, root = {"CASES": ("Case", "cases"), "REFERRALS": ("Referral", "referrals")}[counts]
        question = f"query ($f: {noun}Filter) {{ {root}(filter: $f) {{ totalCount }} }}"
        document = await self.document(question, viewer, f=json.loads(text))
        assert "errors" not in document, (text, document)
        count: int = document["data"][root]["totalCount"]
        return count

    async def days(self, text: str, viewer: Any, counts: str) -> list[int]:
        """The days of each row that a figure's filter lists."""
        noun, root, name = {
            "CASES": ("Case", "cases", "handledDays"),
            "REFERRALS": ("Referral", "referrals", "mediationDays"),
        }[counts]
        question = f"query ($f: {noun}Filter) {{ {root}(filter: $f, first: 100) {{ nodes {{ {name} }} }} }}"
        document = await self.document(question, viewer, f=json.loads(text))
        return [node[name] for node in document["data"][root]["nodes"]]

    async def sees(self, viewer: Any, case: str) -> bool:
        document = await self.document("query ($id: ID!) { case(id: $id) { id } }", viewer, id=case)
        return document["data"]["case"] is not None


@pytest_asyncio.fixture
async def asking(town: Town, whole: HubSchema, model: Model) -> AsyncIterator[Asking]:
    def openings(*_: Any) -> Any:
        raise AssertionError

    reader = reader_of(town.base.url, statement_seconds=60)
    limits = Limits(deadline_seconds=60)
    indicators = Indicators(SEEDS, model)
    yield Asking(
        Corridor(
            whole,
            model,
            reader,
            hashed=town.seal.hashed,
            limits=limits,
            openings=openings,
            indicators=indicators,
        ),
        town,
    )
    await reader.close()


@pytest.mark.parametrize("span", ["2025", "1999", *(pytest.param(each, marks=pytest.mark.long) for each in PERIODS)])
async def test_the_whole_is_the_sum_of_its_parts_for_every_dimension(asking: Asking, model: Model, span: str) -> None:
    """`Totals equal the sum of parts` (DOMAIN 0, 8), for everybody who sees any case."""
    for name in ("admin", "district", "court") if span == "2025" else ("admin",):
        viewer = asking.town.viewer(name)
        plain = {one["key"]: one["total"] for one in await asking.figures(viewer, period=span)}
        for by in model["Case"].dimensions:
            for one in await asking.figures(viewer, period=span, by=by):
                assert one["total"] == plain[one["key"]], (name, by)
                for part in ("count", "of", "days"):
                    assert (one["total"][part] or 0) == sum(found[part] or 0 for found in one["parts"])


async def test_drilling_down_is_as_long_as_the_figure(asking: Asking, model: Model) -> None:
    viewer = asking.town.viewer("admin")
    counted = Counter[str]()
    for by in model["Case"].dimensions:
        for one in await asking.figures(viewer, period="2025", by=by, keys=DRILLED):
            for figure in (one["total"], *one["parts"]):
                counted[one["counts"]] += figure["count"]
                assert await asking.listed(figure["filter"], viewer, one["counts"]) == figure["count"], (by, figure)
                if figure["of"] is not None:
                    assert await asking.listed(figure["ofFilter"], viewer, one["counts"]) == figure["of"], (by, figure)
    assert min(counted.values()) > 0


async def test_referrals_are_counted_and_not_their_cases(asking: Asking) -> None:
    """DOMAIN 4.10 · A case that was referred twice is two referrals, wherever it is grouped."""
    viewer = asking.town.viewer("admin")
    rows = [row for row in asking.town.data["Referral"].values() if str(row["issued_on"]).startswith("2025")]
    mine = [row for row in rows if row["state"].name != "DRAFT"]
    cases = {row["case"] for row in mine}

    [one] = await asking.figures(viewer, period="2025", by="STATE", keys=["referred"])

    assert len(mine) >= one["total"]["count"] > len({case for case in cases if await asking.sees(viewer, case)})


async def test_days_have_a_mean_of_what_adds_up_and_nine_tenths_that_are_counted_anew(asking: Asking) -> None:
    """DOMAIN 4.10, 平均调解时长 · A mean is days by count; nine of ten were done within the other."""
    viewer = asking.town.viewer("admin")
    for by, suffix in (("DISTRICT", "handling_days"), ("DISPUTE_TYPE", "mediation_days")):
        keys = [f"{suffix}_mean", f"{suffix}_nine_tenths"]
        mean, tenths = await asking.figures(viewer, period="2025", by=by, keys=keys)
        for one, other in zip((mean["total"], *mean["parts"]), (tenths["total"], *tenths["parts"]), strict=True):
            days = sorted(await asking.days(one["filter"], viewer, mean["counts"]))
            assert (len(days), sum(days)) == (one["count"], one["days"]) == (other["count"], other["days"])
            assert one["value"] == str((Decimal(sum(days)) / len(days)).quantize(Decimal("0.01"), ROUND_HALF_UP))
            assert other["value"] == str(days[-(-len(days) * 9 // 10) - 1])
        assert sum(part["days"] for part in mean["parts"]) == mean["total"]["days"]
        assert len(mean["parts"]) > 1


async def test_figures_are_what_a_group_by_finds(asking: Asking) -> None:
    """Counted once more by hand, in the tables themselves."""
    viewer = asking.town.viewer("admin")
    engine = engine_of(asking.town.base.url)
    cases = asking.town.base.metadata.tables["cases"]
    async with engine.connect() as connection:
        asked = sa.select(cases.c.district, sa.func.count(), sa.func.sum(cases.c.amount))
        within = (cases.c.city == "370400", sa.cast(cases.c.registered_on, sa.Text).like("2025-%"))
        rows = (await connection.execute(asked.where(*within).group_by(cases.c.district))).all()
    await engine.dispose()

    [one] = await asking.figures(viewer, period="2025", by="DISTRICT", keys=["amount"])

    found = {part["group"]: (part["count"], part["amount"]) for part in one["parts"]}
    assert found == {district: (count, f"{(total or 0) / 100:.2f}") for district, count, total in rows}


async def test_a_region_is_that_part_of_the_whole(asking: Asking) -> None:
    viewer = asking.town.viewer("admin")
    [whole] = await asking.figures(viewer, period="2025", by="DISTRICT", keys=["registered"])

    for part in whole["parts"]:
        if part["group"]:
            [one] = await asking.figures(viewer, period="2025", region=part["group"], keys=["registered"])
            assert one["total"]["count"] >= part["count"]


async def test_figures_stand_beside_other_fields_under_their_own_names(asking: Asking) -> None:
    text = """{ first: __typename cases(first: 1) { totalCount }
      figures: indicators(period: "2025", keys: ["registered"]) { __typename total { n: count } nameEn } }"""

    document = await asking.document(text, asking.town.viewer("admin"))

    assert list(document["data"]) == ["first", "cases", "figures"]
    [one] = document["data"]["figures"]
    assert list(one) == ["__typename", "total", "nameEn"]
    assert (one["__typename"], one["nameEn"]) == ("Indicator", "Cases registered")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"period": "2025-13"}, "HUB-218"),
        ({"period": "last year"}, "HUB-218"),
        ({"period": "2025", "region": "3704"}, "HUB-218"),
        ({"period": "2025", "keys": ["happiness"]}, "HUB-219"),
    ],
)
async def test_what_names_no_period_region_or_indicator_is_refused(asking: Asking, given: Any, code: str) -> None:
    with pytest.raises(PlanError) as refused:
        await asking.document(FIGURES, asking.town.viewer("admin"), **given)

    assert (refused.value.code, refused.value.path) == (code, ("indicators",))


async def test_small_cells_are_hidden_from_published_views_only(asking: Asking) -> None:
    from dataclasses import replace  # noqa: PLC0415 - of this test only

    viewer = asking.town.viewer("admin")
    published = replace(viewer, masks=viewer.masks | {SMALL_CELLS})
    asked = {"period": "2025", "by": "DISPUTE_TYPE", "keys": ["registered"]}

    [shown], [kept] = await asking.figures(viewer, **asked), await asking.figures(published, **asked)

    small = {part["group"] for part in shown["parts"] if 0 < part["count"] < 5}
    assert small
    assert not any(part["hidden"] for part in shown["parts"])
    assert small <= {part["group"] for part in kept["parts"] if part["hidden"]}
    assert all(part["count"] is None and part["filter"] is None for part in kept["parts"] if part["hidden"])


def test_one_small_part_takes_the_next_with_it_for_the_whole_would_tell_it() -> None:
    parts = [Part("a", 3, None), Part("b", 9, None), Part("c", 20, None), Part("d", 0, None)]

    assert [part.hidden for part in hidden(parts)] == [True, True, False, False]
    assert [part.hidden for part in hidden([Part("a", 8, 10), Part("b", 50, 90), Part("c", 60, 90)])] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2025", "2025-01-01", "2026-01-01"),
        ("2025-Q4", "2025-10-01", "2026-01-01"),
        ("2025-02", "2025-02-01", "2025-03-01"),
        ("2025-12", "2025-12-01", "2026-01-01"),
    ],
)
def test_a_period_is_its_days(text: str, first: str, after: str) -> None:
    assert (period(text).first.isoformat(), period(text).after.isoformat()) == (first, after)


def test_rates_have_four_places_and_none_where_there_is_nothing_to_divide_by() -> None:
    assert [Part(None, 2, 3).value(), Part(None, 0, 0).value(), Part(None, 7, None).value()] == ["0.6667", None, "7"]
    assert Part(None, 1, None, amount=-705).value() == "-7.05"


def test_a_definition_that_is_no_filter_of_cases_is_refused(whole: HubSchema) -> None:
    check_filters(SEEDS, whole)
    for said in ({"closedOn": {"eq": "$from"}}, {"state": {"eq": "OPEN"}}, {"concludedOn": "2025"}):
        with pytest.raises(BadConfiguration):
            check_filters([Indicator("wrong", "误", "Wrong", 1, "误 · None", said)], whole)
