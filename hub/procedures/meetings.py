"""Analysis meetings: bodies are asked to them, they are held, what they resolve are tasks (R70, R71; DOMAIN 2.7)."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Any

from hub.access.viewers import MEET, REPORT
from hub.errors import OutOfReach, UnfitDate
from hub.procedures.assigning import new_task
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.directory import centre_of
from hub.procedures.fitting import must_come
from hub.procedures.packs import new_meeting
from hub.procedures.registration import within
from hub.procedures.stepping import enter, step
from hub.rules.actions import MeetingAction, TaskAction
from hub.rules.indicators import period as period_of
from hub.rules.values import SHANGHAI
from hub.schema.meetings import Attendance, Meeting, MeetingCoverage, MeetingKind
from hub.schema.organisations import Organisation
from hub.schema.regions import Region
from hub.schema.tasks import Task, TaskKind
from hub.schema.verbs import Id, Most, Text

_DAY = dt.timedelta(1)


@dataclass(frozen=True, slots=True)
class Attended:
    """到会机构 · A body that came"""

    organisation: Annotated[Id[Organisation], "机构 · Body"]
    post: Annotated[str | None, Text(100, blank=False), "参会职务，不填姓名 · As what it came, no name"] = None


@dataclass(frozen=True, slots=True)
class Measure:
    """对策措施 · A measure with who is to take it and by when"""

    title: Annotated[str, Text(200, blank=False), "事项 · What is to be done"]
    organisation: Annotated[Id[Organisation], "责任机构 · Who is to do it"]
    due_on: Annotated[dt.date, "到期日 · By when"]


@verb(
    "计划不定期研判会议 · Plan an ad hoc meeting; its data are frozen the next night (R70)",
    gives=(Meeting,),
    permission=MEET,
)
async def plan_meeting(
    deed: Deed,
    *,
    title: Annotated[str, Text(100, blank=False), "议题 · Subject"],
    region: Annotated[Id[Region], "区划 · Region it looks at"],
    coverage: Annotated[MeetingCoverage, "研判范围 · Coverage"],
    period: Annotated[str, Text(7, blank=False), "期间 · A year, quarter or month: `2025`, `2025-Q1`, `2025-03`"],
    hold_by: Annotated[dt.date, "应召开日期 · To be held by"],
) -> None:
    """Within one's own region, or by one's own centre; OutOfReach (HUB-715) otherwise. BadPeriod, UnfitDate."""
    place, during = await deed.row(Region, region), period_of(period)
    host = await centre_of(deed.connection, deed.base.metadata.tables, place["code"])
    mine = host in deed.viewer.scope.organisations
    if host is None or not (mine or within(deed.viewer.scope, place)):
        raise OutOfReach
    if hold_by <= deed.today or during.first > deed.today:
        raise UnfitDate(reason_zh="须在以后召开、研判已开始的期间", reason_en="it is held later, about what has begun")
    must_come(deed, hold_by)
    (body,) = await deed.rows(Organisation, id=host)
    values = {
        **new_meeting(),
        "number": f"HY-own-{place['code']}-{period}-{deed.base.ledger.new_id(Meeting)[-6:]}",
        "title": title,
        "kind": MeetingKind.AD_HOC,
        "coverage": coverage,
        "level": body["level"],
        "organisation": host,
        "region": place.id,
        "period": period,
        "first_on": during.first,
        "last_on": during.after - _DAY,
        "hold_by": hold_by,
    }
    await enter(deed, Meeting, MeetingAction.PLAN, values)


@verb(
    "邀请参会 · Ask bodies to a meeting",
    changes=Meeting,
    gives=(Meeting,),
    permission=MEET,
    does=(MeetingAction.INVITE,),
)
async def invite_to_meeting(
    deed: Deed,
    meeting: Row,
    *,
    organisations: Annotated[tuple[Id[Organisation], ...], Most(50), "参会机构 · Bodies that are asked"],
) -> None:
    """Whoever was asked sees the meeting; who was asked already is not asked again. By the host, until it is held."""
    await step(deed, meeting, MeetingAction.INVITE)
    await _attending(deed, meeting, organisations)


@verb(
    "召开会议：到会情况和会议记录 · Hold a meeting: who came, and the minutes (R71)",
    changes=Meeting,
    gives=(Meeting,),
    permission=MEET,
    does=(MeetingAction.HOLD,),
)
async def hold_meeting(
    deed: Deed,
    meeting: Row,
    *,
    held_on: Annotated[dt.date, "召开日期 · Held on"],
    attended: Annotated[tuple[Attended, ...], Most(50), "到会机构 · Bodies that came"],
    minutes: Annotated[str, Text(10_000, blank=False), "会议记录 · Minutes"],
    place: Annotated[str | None, Text(100, blank=False), "地点 · Place"] = None,
) -> None:
    """Who was asked and did not come is recorded as absent. UnfitDate for days to come, or before its data."""
    if held_on > deed.today:
        raise UnfitDate(reason_zh="召开日期不能晚于今日", reason_en="it cannot have been held on a day to come")
    if meeting["cut_off"] is not None and held_on < meeting["cut_off"].astimezone(SHANGHAI).date():
        raise UnfitDate(
            reason_zh="召开日期不能早于数据截止日", reason_en="it cannot have been held before its data were frozen"
        )
    late = held_on > meeting["hold_by"]
    values = {"held_on": held_on, "late": late, "minutes": minutes, "place": place}
    await step(deed, meeting, MeetingAction.HOLD, values)
    posts = {each.organisation: each.post for each in attended}
    for row in await _attending(deed, meeting, tuple(posts)):
        deed.change(row, present=row["organisation"] in posts, post=posts.get(row["organisation"]))


@verb(
    "议定对策：每项有责任机构和期限 · Resolve measures: each with who takes it and by when (R71)",
    changes=Meeting,
    gives=(Meeting,),
    permission=MEET,
    does=(MeetingAction.RESOLVE,),
)
async def resolve_measures(
    deed: Deed, meeting: Row, *, measures: Annotated[tuple[Measure, ...], Most(30), "对策措施 · Measures"]
) -> None:
    """Each becomes a task, watched like any limit. UnfitDate (HUB-714) for a day past, or one too far away."""
    for each in measures:
        must_come(deed, each.due_on)
        body = await deed.row(Organisation, each.organisation)
        own = {"title": each.title, "organisation": body.id, "region": body["region"], "due_on": each.due_on}
        given = {"meeting": meeting.id, "organiser": meeting["organisation"], "opened_on": deed.today}
        await enter(deed, Task, TaskAction.ASSIGN, {**new_task(TaskKind.MEASURE), **own, **given}, through=True)
    await step(deed, meeting, MeetingAction.RESOLVE)


@verb(
    "报告对策落实 · Report what was done of a measure (R71)",
    changes=Task,
    gives=(Task,),
    permission=REPORT,
    does=(TaskAction.REPORT_DONE,),
)
async def report_measure(
    deed: Deed, task: Row, *, result: Annotated[str, Text(5000, blank=False), "落实情况 · What was done"]
) -> None:
    """Late where its day has passed."""
    late = deed.today > task["due_on"]
    values = {"submitted_at": deed.now, "submitted_on": deed.today, "late": late, "result": result}
    await step(deed, task, TaskAction.REPORT_DONE, values)


@verb(
    "办结会议：措施均已落实、报告均已签收 · Close a meeting: its measures are done, its report is receipted (R71)",
    changes=Meeting,
    gives=(Meeting,),
    permission=MEET,
    does=(MeetingAction.CLOSE,),
)
async def close_meeting(deed: Deed, meeting: Row) -> None:
    """ConditionUnmet (HUB-712) while something is left to do."""
    await step(deed, meeting, MeetingAction.CLOSE)


async def _attending(deed: Deed, meeting: Row, organisations: tuple[str, ...]) -> list[Row]:
    """The rows of everybody who was asked, these among them."""
    rows = {row["organisation"]: row for row in await deed.rows(Attendance, meeting=meeting.id)}
    shared: dict[str, Any] = {"meeting": meeting.id, "host": meeting["organisation"], "region": meeting["region"]}
    for organisation in dict.fromkeys(organisations):
        if organisation not in rows:
            body = await deed.row(Organisation, organisation)
            new = {**shared, "organisation": body.id, "present": None, "post": None}
            rows[organisation] = deed.add(deed.blank(Attendance), event=None, **new)
    return list(rows.values())
