"""Deadlines: what must be done by when, on what ground, and what stopped the clock (DOMAIN 3).

Whatever has a limit is its `subject`: a new noun with limits is added to that link, and its limits to `LimitRule`.
"""

import datetime as dt
import enum

from hub.schema.cases import Case
from hub.schema.codes import Code
from hub.schema.declare import (
    Entity,
    Field,
    Link,
    check,
    code,
    column,
    in_region,
    index,
    internal,
    link,
    of_case,
    of_organisation,
)
from hub.schema.investigations import Campaign, Finding, RiskWarning
from hub.schema.meetings import Meeting
from hub.schema.members import LEVELS
from hub.schema.organisations import Organisation
from hub.schema.referrals import Referral
from hub.schema.regions import Region
from hub.schema.tasks import Task


class LimitRule(enum.Enum):
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
    INVESTIGATION_REPORT = "排查报送 · Reporting what an investigation found, or that it found nothing (R75)"
    FINDING_TRIAGE = "排查研判 · Judging a finding (R77)"
    RED_FINDING_TRIAGE = "红色风险研判 · Judging a finding of red risk (R77)"
    WATCH_RECHECK = "隐患复查 · Looking again at what is watched (R77)"
    INVESTIGATION_SUMMARY = "排查汇总 · Summarising a campaign (R28, R75)"
    ANALYSIS_MEETING = "研判会议 · Holding an analysis meeting (R70)"
    ANALYSIS_REPORT = "研判报告 · Sending the report of an analysis meeting (R71)"
    MEETING_MEASURE = "对策措施 · Doing what an analysis meeting resolved (R71)"
    PETITION_ROUTING = "信访登记转送 · Registering and routing a petition (T33)"
    PETITION_NOTICE = "信访告知 · The written notice to the petitioner (T34)"
    PETITION_CONCLUSION = "信访办结 · Concluding a petition (T36)"
    CONSUMER_ACCEPTANCE = "消费投诉受理 · Accepting a consumer complaint (T46)"
    CONSUMER_MEDIATION = "消费投诉调解 · Ending the mediation of a consumer complaint (T47)"
    REFERRAL_DELIVERY = "流转送达 · Delivering a referral to its receiver"
    RED_WARNING = "红色预警签收 · Acknowledging a warning of red risk (R77, R107)"


class DayUnit(enum.Enum):
    """期间单位 · How a limit is counted"""

    CALENDAR = "自然日 · Calendar days"
    WORKING = "工作日 · Working days"
    MINUTES = "分钟 · Minutes, around the clock"


class DeadlineState(enum.Enum):
    """期限状态 · State of a deadline"""

    RUNNING = "计算中 · Running"
    PAUSED = "中止计算 · Paused"
    OVERDUE = "逾期 · Overdue"
    ENDED = "终止 · Ended"


class Deadline(
    Entity,
    prefix="due",
    doc="期限 · A deadline of a case, a referral or whatever else has one",
    scope=(of_case(), in_region(), of_organisation("organisation")),
    roots=("one", "list"),
    told=True,
    table=(
        # One clock per rule: a second start of the same limit is a mistake, whoever makes it.
        index("subject_id", "rule", unique=True, where="state <> 'ENDED'"),
        index("state", "due_on", "id"),
        index("due_at", "id", where="state = 'RUNNING' AND due_at IS NOT NULL"),
        # Few belong to no case and say themselves where they belong.
        *(index(name, "id", where=f"{name} IS NOT NULL") for name in ("region_id", "organisation_id", *LEVELS)),
        check("subject_of_referral", "referral_id IS NULL OR subject_id = referral_id"),
        check("seen_by_somebody", "case_id IS NOT NULL OR region_id IS NOT NULL OR organisation_id IS NOT NULL"),
        check("days_not_negative", "days >= 0"),
        check("elapsed_not_negative", "elapsed >= 0"),
        check("moment_of_minutes", "(unit = 'MINUTES') = (due_at IS NOT NULL)"),
        check("due_after_start", "due_on >= started_on"),
        check("paused_since_when", "(state = 'PAUSED') = (paused_since IS NOT NULL)"),
        check("ended_on_when", "(state = 'ENDED') = (ended_on IS NOT NULL)"),
    ),
):
    subject: Link[Case | Referral | Campaign | Task | Finding | Meeting | RiskWarning] = link(
        "对象 · What must be done in time"
    )
    case: Link[Case | None] = link("案件 · Case; null where it belongs to none")
    referral: Link[Referral | None] = link("流转 · Referral it belongs to")
    organisation: Link[Organisation | None] = link(
        "责任机构 · Who must keep it; null where its case or referral says so"
    )
    region: Link[Region | None] = link("区划 · Where it belongs; null where its case says so", levels=True)
    rule: Field[LimitRule] = column("期限规则 · Rule", index=True)
    state: Field[DeadlineState] = column("状态 · State", index=True)
    days: Field[int] = column("天数 · Days; 0 for a limit of minutes")
    minutes: Field[int | None] = column("分钟数 · Minutes; null for a limit of days")
    unit: Field[DayUnit] = column("期间单位 · How it is counted")
    basis: Field[str] = column("法律依据 · The clause it rests on, in both languages")
    local_default: Field[bool] = column("本地默认 · A default of this hub, no law")
    started_on: Field[dt.date] = column("起算事由日 · Day of what started it; day one is the next", index=True)
    due_on: Field[dt.date] = column("到期日 · Due on", index=True)
    due_at: Field[dt.datetime | None] = column("到期时刻 · Due at; null for a limit of days, which ends with its day")
    provisional: Field[bool] = column("暂定 · Counted beyond the known calendar, by weekends only", index=True)
    elapsed: Field[int] = internal("已计天数 · Days counted before the count last went on")
    counting_since: Field[dt.date] = internal("续计事由日 · Day of what started it or let it go on")
    paused_since: Field[dt.date | None] = column("中止日期 · Paused since")
    pause_ground: Field["Code | None"] = code("中止事由 · Ground of the pause", list="suspension_ground")
    extended_on: Field[dt.date | None] = column("延长日期 · Last extended on")
    overdue_on: Field[dt.date | None] = column("逾期认定日期 · Found overdue on", index=True)
    ended_on: Field[dt.date | None] = column("终止日期 · Ended on", index=True)
