"""The machine of a referral, and the case's action that each of its actions is (DOMAIN 2.2, 4.4, 4.5; R30-R34)."""

from collections.abc import Iterator

from hub.rules.actions import END_REASONS, CaseAction, ReferralAction
from hub.rules.cases import ACTING
from hub.rules.guards import Linked, empty, filled, has, lacks, none_of, one_of
from hub.rules.limits import MEDIATION, RESPONSE, Rule
from hub.rules.machines import (
    Basis,
    Clock,
    Effect,
    Machine,
    Then,
    Transition,
    overdue,
    start,
    staying,
    steps,
    stop,
)
from hub.rules.standing import COURT_TYPES, Standing
from hub.schema.cases import CaseState
from hub.schema.referrals import ReferralState as S
from hub.schema.referrals import ReferralType as T

OPEN = (S.ISSUED, S.DELIVERED, S.ACCEPTED, S.IN_CONSENT, S.IN_MEDIATION, S.APPRAISAL, S.SUSPENDED)
"""States in which the matter is on its way or with the receiver."""


_ONLINE = {number: f"法释〔2021〕23号第{number}条 · Online Mediation Rules art. {number}" for number in range(9, 27)}
_2016 = "法释〔2016〕14号第{0}条 · Special-invited Mediation Provisions (2016) art. {0}"
_REFER = Basis("枣法委发〔2021〕7号2.1.3 · Zaozhuang Opinions (2021) No. 7, 2.1.3: delegate, assign, forward (R30-R34)")
_DELIVERY = Basis("本地默认 · local default: the receiver's system or the receiver confirms receipt", local=True)
_RECALLED = Basis(
    "本地默认 · local default: before acceptance by the sender alone, afterwards by agreement", local=True
)
_CEASED = Basis("人民调解法第25条 · People's Mediation Law art. 25")
_CPL_125 = Basis(
    "民事诉讼法第125条；法释〔2021〕23号第15条 · Civil Procedure Law art. 125; Online Mediation Rules art. 15 (R62)"
)
_R88 = Basis(
    "人民调解法第26条；法释〔2021〕23号第25条 · People's Mediation Law art. 26; Online Mediation Rules art. 25 (R88)"
)
_FILING = Basis("民事诉讼法第126条 · Civil Procedure Law art. 126")


def _online(number: int) -> Basis:
    return Basis(_ONLINE[number])


def _provisions(number: int) -> Basis:
    return Basis(_2016.format(number))


_MINE = {"referral": "id"}
_ACTING = one_of("type", *ACTING, doc="该流转类型无此操作 · not an action of this type of referral")
_COURTS = one_of("type", *COURT_TYPES, doc="非法院委派、委托 · not delegated or entrusted by a court")
_ASSIGNED = one_of("type", T.ASSIGN, T.FORWARD)
_OPEN_CASE = none_of(
    "case.state",
    *(CaseState.NOT_ACCEPTED, CaseState.MERGED, CaseState.CLOSED, CaseState.CLOSED_FAILED, CaseState.TRANSFERRED),
    doc="案件已终结，须先重启 · the case has ended and must be reopened first",
)
_TAKEN_UP = one_of(
    "case.state",
    *(CaseState.ACCEPTED, CaseState.DIVERTED, CaseState.HANDLING),
    doc="案件尚未受理 · the case has not been accepted yet",
)
_ALONE = lacks(
    "Referral",
    one_of("type", *ACTING),
    one_of("state", *OPEN),
    on={"case": "case"},
    doc="案件另有进行中的流转 · the case has another referral under way",
)
_INVITED = has(
    "Invitation",
    on={"organisation": "receiver", "court": "court"},
    doc="该机构未受该法院邀请 · the court has not invited this body (R13)",
)
_TO_SOMEBODY = filled("receiver", "须有接收机构 · a receiver is needed")
_PROCEDURE = filled("trial_procedure", "须有审理程序 · the trial procedure is needed (T2)")
_SEVERE = one_of("case.severity", "3", "4", doc="仅限疑难、重大案件 · for difficult and major cases only (R27)")
_AGREEMENT = has("Agreement", on={"case": "case"}, doc="未登记调解协议 · no agreement is recorded")
_MATERIAL = has("Material", on=_MINE, doc="未列材料 · no material is listed")
_RESULT = filled("source_result", "须有来源办理结果 · the source's result is needed")
_TAKEN_BACK = Then(CaseAction.REQUEUE, (_ACTING,))
_REASONS = {
    reason: one_of("termination_reason", reason, doc="须有终结原因 · a reason of ending is needed")
    for reason in END_REASONS
}
_FAILED = one_of(
    "termination_reason", *list(END_REASONS)[1:], doc="须有终结原因2至8 · a reason of ending from 2 to 8 is needed"
)


def _consent(matter: str, side: str, doc: str) -> Linked:
    where = one_of("matter", matter), one_of("answer", "AGREED"), one_of("side", side), empty("spent_on")
    return has("Consent", *where, on=_MINE, doc=doc)


_DELEGATED = _consent("DELEGATION", "APPLICANT", "未记录当事人同意 · the party's consent is not recorded")
_OTHER_SIDE = _consent("MEDIATION", "RESPONDENT", "对方尚未同意 · the other side has not agreed (R87)")
_BOTH_EXTEND = tuple(
    _consent("EXTENSION", side, "须各方同意延长 · all parties must agree to the extension")
    for side in ("APPLICANT", "RESPONDENT")
)
_NOBODY_AGAINST = lacks(
    "Consent",
    one_of("matter", "EXTENSION"),
    none_of("answer", "AGREED"),
    empty("spent_on"),
    on=_MINE,
    doc="有当事人未同意延长 · a party has not agreed to the extension",
)

_SENDER, _RECEIVER, _JOB = (Standing.SENDER,), (Standing.RECEIVER,), (Standing.JOB,)
_PARTY, _CARRIED = (Standing.PARTY, Standing.REFERRAL), (Standing.REFERRAL,)
_CHOICE = (Rule.MEDIATOR_CHOICE, Rule.COURT_DESIGNATION)
_OVER = stop(*MEDIATION, *RESPONSE, *_CHOICE, Rule.REFERRAL_DELIVERY, Rule.ASKING_THE_OTHER_SIDE, Rule.RETURN)
_BACK_AT_COURT = _OVER + start(Rule.COURT_FILING, when=(one_of("type", T.DELEGATE),))
_AGREED = _OVER + start(Rule.JUDICIAL_CONFIRMATION)
_PAUSED = tuple(Clock(Effect.PAUSE, rule) for rule in MEDIATION)
_RESUMED = tuple(Clock(Effect.RESUME, rule) for rule in MEDIATION)
_CONFIRMED = (
    *stop(*RESPONSE),
    *start(Rule.DELEGATED_MEDIATION, when=(one_of("type", T.DELEGATE),)),
    *start(Rule.ENTRUSTED_ORDINARY, when=(one_of("type", T.ENTRUST), one_of("trial_procedure", "ORDINARY"))),
    *start(Rule.ENTRUSTED_SUMMARY, when=(one_of("type", T.ENTRUST), one_of("trial_procedure", "SUMMARY"))),
    *start(Rule.PEOPLES_MEDIATION, when=(_ASSIGNED,)),
    *start(Rule.ASKING_THE_OTHER_SIDE, when=(_ACTING,)),
)
_SENT = start(Rule.REFERRAL_DELIVERY)
_RECEIVED = (
    *stop(Rule.REFERRAL_DELIVERY),
    *start(Rule.CONFIRMATION_OF_RECEIPT, when=(_COURTS,)),
    *start(Rule.ASSIGNMENT_RESPONSE, when=(one_of("type", T.ASSIGN, T.ESCALATE),)),
    *start(Rule.COURT_FILING, when=(one_of("type", T.HANDOVER_TO_COURT),)),
    *start(Rule.FORWARD_OBJECTION, when=(one_of("type", T.FORWARD),)),
    *start(Rule.JOINT_CONVENING, when=(one_of("type", T.JOINT_INVITE),)),
)


def _issuing() -> Iterator[Transition]:
    senders = (Standing.SENDER, Standing.DIVERT, Standing.DISPATCH, Standing.HANDLER)
    choosing = start(*_CHOICE, when=(_COURTS,))
    drafting = {"who": senders, "basis": _REFER}
    yield from steps(None, ReferralAction.DRAFT, S.DRAFT, guards=(_MEDIATED, _OPEN_CASE), clocks=choosing, **drafting)
    yield from steps(None, ReferralAction.DRAFT, S.DRAFT, guards=(_HANDED,), **drafting)
    chosen, issue = stop(*_CHOICE) + _SENT, ReferralAction.ISSUE
    diverting = Then(CaseAction.DIVERT, (one_of("case.state", CaseState.ACCEPTED),), must=True)
    court = {"who": _SENDER, "basis": _online(10), "clocks": chosen}
    free, invited = (_OPEN_CASE, _ALONE), (_TO_SOMEBODY, _INVITED, _DELEGATED)
    delegate, entrust = one_of("type", T.DELEGATE), one_of("type", T.ENTRUST)
    yield from steps(S.DRAFT, issue, S.ISSUED, guards=(delegate, *free), needs=invited, **court)
    yield from steps(S.DRAFT, issue, S.ISSUED, guards=(entrust, *free), needs=(*invited, _PROCEDURE), **court)
    office = {"who": senders, "basis": _REFER, "needs": (_TO_SOMEBODY,), "clocks": _SENT}
    assign, forward = one_of("type", T.ASSIGN), one_of("type", T.FORWARD)
    yield from steps(S.DRAFT, issue, S.ISSUED, guards=(assign, _TAKEN_UP, *free), case=(diverting,), **office)
    yield from steps(S.DRAFT, issue, S.ISSUED, guards=(forward, *free), case=(diverting,), **office)
    up, invite = one_of("type", T.ESCALATE), one_of("type", T.JOINT_INVITE)
    yield from steps(S.DRAFT, issue, S.ISSUED, guards=(up, _OPEN_CASE, _SEVERE), **office)
    yield from steps(S.DRAFT, issue, S.ISSUED, guards=(invite, _OPEN_CASE), **office)
    # Nothing may hold a dispute back from court: no condition but the court it goes to (R62).
    handing = {
        "who": (*senders, Standing.PARTY),
        "basis": _CPL_125,
        "needs": (filled("court", "须有法院 · a court is needed"),),
        "clocks": _SENT,
    }
    yield from steps(S.DRAFT, issue, S.ISSUED, guards=(one_of("type", T.HANDOVER_TO_COURT),), **handing)


def _answering() -> Iterator[Transition]:
    delivered = {"who": (Standing.RECEIVER, Standing.JOB), "basis": _DELIVERY, "clocks": _RECEIVED}
    yield from steps(S.ISSUED, ReferralAction.DELIVER, S.DELIVERED, **delivered)
    handled = (
        Then(CaseAction.START_HANDLING, (_ACTING,), must=True),
        Then(CaseAction.JOIN, (one_of("type", T.JOINT_INVITE),), must=True),
        Then(CaseAction.ESCALATE, (one_of("type", T.ESCALATE),), must=True),
    )
    accepting = {"who": _RECEIVER, "basis": _online(12), "clocks": _CONFIRMED, "case": handled}
    yield from steps(S.DELIVERED, ReferralAction.ACCEPT, S.ACCEPTED, **accepting)
    answered = {"clocks": stop(*RESPONSE, Rule.COURT_FILING, Rule.REFERRAL_DELIVERY), "case": (_TAKEN_BACK,)}
    ground = filled("refusal_reason", "须有不接受原因 · a reason for refusing is needed")
    refusing = {"who": _RECEIVER, "basis": _online(12), "needs": (ground,)}
    yield from steps(S.DELIVERED, ReferralAction.REJECT, S.REJECTED, **refusing, **answered)
    late = {"who": _JOB, "basis": _online(12), "guards": (overdue(*RESPONSE, on="referral"),)}
    yield from steps(S.DELIVERED, ReferralAction.EXPIRE, S.EXPIRED, **late, **answered)
    recalling = {"who": _SENDER, "basis": _RECALLED}
    yield from steps((S.ISSUED, S.DELIVERED), ReferralAction.RECALL, S.RECALLED, **recalling, **answered)
    taken = (S.ACCEPTED, S.IN_CONSENT, S.IN_MEDIATION, S.APPRAISAL)
    yield from staying(
        taken,
        ReferralAction.ASK_RECALL,
        guards=(empty("recall_asked_on", "已请求撤回 · a recall has been asked for"),),
        **recalling,
    )
    asked = filled("recall_asked_on", "发出方未请求撤回 · the sender has not asked for a recall")
    letting_go = {
        "who": _RECEIVER,
        "basis": _RECALLED,
        "clocks": _OVER,
        "case": (Then(CaseAction.RELEASE, (_ACTING,)),),
    }
    yield from steps(taken, ReferralAction.AGREE_RECALL, S.RECALLED, guards=(asked,), **letting_go)
    once = lacks("Referral", on={"redesignates": "id"}, doc="已重新指定 · it has been designated again")
    posts = (Standing.SENDER, Standing.DIVERT, Standing.DISPATCH)
    again = {"who": posts, "basis": _online(12), "guards": (once, _OPEN_CASE)}
    yield from staying((S.REJECTED, S.EXPIRED, S.RECALLED), ReferralAction.REDESIGNATE, **again)


def _consenting() -> Iterator[Transition]:
    asking = {"who": _RECEIVER, "basis": _online(15), "guards": (_ACTING,)}
    yield from steps(S.ACCEPTED, ReferralAction.ASK_CONSENT, S.IN_CONSENT, **asking)
    ground = one_of("return_reason", "15-1", "15-2", doc="须有退回原因 · a reason for returning is needed")
    back = {"clocks": _BACK_AT_COURT, "basis": _online(15), "needs": (ground,), "case": (Then(CaseAction.FAIL),)}
    yield from steps(S.IN_CONSENT, ReferralAction.RETURN, S.RETURNED, who=_RECEIVER, **back)
    disclosed = filled("disclosed_on", "调解员须先披露利害关系 · the mediator must first disclose interests")
    agreed = {"who": _RECEIVER, "basis": _online(13), "needs": (_OTHER_SIDE, disclosed)}
    known = stop(Rule.ASKING_THE_OTHER_SIDE)
    yield from steps(S.IN_CONSENT, ReferralAction.START_MEDIATION, S.IN_MEDIATION, clocks=known, **agreed)
    # From every open state, at once, no guard but standing (R62): what is not mediated cannot be refused.
    refused = {"who": _PARTY, "basis": _CPL_125, "clocks": _BACK_AT_COURT, "case": (Then(CaseAction.PARTY_REFUSED),)}
    yield from steps((S.DRAFT, *OPEN), ReferralAction.PARTY_REFUSED, S.RETURNED, guards=(_MEDIATED,), **refused)
    left = {"who": _PARTY, "basis": _R88, "clocks": _OVER, "case": (Then(CaseAction.WITHDRAW),)}
    yield from steps((S.DRAFT, *OPEN), ReferralAction.WITHDRAW, S.COMPLETED_FAILED, guards=(_MEDIATED,), **left)
    ceased = {"who": _CARRIED, "basis": _CEASED, "clocks": _OVER + stop(Rule.COURT_FILING)}
    yield from steps((S.DRAFT, *OPEN), ReferralAction.CEASE, S.COMPLETED_FAILED, **ceased)


def _mediating() -> Iterator[Transition]:
    mediating = {"who": _RECEIVER}
    extended = {"basis": _online(24), "needs": (*_BOTH_EXTEND, _NOBODY_AGAINST)}
    longer = tuple(Clock(Effect.EXTEND, rule) for rule in MEDIATION)
    yield from staying((S.IN_MEDIATION,), ReferralAction.EXTEND, clocks=longer, **mediating, **extended)
    appraising, resting = {"who": _PARTY, "basis": _online(26)}, (Then(CaseAction.SUSPEND),)
    start_it, end_it, resumed = ReferralAction.START_APPRAISAL, ReferralAction.END_APPRAISAL, (Then(CaseAction.RESUME),)
    yield from steps(S.IN_MEDIATION, start_it, S.APPRAISAL, clocks=_PAUSED, case=resting, **appraising)
    yield from steps(S.APPRAISAL, end_it, S.IN_MEDIATION, clocks=_RESUMED, case=resumed, **appraising)
    change = {"who": (Standing.PARTY,), "basis": _online(14)}
    yield from staying((S.IN_MEDIATION,), ReferralAction.CHANGE_MEDIATOR, **change)
    false = {"who": _RECEIVER, "basis": _provisions(18), "case": resting}
    yield from steps(S.IN_MEDIATION, ReferralAction.SUSPEND, S.SUSPENDED, **false)
    cleared = {"who": (Standing.SENDER, Standing.RECEIVER), "basis": _provisions(18), "case": resumed}
    yield from steps(S.SUSPENDED, ReferralAction.RESUME, S.IN_MEDIATION, **cleared)
    signed = {"basis": _provisions(19), "needs": (_AGREEMENT, _REASONS["1"]), "case": (Then(CaseAction.AGREE),)}
    yield from steps(S.IN_MEDIATION, ReferralAction.AGREE, S.COMPLETED_AGREED, clocks=_AGREED, **mediating, **signed)
    ways = (Then(CaseAction.WITHDRAW, (_REASONS["2"],)), Then(CaseAction.FAIL, (_FAILED,)))
    ended = {"basis": _online(25), "clocks": _OVER, "case": ways}
    running = (S.IN_MEDIATION, S.SUSPENDED)
    yield from steps(running, ReferralAction.END, S.COMPLETED_FAILED, needs=(_FAILED,), **mediating, **ended)
    late = {"who": _JOB, "guards": (overdue(*MEDIATION, on="referral"),), "needs": (_REASONS["6"],)}
    yield from steps(S.IN_MEDIATION, ReferralAction.END, S.COMPLETED_FAILED, **late, **ended)


def _returning() -> Iterator[Transition]:
    done = (S.COMPLETED_AGREED, S.COMPLETED_FAILED)
    sending = {"who": (Standing.RECEIVER, Standing.JOB), "basis": _provisions(19), "needs": (_MATERIAL,)}
    due = start(Rule.MATERIALS_RECEIPT)
    yield from steps(done, ReferralAction.SEND_MATERIALS, S.MATERIALS_SENT, clocks=due, **sending)
    failed = (one_of("type", T.DELEGATE), _FAILED)
    signed = stop(Rule.MATERIALS_RECEIPT) + start(Rule.COURT_FILING, when=failed)
    received = {"who": _SENDER, "basis": _provisions(19), "clocks": signed}
    yield from steps(S.MATERIALS_SENT, ReferralAction.ACKNOWLEDGE, S.ACKNOWLEDGED, **received)
    closing = {"basis": _FILING, "needs": (_RESULT,), "clocks": stop(Rule.COURT_FILING)}
    close = ReferralAction.CLOSE_SOURCE
    yield from steps((S.ACKNOWLEDGED, S.RETURNED), close, S.SOURCE_CLOSED, who=_SENDER, **closing)
    taken = one_of("type", T.HANDOVER_TO_COURT, T.JOINT_INVITE, T.ESCALATE, doc="尚在调解 · it is being mediated")
    both = {"who": (Standing.SENDER, Standing.RECEIVER), "guards": (taken,), "basis": _FILING}
    yield from steps(S.ACCEPTED, close, S.SOURCE_CLOSED, needs=(_RESULT,), clocks=_OVER, **both)


_MEDIATED = none_of("type", T.HANDOVER_TO_COURT, doc="转诉讼不属调解 · a handover to the court is no mediation")
_HANDED = one_of("type", T.HANDOVER_TO_COURT)

REFERRALS = Machine(
    noun="Referral",
    states=S,
    actions=ReferralAction,
    handler="case.organisation",
    transitions=(*_issuing(), *_answering(), *_consenting(), *_mediating(), *_returning()),
    owners={S.DRAFT: Standing.SENDER, S.MATERIALS_SENT: Standing.SENDER, S.ACKNOWLEDGED: Standing.SENDER}
    | dict.fromkeys(OPEN, Standing.RECEIVER)
    | dict.fromkeys((S.REJECTED, S.EXPIRED, S.RECALLED, S.RETURNED), Standing.SENDER)
    | dict.fromkeys((S.COMPLETED_AGREED, S.COMPLETED_FAILED), Standing.RECEIVER),
    final=frozenset({S.SOURCE_CLOSED}),
)
