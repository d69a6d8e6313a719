"""委派调解全程 · A court's delegation, from the application to the agreement and back to the court."""

from tests.scenarios.desk import Desks


async def test_a_delegation_goes_from_the_court_to_an_agreement_and_back(desk: Desks) -> None:
    """法释〔2021〕23号第12、13、15、24条；法释〔2016〕14号第19条 · Accepted, agreed to, mediated within 30 days, returned."""
    desk.on("2025-06-03")
    await desk.invited()
    case, referral = await desk.delegated()
    assert await desk.states(case, referral) == ("REGISTERED", "ISSUED")

    await desk.does("committee", "deliverReferral", referral)
    desk.on("2025-06-04")
    given = await desk.does("committee", "acceptReferral", referral)
    assert (given["referral"]["state"], given["case"]["state"]) == ("ACCEPTED", "HANDLING")
    assert given["referral"]["dueOn"] == given["case"]["dueOn"] == "2025-07-04"

    await desk.does("committee", "askConsent", referral)
    _, other = await desk.sides(case)
    await desk.does("committee", "recordConsent", referral, party=other, matter="MEDIATION", answer="AGREED", evidence="录音 3")
    await desk.does("committee", "startMediation", referral, disclosed=True)
    desk.on("2025-06-20")
    given = await desk.does("committee", "recordAgreement", referral, kind="WRITTEN", date="2025-06-20")
    assert (given["referral"]["state"], given["case"]["state"]) == ("COMPLETED_AGREED", "AGREED")
    assert given["agreement"]["id"]

    await desk.does("committee", "listMaterials", referral, materials=[{"kind": "MINUTES", "content": "调解笔录"}])
    await desk.does("committee", "sendMaterials", referral)
    await desk.does("court", "acknowledgeMaterials", referral)
    await desk.does("court", "closeSource", referral, result="SETTLED")
    await desk.does("committee", "closeCase", case)

    assert await desk.states(case, referral) == ("CLOSED", "SOURCE_CLOSED")
    stored = await desk.row("cases", case)
    assert (stored["outcome"], stored["termination_reason"], str(stored["concluded_on"])) == (
        "WRITTEN_AGREEMENT",
        "1",
        "2025-06-20",
    )
    assert (await desk.deadlines(case))["JUDICIAL_CONFIRMATION"] == ("2025-07-21", "RUNNING")
    assert await desk.history("court", referral, "referral") == [
        "REFERRAL_ISSUED >ISSUED",
        "REFERRAL_DELIVERED ISSUED>DELIVERED",
        "REFERRAL_ACCEPTED DELIVERED>ACCEPTED",
        "CONSENT_ASKED ACCEPTED>IN_CONSENT",
        "MEDIATION_STARTED IN_CONSENT>IN_MEDIATION",
        "MEDIATION_AGREED IN_MEDIATION>COMPLETED_AGREED 1",
        "MATERIALS_SENT COMPLETED_AGREED>MATERIALS_SENT",
        "MATERIALS_ACKNOWLEDGED MATERIALS_SENT>ACKNOWLEDGED",
        "SOURCE_CLOSED ACKNOWLEDGED>SOURCE_CLOSED SETTLED",
    ]
