"""Applying configuration: every code of the municipality, once; afterwards only what changed."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from hub.access.viewers import Scope, read_viewers
from hub.errors import BadConfiguration
from hub.procedures.configuration import Applied, Base, apply, read_limits
from hub.procedures.rows import organisation_id, policy_id, rows_of
from hub.procedures.seeds import (
    CodeSeed,
    LimitSeed,
    OrganisationSeed,
    RegionSeed,
    Seeds,
    SupervisionSeed,
    ViewerSeed,
    YearSeed,
    read_seeds,
)
from hub.procedures.thresholds import read_supervision
from hub.procedures.timing import Timing, read_timing
from hub.schema.deadlines import DayUnit, LimitRule
from hub.schema.model import Model
from hub.schema.supervision import Trigger
from hub.settings import Limits
from hub.store.ledger import Ledger
from hub.store.seal import Seal

CONFIG = Path(__file__).parents[2] / "config"
NOW = dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=30)
LIMITS = Limits()


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return read_seeds(CONFIG)


@pytest.fixture
def base(base: Any, model: Model, seal: Seal) -> Base:
    """The base of the database under test, with a ledger."""
    return Base(base.engine, base.metadata, model, Ledger(base.engine, base.metadata, model, seal))


async def applied(base: Base, seeds: Seeds, *, now: dt.datetime = NOW, limits: Limits = LIMITS) -> Applied:
    return await apply(base, seeds, limits, actor="admin", now=now)


async def rows(base: Base, table: str, *conditions: Any) -> list[dict[str, Any]]:
    async with base.engine.connect() as connection:
        found = await connection.execute(sa.select(base.metadata.tables[table]).where(*conditions))
        return [dict(row) for row in found.mappings()]


async def one(base: Base, table: str, id_: str) -> dict[str, Any]:
    (row,) = await rows(base, table, base.metadata.tables[table].c.id == id_)
    return row


async def events(base: Base) -> list[dict[str, Any]]:
    return await rows(base, "events")


async def test_the_first_time_writes_everything_and_a_second_time_nothing(base: Base, seeds: Seeds) -> None:
    first = await applied(base, seeds)
    recorded = await events(base)
    second = await applied(base, seeds, now=LATER)

    assert first.inserted == len(recorded) > 300
    assert (first.updated, first.ended, first.unchanged) == (0, 0, 0)
    assert second == Applied(unchanged=first.inserted)
    assert await events(base) == recorded
    assert {event["type"] for event in recorded} == {"REGISTER_CHANGED", "CONFIGURATION_APPLIED"}
    assert {event["actor"] for event in recorded} == {"admin"}


async def test_the_regions_are_a_tree_with_a_zone_across_it(base: Base, seeds: Seeds) -> None:
    await applied(base, seeds)

    regions = {row["code"]: row for row in await rows(base, "regions")}
    count = {level: sum(row["level"] == level for row in regions.values()) for level in ("CITY", "DISTRICT", "TOWN", "ZONE")}
    assert count == {"CITY": 1, "DISTRICT": 6, "TOWN": 66, "ZONE": 1}
    assert [code for code, row in regions.items() if row["statistical_only"]] == ["370406405"]
    assert {code for code, row in regions.items() if row["zone"] == "370491" and row["level"] == "TOWN"} == {
        "370403002",
        "370403003",
        "370403004",
    }
    street = regions["370403003"]
    assert (street["city"], street["district"], street["town"]) == ("370400", "370403", "370403003")
    assert (street["parent_id"], street["management_zone_id"]) == ("region_370403", "region_370491")
    zone = regions["370491"]
    assert (zone["city"], zone["district"], zone["town"], zone["zone"]) == ("370400", "370403", None, "370491")


async def test_organisations_stand_where_they_are_placed_and_courts_are_theirs(base: Base, seeds: Seeds) -> None:
    await applied(base, seeds)

    centre = await one(base, "organisations", organisation_id("centre-370491"))
    assert (centre["district"], centre["zone"], centre["kind"]) == ("370403", "370491", "DISTRICT_CENTRE")
    sub_centre = await one(base, "organisations", organisation_id("sub-centre-court-0402"))
    court = await one(base, "courts", "court_鲁0402")
    assert sub_centre["host_agency_id"] == court["organisation_id"] == organisation_id("court-0402")
    assert len(await rows(base, "courts")) == 7


async def test_the_viewers_of_the_demo_see_what_their_scope_says(base: Base, seeds: Seeds) -> None:
    await applied(base, seeds)

    async with base.engine.connect() as connection:
        viewers = await read_viewers(connection, base.metadata.tables["policies"], NOW.date())

    assert {name: viewer.scope for name, viewer in viewers.items()} == {
        "admin": Scope(city=("370400",)),
        "court": Scope(courts=("court_鲁0402",)),
        "agency": Scope(organisations=(organisation_id("market-regulation"),)),
        "district": Scope(district=("370402",)),
        "intake": Scope(district=("370402",)),
        "tengzhou": Scope(district=("370481",)),
        "analyst": Scope(district=("370402",)),
        "supervisor": Scope(city=("370400",)),
        "divert": Scope(district=("370402",)),
        "committee": Scope(organisations=(organisation_id("mediation-commerce-federation"),)),
        "mediator": Scope(organisations=(organisation_id("mediation-finance"),)),
        "centre": Scope(organisations=(organisation_id("centre-370402001"),)),
    }
    assert {name for name, viewer in viewers.items() if viewer.may("schema.read")} == {"admin"}
    assert {name for name, viewer in viewers.items() if viewer.masks} == {"supervisor", "analyst"}


async def test_limits_are_a_row_that_every_process_reads(base: Base, seeds: Seeds) -> None:
    policies = base.metadata.tables["policies"]
    async with base.engine.connect() as connection:
        assert await read_limits(connection, policies) is None

    await applied(base, seeds, limits=Limits(tokens=77))

    async with base.engine.connect() as connection:
        assert await read_limits(connection, policies) == Limits(tokens=77)


async def test_a_changed_entry_changes_its_row_only(base: Base, seeds: Seeds) -> None:
    await applied(base, seeds)
    known = len(await events(base))
    renamed = tuple(
        replace(seed, name="中心街道", valid_from=dt.date(2025, 1, 1)) if seed.code == "370402001" else seed
        for seed in seeds.regions
    )

    result = await applied(base, replace(seeds, regions=renamed), now=LATER)

    assert (result.inserted, result.updated, result.ended) == (0, 1, 0)
    row = await one(base, "regions", "region_370402001")
    assert (row["name"], row["version"], row["valid_from"]) == ("中心街道", 2, dt.date(2025, 1, 1))
    assert row["name_sound"].startswith("zhong")
    assert (await one(base, "regions", "region_370402002"))["version"] == 1
    event = (await events(base))[known:]
    assert [(one["type"], orjson.loads(one["facts"])[0]["id"]) for one in event] == [("REGISTER_CHANGED", "region_370402001")]


async def test_rows_placed_in_a_region_follow_it_into_a_zone(base: Base, seeds: Seeds) -> None:
    await applied(base, seeds)
    moved = tuple(replace(s, management_zone="370491") if s.code == "370403001" else s for s in seeds.regions)

    await applied(base, replace(seeds, regions=moved), now=LATER)

    assert (await one(base, "organisations", organisation_id("centre-370403001")))["zone"] == "370491"


async def test_a_viewer_that_left_the_file_can_no_longer_see_and_may_come_back(base: Base, seeds: Seeds) -> None:
    policies = base.metadata.tables["policies"]
    await applied(base, seeds)
    fewer = replace(seeds, viewers={name: seed for name, seed in seeds.viewers.items() if name != "agency"})

    gone = await applied(base, fewer, now=LATER)
    again = await applied(base, fewer, now=LATER)

    assert (gone.ended, again.ended) == (1, 0)
    async with base.engine.connect() as connection:
        assert "agency" not in await read_viewers(connection, policies, LATER.date())
    await applied(base, seeds, now=LATER)
    async with base.engine.connect() as connection:
        assert "agency" in await read_viewers(connection, policies, LATER.date())
    assert (await one(base, "policies", policy_id("viewer", "agency")))["version"] == 3


def with_code(seeds: Seeds, list_: str, code: CodeSeed) -> Seeds:
    kept = tuple(code if seed.code == code.code else seed for seed in seeds.codes[list_])
    return replace(seeds, codes={**seeds.codes, list_: kept})


async def test_a_code_can_be_ended_unless_a_rule_names_it(base: Base, seeds: Seeds) -> None:
    await applied(base, seeds)
    day = dt.date(2025, 6, 30)

    await applied(base, with_code(seeds, "dispute_type", CodeSeed("17", "旅游", "Tourism", valid_to=day)), now=LATER)

    assert (await one(base, "codes", "code_dispute_type_17"))["valid_to"] == day
    known = await events(base)
    for seed in (
        CodeSeed("TO_COURT", "转诉讼", "To court", used_by_rule=True, valid_to=day),
        CodeSeed("TO_COURT", "转诉讼", "To court", valid_to=day),
        CodeSeed("TO_COURT", "转诉讼", "To court"),
    ):
        with pytest.raises(BadConfiguration, match="outcome TO_COURT is named by a rule"):
            await applied(base, with_code(seeds, "outcome", seed), now=LATER)
    assert await events(base) == known


async def test_villages_come_from_a_file_in_several_deeds(base: Base, seeds: Seeds, tmp_path: Path) -> None:
    lines = ["统计用区划代码,城乡分类代码,名称"]
    lines += [f"370403002{number:03d},121,第{number}村" for number in range(1, 701)]
    (tmp_path / "villages.csv").write_text("\n".join(lines), "utf-8-sig")
    villages = read_seeds(CONFIG, tmp_path / "villages.csv")

    first = await applied(base, villages)
    second = await applied(base, villages)
    without = await applied(base, seeds)

    assert first.inserted == second.unchanged == without.unchanged + 700
    row = await one(base, "regions", "region_370403002700")
    assert (row["level"], row["town"], row["zone"], row["parent_id"]) == ("VILLAGE", "370403002", "370491", "region_370403002")


async def test_every_limit_and_the_calendar_are_rows_that_every_process_reads(base: Base, seeds: Seeds) -> None:
    await applied(base, seeds)

    timing = await timing_of(base)

    assert {limit.rule for limit in timing.limits} == set(LimitRule)
    delegated = timing.limit(LimitRule.DELEGATED_MEDIATION, dt.date(2025, 3, 1))
    assert delegated is not None
    assert (delegated.days, delegated.unit, delegated.stops_clock) == (30, DayUnit.CALENDAR, ("APPRAISAL",))
    assert not delegated.is_default
    assert sorted(timing.calendar.years) == list(range(2020, 2027))
    assert timing.calendar.works(dt.date(2025, 9, 28))


async def test_a_limit_that_left_the_files_ends_and_one_that_changed_holds(base: Base, seeds: Seeds) -> None:
    await applied(base, seeds)
    kept = tuple(
        replace(seed, days=45) if seed.rule == "DELEGATED_MEDIATION" else seed
        for seed in seeds.limits
        if seed.rule != "UNMERGE"
    )

    done = await applied(base, replace(seeds, limits=kept), now=LATER)

    assert (done.inserted, done.updated, done.ended) == (0, 1, 1)
    timing = await timing_of(base)
    assert timing.limit(LimitRule.UNMERGE, LATER.date()) is None
    delegated = timing.limit(LimitRule.DELEGATED_MEDIATION, LATER.date())
    assert delegated is not None
    assert delegated.days == 45


async def test_no_limit_is_unwatched(base: Base, seeds: Seeds) -> None:
    """DOMAIN 2.6 · Whatever falls due is seen coming, or found late, or both."""
    await applied(base, seeds)
    async with base.engine.connect() as connection:
        policy = await read_supervision(connection, base.metadata.tables["policies"], LATER.date())

    assert policy.unwatched() == []
    assert sorted(rule.name for each in policy.sets(LATER.date()) for rule in each.rules) == sorted(LimitRule.__members__)
    assert {row.trigger for row in policy.rows} == set(Trigger)


async def timing_of(base: Base) -> Timing:
    async with base.engine.connect() as connection:
        return await read_timing(connection, base.metadata.tables["policies"])


LIMIT = LimitSeed("RETURN", "依据 · Basis", "起 · Start", "止 · Stop", dt.date(2022, 1, 1), days=3, unit="WORKING")
WARNED = replace(LIMIT, rule="RED_WARNING", days=0, unit="MINUTES", minutes=30)
LATE = SupervisionSeed("OVERDUE", "YELLOW", "依据 · Basis", ("HANDLER",), dt.date(2022, 1, 1))
NOTICE = YearSeed("通知 · Notice", (dt.date(2025, 10, 1),), (dt.date(2025, 10, 11),))

SMALL = Seeds(
    regions=(RegionSeed("370400", "枣庄市"), RegionSeed("370402", "市中区")),
    codes={"organisation_kind": (CodeSeed("AGENCY", "机关", "Agency"),)},
    organisations=(OrganisationSeed("justice", "司法局", "AGENCY", "CITY", "370400"),),
    viewers={"admin": ViewerSeed("admin", regions=("370400",))},
)


@pytest.mark.parametrize(
    ("seeds", "reason"),
    [
        ({"regions": (RegionSeed("3704", "x"),)}, "region 3704: a code has 6, 9 or 12 digits"),
        ({"regions": (RegionSeed("３７０４００", "x"),)}, "region ３７０４００: a code has 6, 9 or 12 digits"),
        ({"regions": (RegionSeed("370402", "x"),)}, "region 370402: parent 370400 is unknown"),
        ({"regions": (RegionSeed("370400", "x", level="TWON"),)}, "region 370400: level TWON is unknown, did you mean TOWN?"),
        ({"regions": (RegionSeed("370400", "x", parent="370400"),)}, "regions: one holds itself"),
        ({"regions": (RegionSeed("370400", "x"), RegionSeed("370400", "y"))}, "regions: a code is said twice"),
        (
            {"regions": (RegionSeed("370400", "x"), RegionSeed("370402", "y", management_zone="370400"))},
            "region 370402: management_zone is no management zone",
        ),
        ({"regions": (RegionSeed("370400", "x\0"),)}, "region 370400 holds a control character"),
        (
            {"limits": (replace(LIMIT, rule="RETRUN"),)},
            "limit RETRUN from 2022-01-01: rule RETRUN is unknown, did you mean RETURN?",
        ),
        ({"limits": (replace(LIMIT, unit="HOURS"),)}, "limit RETURN from 2022-01-01: unit HOURS is unknown"),
        ({"limits": (replace(LIMIT, days=-3),)}, "limit RETURN from 2022-01-01: days are negative"),
        ({"calendar": {"2025": replace(NOTICE, basis="")}}, "calendar 2025: basis is to be said"),
        (
            {"supervision": (replace(LATE, days=3), replace(LATE, level="RED", days=1))},
            "supervision OVERDUE RED from 2022-01-01: it",
        ),
        ({"limits": (replace(LIMIT, days=10**9),)}, "limit RETURN from 2022-01-01: days are more than 3660"),
        ({"limits": (replace(LIMIT, minutes=30),)}, "limit RETURN from 2022-01-01: it has days and their unit, or minutes"),
        ({"limits": (replace(WARNED, minutes=None),)}, "limit RED_WARNING from 2022-01-01: it has days and their unit"),
        ({"limits": (replace(WARNED, minutes=0),)}, "limit RED_WARNING from 2022-01-01: minutes are between 1 and 1440"),
        (
            {"limits": (replace(WARNED, rule="RETURN"),)},
            "limit RETURN from 2022-01-01: minutes are counted of REFERRAL_DELIVERY",
        ),
        ({"limits": (replace(LIMIT, basis=" · "),)}, "limit RETURN from 2022-01-01: basis is to be said"),
        ({"limits": (replace(LIMIT, stops_clock=("RAIN",)),)}, "limit RETURN from 2022-01-01: stops_clock RAIN is unknown"),
        (
            {"limits": (LIMIT, replace(LIMIT, valid_from=dt.date(2023, 1, 1)))},
            "limit RETURN from 2023-01-01: an earlier row of the rule is still valid then",
        ),
        ({"supervision": (replace(LATE, trigger="LATE"),)}, "supervision LATE YELLOW from 2022-01-01: trigger LATE is unknown"),
        ({"supervision": (replace(LATE, level="BLUE"),)}, "supervision OVERDUE BLUE from 2022-01-01: level BLUE is unknown"),
        ({"supervision": (replace(LATE, rules=("RAIN",)),)}, "supervision OVERDUE YELLOW from 2022-01-01: rules RAIN"),
        ({"supervision": (replace(LATE, days=-1),)}, "supervision OVERDUE YELLOW from 2022-01-01: days is negative"),
        ({"supervision": (replace(LATE, reply=-2),)}, "supervision OVERDUE YELLOW from 2022-01-01: reply is negative"),
        ({"supervision": (replace(LATE, basis="x"),)}, "supervision OVERDUE YELLOW from 2022-01-01: basis is to be said"),
        ({"supervision": (replace(LATE, to=("BOSS",)),)}, "supervision OVERDUE YELLOW from 2022-01-01: to is some of ADMIN"),
        ({"supervision": (replace(LATE, to=()),)}, "supervision OVERDUE YELLOW from 2022-01-01: to is some of ADMIN"),
        (
            {"supervision": (LATE, replace(LATE, days=2, valid_from=dt.date(2023, 1, 1)))},
            "supervision OVERDUE YELLOW from 2023-01-01: an earlier row of its trigger and level is still valid",
        ),
        (
            {"supervision": (replace(LATE, trigger="RISK", rules=("RETURN",)),)},
            "supervision RISK YELLOW from 2022-01-01: rules belong to DUE_SOON and OVERDUE",
        ),
        ({"supervision": (replace(LATE, trigger="REJECTED"),)}, "supervision REJECTED YELLOW from 2022-01-01: count says"),
        ({"calendar": {"25": NOTICE}}, "calendar 25: a year of four digits is expected"),
        ({"calendar": {"2024": NOTICE}}, "calendar 2024: 2025-10-01 is a day of another year"),
        (
            {"calendar": {"2023": YearSeed("通知 · Notice", ()), "2025": NOTICE}},
            "calendar: 2024 is missing between 2023 and 2025",
        ),
        (
            {"regions": (RegionSeed("370400", "x", valid_from=dt.date(2025, 1, 2), valid_to=dt.date(2025, 1, 1)),)},
            "region 370400 ends before it begins",
        ),
        ({"codes": {"mode": (CodeSeed("人民", "x", "x"),)}}, "codes: mode 人民 is no code"),
        ({"organisations": (), "codes": {"mode": (CodeSeed("A", "x", "x"), CodeSeed("A", "y", "y"))}}, "mode A is said twice"),
        (
            {"organisations": (OrganisationSeed("a", "x", "AGENCI", "CITY", "370400"),)},
            "organisation a: kind AGENCI is unknown, did you mean AGENCY?",
        ),
        (
            {"organisations": (OrganisationSeed("a", "x", "AGENCY", "CITY", "370402001"),)},
            "organisation a: region 370402001 is unknown, did you mean 370402?",
        ),
        (
            {"organisations": (OrganisationSeed("a", "x", "AGENCY", "CITY", "370400", host_agency="a"),)},
            "organisations: one holds itself",
        ),
        ({"viewers": {"a": ViewerSeed("judge")}}, "viewer a: role judge is unknown"),
        ({"viewers": {"public": ViewerSeed("public")}}, "viewer public: the name is taken or no name"),
        ({"viewers": {"a": ViewerSeed("court", masks=("names",))}}, "viewer a: mask names is unknown, did you mean name?"),
        ({"viewers": {"a": ViewerSeed("court", courts=("鲁0402",))}}, "viewer a: court 鲁0402 is unknown"),
        (
            {"viewers": {"a": ViewerSeed("agency", organisations=("justise",))}},
            "viewer a: organisation justise is unknown, did you mean justice?",
        ),
    ],
)
def test_a_name_that_names_nothing_is_refused(seeds: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadConfiguration) as error:
        rows_of(replace(SMALL, **seeds), LIMITS)

    assert str(error.value.facts["reason"]).startswith(reason)


async def test_nothing_is_written_when_one_entry_is_wrong(base: Base) -> None:
    wrong = replace(SMALL, viewers={"a": ViewerSeed("judge")})

    with pytest.raises(BadConfiguration):
        await applied(base, wrong)

    assert await events(base) == []
    assert await rows(base, "regions") == []


def test_no_scope_is_as_small_as_a_village(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("370402001001,一村", "utf-8")
    with_villages = read_seeds(CONFIG, tmp_path / "v.csv")
    viewers = {"a": ViewerSeed("intake", regions=("370402001001",))}

    with pytest.raises(BadConfiguration, match="no scope is that small"):
        rows_of(replace(with_villages, viewers=viewers), LIMITS)
