"""The limits that belong together; days and clauses are policy rows (config/limits.toml)."""

from hub.schema.deadlines import LimitRule as Rule

__all__ = ["ACCEPTED_FROM", "LAWFUL", "MEDIATION", "PROMPT", "RECEIVED_FROM", "RESPONSE", "WINDOWS", "Rule"]

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

RECEIVED_FROM = {
    "06": (Rule.CONSUMER_ACCEPTANCE,),
    "09": (Rule.PETITION_ROUTING, Rule.PETITION_NOTICE),
}
"""The limits that begin with the receipt of what came by a channel: 12315 and the petition office."""

ACCEPTED_FROM = {"06": (Rule.CONSUMER_MEDIATION,), "09": (Rule.PETITION_CONCLUSION,)}
"""Those that begin with its acceptance."""

LAWFUL = tuple(rule for rules in ACCEPTED_FROM.values() for rule in rules)
"""The limits within which such a matter is concluded."""

PROMPT = (Rule.REFERRAL_DELIVERY, Rule.RED_WARNING)
"""Limits that a policy may count in minutes: none of them is paused or extended."""

WINDOWS = (Rule.JUDICIAL_CONFIRMATION, Rule.UNMERGE)
"""Limits that are somebody's chance, not their duty: they close, and nobody is late."""
