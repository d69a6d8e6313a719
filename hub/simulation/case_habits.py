"""Habits with cases: intake, diversion, and the body in charge (DOMAIN 2.1)."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.access.viewers import Viewer
from hub.procedures.choices import Choice
from hub.procedures.issuing import NewReferral
from hub.procedures.notices import FailureAdvice
from hub.rules.actions import CaseAction
from hub.schema.agreements import AgreementKind
from hub.schema.cases import CaseState
from hub.schema.choices import ChoiceAnswer
from hub.schema.referrals import ReferralType
from hub.schema.verbs import Id
from hub.simulation.chance import Weighted
from hub.simulation.looks import Look
from hub.simulation.posts import Errand, mode_of, post

_NOT_ACCEPTED = Weighted({"SCOPE": 4, "COURT": 2, "DECLINED": 2, "UNSUITABLE": 2})
_ADVICE = FailureAdvice(("SSFY", "ZC"), None, None, "可向人民法院起诉；有仲裁协议的可申请仲裁。")
FORMS = Weighted({AgreementKind.WRITTEN: 78, AgreementKind.ORAL: 22})


def _registered(look: Look) -> Errand | None:
    fate, who, found = look.chance.random(), look.intake, None
    if fate < 0.08:
        items = ("身份证明复印件", "证据材料")
        found = look.on_case(who, CaseAction.REQUEST_SUPPLEMENT, "request_supplement", items=items)
    elif fate < 0.12:
        reason = look.chance.pick(_NOT_ACCEPTED)
        return look.on_case(who, CaseAction.NOT_ACCEPT, "refuse_case", reason=reason, notice=_ADVICE)
    elif fate < 0.14:
        return look.on_case(who, CaseAction.WITHDRAW, "withdraw_case", settled=look.chance.happens(0.6))
    return found or look.on_case(who, CaseAction.ACCEPT, "accept_case")


def _supplement(look: Look) -> Errand | None:
    comes = look.fate.happens(0.8)
    return look.on_case(look.intake, CaseAction.SUPPLY, "supply_supplement") if comes else None


def _accepted(look: Look) -> Errand | None:
    """The parties choose, then the diverter gives the case to a body."""
    who, given = post("divert", look.file.case), look.bodies.drawn(look.fate, look.file.case)
    if given is None:
        return None
    if not look.is_chosen:
        return _choice(look, who, mode_of(given))
    new = NewReferral(ReferralType.ASSIGN, receiver=Id(given["id"]))
    return Errand(
        who=who,
        verb="issue_referral",
        row=look.file.case["id"],
        version=look.file.case["version"],
        inputs={"referral": new, "agreed": None},
    )


def _choice(look: Look, who: Viewer, mode: str) -> Errand | None:
    applicants, respondents = look.file.side("APPLICANT"), look.file.side("RESPONDENT")
    if not applicants:
        return None
    refuses = look.chance.happens(0.03)
    choices = [Choice(Id(party["id"]), ChoiceAnswer.CHOSEN, mode, "签字确认") for party in applicants]
    for party in respondents:
        answer = ChoiceAnswer.REFUSED if refuses else ChoiceAnswer.CHOSEN
        choices.append(Choice(Id(party["id"]), answer, None if refuses else mode, None))
    said = {"options": (mode, "SSFY"), "explanation": "已说明各方式的程序、期限、费用和效力", "choices": tuple(choices)}
    case = look.file.case
    # A refusal ends the matter at once, which the intake post may record.
    who = look.intake if refuses else who
    return Errand(who=who, verb="choose_modes", row=case["id"], version=case["version"], inputs=said)


def _handling(look: Look) -> Errand | None:
    """A body settles what no referral brought it."""
    if look.chance.happens(0.78):
        said = {"kind": look.chance.pick(FORMS), "date": look.today}
        return look.on_case(look.handler, CaseAction.AGREE, "record_case_agreement", **said)
    return look.on_case(look.handler, CaseAction.FAIL, "fail_case", reason=look.chance.pick(Weighted({"5": 7, "3": 2})))


def _suspended(look: Look) -> Errand | None:
    return look.on_case(look.handler, CaseAction.RESUME, "resume_case")


def _agreed(look: Look) -> Errand | None:
    if look.chance.happens(0.7):
        return look.on_case(look.handler, CaseAction.PERFORM, "record_performance")
    return _done(look)


def _done(look: Look) -> Errand | None:
    return look.on_case(look.handler, CaseAction.CLOSE, "close_case")


def _failed(look: Look) -> Errand | None:
    """Whatever else is open to the parties is told, they sign for it, and the case is closed (R89)."""
    case = look.file.case
    if not look.file.notices:
        said: dict[str, Any] = {"notice": _ADVICE}
        return Errand(
            who=look.handler, verb="give_failure_notice", row=case["id"], version=case["version"], inputs=said
        )
    (notice,) = look.file.notices
    if notice["receipted_on"] is None:
        said = {"receipt": "送达回证"}
        return Errand(
            who=look.handler, verb="receipt_failure_notice", row=notice["id"], version=notice["version"], inputs=said
        )
    return look.on_case(look.handler, CaseAction.CLOSE_FAILED, "close_case")


def _reopened(look: Look) -> Errand | None:
    return look.on_case(look.intake, CaseAction.ACCEPT, "accept_case")


OF_CASES: Mapping[CaseState, Callable[[Look], Errand | None]] = {
    CaseState.REGISTERED: _registered,
    CaseState.SUPPLEMENT: _supplement,
    CaseState.ACCEPTED: _accepted,
    CaseState.DIVERTED: _accepted,
    CaseState.HANDLING: _handling,
    CaseState.SUSPENDED: _suspended,
    CaseState.AGREED: _agreed,
    CaseState.PERFORMED: _done,
    CaseState.WITHDRAWN: _done,
    CaseState.DECIDED: _done,
    CaseState.FAILED: _failed,
    CaseState.REOPENED: _reopened,
}
