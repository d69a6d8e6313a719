"""Findings: reported, warned of, judged, looked at again, and made cases by the same registration as any (R60, R77)."""

import enum
from dataclasses import dataclass
from typing import Annotated, Any

from hub.access.viewers import CASES, JUDGE, REPORT
from hub.errors import OutOfReach
from hub.procedures.clocks import Clocks, begun
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.fitting import must_count
from hub.procedures.numbers import finding_series
from hub.procedures.registration import NewCase, NewParty, next_number, open_case, place_of
from hub.procedures.risk_warnings import warn
from hub.procedures.stepping import enter, missing, step
from hub.procedures.timing import read_timing
from hub.procedures.verdicts import earliest, must_agree
from hub.rules.actions import FindingAction, TaskAction
from hub.rules.limits import Rule
from hub.schema.cases import Case
from hub.schema.investigations import Finding
from hub.schema.organisations import Organisation
from hub.schema.regions import Region
from hub.schema.risks import RiskColour
from hub.schema.scalars import Money
from hub.schema.tasks import TaskKind, TaskState
from hub.schema.verbs import Id, Listed, Most, Text

FOUND_BY_VILLAGES = "11"
"""The channel of what investigations find."""


class Triage(enum.Enum):
    """研判结论 · What a finding is judged to be"""

    CASE = "转纠纷 · A dispute, to be registered as a case"
    WATCH = "苗头隐患 · A sign, to be watched"
    NONE = "无需处置 · Nothing to be done"
    DUPLICATE = "重复 · Found before"


class Recheck(enum.Enum):
    """复查结论 · What became of what is watched"""

    WATCH = "继续关注 · Still to be watched"
    CASE = "转纠纷 · A dispute now"
    CLEARED = "隐患消除 · Gone"


_TRIAGE = {
    Triage.CASE: FindingAction.TRIAGE_CASE,
    Triage.WATCH: FindingAction.TRIAGE_WATCH,
    Triage.NONE: FindingAction.TRIAGE_NONE,
    Triage.DUPLICATE: FindingAction.TRIAGE_DUPLICATE,
}
_RECHECK = {
    Recheck.WATCH: FindingAction.KEEP_WATCHING,
    Recheck.CASE: FindingAction.RECHECK_CASE,
    Recheck.CLEARED: FindingAction.CLEAR,
}


@dataclass(frozen=True, slots=True)
class NewFinding:
    """排查发现 · A finding as it is reported"""

    title: Annotated[str, Text(200, blank=False), "标题 · Title"]
    dispute_type: Annotated[str, Listed("dispute_type"), "纠纷类型 · Type of dispute"]
    risk: Annotated[RiskColour, "风险颜色 · Colour of its risk"]
    description: Annotated[str | None, Text(5000, blank=False), "情况 · What was found"] = None
    measures: Annotated[str | None, Text(2000, blank=False), "已采取措施 · What was done at once"] = None
    people: Annotated[int | None, "涉及人数 · People concerned"] = None
    region: Annotated[Id[Region] | None, "属地，未填为报送机构所在 · Where; unsaid: where the body is"] = None


@dataclass(frozen=True, slots=True)
class FoundCase:
    """由排查发现登记的纠纷 · A dispute as it is registered from a finding"""

    severity: Annotated[str, Listed("severity"), "难易程度 · Severity"]
    parties: Annotated[tuple[NewParty, ...], Most(50), "当事人 · Parties"]
    title: Annotated[str | None, Text(200, blank=False), "标题，未填用发现标题 · Title; unsaid: the finding's"] = None
    organisation: Annotated[
        Id[Organisation] | None, "承办机构，未填为属地中心 · Organisation in charge; unsaid: the region's centre"
    ] = None
    amount: Annotated[Money | None, "涉案标的额 · Amount in dispute"] = None


async def add_finding(deed: Deed, task: Row, new: NewFinding) -> Row:
    """A finding of the task, to be judged in time; a red risk warns the levels above. NotFromThisState for a task that
    is cancelled or no investigation.
    """
    if task["kind"] is not TaskKind.INVESTIGATION or task["state"] is TaskState.CANCELLED:
        raise await missing(deed, task, TaskAction.SUBMIT, "不是进行中的排查任务 · it is no investigation under way")
    must_count(new.people)
    region = await _place(deed, task, new)
    values = {
        "number": await _number(deed, finding_series(region["code"], deed.today.year)),
        **{name: getattr(new, name) for name in ("title", "description", "measures", "risk", "dispute_type", "people")},
        "complete": None not in (new.description, new.measures, new.people),
        "task": task.id,
        "campaign": task["campaign"],
        "organisation": task["organisation"],
        "organiser": task["organiser"],
        "region": region.id,
        "found_on": deed.today,
        "reported_at": deed.now,
        "reported_on": deed.today,
        "triage_due_on": await _due_on(deed, _triage_rule(new.risk)),
        **dict.fromkeys(("triaged_at", "triaged_on", "recheck_on", "rechecked_on", "settled_at")),
        **dict.fromkeys(("reason", "case", "duplicate_of")),
    }
    finding = await enter(deed, Finding, FindingAction.REPORT, values)
    await warn(deed, finding)
    return finding


@verb(
    "研判排查发现：转纠纷、苗头隐患、无需处置或重复 · Judge a finding (R77)",
    changes=Finding,
    gives=(Finding,),
    permission=JUDGE,
    does=tuple(_TRIAGE.values()),
)
async def triage_finding(
    deed: Deed,
    finding: Row,
    *,
    verdict: Annotated[Triage, "研判结论 · What it is"],
    reason: Annotated[str, Text(1000, blank=False), "研判理由 · Why"],
    risk: Annotated[RiskColour | None, "风险颜色，未填则不变 · Colour of its risk; unsaid: as it is"] = None,
    duplicate_of: Annotated[Id[Finding] | None, "重复于 · The earlier finding"] = None,
) -> None:
    """What turns out red warns the levels above. NoSuchRow for an earlier finding that one does not see.

    ConditionMissing (HUB-713) for what contradicts itself: red and to be left alone, an earlier one of no duplicate.
    """
    await must_agree(deed, finding, _TRIAGE[verdict], risk or finding["risk"], duplicate_of)
    values: dict[str, Any] = {"triaged_at": deed.now, "triaged_on": deed.today, "reason": reason}
    if verdict is Triage.WATCH:
        values["recheck_on"] = await _due_on(deed, Rule.WATCH_RECHECK)
    if verdict is Triage.DUPLICATE and duplicate_of is not None:
        values["duplicate_of"] = await earliest(deed, finding, duplicate_of)
    if verdict in (Triage.NONE, Triage.DUPLICATE):
        values["settled_at"] = deed.now
    if risk is not None:
        values["risk"] = risk
    await step(deed, finding, _TRIAGE[verdict], values)
    await warn(deed, finding)


@verb(
    "复查苗头隐患 · Look again at what is watched (R77)",
    changes=Finding,
    gives=(Finding,),
    permission=REPORT,
    does=tuple(_RECHECK.values()),
)
async def recheck_finding(
    deed: Deed, finding: Row, *, result: Annotated[Recheck, "复查结论 · What became of it"]
) -> None:
    """Still watched: it is looked at again in as many days."""
    again = await _due_on(deed, Rule.WATCH_RECHECK) if result is Recheck.WATCH else None
    values: dict[str, Any] = {"recheck_on": again, "rechecked_on": deed.today}
    if result is Recheck.CLEARED:
        values["settled_at"] = deed.now
    await step(deed, finding, _RECHECK[result], values)
    if result is Recheck.WATCH:
        await Clocks(deed).restart(finding, Rule.WATCH_RECHECK)


@verb(
    "将排查发现登记为案件：双向关联 · Register a finding as a case; each links to the other (R60)",
    changes=Finding,
    gives=(Finding, Case),
    permission=CASES,
    does=(FindingAction.LINK,),
)
async def register_finding(deed: Deed, finding: Row, *, case: Annotated[FoundCase, "纠纷情况 · The dispute"]) -> None:
    """The case is opened as any other; what was told of the finding is told of it, and not asked again."""
    new = NewCase(
        title=case.title or deed.opened(finding, "title") or finding["title"],
        dispute_type=finding["dispute_type"],
        channel=FOUND_BY_VILLAGES,
        severity=case.severity,
        region=Id(finding["region"]),
        online=False,
        parties=case.parties,
        narrative=deed.opened(finding, "description"),
        organisation=case.organisation,
        amount=case.amount,
    )
    region, organisation = await place_of(deed, new)
    opened, _ = await open_case(deed, new, region, organisation)
    await _link(deed, finding, opened.id)


@verb(
    "将排查发现关联到在办案件 · Say which case a finding belongs to (R60)",
    changes=Finding,
    gives=(Finding, Case),
    permission=CASES,
)
async def link_finding(deed: Deed, finding: Row, *, case: Annotated[Id[Case], "案件 · The case"]) -> None:
    """NoSuchRow for a case that one does not see."""
    await _link(deed, finding, (await deed.row(Case, case)).id)


async def _link(deed: Deed, finding: Row, case: str) -> None:
    values: dict[str, Any] = {"case": case, "recheck_on": None, "settled_at": deed.now}
    if finding["triaged_on"] is None:
        values |= {"triaged_at": deed.now, "triaged_on": deed.today}
    await step(deed, finding, FindingAction.LINK, values)


async def _number(deed: Deed, series: str) -> str:
    """The next number of the series, after those that the deed itself has given."""
    stored = await next_number(deed, series)
    mine = [str(each.values["number"]) for each in deed.draft.inserts.values() if each.noun is Finding]
    last = max((number for number in mine if number.startswith(series)), default="")
    digits = len(stored) - len(series)
    return f"{series}{int(last.removeprefix(series)) + 1:0{digits}d}" if last else stored


async def _place(deed: Deed, task: Row, new: NewFinding) -> Row:
    """Where it is: in the town of the body, or in its district; OutOfReach (HUB-715) elsewhere."""
    (own,) = await deed.rows(Region, id=task["region"])
    region = await deed.row(Region, new.region) if new.region else own
    level = next((each for each in ("town", "district", "city") if own[each]), "city")
    if region[level] != own[level]:
        raise OutOfReach
    return region


def _triage_rule(risk: RiskColour) -> Rule:
    return Rule.RED_FINDING_TRIAGE if risk is RiskColour.RED else Rule.FINDING_TRIAGE


async def _due_on(deed: Deed, rule: Rule) -> Any:
    timing = await read_timing(deed.connection, deed.base.metadata.tables["policies"])
    values = begun(timing, rule, deed.today)
    return values and values["due_on"]
