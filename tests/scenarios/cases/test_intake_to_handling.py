"""前台统一受理，后台分流转办 · A matter is taken in once, chosen for freely, diverted, assigned, handled."""

import pytest
from tests.scenarios.desk import BODY, OTHER_BODY, Desks, Refusal, dispute, notice, org

CHOICES = {"options": ["RM", "SSFY"], "explanation": "调解不收费，不影响起诉"}


async def registered(desk: Desks, **said: object) -> str:
    given = await desk.does("intake", "registerCase", case=dispute(channel="01", **said))
    return str(given["case"]["id"])


async def chosen(desk: Desks, case: str, *answers: str) -> None:
    parties = await desk.sides(case)
    choices = [
        {"party": p, "answer": a, "chosen": "RM" if a == "CHOSEN" else None} for p, a in zip(parties, answers, strict=False)
    ]
    await desk.does("intake", "chooseModes", case, choices=choices, **CHOICES)


async def test_a_case_goes_from_the_window_to_a_committee(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.1.2、2.1.3、2.3.3（R26、R32、R87）· One number from the counter to the body that handles it."""
    desk.on("2025-06-03")
    case = await registered(desk)
    limits = await desk.deadlines(case)
    assert {"FIRST_RESPONSE", "SUPPLEMENT_NOTICE"} == set(limits)
    await desk.does("intake", "acceptCase", case, severity="3")
    sent = {"type": "ASSIGN", "receiver": org(BODY)}
    with pytest.raises(Refusal) as refused:
        await desk.does("divert", "issueReferral", case, referral=sent)
    assert (refused.value.number, "R87" in refused.value.said["reason"]) == ("HUB-712", True)

    await chosen(desk, case, "CHOSEN", "BEING_ASKED")
    given = await desk.does("divert", "issueReferral", case, referral=sent)
    assert (given["referral"]["state"], given["case"]["state"]) == ("ISSUED", "DIVERTED")
    referral = given["referral"]["id"]
    await desk.does("committee", "deliverReferral", referral)
    given = await desk.does("committee", "acceptReferral", referral)

    assert (given["referral"]["state"], given["case"]["state"]) == ("ACCEPTED", "HANDLING")
    stored = await desk.row("cases", case)
    assert (stored["severity"], stored["organisation_id"]) == ("3", org(BODY))
    assert (stored["first_contact_role"], str(stored["accepted_on"])) == ("intake", "2025-06-03")
    assert sorted(await desk.history("intake", case)) == [
        "CASE_ACCEPTED REGISTERED>ACCEPTED",
        "CASE_DIVERTED ACCEPTED>DIVERTED",
        "CASE_REGISTERED >REGISTERED",
        "HANDLING_STARTED DIVERTED>HANDLING",
        "REFERRAL_ACCEPTED DELIVERED>ACCEPTED",
        "REFERRAL_DELIVERED ISSUED>DELIVERED",
        "REFERRAL_ISSUED >ISSUED",
    ]


async def test_a_rejected_assignment_goes_back_to_diversion(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.1.2 · Back in the queue of the diversion post, to be assigned to another body."""
    case = await registered(desk)
    await desk.does("intake", "acceptCase", case)
    await chosen(desk, case, "CHOSEN")
    referral = (await desk.does("divert", "issueReferral", case, referral={"type": "ASSIGN", "receiver": org(BODY)}))[
        "referral"
    ]["id"]
    await desk.does("committee", "deliverReferral", referral)

    given = await desk.does("committee", "rejectReferral", referral, reason="12-1")
    assert (given["referral"]["state"], given["case"]["state"]) == ("REJECTED", "ACCEPTED")

    given = await desk.does("divert", "issueReferral", case, referral={"type": "ASSIGN", "receiver": org(OTHER_BODY)})
    assert given["case"]["state"] == "DIVERTED"


async def test_what_is_missing_is_told_once(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.3（R86）· All of it at once; a second time only by the supervisor's leave, and counted."""
    desk.on("2025-06-03")
    case = await registered(desk)
    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "requestSupplement", case, items=[])
    assert refused.value.number == "HUB-713"
    given = await desk.does("intake", "requestSupplement", case, items=["身份证复印件", "借条"])
    assert given["case"]["state"] == "SUPPLEMENT"
    assert (await desk.does("intake", "supplySupplement", case))["case"]["state"] == "REGISTERED"

    before = await desk.everything()
    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "requestSupplement", case, items=["户口簿"])
    assert (refused.value.number, "一次性" in refused.value.said["reason"]) == ("HUB-712", True)
    assert await desk.everything() == before
    await desk.does("supervisor", "requestSupplement", case, items=["户口簿"], override="来源系统漏传")
    await desk.does("intake", "supplySupplement", case)
    with pytest.raises(Refusal) as refused:
        await desk.does("supervisor", "requestSupplement", case, items=["第三次"], override="再次")
    assert (refused.value.number, "once_or_overridden" in str(refused.value)) == ("HUB-510", True)


async def test_a_case_that_is_not_supplied_lapses(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.3（R86）；期限为本地默认 · After the days to supply it counts as withdrawn."""
    desk.on("2025-06-03")
    case = await registered(desk)
    await desk.does("intake", "requestSupplement", case, items=["借条"])
    due, _ = (await desk.deadlines(case))["SUPPLEMENT"]

    desk.on(due)
    assert (await desk.sweeps())["lapsed"] == 0
    desk.on("2025-12-01")
    assert (await desk.sweeps())["lapsed"] == 1

    stored = await desk.row("cases", case)
    assert (stored["state"], stored["outcome"]) == ("WITHDRAWN", "WITHDRAWN")


async def test_what_is_not_accepted_has_a_reason_and_the_other_channels(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.3（R89）· Reason and notice are part of the refusal."""
    case = await registered(desk)
    bad = notice(limitationFrom="2025-06-01", limitationTo="2025-05-01")
    before = await desk.everything()
    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "refuseCase", case, reason="SCOPE", notice=bad)
    assert refused.value.number == "HUB-714"
    assert await desk.everything() == before

    given = await desk.does("intake", "refuseCase", case, reason="SCOPE", notice=notice())

    assert given["case"]["state"] == "NOT_ACCEPTED"
    stored = await desk.row("failure_notices", given["failureNotice"]["id"])
    assert (stored["occasion"], stored["channels"]) == ("NOT_ACCEPTED", "SSFY ZC")


async def test_who_was_asked_first_answers_explains_and_tells_the_result(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.3首问责任（R85）· The duty stays with the first-asked until another body accepts."""
    desk.on("2025-06-03")
    case = await registered(desk)

    for duty in ("ANSWER", "EXPLAIN", "RESULT"):
        await desk.does("intake", "recordFirstDuty", case, duty=duty)

    stored = await desk.row("cases", case)
    assert [str(stored[name]) for name in ("answered_on", "explained_on", "result_told_on")] == ["2025-06-03"] * 3
    with pytest.raises(Refusal) as refused:
        await desk.does("divert", "recordFirstDuty", case, duty="ANSWER")
    assert refused.value.number == "HUB-711"


async def test_a_party_that_chooses_to_refuse_ends_it_at_once(desk: Desks) -> None:
    """人民调解法第17条（R62、R88）· A recorded refusal does not wait for anybody."""
    case = await registered(desk)

    await chosen(desk, case, "CHOSEN", "REFUSED")

    stored = await desk.row("cases", case)
    assert (stored["state"], stored["outcome"]) == ("FAILED", "REFUSED")


async def test_a_joint_handling_has_a_lead_members_and_one_outcome(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.1.4联调（R40）· Invited bodies join; the organisation in charge leads; the case ends once."""
    await desk.invited()
    case, referral = await desk.mediating()
    given = await desk.does("district", "conveneJoint", case, members=[org(OTHER_BODY)])
    assert given["case"]["state"] == "HANDLING"
    invited = (await desk.hub.one("referrals", type="JOINT_INVITE"))["id"]
    await desk.does("mediator", "deliverReferral", invited)

    joined = await desk.does("mediator", "acceptReferral", invited)

    assert (joined["referral"]["state"], joined["case"]["state"]) == ("ACCEPTED", "HANDLING")
    stored = await desk.row("cases", case)
    assert (stored["handling"], stored["organisation_id"]) == ("JOINT", org(BODY))
    member = await desk.hub.one("referral_members", referral_id=invited)
    assert member["organisation_id"] == org(OTHER_BODY)
    await desk.does("committee", "recordAgreement", referral, kind="ORAL", date=desk.today)
    assert (await desk.row("cases", case))["state"] == "AGREED"


async def test_a_difficult_case_is_escalated_and_a_simple_one_is_not(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.1.2重大疑难（R27）· The level above takes it over; the first level stays on record."""
    await desk.invited()
    case, _ = await desk.mediating()
    up = {"type": "ESCALATE", "receiver": org("centre-370402001")}
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "issueReferral", case, referral=up)
    assert (refused.value.number, "R27" in refused.value.said["reason"]) == ("HUB-712", True)


async def test_a_case_that_recurs_is_opened_again_under_its_number(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.6（R108）· Reopened, accepted again; what it said of its first end is history."""
    case = await registered(desk)
    number = (await desk.row("cases", case))["number"]
    await desk.does("intake", "withdrawCase", case, settled=True)
    await desk.does("centre", "closeCase", case)

    assert (await desk.does("intake", "reopenCase", case))["case"]["state"] == "REOPENED"
    assert (await desk.does("intake", "acceptCase", case))["case"]["state"] == "ACCEPTED"

    stored = await desk.row("cases", case)
    assert (stored["number"], stored["outcome"], stored["concluded_on"]) == (number, None, None)


async def test_a_crime_goes_to_the_police_and_everything_else_ceases(desk: Desks) -> None:
    """人民调解法第25条 · Transferred from any state; referrals under way cease with it."""
    await desk.invited()
    case, referral = await desk.mediating()

    given = await desk.does("committee", "transferToPolice", case)

    assert given["case"]["state"] == "TRANSFERRED"
    assert await desk.states(case, referral) == ("TRANSFERRED", "COMPLETED_FAILED")
    assert {state for _, state in (await desk.deadlines(case)).values()} == {"ENDED"}
