"""预防排查制度 · Villages are investigated in every cycle; who reports nothing says so, and who says nothing is missed."""

import pytest
from tests.scenarios.desk import Desks, Refusal
from tests.scenarios.investigations.village import OTHER_TOWN, found, org, rounds, tasks, villages

ONE, OTHER, FAR = "东村", "西村", "远村"


async def begun(desk: Desks, day: str = "2025-06-02") -> None:
    """Two villages of one town and one of another district; the first campaigns run."""
    desk.on(day, hour=0)
    await villages(desk, ONE, OTHER)
    await villages(desk, FAR, town=OTHER_TOWN)
    assert (await rounds(desk))["tasks"] == 3 + await towns(desk) + await districts(desk)


async def towns(desk: Desks) -> int:
    return len(await desk.hub.rows("organisations", of_kind(desk, "TOWN_CENTRE")))


async def districts(desk: Desks) -> int:
    return len(await desk.hub.rows("organisations", of_kind(desk, "DISTRICT_CENTRE")))


def of_kind(desk: Desks, kind: str) -> object:
    return desk.hub.base.metadata.tables["organisations"].c.kind == kind


async def test_every_body_has_a_task_in_its_own_cycle_and_nobody_sees_anothers(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1（R75、R21）· Villages twice a month, towns monthly, districts quarterly; each sees its own."""
    await begun(desk)

    (mine,) = await tasks(desk, ONE)
    assert (mine["state"], mine["dueOn"], mine["organisation"]["name"]) == ("OPEN", "2025-06-15", ONE)
    campaign = {"cycle": "village", "keyPeriod": None, "every": "HALF_MONTH", "firstOn": "2025-06-01", "lastOn": "2025-06-15"}
    assert {name: mine["campaign"][name] for name in campaign} == campaign
    assert [each["action"] for each in mine["availableActions"]] == ["SUBMIT"]
    seen = {each["organisation"]["name"] for each in await tasks(desk, "centre")}
    assert {ONE, OTHER} <= seen
    assert FAR not in seen
    assert FAR not in {each["organisation"]["name"] for each in await tasks(desk, "intake")}
    own = await desk.asks("centre", "{ campaigns(first: 50) { nodes { cycle every dueOn } } }")
    assert sorted((each["cycle"], each["every"], each["dueOn"]) for each in own["campaigns"]["nodes"]) == [
        ("town", "MONTH", "2025-06-30"),
        ("village", "HALF_MONTH", "2025-06-15"),
    ]
    assert await tasks(desk, "court") == []


async def test_a_cycle_is_opened_once_and_the_next_begins_the_day_after(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1（R75）· However often the job comes, and however many nights it missed."""
    await begun(desk)
    assert (await rounds(desk))["campaigns"] == 0

    desk.on("2025-06-16", hour=0)
    assert (await rounds(desk))["tasks"] == 3
    desk.on("2025-07-20", hour=0)
    await rounds(desk)

    seen = await tasks(desk, ONE)
    days = sorted((each["campaign"]["firstOn"], each["campaign"]["lastOn"], each["dueOn"]) for each in seen)
    # What was missed is made up, and nobody is late before having had a working day.
    assert days == [
        ("2025-06-01", "2025-06-15", "2025-06-15"),
        ("2025-06-16", "2025-06-30", "2025-06-30"),
        ("2025-07-01", "2025-07-15", "2025-07-21"),
        ("2025-07-16", "2025-07-31", "2025-07-31"),
    ]


async def test_a_key_period_tightens_the_cycle_and_leaves_no_day_out(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1重点时段（R76）· Around the Spring Festival villages report every week."""
    await begun(desk, "2025-01-02")
    for day in ("2025-01-14", "2025-01-21", "2025-01-28", "2025-02-04", "2025-02-11", "2025-02-13"):
        desk.on(day, hour=0)
        await rounds(desk)

    campaigns = sorted((each["campaign"] for each in await tasks(desk, ONE)), key=lambda each: str(each["firstOn"]))
    assert [(each["firstOn"], each["lastOn"], each["every"], each["keyPeriod"]) for each in campaigns] == [
        ("2025-01-01", "2025-01-13", "HALF_MONTH", None),
        ("2025-01-14", "2025-01-20", "WEEK", "spring-festival-2025"),
        ("2025-01-21", "2025-01-27", "WEEK", "spring-festival-2025"),
        ("2025-01-28", "2025-02-03", "WEEK", "spring-festival-2025"),
        ("2025-02-04", "2025-02-10", "WEEK", "spring-festival-2025"),
        ("2025-02-11", "2025-02-12", "WEEK", "spring-festival-2025"),
        ("2025-02-13", "2025-02-15", "HALF_MONTH", None),
    ]


async def test_nothing_found_is_said_and_nothing_said_is_missed(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1（R75）· A zero report is a report; a village that sent none shows after its day."""
    await begun(desk)
    (mine,) = await tasks(desk, ONE)
    with pytest.raises(Refusal) as refused:
        await desk.does(ONE, "submitReport", mine["id"], findings=[])
    assert (refused.value.number, "零报告" in refused.value.said["reason"]) == ("HUB-713", True)
    given = await desk.does(ONE, "reportNothing", mine["id"], visited=112)
    assert given["task"]["state"] == "SUBMITTED"

    desk.on("2025-06-15", hour=0)
    assert (await rounds(desk))["missed"] == 0
    desk.on("2025-06-16", hour=0)
    assert (await rounds(desk))["missed"] == 2

    seen = await tasks(desk, "centre", dueOn={"eq": "2025-06-15"})
    states = {each["organisation"]["name"]: (each["state"], each["zero"]) for each in seen}
    assert (states[ONE], states[OTHER]) == (("SUBMITTED", True), ("MISSED", None))
    (late,) = await tasks(desk, OTHER, state={"eq": "MISSED"})
    await desk.does(OTHER, "submitReport", late["id"], findings=[found()])
    (sent,) = [each for each in await tasks(desk, OTHER) if each["id"] == late["id"]]
    assert (sent["state"], sent["late"]) == ("SUBMITTED", True)


async def test_what_is_not_reported_in_time_is_overdue_like_any_limit(desk: Desks) -> None:
    """DOMAIN 2.4, 2.6 · The village's limit runs to the cycle's last day, and is told to the village and its region."""
    await begun(desk)
    (mine,) = await tasks(desk, ONE)
    desk.on("2025-06-16", hour=0)
    await desk.sweeps()

    text = "query ($id: ID!) { task(id: $id) { deadlines { nodes { rule dueOn state } } } }"
    for viewer in (ONE, "district"):
        (limit,) = (await desk.asks(viewer, text, id=mine["id"]))["task"]["deadlines"]["nodes"]
        assert limit == {"rule": "INVESTIGATION_REPORT", "dueOn": "2025-06-15", "state": "OVERDUE"}
    await desk.does(ONE, "reportNothing", mine["id"])
    row = await desk.hub.one("deadlines", subject_id=mine["id"])
    assert (row["state"], row["organisation_id"]) == ("ENDED", (await desk.row("tasks", mine["id"]))["organisation_id"])


async def test_a_village_reports_for_itself_only(desk: Desks) -> None:
    """R21 · Another village's task is not there; the town sees it and cannot report for it."""
    await begun(desk)
    (mine,) = await tasks(desk, ONE)

    for viewer, code in ((OTHER, "HUB-702"), ("centre", "HUB-711")):
        with pytest.raises(Refusal) as refused:
            await desk.does(viewer, "reportNothing", mine["id"])
        assert refused.value.number == code
    assert (await desk.row("tasks", mine["id"]))["state"] == "OPEN"


async def test_a_campaign_is_summed_up_when_nobody_is_waited_for(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.1.2（R28）· The town's centre reports to the level above, with figures that stay."""
    await begun(desk)
    (mine,) = await tasks(desk, ONE)
    (other,) = await tasks(desk, OTHER)
    campaign = mine["campaign"]["id"]
    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "summariseCampaign", campaign, summary="本期排查情况")
    assert refused.value.number == "HUB-712"
    await desk.does(ONE, "submitReport", mine["id"], findings=[found()])
    await desk.does(OTHER, "reportNothing", other["id"])

    await desk.does("centre", "summariseCampaign", campaign, summary="本期排查情况")

    text = "query ($id: ID!) { campaign(id: $id) { state summary summaryDueOn figures { name count } } }"
    told = (await desk.asks("district", text, id=campaign))["campaign"]
    assert (told["state"], told["summary"], told["summaryDueOn"]) == ("SUMMARISED", "本期排查情况", "2025-06-18")
    figures = {each["name"]: int(each["count"]) for each in told["figures"]}
    assert figures["tasks"] == figures["submitted"] == 2
    assert (figures["zero"], figures["missed"], figures["findings"], figures["complete"], figures["new"]) == (1, 0, 1, 1, 1)


async def test_a_supervisor_plans_a_campaign_and_may_end_it_early(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1重点行业（R76）· Begun at midnight of its first day; who has not reported need not any more."""
    await begun(desk)
    said = {"title": "欠薪专项排查", "region": "region_370402001", "level": "VILLAGE", "disputeType": "10"}
    with pytest.raises(Refusal) as refused:
        await desk.does("district", "planCampaign", **said, firstOn="2025-06-02", lastOn="2025-06-20")
    assert refused.value.number == "HUB-714"
    far = {**said, "region": f"region_{OTHER_TOWN}"}
    for post in ("district", "centre"):
        with pytest.raises(Refusal) as refused:
            await desk.does(post, "planCampaign", **far, firstOn="2025-06-05", lastOn="2025-06-20")
        assert refused.value.number == "HUB-715"
    given = await desk.does("centre", "planCampaign", **said, firstOn="2025-06-05", lastOn="2025-06-20")
    assert given["campaign"]["state"] == "PLANNED"

    desk.on("2025-06-05", hour=0)
    assert (await rounds(desk))["planned"] == 1
    (task,) = await tasks(desk, ONE, dueOn={"eq": "2025-06-20"})
    assert task["campaign"]["state"] == "ACTIVE"
    await desk.does(ONE, "reportNothing", task["id"])
    await desk.does("supervisor", "endCampaign", given["campaign"]["id"])

    (other,) = await tasks(desk, OTHER, dueOn={"eq": "2025-06-20"})
    assert other["state"] == "CANCELLED"
    row = await desk.row("campaigns", given["campaign"]["id"])
    assert (row["organisation_id"], str(row["closed_on"]), row["focus"]) == (
        org("centre-370402001"),
        "2025-06-05",
        "INDUSTRIES",
    )
