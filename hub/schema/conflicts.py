"""Conflicts of acceptance: what is told of a dispute that another body has taken up (R68)."""

from dataclasses import dataclass

from hub.schema.asides import Aside


@dataclass(frozen=True, slots=True)
class AcceptanceConflict:
    """受理冲突 · The same dispute, accepted by another body; no more is told of it

    case_number: 非诉案号 · Its case number there
    organisation: 承办机构 · Name of the body in charge
    since: 受理日期 · Since when, as a date
    """

    case_number: str
    organisation: str
    since: str


ACCEPTANCE_CONFLICTS = Aside(
    "acceptanceConflicts",
    "平行受理核查：当事人和类型相同、或法院案号相同的在办案件 · Whether another body has accepted the same dispute (R68)",
    "case",
    "拟受理的案件 · The case that is about to be accepted",
    AcceptanceConflict,
)
