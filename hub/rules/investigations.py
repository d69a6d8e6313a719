"""The machines of campaigns, their tasks and findings (DOMAIN 2.4; R60, R75-R77)."""

from collections.abc import Iterator

from hub.rules.actions import CampaignAction, FindingAction, TaskAction
from hub.rules.guards import filled, has, lacks, none_of, one_of
from hub.rules.limits import Rule
from hub.rules.machines import Basis, Machine, Transition, start, staying, steps, stop
from hub.rules.standing import Standing
from hub.schema.investigations import CampaignState, FindingState
from hub.schema.risks import RiskColour
from hub.schema.tasks import TaskKind, TaskState

_R75 = Basis("枣法委发〔2021〕7号2.3.1 · Zaozhuang Opinions (2021) No. 7, 2.3.1: investigation (R75-R77)")
_R71 = Basis("枣法委发〔2021〕7号2.2.5 · Zaozhuang Opinions (2021) No. 7, 2.2.5: measures of a meeting (R71)")
_SUMMARY = Basis("枣法委发〔2021〕7号2.1.2 · Zaozhuang Opinions (2021) No. 7, 2.1.2: reports to the level above (R28)")
_EARLY = Basis("本地默认 · local default: a supervisor may end a campaign before its day", local=True)
_RECHECKED = Basis("本地默认 · local default: what is watched is looked at again in time", local=True)

_JOB, _HANDLER, _CARRIED = (Standing.JOB,), (Standing.HANDLER,), (Standing.REFERRAL,)
_ORDERING = (Standing.SUPERVISOR, Standing.DISPATCH, Standing.HANDLER)
_JUDGING = (Standing.INTAKE, Standing.ORGANISER)
_LOOKING = (Standing.HANDLER, Standing.ORGANISER)

C, T, F = CampaignState, TaskState, FindingState

_AWAITED = has(
    "Task", one_of("state", T.OPEN), on={"campaign": "id"}, doc="任务均已报送 · no report is awaited any more"
)
_REPORTED = lacks(
    "Task", one_of("state", T.OPEN), on={"campaign": "id"}, doc="尚有未报送的任务 · reports are still awaited"
)


_KINDS = (
    (TaskKind.INVESTIGATION, TaskAction.SUBMIT, Rule.INVESTIGATION_REPORT, _R75),
    (TaskKind.MEASURE, TaskAction.REPORT_DONE, Rule.MEETING_MEASURE, _R71),
)
_JUDGED = stop(Rule.FINDING_TRIAGE, Rule.RED_FINDING_TRIAGE)
_RED = start(Rule.RED_FINDING_TRIAGE, when=(one_of("risk", RiskColour.RED),))
_OTHERS = start(Rule.FINDING_TRIAGE, when=(none_of("risk", RiskColour.RED),))


def _campaigns() -> Iterator[Transition]:
    yield from steps(None, CampaignAction.PLAN, C.PLANNED, who=(*_ORDERING, *_JOB), basis=_R75)
    begun = start(Rule.INVESTIGATION_SUMMARY)
    yield from steps(C.PLANNED, CampaignAction.START, C.ACTIVE, who=_JOB, basis=_R75, clocks=begun)
    yield from staying((C.ACTIVE,), CampaignAction.END, who=(Standing.SUPERVISOR,), basis=_EARLY, guards=(_AWAITED,))
    summing = {
        "who": (Standing.ANALYST, Standing.HANDLER),
        "basis": _SUMMARY,
        "clocks": stop(Rule.INVESTIGATION_SUMMARY),
    }
    yield from steps(C.ACTIVE, CampaignAction.SUMMARISE, C.SUMMARISED, guards=(_REPORTED,), **summing)


def _tasks() -> Iterator[Transition]:
    for kind, ending, rule, basis in _KINDS:
        of_kind = {"basis": basis, "guards": (one_of("kind", kind, doc="任务类别不符 · a task of another kind"),)}
        assigning = {"who": (*_JOB, Standing.ORGANISER, *_CARRIED), "clocks": start(rule)}
        yield from steps(None, TaskAction.ASSIGN, T.OPEN, **assigning, **of_kind)
        done = stop(rule)
        yield from steps((T.OPEN, T.MISSED), ending, T.SUBMITTED, who=_HANDLER, clocks=done, **of_kind)
    yield from steps(T.OPEN, TaskAction.MISS, T.MISSED, who=_JOB, basis=_R75)
    over = stop(*(rule for _, _, rule, _ in _KINDS))
    yield from steps(T.OPEN, TaskAction.CANCEL, T.CANCELLED, who=_CARRIED, basis=_EARLY, clocks=over)


def _findings() -> Iterator[Transition]:
    reporting = {"who": (*_HANDLER, *_CARRIED), "basis": _R75, "clocks": _RED + _OTHERS}
    yield from steps(None, FindingAction.REPORT, F.NEW, **reporting)
    judging = {"who": _JUDGING, "basis": _R75}
    yield from steps(F.NEW, FindingAction.TRIAGE_CASE, F.CASE, clocks=_JUDGED, **judging)
    watched = filled("recheck_on", "须有复查日期 · a day for looking again is needed")
    watching = _JUDGED + start(Rule.WATCH_RECHECK)
    yield from steps(F.NEW, FindingAction.TRIAGE_WATCH, F.WATCH, needs=(watched,), clocks=watching, **judging)
    yield from steps(F.NEW, FindingAction.TRIAGE_NONE, F.NONE, clocks=_JUDGED, **judging)
    before = filled("duplicate_of", "须指明重复于何项 · the earlier finding is needed")
    duplicate = FindingAction.TRIAGE_DUPLICATE
    yield from steps(F.NEW, duplicate, F.DUPLICATE, needs=(before,), clocks=_JUDGED, **judging)
    linked = filled("case", "须有案件 · a case is needed")
    over = _JUDGED + stop(Rule.WATCH_RECHECK)
    yield from steps((F.NEW, F.CASE, F.WATCH), FindingAction.LINK, F.LINKED, needs=(linked,), clocks=over, **judging)
    looking = {"who": _LOOKING, "basis": _RECHECKED}
    yield from staying((F.WATCH,), FindingAction.KEEP_WATCHING, needs=(watched,), **looking)
    ended = stop(Rule.WATCH_RECHECK)
    yield from steps(F.WATCH, FindingAction.RECHECK_CASE, F.CASE, clocks=ended, **looking)
    yield from steps(F.WATCH, FindingAction.CLEAR, F.CLEARED, clocks=ended, **looking)


CAMPAIGNS = Machine(
    noun="Campaign",
    states=CampaignState,
    actions=CampaignAction,
    handler="organisation",
    transitions=tuple(_campaigns()),
    owners={C.PLANNED: Standing.JOB, C.ACTIVE: Standing.HANDLER},
    final=frozenset({C.SUMMARISED}),
)
TASKS = Machine(
    noun="Task",
    states=TaskState,
    actions=TaskAction,
    handler="organisation",
    transitions=tuple(_tasks()),
    owners={T.OPEN: Standing.HANDLER, T.MISSED: Standing.HANDLER},
    final=frozenset({T.SUBMITTED, T.CANCELLED}),
)
FINDINGS = Machine(
    noun="Finding",
    states=FindingState,
    actions=FindingAction,
    handler="organisation",
    transitions=tuple(_findings()),
    owners={F.NEW: Standing.ORGANISER, F.CASE: Standing.ORGANISER, F.WATCH: Standing.HANDLER},
    final=frozenset({F.NONE, F.DUPLICATE, F.LINKED, F.CLEARED}),
)
