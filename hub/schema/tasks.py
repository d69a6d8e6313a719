"""Tasks: what a body is to have done by a day: an investigation's report, a measure that a meeting resolved (R71, R75)."""

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
    check,
    column,
    in_region,
    index,
    link,
    many,
    of_organisation,
    sealed,
)
from hub.schema.organisations import Organisation
from hub.schema.regions import Region

if TYPE_CHECKING:
    from hub.schema.deadlines import Deadline
    from hub.schema.investigations import Campaign, Finding
    from hub.schema.meetings import Meeting


class TaskKind(enum.Enum):
    """任务类别 · Kind of a task"""

    INVESTIGATION = "排查任务 · To investigate and report, or to report that nothing was found"
    MEASURE = "对策措施 · A measure that an analysis meeting resolved"


class TaskState(enum.Enum):
    """任务状态 · State of a task"""

    OPEN = "待办 · Open"
    SUBMITTED = "已报送 · Submitted"
    MISSED = "逾期未报 · Due and not submitted"
    CANCELLED = "取消 · Cancelled, nobody waits for it any more"


class Task(
    Entity,
    prefix="task",
    doc="任务 · A task of one body, due on a day",
    scope=(in_region(), of_organisation("organisation", "organiser")),
    told=True,
    roots=("one", "list", "statistics"),
    handled_by="organisation",
    table=(
        index("campaign_id", "organisation_id", unique=True),
        index("state", "due_on", "id"),
        index("organisation_id", "due_on", "id"),
        check("one_origin", "(campaign_id IS NULL) <> (meeting_id IS NULL)"),
        check("submitted_on_when", "(state = 'SUBMITTED') = (submitted_on IS NOT NULL)"),
    ),
):
    kind: Field[TaskKind] = column("类别 · Kind", index=True)
    state: Field[TaskState] = column("状态 · State", index=True)
    title: Field[str] = column("事项 · What is to be done")
    organisation: Link[Organisation] = link("责任机构 · Who is to do it")
    organiser: Link[Organisation] = link("组织机构 · Who gave it and receives what is submitted")
    region: Link[Region] = link("区划 · Region of the body", levels=True)
    campaign: Link["Campaign | None"] = link("排查活动 · The campaign it belongs to")
    meeting: Link["Meeting | None"] = link("研判会议 · The meeting that resolved it")
    opened_on: Field[dt.date] = column("下达日期 · Opened on", index=True)
    due_on: Field[dt.date] = column("到期日 · Due on", index=True)
    missed_on: Field[dt.date | None] = column("逾期认定日期 · Found missed on", index=True)
    submitted_at: Field[dt.datetime | None] = column("报送时间 · Submitted at", index=True)
    submitted_on: Field[dt.date | None] = column("报送日期 · Submitted on (Asia/Shanghai)", index=True)
    late: Field[bool | None] = column("逾期报送 · Submitted after its day", index=True)
    zero: Field[bool | None] = column("零报告 · An explicit report that nothing was found", index=True)
    visited: Field[int | None] = column("走访户数 · Households visited")
    result: Field[str | None] = sealed("报送内容 · What was submitted")
    available_actions: Field[list[AvailableAction] | None] = actions(
        "可办事项 · What the viewer may do with it now", machine="Task"
    )
    deadlines: Many["Deadline"] = many("期限 · Its limits", by="subject")
    findings: Many["Finding"] = many("排查发现 · Findings reported with it", by="task")
