"""接收、拒绝、逾期 · How a referral is answered, or not, and what its sender does then."""

import pytest
from tests.scenarios.desk import BODY, OTHER_BODY, Desks, Refusal, dispute, org


async def test_nobody_answers_and_the_court_designates_another_body(desk: Desks) -> None:
    """法释〔2021〕23号第12条 · Three working days without confirmation: expired; the court designates again, once."""
    desk.on("2025-09-26")
    await desk.invited(BODY, OTHER_BODY)
    case, referral = await desk.delegated()
    await desk.does("committee", "deliverReferral", referral)
    assert (await desk.deadlines(case))["CONFIRMATION_OF_RECEIPT"] == ("2025-09-30", "RUNNING")
    desk.on("2025-09-30")
    assert (await desk.sweeps())["expired"] == 0

    desk.on("2025-10-01")
    assert await desk.sweeps() == {"overdue": 1, "expired": 1, "ended": 0, "lapsed": 0}
    assert await desk.sweeps() == {"overdue": 0, "expired": 0, "ended": 0, "lapsed": 0}

    assert await desk.states(case, referral) == ("REGISTERED", "EXPIRED")
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "acceptReferral", referral)
    assert (refused.value.number, refused.value.said["state"]) == ("HUB-710", "EXPIRED")
    given = await desk.does("court", "redesignateReferral", referral, receiver=org(OTHER_BODY))
    again = given["referral"]["id"]
    assert (given["referral"]["state"], again != referral) == ("ISSUED", True)
    assert (await desk.row("referrals", again))["redesignates_id"] == referral
    with pytest.raises(Refusal) as refused:
        await desk.does("court", "redesignateReferral", referral, receiver=org(OTHER_BODY))
    assert refused.value.number == "HUB-712"
    await desk.does("mediator", "deliverReferral", again)
    accepted = await desk.does("mediator", "acceptReferral", again)
    assert (accepted["referral"]["state"], accepted["case"]["state"]) == ("ACCEPTED", "HANDLING")
    assert (await desk.row("cases", case))["organisation_id"] == org(OTHER_BODY)


async def test_a_body_that_was_never_invited_gets_no_delegation(desk: Desks) -> None:
    """法释〔2016〕14号第6条（R13）· Refused with its reason; nothing is registered, nothing is sent."""
    desk.on("2025-06-03")
    await desk.invited(BODY)
    before = await desk.everything()

    with pytest.raises(Refusal) as refused:
        await desk.delegated(OTHER_BODY)

    assert (refused.value.number, refused.value.said["action"]) == ("HUB-713", "ISSUE")
    assert refused.value.said["reason"] == "该机构未受该法院邀请 · the court has not invited this body (R13)"
    assert await desk.everything() == before


async def test_an_invitation_that_has_ended_or_not_begun_counts_no_more(desk: Desks) -> None:
    """法释〔2016〕14号第6条（R13）· Only while it is in force."""
    desk.on("2025-06-03")
    court = {"court": "court_鲁0402", "organisation": org(BODY)}
    invitation = (await desk.does("court", "inviteOrganisation", **court, validFrom="2025-07-01"))["invitation"]["id"]
    for day in ("2025-06-30", "2025-08-02"):
        desk.on(day)
        with pytest.raises(Refusal) as refused:
            await desk.delegated()
        assert refused.value.number == "HUB-713"
        desk.on("2025-07-01")
        await desk.delegated()
        await desk.does("court", "endInvitation", invitation, lastDay="2025-08-01")
    with pytest.raises(Refusal) as refused:
        await desk.does("court", "inviteOrganisation", **court, validFrom="2025-07-15")
    assert refused.value.number == "HUB-704"


async def test_another_courts_desk_invites_and_delegates_nothing_for_it(desk: Desks) -> None:
    for verb, given in (
        ("inviteOrganisation", {"court": "court_鲁0481", "organisation": org(BODY)}),
        ("delegateCase", {"case": dispute(), "referral": {"type": "DELEGATE", "court": "court_鲁0481"}, "evidence": "1"}),
    ):
        before = await desk.everything()
        with pytest.raises(Refusal) as refused:
            await desk.does("court", verb, **given)
        assert refused.value.number in ("HUB-715", "HUB-702")
        assert await desk.everything() == before


async def test_a_rejection_has_one_of_the_listed_reasons(desk: Desks) -> None:
    """法释〔2021〕23号第12条（R32）· Without a reason it is refused; with one the court's case stays registered."""
    await desk.invited()
    case, referral = await desk.delegated()
    await desk.does("committee", "deliverReferral", referral)
    before = await desk.everything()
    for reason, number in ((None, "HUB-713"), ("12-9", "HUB-214")):
        with pytest.raises(Refusal) as refused:
            await desk.does("committee", "rejectReferral", referral, reason=reason)
        assert refused.value.number == number
    assert await desk.everything() == before

    given = await desk.does("committee", "rejectReferral", referral, reason="12-2", note="非本会专长")

    assert (given["referral"]["state"], given["case"]["state"]) == ("REJECTED", "REGISTERED")
    assert (await desk.row("referrals", referral))["refusal_reason"] == "12-2"
    assert {state for _, state in (await desk.deadlines(case)).values()} <= {"ENDED", "RUNNING"}


async def test_only_the_receiver_accepts_and_only_the_sender_recalls(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.1.3（R31）· The refusal says whose turn it is and what is possible instead."""
    await desk.invited()
    _, referral = await desk.delegated()
    await desk.does("committee", "deliverReferral", referral)

    with pytest.raises(Refusal) as refused:
        await desk.does("court", "acceptReferral", referral)
    assert (refused.value.number, "RECALL" in refused.value.said["possible"]) == ("HUB-711", True)
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "recallReferral", referral)
    assert (refused.value.number, "ACCEPT" in refused.value.said["possible"]) == ("HUB-711", True)
    with pytest.raises(Refusal) as refused:
        await desk.does("mediator", "acceptReferral", referral)
    assert refused.value.number == "HUB-702"

    assert (await desk.does("court", "recallReferral", referral))["referral"]["state"] == "RECALLED"


async def test_after_acceptance_a_recall_needs_the_receivers_agreement(desk: Desks) -> None:
    await desk.invited()
    case, referral = await desk.accepted()
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "agreeRecall", referral)
    assert refused.value.number == "HUB-712"

    assert (await desk.does("court", "recallReferral", referral))["referral"]["state"] == "ACCEPTED"
    given = await desk.does("committee", "agreeRecall", referral)

    assert (given["referral"]["state"], given["case"]["state"]) == ("RECALLED", "ACCEPTED")
    assert (await desk.deadlines(case))["DELEGATED_MEDIATION"][1] == "ENDED"
