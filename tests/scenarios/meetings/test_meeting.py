"""分析研判机制 · Meetings are a duty of every period; their figures are frozen, their measures watched, reports sent (R70)."""

from dataclasses import replace
from typing import Any

import pytest
from tests.scenarios.desk import Desks, Refusal, dispute, org

from hub.access.viewers import MEET, REPORT, Scope, Viewer
from hub.parts import hub_graph
from hub.procedures.packs import build_packs, plan_meetings
from hub.procedures.sweeps import sweep_of
from hub.resolvers.finding import Finder

CENTRE, ABOVE, OFFICE = "centre-370402001", "centre-370402", "law-governance-370402"


async def night(desk: Desks) -> dict[str, int]:
    """What the night's job plans and builds, and what time brings about."""
    base = desk.hub.base
    sweep = sweep_of(base, desk.hub.seal, desk.now)
    planned = await plan_meetings(sweep)
    await desk.sweeps()
    find = Finder(hub_graph(), base.model, base.engine, base.metadata, desk.hub.seal)
    return {"planned": planned, **await build_packs(sweep, find)}


def people(desk: Desks) -> None:
    """Desks of the district's centre and of its office for law-based governance."""
    for key in (ABOVE, OFFICE):
        scope = Scope(organisations=(org(key),))
        desk.viewers[key] = Viewer(key, "org_admin", scope, permissions=frozenset({MEET, REPORT}), subject=key)


async def refusal(desk: Desks, viewer: str, verb: str, row: str, **inputs: Any) -> str:
    """The code with which it is refused."""
    with pytest.raises(Refusal) as refused:
        await desk.does(viewer, verb, row, **inputs)
    return refused.value.number


async def registered(desk: Desks, *days: str, **said: Any) -> list[str]:
    found = []
    for day in days:
        desk.on(day)
        given = await desk.does("intake", "registerCase", case=dispute(channel="01", **said))
        found.append(str(given["case"]["id"]))
    return found


async def meeting_of(desk: Desks, viewer: str, period: str, **more: Any) -> dict[str, Any]:
    text = """query ($filter: MeetingFilter) { meetings(filter: $filter, first: 2) { nodes { id title kind level state holdBy late cutOff
        organisation { id } snapshots(first: 2) { nodes { id period dictionary figures(first: 100) { nodes { indicator part
        indicatorVersion counts small count of before value amount days
        pages(first: 2) { nodes { number cases { id } referrals { id } } } } } } }
        measures { nodes { id state dueOn } } attendances { nodes { present post organisation { id } } }
        deadlines { nodes { rule state dueOn } } availableActions { action } } } }"""
    wanted = {"period": {"eq": period}, "level": {"eq": "TOWN"}, **more}
    (found,) = (await desk.asks(viewer, text, filter=wanted))["meetings"]["nodes"]
    shown: dict[str, Any] = found
    return shown


def figures(meeting: dict[str, Any], part: str = "") -> dict[str, dict[str, Any]]:
    (snapshot,) = meeting["snapshots"]["nodes"]
    return {each["indicator"]: each for each in snapshot["figures"]["nodes"] if each["part"] == part}


async def prepared(desk: Desks) -> tuple[dict[str, Any], list[str]]:
    """May and June have passed with a case and three; the town's meeting about June has its pack."""
    desk.on("2025-05-02", hour=0)
    people(desk)
    await night(desk)
    cases = [*await registered(desk, "2025-05-20"), *await registered(desk, "2025-06-03", "2025-06-20")]
    cases += await registered(desk, "2025-06-30", disputeType="02", amount="1200.00")
    await registered(desk, "2025-06-30", region="region_370402002")
    desk.on("2025-07-01", hour=0)
    await night(desk)
    return await meeting_of(desk, "centre", "2025-06"), cases


async def test_every_period_has_its_meeting_and_one_not_held_is_overdue(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.2.5（R70）· Towns monthly, districts and the city quarterly; five working days after the end."""
    desk.on("2025-05-02", hour=0)
    # Six districts and the high-tech zone.
    assert (await night(desk))["planned"] == 65 + 7 + 1
    assert (await night(desk))["planned"] == 0
    found = await meeting_of(desk, "centre", "2025-05")
    assert (found["kind"], found["state"], found["holdBy"]) == ("REGULAR", "PLANNED", "2025-06-09")
    assert found["snapshots"]["nodes"] == []

    desk.on("2025-06-02", hour=0)
    assert (await night(desk))["packs"] == 65
    desk.on("2025-06-10", hour=0)
    await night(desk)

    (limit,) = (await meeting_of(desk, "centre", "2025-05"))["deadlines"]["nodes"]
    assert limit == {"rule": "ANALYSIS_MEETING", "state": "OVERDUE", "dueOn": "2025-06-09"}
    with pytest.raises(ValueError, match="not enough values"):
        await meeting_of(desk, "tengzhou", "2025-05", organisation={"id": {"eq": org(CENTRE)}})


async def test_a_pack_freezes_figures_and_the_cases_that_they_count(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.2.5（R71）· Whatever becomes of the cases afterwards, and as long as the figure."""
    meeting, cases = await prepared(desk)

    assert (meeting["state"], meeting["cutOff"]) == ("PACK_BUILT", "2025-06-30T16:00:00.000000Z")
    counted = figures(meeting)["registered"]
    assert (counted["count"], counted["before"], counted["value"], counted["indicatorVersion"]) == (3, 1, "3", 1)
    assert [each["id"] for each in counted["pages"]["nodes"][0]["cases"]] == sorted(cases[1:])
    assert figures(meeting)["amount"]["amount"] == "1200.00"
    assert (figures(meeting)["resolution_rate"]["of"], figures(meeting)["resolution_rate"]["value"]) == (0, None)
    assert figures(meeting, "type:04")["registered"]["count"] == 2
    assert figures(meeting, "town:370402001")["registered"]["count"] == 3

    desk.on("2025-07-02")
    await desk.does("intake", "refuseCase", cases[1], reason="SCOPE", notice={"channels": ["SSFY"], "advice": "可起诉"})
    await night(desk)

    assert figures(await meeting_of(desk, "centre", "2025-06")) == figures(meeting)
    shown = await desk.asks("centre", "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=sorted(cases[1:]))
    assert len(shown["nodes"]) == counted["count"]


async def test_a_frozen_figure_of_few_is_not_shown_in_published_views(desk: Desks) -> None:
    """DOMAIN 7, small cells · Neither its numbers nor what it lists, while nought is nobody's."""
    meeting, _ = await prepared(desk)
    desk.viewers["leader"] = replace(desk.viewers["centre"], masks=frozenset({"small"}))

    seen = figures(await meeting_of(desk, "leader", "2025-06"))

    few = {key for key, each in figures(meeting).items() if each["small"]}
    assert {"registered", "amount", "response_timeliness"} <= few
    for key in few:
        assert {seen[key][name] for name in ("count", "of", "before", "value", "amount", "days")} == {None}, key
        assert [page["cases"] + page["referrals"] for page in seen[key]["pages"]["nodes"]] in ([], [[]]), key
    assert {key: each for key, each in seen.items() if key not in few} == {
        key: each for key, each in figures(meeting).items() if key not in few
    }
    assert (seen["concluded"]["count"], seen["referred"]["count"]) == (0, 0)
    assert seen["referred"]["counts"] == "REFERRALS"


async def test_a_meeting_is_held_resolves_measures_and_reports_to_whom_it_concerns(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.2.5（R71）· Attendance, minutes, measures as tasks, a report approved, sent and receipted."""
    meeting, _ = await prepared(desk)
    id_ = meeting["id"]
    desk.on("2025-07-03")
    await desk.does("centre", "inviteToMeeting", id_, organisations=[org(OFFICE), org("mediation-finance")])
    assert await refusal(desk, OFFICE, "inviteToMeeting", id_, organisations=[org(ABOVE)]) == "HUB-711"
    attended = [{"organisation": org(OFFICE), "post": "副主任"}]
    for day in ("2025-06-30", "1900-01-01", "2025-07-04"):
        with pytest.raises(Refusal) as refused:
            await desk.does("centre", "holdMeeting", id_, heldOn=day, attended=[], minutes="未召开")
        assert refused.value.number == "HUB-714", day
    await desk.does("centre", "holdMeeting", id_, heldOn="2025-07-03", attended=attended, minutes="研判合同纠纷走势")
    given = [{"title": "开展合同普法", "organisation": org(ABOVE), "dueOn": "2025-07-20"}]
    # Who was asked to it sees it, and does nothing of its host's.
    stranger: dict[str, Any] = {"resolveMeasures": {"measures": given}, "draftReport": {"title": "x", "text": "x"}}
    for verb, inputs in stranger.items():
        assert await refusal(desk, OFFICE, verb, id_, **inputs) == "HUB-711", verb
    await desk.does("centre", "resolveMeasures", id_, measures=given)

    held = await meeting_of(desk, OFFICE, "2025-06")
    assert (held["state"], held["late"]) == ("RESOLVED", False)
    # Who was asked sees its own part; who holds the meeting sees everybody's.
    assert [each["present"] for each in held["attendances"]["nodes"]] == [True]
    own = (await meeting_of(desk, "centre", "2025-06"))["attendances"]["nodes"]
    assert {each["organisation"]["id"]: each["present"] for each in own} == {
        org(OFFICE): True,
        org("mediation-finance"): False,
    }
    (measure,) = (await meeting_of(desk, "centre", "2025-06"))["measures"]["nodes"]
    assert (measure["state"], measure["dueOn"]) == ("OPEN", "2025-07-20")

    drafted = await desk.does("centre", "draftReport", id_, title="六月研判报告", text="合同纠纷占三分之二")
    report = drafted["report"]["id"]
    assert (await desk.asks(ABOVE, "query ($id: ID!) { report(id: $id) { id } }", id=report))["report"] is None
    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "sendReport", report, recipients=[org(ABOVE)])
    assert refused.value.number == "HUB-710"
    for body in (ABOVE, OFFICE):
        assert await refusal(desk, body, "approveReport", report) == "HUB-702"
    await desk.does("centre", "approveReport", report)
    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "sendReport", report, recipients=[])
    assert refused.value.number == "HUB-713"
    await desk.does("centre", "sendReport", report, recipients=[org(ABOVE), org(OFFICE)])
    other = await desk.hub.one("recipients", organisation_id=org(ABOVE))
    assert await refusal(desk, OFFICE, "receiptReport", other["id"]) == "HUB-702"
    assert await refusal(desk, OFFICE, "reviseReport", report, text="改") == "HUB-710"
    for reader in (ABOVE, OFFICE):
        recipient = await desk.hub.one("recipients", organisation_id=org(reader))
        await desk.does(reader, "receiptReport", recipient["id"])

    text = "query ($id: ID!) { report(id: $id) { state text snapshot { id } dueOn sentOn } }"
    shown = (await desk.asks(ABOVE, text, id=report))["report"]
    assert (shown["state"], shown["text"]) == ("RECEIPTED", "合同纠纷占三分之二")
    assert (shown["dueOn"], shown["sentOn"]) == ("2025-07-10", "2025-07-03")
    assert {each["state"] for each in (await meeting_of(desk, "centre", "2025-06"))["deadlines"]["nodes"]} == {"ENDED"}

    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "closeMeeting", id_)
    assert refused.value.number == "HUB-712"
    await desk.does(ABOVE, "reportMeasure", measure["id"], result="已开展三场")
    await desk.does("centre", "closeMeeting", id_)
    assert (await desk.row("meetings", id_))["state"] == "TASKS_CLOSED"


async def test_a_measure_that_is_not_done_in_time_is_overdue(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.2.5（R71）· Resolution overdue -> supervision: its limit is one like any other."""
    meeting, _ = await prepared(desk)
    desk.on("2025-07-03")
    await desk.does("centre", "holdMeeting", meeting["id"], heldOn="2025-07-03", attended=[], minutes="研判")
    given = [{"title": "开展合同普法", "organisation": org(ABOVE), "dueOn": "2025-07-20"}]
    await desk.does("centre", "resolveMeasures", meeting["id"], measures=given)

    desk.on("2025-07-21", hour=0)
    await night(desk)

    task = await desk.hub.one("tasks", kind="MEASURE")
    limit = await desk.hub.one("deadlines", subject_id=task["id"])
    assert (limit["rule"], limit["state"], limit["organisation_id"]) == ("MEETING_MEASURE", "OVERDUE", org(ABOVE))


async def test_an_ad_hoc_meeting_gets_its_pack_the_next_night(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.2.5不定期、重点研判（R70）· About a period that still runs, frozen as it is then."""
    desk.on("2025-06-05")
    people(desk)
    said = {"title": "物业纠纷专题", "region": "region_370402001", "coverage": "SPECIAL", "period": "2025-06"}
    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "planMeeting", **said | {"period": "2025-13"}, holdBy="2025-06-12")
    assert refused.value.number == "HUB-218"
    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "planMeeting", **said | {"region": "region_370481001"}, holdBy="2025-06-12")
    assert refused.value.number == "HUB-715"
    planned = (await desk.does("centre", "planMeeting", **said, holdBy="2025-06-12"))["meeting"]["id"]
    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "holdMeeting", planned, heldOn="2025-06-05", attended=[], minutes="研判")
    assert refused.value.number == "HUB-710"

    desk.on("2025-06-06", hour=0)
    await night(desk)

    assert (await desk.row("meetings", planned))["state"] == "PACK_BUILT"
