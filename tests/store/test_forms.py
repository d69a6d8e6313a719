"""What the ledger makes of values: ids, levels, sound keys, seals, masks, hashes; and what it refuses."""

import datetime as dt
from typing import Any

import pytest
from tests.store.town import CITY, DISTRICT, NOW, OTHER_TOWN, TOWN, Town, org

from hub.errors import BadText, MalformedId
from hub.rules import wording
from hub.schema.cases import Case, Domain
from hub.schema.codes import Code
from hub.schema.declare import Entity
from hub.schema.regions import Region, RegionLevel
from hub.store.changes import Insert, Update
from hub.store.seal import context_of

NUMBER = "370402199001010016"


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
