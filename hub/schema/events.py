"""Events: the one log, and what it says of a case (DESIGN section 6)."""

import datetime as dt
import enum
from dataclasses import dataclass

from hub.schema.cases import Case, CaseMode, Party
from hub.schema.declare import Entity, Field, Link, column, internal, link, of_case
from hub.schema.organisations import Organisation
from hub.schema.referrals import Referral
from hub.schema.sources import SourceRecord
from hub.schema.supervision import SupervisionAlert


class EventType(enum.Enum):
    """事件类型 · Type of an event"""

    CASE_REGISTERED = "案件登记 · A case was registered"
    CASE_CHANGED = "案件变更 · A case changed"
    SUPPLEMENT_REQUESTED = "告知补正 · A supplement was requested"
    SUPPLEMENT_SUPPLIED = "已补正 · What was missing was supplied"
    SUPPLEMENT_LAPSED = "逾期未补正 · A case lapsed without its supplement"
    CASE_ACCEPTED = "案件受理 · A case was accepted"
    CASE_NOT_ACCEPTED = "不予受理 · A case was not accepted"
    CASE_DIVERTED = "案件分流 · A case was diverted"
    HANDLING_STARTED = "开始化解 · A body took a case up"
    CASE_REQUEUED = "退回分流 · A case went back to diversion"
    CASE_SUSPENDED = "案件中止 · A case was suspended"
    CASE_RESUMED = "案件恢复 · A case was resumed"
    JOINT_CONVENED = "召集联调 · A joint handling was convened"
    JOINT_JOINED = "加入联调 · A body joined the handling"
    CASE_ESCALATED = "案件上报 · A case went to the level above"
    CASE_AGREED = "达成协议 · An agreement was reached"
    CASE_FAILED = "化解不成 · A case ended without agreement"
    CASE_WITHDRAWN = "案件撤回 · A case was withdrawn"
    PARTY_REFUSED = "当事人拒绝调解 · A party refused mediation"
    CASE_DECIDED = "作出裁决或决定 · A case was decided in another mode"
    CASE_PERFORMED = "协议履行 · An agreement was performed"
    CASE_CLOSED = "结案 · A case was closed"
    CASE_REOPENED = "复发重启 · A case was reopened"
    CASE_TRANSFERRED = "移送 · A case was transferred to the police"
    FIRST_ASKED = "首问责任履行 · The first-asked answered, explained or told the result"
    PARTY_ADDED = "当事人加入 · A party was added"
    PARTY_CHANGED = "当事人变更 · A party changed"
    MODE_STARTED = "化解方式启动 · A mode was started"
    MODE_CHANGED = "化解方式变更 · A mode changed"
    REFERRAL_DRAFTED = "流转草拟 · A referral was drafted"
    REFERRAL_ISSUED = "流转发出 · A referral was issued"
    REFERRAL_CHANGED = "流转变更 · A referral changed"
    REFERRAL_DELIVERED = "流转送达 · A referral was delivered"
    REFERRAL_ACCEPTED = "流转接收 · A referral was accepted"
    REFERRAL_REJECTED = "流转不予接受 · A referral was rejected"
    REFERRAL_EXPIRED = "流转逾期未确认 · A referral expired without confirmation"
    REFERRAL_RECALL_ASKED = "请求撤回流转 · A recall was asked for"
    REFERRAL_RECALLED = "流转撤回 · A referral was recalled"
    REFERRAL_REDESIGNATED = "重新指定 · A referral was designated again"
    CONSENT_ASKED = "征询对方 · The other side is being asked"
    REFERRAL_RETURNED = "流转退回 · A referral was returned"
    MEDIATION_STARTED = "开始调解 · A mediation started"
    LIMIT_EXTENDED = "延长期限 · A limit was extended"
    APPRAISAL_STARTED = "启动鉴定 · An appraisal started"
    APPRAISAL_ENDED = "鉴定结束 · An appraisal ended"
    MEDIATION_SUSPENDED = "调解中止 · A mediation was suspended"
    MEDIATION_RESUMED = "调解恢复 · A mediation was resumed"
    MEDIATION_AGREED = "调解成功 · A mediation ended with agreement"
    MEDIATION_ENDED = "调解终结 · A mediation ended without agreement"
    REFERRAL_CEASED = "流转随案终止 · A referral ceased with its case"
    MATERIALS_SENT = "材料移送 · Materials were sent"
    MATERIALS_ACKNOWLEDGED = "材料签收 · Materials were acknowledged"
    SOURCE_CLOSED = "来源办结 · A referral was closed by its source"
    SOURCE_RECORDED = "来源记录接收 · A source record was received"
    CASES_MERGED = "并案 · A case was merged into another"
    CASES_PARTED = "撤销并案 · A merge was undone"
    ATTACHMENT_RECORDED = "附件接收 · An agreement, confirmation, notarisation or appraisal was recorded"
    CANDIDATE_CHANGED = "疑似同案 · A candidate was proposed or decided"
    BATCH_RECEIVED = "批次接收 · A batch was received"
    ROW_QUARANTINED = "行隔离 · A row was put into quarantine or left it"
    DEADLINE_STARTED = "期限起算 · A limit started"
    DEADLINE_CHANGED = "期限变更 · A limit was paused, extended, found overdue or ended"
    CHOICE_RECORDED = "选择记录 · A party's choice was recorded"
    CONSENT_RECORDED = "同意记录 · A party's consent was asked or answered"
    SUITABILITY_JUDGED = "适宜性判断 · Suitability was judged"
    NOTICE_GIVEN = "告知 · A notice was given or receipted"
    MATERIALS_CHANGED = "材料变更 · Materials were listed, sent or acknowledged"
    MEDIATOR_CHANGED = "更换调解员 · The mediator was changed"
    CAMPAIGN_CHANGED = "排查活动变更 · A campaign was planned, started, ended or summarised"
    TASK_CHANGED = "任务变更 · A task was assigned, submitted, missed or cancelled"
    FINDING_REPORTED = "报送排查发现 · A finding was reported"
    FINDING_CHANGED = "排查发现变更 · A finding was judged or looked at again"
    RISK_WARNED = "风险预警 · A level above was warned of a red risk, or acknowledged it"
    MEETING_CHANGED = "研判会议变更 · An analysis meeting was planned, prepared, held or resolved"
    REPORT_CHANGED = "研判报告变更 · An analysis report was drafted, approved, sent or receipted"
    REGISTER_CHANGED = "名册变更 · A register entry changed"
    ALERT_RAISED = "发出督办 · A supervision alert was raised"
    ALERT_ESCALATED = "督办升级 · An alert came to the next level"
    ALERT_ANSWERED = "督办答复 · An alert was acknowledged or explained"
    ALERT_EXTENDED = "督办准延 · An alert was given until a new date"
    ALERT_LISTED = "挂牌督办 · An alert was put under listed supervision, or taken off the list"
    ALERT_MOVED = "督办移交 · An open alert went with its case to another region or body"
    ALERT_ENDED = "督办解除 · An alert was resolved or cancelled"
    BULLETIN_ISSUED = "督办通报 · A bulletin of supervision was issued"
    RISK_ASSESSED = "风险评估 · The risk of a case was assessed"
    IN_FORCE = "生效 · Something began to hold on its day"
    OUT_OF_FORCE = "失效 · Something ceased to hold on its day"
    WINDOW_CLOSED = "期间届满 · A window closed: the days for doing something have passed"
    JOB_CHANGED = "作业变更 · A job or one of its runs changed"
    CONFIGURATION_APPLIED = "配置生效 · Configuration was applied"
    ACCESS_REVOKED = "令牌撤销 · A token was revoked"
    OUTLET_CHANGED = "投递通道变更 · An outlet was started or stopped, or what it could not bring was decided"
    CONNECTION_ENDED = "断开连接 · A connection was ended by somebody who may"
    RELOAD_REQUESTED = "请求重载配置 · Processes were asked to read configuration and policy anew"
    CONSUMER_CHANGED = "订阅方变更 · A consumer was created, taken over, rewound or ended"
    ROWS_TOUCHED = "行变更 · Rows changed that are told to nobody: live queries hear of them"


@dataclass(frozen=True, slots=True)
class Fact:
    """事实 · A fact at that commit: ids and codes only, never personal values.

    name: 名称 · What the fact is about
    code: 代码 · The code or state it became
    id: 标识 · The row it points to
    """

    name: str
    code: str | None = None
    id: str | None = None


class Event(
    Entity,
    prefix="evt",
    doc="办理记录 · An event of the log",
    scope=(of_case(),),
    roots=("one",),
    log=True,
):
    type: Field[EventType] = column("事件类型 · Type", index=True)
    case: Link[Case | None] = link("案件 · Case")
    subject: Link[Case | Party | CaseMode | Referral | SourceRecord | SupervisionAlert | None] = link(
        "对象 · What changed"
    )
    actor: Field[str] = column("经办 · Who did it: the role, never a name")
    organisation: Link[Organisation | None] = link("经办机构 · The organisation that did it", index=False)
    occurred_at: Field[dt.datetime] = column("发生时间 · Occurred at", index=True)
    facts: Field[list[Fact]] = column("事实 · Facts at that commit")
    routing_before: Field[str | None] = internal("变更前路由 · Routing keys before, as JSON")
    routing_after: Field[str | None] = internal("变更后路由 · Routing keys after, as JSON")
    touched: Field[str | None] = internal("所涉各行 · Rows it touched, with what they are looked for by, as JSON")


class Epoch(
    Entity,
    prefix="epoch",
    doc="纪元 · An epoch of the base: one more whenever it was restored or moved",
    roots=(),
):
    number: Field[int] = internal("纪元号 · Number, from 1", unique=True)
    place: Field[str] = internal("所在 · Where the base was when the epoch began, as its database numbers places")
    removed: Field[str | None] = internal("清除位置 · Position of the last event that retention has removed")


class Chain(
    Entity,
    prefix="chain",
    doc="链首 · The newest link of the chain over evidence and openings: a shortened chain ends before it",
    roots=(),
):
    number: Field[int] = internal("链号 · Number of the newest link", unique=True)
    newest: Field[str] = internal("链值 · What the newest link is sealed with")
