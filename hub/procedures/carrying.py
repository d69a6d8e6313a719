"""What an action writes beside the state: days, outcomes, and what a referral's action makes of its case."""

import datetime as dt
import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub.rules.actions import CaseAction, ReferralAction
from hub.schema.cases import CaseState
from hub.schema.referrals import ReferralState

if TYPE_CHECKING:
    from hub.procedures.deeds import Row

_CONCLUDED = frozenset(
    {
        *(CaseState.AGREED, CaseState.FAILED, CaseState.WITHDRAWN, CaseState.DECIDED),
        *(CaseState.NOT_ACCEPTED, CaseState.TRANSFERRED),
    }
)
_COMPLETED = frozenset(
    {
        *(ReferralState.REJECTED, ReferralState.EXPIRED, ReferralState.RECALLED, ReferralState.RETURNED),
        *(ReferralState.COMPLETED_AGREED, ReferralState.COMPLETED_FAILED),
    }
)
UNWILLING, OUT_OF_REACH = "4", "3"
"""Termination reasons of a refusal and of an unreachable party (Online Mediation Rules art. 25)."""

RETURNED_AS = {"15-1": UNWILLING, "15-2": OUT_OF_REACH}
"""The termination reason that each reason for returning (art. 15) is to the case."""

_OUTCOMES: Mapping[CaseAction, str] = {
    CaseAction.FAIL: "FAILED",
    CaseAction.WITHDRAW: "WITHDRAWN",
    CaseAction.LAPSE: "WITHDRAWN",
    CaseAction.PARTY_REFUSED: "REFUSED",
    CaseAction.DECIDE: "DECISION",
    CaseAction.TRANSFER: "TO_POLICE",
}
_BY_REASON = {UNWILLING: "REFUSED", OUT_OF_REACH: "UNREACHABLE", "2": "SELF_SETTLED"}
_FORGOTTEN = (
    *("concluded_on", "handled_days", "due_on", "outcome"),
    *("termination_reason", "not_accepted_reason", "resolved_level"),
)
"""What a case that is opened again no longer says: its history does."""


def marks(
    row: "Row", action: enum.Enum, following: enum.Enum, values: Mapping[str, Any], today: dt.date
) -> dict[str, Any]:
    """What the action writes by itself; `values` are those that the procedure gives."""
    if isinstance(action, CaseAction):
        return _of_case(row, action, following, values, today)
    found: dict[str, Any] = {"accepted_on": today} if action is ReferralAction.ACCEPT else {}
    return found | ({"completed_on": today} if following in _COMPLETED else {})


def _of_case(
    row: "Row", action: CaseAction, following: enum.Enum, values: Mapping[str, Any], today: dt.date
) -> dict[str, Any]:
    if action is CaseAction.REOPEN:
        return dict.fromkeys(_FORGOTTEN)
    found: dict[str, Any] = {}
    if action in (CaseAction.ACCEPT, CaseAction.START_HANDLING) and row["accepted_on"] is None:
        found["accepted_on"] = today
    if following in _CONCLUDED and row["state"] is not following:
        found |= {"concluded_on": today, "handled_days": (today - row["registered_on"]).days}
    if action in _OUTCOMES:
        found["outcome"] = _BY_REASON.get(values.get("termination_reason") or "", _OUTCOMES[action])
    if action is CaseAction.RESUME or (following in _CONCLUDED and row["suspension_ground"]):
        found["suspension_ground"] = None
    return found


def brought(action: CaseAction, referral: "Row") -> dict[str, Any]:
    """The values of the case when its referral's action is this action of the case."""
    match action:
        case CaseAction.START_HANDLING | CaseAction.ESCALATE:
            return {"organisation": referral["receiver"], "mediator": referral["mediator"]}
        case CaseAction.RELEASE:
            return {"organisation": referral["sender"], "mediator": None}
        case CaseAction.AGREE | CaseAction.FAIL | CaseAction.WITHDRAW | CaseAction.PARTY_REFUSED:
            reason = referral["termination_reason"] or RETURNED_AS.get(referral["return_reason"] or "")
            return {"termination_reason": reason or UNWILLING}
    return {}


def carried_along(action: ReferralAction) -> dict[str, Any]:
    """The values of a case's other open referrals when the case itself ends like this."""
    match action:
        case ReferralAction.PARTY_REFUSED:
            return {"return_reason": "15-1"}
        case ReferralAction.WITHDRAW:
            return {"termination_reason": "2"}
    return {"termination_reason": "8"}
