"""The machine of a case: what may follow what, who may do it, on what ground (DOMAIN 2.1; R1-R7, R40, R62, R85-R89)."""

from collections.abc import Iterator

from hub.rules.actions import CaseAction
from hub.rules.guards import empty, filled, has, lacks, one_of
from hub.rules.limits import ACCEPTED_FROM, LAWFUL, MEDIATION, RECEIVED_FROM, Rule
from hub.rules.machines import Basis, Clock, Effect, Machine, Transition, overdue, start, staying, steps, stop
from hub.rules.standing import COURT_TYPES, Standing
from hub.schema.cases import CaseState as S
from hub.schema.referrals import ReferralState, ReferralType

ACTING = (ReferralType.DELEGATE, ReferralType.ENTRUST, ReferralType.ASSIGN, ReferralType.FORWARD)
"""Referrals under which the matter itself is handled; the others invite, escalate or hand over."""


UNSETTLED = (S.REGISTERED, S.SUPPLEMENT, S.ACCEPTED, S.DIVERTED, S.HANDLING, S.SUSPENDED, S.REOPENED)
"""States in which nothing has come of the case yet: a party may still refuse or withdraw."""
FINAL = frozenset({S.NOT_ACCEPTED, S.CLOSED, S.CLOSED_FAILED, S.TRANSFERRED})
OVER = FINAL | {S.MERGED}
"""States in which nobody has to do anything for the case itself."""

FURTHEST = (
    *(S.MERGED, S.NOT_ACCEPTED, S.WITHDRAWN, S.CLOSED_FAILED, S.FAILED),
    *(S.SUPPLEMENT, S.REGISTERED, S.REOPENED, S.ACCEPTED, S.DIVERTED, S.SUSPENDED, S.HANDLING),
    *(S.DECIDED, S.AGREED, S.PERFORMED, S.CLOSED, S.TRANSFERRED),
)
"""From the least far to the furthest: what ended without a result, what is under way, results, the police.

A dispute that one source has given up is not given up while another still handles it.
"""

_SEED, _SEED_EN = "枣法委发〔2021〕7号", "Zaozhuang Opinions (2021) No. 7,"
_R85 = Basis(f"{_SEED}2.3.3首问责任 · {_SEED_EN} 2.3.3, first-asked responsibility (R85)")
_R86 = Basis(
    f"{_SEED}2.3.3一次性告知；期限为本地默认 · {_SEED_EN} 2.3.3, one-time notice (R86); its days are local defaults"
)
_R87 = Basis(f"{_SEED}2.3.3引导自愿选择 · {_SEED_EN} 2.3.3, voluntary choice (R87)")
_R88 = Basis(f"人民调解法第17条、第26条；{_SEED}2.3.3不得强迫 · People's Mediation Law arts. 17, 26; no coercion (R88)")
_R89 = Basis(f"人民调解法第26条；{_SEED}2.3.3 · People's Mediation Law art. 26; {_SEED_EN} 2.3.3 (R89)")
_R26 = Basis(f"{_SEED}2.1.2前台统一受理，后台分流转办 · {_SEED_EN} 2.1.2, one acceptance, then diversion (R26)")
_R40 = Basis(f"{_SEED}2.1.4联调 · {_SEED_EN} 2.1.4, joint handling (R40)")
_R27 = Basis(f"{_SEED}2.1.2重大疑难 · {_SEED_EN} 2.1.2, major and difficult matters (R27)")
_ONLINE_12 = Basis("法释〔2021〕23号第12条 · Online Mediation Rules art. 12")
_ONLINE_25 = Basis("法释〔2021〕23号第25条 · Online Mediation Rules art. 25")
_ONLINE_26 = Basis("法释〔2021〕23号第26条 · Online Mediation Rules art. 26 (appraisal)")
_CPL_125 = Basis(
    "民事诉讼法第125条；人民调解法第17条 · Civil Procedure Law art. 125; People's Mediation Law art. 17 (R62)"
)
_PML_25 = Basis("人民调解法第25条 · People's Mediation Law art. 25")
_PML_27 = Basis("人民调解法第27条 · People's Mediation Law art. 27")
_PML_29 = Basis("人民调解法第29条、第30条 · People's Mediation Law arts. 29, 30")
_PML_31 = Basis("人民调解法第31条 · People's Mediation Law art. 31")
_R3 = Basis(f"{_SEED}一、多元化解 · {_SEED_EN} section 1, ten modes (R3)")
_R108 = Basis(f"{_SEED}2.3.6 · {_SEED_EN} 2.3.6, recurrence (R108)")
_MERGING = Basis(
    f"{_SEED}2.2.4不重不漏；归并规则为本地默认 · {_SEED_EN} 2.2.4 (R65); the merge rule is a local default (R69)",
    local=True,
)

_MINE = {"case": "id"}
_NOTICE = has(
    "FailureNotice",
    empty("spent_on"),
    on=_MINE,
    doc="须告知其他法定途径 · a notice of the other legal channels is needed (R89)",
)
_RECEIPTED = has(
    "FailureNotice",
    filled("receipted_on"),
    empty("spent_on"),
    on=_MINE,
    doc="不成告知书尚未签收 · the failure notice has not been receipted (R89)",
)
_CHOSEN = has(
    "ModeChoice",
    one_of("side", "APPLICANT"),
    one_of("answer", "CHOSEN"),
    on=_MINE,
    doc="未记录申请人的选择 · the applicant's choice is not recorded (R87)",
)
_COURTS = one_of("type", *COURT_TYPES)
_SENT_HERE = has(
    "Referral",
    one_of("type", *COURT_TYPES, ReferralType.FORWARD),
    on=_MINE,
    doc="案件须先受理、分流 · the case must first be accepted and diverted",
)
_RETURNED = has("Referral", _COURTS, one_of("state", ReferralState.RETURNED), on=_MINE)
_UNSENT = lacks(
    "Referral",
    _COURTS,
    one_of("state", ReferralState.COMPLETED_AGREED, ReferralState.COMPLETED_FAILED),
    on=_MINE,
    doc="材料尚未移送法院 · the materials have not gone back to the court",
)
_LIVE = (
    *(ReferralState.ISSUED, ReferralState.DELIVERED, ReferralState.ACCEPTED, ReferralState.IN_CONSENT),
    *(ReferralState.IN_MEDIATION, ReferralState.APPRAISAL, ReferralState.SUSPENDED),
)
_WORKING = (one_of("type", *ACTING), one_of("state", *_LIVE[2:]))
_ANOTHER = has("Referral", *_WORKING, on=_MINE, least=2)
_NONE_LIVE = lacks(
    "Referral",
    one_of("type", *ACTING),
    one_of("state", *_LIVE),
    on=_MINE,
    doc="应在进行中的流转中办理 · to be done in the referral under way",
)
_REASON = filled("termination_reason", doc="须有终结原因 · a reason of ending is needed")
_AGREEMENT = has("Agreement", on=_MINE, doc="未登记调解协议 · no agreement is recorded")

_BY_BODY, _BY_PARTY = (Standing.HANDLER,), (Standing.PARTY, Standing.REFERRAL)
_POSTS, _THROUGH = (Standing.INTAKE, Standing.ANALYST, Standing.JOB), (Standing.REFERRAL,)
_TOLD = (Rule.FIRST_RESPONSE, Rule.SUPPLEMENT_NOTICE, Rule.PETITION_NOTICE, Rule.CONSUMER_ACCEPTANCE)
_ASKED = stop(Rule.FIRST_RESPONSE, Rule.SUPPLEMENT_NOTICE)
_LAWFUL = tuple(
    clock for channel, rules in ACCEPTED_FROM.items() for clock in start(*rules, when=(one_of("channel", channel),))
)
_ACCEPTED = stop(*_TOLD) + _LAWFUL
_REFUSED = stop(*_TOLD, Rule.PETITION_ROUTING)
_ANSWERED = _REFUSED + _LAWFUL
_ENDED = stop(*_TOLD, Rule.PETITION_ROUTING, Rule.SUPPLEMENT, *MEDIATION, *LAWFUL)


def _intake() -> Iterator[Transition]:
    intake = (Standing.INTAKE,)
    comers = (Standing.PARTY, Standing.INTAKE, Standing.AGENCY, Standing.COURT, Standing.JOB)
    received = start(Rule.FIRST_RESPONSE, Rule.SUPPLEMENT_NOTICE) + tuple(
        clock for channel, rules in RECEIVED_FROM.items() for clock in start(*rules, when=(one_of("channel", channel),))
    )
    yield from steps(None, CaseAction.REGISTER, S.REGISTERED, who=comers, basis=_R85, clocks=received)
    told = _ASKED + start(Rule.SUPPLEMENT)
    again = {"who": (Standing.SUPERVISOR,), "basis": _R86, "clocks": told}
    once = lacks("SupplementNotice", on=_MINE, doc="已一次性告知过 · the one-time notice has been given (R86)")
    items = has("SupplementNotice", on=_MINE, doc="须列明全部所缺材料 · all that is missing must be listed")
    ask, repeat = CaseAction.REQUEST_SUPPLEMENT, CaseAction.REQUEST_SUPPLEMENT_AGAIN
    first = {"who": intake, "basis": _R86, "clocks": told}
    yield from steps(S.REGISTERED, ask, S.SUPPLEMENT, guards=(once,), needs=(items,), **first)
    yield from steps(S.REGISTERED, repeat, S.SUPPLEMENT, guards=(items,), **again)
    # It is answered again: a case that waits for somebody has a limit.
    counting = stop(Rule.SUPPLEMENT) + start(Rule.FIRST_RESPONSE)
    supplied = {"who": (Standing.PARTY,), "basis": _R86, "clocks": counting}
    yield from steps(S.SUPPLEMENT, CaseAction.SUPPLY, S.REGISTERED, **supplied)
    late = overdue(Rule.SUPPLEMENT, on="case")
    lapsed = {"who": (Standing.JOB,), "guards": (late,), "clocks": stop(Rule.SUPPLEMENT)}
    yield from steps(S.SUPPLEMENT, CaseAction.LAPSE, S.WITHDRAWN, basis=_R86, **lapsed)
    yield from steps(
        (S.REGISTERED, S.REOPENED), CaseAction.ACCEPT, S.ACCEPTED, who=intake, basis=_R26, clocks=_ACCEPTED
    )
    refused = {"who": intake, "basis": _R89, "clocks": _REFUSED}
    ground = filled("not_accepted_reason", doc="须有不予受理理由 · a reason for not accepting is needed")
    # What a court or another body has sent to somebody is theirs to answer, or its sender's to recall.
    turned_away = {"guards": (_NONE_LIVE,), "needs": (ground, _NOTICE), "others": "CEASE"}
    yield from steps(S.REGISTERED, CaseAction.NOT_ACCEPT, S.NOT_ACCEPTED, **turned_away, **refused)


def _diversion() -> Iterator[Transition]:
    routed = {"guards": (_CHOSEN,), "clocks": stop(Rule.PETITION_ROUTING)}
    diverting = {"who": (Standing.DIVERT, Standing.REFERRAL), "basis": _R87, **routed}
    yield from steps(S.ACCEPTED, CaseAction.DIVERT, S.DIVERTED, **diverting)
    through = {"who": _THROUGH, "basis": _ONLINE_12}
    begin = CaseAction.START_HANDLING
    yield from steps((S.DIVERTED, S.HANDLING), begin, S.HANDLING, **through)
    first = (S.REGISTERED, S.REOPENED, S.ACCEPTED)
    yield from steps(first, begin, S.HANDLING, guards=(_SENT_HERE,), clocks=_ANSWERED, **through)
    yield from steps(S.DIVERTED, CaseAction.REQUEUE, S.ACCEPTED, **through)
    # By agreement, while another body still handles it, nothing is let go.
    for state in (S.HANDLING, S.SUSPENDED):
        yield from staying((state,), CaseAction.RELEASE, guards=(_ANOTHER,), **through)
        yield from steps(state, CaseAction.RELEASE, S.ACCEPTED, **through)


def _handling() -> Iterator[Transition]:
    body = (Standing.HANDLER, Standing.REFERRAL)
    pausing = tuple(Clock(Effect.PAUSE, rule) for rule in (*MEDIATION, *LAWFUL))
    going_on = tuple(Clock(Effect.RESUME, rule) for rule in (*MEDIATION, *LAWFUL))
    ground = filled("suspension_ground", doc="须有中止事由 · a ground of suspension is needed")
    resting = {"who": body, "basis": _ONLINE_26}
    yield from steps(S.HANDLING, CaseAction.SUSPEND, S.SUSPENDED, needs=(ground,), clocks=pausing, **resting)
    yield from steps(S.SUSPENDED, CaseAction.RESUME, S.HANDLING, clocks=going_on, **resting)
    yield from staying((S.HANDLING,), CaseAction.CONVENE, who=(Standing.DISPATCH,), basis=_R40)
    yield from staying((S.HANDLING,), CaseAction.JOIN, who=_THROUGH, basis=_R40)
    yield from steps(S.HANDLING, CaseAction.ESCALATE, S.ACCEPTED, who=_THROUGH, basis=_R27)


def _results() -> Iterator[Transition]:
    ended, alone = {"clocks": _ENDED}, {"guards": (_NONE_LIVE,), "who": _BY_BODY}
    running = (S.HANDLING, S.SUSPENDED)
    agreed = _ENDED + start(Rule.JUDICIAL_CONFIRMATION)
    signed = {"basis": _PML_29, "needs": (_AGREEMENT,), "clocks": agreed}
    yield from steps(running, CaseAction.AGREE, S.AGREED, who=_THROUGH, **signed)
    yield from steps(S.HANDLING, CaseAction.AGREE, S.AGREED, **alone, **signed)
    ending = {"basis": _ONLINE_25, "needs": (_REASON,)}
    yield from staying(running, CaseAction.FAIL, who=_THROUGH, guards=(_ANOTHER,), basis=_ONLINE_25)
    yield from steps(running, CaseAction.FAIL, S.FAILED, who=_THROUGH, **ending, **ended)
    yield from steps(running, CaseAction.FAIL, S.FAILED, **alone, **ending, **ended)
    leaving = {"who": _BY_PARTY, "clocks": _ENDED}
    yield from steps(UNSETTLED, CaseAction.WITHDRAW, S.WITHDRAWN, basis=_R88, others="WITHDRAW", **leaving)
    yield from steps(UNSETTLED, CaseAction.PARTY_REFUSED, S.FAILED, basis=_CPL_125, others="PARTY_REFUSED", **leaving)
    deciding = {"who": (Standing.AGENCY, Standing.HANDLER), "basis": _R3}
    yield from steps(S.HANDLING, CaseAction.DECIDE, S.DECIDED, **deciding, **ended)
    yield from steps(S.AGREED, CaseAction.PERFORM, S.PERFORMED, who=(Standing.HANDLER, Standing.PARTY), basis=_PML_31)


def _closing() -> Iterator[Transition]:
    closing = {"who": _BY_BODY, "basis": _R89, "others": "CEASE"}
    yield from steps(S.FAILED, CaseAction.CLOSE_FAILED, S.CLOSED_FAILED, guards=(_RETURNED,), **closing)
    yield from steps(S.FAILED, CaseAction.CLOSE_FAILED, S.CLOSED_FAILED, guards=(_RECEIPTED, _UNSENT), **closing)
    filed = {"who": (Standing.ORG_ADMIN,), "basis": _PML_27, "others": "CEASE"}
    yield from steps((S.AGREED, S.PERFORMED), CaseAction.CLOSE, S.CLOSED, guards=(_AGREEMENT, _UNSENT), **filed)
    yield from steps((S.DECIDED, S.WITHDRAWN), CaseAction.CLOSE, S.CLOSED, guards=(_UNSENT,), **filed)
    recurring = {"who": (Standing.INTAKE,), "basis": _R108}
    yield from steps((S.CLOSED, S.CLOSED_FAILED), CaseAction.REOPEN, S.REOPENED, **recurring)
    police = [state for state in S if state not in {*FINAL, S.MERGED}]
    crime = {"who": (Standing.HANDLER, Standing.INTAKE), "basis": _PML_25, "clocks": _ENDED}
    yield from steps(police, CaseAction.TRANSFER, S.TRANSFERRED, others="CEASE", **crime)


def _merging() -> Iterator[Transition]:
    alive = [state for state in S if state is not S.MERGED]
    linking = {"basis": _MERGING}
    yield from steps(alive, CaseAction.MERGE, S.MERGED, who=_POSTS, clocks=start(Rule.UNMERGE), **linking)
    # The state after a merge or its undoing is said by `furthest` and by the merge's own row.
    yield from steps(alive, CaseAction.ABSORB, None, who=_POSTS, **linking)
    undone = {"clocks": stop(Rule.UNMERGE), **linking}
    in_time = lacks(
        "Deadline",
        one_of("rule", Rule.UNMERGE),
        one_of("state", "OVERDUE"),
        on=_MINE,
        doc="撤销并案的期限已过 · the days for undoing a merge have passed (R69)",
    )
    yield from steps(S.MERGED, CaseAction.UNMERGE, None, who=(Standing.JOB,), **undone)
    yield from steps(S.MERGED, CaseAction.UNMERGE, None, who=_POSTS[:2], guards=(in_time,), **undone)


CASES = Machine(
    noun="Case",
    states=S,
    actions=CaseAction,
    handler="organisation",
    transitions=(*_intake(), *_diversion(), *_handling(), *_results(), *_closing(), *_merging()),
    owners={
        S.REGISTERED: Standing.INTAKE,
        S.SUPPLEMENT: Standing.PARTY,
        S.ACCEPTED: Standing.DIVERT,
        S.DIVERTED: Standing.REFERRAL,
        S.MERGED: Standing.ANALYST,
        S.REOPENED: Standing.INTAKE,
    }
    | dict.fromkeys((S.HANDLING, S.SUSPENDED, S.AGREED, S.FAILED), Standing.HANDLER)
    | dict.fromkeys((S.WITHDRAWN, S.DECIDED, S.PERFORMED), Standing.ORG_ADMIN),
    final=FINAL,
    elsewhere=frozenset({CaseAction.MERGE, CaseAction.ABSORB, CaseAction.UNMERGE}),
)


def furthest(*states: S) -> S:
    """The state that the surviving case of a merge has: the furthest of them by the fixed order."""
    return max(states, key=FURTHEST.index)
