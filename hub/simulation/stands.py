"""Where a referral stands, given how its matter went (DOMAIN 2.2, 4.4, 4.5)."""

import datetime as dt
from dataclasses import dataclass

from hub.schema.cases import CaseState as State
from hub.schema.referrals import ReferralState
from hub.simulation.chance import Chance, Weighted
from hub.simulation.days import HORIZON
from hub.simulation.matter import Matter

_S = ReferralState
_REASONS = {
    "SELF_SETTLED": "2",
    "WITHDRAWN": "2",
    "UNREACHABLE": "3",
    "REFUSED": "4",
    "TO_POLICE": "8",
    "DECISION": "8",
}
_FAILED = Weighted({"5": 60, "6": 22, "7": 12, "8": 6})
_AGREED = frozenset({"WRITTEN_AGREEMENT", "ORAL_AGREEMENT", "PARTIAL_AGREEMENT", "IMMEDIATE_PERFORMANCE"})
_WAITING = Weighted({_S.ISSUED: 3, _S.DELIVERED: 7})
_RETURNABLE = frozenset({"REFUSED", "UNREACHABLE"})
DONE = frozenset(
    {_S.COMPLETED_AGREED, _S.COMPLETED_FAILED, _S.MATERIALS_SENT, _S.ACKNOWLEDGED, _S.SOURCE_CLOSED, _S.RETURNED}
)
"""States a referral is in once handling came to a result."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a referral stands, and since when."""

    state: ReferralState
    accepted: dt.datetime | None = None
    completed: dt.datetime | None = None
    reason: str | None = None
    returned: str | None = None


class Stands:
    """Judges the course of a matter for its referrals."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance

    def taken(self, matter: Matter) -> Stand:
        """How the centre took what an agency forwarded: the course decides."""
        course = matter.course
        accepted = course.first(State.ACCEPTED)
        if accepted is None:
            if course.state in (State.NOT_ACCEPTED, State.MERGED):
                return Stand(_S.SOURCE_CLOSED, None, course.last)
            return Stand(_S.RECALLED) if course.state is State.WITHDRAWN else Stand(self.chance.pick(_WAITING))
        if course.ended is None:
            return Stand(_S.ACCEPTED, accepted)
        return Stand(_S.SOURCE_CLOSED, accepted, course.ended, self.reason(matter))

    def handled(self, matter: Matter, since: dt.datetime, *, court: bool, accepted: dt.datetime | None = None) -> Stand:
        """How whoever handles the matter took on what was issued at `since`; `accepted` where it is known."""
        course = matter.course
        accepted = accepted or course.next(State.HANDLING, since)
        settled = course.settled
        if accepted is None:
            if settled is not None:
                returned = "09-3" if court else None
                return Stand(_S.RETURNED if court else _S.RECALLED, None, settled if court else None, None, returned)
            return Stand(self.chance.pick(_WAITING))
        if course.state is State.REOPENED:
            return Stand(_S.SOURCE_CLOSED, accepted, course.steps[-2].at)
        if settled is None:
            return Stand(self._under_way(matter, accepted), accepted)
        completed, reason = max(settled, accepted), self.reason(matter)
        if court and course.outcome in _RETURNABLE:
            back = "15-1" if course.outcome == "REFUSED" else "15-2"
            return Stand(_S.RETURNED, accepted, completed, reason, back)
        return Stand(self._completed(matter, court=court), accepted, completed, reason)

    def _under_way(self, matter: Matter, accepted: dt.datetime) -> ReferralState:
        if matter.course.state is State.SUSPENDED:
            return _S.APPRAISAL if matter.type in {"06", "12", "13"} else _S.SUSPENDED
        age = (HORIZON - accepted).days
        if age < 1:
            return _S.ACCEPTED
        return _S.IN_CONSENT if age < 4 else _S.IN_MEDIATION

    def _completed(self, matter: Matter, *, court: bool) -> ReferralState:
        agreed = matter.course.outcome in _AGREED or matter.course.outcome in {"DECISION", "SELF_SETTLED"}
        plain = _S.COMPLETED_AGREED if agreed else _S.COMPLETED_FAILED
        if not court:
            return plain
        age = (HORIZON - (matter.course.settled or HORIZON)).days
        if age < 2:
            return plain
        later = _S.MATERIALS_SENT if age < 4 else _S.ACKNOWLEDGED
        return _S.SOURCE_CLOSED if age > 14 else later

    def reason(self, matter: Matter) -> str | None:
        """Why handling ended, as a code of the Online Mediation Rules (art. 25)."""
        outcome = matter.course.outcome
        if outcome is None:
            return None
        return "1" if outcome in _AGREED else _REASONS.get(outcome) or self.chance.pick(_FAILED)
