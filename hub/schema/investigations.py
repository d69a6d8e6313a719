"""Investigations: campaigns of a cycle, what they find, and warnings of red risk (DOMAIN 2.4; R60, R75-R78)."""

import datetime as dt
import enum
from typing import TYPE_CHECKING

from hub.schema.actions import AvailableAction
from hub.schema.cases import Case
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
    of_organisation,
    sealed,
)
from hub.schema.jobs import Tally
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.regions import Region
from hub.schema.risks import RiskColour
from hub.schema.tasks import Task

if TYPE_CHECKING:
    from hub.schema.codes import Code
    from hub.schema.deadlines import Deadline


class CycleUnit(enum.Enum):
    """排查周期 · How often it is investigated"""

    DAY = "每日 · Daily"
    WEEK = "每周 · Weekly"
    TEN_DAYS = "每旬 · Every ten days"
    HALF_MONTH = "每半月 · Twice a month"
    MONTH = "每月 · Monthly"
    QUARTER = "每季 · Quarterly"


class CampaignFocus(enum.Enum):
    """排查重点 · Focus of a campaign (R76); key people are none until their scope exists"""

    GENERAL = "全面排查 · General"
    AREAS = "重点地区 · Key areas"
    INDUSTRIES = "重点行业 · Key industries"
    PERIODS = "重点时段 · Key periods"


class CampaignState(enum.Enum):
    """排查活动状态 · State of a campaign"""

    PLANNED = "计划 · Planned"
    ACTIVE = "进行中 · Active"
    SUMMARISED = "已汇总 · Summarised"


class FindingState(enum.Enum):
    """排查发现状态 · State of a finding"""

    NEW = "待研判 · New"
    CASE = "转纠纷待登记 · Judged a dispute, not yet registered as a case"
    WATCH = "苗头隐患 · Watched"
    NONE = "无需处置 · Nothing to be done"
    DUPLICATE = "重复 · Found before"
    LINKED = "已转案件 · Became a case, or belongs to one"
    CLEARED = "隐患消除 · No longer watched"


class WarningState(enum.Enum):
    """预警状态 · State of a warning"""

    RAISED = "已发出 · Raised"
    ACKNOWLEDGED = "已签收 · Acknowledged"


class Campaign(
    Entity,
    prefix="camp",
    doc="排查活动 · A campaign: one cycle of investigation in one region (R75)",
    scope=(in_region(), of_organisation("organisation", "tasks.organisation")),
    told=True,
    roots=("one", "list", "statistics"),
    key=("number",),
    handled_by="organisation",
    table=(
        index("cycle", "region_id", "last_on"),
        check("last_after_first", "last_on >= first_on"),
        check("due_after_start", "due_on >= last_on"),
        check("summarised_on_when", "(state = 'SUMMARISED') = (summarised_on IS NOT NULL)"),
    ),
):
    number: Field[str] = column("排查编号 · Number", unique=True)
    title: Field[str] = column("名称 · Title")
    state: Field[CampaignState] = column("状态 · State", index=True)
    level: Field[OrganisationLevel] = column("排查层级 · Level of the bodies that investigate", index=True)
    focus: Field[CampaignFocus] = column("排查重点 · Focus", index=True)
    dispute_type: Field["Code | None"] = code(
        "重点行业 · Type of dispute it looks for", list="dispute_type", index=True
    )
    cycle: Field[str | None] = column("周期规则 · Name of the cycle's policy; null for one of its own", index=True)
    key_period: Field[str | None] = column("重点时段 · Name of the key period that tightened the cycle", index=True)
    every: Field[CycleUnit | None] = column("周期 · How often; null for one of its own", index=True)
    organisation: Link[Organisation] = link("组织机构 · Who organises it")
    region: Link[Region] = link("区划 · Region it covers", levels=True)
    first_on: Field[dt.date] = column("起始日期 · First day", index=True)
    last_on: Field[dt.date] = column("截止日期 · Last day", index=True)
    due_on: Field[dt.date] = column("报送到期日 · Reports due on", index=True)
    started_on: Field[dt.date | None] = column("启动日期 · Started on", index=True)
    closed_on: Field[dt.date | None] = column("提前结束日期 · Closed early on", index=True)
    summary_due_on: Field[dt.date | None] = column("汇总到期日 · Summary due on", index=True)
    summarised_on: Field[dt.date | None] = column("汇总日期 · Summarised on", index=True)
    figures: Field[list[Tally] | None] = column("汇总数据 · Its figures when it was summarised")
    summary: Field[str | None] = sealed("汇总报告 · Summary", mask="text")
    available_actions: Field[list[AvailableAction] | None] = actions(
        "可办事项 · What the viewer may do with it now", machine="Campaign"
    )
    deadlines: Many["Deadline"] = many("期限 · Its limits", by="subject")
    tasks: Many[Task] = many("排查任务 · Its tasks", by="campaign")
    findings: Many["Finding"] = many("排查发现 · What was found", by="campaign")


class Finding(
    Entity,
    prefix="find",
    doc="排查发现 · A finding: a dispute or a sign of one (R77)",
    scope=(in_region(), of_organisation("organisation", "organiser")),
    told=True,
    roots=("one", "list", "statistics"),
    key=("number",),
    handled_by="organiser",
    table=(
        index("state", "triage_due_on", "id"),
        index("state", "recheck_on", "id"),
        check("case_when_linked", "(state = 'LINKED') = (case_id IS NOT NULL)"),
        check("earlier_when_duplicate", "(state = 'DUPLICATE') = (duplicate_of_id IS NOT NULL)"),
        check("recheck_when_watched", "(state = 'WATCH') = (recheck_on IS NOT NULL)"),
    ),
):
    number: Field[str] = column("发现编号 · Number", unique=True)
    title: Field[str] = column("标题 · Title", search=True)
    description: Field[str | None] = sealed("情况 · What was found")
    measures: Field[str | None] = sealed("已采取措施 · What was done at once")
    state: Field[FindingState] = column("状态 · State", index=True)
    risk: Field[RiskColour] = column("风险颜色 · Colour of its risk", index=True)
    dispute_type: Field["Code"] = code("纠纷类型 · Type of dispute", list="dispute_type", index=True)
    people: Field[int | None] = column("涉及人数 · People concerned")
    complete: Field[bool] = column("要素齐全 · Facts, people and measures are all told", index=True)
    task: Link[Task] = link("排查任务 · The task it was reported with")
    campaign: Link[Campaign] = link("排查活动 · The campaign")
    organisation: Link[Organisation] = link("排查机构 · Who found it")
    organiser: Link[Organisation] = link("研判机构 · Who judges it")
    region: Link[Region] = link("属地 · Region", levels=True)
    found_on: Field[dt.date] = column("发现日期 · Found on", index=True)
    reported_at: Field[dt.datetime] = column("报送时间 · Reported at", index=True)
    reported_on: Field[dt.date] = column("报送日期 · Reported on (Asia/Shanghai)", index=True)
    triage_due_on: Field[dt.date | None] = column("研判到期日 · To be judged by", index=True)
    triaged_at: Field[dt.datetime | None] = column("研判时间 · Judged at")
    triaged_on: Field[dt.date | None] = column("研判日期 · Judged on", index=True)
    recheck_on: Field[dt.date | None] = column("复查日期 · To be looked at again by", index=True)
    rechecked_on: Field[dt.date | None] = column("上次复查日期 · Last looked at again on", index=True)
    settled_at: Field[dt.datetime | None] = column("处置时间 · When it became a case or needed nothing more")
    reason: Field[str | None] = sealed("研判理由 · Why it was judged so")
    case: Link[Case | None] = link("案件 · The case it became or belongs to")
    duplicate_of: Link["Finding | None"] = link("重复于 · The finding that told it before")
    available_actions: Field[list[AvailableAction] | None] = actions(
        "可办事项 · What the viewer may do with it now", machine="Finding"
    )
    deadlines: Many["Deadline"] = many("期限 · Its limits", by="subject")
    warnings: Many["RiskWarning"] = many("预警 · Warnings of it to the levels above", by="finding")


class RiskWarning(
    Entity,
    prefix="warn",
    doc="风险预警 · A warning of red risk to a level above (R77)",
    scope=(in_region(), of_organisation("organisation")),
    told=True,
    table=(
        index("finding_id", "organisation_id", unique=True),
        check("acknowledged_when", "(state = 'ACKNOWLEDGED') = (acknowledged_at IS NOT NULL)"),
    ),
):
    finding: Link[Finding] = link("排查发现 · What it warns of")
    organisation: Link[Organisation] = link("预警对象 · Who is warned")
    level: Field[OrganisationLevel] = column("预警层级 · Level that is warned", index=True)
    region: Link[Region] = link("属地 · Region of what was found", levels=True)
    risk: Field[RiskColour] = column("风险颜色 · Colour of its risk", index=True)
    state: Field[WarningState] = column("状态 · State", index=True)
    raised_at: Field[dt.datetime] = column("发出时间 · Raised at", index=True)
    acknowledged_at: Field[dt.datetime | None] = column("签收时间 · Acknowledged at")
    acknowledged_by: Field[str | None] = column("签收岗位 · Who acknowledged it: the role, never a name")
    deadlines: Many["Deadline"] = many("期限 · Its limit", by="subject")
