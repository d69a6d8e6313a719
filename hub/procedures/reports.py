"""Analysis reports: drafted from a meeting's frozen figures, approved, sent and receipted (R71; DOMAIN 2.7)."""

from typing import Annotated

from hub.access.viewers import MEET
from hub.errors import NoSuchRow, Settled
from hub.procedures.clocks import Clocks, begun
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.stepping import enter, step
from hub.procedures.timing import read_timing
from hub.rules.actions import ReportAction
from hub.rules.limits import Rule
from hub.schema.meetings import Meeting, Snapshot
from hub.schema.organisations import Organisation
from hub.schema.reports import Recipient, Report, ReportState
from hub.schema.verbs import Id, Most, Text


@verb(
    "拟稿研判报告：数据取自会议快照 · Draft a report; its figures are those of the meeting's pack, for good (R71)",
    changes=Meeting,
    gives=(Report, Meeting),
    permission=MEET,
)
async def draft_report(
    deed: Deed,
    meeting: Row,
    *,
    title: Annotated[str, Text(100, blank=False), "标题 · Title"],
    text: Annotated[str, Text(10_000, blank=False), "正文 · Text"],
) -> None:
    """From a meeting that was held; NoSuchRow (HUB-702) without its pack."""
    packs = sorted(await deed.rows(Snapshot, meeting=meeting.id), key=lambda row: row["cut_off"])
    if not packs:
        raise NoSuchRow
    timing = await read_timing(deed.connection, deed.base.metadata.tables["policies"])
    limit = begun(timing, Rule.ANALYSIS_REPORT, meeting["held_on"] or deed.today)
    drafted = len(await deed.rows(Report, meeting=meeting.id))
    values = {
        "number": f"BG-{meeting['number'].removeprefix('HY-')}-{drafted + 1}",
        "title": title,
        "text": text,
        "meeting": meeting.id,
        "snapshot": packs[-1].id,
        "organisation": meeting["organisation"],
        "region": meeting["region"],
        "drafted_on": deed.today,
        "due_on": limit["due_on"] if limit else deed.today,
        **dict.fromkeys(("approved_on", "approved_by", "sent_on")),
    }
    await enter(deed, Report, ReportAction.DRAFT, values)


@verb(
    "修改研判报告：审定前 · Revise a report before it is approved",
    changes=Report,
    gives=(Report,),
    permission=MEET,
    does=(ReportAction.REVISE,),
)
async def revise_report(
    deed: Deed,
    report: Row,
    *,
    text: Annotated[str, Text(10_000, blank=False), "正文 · Text"],
) -> None:
    """Its figures stay those of its pack."""
    await step(deed, report, ReportAction.REVISE, {"text": text})


@verb(
    "审定研判报告 · Approve a report (R71)",
    changes=Report,
    gives=(Report,),
    permission=MEET,
    does=(ReportAction.APPROVE,),
)
async def approve_report(deed: Deed, report: Row) -> None:
    """By who administers the body that reports, or the supervisor."""
    await step(deed, report, ReportAction.APPROVE, {"approved_on": deed.today, "approved_by": deed.actor})


@verb(
    "报送研判报告 · Send a report to its recipients (R71)",
    changes=Report,
    gives=(Report,),
    permission=MEET,
    does=(ReportAction.SEND,),
)
async def send_report(
    deed: Deed,
    report: Row,
    *,
    recipients: Annotated[tuple[Id[Organisation], ...], Most(50), "报送对象 · Who it is sent to"],
) -> None:
    """From now on its recipients see it. ConditionMissing (HUB-713) where nobody is named."""
    await _address(deed, report, recipients)
    await step(deed, report, ReportAction.SEND, {"sent_on": deed.today})
    for meeting in await deed.rows(Meeting, id=report["meeting"]):
        await Clocks(deed).stop(meeting, Rule.ANALYSIS_REPORT)


@verb(
    "签收研判报告 · Receipt a report (R71)",
    changes=Recipient,
    gives=(Recipient, Report),
    permission=MEET,
)
async def receipt_report(deed: Deed, recipient: Row) -> None:
    """By its recipient; with the last receipt the report is receipted. Settled (HUB-704) when it was already."""
    if recipient["organisation"] not in deed.viewer.scope.organisations:
        raise NoSuchRow
    (report,) = await deed.rows(Report, id=recipient["report"])
    if recipient["receipted_at"] is not None or report["state"] is not ReportState.SENT:
        raise Settled
    deed.change(recipient, receipted_at=deed.now, receipted_by=deed.actor)
    others = await deed.rows(Recipient, report=report.id)
    if all(each["receipted_at"] for each in others):
        await step(deed, report, ReportAction.RECEIPT, through=True)


async def _address(deed: Deed, report: Row, recipients: tuple[str, ...]) -> None:
    for organisation in dict.fromkeys(recipients):
        body = await deed.row(Organisation, organisation)
        deed.insert(
            Recipient,
            event=None,
            report=report.id,
            sender=report["organisation"],
            organisation=body.id,
            region=report["region"],
            sent_on=deed.today,
            receipted_at=None,
            receipted_by=None,
        )
