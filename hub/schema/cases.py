"""Cases, their modes and their parties (DOMAIN 2.1, 4.1-4.5; R1-R8, R40, R41)."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.actions import AvailableAction
from hub.schema.declare import (
    Entity,
    Field,
    Link,
    Many,
    actions,
    code,
    column,
    computed,
    in_region,
    index,
    link,
    many,
    of_case,
    of_court,
    of_organisation,
    sealed,
)
from hub.schema.mediators import Mediator
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.risks import RiskColour
from hub.schema.scalars import Money

if TYPE_CHECKING:
    from hub.schema.agreements import Agreement, Appraisal, Confirmation, Notarisation
    from hub.schema.choices import ModeChoice, Suitability
    from hub.schema.codes import Code
    from hub.schema.deadlines import Deadline
    from hub.schema.events import Event
    from hub.schema.investigations import Finding
    from hub.schema.links import Candidate, Merge
    from hub.schema.notices import FailureNotice, SupplementNotice
    from hub.schema.openings import Opening
    from hub.schema.referrals import Referral
    from hub.schema.regions import Region
    from hub.schema.sources import SourceRecord
    from hub.schema.supervision import SupervisionAlert


class CaseState(enum.Enum):
    """案件状态 · State of a case"""

    REGISTERED = "已登记 · Registered"
    SUPPLEMENT = "待补正 · Waiting for a supplement"
    ACCEPTED = "已受理 · Accepted"
    NOT_ACCEPTED = "不予受理 · Not accepted"
    MERGED = "并案 · Merged into another case"
    DIVERTED = "已分流 · Diverted"
    HANDLING = "化解中 · Being handled"
    SUSPENDED = "中止 · Suspended"
    AGREED = "达成协议 · Agreed"
    FAILED = "化解不成 · Failed"
    WITHDRAWN = "撤回 · Withdrawn"
    DECIDED = "已裁决或决定 · Decided"
    PERFORMED = "已履行 · Performed"
    CLOSED_FAILED = "不成结案 · Closed without agreement"
    CLOSED = "结案 · Closed"
    REOPENED = "复发 · Reopened"
    TRANSFERRED = "移送 · Transferred to the police"


class Handling(enum.Enum):
    """办理方式 · How a case is handled"""

    SPLIT = "分调 · By one body"
    JOINT = "联调 · Jointly, by a lead and members"


class CaseStart(enum.Enum):
    """案件启动方式 · How a case started"""

    OWN_MOTION = "主动调解 · On the body's own motion"
    ON_APPLICATION = "依申请 · On application"
    TRANSFERRED = "接受委托移送 · Transferred by another body"


class Domain(enum.Enum):
    """纠纷领域 · Domain of a dispute"""

    FAMILY = "家事 · Family"
    COMMERCIAL = "商事 · Commercial"
    CIVIL = "民事 · Civil"
    ADMINISTRATIVE = "行政 · Administrative"


class PartyRole(enum.Enum):
    """当事人身份 · Role of a party"""

    APPLICANT = "申请人 · Applicant"
    RESPONDENT = "被申请人 · Respondent"
    THIRD_PARTY = "第三人 · Third party"
    AGENT = "代理人 · Agent"


class PartyKind(enum.Enum):
    """当事人类别 · Kind of party"""

    NATURAL_PERSON = "自然人 · Natural person"
    ORGANISATION = "法人或其他组织 · Legal person or other organisation"


class FirstDuty(enum.Enum):
    """首问责任 · A duty of who was asked first (R85)"""

    ANSWER = "首问必答 · To answer"
    EXPLAIN = "首问必释 · To explain"
    RESULT = "首问必果 · To tell the result"


class Case(
    Entity,
    prefix="case",
    doc="纠纷案件 · Dispute case",
    scope=(
        in_region(),
        of_organisation(
            "organisation",
            "source_records.organisation",
            "referrals.sender",
            "referrals.receiver",
            "referrals.lead",
            "referrals.members.organisation",
        ),
        of_court("referrals.court"),
    ),
    roots=("one", "list", "statistics"),
    key=("number",),
    handled_by="organisation",
    table=(
        index("district", "registered_at", "id"),
        index("city", "registered_at", "id"),
        index("district", "state", "registered_at", "id"),
        index("organisation_id", "registered_at", "id"),
    ),
):
    number: Field[str] = column("非诉案号 · Case number", unique=True)
    title: Field[str] = column("标题 · Title", search=True)
    narrative: Field[str | None] = sealed("纠纷简要情况 · Narrative as told", mask="text", search=True)
    state: Field[CaseState] = column("状态 · State", index=True)
    handling: Field[Handling] = column("办理方式 · Handling", index=True)
    start: Field[CaseStart] = column("启动方式 · How it started", index=True)
    domain: Field[Domain] = column("领域 · Domain", index=True)
    dispute_type: Field["Code"] = code("纠纷类型 · Dispute type", list="dispute_type", index=True)
    channel: Field["Code"] = code("来源渠道 · Channel", list="channel", index=True)
    severity: Field["Code"] = code("难易程度 · Severity", list="severity", index=True)
    outcome: Field["Code | None"] = code("化解结果 · Outcome", list="outcome", index=True)
    not_accepted_reason: Field["Code | None"] = code(
        "不予受理理由 · Reason it was not accepted", list="not_accepted_reason"
    )
    termination_reason: Field["Code | None"] = code("终结原因 · Reason it ended", list="termination_reason", index=True)
    suspension_ground: Field["Code | None"] = code("中止事由 · Ground of its suspension", list="suspension_ground")
    cause: Field[str | None] = column("案由 · Cause of action, as the court words it")
    amount: Field[Money | None] = column("涉案标的额 · Amount in dispute, yuan", index=True)
    region: Link["Region"] = link("属地 · Region", levels=True)
    organisation: Link[Organisation] = link("承办机构 · Organisation in charge")
    mediator: Link[Mediator | None] = link("调解员 · Mediator")
    first_contact_role: Field[str | None] = column("首问责任岗位 · First-asked post: the role, never a name (R85)")
    first_contact_organisation: Link[Organisation | None] = link("首问责任机构 · First-asked organisation (R85)")
    answered_on: Field[dt.date | None] = column("首问必答 · Answered on")
    explained_on: Field[dt.date | None] = column("首问必释 · Explained on")
    result_told_on: Field[dt.date | None] = column("首问必果 · Result told on")
    risk: Field[RiskColour | None] = column("风险等级 · Risk colour; null until it was assessed", index=True)
    risk_assessed_on: Field[dt.date | None] = column("风险评估日期 · Risk assessed on")
    online: Field[bool] = column("线上 · Handled online", index=True)
    registered_at: Field[dt.datetime] = column("登记时间 · Registered at", index=True)
    registered_on: Field[dt.date] = column("登记日期 · Registered on (Asia/Shanghai)", index=True)
    accepted_on: Field[dt.date | None] = column("受理日期 · Accepted on", index=True)
    due_on: Field[dt.date | None] = column("到期日 · Due on", index=True)
    concluded_on: Field[dt.date | None] = column("办结日期 · Concluded on", index=True)
    handled_days: Field[int | None] = column("办理天数 · Calendar days from registration to conclusion", index=True)
    resolved_level: Field[OrganisationLevel | None] = column("化解层级 · Level that resolved it", index=True)
    leaked: Field[bool] = column("进入诉讼 · Went to litigation after all", index=True)
    void: Field[bool | None] = column("来源作废 · Every source has marked its record void", index=True)
    open: Field[bool] = computed(
        "未结 · Still open",
        "{state} NOT IN ('NOT_ACCEPTED', 'MERGED', 'PERFORMED', 'CLOSED_FAILED', 'CLOSED', 'TRANSFERRED')",
    )
    available_actions: Field[list[AvailableAction] | None] = actions(
        "可办事项 · What the viewer may do with it now", machine="Case"
    )
    parties: Many["Party"] = many("当事人 · Parties", by="case")
    modes: Many["CaseMode"] = many("化解方式 · Modes it runs in", by="case")
    referrals: Many["Referral"] = many("对接流转 · Referrals", by="case")
    alerts: Many["SupervisionAlert"] = many("督办 · Supervision alerts", by="case")
    deadlines: Many["Deadline"] = many("期限 · Deadlines, its referrals' among them", by="case")
    choices: Many["ModeChoice"] = many("自愿选择 · The parties' choices", by="case")
    suitabilities: Many["Suitability"] = many("适宜性判断 · Judgements of suitability", by="case")
    supplement_notices: Many["SupplementNotice"] = many("补正告知 · Notices of what is missing", by="case")
    failure_notices: Many["FailureNotice"] = many("其他途径告知 · Notices of other channels", by="case")
    source_records: Many["SourceRecord"] = many("来源记录 · Source records", by="case")
    agreements: Many["Agreement"] = many("调解协议 · Agreements", by="case")
    confirmations: Many["Confirmation"] = many("司法确认 · Judicial confirmations", by="case")
    notarisations: Many["Notarisation"] = many("公证 · Notarisations", by="case")
    appraisals: Many["Appraisal"] = many("司法鉴定 · Appraisals", by="case")
    absorbed: Many["Merge"] = many("并入本案 · Merges of other cases into it", by="survivor")
    merges: Many["Merge"] = many("并案记录 · Merges of it into other cases", by="merged")
    findings: Many["Finding"] = many("排查发现 · Findings that became it or belong to it", by="case")
    candidates: Many["Candidate"] = many("疑似同案 · Newer cases that may be the same dispute", by="case")
    events: Many["Event"] = many("办理记录 · Events", by="case")
    openings: Many["Opening"] = many("打开记录 · Openings of sealed values", by="case")


class CaseMode(
    Entity, prefix="mode", doc="化解方式记录 · A mode the case runs in (R3)", scope=(of_case(),), roots=("list",)
):
    case: Link[Case] = link("案件 · Case")
    mode: Field["Code"] = code("化解方式 · Mode", list="mode", index=True)
    organisation: Link[Organisation | None] = link("办理机构 · Organisation")
    started_on: Field[dt.date] = column("开始日期 · Started on", index=True)
    ended_on: Field[dt.date | None] = column("结束日期 · Ended on", index=True)
    outcome: Field["Code | None"] = code("结果 · Outcome", list="outcome")


class Party(Entity, prefix="party", doc="当事人 · Party", scope=(of_case(),)):
    case: Link[Case] = link("案件 · Case")
    role: Field[PartyRole] = column("身份 · Role", index=True)
    kind: Field[PartyKind] = column("类别 · Kind", index=True)
    name: Field[str] = column("姓名或名称 · Name", mask="name", hashed="name")
    identity: Field[str | None] = sealed("证件号码 · Identity or credit code", mask="identity", hashed="identity")
    phone: Field[str | None] = sealed("联系电话 · Telephone", mask="phone", hashed="phone")
    address: Field[str | None] = sealed("住址 · Address", mask="address")
    shielded: Field[bool] = column("信息保护 · Contact hidden from the other side (Anti-DV Law)")
    left_at: Field[dt.datetime | None] = column("退出时间 · When it ceased to be a party of this case", index=True)
