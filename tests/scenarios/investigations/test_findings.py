"""分类梳理、登记建档、处置分流 · What is found is judged in time, watched, warned of, or becomes a case (R60, R77)."""

from typing import Any

import pytest
from tests.scenarios.desk import Desks, Refusal, org
from tests.scenarios.investigations.village import PEOPLE, found, rounds, tasks, villages

from hub.store.seal import context_of

ONE, OTHER = "东村", "西村"


async def reported(desk: Desks, day: str = "2025-06-06", **said: Any) -> str:
    """A finding of the one village on that day, a Friday; its id."""
    desk.on("2025-06-02", hour=0)
    await villages(desk, ONE, OTHER)
    await rounds(desk)
    desk.on(day)
    (task,) = await tasks(desk, ONE)
    given = await desk.does(ONE, "reportFinding", task["id"], finding=found(**said))
    return str(given["finding"]["id"])


async def of(desk: Desks, viewer: str, finding: str) -> dict[str, Any]:
    text = """query ($id: ID!) { finding(id: $id) { number state risk complete triageDueOn recheckOn triagedOn
        case { number state channel { code } title } warnings { nodes { level state organisation { name } } }
        availableActions { action } description } }"""
    shown: dict[str, Any] = (await desk.asks(viewer, text, id=finding))["finding"]
    return shown


async def limits(desk: Desks, subject: str) -> set[tuple[str, str, str, str]]:
    """The limits of a row: rule, state, day, and who must keep it."""
    bodies = {row["id"]: row["name"] for row in await desk.hub.rows("organisations")}
    bodies[org("centre-370402001")] = "centre-370402001"
    rows = await desk.hub.rows("deadlines", desk.hub.base.metadata.tables["deadlines"].c.subject_id == subject)
    return {(row["rule"], row["state"], str(row["due_on"]), bodies[row["organisation_id"]]) for row in rows}


async def test_a_finding_is_judged_within_two_working_days(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1（R77）· Found on a Friday, due on Tuesday; the task itself is not submitted by it."""
    finding = await reported(desk)

    shown = await of(desk, "intake", finding)
    assert (shown["number"], shown["state"], shown["complete"]) == ("ZZP-370402001-2025-000001", "NEW", True)
    assert (shown["triageDueOn"], shown["warnings"]["nodes"]) == ("2025-06-10", [])
    assert [each["action"] for each in shown["availableActions"]] == [
        *("TRIAGE_CASE", "TRIAGE_WATCH", "TRIAGE_NONE", "TRIAGE_DUPLICATE", "LINK"),
    ]
    assert (await tasks(desk, ONE))[0]["state"] == "OPEN"
    # What was found may name people: it is opened by who judges it, and shown to nobody.
    assert shown["description"] is None
    for stranger in ("tengzhou", "court", OTHER):
        assert await of(desk, stranger, finding) is None


async def test_a_red_risk_warns_every_level_above_at_once(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1预警报告（R77）· Judged the same day; the town's, the district's and the city's centres are told."""
    finding = await reported(desk, risk="RED")

    shown = await of(desk, "district", finding)
    assert shown["triageDueOn"] == "2025-06-06"
    assert sorted((each["level"], each["state"]) for each in shown["warnings"]["nodes"]) == [
        ("CITY", "RAISED"),
        ("DISTRICT", "RAISED"),
        ("TOWN", "RAISED"),
    ]
    events = await desk.hub.rows("events", desk.hub.base.metadata.tables["events"].c.type == "RISK_WARNED")
    assert len(events) == 3

    warning = await desk.hub.one("risk_warnings", organisation_id=org("centre-370402001"))
    given = await desk.does("centre", "acknowledgeWarning", warning["id"])
    assert given["riskWarning"]["state"] == "ACKNOWLEDGED"
    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "acknowledgeWarning", warning["id"])
    assert refused.value.number == "HUB-704"

    for contradiction in (
        {"verdict": "NONE"},
        {"verdict": "NONE", "risk": "RED"},
        {"verdict": "WATCH", "duplicateOf": finding},
    ):
        with pytest.raises(Refusal) as refused:
            await desk.does("intake", "triageFinding", finding, reason="无需处置", **contradiction)
        assert refused.value.number == "HUB-713", contradiction
    (task,) = await tasks(desk, ONE)
    for wrong in ({"visited": -1}, {"visited": 2_000_000}, {"findings": [found(people=-3)]}):
        with pytest.raises(Refusal) as refused:
            await desk.does(ONE, "submitReport", task["id"], **{"findings": [found()], **wrong})
        assert refused.value.number == "HUB-717", wrong
    assert (await of(desk, "intake", finding))["state"] == "NEW"


async def test_what_turns_out_red_when_it_is_judged_warns_too_and_once(desk: Desks) -> None:
    """R77 · The colour is a judgement of the risk, not of time."""
    finding = await reported(desk)

    await desk.does("intake", "triageFinding", finding, verdict="WATCH", reason="可能激化", risk="RED")

    shown = await of(desk, "district", finding)
    assert (shown["state"], shown["risk"], len(shown["warnings"]["nodes"])) == ("WATCH", "RED", 3)


async def test_what_is_watched_is_looked_at_again_every_thirty_days(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1苗头隐患（R77）· By the village, until it is gone or has become a dispute."""
    finding = await reported(desk)
    await desk.does("intake", "triageFinding", finding, verdict="WATCH", reason="尚未发生争执")
    assert (await of(desk, ONE, finding))["recheckOn"] == "2025-07-07"

    desk.on("2025-07-04")
    await desk.does(ONE, "recheckFinding", finding, result="WATCH")
    assert (await of(desk, ONE, finding))["recheckOn"] == "2025-08-04"
    assert await limits(desk, finding) == {
        ("FINDING_TRIAGE", "ENDED", "2025-06-10", "centre-370402001"),
        ("WATCH_RECHECK", "RUNNING", "2025-08-04", ONE),
    }
    desk.on("2025-08-01")
    await desk.does("centre", "recheckFinding", finding, result="CLEARED")

    shown = await of(desk, ONE, finding)
    assert (shown["state"], shown["recheckOn"], shown["availableActions"]) == ("CLEARED", None, [])


async def test_a_finding_becomes_a_case_as_any_other_and_each_shows_the_other(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.2.1排查与调处并行（R60）· Registered, with its number and its limits, and linked both ways."""
    finding = await reported(desk)
    await desk.does("intake", "triageFinding", finding, verdict="CASE", reason="双方已起争执")

    given = await desk.does("intake", "registerFinding", finding, case={"severity": "2", "parties": PEOPLE})

    case = given["case"]["id"]
    text = "query ($id: ID!) { case(id: $id) { title start channel { code } findings { nodes { id state } } } }"
    shown = (await desk.asks("intake", text, id=case))["case"]
    assert (shown["start"], shown["channel"]["code"]) == ("OWN_MOTION", "11")
    assert shown["findings"]["nodes"] == [{"id": finding, "state": "LINKED"}]
    linked = await of(desk, ONE, finding)
    assert linked["state"] == "LINKED"
    assert {state for _, state, _, _ in await limits(desk, finding)} == {"ENDED"}
    assert set(await desk.deadlines(case)) == {"FIRST_RESPONSE", "SUPPLEMENT_NOTICE"}
    stored, row = await desk.row("cases", case), await desk.row("findings", finding)
    assert (row["case_id"], stored["region_id"]) == (case, "region_370402001")
    told = desk.hub.seal.open(stored["narrative_sealed"], context_of("cases", "narrative", case))
    assert told == found()["description"]


async def test_a_finding_may_belong_to_a_case_that_is_known(desk: Desks) -> None:
    """R65 · 不重不漏: the dispute that the village tells of has come to the counter before."""
    finding = await reported(desk)
    known = await desk.does("intake", "registerCase", case=_dispute())

    given = await desk.does("intake", "linkFinding", finding, case=known["case"]["id"])

    assert given["finding"]["state"] == "LINKED"
    assert len(await desk.hub.rows("cases")) == 1


async def test_a_duplicate_names_the_finding_that_told_it_first(desk: Desks) -> None:
    """R65 · Two villages tell of one quarrel."""
    first = await reported(desk)
    (task,) = await tasks(desk, OTHER)
    second = (await desk.does(OTHER, "reportFinding", task["id"], finding=found()))["finding"]["id"]
    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "triageFinding", second, verdict="DUPLICATE", reason="与东村所报相同")
    assert refused.value.number == "HUB-713"

    await desk.does("intake", "triageFinding", second, verdict="DUPLICATE", reason="与东村所报相同", duplicateOf=first)

    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "triageFinding", first, verdict="DUPLICATE", reason="互为重复", duplicateOf=second)
    assert refused.value.number == "HUB-713"
    assert (await desk.row("findings", second))["duplicate_of_id"] == first


async def test_a_village_reports_what_lies_in_its_town(desk: Desks) -> None:
    """R21 · 属地管理: what lies elsewhere is for those there to report."""
    desk.on("2025-06-02", hour=0)
    await villages(desk, ONE)
    await rounds(desk)
    (task,) = await tasks(desk, ONE)

    with pytest.raises(Refusal) as refused:
        await desk.does(ONE, "reportFinding", task["id"], finding=found(region="region_370481001"))

    assert refused.value.number == "HUB-715"
    assert await desk.hub.rows("findings") == []


def _dispute() -> dict[str, Any]:
    said = {"title": "王五与赵六宅基地纠纷", "disputeType": "03", "channel": "01", "severity": "2", "online": False}
    return {**said, "region": "region_370402001", "parties": PEOPLE}
