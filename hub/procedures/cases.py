"""Cases: registered, accepted or not, withdrawn, decided, performed, closed and opened again (DOMAIN 2.1)."""

from typing import Annotated, Any

from hub.access.viewers import CASES
from hub.procedures.acting import act
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.notices import FailureAdvice, give_notice
from hub.rules.actions import CaseAction
from hub.schema.cases import Case, CaseState
from hub.schema.notices import FailureNotice, Occasion
from hub.schema.verbs import Listed


@verb("受理案件 · Accept a case (R26)", changes=Case, gives=(Case,), permission=CASES, does=(CaseAction.ACCEPT,))
async def accept_case(
    deed: Deed,
    case: Row,
    *,
    severity: Annotated[str | None, Listed("severity"), "难易程度，未填则不变 · Severity; unsaid: as it is"] = None,
    dispute_type: Annotated[
        str | None, Listed("dispute_type"), "纠纷类型，未填则不变 · Dispute type; unsaid: as it is"
    ] = None,
) -> None:
    """The receiving post takes the case in; parties and number stay those of its registration."""
    judged: dict[str, Any] = {"severity": severity, "dispute_type": dispute_type}
    await act(deed, case, CaseAction.ACCEPT, **{name: code for name, code in judged.items() if code})


@verb(
    "不予受理：须有理由并告知其他法定途径 · Do not accept a case: with a reason and a notice of other channels (R89)",
    changes=Case,
    gives=(Case, FailureNotice),
    permission=CASES,
    does=(CaseAction.NOT_ACCEPT,),
)
async def refuse_case(
    deed: Deed,
    case: Row,
    *,
    reason: Annotated[str, Listed("not_accepted_reason"), "不予受理理由 · Reason"],
    notice: Annotated[FailureAdvice, "其他法定途径告知 · Notice of the other channels"],
) -> None:
    """The notice is part of the refusal: without it nothing is refused."""
    give_notice(deed, case, notice, Occasion.NOT_ACCEPTED)
    await act(deed, case, CaseAction.NOT_ACCEPT, reason=reason, not_accepted_reason=reason)


@verb(
    "当事人撤回或自行和解 · The parties withdraw, or settled by themselves (R88)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
    does=(CaseAction.WITHDRAW,),
)
async def withdraw_case(
    deed: Deed,
    case: Row,
    *,
    settled: Annotated[bool, "是否自行和解 · Whether they settled by themselves"],
) -> None:
    """From any unsettled state; open referrals end with it."""
    reason = "2" if settled else None
    await act(deed, case, CaseAction.WITHDRAW, reason=reason, termination_reason=reason)


@verb(
    "当事人拒绝调解：立即终止并退回法院 · A party refuses mediation: at once back to the court (CPL art. 125; R62)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
    does=(CaseAction.PARTY_REFUSED,),
)
async def refuse_mediation(deed: Deed, case: Row) -> None:
    """From any unsettled state, without any condition; every open referral is returned in the same deed."""
    await act(deed, case, CaseAction.PARTY_REFUSED, reason="4", termination_reason="4")


@verb(
    "中止案件：按事由停止计算期限 · Suspend a case; grounds that stop the clock stop its limits",
    changes=Case,
    gives=(Case,),
    permission=CASES,
    does=(CaseAction.SUSPEND,),
)
async def suspend_case(
    deed: Deed, case: Row, *, ground: Annotated[str, Listed("suspension_ground"), "中止事由 · Ground"]
) -> None:
    """Limits that the ground does not stop run on."""
    await act(deed, case, CaseAction.SUSPEND, reason=ground, suspension_ground=ground)


@verb("恢复案件 · Resume a suspended case", changes=Case, gives=(Case,), permission=CASES, does=(CaseAction.RESUME,))
async def resume_case(deed: Deed, case: Row) -> None:
    """Paused limits run on, later by the days of the pause."""
    await act(deed, case, CaseAction.RESUME)


@verb(
    "记录裁决、决定等结果 · Record a decision of another mode (R3)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
    does=(CaseAction.DECIDE,),
)
async def record_decision(
    deed: Deed, case: Row, *, award: Annotated[bool, "是否裁决 · Whether it is an award, not a decision"]
) -> None:
    """Reconsideration decisions, adjudications, awards, notarial acts."""
    await act(deed, case, CaseAction.DECIDE, outcome="AWARD" if award else "DECISION")


@verb(
    "记录协议履行 · Record that an agreement was performed (PML art. 31)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
    does=(CaseAction.PERFORM,),
)
async def record_performance(deed: Deed, case: Row) -> None:
    """Wholly performed, at once or later."""
    await act(deed, case, CaseAction.PERFORM)


@verb(
    "结案：不成的须有签收的告知书 · Close a case; one that failed needs its receipted notice (R89)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
    does=(CaseAction.CLOSE, CaseAction.CLOSE_FAILED),
)
async def close_case(deed: Deed, case: Row) -> None:
    """What the court sent must have gone back to it first."""
    failed = case["state"] is CaseState.FAILED
    await act(deed, case, CaseAction.CLOSE_FAILED if failed else CaseAction.CLOSE)


@verb(
    "复发重启 · Reopen a case after recurrence (R108)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
    does=(CaseAction.REOPEN,),
)
async def reopen_case(deed: Deed, case: Row) -> None:
    """Its number stays; the notice of its first end no longer counts."""
    await act(deed, case, CaseAction.REOPEN)
    for notice in await deed.rows(FailureNotice, case=case.id, spent_on=None):
        deed.change(notice, spent_on=deed.today)


@verb(
    "移送公安机关 · Transfer a case to the police (PML art. 25)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
    does=(CaseAction.TRANSFER,),
)
async def transfer_to_police(deed: Deed, case: Row) -> None:
    """Whatever is under way ceases with it."""
    await act(deed, case, CaseAction.TRANSFER)
