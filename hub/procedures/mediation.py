"""Mediation: the other side is asked, it begins, is extended, rests, changes hands, and ends (DOMAIN 2.2, 4.5)."""

import datetime as dt
from typing import Annotated, Any

from hub.access.viewers import REFERRALS
from hub.errors import NoSuchRow, UnfitDate
from hub.procedures.acting import act, must_stand
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.numbers import agreement_series
from hub.procedures.registration import next_number
from hub.rules.actions import CaseAction, ReferralAction
from hub.rules.standing import Standing
from hub.schema.agreements import Agreement, AgreementKind
from hub.schema.cases import Case, Party, PartyRole
from hub.schema.choices import Consent, ConsentAnswer, ConsentMatter
from hub.schema.materials import MediatorChange
from hub.schema.mediators import Mediator
from hub.schema.referrals import Referral, ReferralState
from hub.schema.verbs import Id, Listed, Text

_LONGEST = 365
_EVIDENCE = Text(200, blank=False)
_RETURNS = {ConsentAnswer.REFUSED: "15-1", ConsentAnswer.UNREACHABLE: "15-2"}
_OUTCOMES = {AgreementKind.WRITTEN: "WRITTEN_AGREEMENT", AgreementKind.ORAL: "ORAL_AGREEMENT"}


@verb(
    "征询对方当事人 · Ask the other side whether it agrees to mediate (Online Mediation Rules art. 15)",
    changes=Referral,
    gives=(Referral,),
    permission=REFERRALS,
    does=(ReferralAction.ASK_CONSENT,),
)
async def ask_consent(deed: Deed, referral: Row) -> None:
    """Every respondent who has not answered yet is being asked from today."""
    await act(deed, referral, ReferralAction.ASK_CONSENT)
    known = {each["party"] for each in await _consents(deed, referral, ConsentMatter.MEDIATION)}
    for party in await deed.rows(Party, case=referral["case"], role=PartyRole.RESPONDENT, left_at=None):
        if party.id not in known:
            _ask(deed, referral, party, ConsentMatter.MEDIATION, ConsentAnswer.BEING_ASKED)


@verb(
    "记录答复；对方拒绝或无法联系的立即退回 · Record an answer; a refusal returns the referral at once (art. 15)",
    changes=Referral,
    gives=(Consent, Referral, Case),
    permission=REFERRALS,
)
async def record_consent(
    deed: Deed,
    referral: Row,
    *,
    party: Annotated[Id[Party], "当事人 · Party"],
    matter: Annotated[ConsentMatter, "事项 · Matter"],
    answer: Annotated[ConsentAnswer, "答复 · Answer"],
    evidence: Annotated[str | None, _EVIDENCE, "凭证 · Reference of the signature or recording"] = None,
) -> None:
    """The answer counts until it is used up (an extension uses those that were given for it)."""
    await must_stand(
        deed, referral, Standing.RECEIVER, Standing.SENDER, Standing.PARTY, what="记录答复 · Recording an answer"
    )
    asked = await _party(deed, referral, party)
    known = [each for each in await _consents(deed, referral, matter) if each["party"] == party]
    answered = None if answer is ConsentAnswer.BEING_ASKED else deed.today
    if known:
        said: dict[str, Any] = {"answer": answer, "answered_on": answered, "evidence": evidence}
        deed.change(known[0], **said, recorded_by=deed.actor)
        deed.give(known[0].id)
    else:
        _ask(deed, referral, asked, matter, answer, evidence)
    waiting = matter is ConsentMatter.MEDIATION and referral["state"] is ReferralState.IN_CONSENT
    if waiting and answer in _RETURNS:
        await _give_back(deed, referral, _RETURNS[answer])


@verb(
    "退回：对方不同意或无法联系 · Return a referral: the other side refuses or is out of reach (art. 15)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.RETURN,),
)
async def return_referral(
    deed: Deed, referral: Row, *, reason: Annotated[str, Listed("return_reason"), "退回原因 · Reason"]
) -> None:
    """The case ends without agreement, unless another body still handles it."""
    await _give_back(deed, referral, reason)


@verb(
    "当事人拒绝调解：立即退回法院 · A party refuses: the matter is back at the court at once (CPL art. 125; R62)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.PARTY_REFUSED,),
)
async def refuse_referred_mediation(deed: Deed, referral: Row) -> None:
    """From every open state, without any condition; recorded by whoever the party told it to."""
    await act(deed, referral, ReferralAction.PARTY_REFUSED, reason="15-1", return_reason="15-1")


@verb(
    "开始调解：先披露利害关系 · Start mediation: interests are disclosed first (Online Mediation Rules art. 13)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.START_MEDIATION,),
)
async def start_mediation(
    deed: Deed,
    referral: Row,
    *,
    disclosed: Annotated[bool, "已披露或无应披露事项 · Interests were disclosed, or there are none"],
    mediator: Annotated[Id[Mediator] | None, "调解员，未填则不变 · Mediator; unsaid: as it is"] = None,
) -> None:
    """Only when the other side has agreed (R87)."""
    if mediator is not None:
        await deed.row(Mediator, mediator)
    said: dict[str, Any] = {"disclosed_on": deed.today} if disclosed else {}
    said |= {"mediator": mediator} if mediator else {}
    await act(deed, referral, ReferralAction.START_MEDIATION, **said)
    if mediator is not None:
        (case,) = await deed.rows(Case, id=referral["case"])
        deed.change(case, mediator=mediator)


@verb(
    "延长调解期限：须各方同意 · Extend the limit: all parties must agree (Online Mediation Rules art. 24)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.EXTEND,),
)
async def extend_mediation(
    deed: Deed, referral: Row, *, days: Annotated[int, "延长天数 · By how many days, 1 to 365"]
) -> None:
    """The consents to extend are used up by it: another extension is agreed to anew."""
    if not 1 <= days <= _LONGEST:
        raise UnfitDate(reason_zh="延长天数须为 1 至 365", reason_en="an extension is of 1 to 365 days")
    await act(deed, referral, ReferralAction.EXTEND, longer=days)
    for consent in await _consents(deed, referral, ConsentMatter.EXTENSION):
        deed.change(consent, spent_on=deed.today)


@verb(
    "启动鉴定：暂停计算期限 · Start an appraisal: the limit stops (Online Mediation Rules art. 26)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.START_APPRAISAL,),
)
async def start_appraisal(deed: Deed, referral: Row) -> None:
    """The case rests meanwhile."""
    ground = "APPRAISAL"
    await act(deed, referral, ReferralAction.START_APPRAISAL, reason=ground, case={"suspension_ground": ground})


@verb(
    "鉴定结束：恢复计算期限 · End an appraisal: the limit runs on (Online Mediation Rules art. 26)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.END_APPRAISAL,),
)
async def end_appraisal(deed: Deed, referral: Row) -> None:
    """The days of the appraisal are not counted."""
    await act(deed, referral, ReferralAction.END_APPRAISAL)


@verb(
    "中止调解：涉嫌虚假调解 · Suspend a mediation that may be false (2016 Provisions art. 18)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.SUSPEND,),
)
async def suspend_mediation(deed: Deed, referral: Row) -> None:
    """The limit runs on: suspicion stops no clock."""
    ground = "FALSE_MEDIATION"
    await act(deed, referral, ReferralAction.SUSPEND, reason=ground, case={"suspension_ground": ground})


@verb(
    "恢复调解 · Resume a suspended mediation",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.RESUME,),
)
async def resume_mediation(deed: Deed, referral: Row) -> None:
    """The suspicion has been cleared up."""
    await act(deed, referral, ReferralAction.RESUME)


@verb(
    "更换调解员：每方一次，再次视为拒绝调解 · Change the mediator: once for each party; again is a refusal (art. 14)",
    changes=Referral,
    gives=(Referral, Case, MediatorChange),
    permission=REFERRALS,
    does=(ReferralAction.CHANGE_MEDIATOR,),
)
async def change_mediator(
    deed: Deed,
    referral: Row,
    *,
    party: Annotated[Id[Party], "提出更换的当事人 · The party that asks for it"],
    mediator: Annotated[Id[Mediator] | None, "新调解员 · The new mediator"] = None,
    reason: Annotated[str | None, Text(500, blank=False), "理由 · Reason"] = None,
) -> None:
    """A party's second refusal of a mediator is a refusal of mediation: the matter is back at the court."""
    await _party(deed, referral, party)
    if await deed.rows(MediatorChange, referral=referral.id, party=party):
        await act(deed, referral, ReferralAction.PARTY_REFUSED, reason="15-1", return_reason="15-1")
        return
    if mediator is not None:
        await deed.row(Mediator, mediator)
    before = referral["mediator"]
    await act(deed, referral, ReferralAction.CHANGE_MEDIATOR, mediator=mediator)
    values: dict[str, Any] = {"before": before, "after": mediator, "reason": reason, "changed_on": deed.today}
    deed.insert(MediatorChange, referral=referral.id, party=party, **values)


@verb(
    "达成协议：登记协议并终结调解 · Record an agreement: the mediation is complete (PML arts. 29, 30)",
    changes=Referral,
    gives=(Referral, Case, Agreement),
    permission=REFERRALS,
    does=(ReferralAction.AGREE,),
)
async def record_agreement(
    deed: Deed,
    referral: Row,
    *,
    kind: Annotated[AgreementKind, "协议形式 · Form"],
    date: Annotated[dt.date, "生效日期 · The day it takes effect"],
    at_once: Annotated[bool | None, "是否即时履行 · Whether it was performed at once"] = None,
) -> None:
    """The 30 days for judicial confirmation begin (CPL art. 205)."""
    await _agree(deed, referral["case"], kind, date)
    outcome = {"outcome": "IMMEDIATE_PERFORMANCE" if at_once else _OUTCOMES[kind]}
    await act(deed, referral, ReferralAction.AGREE, reason="1", case=outcome, termination_reason="1")


@verb(
    "达成协议（无流转）· Record an agreement of a case without a referral under way (PML arts. 29, 30)",
    changes=Case,
    gives=(Case, Agreement),
    permission=REFERRALS,
    does=(CaseAction.AGREE,),
)
async def record_case_agreement(
    deed: Deed,
    case: Row,
    *,
    kind: Annotated[AgreementKind, "协议形式 · Form"],
    date: Annotated[dt.date, "生效日期 · The day it takes effect"],
) -> None:
    """By the organisation in charge."""
    await _agree(deed, case.id, kind, date)
    outcome = _OUTCOMES[kind]
    await act(deed, case, CaseAction.AGREE, reason="1", termination_reason="1", outcome=outcome)


@verb(
    "终结调解：须有终结原因 · End a mediation without agreement, for a reason (Online Mediation Rules art. 25)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.END,),
)
async def end_mediation(
    deed: Deed,
    referral: Row,
    *,
    reason: Annotated[str, Listed("termination_reason"), "终结原因 · Reason, 2 to 8"],
) -> None:
    """Settled and withdrawn (2) withdraws the case; the others fail it, unless another body still handles it."""
    await act(deed, referral, ReferralAction.END, reason=reason, termination_reason=reason)


@verb(
    "终结化解（无流转）· End a case without agreement, without a referral under way (art. 25)",
    changes=Case,
    gives=(Case,),
    permission=REFERRALS,
    does=(CaseAction.FAIL,),
)
async def fail_case(
    deed: Deed, case: Row, *, reason: Annotated[str, Listed("termination_reason"), "终结原因 · Reason, 3 to 8"]
) -> None:
    """By the organisation in charge."""
    await act(deed, case, CaseAction.FAIL, reason=reason, termination_reason=reason)


async def _give_back(deed: Deed, referral: Row, reason: str) -> None:
    await act(deed, referral, ReferralAction.RETURN, reason=reason, return_reason=reason)


async def _consents(deed: Deed, referral: Row, matter: ConsentMatter) -> list[Row]:
    """The answers about the matter that are not used up."""
    return await deed.rows(Consent, referral=referral.id, matter=matter, spent_on=None)


async def _party(deed: Deed, referral: Row, party: str) -> Row:
    """The party, if it is one of the referral's case."""
    found = await deed.rows(Party, id=party, case=referral["case"])
    if not found:
        raise NoSuchRow
    return found[0]


def _ask(
    deed: Deed, referral: Row, party: Row, matter: ConsentMatter, answer: ConsentAnswer, evidence: str | None = None
) -> None:
    deed.insert(
        Consent,
        referral=referral.id,
        party=party.id,
        side=party["role"],
        matter=matter,
        answer=answer,
        asked_on=deed.today,
        answered_on=None if answer is ConsentAnswer.BEING_ASKED else deed.today,
        evidence=evidence,
        recorded_by=deed.actor,
    )


async def _agree(deed: Deed, case: str, kind: AgreementKind, date: dt.date) -> None:
    """Add the agreement. UnfitDate for one that takes effect later than today."""
    if date > deed.today:
        raise UnfitDate(reason_zh="不得晚于今日", reason_en="it must not be later than today")
    number = await next_number(deed, agreement_series(deed.today.year))
    deed.insert(Agreement, number=number, kind=kind, date=date, case=case)
