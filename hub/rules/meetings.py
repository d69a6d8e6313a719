"""The machines of analysis meetings and their reports (DOMAIN 2.7; R70-R71)."""

from collections.abc import Iterator

from hub.rules.actions import MeetingAction, ReportAction
from hub.rules.guards import filled, has, lacks, one_of
from hub.rules.limits import Rule
from hub.rules.machines import Basis, Machine, Transition, start, staying, steps, stop
from hub.rules.standing import Standing
from hub.schema.meetings import MeetingState
from hub.schema.reports import ReportState
from hub.schema.tasks import TaskState

_R70 = Basis("枣法委发〔2021〕7号2.2.5 · Zaozhuang Opinions (2021) No. 7, 2.2.5: analysis and judgement (R70-R71)")

_HOLDING = (Standing.HANDLER, Standing.ANALYST)
_JOB, _CARRIED = (Standing.JOB,), (Standing.REFERRAL,)

M, R = MeetingState, ReportState

_DONE = lacks(
    "Task",
    one_of("state", TaskState.OPEN, TaskState.MISSED),
    on={"meeting": "id"},
    doc="尚有对策措施未办结 · a measure is not done yet",
)
_TOLD = has(
    "Report",
    one_of("state", R.RECEIPTED),
    on={"meeting": "id"},
    doc="报告尚未全部签收 · no report of it is receipted by everybody yet",
)
_CUT = filled("cut_off", "须有数据截止时间 · its data must be frozen")
_FIGURES = has("Snapshot", on={"meeting": "id"}, doc="数据材料未备 · its data pack is not built")
_DAY = filled("held_on", "须有召开日期 · the day it was held is needed")
_ADDRESSED = has("Recipient", on={"report": "id"}, doc="未指定报送对象 · nobody is named to be sent it")
_MET = one_of("meeting.state", M.HELD, M.RESOLVED, doc="会议尚未召开 · the meeting was not held yet")


def _meetings() -> Iterator[Transition]:
    due = start(Rule.ANALYSIS_MEETING)
    planning = (*_JOB, *_HOLDING, Standing.SUPERVISOR, Standing.DISPATCH)
    yield from steps(None, MeetingAction.PLAN, M.PLANNED, who=planning, basis=_R70, clocks=due)
    yield from steps(M.PLANNED, MeetingAction.BUILD_PACK, M.PACK_BUILT, who=_JOB, basis=_R70, needs=(_CUT, _FIGURES))
    # Whoever is asked sees the meeting and its figures: the host says who that is.
    yield from staying((M.PLANNED, M.PACK_BUILT), MeetingAction.INVITE, who=_HOLDING, basis=_R70)
    held = stop(Rule.ANALYSIS_MEETING) + start(Rule.ANALYSIS_REPORT)
    yield from steps(M.PACK_BUILT, MeetingAction.HOLD, M.HELD, who=_HOLDING, basis=_R70, needs=(_DAY,), clocks=held)
    yield from steps(M.HELD, MeetingAction.RESOLVE, M.RESOLVED, who=_HOLDING, basis=_R70)
    told = stop(Rule.ANALYSIS_REPORT)
    closing = {"who": _HOLDING, "basis": _R70, "guards": (_DONE, _TOLD), "clocks": told}
    yield from steps(M.RESOLVED, MeetingAction.CLOSE, M.TASKS_CLOSED, **closing)


def _reports() -> Iterator[Transition]:
    yield from steps(None, ReportAction.DRAFT, R.DRAFTED, who=_HOLDING, basis=_R70, guards=(_MET,))
    yield from staying((R.DRAFTED,), ReportAction.REVISE, who=_HOLDING, basis=_R70)
    approving = (Standing.ORG_ADMIN, Standing.SUPERVISOR)
    yield from steps(R.DRAFTED, ReportAction.APPROVE, R.APPROVED, who=approving, basis=_R70)
    yield from steps(R.APPROVED, ReportAction.SEND, R.SENT, who=_HOLDING, basis=_R70, needs=(_ADDRESSED,))
    yield from steps(R.SENT, ReportAction.RECEIPT, R.RECEIPTED, who=_CARRIED, basis=_R70)


MEETINGS = Machine(
    noun="Meeting",
    states=MeetingState,
    actions=MeetingAction,
    handler="organisation",
    transitions=tuple(_meetings()),
    owners={M.PLANNED: Standing.JOB} | dict.fromkeys((M.PACK_BUILT, M.HELD, M.RESOLVED), Standing.HANDLER),
    final=frozenset({M.TASKS_CLOSED}),
)
REPORTS = Machine(
    noun="Report",
    states=ReportState,
    actions=ReportAction,
    handler="organisation",
    transitions=tuple(_reports()),
    owners={R.DRAFTED: Standing.ORG_ADMIN, R.APPROVED: Standing.HANDLER, R.SENT: Standing.REFERRAL},
    final=frozenset({R.RECEIPTED}),
)
