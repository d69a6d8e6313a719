"""督办 · What is late is urged, supervised, and goes up until it is done (R24, DOMAIN 2.6)."""

from typing import Any

import pytest
from tests.scenarios.desk import BODY, OTHER_BODY, Desks, Refusal, dispute, org

from hub.rules.thresholds import LEVELS


async def registered(desk: Desks, **said: Any) -> str:
    """A case of the window whose first response is due on the next working day."""
    given = await desk.does("intake", "registerCase", case=dispute(channel="01", **said))
    return str(given["case"]["id"])


async def test_a_late_first_response_climbs_from_yellow_to_red(desk: Desks) -> None:
    """R24、R55 · Due on Wednesday: yellow the day after, orange after three working days, red after seven."""
    desk.on("2025-06-03")
    case = await registered(desk)
    desk.on("2025-06-04")
    assert (await desk.supervises())["raised"] == 0

    levels = {}
    for day in ("2025-06-05", "2025-06-06", "2025-06-07", "2025-06-08", "2025-06-09", "2025-06-12", "2025-06-13"):
        desk.on(day)
        await desk.supervises()
        if day == "2025-06-09":
            late = (await desk.alert(rule="FIRST_RESPONSE"))["id"]
            await desk.does("district", "explainAlert", late, reason="WORKLOAD", promisedOn="2025-06-16")
        levels[day] = (await desk.alert(rule="FIRST_RESPONSE"))["level"]

    assert levels == {
        "2025-06-05": "YELLOW",
        "2025-06-06": "YELLOW",
        "2025-06-07": "YELLOW",
        "2025-06-08": "YELLOW",
        "2025-06-09": "ORANGE",
        "2025-06-12": "ORANGE",
        "2025-06-13": "RED",
    }
    alert = await desk.alert(rule="FIRST_RESPONSE")
    assert (alert["case"]["id"], alert["trigger"], alert["dueOn"]) == (case, "OVERDUE", "2025-06-04")
    assert [each["post"] for each in alert["addressees"]] == ["DISTRICT_LEAD", "SUPERVISOR"]
    assert alert["replyDueOn"] == "2025-06-13"
    assert await desk.supervises() == {"resolved": 0, "raised": 0, "unanswered": 0, "repeated": 0}


async def test_a_notice_comes_three_working_days_before_and_becomes_the_alert(desk: Desks) -> None:
    """法释〔2021〕23号第24条 · Thirty days: urged on 30 June; the same alert is yellow when the day has passed."""
    desk.on("2025-06-03")
    await desk.invited()
    _, referral = await desk.mediating()
    desk.on("2025-06-27")
    await desk.supervises()
    assert [each for each in await desk.alerts() if each["rule"] == "DELEGATED_MEDIATION"] == []

    desk.on("2025-06-30")
    await desk.supervises()
    notice = await desk.alert(rule="DELEGATED_MEDIATION")
    assert (notice["level"], notice["replyDueOn"], notice["organisation"]["id"]) == ("NOTICE", None, org(BODY))
    assert notice["addressees"] == [{"post": "HANDLER", "id": org(BODY)}]

    desk.on("2025-07-04")
    await desk.supervises()
    alert = await desk.alert(rule="DELEGATED_MEDIATION")
    assert (alert["id"], alert["level"], alert["state"]) == (notice["id"], "YELLOW", "ESCALATED")

    await desk.does("committee", "endMediation", referral, reason="5")
    (ended,) = [each for each in await desk.alerts() if each["id"] == alert["id"]]
    assert (ended["state"], ended["endedAs"]) == ("RESOLVED", "MET")


async def test_an_alert_ends_in_the_deed_that_meets_its_limit(desk: Desks) -> None:
    """R24 · Nobody has to resolve what is done."""
    desk.on("2025-06-03")
    case = await registered(desk)
    desk.on("2025-06-10")
    await desk.supervises()
    before = await desk.alert(rule="FIRST_RESPONSE")

    await desk.does("intake", "acceptCase", case)

    (after,) = [each for each in await desk.alerts() if each["id"] == before["id"]]
    assert (after["state"], after["endedAs"], after["availableActions"]) == ("RESOLVED", "MET", [])
    assert (await desk.supervises())["raised"] == 0


async def test_who_is_late_answers_and_the_dispatcher_gives_time(desk: Desks) -> None:
    """R24：催办、督办 · Acknowledged, explained with a new date, extended: it rises no further until that has passed."""
    desk.on("2025-06-03")
    await desk.invited()
    _, referral = await desk.delegated()
    await desk.does("committee", "deliverReferral", referral)
    desk.on("2025-06-09")
    await desk.supervises()
    alert = await desk.alert("committee", rule="CONFIRMATION_OF_RECEIPT")
    assert [each["action"] for each in alert["availableActions"]] == ["ACKNOWLEDGE", "EXPLAIN"]

    await desk.does("committee", "acknowledgeAlert", alert["id"])
    with pytest.raises(Refusal) as refused:
        await desk.does("district", "extendAlert", alert["id"], until="2025-06-20")
    assert refused.value.number == "HUB-710"
    for day in ("2025-06-08", "2026-06-11", "9999-12-31"):
        with pytest.raises(Refusal) as refused:
            await desk.does("committee", "explainAlert", alert["id"], reason="PARTY", promisedOn=day)
        assert refused.value.number == "HUB-714", day
    said = {"reason": "PARTY", "promisedOn": "2025-06-18", "explanation": "张三电话13812345678无人接听"}
    await desk.does("committee", "explainAlert", alert["id"], **said)
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "extendAlert", alert["id"], until="2025-06-20")
    assert refused.value.number == "HUB-711"
    given = await desk.does("district", "extendAlert", alert["id"], until="2025-06-20")
    assert given["supervisionAlert"]["state"] == "EXTENDED"

    explained = await desk.alert(rule="CONFIRMATION_OF_RECEIPT")
    assert explained["delayReason"] == {"code": "PARTY"}
    assert "13812345678" not in explained["explanation"]
    assert "张三" not in explained["explanation"]
    desk.on("2025-06-20")
    await desk.supervises()
    assert (await desk.alert(rule="CONFIRMATION_OF_RECEIPT"))["level"] == "YELLOW"
    desk.on("2025-06-21")
    await desk.supervises()
    assert (await desk.alert(rule="CONFIRMATION_OF_RECEIPT"))["level"] == "RED"


async def test_what_nobody_answers_goes_to_the_next_level(desk: Desks) -> None:
    """R24 · An alert of a person: three working days to answer, then orange, then red; it stays there."""
    desk.on("2025-06-03")
    case = await registered(desk)
    await desk.does("intake", "acceptCase", case)
    await desk.does("district", "raiseSupervision", case=case, level="YELLOW", note="请尽快分流")
    levels = []
    for day in ("2025-06-06", "2025-06-09", "2025-06-12", "2025-06-30"):
        desk.on(day)
        await desk.supervises()
        levels.append((await desk.alert(trigger="RAISED"))["level"])

    assert levels == ["ORANGE", "ORANGE", "RED", "RED"]
    # Demanded anew, it says so, also where it is at a higher level already; of what is over nothing is demanded.
    given = await desk.does("district", "raiseSupervision", case=case, level="YELLOW", note="再次督办")
    text = "query ($id: ID!) { supervisionAlert(id: $id) { level note } }"
    shown = await desk.asks("district", text, id=given["supervisionAlert"]["id"])
    assert shown["supervisionAlert"] == {"level": "RED", "note": "再次督办"}
    other = await registered(desk)
    await desk.does("intake", "refuseCase", other, reason="SCOPE", notice={"channels": ["SSFY"], "advice": "可起诉"})
    with pytest.raises(Refusal) as refused:
        await desk.does("district", "raiseSupervision", case=other, level="RED", note="已结")
    assert refused.value.number == "HUB-704"


async def test_a_stopped_clock_raises_nothing(desk: Desks) -> None:
    """法释〔2021〕23号第26条 · During an appraisal nobody is late; the alert that there was ends."""
    desk.on("2025-09-01")
    await desk.invited()
    _, referral = await desk.mediating()
    desk.on("2025-09-29")
    await desk.supervises()
    before = await desk.alert(rule="DELEGATED_MEDIATION")

    await desk.does("committee", "startAppraisal", referral)
    desk.on("2025-12-01")
    await desk.supervises()

    mine = [each for each in await desk.alerts() if each["rule"] == "DELEGATED_MEDIATION"]
    assert [(each["id"], each["state"], each["endedAs"]) for each in mine] == [(before["id"], "RESOLVED", "STOPPED")]


async def test_a_provisional_day_goes_no_further_than_yellow(desk: Desks) -> None:
    """国务院放假通知未公布 · Counted by weekends only: nobody is called red for a day that is not known."""
    desk.on("2027-06-01")
    await registered(desk)
    for day in ("2027-06-03", "2027-06-30", "2027-08-30"):
        desk.on(day)
        await desk.supervises()

    alert = await desk.alert(rule="FIRST_RESPONSE")
    assert (alert["level"], alert["provisional"]) == ("YELLOW", True)
    with pytest.raises(Refusal) as refused:
        await desk.does("district", "escalateAlert", alert["id"])
    assert refused.value.number == "HUB-714"


async def test_a_third_rejection_is_orange_whatever_its_limits_say(desk: Desks) -> None:
    """R32 · Three bodies in a row do not take the case: the dispatcher is told; it ends when one does."""
    desk.on("2025-06-03")
    case = await registered(desk)
    await desk.does("intake", "acceptCase", case)
    await desk.does("intake", "chooseModes", case, choices=await chosen(desk, case), **CHOICES)
    for number in range(3):
        desk.on(f"2025-06-0{number + 3}", hour=10)
        referral = await assigned(desk, case, (BODY, OTHER_BODY)[number % 2])
        await desk.supervises()
        assert not [each for each in await desk.alerts() if each["trigger"] == "REJECTED"]
        body = ("committee", "mediator")[number % 2]
        await desk.does(body, "deliverReferral", referral)
        await desk.does(body, "rejectReferral", referral, reason="12-1")

    await desk.supervises()
    alert = await desk.alert(trigger="REJECTED")
    assert (alert["level"], alert["case"]["id"]) == ("ORANGE", case)
    referral = await assigned(desk, case, BODY)
    await desk.does("committee", "deliverReferral", referral)
    await desk.does("committee", "acceptReferral", referral)
    assert (await desk.supervises())["resolved"] >= 1
    assert [each["endedAs"] for each in await desk.alerts() if each["trigger"] == "REJECTED"] == ["GONE"]


async def test_a_red_risk_is_reported_at_once_and_is_no_level_of_time(desk: Desks) -> None:
    """人民调解法第25条、R107 · Nothing is late; the danger is red. Assessed down again, the alert ends."""
    desk.on("2025-06-03")
    case = await registered(desk)

    await desk.does("intake", "assessRisk", case, risk="RED")
    alert = await desk.alert(trigger="RISK")
    assert (alert["level"], alert["rule"], alert["dueOn"]) == ("RED", None, None)
    await desk.does("intake", "assessRisk", case, risk="RED")
    assert len([each for each in await desk.alerts() if each["trigger"] == "RISK"]) == 1
    desk.on("2025-06-05")
    await desk.supervises()
    late = await desk.alert(rule="FIRST_RESPONSE")
    assert (late["level"], late["risk"]) == ("YELLOW", "RED")

    await desk.does("intake", "assessRisk", case, risk="YELLOW")
    assert [each["endedAs"] for each in await desk.alerts() if each["trigger"] == "RISK"] == ["GONE"]


async def test_the_second_orange_of_a_case_is_red(desk: Desks) -> None:
    """R24 · Two limits of one case, both three working days late."""
    desk.on("2025-06-03")
    case = await registered(desk)
    desk.on("2025-06-09")
    await desk.supervises()
    assert (await desk.alert(rule="FIRST_RESPONSE"))["level"] == "ORANGE"

    await desk.does("district", "raiseSupervision", case=case, level="ORANGE", note="一案两督")
    assert (await desk.supervises())["repeated"] == 1

    assert (await desk.alert(trigger="RAISED"))["level"] == "RED"
    assert (await desk.alert(rule="FIRST_RESPONSE"))["level"] == "ORANGE"


async def test_a_cancelled_alert_is_not_raised_again_for_the_same_day(desk: Desks) -> None:
    """R24 · It was false; what was late stays late, but nobody is told twice."""
    desk.on("2025-06-03")
    await registered(desk)
    desk.on("2025-06-05")
    await desk.sweeps()
    await desk.supervises()
    alert = await desk.alert(rule="FIRST_RESPONSE")
    with pytest.raises(Refusal) as refused:
        await desk.does("district", "resolveAlert", alert["id"], note="已口头答复")
    assert refused.value.number == "HUB-712"

    await desk.does("district", "cancelAlert", alert["id"], note="登记日期有误")
    desk.on("2025-06-20")
    await desk.supervises()

    assert [each["state"] for each in await desk.alerts() if each["rule"] == "FIRST_RESPONSE"] == ["CANCELLED"]


async def test_only_the_supervisor_lists_and_only_what_is_red(desk: Desks) -> None:
    """R24：挂牌督办 · Listed supervision."""
    desk.on("2025-06-03")
    await registered(desk)
    desk.on("2025-06-05")
    await desk.supervises()
    alert = await desk.alert(rule="FIRST_RESPONSE")
    with pytest.raises(Refusal) as refused:
        await desk.does("supervisor", "listAlert", alert["id"], note="限期办结")
    assert refused.value.number == "HUB-712"
    desk.on("2025-06-13")
    await desk.supervises()
    with pytest.raises(Refusal) as refused:
        await desk.does("district", "listAlert", alert["id"], note="限期办结")
    assert refused.value.number == "HUB-711"

    await desk.does("supervisor", "listAlert", alert["id"], note="限期办结")
    assert (await desk.alert(rule="FIRST_RESPONSE"))["listedOn"] == "2025-06-13"
    # What is on the supervisor's list is not taken off it by those who are supervised.
    with pytest.raises(Refusal) as refused:
        await desk.does("district", "cancelAlert", alert["id"], note="误发")
    assert refused.value.number == "HUB-712"
    assert "CANCEL" not in {each["action"] for each in (await desk.alert(rule="FIRST_RESPONSE"))["availableActions"]}
    await desk.does("supervisor", "delistAlert", alert["id"])
    assert (await desk.alert(rule="FIRST_RESPONSE"))["listedOn"] is None


async def test_the_days_for_confirmation_run_from_the_agreement_and_their_window_closes(desk: Desks) -> None:
    """民事诉讼法第205条 (T9) · Recorded three days after it took effect; warned of, and nobody is late when it closes."""
    desk.on("2025-06-03")
    await desk.invited()
    case, referral = await desk.mediating()
    desk.on("2025-06-12")
    await desk.does("committee", "recordAgreement", referral, kind="WRITTEN", date="2025-06-09")
    assert (await desk.deadlines(case))["JUDICIAL_CONFIRMATION"] == ("2025-07-09", "RUNNING")

    desk.on("2025-06-25")
    await desk.supervises()
    assert (await desk.alert(rule="JUDICIAL_CONFIRMATION"))["level"] == "NOTICE"
    desk.on("2025-07-10")
    await desk.sweeps()
    await desk.supervises()

    assert (await desk.deadlines(case))["JUDICIAL_CONFIRMATION"][1] == "OVERDUE"
    mine = [each for each in await desk.alerts() if each["rule"] == "JUDICIAL_CONFIRMATION"]
    assert [(each["level"], each["state"]) for each in mine] == [("NOTICE", "RESOLVED")]
    types = {row["type"] for row in await desk.hub.rows("events")}
    assert "WINDOW_CLOSED" in types


@pytest.mark.parametrize(
    ("channel", "received", "accepted"),
    [
        ("09", {"PETITION_ROUTING": "2025-06-18", "PETITION_NOTICE": "2025-06-18"}, {"PETITION_CONCLUSION": "2025-08-04"}),
        ("06", {"CONSUMER_ACCEPTANCE": "2025-06-12"}, {"CONSUMER_MEDIATION": "2025-08-07"}),
        ("01", {}, {}),
    ],
)
async def test_petitions_and_consumer_complaints_have_the_limits_of_their_law(
    desk: Desks, channel: str, received: dict[str, str], accepted: dict[str, str]
) -> None:
    """信访工作条例第22、23、34条；市场监管投诉办法第14、20条 (T33, T34, T36, T46, T47)"""
    usual = {"FIRST_RESPONSE", "SUPPLEMENT_NOTICE"}
    desk.on("2025-06-03")
    case = str((await desk.does("intake", "registerCase", case=dispute(channel=channel)))["case"]["id"])
    limits = await desk.deadlines(case)
    assert {rule: due for rule, (due, _) in limits.items() if rule not in usual} == received

    desk.on("2025-06-05")
    await desk.does("intake", "acceptCase", case)

    limits = await desk.deadlines(case)
    running = {rule: due for rule, (due, state) in limits.items() if state == "RUNNING" and rule != "PETITION_ROUTING"}
    assert running == accepted


def test_time_and_risk_are_two_scales() -> None:
    """DOMAIN 2.6 · Levels say how late, colours how dangerous."""
    assert [level.name for level in LEVELS] == ["NOTICE", "YELLOW", "ORANGE", "RED"]


CHOICES = {"options": ["RM", "SSFY"], "explanation": "调解不收费，不影响起诉"}


async def chosen(desk: Desks, case: str) -> list[dict[str, Any]]:
    """The applicant has chosen people's mediation."""
    return [{"party": (await desk.sides(case))[0], "answer": "CHOSEN", "chosen": "RM"}]


async def assigned(desk: Desks, case: str, body: str) -> str:
    """Assigned to the body by the diversion post."""
    given = await desk.does("divert", "issueReferral", case, referral={"type": "ASSIGN", "receiver": org(body)})
    return str(given["referral"]["id"])
