"""Every change is an event that says who is to hear of it."""

import json
from typing import Any

from tests.store.test_constraints import DEADLINE
from tests.store.town import CITY, DISTRICT, NOW, OTHER_TOWN, TOWN, Town, org, routing

from hub.schema.cases import Case
from hub.schema.deadlines import Deadline
from hub.schema.events import Event, EventType, Fact
from hub.schema.organisations import Organisation
from hub.schema.sources import SourceRecord
from hub.store.changes import Insert, Update

NUMBER = "370402199001010016"


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

    await town.write(Update(SourceRecord, source.id, 1, {"case": two.id}))

    event = (await town.rows("events"))[-1]
    assert event["case_id"] == two.id
    assert (routing(event, "before")["district"], routing(event, "before")["organisations"]) == (DISTRICT, [org(1), org(2)])
    assert (routing(event, "after")["district"], routing(event, "after")["organisations"]) == ("370403", [org(1), org(2)])


async def test_what_belongs_to_no_case_is_told_to_its_own_region_and_body(town: Town) -> None:
    """A task, say: nothing but its limit says where it belongs."""
    due = {**DEADLINE, "subject": f"case_{1:032x}", "region": f"region_{TOWN}", "organisation": org(3)}
    [written] = await town.write(Insert(Deadline, due))

    await town.write(Update(Deadline, written.id, 1, {"region": f"region_{OTHER_TOWN}"}))

    first, second = await town.rows("events")
    keys = {"city": CITY, "district": DISTRICT, "town": TOWN, "zone": None, "organisations": [org(3)], "courts": []}
    assert (routing(first, "before"), routing(first, "after"), first["case_id"]) == (None, keys, None)
    assert routing(second, "before") == keys
    assert routing(second, "after") == {**keys, "district": "370403", "town": OTHER_TOWN}


async def test_what_does_not_decide_routing_leaves_it_alone(town: Town) -> None:
    [case] = await town.write(town.case())

    await town.write(town.mode(case.id), Update(Case, case.id, 1, {"cause": "x"}))

    first, *others = await town.rows("events")
    assert {event[f"routing_{side}"] for event in others for side in ("before", "after")} == {first["routing_after"]}


async def test_events_can_be_rows_of_their_own(town: Town) -> None:
    values = {"type": EventType.CASE_CHANGED, "actor": "intake", "occurred_at": NOW, "facts": []}

    [written] = await town.write(Insert(Event, values))

    assert (written.event, (await town.rows("events"))[0]["id"]) == (None, written.id)
