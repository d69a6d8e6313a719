"""Deeds: what the ledger makes of values, what it refuses, and that nothing is ever half written."""

import asyncio
import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import Base
from tests.oracle import rows, words
from tests.oracle.access import Sight
from tests.oracle.viewers import PUBLIC
from tests.store.town import CITY, DISTRICT, NOW, OTHER_TOWN, TOWN, Town, org, routing

from hub.errors import BadText, ListTooLong, MalformedId, Refused, Unavailable, VersionConflict
from hub.rules import wording
from hub.schema.cases import Case, CaseState, Domain, Party
from hub.schema.codes import Code
from hub.schema.declare import Entity
from hub.schema.events import Event, EventType, Fact
from hub.schema.model import Model
from hub.schema.openings import Opening, OpeningPurpose
from hub.schema.organisations import Organisation
from hub.schema.policies import Policy
from hub.schema.referrals import Referral
from hub.schema.regions import Region
from hub.store import ledger as ledgers
from hub.store.changes import MOST, Insert, Update, batches, uuid7
from hub.store.ledger import Ledger
from hub.store.seal import Seal, context_of

LATER = NOW + dt.timedelta(hours=1)
NUMBER = "370402199001010016"


# What becomes of values


async def test_a_new_row_gets_an_id_a_version_and_its_times(town: Town) -> None:
    [written] = await town.write(town.case())

    row = await town.row("cases", written.id)
    assert (written.noun, written.version) == ("Case", 1)
    assert written.id.startswith("case_")
    assert len(written.id) == 37
    assert (row["version"], row["created_at"], row["updated_at"]) == (1, *["2025-06-01T04:30:00.000000Z"] * 2)
    assert (row["state"], row["online"], row["registered_on"]) == ("REGISTERED", False, dt.date(2025, 6, 1))
    assert row["amount"] is None


async def test_given_and_natural_ids_are_kept(town: Town) -> None:
    id_ = f"case_{7:032x}"
    code = {"list": "channel", "code": "WALK_IN", "zh": "来访", "en": "Walk-in", "used_by_rule": False}

    written = await town.write(town.case(id=id_), Insert(Code, code))

    assert [each.id for each in written] == [id_, "code_channel_WALK_IN"]


async def test_a_placed_row_keeps_the_levels_of_its_region(town: Town) -> None:
    [written] = await town.write(town.case())

    row = await town.row("cases", written.id)
    assert [row[level] for level in ("city", "district", "town", "zone")] == [CITY, DISTRICT, TOWN, None]


async def test_a_region_of_the_same_deed_places_rows(town: Town) -> None:
    from hub.schema.regions import RegionLevel  # noqa: PLC0415

    zone = town.region("370491", RegionLevel.ZONE, city=CITY, district=DISTRICT, zone="370491")
    *_, written = await town.write(town.case(region="region_370491"), zone, town.case(region="region_370491"))

    row = await town.row("cases", written.id)
    assert [row[level] for level in ("city", "district", "town", "zone")] == [CITY, DISTRICT, None, "370491"]


async def test_a_case_that_moves_gets_the_levels_of_its_new_region(town: Town) -> None:
    [case] = await town.write(town.case())

    await town.write(Update(Case, case.id, 1, {"region": f"region_{OTHER_TOWN}"}))

    row = await town.row("cases", case.id)
    assert (row["district"], row["town"], row["version"]) == ("370403", OTHER_TOWN, 2)


async def test_rows_of_a_region_follow_it_to_another_district(town: Town) -> None:
    [case] = await town.write(town.case())

    await town.write(Update(Region, f"region_{TOWN}", 1, {"district": "370481"}))

    assert (await town.row("cases", case.id))["district"] == "370481"
    assert (await town.row("organisations", org(1)))["district"] == "370481"


async def test_names_are_ordered_by_their_sound(town: Town) -> None:
    await town.write(town.organisation(9, name="重庆路调解室"))

    assert (await town.row("organisations", org(9)))["name_sound"] == wording.sound_key("重庆路调解室")


async def test_personal_values_are_sealed_masked_and_hashed(town: Town) -> None:
    case, party = await town.write(
        town.case(id=f"case_{1:032x}"),
        town.party(f"case_{1:032x}", "张三", identity=NUMBER, phone="138 1234 1234", address="市中区永安镇1号"),
    )

    row = await town.row("parties", party.id)
    assert case.id == row["case_id"]
    assert (row["name"], row["name_hash"]) == ("张三", town.seal.hashed("name", "张三"))
    assert (row["identity"], row["phone"], row["address"]) == ("370402********0016", "138****1234", "市中区永安镇****")
    assert row["identity_hash"] == town.seal.hashed("identity", NUMBER)
    assert row["phone_hash"] == town.seal.hashed("phone", "13812341234")
    assert town.seal.open(row["identity_sealed"], context_of("parties", "identity", party.id)) == NUMBER
    assert town.seal.open(row["phone_sealed"], context_of("parties", "phone", party.id)) == "138 1234 1234"


async def test_what_has_no_mask_is_not_shown_at_all(town: Town) -> None:
    [source] = await town.write(town.source(None, content="张三，" + NUMBER))

    row = await town.row("source_records", source.id)
    assert row["content"] is None
    assert town.seal.open(row["content_sealed"], context_of("source_records", "content", source.id)).startswith("张三")


async def test_absent_personal_values_stay_null(town: Town) -> None:
    case, party = await town.write(town.case(id=f"case_{1:032x}"), town.party(f"case_{1:032x}", "张三"))

    row = await town.row("parties", party.id)
    names = ("identity", "identity_sealed", "identity_hash", "phone", "phone_hash", "address", "address_sealed")
    assert {row[name] for name in names} == {None}
    assert (await town.row("cases", case.id))["narrative_sealed"] is None


# Texts that name people


async def test_texts_are_masked_with_the_names_of_their_deed(town: Town) -> None:
    id_ = f"case_{1:032x}"
    await town.write(
        town.case(id=id_, title="张三与李四", narrative="李四打了张三，电话13812341234"),
        town.party(id_, "张三"),
        town.party(id_, "李四"),
        town.referral(id_, id=f"ref_{1:032x}", note="请联系张三"),
    )

    row = await town.row("cases", id_)
    assert (row["title"], row["narrative"]) == ("张*与李*", "李*打了张*，电话138****1234")
    assert row["search_tokens"] == wording.tokens(row["title"], row["narrative"])
    assert (await town.row("referrals", f"ref_{1:032x}"))["note"] == "请联系张*"


async def test_a_party_that_joins_is_masked_in_all_texts_of_its_case(town: Town) -> None:
    case, other = await town.write(town.case(title="张三与王五"), town.case(title="王五的案子"))
    await town.write(town.referral(case.id, note="王五来电"))

    await town.write(town.party(case.id, "王五"))

    row = await town.row("cases", case.id)
    assert (row["title"], row["version"]) == ("张三与王*", 1)
    assert [each["note"] for each in await town.rows("referrals")] == ["王*来电"]
    assert (await town.row("cases", other.id))["title"] == "王五的案子"
    assert await town.search("cases", "王五") == {other.id}
    assert await town.search("cases", "三与王*") == {case.id}


async def test_a_longer_name_that_joins_later_is_masked_whole(town: Town) -> None:
    [case] = await town.write(town.case(title="张三丰来访"))
    await town.write(town.party(case.id, "张三"))
    assert (await town.row("cases", case.id))["title"] == "张*丰来访"

    await town.write(town.party(case.id, "张三丰"))

    assert (await town.row("cases", case.id))["title"] == "张*来访"


async def test_a_renamed_party_is_masked_by_its_new_name_only(town: Town) -> None:
    [case] = await town.write(town.case(title="张三与张山"))
    [party] = await town.write(town.party(case.id, "张山"))

    await town.write(Update(Party, party.id, 1, {"name": "张三"}))

    assert (await town.row("cases", case.id))["title"] == "张*与张山"


async def test_a_party_that_moves_is_masked_in_its_new_case_only(town: Town) -> None:
    one, two = await town.write(town.case(title="张三甲"), town.case(title="张三乙"))
    [party] = await town.write(town.party(one.id, "张三"))

    await town.write(Update(Party, party.id, 1, {"case": two.id}))

    assert [(await town.row("cases", each.id))["title"] for each in (one, two)] == ["张三甲", "张*乙"]


async def test_a_changed_text_is_masked_with_the_names_there_are(town: Town) -> None:
    [case] = await town.write(town.case(narrative="张三来访"))
    await town.write(town.party(case.id, "张三"))

    await town.write(Update(Case, case.id, 1, {"title": "张三再次来访"}))

    row = await town.row("cases", case.id)
    assert (row["title"], row["narrative"]) == ("张*再次来访", "张*来访")
    assert await town.search("cases", "再次") == {case.id}
    assert await town.search("cases", "*来访") == {case.id}


async def test_a_referral_that_moves_is_masked_with_the_names_of_its_new_case(town: Town) -> None:
    one, two = await town.write(town.case(), town.case())
    await town.write(town.party(one.id, "张三"), town.party(two.id, "李四"))
    [referral] = await town.write(town.referral(one.id, note="张三与李四"))

    await town.write(Update(Referral, referral.id, 1, {"case": two.id}))

    assert (await town.row("referrals", referral.id))["note"] == "张三与李*"


async def test_a_removed_text_leaves_nothing_behind(town: Town) -> None:
    [case] = await town.write(town.case(narrative="漏水"))

    await town.write(Update(Case, case.id, 1, {"narrative": None}))

    row = await town.row("cases", case.id)
    assert (row["narrative"], row["narrative_sealed"]) == (None, None)
    assert await town.search("cases", "漏水") == set()


async def test_a_whole_municipality_reads_as_the_oracle_masks_it(town: Town, model: Model) -> None:
    data = rows.generate(11, cases=40)
    changes = [Insert(noun, values, event=None) for noun, values in rows.written(data) if noun is not Region]
    regions = [Insert(Region, values, event=None) for noun, values in rows.written(data) if noun is Region]
    known = {row["id"] for row in await town.rows("regions")}

    new = [each for each in regions if each.values["id"] not in known]
    for batch in batches([*new, *_without_courts(_purposeful(changes))]):
        await town.ledger.write(batch, actor="intake", now=rows.WRITTEN_AT)

    sight = Sight(data, PUBLIC)
    for noun, members in (("Case", ("title", "narrative")), ("Referral", ("note",)), ("Party", ("identity", "phone"))):
        stored = {row["id"]: row for row in await town.rows(model[noun].table)}
        for row in data[noun].values():
            assert [stored[row["id"]][name] for name in members] == [sight.shows(noun, row, name) for name in members]


def _purposeful(changes: list[Insert]) -> list[Insert]:
    return [
        Insert(Opening, {**change.values, "purpose": OpeningPurpose.CONTACT}, event=None) if change.noun is Opening else change
        for change in changes
    ]


def _without_courts(changes: list[Insert]) -> list[Insert]:
    """The town's own court stands for the one of the same code."""
    return [change for change in changes if change.values.get("id") != "court_鲁0402"]


async def test_search_finds_the_same_in_every_database(town: Town) -> None:
    texts = [f"{text}与{text}" for text in (*words.NASTY, *words.NAMES)]
    await town.write(*(town.case(title=text) for text in texts))
    shown = {row["id"]: row["title"] for row in await town.rows("cases")}

    for text in map(wording.normalised, list(shown.values())):
        for start in range(0, min(len(text), 20), 7):
            for length in (1, 2, 3, 7):
                asked = text[start : start + length]
                found = {id_ for id_, title in shown.items() if wording.contains(title, asked)}
                assert await town.search("cases", asked) == found, asked


async def test_search_looks_past_what_an_index_remembers(town: Town) -> None:
    """PostgreSQL keeps 256 places of a word, and none beyond the 16,383rd."""
    title = "长" * 400 + "短" + "".join(chr(0x4E00 + number) for number in range(18_000)) + "终于终"
    [case] = await town.write(town.case(title=title))

    assert await town.search("cases", "长长短") == {case.id}
    assert await town.search("cases", "终于终") == {case.id}
    assert await town.search("cases", "短长") == set()


# Events


async def test_each_change_is_an_event_of_its_case(town: Town) -> None:
    case_id, referral_id = f"case_{1:032x}", f"ref_{1:032x}"
    written = await town.write(
        town.case(id=case_id),
        town.party(case_id, "张三"),
        town.mode(case_id),
        town.referral(case_id, id=referral_id, facts=[Fact("state", code="ISSUED")]),
        town.member(referral_id),
        town.source(case_id),
        actor="intake",
        organisation=org(3),
    )

    events = await town.rows("events")
    assert [event["id"] for event in events] == [each.event for each in written]
    assert [event["type"] for event in events] == [
        "CASE_REGISTERED",
        "PARTY_ADDED",
        "MODE_STARTED",
        "REFERRAL_ISSUED",
        "REFERRAL_CHANGED",
        "SOURCE_RECORDED",
    ]
    assert {event["case_id"] for event in events} == {case_id}
    subjects = [each.id for each in written]
    subjects[4] = referral_id
    assert [event["subject_id"] for event in events] == subjects
    assert json.loads(events[3]["facts"]) == [{"name": "state", "code": "ISSUED", "id": None}]
    assert json.loads(events[4]["facts"]) == [{"name": "referralMember", "code": None, "id": written[4].id}]
    assert {(event["actor"], event["organisation_id"], event["occurred_at"]) for event in events} == {
        ("intake", org(3), "2025-06-01T04:30:00.000000Z")
    }
    assert {event["epoch"] for event in events} == {1}


async def test_changes_of_registers_are_events_without_a_case(town: Town) -> None:
    await town.write(Update(Organisation, org(1), 1, {"phone": "0632-1"}))

    [event] = await town.rows("events")
    assert (event["type"], event["case_id"], event["subject_id"]) == ("REGISTER_CHANGED", None, None)
    assert (event["routing_before"], event["routing_after"]) == (None, None)
    assert json.loads(event["facts"]) == [{"name": "organisation", "code": None, "id": org(1)}]


async def test_an_event_may_be_named_or_left_out(town: Town) -> None:
    one, two = await town.write(town.case(event=None), town.case(event=EventType.CASE_CHANGED))

    assert (one.event, [row["type"] for row in await town.rows("events")]) == (None, ["CASE_CHANGED"])
    assert two.event is not None


async def test_events_hold_no_personal_values(town: Town) -> None:
    id_ = f"case_{1:032x}"
    await town.write(town.case(id=id_, narrative="张三" + NUMBER), town.party(id_, "张三", identity=NUMBER))

    text = json.dumps(await town.rows("events"), ensure_ascii=False, default=str)
    assert "张" not in text
    assert NUMBER not in text


async def test_routing_keys_say_who_is_to_hear_of_it(town: Town) -> None:
    case_id = f"case_{1:032x}"
    await town.write(
        town.case(id=case_id),
        town.referral(case_id, id=f"ref_{1:032x}", receiver=org(2), court="court_鲁0402"),
        town.member(f"ref_{1:032x}", organisation=org(3)),
    )

    events = await town.rows("events")
    keys: dict[str, Any] = {"city": CITY, "district": DISTRICT, "town": TOWN, "zone": None}
    keys |= {"organisations": [org(1), org(2), org(3)], "courts": ["court_鲁0402"]}
    assert [routing(event, "before") for event in events] == [None] * 3
    assert [routing(event, "after") for event in events] == [keys] * 3


async def test_a_case_that_moves_wakes_both_districts(town: Town) -> None:
    [case] = await town.write(town.case())

    await town.write(Update(Case, case.id, 1, {"region": f"region_{OTHER_TOWN}", "organisation": org(2)}))

    event = (await town.rows("events"))[-1]
    before, after = routing(event, "before"), routing(event, "after")
    assert (before["district"], before["organisations"]) == (DISTRICT, [org(1)])
    assert (after["district"], after["organisations"]) == ("370403", [org(2)])


async def test_a_row_that_moves_wakes_both_cases(town: Town) -> None:
    one, two = await town.write(town.case(), town.case(region=f"region_{OTHER_TOWN}"))
    [source] = await town.write(town.source(one.id))

    from hub.schema.sources import SourceRecord  # noqa: PLC0415

    await town.write(Update(SourceRecord, source.id, 1, {"case": two.id}))

    event = (await town.rows("events"))[-1]
    assert event["case_id"] == two.id
    assert (routing(event, "before")["district"], routing(event, "before")["organisations"]) == (DISTRICT, [org(1), org(2)])
    assert (routing(event, "after")["district"], routing(event, "after")["organisations"]) == ("370403", [org(1), org(2)])


async def test_what_does_not_decide_routing_leaves_it_alone(town: Town) -> None:
    [case] = await town.write(town.case())

    await town.write(town.mode(case.id), Update(Case, case.id, 1, {"cause": "x"}))

    first, *others = await town.rows("events")
    assert {event[f"routing_{side}"] for event in others for side in ("before", "after")} == {first["routing_after"]}


async def test_events_can_be_rows_of_their_own(town: Town) -> None:
    values = {"type": EventType.CASE_CHANGED, "actor": "intake", "occurred_at": NOW, "facts": []}

    [written] = await town.write(Insert(Event, values))

    assert (written.event, (await town.rows("events"))[0]["id"]) == (None, written.id)


# Refusals, after which nothing has changed


async def test_a_change_bumps_the_version_and_the_time(town: Town) -> None:
    [case] = await town.write(town.case())

    [written] = await town.write(Update(Case, case.id, 1, {"state": CaseState.ACCEPTED}), now=LATER)

    row = await town.row("cases", case.id)
    assert (written.version, row["version"], row["state"]) == (2, 2, "ACCEPTED")
    assert (row["created_at"], row["updated_at"]) == ("2025-06-01T04:30:00.000000Z", "2025-06-01T05:30:00.000000Z")


@pytest.mark.parametrize("expected", [0, 2, 7])
async def test_another_version_is_a_conflict(town: Town, expected: int) -> None:
    [case] = await town.write(town.case())
    before = await town.everything()

    with pytest.raises(VersionConflict):
        await town.write(town.case(), Update(Case, case.id, expected, {"cause": "x"}))
    assert await town.everything() == before


async def test_a_row_that_is_not_there_is_a_conflict(town: Town) -> None:
    with pytest.raises(VersionConflict):
        await town.write(Update(Case, f"case_{9:032x}", 1, {"cause": "x"}))


async def test_one_of_many_writers_of_one_version_wins(town: Town) -> None:
    [case] = await town.write(town.case())
    deeds = [town.write(Update(Case, case.id, 1, {"cause": str(number)})) for number in range(20)]

    outcomes = await asyncio.gather(*deeds, return_exceptions=True)

    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes} == {list, VersionConflict}
    assert len(await town.rows("events")) == 2


async def test_broken_constraints_are_named(town: Town) -> None:
    await town.write(town.case(number="ZZF-1"))
    before = await town.everything()

    with pytest.raises(Refused) as refused:
        await town.write(town.case(), town.case(number="ZZF-1"))
    assert refused.value.facts == {"constraint": "uq_cases_number"}
    assert "ZZF-1" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert await town.everything() == before


async def test_a_link_that_leads_nowhere_is_refused(town: Town) -> None:
    before = await town.everything()

    with pytest.raises(Refused) as refused:
        await town.write(town.case(organisation=org(77)))
    assert refused.value.facts["constraint"] in ("foreign_key", "fk_cases_organisation_id_organisations")
    assert await town.everything() == before


async def test_a_deed_has_at_most_500_changes(town: Town) -> None:
    changes = [town.case() for _ in range(MOST + 1)]

    with pytest.raises(ListTooLong):
        await town.write(*changes)
    assert await town.rows("cases") == []
    assert [len(batch) for batch in batches(changes)] == [500, 1]
    assert len(await town.write(*changes[:MOST])) == 500


async def test_an_empty_deed_writes_nothing(town: Town) -> None:
    assert await town.write() == []


WRONG: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"colour": "red"}, TypeError),
    ({"parties": []}, TypeError),
    ({"open": True}, TypeError),
    ({"version": 3}, TypeError),
    ({"created_at": NOW}, TypeError),
    ({"city": "370400"}, TypeError),
    ({"title": None}, TypeError),
    ({"title": 5}, TypeError),
    ({"state": "ACCEPTED"}, TypeError),
    ({"state": Domain.CIVIL}, TypeError),
    ({"online": 1}, TypeError),
    ({"amount": 1.5}, TypeError),
    ({"amount": True}, TypeError),
    ({"registered_on": NOW}, TypeError),
    ({"registered_at": dt.date(2025, 1, 1)}, TypeError),
    ({"registered_at": dt.datetime(2025, 1, 1)}, TypeError),  # noqa: DTZ001
    ({"region": 5}, TypeError),
    ({"amount": 10**15 + 1}, BadText),
    ({"title": "a\0b"}, BadText),
    ({"title": "\ud800"}, BadText),
    ({"narrative": "\udfff"}, BadText),
    ({"title": "长" * 20_001}, BadText),
    ({"number": "9" * 301}, BadText),
    ({"region": "370402"}, MalformedId),
    ({"organisation": f"case_{1:032x}"}, MalformedId),
    ({"organisation": "org_1"}, MalformedId),
    ({"id": "case_1"}, MalformedId),
]


async def test_values_that_do_not_fit_are_refused_at_the_door(town: Town) -> None:
    for values, error in WRONG:
        with pytest.raises(error) as refused:
            await town.write(town.case(), town.case(**values))
        told = str(refused.value)
        assert not any(isinstance(value, str) and len(value) > 8 and value in told for value in values.values())
    assert await town.rows("cases") == []
    assert await town.rows("events") == []


async def test_what_is_missing_is_a_programming_error(town: Town) -> None:
    with pytest.raises(TypeError, match="title"):
        await town.write(Insert(Case, {name: value for name, value in town.case().values.items() if name != "title"}))


async def test_a_row_keeps_its_id_and_is_changed_once(town: Town) -> None:
    [case] = await town.write(town.case())

    with pytest.raises(TypeError):
        await town.write(Update(Case, case.id, 1, {"id": f"case_{5:032x}"}))
    with pytest.raises(TypeError):
        await town.write(Update(Case, case.id, 1, {"cause": "x"}), Update(Case, case.id, 1, {"cause": "y"}))
    with pytest.raises(TypeError):
        await town.write(town.case(), actor=5)


async def test_control_characters_of_stored_texts_are_kept(town: Town) -> None:
    text = "\x01\x1f\x7f\u2028\r\n e\u0301"

    [case] = await town.write(town.case(title=text, cause=text))

    row = await town.row("cases", case.id)
    assert (row["title"], row["cause"]) == (text, text)


async def test_money_and_days_come_back_as_they_were(town: Town) -> None:
    for amount, day in ((10**15, dt.date(987, 6, 5)), (-(10**15), dt.date(9999, 12, 31)), (0, dt.date(2024, 2, 29))):
        [case] = await town.write(town.case(amount=amount, due_on=day))

        row = await town.row("cases", case.id)
        assert (row["amount"], row["due_on"]) == (amount, day)


async def test_nouns_of_other_models_are_refused(town: Town) -> None:
    class Stranger(Entity, prefix="str", doc="x · x"):
        pass

    with pytest.raises(TypeError):
        await town.write(Insert(Stranger, {}))


async def test_a_policy_is_written_like_any_row(town: Town) -> None:
    [written] = await town.write(Insert(Policy, {"kind": "viewer", "name": "admin", "body": "{}"}))

    assert (written.noun, (await town.rows("events"))[0]["type"]) == ("Policy", "CONFIGURATION_APPLIED")


async def test_a_deed_waits_for_its_turn_only_so_long(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "WAIT_SECONDS", 0.01)
    town.ledger._turn = asyncio.Semaphore(0)

    with pytest.raises(Unavailable):
        await town.write(town.case())
    assert await town.rows("cases") == []


async def test_seeded_ids_make_a_repeatable_base(base: Base, model: Model, seal: Seal) -> None:
    numbers = iter(range(100))
    ledger = Ledger(base.engine, base.metadata, model, seal, new_id=lambda: f"{next(numbers):032x}")

    [written] = await ledger.write([Insert(Policy, {"kind": "viewer", "name": "admin", "body": "{}"})], actor="system", now=NOW)

    assert (written.id, written.event) == (f"pol_{0:032x}", f"evt_{1:032x}")


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    import uuid  # noqa: PLC0415

    ids = [uuid7() for _ in range(1000)]

    assert {(uuid.UUID(id_).version, uuid.UUID(id_).variant) for id_ in ids} == {(7, uuid.RFC_4122)}
    assert len(set(ids)) == 1000
    assert [id_[:12] for id_ in ids] == sorted(id_[:12] for id_ in ids)


# Faults


async def test_a_deed_given_up_before_its_turn_writes_nothing(town: Town) -> None:
    turn, town.ledger._turn = town.ledger._turn, asyncio.Semaphore(0)
    deed = asyncio.create_task(town.write(town.case()))
    await asyncio.sleep(0.01)

    deed.cancel()
    await asyncio.gather(deed, return_exceptions=True)

    town.ledger._turn = turn
    await town.ledger.settled()
    assert await town.rows("cases") == []


async def test_a_deed_nobody_waits_for_any_more_is_whole_or_nothing(town: Town) -> None:
    for milliseconds in (*range(12), 40, 80):
        id_ = f"case_{milliseconds + 100:032x}"
        deed = asyncio.create_task(town.write(town.case(id=id_), town.party(id_, "张三"), town.referral(id_)))
        await asyncio.sleep(milliseconds / 1000)
        deed.cancel()
        await asyncio.gather(deed, return_exceptions=True)
        await town.ledger.settled()

        counts = [len(await town.rows(table, f"case_id = '{id_}'")) for table in ("parties", "referrals", "events")]
        begun = milliseconds > 0
        assert (len(await town.rows("cases", f"id = '{id_}'")), *counts) in {(0, 0, 0, 0), (1, 1, 1, 3)}
        assert not begun or sum(counts) == 5
    await town.write(town.case())


async def test_a_deed_whose_nth_statement_fails_is_not_half_written(town: Town) -> None:
    """As SQLite tests itself: fail the n-th statement for n = 1, 2, ... until a run has no failure."""
    [case] = await town.write(town.case(title="张三与李四"))
    [party] = await town.write(town.party(case.id, "张三"))
    [referral] = await town.write(town.referral(case.id, note="李四"))
    before = await town.everything()

    for number in range(1, 100):
        try:
            with _failing(town.base, number):
                await town.write(
                    town.case(title="新"),
                    town.party(case.id, "李四"),
                    Update(Party, party.id, 1, {"name": "王五"}),
                    Update(Case, case.id, 1, {"region": f"region_{OTHER_TOWN}"}),
                    town.member(referral.id),
                )
        except Unavailable:
            assert await town.everything() == before
        else:
            break

    assert number > 10
    row = await town.row("cases", case.id)
    assert (row["title"], row["town"], row["version"]) == ("张三与李*", OTHER_TOWN, 2)
    assert len(await town.rows("events")) == len(before["events"]) + 5


class _failing:  # noqa: N801 - reads as the sentence it is in
    """Lets the n-th statement of the base fail, BEGIN and COMMIT included."""

    def __init__(self, base: Base, number: int) -> None:
        self.engine, self.left = base.engine.sync_engine, number

    def __enter__(self) -> None:
        sa.event.listen(self.engine, "before_cursor_execute", self.fail)
        sa.event.listen(self.engine, "commit", self.fail)

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self.engine, "before_cursor_execute", self.fail)
        sa.event.remove(self.engine, "commit", self.fail)

    def fail(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError("the disk is gone")
