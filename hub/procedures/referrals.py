"""Referrals on their way: drafted, issued, delivered, answered, taken back, designated again (DOMAIN 2.2; R30-R34)."""

from typing import Annotated, Any

from hub.access.viewers import REFERRALS
from hub.procedures.acting import act
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.issuing import BOTH, NOTE, Agreed, NewReferral, must_see, send
from hub.rules.actions import CaseAction, ReferralAction
from hub.schema.cases import Case, Handling
from hub.schema.choices import Consent, ConsentAnswer, ConsentMatter
from hub.schema.mediators import Mediator
from hub.schema.organisations import Organisation
from hub.schema.referrals import Referral, ReferralMember, ReferralState, ReferralType
from hub.schema.verbs import Id, Listed, Most


# --- on its way -------------------------------------------------------------------------------------------------------
@verb(
    "确认送达 · Confirm that a referral was delivered",
    changes=Referral,
    gives=(Referral,),
    permission=REFERRALS,
    does=(ReferralAction.DELIVER,),
)
async def deliver_referral(deed: Deed, referral: Row) -> None:
    """The days for answering it begin."""
    await act(deed, referral, ReferralAction.DELIVER)


@verb(
    "接收流转：起算调解期限 · Accept a referral: the mediation's limit begins (Online Mediation Rules arts. 12, 24)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.ACCEPT,),
)
async def accept_referral(
    deed: Deed,
    referral: Row,
    *,
    mediator: Annotated[Id[Mediator] | None, "调解员，未填则不变 · Mediator; unsaid: as designated"] = None,
) -> None:
    """The receiver takes the case over; of an invitation to joint handling it becomes a member."""
    await must_see(deed, mediator=mediator)
    said: dict[str, Any] = {"mediator": mediator} if mediator else {}
    await act(deed, referral, ReferralAction.ACCEPT, **said)
    if referral["type"] is ReferralType.JOINT_INVITE:
        deed.insert(ReferralMember, referral=referral.id, organisation=referral["receiver"], joined_on=deed.today)


@verb(
    "不予接受流转 · Reject a referral, for one of the listed reasons (Online Mediation Rules art. 12)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.REJECT,),
)
async def reject_referral(
    deed: Deed,
    referral: Row,
    *,
    reason: Annotated[
        str | None, Listed("refusal_reason"), "不接受原因，必填 · Reason; without one it is refused"
    ] = None,
    note: Annotated[str | None, NOTE, "书面说明 · What is said in writing"] = None,
) -> None:
    """A court's case stays registered, another one goes back to diversion: the sender designates again."""
    said: dict[str, Any] = {"note": note} if note else {}
    await act(deed, referral, ReferralAction.REJECT, reason=reason, refusal_reason=reason, **said)


@verb(
    "撤回流转：接收前由发出方撤回，接收后请求撤回 · Recall a referral; once it is accepted, ask for it back",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.RECALL, ReferralAction.ASK_RECALL),
)
async def recall_referral(deed: Deed, referral: Row) -> None:
    """After acceptance the receiver agrees to it, or not."""
    if referral["state"] in (ReferralState.ISSUED, ReferralState.DELIVERED):
        await act(deed, referral, ReferralAction.RECALL)
    else:
        await act(deed, referral, ReferralAction.ASK_RECALL, recall_asked_on=deed.today)


@verb(
    "同意撤回流转 · Agree to a recall",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.AGREE_RECALL,),
)
async def agree_recall(deed: Deed, referral: Row) -> None:
    """The case goes back to diversion, unless another body still handles it."""
    await act(deed, referral, ReferralAction.AGREE_RECALL)


@verb(
    "重新指定：另发流转 · Designate again: another referral takes its place (Online Mediation Rules art. 12)",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.REDESIGNATE,),
)
async def redesignate_referral(
    deed: Deed,
    referral: Row,
    *,
    receiver: Annotated[Id[Organisation], "接收机构 · Receiver"],
    mediator: Annotated[Id[Mediator] | None, "调解员 · Mediator"] = None,
) -> None:
    """After a rejection, an expiry or a recall, once. The consents that were given for it hold for the new one."""
    await act(deed, referral, ReferralAction.REDESIGNATE)
    (case,) = await deed.rows(Case, id=referral["case"])
    given = await deed.rows(Consent, referral=referral.id, matter=ConsentMatter.DELEGATION)
    agreed = [Agreed(Id(each["party"]), each["evidence"]) for each in given if each["answer"] is ConsentAnswer.AGREED]
    kept = {name: referral[name] for name in ("type", "court", "court_number", "trial_procedure")}
    again = NewReferral(**kept, receiver=receiver, mediator=mediator)
    row = await send(deed, case, again, *BOTH, agreed=agreed, sender=referral["sender"], redesignates=referral.id)
    deed.give(row.id)


@verb(
    "召集联调：邀请各机构 · Convene a joint handling: invite bodies to it (R40, R42)",
    changes=Case,
    gives=(Case,),
    permission=REFERRALS,
    does=(CaseAction.CONVENE,),
)
async def convene_joint(
    deed: Deed,
    case: Row,
    *,
    members: Annotated[tuple[Id[Organisation], ...], Most(20), "受邀机构 · Bodies invited"],
    note: Annotated[str | None, NOTE, "说明 · Note"] = None,
) -> None:
    """The organisation in charge leads; who does not answer in time is flagged."""
    await act(deed, case, CaseAction.CONVENE, handling=Handling.JOINT)
    for member in members:
        invited = NewReferral(type=ReferralType.JOINT_INVITE, receiver=member, note=note)
        await send(deed, case, invited, *BOTH)
