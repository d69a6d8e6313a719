"""How mediation ends: an agreement, or none."""

import datetime as dt
from typing import Annotated

from hub.access.viewers import REFERRALS
from hub.errors import UnfitDate
from hub.procedures.acting import act
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.numbers import agreement_series
from hub.procedures.registration import next_number
from hub.rules.actions import CaseAction, ReferralAction
from hub.schema.agreements import Agreement, AgreementKind
from hub.schema.cases import Case
from hub.schema.referrals import Referral
from hub.schema.verbs import Listed

_OUTCOMES = {AgreementKind.WRITTEN: "WRITTEN_AGREEMENT", AgreementKind.ORAL: "ORAL_AGREEMENT"}


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


async def _agree(deed: Deed, case: str, kind: AgreementKind, date: dt.date) -> None:
    """Add the agreement. UnfitDate for one that takes effect later than today."""
    if date > deed.today:
        raise UnfitDate(reason_zh="不得晚于今日", reason_en="it must not be later than today")
    number = await next_number(deed, agreement_series(deed.today.year))
    deed.insert(Agreement, number=number, kind=kind, date=date, case=case)
