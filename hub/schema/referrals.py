"""Referrals between courts, centres and agencies (DOMAIN 2.2, 4.4, 4.5; R30-R34)."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.actions import AvailableAction
from hub.schema.cases import Case
from hub.schema.courts import Court
from hub.schema.declare import (
    Entity,
    Field,
    Link,
    Many,
    actions,
    code,
    column,
    index,
    link,
    many,
    of_case,
    of_court,
    of_organisation,
    sealed,
)
from hub.schema.mediators import Mediator
from hub.schema.organisations import Organisation

if TYPE_CHECKING:
    from hub.schema.choices import Consent
    from hub.schema.codes import Code
    from hub.schema.deadlines import Deadline
    from hub.schema.events import Event
    from hub.schema.materials import Material, MediatorChange


class ReferralType(enum.Enum):
    """流转类型 · Type of a referral"""

    DELEGATE = "委派 · Delegated by a court before filing"
    ENTRUST = "委托 · Entrusted by a court after filing"
    ASSIGN = "指派 · Assigned to a subordinate body or mediator"
    FORWARD = "转送 · Forwarded to a sub-centre or agency"
    JOINT_INVITE = "邀请联调 · Invited to joint handling"
    ESCALATE = "上报 · Escalated to the level above"
    HANDOVER_TO_COURT = "转诉讼 · Handed over to a court"


class ReferralState(enum.Enum):
    """流转状态 · State of a referral"""

    DRAFT = "草拟 · Draft"
    ISSUED = "已发出 · Issued"
    DELIVERED = "已送达 · Delivered"
    ACCEPTED = "已接收 · Accepted"
    REJECTED = "不予接受 · Rejected"
    EXPIRED = "逾期未确认 · Expired without confirmation"
    RECALLED = "撤回 · Recalled by the sender"
    IN_CONSENT = "征询 · Asking the other side"
    RETURNED = "退回 · Returned"
    IN_MEDIATION = "调解中 · In mediation"
    APPRAISAL = "鉴定中 · Appraisal, clock stopped"
    SUSPENDED = "中止 · Suspended"
    COMPLETED_AGREED = "调解成功 · Completed with agreement"
    COMPLETED_FAILED = "调解不成 · Completed without agreement"
    MATERIALS_SENT = "材料移送 · Materials sent"
    ACKNOWLEDGED = "已签收 · Acknowledged by the court"
    SOURCE_CLOSED = "来源办结 · Closed by its source"


class TrialProcedure(enum.Enum):
    """审理程序 · Trial procedure of a filed case"""

    ORDINARY = "普通程序 · Ordinary"
    SUMMARY = "简易程序 · Summary"


class SourceResult(enum.Enum):
    """来源办理结果 · What became of it at its source"""

    FILED = "已立案 · Filed"
    FILING_REFUSED = "不予立案 · Filing refused"
    TRIAL_RESUMED = "恢复审理 · Trial resumed"
    SETTLED = "已了结 · Settled"


class Referral(
    Entity,
    prefix="ref",
    doc="对接流转 · Referral",
    scope=(of_case(), of_organisation("sender", "receiver", "lead", "members.organisation"), of_court("court")),
    roots=("one", "list", "statistics"),
    key=("number",),
    table=(
        index("court_id", "issued_at", "id"),
        index("receiver_id", "issued_at", "id"),
        index("redesignates_id", unique=True),
    ),
):
    number: Field[str] = column("流转编号 · Referral number", unique=True)
    type: Field[ReferralType] = column("流转类型 · Type", index=True)
    state: Field[ReferralState] = column("状态 · State", index=True)
    case: Link[Case] = link("案件 · Case")
    court: Link[Court | None] = link("法院 · Court")
    court_number: Field[str | None] = column("法院案号 · The court's case number", index=True)
    sender: Link[Organisation] = link("发出机构 · Sender")
    receiver: Link[Organisation | None] = link("接收机构 · Receiver")
    lead: Link[Organisation | None] = link("牵头机构 · Lead of a joint handling")
    mediator: Link[Mediator | None] = link("调解员 · Mediator")
    issued_at: Field[dt.datetime] = column("发出时间 · Issued at", index=True)
    issued_on: Field[dt.date] = column("发出日期 · Issued on (Asia/Shanghai)", index=True)
    accepted_on: Field[dt.date | None] = column("接收日期 · Accepted on", index=True)
    due_on: Field[dt.date | None] = column("到期日 · Due on", index=True)
    completed_on: Field[dt.date | None] = column("完成日期 · Completed on", index=True)
    mediation_days: Field[int | None] = column(
        "调解天数 · Days from acceptance to the end, as its limit counts them: without those of an appraisal",
        index=True,
    )
    termination_reason: Field["Code | None"] = code("终结原因 · Reason it ended", list="termination_reason", index=True)
    refusal_reason: Field["Code | None"] = code("不接受原因 · Reason for refusing", list="refusal_reason")
    return_reason: Field["Code | None"] = code("退回原因 · Reason for returning", list="return_reason", index=True)
    trial_procedure: Field[TrialProcedure | None] = column("审理程序 · Trial procedure, of an entrusted case")
    disclosed_on: Field[dt.date | None] = column("利害关系披露日期 · When the mediator disclosed interests (art. 13)")
    recall_asked_on: Field[dt.date | None] = column("请求撤回日期 · When the sender asked for it back")
    redesignates: Link["Referral | None"] = link("重新指定自 · The referral it takes the place of", index=False)
    source_result: Field[SourceResult | None] = column("来源办理结果 · What became of it at its source", index=True)
    undisputed_facts: Field[bool] = column("无争议事实记载 · Undisputed facts were recorded")
    note: Field[str | None] = sealed("说明 · Note", mask="text")
    available_actions: Field[list[AvailableAction] | None] = actions(
        "可办事项 · What the viewer may do with it now", machine="Referral"
    )
    deadlines: Many["Deadline"] = many("期限 · Deadlines", by="referral")
    consents: Many["Consent"] = many("当事人同意 · Consents", by="referral")
    materials: Many["Material"] = many("移送材料 · Materials", by="referral")
    mediator_changes: Many["MediatorChange"] = many("更换调解员 · Changes of the mediator", by="referral")
    members: Many["ReferralMember"] = many("参与机构 · Members of a joint handling", by="referral")
    events: Many["Event"] = many("办理记录 · Events", by="subject")


class ReferralMember(
    Entity,
    prefix="rmem",
    doc="联调成员 · Member of a joint handling (R40)",
    scope=(of_case("referral.case"), of_organisation("organisation")),
    roots=(),
):
    referral: Link[Referral] = link("流转 · Referral")
    organisation: Link[Organisation] = link("机构 · Organisation")
    joined_on: Field[dt.date] = column("加入日期 · Joined on", index=True)
