"""当事人拒绝 · Nothing may hold a dispute back from the court: a refusal is back there at once, and is no failure of duty."""

import pytest
from tests.scenarios.desk import BODY, OTHER_BODY, Desks, Refusal, dispute, notice, org


@pytest.mark.parametrize("stage", ["ISSUED", "DELIVERED", "ACCEPTED", "IN_CONSENT", "IN_MEDIATION", "APPRAISAL", "SUSPENDED"])
async def test_a_refusal_is_back_at_the_court_the_same_minute(desk: Desks, stage: str) -> None:
    """民事诉讼法第125条；人民调解法第17条（R62）· From every open state, in one deed, without any condition."""
    desk.on("2025-06-03")
    await desk.invited()
    case, referral = await _at(desk, stage)
    assert (await desk.row("referrals", referral))["state"] == stage

    viewer = "court" if stage == "ISSUED" else "committee"
    given = await desk.does(viewer, "refuseReferredMediation", referral)

    assert (given["referral"]["state"], given["case"]["state"]) == ("RETURNED", "FAILED")
    stored = await desk.row("cases", case)
    assert (stored["termination_reason"], stored["outcome"]) == ("4", "REFUSED")
    assert (await desk.row("referrals", referral))["return_reason"] == "15-1"
    limits = await desk.deadlines(case)
    assert limits.pop("COURT_FILING") == ("2025-06-10", "RUNNING")
    assert {state for _, state in limits.values()} <= {"ENDED"}
    assert (await desk.history("court", referral, "referral"))[-1] == f"PARTY_REFUSED {stage}>RETURNED 15-1"
    closed = await desk.does("court", "closeSource", referral, result="FILED")
    assert closed["referral"]["state"] == "SOURCE_CLOSED"


async def test_the_other_side_that_refuses_returns_it_at_once(desk: Desks) -> None:
    """法释〔2021〕23号第15条 · Asked within three working days; a refusal, or nobody to be found, returns it immediately."""
    desk.on("2025-06-03")
    await desk.invited()
    for answer, reason, ended, outcome in (("REFUSED", "15-1", "4", "REFUSED"), ("UNREACHABLE", "15-2", "3", "UNREACHABLE")):
        case, referral = await desk.accepted()
        await desk.does("committee", "askConsent", referral)
        _, other = await desk.sides(case)

        given = await desk.does("committee", "recordConsent", referral, party=other, matter="MEDIATION", answer=answer)

        assert (given["referral"]["state"], given["case"]["state"]) == ("RETURNED", "FAILED")
        assert (await desk.row("referrals", referral))["return_reason"] == reason
        stored = await desk.row("cases", case)
        assert (stored["termination_reason"], stored["outcome"]) == (ended, outcome)


async def test_without_a_sending_court_the_notice_is_due_and_guards_closing_only(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.3（R88、R89）· The refusal needs nothing; closing the case needs a receipted notice."""
    desk.on("2025-06-03")
    case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    assert (await desk.does("intake", "refuseMediation", case))["case"]["state"] == "FAILED"

    given = (await desk.does("intake", "giveFailureNotice", case, notice=notice()))["failureNotice"]
    with pytest.raises(Refusal) as refused:
        await desk.does("centre", "closeCase", case)
    assert (refused.value.number, refused.value.said["action"]) == ("HUB-712", "CLOSE_FAILED")
    await desk.does("intake", "receiptFailureNotice", given["id"], receipt="签收 12")

    assert (await desk.does("centre", "closeCase", case))["case"]["state"] == "CLOSED_FAILED"
    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "receiptFailureNotice", given["id"], receipt="签收 13")
    assert refused.value.number == "HUB-704"


async def test_a_refusal_of_the_case_brings_all_its_referrals_back(desk: Desks) -> None:
    """R62 · Two referrals are open when a party refuses at the centre: both go back in the deed."""
    desk.on("2025-06-03")
    await desk.invited()
    case, referral = await desk.accepted()
    joined = await desk.does("district", "conveneJoint", case, members=[org(OTHER_BODY)])
    assert joined["case"]["state"] == "HANDLING"
    invited = await desk.hub.one("referrals", type="JOINT_INVITE")

    await desk.does("intake", "refuseMediation", case)

    assert await desk.states(case, referral) == ("FAILED", "RETURNED")
    assert (await desk.row("referrals", invited["id"]))["state"] == "RETURNED"
    events = [row for row in await desk.hub.rows("events") if row["type"] == "PARTY_REFUSED"]
    assert len({row["xid"] for row in events}) == 1
    assert {row["subject_id"] for row in events} == {case, referral, invited["id"]}


async def test_a_second_change_of_the_mediator_is_a_refusal(desk: Desks) -> None:
    """法释〔2021〕23号第14条 · Each party changes the mediator once; who does so again refuses mediation."""
    await desk.invited()
    case, referral = await desk.mediating()
    one, other = await desk.sides(case)

    for party in (one, other):
        given = await desk.does("committee", "changeMediator", referral, party=party)
        assert given["referral"]["state"] == "IN_MEDIATION"
    given = await desk.does("committee", "changeMediator", referral, party=one)

    assert (given["referral"]["state"], given["case"]["state"], given["mediatorChange"]) == ("RETURNED", "FAILED", None)


async def _at(desk: Desks, stage: str) -> tuple[str, str]:
    """A delegation that has come so far."""
    if stage in ("ISSUED", "DELIVERED"):
        case, referral = await desk.delegated(BODY)
        if stage == "DELIVERED":
            await desk.does("committee", "deliverReferral", referral)
        return case, referral
    if stage in ("ACCEPTED", "IN_CONSENT"):
        case, referral = await desk.accepted()
        if stage == "IN_CONSENT":
            await desk.does("committee", "askConsent", referral)
        return case, referral
    case, referral = await desk.mediating()
    deeds = {"APPRAISAL": "startAppraisal", "SUSPENDED": "suspendMediation"}
    if stage in deeds:
        await desk.does("committee", deeds[stage], referral)
    return case, referral
