"""Verdicts: what is said of a finding must not contradict itself (R77)."""

from hub.procedures.deeds import Deed, Row
from hub.procedures.stepping import missing
from hub.rules.actions import FindingAction
from hub.schema.investigations import Finding, FindingState
from hub.schema.risks import RiskColour


async def must_agree(deed: Deed, finding: Row, action: FindingAction, risk: RiskColour, earlier: str | None) -> None:
    """ConditionMissing (HUB-713) where the verdict and what is said beside it cannot both be."""
    if action is FindingAction.TRIAGE_NONE and risk is RiskColour.RED:
        reason = "红色风险须先调整颜色 · what is red cannot need nothing: its colour is to be changed"
        raise await missing(deed, finding, action, reason)
    if earlier is not None and action is not FindingAction.TRIAGE_DUPLICATE:
        reason = "仅重复的才指明最初的发现 · only a duplicate names an earlier finding"
        raise await missing(deed, finding, action, reason)


async def earliest(deed: Deed, finding: Row, earlier: str) -> str:
    """The earlier finding that this one repeats. ConditionMissing (HUB-713) for itself, or a duplicate."""
    found = await deed.row(Finding, earlier)
    if found.id == finding.id or found["state"] is FindingState.DUPLICATE:
        reason = "须指明最初的发现 · the finding that told it first is needed"
        raise await missing(deed, finding, FindingAction.TRIAGE_DUPLICATE, reason)
    return found.id
