"""督办移交 · An open alert goes with its case: to the body that takes it, and to the region that it lies in (R21, R24)."""

import datetime as dt
from typing import Any

import orjson
from tests.procedures.agencies import LI, ZHANG, Hub, matter, person
from tests.scenarios.desk import BODY, CHINA, Desks, org
from tests.scenarios.supervision.test_alerts import CHOICES, assigned, chosen, registered

HOTLINE = "hotline-12345"


async def test_an_open_alert_goes_to_the_body_that_takes_the_case(desk: Desks) -> None:
    """R24 · Who handles the case now is who must answer; what has ended stays with whom it was raised for."""
    desk.on("2025-06-03")
    case = await registered(desk)
    await desk.does("intake", "acceptCase", case)
    for note in ("请尽快分流", "再次催办"):
        raised = await desk.does("district", "raiseSupervision", case=case, level="YELLOW", note=note)
        if note == "请尽快分流":
            await desk.does("district", "cancelAlert", raised["supervisionAlert"]["id"], note="误发")
    before = await desk.alert(trigger="RAISED")
    await desk.does("intake", "chooseModes", case, choices=await chosen(desk, case), **CHOICES)
    referral = await assigned(desk, case, BODY)
    await desk.does("committee", "deliverReferral", referral)
    assert (await desk.alert(trigger="RAISED")) == before

    await desk.does("committee", "acceptReferral", referral)

    alert = await desk.alert(trigger="RAISED")
    assert (alert["id"], alert["organisation"]["id"]) == (before["id"], org(BODY))
    assert {each["id"] for each in alert["addressees"]} == {org(BODY)} != {each["id"] for each in before["addressees"]}
    (cancelled,) = [each for each in await desk.alerts() if each["state"] == "CANCELLED"]
    assert cancelled["organisation"] == before["organisation"]
    (moved,) = [row for row in await desk.hub.rows("events") if row["type"] == "ALERT_MOVED"]
    assert (moved["subject_id"], moved["case_id"]) == (alert["id"], case)
    await desk.does("committee", "acknowledgeAlert", alert["id"])


async def test_an_open_alert_goes_to_the_region_that_its_case_is_corrected_to(desk: Desks) -> None:
    """DESIGN 6 · Both districts hear of it; the old one no longer sees it, the new one does."""
    hub = desk.hub
    await hub.takes(HOTLINE, quarrel())
    case = await hub.case_of("GD1")
    desk.now = dt.datetime(2026, 7, 6, 9, tzinfo=CHINA)
    await desk.supervises()
    was = await desk.alert(rule="FIRST_RESPONSE")

    await hub.takes(HOTLINE, quarrel(minute=1, region="370481101"))

    alert = await desk.row("supervision_alerts", was["id"])
    moved = await desk.row("cases", case["id"])
    for name in ("organisation_id", "region_id", "district", "town"):
        assert alert[name] == moved[name] != case[name], name
    assert was["id"] not in {each["id"] for each in await desk.alerts("district")}
    keys = await _keys(hub, was["id"])
    assert [each["district"] for each in keys] == ["370402", "370481"]
    assert (await desk.supervises()) == {"resolved": 0, "raised": 0, "unanswered": 0, "repeated": 0}


async def _keys(hub: Hub, alert: str) -> list[dict[str, Any]]:
    """The routing keys before and after, of the event that it moved."""
    (event,) = [row for row in await hub.rows("events") if (row["type"], row["subject_id"]) == ("ALERT_MOVED", alert)]
    return [orjson.loads(event[name]) for name in ("routing_before", "routing_after")]


def quarrel(**said: Any) -> Any:
    return matter("GD1", person("张三", ZHANG), person("李四", LI), **said)
