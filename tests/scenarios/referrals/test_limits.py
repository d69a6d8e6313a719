"""期限 · What a mediation's clock does: it runs, stops for an appraisal, is extended by all, and runs out."""

import pytest
from tests.scenarios.desk import Desks, Refusal, notice


async def test_an_appraisal_stops_the_clock_over_the_national_day_holidays(desk: Desks) -> None:
    """法释〔2021〕23号第24、26条；民事诉讼法第85条 · 30 days from 1 September end on a holiday, so on 8 October."""
    desk.on("2025-09-01")
    await desk.invited()
    case, referral = await desk.mediating()
    assert (await desk.deadlines(case))["DELEGATED_MEDIATION"] == ("2025-10-09", "RUNNING")

    desk.on("2025-09-22")
    given = await desk.does("committee", "startAppraisal", referral)
    assert (given["referral"]["state"], given["case"]["state"]) == ("APPRAISAL", "SUSPENDED")
    assert (await desk.deadlines(case))["DELEGATED_MEDIATION"][1] == "PAUSED"
    desk.on("2025-10-20")
    assert (await desk.sweeps())["ended"] == 0

    given = await desk.does("committee", "endAppraisal", referral)

    assert (given["referral"]["state"], given["case"]["state"]) == ("IN_MEDIATION", "HANDLING")
    assert (await desk.deadlines(case))["DELEGATED_MEDIATION"] == ("2025-10-29", "RUNNING")
    assert given["referral"]["dueOn"] == given["case"]["dueOn"] == "2025-10-29"
    desk.on("2025-10-23")
    await desk.does("committee", "recordAgreement", referral, kind="WRITTEN", date="2025-10-23")
    # 21 days before it and three after: those of the appraisal are not counted (DOMAIN 4.10).
    assert (await desk.row("referrals", referral))["mediation_days"] == 24


async def test_suspicion_of_false_mediation_stops_no_clock(desk: Desks) -> None:
    """法释〔2016〕14号第18条 · The mediation rests; its limit does not."""
    desk.on("2025-06-03")
    await desk.invited()
    case, referral = await desk.mediating()
    due = (await desk.deadlines(case))["DELEGATED_MEDIATION"]

    assert (await desk.does("committee", "suspendMediation", referral))["referral"]["state"] == "SUSPENDED"

    assert (await desk.deadlines(case))["DELEGATED_MEDIATION"] == due
    assert (await desk.does("court", "resumeMediation", referral))["case"]["state"] == "HANDLING"


async def test_an_extension_needs_every_party_each_time(desk: Desks) -> None:
    """法释〔2021〕23号第24条 · All agree, the new day is later, and the consents are used up by it."""
    desk.on("2025-06-03")
    await desk.invited()
    case, referral = await desk.mediating()
    one, other = await desk.sides(case)

    async def agrees(party: str, answer: str = "AGREED") -> None:
        await desk.does("committee", "recordConsent", referral, party=party, matter="EXTENSION", answer=answer)

    await agrees(one)
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "extendMediation", referral, days=29)
    assert refused.value.number == "HUB-713"
    await agrees(other)
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "extendMediation", referral, days=0)
    assert refused.value.number == "HUB-714"

    given = await desk.does("committee", "extendMediation", referral, days=29)

    assert given["referral"]["dueOn"] == "2025-08-01"
    assert (await desk.deadlines(case))["DELEGATED_MEDIATION"] == ("2025-08-01", "RUNNING")
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "extendMediation", referral, days=30)
    assert refused.value.number == "HUB-713"
    await agrees(one, "REFUSED")
    assert await desk.states(case, referral) == ("HANDLING", "IN_MEDIATION")


async def test_a_limit_that_runs_out_ends_the_mediation_and_the_notice_follows(desk: Desks) -> None:
    """法释〔2021〕23号第22、24、25条；人民调解法第26条（R89）· Ended by the sweep, returned, told what else is open, closed."""
    desk.on("2025-06-03")
    await desk.invited()
    case, referral = await desk.mediating()
    facts = {"content": "双方均认可货款金额", "confirmedOn": "2025-06-10"}
    desk.on("2025-06-10")
    await desk.does("committee", "recordUndisputedFacts", referral, **facts)
    desk.on("2025-07-03")
    assert (await desk.sweeps())["ended"] == 0

    desk.on("2025-07-04")
    assert (await desk.sweeps())["ended"] == 1

    assert await desk.states(case, referral) == ("FAILED", "COMPLETED_FAILED")
    stored = await desk.row("cases", case)
    assert (stored["termination_reason"], stored["outcome"], str(stored["concluded_on"])) == ("6", "FAILED", "2025-07-04")
    assert (stored["handled_days"], (await desk.row("referrals", referral))["mediation_days"]) == (31, 31)
    given = await desk.does("committee", "giveFailureNotice", case, notice=notice())
    await desk.does("committee", "receiptFailureNotice", given["failureNotice"]["id"], receipt="签收 9")
    with pytest.raises(Refusal) as refused:
        await desk.does("committee", "closeCase", case)
    assert "材料尚未移送法院" in refused.value.said["reason"]
    await desk.does("committee", "sendMaterials", referral)
    await desk.does("court", "acknowledgeMaterials", referral)
    assert (await desk.deadlines(case))["COURT_FILING"][1] == "RUNNING"
    assert (await desk.does("committee", "closeCase", case))["case"]["state"] == "CLOSED_FAILED"


async def test_a_failed_mediation_says_why(desk: Desks) -> None:
    """法释〔2021〕23号第25条 · Reasons 3 to 8 fail the case, 2 withdraws it, 1 is no end without agreement."""
    await desk.invited()
    for reason, state, outcome in (
        ("5", "FAILED", "FAILED"),
        ("2", "WITHDRAWN", "SELF_SETTLED"),
        ("3", "FAILED", "UNREACHABLE"),
    ):
        case, referral = await desk.mediating()
        with pytest.raises(Refusal) as refused:
            await desk.does("committee", "endMediation", referral, reason="1")
        assert refused.value.number == "HUB-713"

        given = await desk.does("committee", "endMediation", referral, reason=reason)

        assert (given["referral"]["state"], given["case"]["state"]) == ("COMPLETED_FAILED", state)
        assert (await desk.row("cases", case))["outcome"] == outcome
