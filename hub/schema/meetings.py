"""Analysis meetings: who must hold one for a period, what it looked at, what it resolved (DOMAIN 2.7; R70-R71)."""

import datetime as dt
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.schema.actions import AvailableAction
from hub.schema.declare import (
    Entity,
    Field,
    Link,
    Many,
    actions,
    check,
    column,
    in_region,
    index,
    internal,
    link,
    many,
    of_organisation,
    sealed,
)
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.regions import Region
from hub.schema.scalars import Money
from hub.schema.tasks import Task

if TYPE_CHECKING:
    from hub.schema.deadlines import Deadline
    from hub.schema.reports import Report


class MeetingKind(enum.Enum):
    """会议类别 · Kind of a meeting"""

    REGULAR = "定期 · Regular, a duty of the period"
    AD_HOC = "不定期 · Ad hoc"


class MeetingCoverage(enum.Enum):
    """研判范围 · What a meeting covers"""

    COMPREHENSIVE = "综合研判 · Comprehensive"
    SPECIAL = "重点研判 · Special, one subject"


class MeetingState(enum.Enum):
    """会议状态 · State of a meeting"""

    PLANNED = "计划 · Planned"
    PACK_BUILT = "材料已备 · Its data pack is built"
    HELD = "已召开 · Held"
    RESOLVED = "已议定 · Its measures are resolved"
    TASKS_CLOSED = "任务办结 · Its measures are done and its report is receipted"


class Counts(enum.Enum):
    """所计事项 · What an indicator counts: its filters are of the list of that name"""

    CASES = "案件 · Cases"
    REFERRALS = "流转 · Referrals"


@dataclass(frozen=True, slots=True)
class ReferralRef:
    """流转 · A referral that a frozen figure counts

    id: 流转标识 · Id of the referral
    """

    id: str


@dataclass(frozen=True, slots=True)
class CaseRef:
    """案件 · A case that a frozen figure counts

    id: 案件标识 · Id of the case
    """

    id: str


class Meeting(
    Entity,
    prefix="meet",
    doc="分析研判会议 · An analysis meeting",
    scope=(in_region(), of_organisation("organisation", "attendances.organisation")),
    told=True,
    roots=("one", "list", "statistics"),
    key=("number",),
    handled_by="organisation",
    table=(
        index("state", "hold_by", "id"),
        check("last_after_first", "last_on >= first_on"),
        check("held_on_when", "(state IN ('PLANNED', 'PACK_BUILT')) = (held_on IS NULL)"),
    ),
):
    number: Field[str] = column("会议编号 · Number", unique=True)
    title: Field[str] = column("议题 · Subject")
    kind: Field[MeetingKind] = column("类别 · Kind", index=True)
    coverage: Field[MeetingCoverage] = column("研判范围 · Coverage", index=True)
    level: Field[OrganisationLevel] = column("层级 · Level", index=True)
    state: Field[MeetingState] = column("状态 · State", index=True)
    duty: Field[str | None] = column("制度 · Name of the duty's policy; null for an ad hoc one", index=True)
    organisation: Link[Organisation] = link("召集机构 · Who holds it")
    region: Link[Region] = link("区划 · Region it looks at", levels=True)
    first_on: Field[dt.date] = column("期间起 · First day of its period", index=True)
    last_on: Field[dt.date] = column("期间止 · Last day of its period", index=True)
    period: Field[str] = column("期间 · Its period as figures are asked for", index=True)
    hold_by: Field[dt.date] = column("应召开日期 · To be held by", index=True)
    cut_off: Field[dt.datetime | None] = column("数据截止 · When its data were frozen")
    held_on: Field[dt.date | None] = column("召开日期 · Held on", index=True)
    late: Field[bool | None] = column("逾期召开 · Held after its day", index=True)
    place: Field[str | None] = column("地点 · Place")
    minutes: Field[str | None] = sealed("会议记录 · Minutes")
    available_actions: Field[list[AvailableAction] | None] = actions(
        "可办事项 · What the viewer may do with it now", machine="Meeting"
    )
    deadlines: Many["Deadline"] = many("期限 · Its limits", by="subject")
    attendances: Many["Attendance"] = many("参会 · Who was asked and who came", by="meeting")
    snapshots: Many["Snapshot"] = many("数据材料 · Its data packs", by="meeting")
    measures: Many[Task] = many("对策措施 · Measures it resolved", by="meeting")
    reports: Many["Report"] = many("研判报告 · Reports of it", by="meeting")


class Attendance(
    Entity,
    prefix="att",
    doc="参会机构 · A body that was asked to a meeting",
    scope=(in_region(), of_organisation("organisation", "host")),
    roots=("list",),
    table=(index("meeting_id", "organisation_id", unique=True),),
):
    meeting: Link[Meeting] = link("会议 · Meeting")
    host: Link[Organisation] = link("召集机构 · Who holds the meeting")
    organisation: Link[Organisation] = link("参会机构 · Who was asked")
    region: Link[Region] = link("区划 · Region of the meeting", levels=True)
    present: Field[bool | None] = column("到会 · Whether it came; null until the meeting is held", index=True)
    post: Field[str | None] = column("参会职务 · As what it was represented, never a name")


class Snapshot(
    Entity,
    prefix="snap",
    doc="数据快照 · A data pack: figures frozen at a cut-off",
    scope=(in_region(), of_organisation("organisation")),
):
    meeting: Link[Meeting] = link("会议 · Meeting it was made for")
    organisation: Link[Organisation] = link("召集机构 · Who holds the meeting")
    region: Link[Region] = link("区划 · Region it counts", levels=True)
    period: Field[str] = column("期间 · Period it counts", index=True)
    cut_off: Field[dt.datetime] = column("数据截止 · Cut-off", index=True)
    dictionary: Field[str] = column("口径版本 · Versions of the indicators: key and number, in their order")
    figures: Many["SnapshotFigure"] = many("指标值 · Its figures", by="snapshot")


class SnapshotFigure(
    Entity,
    prefix="figr",
    doc="快照指标值 · A frozen figure",
    scope=(in_region(), of_organisation("organisation")),
    table=(index("snapshot_id", "indicator", "part", unique=True),),
):
    snapshot: Link[Snapshot] = link("数据快照 · Its data pack")
    organisation: Link[Organisation] = link("召集机构 · Who holds the meeting")
    region: Link[Region] = link("区划 · Region it counts", levels=True)
    indicator: Field[str] = column("指标代号 · Key of the indicator", index=True)
    part: Field[str] = column("分项 · What part of it: empty for the whole, `type:02` or `town:370402001`", index=True)
    indicator_version: Field[int] = column("口径版本 · Version of its definition")
    name: Field[str] = column("名称 · Name of the indicator, in both languages")
    counts: Field[Counts] = column("所计事项 · What it counts")
    small: Field[bool] = column(
        "小数 · It, or what would tell it, is fewer than five: published views are not shown its numbers"
    )
    count: Field[int | None] = column("分子件数 · How many are in the numerator, as its pages list", mask="small")
    of: Field[int | None] = column("分母件数 · How many are in the denominator; null where there is none", mask="small")
    amount: Field[Money | None] = column("金额合计 · The sum of amounts, yuan; null where none is asked", mask="small")
    days: Field[int | None] = column("天数合计 · The sum of days; null where none is asked", mask="small")
    before: Field[int | None] = column(
        "上期件数 · How many were in the numerator the period before; null for a part", mask="small"
    )
    value: Field[str | None] = column("指标值 · The figure as it was shown; null where there is none", mask="small")
    pages: Many["FigurePage"] = many("分子明细 · What it counts, page by page", by="figure")


class FigurePage(
    Entity,
    prefix="fpage",
    doc="指标下钻 · A page of what a frozen figure counts",
    scope=(in_region(), of_organisation("organisation")),
    roots=(),
    table=(index("figure_id", "number", unique=True),),
):
    figure: Link[SnapshotFigure] = link("快照指标值 · Its figure")
    organisation: Link[Organisation] = link("召集机构 · Who holds the meeting")
    region: Link[Region] = link("区划 · Region it counts", levels=True)
    number: Field[int] = column("页码 · Number of the page, from 1", index=True)
    small: Field[bool] = internal("小数 · Whether its figure is one of few")
    cases: Field[list[CaseRef]] = column("案件 · Its cases, where its figure counts cases", mask="small")
    referrals: Field[list[ReferralRef]] = column(
        "流转 · Its referrals, where its figure counts referrals", mask="small"
    )
