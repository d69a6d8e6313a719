"""Standing: on what ground somebody may act on a row (DOMAIN 9)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from hub.rules.guards import Facts
from hub.schema.referrals import ReferralType

COURT_TYPES = (ReferralType.DELEGATE, ReferralType.ENTRUST)
"""Referrals that a court sends."""


class Standing(enum.Enum):
    """办理资格 · On what ground somebody may act"""

    SENDER = "发出方 · its sender"
    RECEIVER = "接收方 · its receiver"
    HANDLER = "承办机构 · the organisation in charge"
    ORGANISER = "组织机构 · the organisation that gave the task and receives what is submitted"
    ORG_ADMIN = "承办机构负责人 · the administrator of the organisation in charge"
    COURT = "法院 · the court of the referral"
    INTAKE = "受理指派岗 · the intake post"
    DIVERT = "引导分流岗 · the diversion post"
    DISPATCH = "调度督办岗 · the dispatch post"
    ANALYST = "汇总分析岗 · the analysis post"
    SUPERVISOR = "依法治市办 · the supervisor"
    ADMIN = "管理员 · the administrator"
    AGENCY = "部门 · an agency"
    PARTY = "当事人 · a party (also as recorded by who handles the matter)"
    JOB = "系统任务 · a job or connector"
    REFERRAL = "随关联操作办理 · the deed on its case or referral that carries it"

    @property
    def paths(self) -> tuple[str, ...]:
        """The columns, beside the one of who is in charge, that decide it."""
        return _PATHS.get(self.name, ())


_PATHS: Mapping[str, tuple[str, ...]] = {
    "SENDER": ("sender", "court", "type"),
    "RECEIVER": ("receiver", "court", "type"),
    "COURT": ("court",),
    "ORGANISER": ("organiser",),
    "PARTY": ("sender", "receiver", "court", "type"),
}
_POSTS = {
    Standing.INTAKE: "intake",
    Standing.DIVERT: "divert",
    Standing.DISPATCH: "dispatch",
    Standing.ANALYST: "analyst",
    Standing.SUPERVISOR: "supervisor",
    Standing.ADMIN: "admin",
    Standing.AGENCY: "agency",
    Standing.JOB: "system",
}
_PARTIES = frozenset({"party", "agent"})
_BODIES = frozenset({"mediator", "org_admin", "agency", "intake", "divert", "dispatch"})
"""Roles that act for an organisation of their scope."""
_RECORDERS = (Standing.HANDLER, Standing.RECEIVER, Standing.SENDER, Standing.COURT, Standing.INTAKE)
"""Whoever may record what a party said."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: role, ids of organisations and courts of its scope.

    `through` while the deed on a case carries an action on its referral, or the other way round.
    """

    role: str
    organisations: frozenset[str] = frozenset()
    courts: frozenset[str] = frozenset()
    through: bool = False


def stands(standing: Standing, facts: Facts, actor: Actor, handler: str) -> bool:
    """Whether the actor has this standing on a row that it can see; `handler` leads to the organisation in charge."""
    if standing in _POSTS:
        return actor.role == _POSTS[standing]
    if standing is Standing.REFERRAL:
        return actor.through
    if standing is Standing.PARTY:
        recorded = any(stands(each, facts, actor, handler) for each in _RECORDERS)
        return actor.role in _PARTIES or recorded
    if standing is Standing.HANDLER:
        return _acts_for(actor, facts, handler)
    if standing is Standing.ORGANISER:
        return _acts_for(actor, facts, "organiser")
    if standing is Standing.ORG_ADMIN:
        return actor.role == "org_admin" and _acts_for(actor, facts, handler)
    return _of_referral(standing, facts, actor)


def _of_referral(standing: Standing, facts: Facts, actor: Actor) -> bool:
    court = actor.role == "court" and facts.value("court") in actor.courts
    sent = facts.value("type") in {kind.name for kind in COURT_TYPES}
    if standing is Standing.SENDER:
        return _acts_for(actor, facts, "sender") or (court and sent)
    if standing is Standing.RECEIVER:
        handed = facts.value("type") == ReferralType.HANDOVER_TO_COURT.name
        return _acts_for(actor, facts, "receiver") or (court and handed)
    return court


def _acts_for(actor: Actor, facts: Facts, path: str) -> bool:
    return actor.role in _BODIES and facts.value(path) in actor.organisations
