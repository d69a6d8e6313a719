"""Habits with referrals: their senders and receivers (DOMAIN 2.2, 4.4, 4.5)."""

from collections.abc import Callable, Mapping

from hub.procedures.returns import NewMaterial
from hub.rules.actions import ReferralAction
from hub.schema.cases import CaseState
from hub.schema.choices import ConsentAnswer, ConsentMatter
from hub.schema.materials import MaterialKind
from hub.schema.referrals import ReferralState, ReferralType, SourceResult
from hub.simulation.case_habits import FORMS
from hub.simulation.casefiles import Found
from hub.simulation.chance import Chance, Weighted
from hub.simulation.looks import ACTS, COURTS, Look, receiver, sender
from hub.simulation.posts import Errand

_REFUSALS = Weighted({"12-1": 5, "12-2": 3, "12-3": 2})
_ENDS = Weighted({"5": 50, "7": 14, "4": 12, "2": 12, "3": 8, "8": 4})
_ANSWERS = Weighted({ConsentAnswer.AGREED: 88, ConsentAnswer.REFUSED: 8, ConsentAnswer.UNREACHABLE: 4})
_FIRST = frozenset({CaseState.ACCEPTED.name, CaseState.DIVERTED.name, CaseState.HANDLING.name})


def _issued(look: Look, referral: Found) -> Errand | None:
    return look.on(referral, receiver(referral), ReferralAction.DELIVER, "deliver_referral")


def _delivered(look: Look, referral: Found) -> Errand | None:
    """Most are accepted; some nobody answers, and their days run out."""
    who, fate = receiver(referral), look.chance.random()
    if fate < 0.03:
        return look.on(referral, sender(referral), ReferralAction.RECALL, "recall_referral")
    if fate < 0.09:
        said = {"reason": look.chance.pick(_REFUSALS), "note": None}
        return look.on(referral, who, ReferralAction.REJECT, "reject_referral", **said)
    if fate < 0.13 or not look.carried(referral, who):
        return None
    return look.on(referral, who, ReferralAction.ACCEPT, "accept_referral")


def _taken(look: Look, referral: Found) -> Errand | None:
    if referral["type"] in ACTS:
        return look.on(referral, receiver(referral), ReferralAction.ASK_CONSENT, "ask_consent")
    result = {"result": SourceResult.SETTLED if referral["receiver_id"] else SourceResult.FILED}
    return look.on(referral, receiver(referral), ReferralAction.CLOSE_SOURCE, "close_source", **result)


def _in_consent(look: Look, referral: Found) -> Errand | None:
    who, answers = receiver(referral), look.file.answers(referral, ConsentMatter.MEDIATION.name)
    others = look.file.side("RESPONDENT")
    if not others:
        return look.on(referral, who, ReferralAction.RETURN, "return_referral", reason="15-2")
    for party in others:
        if answers.get(party["id"]) in (None, ConsentAnswer.BEING_ASKED.name):
            return _answer(referral, party, ConsentMatter.MEDIATION, look.chance.pick(_ANSWERS))
    return look.on(referral, who, ReferralAction.START_MEDIATION, "start_mediation", disclosed=True)


def _answer(referral: Found, party: Found, matter: ConsentMatter, answer: ConsentAnswer) -> Errand:
    said = {"party": party["id"], "matter": matter, "answer": answer, "evidence": "电话录音"}
    who = receiver(referral)
    return Errand(who=who, verb="record_consent", row=referral["id"], version=referral["version"], inputs=said)


def _in_mediation(look: Look, referral: Found) -> Errand | None:
    """Mostly an agreement; before it now and then an extension, an appraisal, another mediator."""
    who, fate = receiver(referral), look.chance.random()
    asked = look.file.answers(referral, ConsentMatter.EXTENSION.name)
    if asked or fate < 0.06:
        return _extension(look, referral, asked)
    if fate < 0.10:
        return look.on(referral, who, ReferralAction.START_APPRAISAL, "start_appraisal")
    if fate < 0.12:
        return look.on(referral, who, ReferralAction.SUSPEND, "suspend_mediation")
    if fate < 0.14 and (parties := look.file.side("APPLICANT")):
        said = {"party": parties[0]["id"], "reason": "当事人申请更换"}
        return look.on(referral, who, ReferralAction.CHANGE_MEDIATOR, "change_mediator", **said)
    if fate < 0.17:
        return look.on(referral, who, ReferralAction.PARTY_REFUSED, "refuse_referred_mediation")
    if fate < 0.32:
        return look.on(referral, who, ReferralAction.END, "end_mediation", reason=look.chance.pick(_ENDS))
    if fate < 0.35:
        return None
    said = {"kind": look.chance.pick(FORMS), "date": look.today, "at_once": look.chance.happens(0.1)}
    return look.on(referral, who, ReferralAction.AGREE, "record_agreement", **said)


def _extension(look: Look, referral: Found, asked: Mapping[str, str]) -> Errand | None:
    """One party of each side agrees, then the days are more."""
    for role in ("APPLICANT", "RESPONDENT"):
        parties = look.file.side(role)
        if parties and not any(party["id"] in asked for party in parties):
            return _answer(referral, parties[0], ConsentMatter.EXTENSION, ConsentAnswer.AGREED)
    who, days = receiver(referral), look.chance.choice((10, 15, 30))
    return look.on(referral, who, ReferralAction.EXTEND, "extend_mediation", days=days)


def _appraisal(look: Look, referral: Found) -> Errand | None:
    return look.on(referral, receiver(referral), ReferralAction.END_APPRAISAL, "end_appraisal")


def _resting(look: Look, referral: Found) -> Errand | None:
    return look.on(referral, receiver(referral), ReferralAction.RESUME, "resume_mediation")


def _completed(look: Look, referral: Found) -> Errand | None:
    """Materials go back to a court, to others now and then (2016 Provisions art. 19)."""
    who, agreed = receiver(referral), referral["state"] == ReferralState.COMPLETED_AGREED.name
    if referral["type"] not in COURTS and not Chance(f"materials {referral['number']}").happens(0.25):
        return None
    if any(each["referral_id"] == referral["id"] for each in look.file.materials):
        return look.on(referral, who, ReferralAction.SEND_MATERIALS, "send_materials")
    row = {"who": who, "row": referral["id"], "version": referral["version"]}
    if not agreed and look.chance.happens(0.4):
        said = {"content": "双方对合同签订和履行经过无争议。", "confirmed_on": look.today}
        return Errand(**row, verb="record_undisputed_facts", inputs=said)
    kinds = (MaterialKind.AGREEMENT if agreed else MaterialKind.STATEMENT, MaterialKind.SERVICE_ADDRESS)
    return Errand(**row, verb="list_materials", inputs={"materials": tuple(NewMaterial(kind) for kind in kinds)})


def _sent(look: Look, referral: Found) -> Errand | None:
    return look.on(referral, sender(referral), ReferralAction.ACKNOWLEDGE, "acknowledge_materials")


def _back(look: Look, referral: Found) -> Errand | None:
    if referral["type"] not in COURTS:
        return None
    settled = referral["termination_reason"] in ("1", "2")
    failed = SourceResult.TRIAL_RESUMED if referral["type"] == ReferralType.ENTRUST.name else SourceResult.FILED
    said = {"result": SourceResult.SETTLED if settled else failed}
    return look.on(referral, sender(referral), ReferralAction.CLOSE_SOURCE, "close_source", **said)


def _again(look: Look, referral: Found) -> Errand | None:
    """Whoever sent it designates another body (Online Mediation Rules art. 12)."""
    if referral["type"] not in ACTS or look.file.is_with_a_body:
        return None
    receiver = _another_invited(look, referral) if referral["type"] in COURTS else _another(look, referral)
    if receiver is None:
        return None
    said = {"receiver": receiver, "mediator": None}
    return look.on(referral, sender(referral), ReferralAction.REDESIGNATE, "redesignate_referral", **said)


def _another(look: Look, referral: Found) -> str | None:
    if look.file.case["state"] not in _FIRST or not look.is_chosen:
        return None
    found = look.bodies.drawn(look.fate, look.file.case, other=referral["receiver_id"])
    return None if found is None else str(found["id"])


def _another_invited(look: Look, referral: Found) -> str | None:
    agreed = look.file.answers(referral, ConsentMatter.DELEGATION.name).values()
    if ConsentAnswer.AGREED.name not in agreed:
        return None
    return look.bodies.invited_by(look.fate, referral["court_id"], other=referral["receiver_id"])


OF_REFERRALS: Mapping[ReferralState, Callable[[Look, Found], Errand | None]] = {
    ReferralState.ISSUED: _issued,
    ReferralState.DELIVERED: _delivered,
    ReferralState.ACCEPTED: _taken,
    ReferralState.IN_CONSENT: _in_consent,
    ReferralState.IN_MEDIATION: _in_mediation,
    ReferralState.APPRAISAL: _appraisal,
    ReferralState.SUSPENDED: _resting,
    ReferralState.COMPLETED_AGREED: _completed,
    ReferralState.COMPLETED_FAILED: _completed,
    ReferralState.MATERIALS_SENT: _sent,
    ReferralState.ACKNOWLEDGED: _back,
    ReferralState.RETURNED: _back,
    ReferralState.REJECTED: _again,
    ReferralState.EXPIRED: _again,
    ReferralState.RECALLED: _again,
}
