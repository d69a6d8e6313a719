"""Analysis reports: drafted from a meeting, approved, sent, and receipted by whoever they were sent to (R71)."""

import datetime as dt
import enum

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
from hub.schema.meetings import Meeting, Snapshot
from hub.schema.organisations import Organisation
from hub.schema.regions import Region


class ReportState(enum.Enum):
    """报告状态 · State of a report"""

    DRAFTED = "已拟稿 · Drafted"
    APPROVED = "已审定 · Approved"
    SENT = "已报送 · Sent"
    RECEIPTED = "已签收 · Receipted by everybody it was sent to"


class Report(
    Entity,
    prefix="rep",
    doc="分析研判报告 · An analysis report; its figures are those of its snapshot and never change",
    scope=(in_region(), of_organisation("organisation", "recipients.organisation")),
    told=True,
    key=("number",),
    handled_by="organisation",
    table=(
        check("approved_on_when", "(state = 'DRAFTED') = (approved_on IS NULL)"),
        check("sent_on_when", "(state IN ('SENT', 'RECEIPTED')) = (sent_on IS NOT NULL)"),
    ),
):
    number: Field[str] = column("报告编号 · Number", unique=True)
    title: Field[str] = column("标题 · Title")
    state: Field[ReportState] = column("状态 · State", index=True)
    meeting: Link[Meeting] = link("研判会议 · Meeting")
    snapshot: Link[Snapshot] = link("数据快照 · The data pack whose figures it has")
    organisation: Link[Organisation] = link("报告机构 · Who reports")
    region: Link[Region] = link("区划 · Region it reports of", levels=True)
    drafted_on: Field[dt.date] = column("拟稿日期 · Drafted on", index=True)
    due_on: Field[dt.date] = column("报送到期日 · To be sent by", index=True)
    approved_on: Field[dt.date | None] = column("审定日期 · Approved on", index=True)
    approved_by: Field[str | None] = column("审定岗位 · Who approved it: the role, never a name")
    sent_on: Field[dt.date | None] = column("报送日期 · Sent on", index=True)
    text: Field[str] = sealed("正文 · Text", mask="text")
    available_actions: Field[list[AvailableAction] | None] = actions(
        "可办事项 · What the viewer may do with it now", machine="Report"
    )
    recipients: Many["Recipient"] = many("报送对象 · Who it is sent to", by="report")


class Recipient(
    Entity,
    prefix="rcpt",
    doc="报送对象 · A recipient of a report",
    scope=(in_region(), of_organisation("organisation", "sender")),
    told=True,
    roots=("one", "list"),
    table=(index("report_id", "organisation_id", unique=True),),
):
    report: Link[Report] = link("研判报告 · Report")
    sender: Link[Organisation] = link("报告机构 · Who reports")
    organisation: Link[Organisation] = link("报送对象 · Who it is sent to")
    region: Link[Region] = link("区划 · Region it reports of", levels=True)
    sent_on: Field[dt.date | None] = column("报送日期 · Sent on", index=True)
    receipted_at: Field[dt.datetime | None] = column("签收时间 · Receipted at", index=True)
    receipted_by: Field[str | None] = column("签收岗位 · Who receipted it: the role, never a name")
