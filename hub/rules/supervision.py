"""The machine of supervision alerts (DOMAIN 2.6): who may answer, extend, end or list one, and what follows."""

from collections.abc import Iterator

from hub.rules.actions import AlertAction
from hub.rules.guards import empty, filled, none_of, one_of
from hub.rules.machines import Basis, Machine, Transition, staying, steps
from hub.rules.standing import Standing
from hub.schema.supervision import AlertLevel, AlertState

S = AlertState
OPEN = (S.RAISED, S.ACKNOWLEDGED, S.EXPLAINED, S.EXTENDED, S.ESCALATED)
UNANSWERED = (S.RAISED, S.ESCALATED, S.ACKNOWLEDGED)
"""States in which the explanation is still owed."""

_R24 = Basis("枣法委发〔2021〕7号2.1.2调度督办 · Zaozhuang Opinions (2021) No. 7, 2.1.2 (R24)", local=True)
_BODY = (Standing.HANDLER, Standing.DISPATCH, Standing.ADMIN)
_OVER = (Standing.DISPATCH, Standing.SUPERVISOR, Standing.ADMIN)
_BELOW = (Standing.DISPATCH, Standing.ADMIN)


def _answering() -> Iterator[Transition]:
    answered = {"who": _BODY, "basis": _R24}
    yield from steps((S.RAISED, S.ESCALATED), AlertAction.ACKNOWLEDGE, S.ACKNOWLEDGED, **answered)
    reason = (filled("delay_reason", doc="须说明原因 · a reason is needed"),)
    yield from steps(UNANSWERED, AlertAction.EXPLAIN, S.EXPLAINED, needs=reason, **answered)
    date = (filled("extended_to", doc="须写明准延日期 · a date is needed"),)
    yield from steps((S.EXPLAINED, S.EXTENDED), AlertAction.EXTEND, S.EXTENDED, who=_OVER, basis=_R24, needs=date)


def _ending() -> Iterator[Transition]:
    late = none_of(
        "deadline.state",
        "OVERDUE",
        doc="期限仍逾期未办结 · its limit is still overdue; the alert ends when the limit is met",
    )
    yield from steps(OPEN, AlertAction.RESOLVE, S.RESOLVED, who=(Standing.JOB, Standing.REFERRAL), basis=_R24)
    # What the supervisor has put on the list, the supervised district does not take off it by ending the alert.
    free = empty("listed_on", doc="已挂牌，由依法治市办办理 · it is listed: the supervisor ends it")
    for who, unlisted in (((Standing.SUPERVISOR,), ()), (_BELOW, (free,))):
        yield from steps(OPEN, AlertAction.RESOLVE, S.RESOLVED, who=who, basis=_R24, guards=(late, *unlisted))
        yield from steps(OPEN, AlertAction.CANCEL, S.CANCELLED, who=who, basis=_R24, guards=unlisted)


def _rising() -> Iterator[Transition]:
    below = none_of("level", AlertLevel.RED, doc="已是最高级 · it is at the highest level")
    who = (*_OVER, Standing.JOB)
    yield from steps(OPEN, AlertAction.ESCALATE, S.ESCALATED, who=who, basis=_R24, guards=(below,))
    red = one_of("level", AlertLevel.RED, doc="仅红色督办可挂牌 · only a red alert is listed")
    free = empty("listed_on", doc="已挂牌 · it is listed already")
    listed = filled("listed_on", doc="未挂牌 · it is not listed")
    over = {"who": (Standing.SUPERVISOR,), "basis": _R24}
    yield from staying(OPEN, AlertAction.LIST, guards=(red, free), **over)
    yield from staying((*OPEN, S.RESOLVED, S.CANCELLED), AlertAction.DELIST, guards=(listed,), **over)


ALERTS = Machine(
    noun="SupervisionAlert",
    states=S,
    actions=AlertAction,
    handler="organisation",
    transitions=(*_answering(), *_ending(), *_rising()),
    owners=dict.fromkeys((S.RAISED, S.ACKNOWLEDGED, S.ESCALATED), Standing.HANDLER)
    | dict.fromkeys((S.EXPLAINED, S.EXTENDED), Standing.DISPATCH),
    final=frozenset({S.RESOLVED, S.CANCELLED}),
)
