"""A referral is drafted and issued, or a case is delegated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa

from hub.access.acting import actor_of
from hub.access.viewers import REFERRALS
from hub.errors import ConditionMissing, NoSuchRow
from hub.procedures.acting import act, begin, facts_now, machine_of
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.numbers import referral_series
from hub.procedures.registration import NewCase, next_number, open_case, place_of
from hub.rules.actions import CaseAction, ReferralAction
from hub.rules.standing import COURT_TYPES
from hub.schema.cases import Case, Party, PartyRole
from hub.schema.choices import Consent, ConsentAnswer, ConsentMatter
from hub.schema.courts import Court
from hub.schema.mediators import Mediator
from hub.schema.organisations import Organisation
from hub.schema.referrals import Referral, ReferralType, TrialProcedure
from hub.schema.verbs import Id, Most, Text

BOTH = (ReferralAction.DRAFT, ReferralAction.ISSUE)
NOTE = Text(2000, blank=False)


@dataclass(frozen=True, slots=True)
class NewReferral:
    """流转 · A referral to be sent"""

    type: Annotated[ReferralType, "流转类型 · Type"]
    receiver: Annotated[Id[Organisation] | None, "接收机构 · Receiver"] = None
    court: Annotated[Id[Court] | None, "法院 · Court"] = None
    court_number: Annotated[str | None, Text(100, blank=False), "法院案号 · The court's case number"] = None
    mediator: Annotated[Id[Mediator] | None, "调解员 · Mediator"] = None
    trial_procedure: Annotated[TrialProcedure | None, "审理程序 · Trial procedure of an entrusted case"] = None
    note: Annotated[str | None, NOTE, "说明 · Note"] = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """当事人同意 · A party's consent to be delegated or entrusted"""

    party: Annotated[Id[Party], "当事人 · Party"]
    evidence: Annotated[str | None, Text(200, blank=False), "凭证 · Reference of the signature or recording"] = None


@verb(
    "草拟流转 · Draft a referral: the days for choosing a mediator begin (Online Mediation Rules art. 10)",
    changes=Case,
    gives=(Referral, Case),
    permission=REFERRALS,
)
async def draft_referral(deed: Deed, case: Row, *, referral: Annotated[NewReferral, "流转 · The referral"]) -> None:
    """Nothing is sent yet."""
    await send(deed, case, referral, ReferralAction.DRAFT)


@verb(
    "发出流转：委派、委托、指派、转送、邀请联调、上报、转诉讼 · Issue a referral of any of the seven types",
    changes=Case,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(CaseAction.DIVERT, CaseAction.ESCALATE),
)
async def issue_referral(
    deed: Deed,
    case: Row,
    *,
    referral: Annotated[NewReferral, "流转 · The referral"],
    agreed: Annotated[
        tuple[Agreed, ...] | None, Most(50), "当事人同意，委派、委托必填 · Consents, for courts' referrals"
    ] = None,
) -> None:
    """A body that the court has not invited is refused (R13); a case that is accepted becomes diverted."""
    await send(deed, case, referral, *BOTH, agreed=agreed or ())


@verb(
    "发出已草拟的流转 · Issue a draft",
    changes=Referral,
    gives=(Referral, Case),
    permission=REFERRALS,
    does=(ReferralAction.ISSUE,),
)
async def issue_draft(
    deed: Deed,
    referral: Row,
    *,
    receiver: Annotated[Id[Organisation] | None, "接收机构，未填则不变 · Receiver; unsaid: as drafted"] = None,
    mediator: Annotated[Id[Mediator] | None, "调解员，未填则不变 · Mediator; unsaid: as drafted"] = None,
    agreed: Annotated[
        tuple[Agreed, ...] | None, Most(50), "当事人同意，委派、委托必填 · Consents, for courts' referrals"
    ] = None,
) -> None:
    """The mediator that the parties chose, or the court designated, may be said now."""
    await must_see(deed, receiver=receiver, mediator=mediator)
    (case,) = await deed.rows(Case, id=referral["case"])
    await _consent(deed, case, referral.id, agreed or ())
    chosen: dict[str, Any] = {name: id_ for name, id_ in (("receiver", receiver), ("mediator", mediator)) if id_}
    await _must_be_invited(deed, referral, {"receiver": referral["receiver"], **chosen})
    chosen |= {"issued_at": deed.now, "issued_on": deed.today}
    await act(deed, referral, ReferralAction.ISSUE, **chosen)


@verb(
    "法院登记并委派 · A court registers a matter and delegates it, in one deed (Online Mediation Rules art. 8)",
    gives=(Referral, Case),
    permission=REFERRALS,
)
async def delegate_case(
    deed: Deed,
    *,
    case: Annotated[NewCase, "纠纷情况 · The dispute"],
    referral: Annotated[NewReferral, "委派或委托 · The delegation or entrustment"],
    evidence: Annotated[str, Text(200, blank=False), "申请人同意的凭证 · Reference of the applicants' consent"],
) -> None:
    """The applicants' consent is recorded with it; the other side is asked by the body that accepts."""
    court = referral.court or ""
    if court not in deed.viewer.scope.courts:
        raise NoSuchRow
    region, organisation = await place_of(deed, case)
    row, parties = await open_case(deed, case, region, organisation, court=court)
    applicants = [Agreed(Id(party.id), evidence) for party in parties if party["role"] is PartyRole.APPLICANT]
    await send(deed, row, referral, *BOTH, agreed=applicants)


async def send(
    deed: Deed,
    case: Row,
    referral: NewReferral,
    *actions: ReferralAction,
    agreed: "tuple[Agreed, ...] | list[Agreed]" = (),
    **more: Any,
) -> Row:
    """Add the referral by these actions."""
    await must_see(deed, receiver=referral.receiver, court=referral.court, mediator=referral.mediator)
    row = deed.blank(Referral)
    values = {
        **{name: getattr(referral, name) for name in NewReferral.__slots__},
        "number": await next_number(deed, referral_series(deed.today.year)),
        "case": case.id,
        "sender": await _sender(deed, case, referral),
        "lead": case["organisation"] if referral.type is ReferralType.JOINT_INVITE else None,
        "issued_at": deed.now,
        "issued_on": deed.today,
        "undisputed_facts": False,
        **more,
    }
    await _must_be_invited(deed, row, values)
    await _consent(deed, case, row.id, agreed)
    await begin(deed, row, actions, values)
    return row


async def must_see(deed: Deed, **ids: str | None) -> None:
    """NoSuchRow unless the viewer sees every row that the deed names."""
    nouns = {"receiver": Organisation, "court": Court, "mediator": Mediator}
    for name, id_ in ids.items():
        if id_ is not None:
            await deed.row(nouns[name], id_)


async def _sender(deed: Deed, case: Row, referral: NewReferral) -> str:
    """A court sends as the organisation it is, a post as its centre, a body as itself."""
    if referral.type in COURT_TYPES and referral.court:
        (court,) = await deed.rows(Court, id=referral.court)
        return str(court["organisation"] or case["organisation"])
    mine = deed.viewer.scope.organisations
    return mine[0] if len(mine) == 1 else str(case["organisation"])


async def _consent(deed: Deed, case: Row, referral: str, agreed: "tuple[Agreed, ...] | list[Agreed]") -> None:
    """Record who agreed to be delegated or entrusted; NoSuchRow for somebody who is no party of the case."""
    parties = {party.id: party for party in await deed.rows(Party, case=case.id)}
    for each in agreed:
        if each.party not in parties:
            raise NoSuchRow
        deed.insert(
            Consent,
            referral=referral,
            party=each.party,
            side=parties[each.party]["role"],
            matter=ConsentMatter.DELEGATION,
            answer=ConsentAnswer.AGREED,
            asked_on=deed.today,
            answered_on=deed.today,
            evidence=each.evidence,
            recorded_by=deed.actor,
        )


async def _must_be_invited(deed: Deed, row: Row, values: Mapping[str, Any]) -> None:
    """ConditionMissing where no invitation is in force on this day; that there is one at all, the machine asks."""
    said = {name: values[name] if name in values else row[name] for name in ("type", "court", "receiver")}
    if said["type"] not in COURT_TYPES or not said["court"] or not said["receiver"]:
        return
    table = deed.base.metadata.tables["invitations"]
    asked = sa.select(table.c.valid_from, table.c.valid_to).where(
        table.c.court_id == said["court"], table.c.organisation_id == said["receiver"]
    )
    times = (await deed.connection.execute(asked)).all()
    if times and not any(begun <= deed.today <= (ended or deed.today) for begun, ended in times):
        row.changed.setdefault("state", None)
        machine, actor = machine_of(row), actor_of(deed.viewer)
        known = await facts_now(deed, row, values)
        reason = "法院的邀请不在有效期内 · the court's invitation is not in force (R13)"
        raise machine.refusal(ConditionMissing, known, ReferralAction.ISSUE, actor, reason)
