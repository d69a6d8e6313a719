"""Investigations: bodies report what they found, or that it was nothing; campaigns are planned and summed up (R75)."""

import datetime as dt
from typing import Annotated

from hub.access.viewers import JUDGE, ORDER, REPORT
from hub.errors import OutOfReach, UnfitDate
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.directory import centre_of
from hub.procedures.findings import NewFinding, add_finding
from hub.procedures.fitting import must_come, must_count
from hub.procedures.registration import within
from hub.procedures.stepping import enter, missing, step
from hub.rules.actions import CampaignAction, TaskAction
from hub.schema.investigations import Campaign, CampaignFocus, Finding
from hub.schema.jobs import Tally
from hub.schema.organisations import OrganisationLevel
from hub.schema.regions import Region
from hub.schema.tasks import Task, TaskState
from hub.schema.verbs import Id, Listed, Most, Text


@verb(
    "随时报送排查发现：红色风险当日上报 · Report a finding at once, before the task is submitted (R77)",
    changes=Task,
    gives=(Finding, Task),
    permission=REPORT,
)
async def report_finding(deed: Deed, task: Row, *, finding: Annotated[NewFinding, "排查发现 · What was found"]) -> None:
    """A red risk warns the levels above in the same deed; the task stays open until all is reported."""
    await add_finding(deed, task, finding)


@verb(
    "报送排查任务：须有发现，否则零报告 · Submit a task with its findings; without any, report nothing instead (R75)",
    changes=Task,
    gives=(Task, Finding),
    permission=REPORT,
    does=(TaskAction.SUBMIT,),
)
async def submit_report(
    deed: Deed,
    task: Row,
    *,
    findings: Annotated[tuple[NewFinding, ...], Most(20), "排查发现 · What was found, beside what was told before"],
    visited: Annotated[int | None, "走访户数 · Households visited"] = None,
) -> None:
    """Late where its day has passed. ConditionMissing (HUB-713) where nothing was found."""
    if not findings and not await deed.rows(Finding, task=task.id):
        reason = "未报发现的须明确零报告 · where nothing was found a zero report is made explicitly"
        raise await missing(deed, task, TaskAction.SUBMIT, reason)
    for each in findings:
        await add_finding(deed, task, each)
    await _submit(deed, task, zero=False, visited=visited)


@verb(
    "零报告：明确报告未发现 · A zero report: it was investigated and nothing was found (R75)",
    changes=Task,
    gives=(Task,),
    permission=REPORT,
)
async def report_nothing(
    deed: Deed, task: Row, *, visited: Annotated[int | None, "走访户数 · Households visited"] = None
) -> None:
    """ConditionMissing (HUB-713) where something was found already."""
    if await deed.rows(Finding, task=task.id):
        raise await missing(deed, task, TaskAction.SUBMIT, "已报有发现 · something was found already")
    await _submit(deed, task, zero=True, visited=visited)


@verb(
    "计划排查活动：次日或以后启动 · Plan a campaign of its own; it begins at midnight of its first day (R75, R76)",
    gives=(Campaign,),
    permission=ORDER,
)
async def plan_campaign(
    deed: Deed,
    *,
    title: Annotated[str, Text(100, blank=False), "名称 · Title"],
    region: Annotated[Id[Region], "区划 · Region it covers"],
    level: Annotated[OrganisationLevel, "排查层级 · Level of the bodies that investigate"],
    first_on: Annotated[dt.date, "起始日期 · First day"],
    last_on: Annotated[dt.date, "截止日期 · Last day, reports due on it"],
    dispute_type: Annotated[str | None, Listed("dispute_type"), "重点行业 · Type of dispute it looks for"] = None,
) -> None:
    """Within one's own region, or by one's own centre; OutOfReach (HUB-715) otherwise. UnfitDate (HUB-714)."""
    place = await deed.row(Region, region)
    organiser = await centre_of(deed.connection, deed.base.metadata.tables, place["code"])
    mine = organiser in deed.viewer.scope.organisations
    if organiser is None or level is OrganisationLevel.CITY or not (mine or within(deed.viewer.scope, place)):
        raise OutOfReach
    if not deed.today < first_on <= last_on:
        raise UnfitDate(reason_zh="起始日期须晚于今日且不晚于截止日期", reason_en="the first day is to come first")
    must_come(deed, last_on)
    series = f"PC-own-{place['code']}-{first_on:%Y%m%d}"
    values = {
        "number": f"{series}-{deed.base.ledger.new_id(Campaign)[-6:]}",
        "title": title,
        "level": level,
        "focus": CampaignFocus.INDUSTRIES if dispute_type else CampaignFocus.AREAS,
        "dispute_type": dispute_type,
        "organisation": organiser,
        "region": place.id,
        "first_on": first_on,
        "last_on": last_on,
        "due_on": last_on,
        **dict.fromkeys(("cycle", "key_period", "every", "started_on", "closed_on", "summary_due_on")),
        **dict.fromkeys(("summarised_on", "figures", "summary")),
    }
    await enter(deed, Campaign, CampaignAction.PLAN, values)


@verb(
    "提前结束排查活动：未报送的任务取消 · End a campaign before its day; what was not reported is cancelled",
    changes=Campaign,
    gives=(Campaign,),
    permission=ORDER,
    does=(CampaignAction.END,),
)
async def end_campaign(deed: Deed, campaign: Row) -> None:
    """Nobody waits for its reports any more; it can be summed up."""
    await step(deed, campaign, CampaignAction.END, {"closed_on": deed.today})
    for task in await deed.rows(Task, campaign=campaign.id, state=TaskState.OPEN):
        await step(deed, task, TaskAction.CANCEL, through=True)


@verb(
    "汇总排查活动：全部报送或到期后 · Sum a campaign up, once nobody is waited for (R28, R75)",
    changes=Campaign,
    gives=(Campaign,),
    permission=JUDGE,
    does=(CampaignAction.SUMMARISE,),
)
async def summarise_campaign(
    deed: Deed, campaign: Row, *, summary: Annotated[str, Text(5000, blank=False), "汇总报告 · Summary"]
) -> None:
    """Its figures are kept as they are now."""
    tasks, findings = await deed.rows(Task, campaign=campaign.id), await deed.rows(Finding, campaign=campaign.id)
    figures = [Tally(name, str(count)) for name, count in figures_of(tasks, findings).items()]
    values = {"summary": summary, "figures": figures, "summarised_on": deed.today}
    await step(deed, campaign, CampaignAction.SUMMARISE, values)


def figures_of(tasks: list[Row], findings: list[Row]) -> dict[str, int]:
    """What a campaign came to: tasks by what became of them, findings by how they were judged."""
    states = [task["state"] for task in tasks]
    counts = {
        "tasks": len(tasks),
        "submitted": states.count(TaskState.SUBMITTED),
        "zero": sum(bool(task["zero"]) for task in tasks),
        "late": sum(bool(task["late"]) for task in tasks),
        "missed": states.count(TaskState.MISSED),
        "cancelled": states.count(TaskState.CANCELLED),
        "findings": len(findings),
        "complete": sum(finding["complete"] for finding in findings),
    }
    judged = [finding["state"] for finding in findings]
    return counts | {state.name.lower(): judged.count(state) for state in dict.fromkeys(judged)}


async def _submit(deed: Deed, task: Row, *, zero: bool, visited: int | None) -> None:
    must_count(visited)
    late = deed.today > task["due_on"]
    values = {"submitted_at": deed.now, "submitted_on": deed.today, "late": late, "zero": zero, "visited": visited}
    await step(deed, task, TaskAction.SUBMIT, values)
