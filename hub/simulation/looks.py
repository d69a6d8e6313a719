"""A look at a case file: what its officials could do, and as whom."""

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hub.access.acting import actor_of
from hub.access.viewers import Viewer
from hub.rules.actions import CaseAction
from hub.rules.cases import ACTING, CASES
from hub.rules.machines import Machine
from hub.rules.referrals import REFERRALS
from hub.schema.referrals import ReferralType
from hub.simulation.casefiles import CaseFile, Found
from hub.simulation.chance import Chance
from hub.simulation.posts import Bodies, Errand, body, court, post

COURTS = frozenset({ReferralType.DELEGATE.name, ReferralType.ENTRUST.name})
ACTS = frozenset(kind.name for kind in ACTING)
"""Types that a court sends, and those under which a matter is handled, by name."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a case file on one day; `chance` belongs to the case as it is, `fate` to the case."""

    file: CaseFile
    bodies: Bodies
    today: dt.date
    chance: Chance
    fate: Chance

    def on_case(self, who: Viewer, action: enum.Enum, verb: str, **inputs: Any) -> Errand | None:
        """The errand about the case, if the machine lets them."""
        case = self.file.case
        return (
            Errand(who=who, verb=verb, row=case["id"], version=case["version"], inputs=inputs)
            if self.may(CASES, case, who, action)
            else None
        )

    def on(self, referral: Found, who: Viewer, action: enum.Enum, verb: str, **inputs: Any) -> Errand | None:
        """The errand about the referral, if the machine lets them."""
        if not self.may(REFERRALS, referral, who, action):
            return None
        return Errand(who=who, verb=verb, row=referral["id"], version=referral["version"], inputs=inputs)

    def may(self, machine: Machine, row: Found, who: Viewer, action: enum.Enum, *, through: bool = False) -> bool:
        """Whether the machine shows the action to them."""
        actor = replace(actor_of(who), through=through)
        return any(each.action is action for each in machine.available(self.file.facts[row["id"]], actor))

    def carried(self, referral: Found, who: Viewer) -> bool:
        """Whether the case could follow when the referral is accepted."""
        action = _CARRIED.get(referral["type"])
        return action is None or self.may(CASES, self.file.case, who, action, through=True)

    @property
    def intake(self) -> Viewer:
        """The intake post."""
        return post("intake", self.file.case)

    @property
    def handler(self) -> Viewer:
        """The organisation in charge."""
        return body(self.file.case["organisation_id"])

    @property
    def is_chosen(self) -> bool:
        """Whether the applicant chose to have it settled outside litigation."""
        return any(each["side"] == "APPLICANT" and each["answer"] == "CHOSEN" for each in self.file.choices)


_CARRIED: Mapping[str, enum.Enum] = {
    **dict.fromkeys(ACTS, CaseAction.START_HANDLING),
    ReferralType.JOINT_INVITE.name: CaseAction.JOIN,
    ReferralType.ESCALATE.name: CaseAction.ESCALATE,
}


def sender(referral: Found) -> Viewer:
    """Who sent it."""
    sent_by_court = referral["type"] in COURTS and referral["court_id"]
    return court(referral["court_id"]) if sent_by_court else body(referral["sender_id"])


def receiver(referral: Found) -> Viewer:
    """Who is to answer it: a body, or the court it is handed to."""
    return body(referral["receiver_id"]) if referral["receiver_id"] else court(referral["court_id"] or "")
