"""The limits that belong together; days and clauses are policy rows (config/limits.toml)."""

from hub.schema.deadlines import LimitRule as Rule

__all__ = ["MEDIATION", "RESPONSE", "Rule"]

MEDIATION = (
    Rule.DELEGATED_MEDIATION,
    Rule.ENTRUSTED_ORDINARY,
    Rule.ENTRUSTED_SUMMARY,
    Rule.PEOPLES_MEDIATION,
)
"""The limits that a mediation runs under."""

RESPONSE = (
    Rule.CONFIRMATION_OF_RECEIPT,
    Rule.ASSIGNMENT_RESPONSE,
    Rule.FORWARD_OBJECTION,
    Rule.JOINT_CONVENING,
)
"""The limits within which a referral is answered."""
