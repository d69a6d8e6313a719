"""Supervision: alerts about what is late or in danger, who must answer them, and the monthly bulletin (DOMAIN 2.6)."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.schema.actions import AvailableAction
from hub.schema.cases import Case
from hub.schema.deadlines import Deadline, LimitRule
from hub.schema.declare import (
    Entity,
    Field,
    Link,
    Many,
    actions,
    check,
    code,
    column,
    in_region,
    index,
    link,
    many,
    of_case,
    of_organisation,
    sealed,
)
from hub.schema.investigations import Campaign, Finding, RiskWarning
from hub.schema.jobs import Job
from hub.schema.meetings import Meeting
from hub.schema.members import LEVELS
from hub.schema.organisations import Organisation
from hub.schema.referrals import Referral
from hub.schema.regions import Region
from hub.schema.risks import RiskColour
from hub.schema.tasks import Task

if TYPE_CHECKING:
    from hub.schema.codes import Code
    from hub.schema.events import Event


class AlertLevel(enum.Enum):
    """督办级别 · Level of an alert: how late something is; not the risk colour"""

    NOTICE = "提醒 · Notice"
    YELLOW = "黄色督办 · Yellow"
    ORANGE = "橙色督办 · Orange"
    RED = "红色督办 · Red"


class AlertState(enum.Enum):
    """督办状态 · State of an alert"""

    RAISED = "已发出 · Raised"
    ACKNOWLEDGED = "已签收 · Acknowledged"
    EXPLAINED = "已说明 · Explained, with a new date"
    EXTENDED = "已准延 · Given until a new date by the dispatcher"
    ESCALATED = "已升级 · At the next level, to be answered there"
    RESOLVED = "已解除 · Resolved"
    CANCELLED = "已撤销 · Cancelled: it was false"


class Trigger(enum.Enum):
    """督办情形 · What an alert is raised for"""

    DUE_SOON = "临近到期 · The limit is about to end"
    OVERDUE = "逾期 · The limit has passed"
    REJECTED = "多次不予接受 · Bodies rejected the case again and again"
    RISK = "激化风险高 · The dispute is likely to escalate"
    JOB_FAILED = "作业失败 · A job failed"
    RAISED = "人工督办 · A dispatcher or the supervisor raised it"


class AlertEnd(enum.Enum):
    """解除情形 · Why an alert was resolved"""

    MET = "事项已办结 · What was due was done"
    STOPPED = "期限中止 · The clock was stopped"
    MOVED = "期限延长或重新起算 · The limit was extended or began anew"
    GONE = "情形消除 · What it was raised for is no more"
    DECIDED = "人工解除 · The dispatcher or the supervisor found it done"


@dataclass(frozen=True, slots=True)
class Addressee:
    """督办对象 · Whom an alert is addressed to

    post: 岗位 · The post: HANDLER, ORG_HEAD, DISPATCH, DISTRICT_LEAD, SUPERVISOR, ADMIN
    id: 机构 · Id of the organisation, where the post is one of it
    """

    post: str
    id: str | None = None


class SupervisionAlert(
    Entity,
    prefix="alert",
    doc="督办 · A supervision alert",
    scope=(of_case(), in_region(), of_organisation("organisation")),
    roots=("one", "list", "statistics"),
    told=True,
    handled_by="organisation",
    table=(
        # One open alert per subject and rule, and of what is no limit per subject and trigger.
        index("subject_id", "rule", unique=True, where="ended_on IS NULL AND rule IS NOT NULL"),
        index("subject_id", "trigger", unique=True, where="ended_on IS NULL AND rule IS NULL"),
        index("deadline_id", "id", where="deadline_id IS NOT NULL"),
        index("reply_due_on", "id", where="ended_on IS NULL"),
        *(index(name, "level", "id", where="ended_on IS NULL") for name in LEVELS),
        check("ended_when", "(state IN ('RESOLVED', 'CANCELLED')) = (ended_on IS NOT NULL)"),
        check("listed_at_red", "listed_on IS NULL OR level = 'RED'"),
        check("limit_of_rule", "(rule IS NULL) = (deadline_id IS NULL)"),
    ),
):
    subject: Link[Case | Referral | Campaign | Task | Finding | Meeting | RiskWarning | Job] = link(
        "对象 · What it is about"
    )
    case: Link[Case | None] = link("案件 · Case")
    deadline: Link[Deadline | None] = link("期限 · The limit that it watches; null for what is no limit")
    rule: Field[LimitRule | None] = column("期限规则 · Rule of the limit", index=True)
    trigger: Field[Trigger] = column("督办情形 · What it is raised for", index=True)
    level: Field[AlertLevel] = column("督办级别 · Level: how late it is", index=True)
    risk: Field[RiskColour | None] = column("风险等级 · Risk colour of the case when it came to this level", index=True)
    state: Field[AlertState] = column("状态 · State", index=True)
    organisation: Link[Organisation | None] = link("责任机构 · The organisation that must act")
    region: Link[Region | None] = link("区划 · Where it belongs", levels=True)
    addressees: Field[list[Addressee]] = column("督办对象 · To whom it is addressed at this level")
    basis: Field[str] = column("依据 · The policy it follows, in both languages")
    local_default: Field[bool] = column("本地默认 · A default of this hub, no law")
    due_on: Field[dt.date | None] = column("到期日 · When the limit was due", index=True)
    provisional: Field[bool] = column("暂定 · The day is counted beyond the known calendar: never above yellow")
    raised_on: Field[dt.date] = column("发出日期 · Raised on", index=True)
    levelled_on: Field[dt.date] = column("本级日期 · At this level since", index=True)
    reply_due_on: Field[dt.date | None] = column(
        "答复期限 · To be answered by, or it goes to the next level", index=True
    )
    acknowledged_on: Field[dt.date | None] = column("签收日期 · Acknowledged on")
    explained_on: Field[dt.date | None] = column("说明日期 · Explained on")
    delay_reason: Field["Code | None"] = code("逾期原因 · Why it is late", list="delay_reason", index=True)
    explanation: Field[str | None] = sealed("情况说明 · The explanation", mask="text")
    promised_on: Field[dt.date | None] = column("承诺办结日期 · The new date that was named")
    extended_to: Field[dt.date | None] = column("准延至 · The dispatcher gave until")
    note: Field[str | None] = sealed("督办意见 · What the dispatcher or the supervisor says", mask="text")
    listed_on: Field[dt.date | None] = column("挂牌日期 · Under listed supervision since", index=True)
    delisted_on: Field[dt.date | None] = column("摘牌日期 · Taken off the list on")
    ended_on: Field[dt.date | None] = column("终止日期 · Resolved or cancelled on", index=True)
    ended_as: Field[AlertEnd | None] = column("解除情形 · Why it was resolved", index=True)
    available_actions: Field[list[AvailableAction] | None] = actions(
        "可办事项 · What the viewer may do with it now", machine="SupervisionAlert"
    )
    events: Many["Event"] = many("办理记录 · Events", by="subject")


class SupervisionBulletin(
    Entity,
    prefix="bulletin",
    doc="督办通报 · The monthly bulletin of supervision",
    scope=(in_region(),),
    key=("month",),
    natural=True,
    told=True,
):
    month: Field[str] = column("月份 · The month, as 2025-06", unique=True)
    region: Link[Region | None] = link("区划 · The city", levels=True)
    issued_on: Field[dt.date] = column("通报日期 · Issued on", index=True)
    raised: Field[int] = column("当月发出 · Raised in the month")
    red: Field[int] = column("当月红色 · Came to red in the month")
    resolved: Field[int] = column("当月解除 · Resolved in the month")
    listed: Field[int] = column("在挂件数 · Under listed supervision at its end")
    open: Field[int] = column("期末未解除 · Open at its end")
    entries: Many["BulletinEntry"] = many("通报事项 · What it names", by="bulletin")


class BulletinEntry(
    Entity,
    prefix="entry",
    doc="通报事项 · An alert that a bulletin names: red, or under listed supervision",
    scope=(in_region(),),
    roots=(),
    plural="bulletin_entries",
):
    bulletin: Link[SupervisionBulletin] = link("通报 · Bulletin")
    alert: Link[SupervisionAlert] = link("督办 · Alert")
    organisation: Link[Organisation | None] = link("责任机构 · The organisation that must act")
    region: Link[Region | None] = link("区划 · Where it belongs", levels=True)
    level: Field[AlertLevel] = column("督办级别 · Level when it was named")
    listed: Field[bool] = column("挂牌 · Under listed supervision")
