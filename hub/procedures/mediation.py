"""Mediation: the other side is asked, it begins, is extended, rests, changes hands, and ends (DOMAIN 2.2, 4.5)."""

from typing import Annotated, Any

from hub.access.viewers import REFERRALS
from hub.errors import UnfitDate
from hub.procedures.acting import act
from hub.procedures.consents import consents_on, give_back, party_in
from hub.procedures.deeds import Deed, Row, verb
from hub.rules.actions import ReferralAction
from hub.schema.cases import Case, Party
from hub.schema.choices import ConsentMatter
from hub.schema.materials import MediatorChange
from hub.schema.mediators import Mediator
from hub.schema.referrals import Referral
from hub.schema.verbs import Id, Listed, Text

_LONGEST = 365


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
    await give_back(deed, referral, reason)


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
    for consent in await consents_on(deed, referral, ConsentMatter.EXTENSION):
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
    await party_in(deed, referral, party)
    if await deed.rows(MediatorChange, referral=referral.id, party=party):
        await act(deed, referral, ReferralAction.PARTY_REFUSED, reason="15-1", return_reason="15-1")
        return
    if mediator is not None:
        await deed.row(Mediator, mediator)
    before = referral["mediator"]
    await act(deed, referral, ReferralAction.CHANGE_MEDIATOR, mediator=mediator)
    values: dict[str, Any] = {"before": before, "after": mediator, "reason": reason, "changed_on": deed.today}
    deed.insert(MediatorChange, referral=referral.id, party=party, **values)
