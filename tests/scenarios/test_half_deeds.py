"""Never half a deed: of every verb the n-th statement fails until a run has no failure; with --long for every n."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests.procedures.agencies import Hub
from tests.scenarios.brittle import Brittle
from tests.scenarios.desk import BODY, COURT, OTHER_BODY, Desks, desks, dispute, notice, org
from tests.scenarios.investigations.village import PEOPLE, found, rounds, tasks, villages
from tests.scenarios.meetings.test_meeting import ABOVE, OFFICE, prepared

from hub.parts import hub_acts
from hub.schema.cases import Case, CaseState
from hub.store.ledger import Update

ELSEWHERE = {
    "create_consumer",
    "ack_events",
    "rewind_consumer",
    "delete_consumer",
    "fix_row",
    "decide_candidate",
    "undo_merge",
    "run_job",
    "replay_letters",
    "drop_letter",
    "start_outlet",
}
"""Verbs of quarantine, links, jobs, consumers and outlets: they stand under the same ledger, and have tests of their own."""

AREAS: dict[str, set[str]] = {
    "disputes": set(),
    "access": {"revoke_token", "disconnect"},
    "investigations": {
        *("plan_campaign", "end_campaign", "summarise_campaign", "report_finding", "report_nothing", "submit_report"),
        *("triage_finding", "recheck_finding", "register_finding", "link_finding", "acknowledge_warning"),
    },
    "meetings": {
        *("plan_meeting", "invite_to_meeting", "hold_meeting", "resolve_measures", "report_measure", "close_meeting"),
        *("draft_report", "revise_report", "approve_report", "send_report", "receipt_report"),
    },
    "supervision": {
        *("raise_supervision", "assess_risk", "acknowledge_alert", "explain_alert", "extend_alert", "resolve_alert"),
        *("escalate_alert", "cancel_alert", "list_alert", "delist_alert"),
    },
}
"""Whose story tells of which verbs; that of disputes tells of all the rest."""


@pytest_asyncio.fixture
async def brittle(hub: Hub, configured: Any) -> AsyncIterator[Brittle]:
    async with desks(hub, configured.url, Brittle) as opened:
        assert isinstance(opened, Brittle)
        yield opened


@pytest.mark.parametrize("area", AREAS)
async def test_no_verb_is_ever_half_done(brittle: Brittle, area: str) -> None:
    """一次办理，一笔写入 · Rows, events, limits and the receipt of a deed are written together, or none of them is."""
    await _tell(brittle, area)


@pytest.mark.long
@pytest.mark.parametrize("area", AREAS)
async def test_no_verb_is_half_done_whichever_statement_fails(brittle: Brittle, area: str) -> None:
    """一次办理，一笔写入 · The same, for each statement of each verb."""
    brittle.every = True
    await _tell(brittle, area)


async def _tell(desk: Brittle, area: str) -> None:
    others = {verb for name, verbs in AREAS.items() if name != area for verb in verbs}
    wanted = set(hub_acts()) - ELSEWHERE - others if area == "disputes" else AREAS[area]
    desk.on("2025-06-03")
    for told in STORIES[area]:
        await told(desk)

    assert wanted <= {_snake(verb) for verb in desk.counted}
    assert min(desk.counted.values()) > 4


async def _from_the_window(desk: Desks) -> None:
    case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("intake", "recordFirstDuty", case, duty="ANSWER")
    await desk.does("intake", "requestSupplement", case, items=["借条"])
    await desk.does("intake", "supplySupplement", case)
    await desk.does("intake", "recordSuitability", case, suitable=True)
    await desk.does("intake", "acceptCase", case, severity="3")
    choices = [{"party": (await desk.sides(case))[0], "answer": "CHOSEN", "chosen": "RM"}]
    await desk.does("intake", "chooseModes", case, options=["RM"], explanation="说明", choices=choices)
    sent = {"type": "ASSIGN", "receiver": org(BODY)}
    draft = (await desk.does("divert", "draftReferral", case, referral=sent))["referral"]["id"]
    await desk.does("divert", "issueDraft", draft)
    await desk.does("committee", "deliverReferral", draft)
    await desk.does("committee", "rejectReferral", draft, reason="12-1")
    await desk.does("divert", "redesignateReferral", draft, receiver=org(BODY))
    other = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("intake", "refuseCase", other, reason="SCOPE", notice=notice())
    third = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("intake", "withdrawCase", third, settled=False)
    await desk.does("centre", "closeCase", third)
    await desk.does("intake", "reopenCase", third)
    await desk.does("intake", "refuseMediation", third)
    given = await desk.does("intake", "giveFailureNotice", third, notice=notice())
    await desk.does("intake", "receiptFailureNotice", given["failureNotice"]["id"], receipt="1")
    await desk.does("intake", "transferToPolice", third)


async def _from_the_court(desk: Desks) -> None:
    await desk.invited(BODY, OTHER_BODY)
    case, referral = await desk.mediating()
    one, other = await desk.sides(case)
    for party in (one, other):
        await desk.does("committee", "recordConsent", referral, party=party, matter="EXTENSION", answer="AGREED")
    await desk.does("committee", "extendMediation", referral, days=5)
    for verb in ("startAppraisal", "endAppraisal", "suspendMediation", "resumeMediation"):
        await desk.does("committee", verb, referral)
    await desk.does("committee", "changeMediator", referral, party=one)
    await desk.does("district", "conveneJoint", case, members=[org(OTHER_BODY)])
    await desk.does("committee", "recordUndisputedFacts", referral, content="无争议", confirmedOn="2025-06-03")
    await desk.does("committee", "listMaterials", referral, materials=[{"kind": "MINUTES"}])
    await desk.does("committee", "recordAgreement", referral, kind="WRITTEN", date="2025-06-03")
    await desk.does("committee", "recordPerformance", case)
    await desk.does("committee", "sendMaterials", referral)
    await desk.does("court", "acknowledgeMaterials", referral)
    await desk.does("court", "closeSource", referral, result="SETTLED")


async def _to_a_failure(desk: Desks) -> None:
    _, referral = await desk.mediating()
    await desk.does("committee", "endMediation", referral, reason="5")
    _, referral = await desk.accepted()
    await desk.does("committee", "askConsent", referral)
    await desk.does("committee", "returnReferral", referral, reason="15-2")
    _, referral = await desk.delegated()
    await desk.does("court", "refuseReferredMediation", referral)
    sent = {"type": "HANDOVER_TO_COURT", "court": COURT, "receiver": org("court-0402")}
    case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("centre", "issueReferral", case, referral=sent)


async def _taken_back(desk: Desks) -> None:
    _, referral = await desk.accepted()
    await desk.does("court", "recallReferral", referral)
    await desk.does("committee", "agreeRecall", referral)


async def _alone(desk: Desks) -> None:
    """Cases that their organisation handles; of one no referral tells, as agencies had it before."""
    case, _ = await desk.accepted()
    await desk.does("committee", "suspendCase", case, ground="ILLNESS")
    await desk.does("committee", "resumeCase", case)
    await desk.does("committee", "recordDecision", case, award=False)
    for verb, said in (("failCase", {"reason": "5"}), ("recordCaseAgreement", {"kind": "ORAL", "date": "2025-06-03"})):
        case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
        handled = Update(Case, case, 1, {"state": CaseState.HANDLING})
        await desk.hub.base.ledger.write([handled], actor="system", now=desk.now)
        await desk.does("centre", verb, case, **said)
    invitation = (await desk.hub.rows("invitations"))[0]["id"]
    await desk.does("court", "endInvitation", invitation, lastDay="2025-06-30")


async def _of_investigations(desk: Desks) -> None:
    desk.on("2025-06-02", hour=0)
    await villages(desk, "东村", "西村")
    await rounds(desk)
    desk.on("2025-06-06")
    (one,), (other,) = await tasks(desk, "东村"), await tasks(desk, "西村")
    told = []
    for risk in ("RED", "YELLOW", "YELLOW"):
        given = await desk.does("东村", "reportFinding", one["id"], finding=found(risk=risk))
        told.append(given["finding"]["id"])
    warning = await desk.hub.one("risk_warnings", organisation_id=org("centre-370402001"))
    await desk.does("centre", "acknowledgeWarning", warning["id"])
    await desk.does("intake", "triageFinding", told[0], verdict="WATCH", reason="尚未发生争执")
    await desk.does("东村", "recheckFinding", told[0], result="CLEARED")
    await desk.does("intake", "triageFinding", told[1], verdict="CASE", reason="双方已起争执")
    given = await desk.does("intake", "registerFinding", told[1], case={"severity": "2", "parties": PEOPLE})
    await desk.does("intake", "linkFinding", told[2], case=given["case"]["id"])
    await desk.does("东村", "submitReport", one["id"], findings=[found()])
    await desk.does("西村", "reportNothing", other["id"], visited=112)
    await desk.does("centre", "summariseCampaign", one["campaign"]["id"], summary="本期排查情况")
    said = {"title": "欠薪专项排查", "region": "region_370402001", "level": "VILLAGE", "disputeType": "10"}
    given = await desk.does("district", "planCampaign", **said, firstOn="2025-06-09", lastOn="2025-06-20")
    desk.on("2025-06-09", hour=0)
    await rounds(desk)
    await desk.does("supervisor", "endCampaign", given["campaign"]["id"])


async def _of_meetings(desk: Desks) -> None:
    meeting = (await prepared(desk))[0]["id"]
    desk.on("2025-07-03")
    await desk.does("centre", "inviteToMeeting", meeting, organisations=[org(OFFICE)])
    attended = [{"organisation": org(OFFICE), "post": "副主任"}]
    await desk.does("centre", "holdMeeting", meeting, heldOn="2025-07-03", attended=attended, minutes="研判")
    given = [{"title": "开展合同普法", "organisation": org(ABOVE), "dueOn": "2025-07-20"}]
    await desk.does("centre", "resolveMeasures", meeting, measures=given)
    drafted = await desk.does("centre", "draftReport", meeting, title="六月研判报告", text="合同纠纷占三分之二")
    report = drafted["report"]["id"]
    await desk.does("centre", "reviseReport", report, text="合同纠纷占三分之二，均为买卖合同")
    await desk.does("centre", "approveReport", report)
    await desk.does("centre", "sendReport", report, recipients=[org(OFFICE)])
    recipient = await desk.hub.one("recipients", organisation_id=org(OFFICE))
    await desk.does(OFFICE, "receiptReport", recipient["id"])
    measure = await desk.hub.one("tasks", kind="MEASURE")
    await desk.does(ABOVE, "reportMeasure", measure["id"], result="已开展三场")
    await desk.does("centre", "closeMeeting", meeting)
    said = {"title": "物业纠纷专题", "region": "region_370402001", "coverage": "SPECIAL", "period": "2025-07"}
    await desk.does("centre", "planMeeting", **said, holdBy="2025-07-12")


async def _of_supervision(desk: Desks) -> None:
    case = (await desk.does("intake", "registerCase", case=dispute(channel="01")))["case"]["id"]
    await desk.does("intake", "assessRisk", case, risk="RED")
    listed = (await desk.alert(trigger="RISK"))["id"]
    await desk.does("supervisor", "listAlert", listed, note="限期办结")
    await desk.does("supervisor", "delistAlert", listed)
    await desk.does("district", "raiseSupervision", case=case, level="YELLOW", note="请尽快分流")
    raised = (await desk.alert(trigger="RAISED"))["id"]
    await desk.does("district", "acknowledgeAlert", raised)
    await desk.does("district", "explainAlert", raised, reason="WORKLOAD", promisedOn="2025-06-16")
    await desk.does("district", "extendAlert", raised, until="2025-06-20")
    await desk.does("district", "escalateAlert", raised)
    await desk.does("district", "resolveAlert", raised, note="已分流")
    desk.on("2025-06-05")
    await desk.supervises()
    late = (await desk.alert(rule="FIRST_RESPONSE"))["id"]
    await desk.does("district", "cancelAlert", late, note="登记日期有误")


async def _of_access(desk: Desks) -> None:
    await desk.does("admin", "revokeToken", jti="8c1f", reason="LOST")
    await desk.does("admin", "revokeToken", jti="8c1f", reason="MISUSED")
    await desk.does("admin", "disconnect", connection=f"conn_{7:032x}", reason="SUSPECTED")


STORIES = {
    "access": (_of_access,),
    "disputes": (_from_the_window, _from_the_court, _to_a_failure, _taken_back, _alone),
    "investigations": (_of_investigations,),
    "meetings": (_of_meetings,),
    "supervision": (_of_supervision,),
}


def _snake(verb: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in verb)
