"""Habits: what the officials of a case do next about it, and after how many days."""

from collections.abc import Mapping

from hub.schema.cases import CaseState
from hub.schema.referrals import ReferralState
from hub.simulation.case_habits import OF_CASES
from hub.simulation.looks import Look
from hub.simulation.posts import Errand
from hub.simulation.referral_habits import OF_REFERRALS

WAITS: Mapping[str, float] = {
    "REGISTERED": 0.6,
    "SUPPLEMENT": 5,
    "ACCEPTED": 0.8,
    "DIVERTED": 0.5,
    "HANDLING": 9,
    "REOPENED": 1,
    "AGREED": 9,
    "PERFORMED": 4,
    "FAILED": 2,
    "WITHDRAWN": 4,
    "DECIDED": 5,
    "ISSUED": 0.2,
    "DELIVERED": 0.8,
    "IN_CONSENT": 1.2,
    "IN_MEDIATION": 8,
    "APPRAISAL": 14,
    "SUSPENDED": 8,
    "COMPLETED_AGREED": 1,
    "COMPLETED_FAILED": 1,
    "MATERIALS_SENT": 1,
    "ACKNOWLEDGED": 3,
    "RETURNED": 2,
    "REJECTED": 0.6,
    "EXPIRED": 0.6,
    "RECALLED": 0.6,
}
"""Days until something is done, about, by the state that a case or a referral is in."""


def errand(look: Look) -> Errand | None:
    """What is done next; None where nobody does anything until something happens."""
    for referral in look.file.referrals:
        habit = OF_REFERRALS.get(ReferralState[referral["state"]])
        found = habit(look, referral) if habit else None
        if found is not None:
            return found
    if look.file.is_with_a_body:
        return None
    of_case = OF_CASES.get(CaseState[look.file.case["state"]])
    return of_case(look) if of_case else None
