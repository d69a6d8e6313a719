"""The rules that limits are counted by: their names; days and clauses are policy rows (config/limits.toml)."""

import enum


class Rule(enum.Enum):
    """期限规则 · Rule of a limit"""

    FIRST_RESPONSE = "首次响应 · First response to a matter received (R55)"
    SUPPLEMENT_NOTICE = "一次性告知 · One-time notice of what is missing (R86)"
    SUPPLEMENT = "补正 · Supplying what was missing (R86)"
    DELEGATED_MEDIATION = "委派调解 · Delegated mediation (T1)"
    ENTRUSTED_ORDINARY = "委托调解（普通程序）· Entrusted mediation, ordinary procedure (T2)"
    ENTRUSTED_SUMMARY = "委托调解（简易程序）· Entrusted mediation, summary procedure (T2)"
    CONFIRMATION_OF_RECEIPT = "确认接收 · Confirming a court's referral (T3)"
    MEDIATOR_CHOICE = "共同选择调解员 · Joint choice of a mediator (T4)"
    COURT_DESIGNATION = "法院指定 · The court's designation (T5)"
    ASKING_THE_OTHER_SIDE = "征询对方 · Asking the other side (T6)"
    RETURN = "退回 · Return after a refusal (T7)"
    COURT_FILING = "立案审查 · The court's decision on filing (T8)"
    JUDICIAL_CONFIRMATION = "申请司法确认 · Applying for judicial confirmation (T9)"
    PEOPLES_MEDIATION = "人民调解 · People's mediation (T17)"
    ASSIGNMENT_RESPONSE = "指派答复 · Answering an assignment or escalation (R32)"
    FORWARD_OBJECTION = "转送异议 · Objecting to a forwarded matter (R33, T35)"
    JOINT_CONVENING = "联调召集 · Answering an invitation to joint handling (R42)"
    MATERIALS_RECEIPT = "材料签收 · The court's receipt for materials"
    UNMERGE = "撤销并案 · A person's undoing of a merge (R69)"


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
