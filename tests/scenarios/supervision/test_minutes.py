"""分钟期限 · What must be done within minutes is watched by the minute: deliveries (R30-R33), red warnings (R77, R107)."""

import asyncio
import datetime as dt
from typing import Any

from tests.scenarios.desk import Desks, org
from tests.scenarios.investigations.test_findings import reported

from hub.procedures.sweeps import mark_overdue, sweep_of

CENTRES = {org(f"centre-{code}") for code in ("370402001", "370402", "370400")}


async def looked(desk: Desks, minutes: int) -> dict[str, int]:
    """So many minutes later the job that runs every few minutes finds what it finds."""
    desk.now += dt.timedelta(minutes=minutes)
    await desk.sweeps()
    return await desk.supervises()


def of_rule(alerts: list[dict[str, Any]], rule: str) -> list[tuple[str, str, str]]:
    return [(each["level"], each["state"], each["trigger"]) for each in alerts if each["rule"] == rule]


async def test_a_referral_that_is_not_delivered_within_the_hour_is_noticed_and_then_supervised(desk: Desks) -> None:
    """DOMAIN 2.2 · Undelivered for an hour: who can look after it is told; from the next working day on it is yellow."""
    desk.on("2025-06-06", hour=16)
    await desk.invited()
    case, referral = await desk.delegated()
    due = await desk.hub.one("deadlines", referral_id=referral, rule="REFERRAL_DELIVERY")
    assert (due["days"], due["minutes"], due["due_at"]) == (0, 60, "2025-06-06T09:00:00.000000Z")

    assert (await looked(desk, 60))["raised"] == 0
    assert (await looked(desk, 5))["raised"] == 1
    assert (await looked(desk, 5)) == {"resolved": 0, "raised": 0, "unanswered": 0, "repeated": 0}
    notice = await desk.alert(rule="REFERRAL_DELIVERY")
    assert (notice["level"], notice["trigger"], notice["case"]["id"]) == ("NOTICE", "OVERDUE", case)
    assert [each["post"] for each in notice["addressees"]] == ["HANDLER", "DISPATCH"]

    levels = []
    for day in ("2025-06-08", "2025-06-09"):
        desk.on(day)
        await looked(desk, 5)
        levels.append((await desk.alert(rule="REFERRAL_DELIVERY"))["level"])
    assert levels == ["NOTICE", "YELLOW"]

    await desk.does("committee", "deliverReferral", referral)

    assert of_rule(await desk.alerts(), "REFERRAL_DELIVERY") == [("YELLOW", "RESOLVED", "OVERDUE")]
    assert (await desk.deadlines(case))["REFERRAL_DELIVERY"] == ("2025-06-06", "ENDED")


async def test_a_red_warning_that_nobody_acknowledges_in_half_an_hour_goes_upward(desk: Desks) -> None:
    """人民调解法第25条、R107 · Also at night: half an hour is half an hour; it ends with the acknowledgement."""
    finding = await reported(desk, risk="RED")
    desk.on("2025-06-06", hour=23)
    warnings = {row["organisation_id"]: row["id"] for row in await desk.hub.rows("risk_warnings")}
    limits = await desk.hub.rows("deadlines", desk.hub.base.metadata.tables["deadlines"].c.rule == "RED_WARNING")
    assert {row["subject_id"] for row in limits} == set(warnings.values())
    assert {row["organisation_id"] for row in limits} == CENTRES
    await desk.does("centre", "acknowledgeWarning", warnings[org("centre-370402001")])

    desk.now += dt.timedelta(minutes=31)
    sweep = sweep_of(desk.hub.base, desk.hub.seal, desk.now)
    # Two jobs at once: each limit is found late by one of them.
    assert sum(await asyncio.gather(mark_overdue(sweep), mark_overdue(sweep))) == 2
    await desk.supervises()

    told = [each for each in await desk.alerts("admin") if each["rule"] == "RED_WARNING"]
    assert {(each["level"], each["trigger"], each["state"]) for each in told} == {("RED", "OVERDUE", "RAISED")}
    assert {each["organisation"]["id"] for each in told} == CENTRES - {org("centre-370402001")}
    assert {each["post"] for each in told[0]["addressees"]} == {"DISTRICT_LEAD", "SUPERVISOR"}
    text = "query ($id: ID!) { supervisionAlert(id: $id) { subject { ... on RiskWarning { finding { id } } } } }"
    shown = await desk.asks("district", text, id=told[0]["id"])
    assert shown["supervisionAlert"]["subject"] == {"finding": {"id": finding}}

    await desk.does("district", "acknowledgeWarning", warnings[org("centre-370402")])

    ended = {
        each["organisation"]["id"]: each["endedAs"] for each in await desk.alerts("admin") if each["rule"] == "RED_WARNING"
    }
    assert ended == {org("centre-370402"): "MET", org("centre-370400"): None}
