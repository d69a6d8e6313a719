"""Supervision: urging and supervising what is late or in danger, and answering to it (DOMAIN 2.6, R24, R107)."""

import datetime as dt
from typing import Annotated, Any

from hub.access.acting import actor_of
from hub.access.viewers import ALERTS, CASES
from hub.errors import Settled, UnfitDate
from hub.procedures.acting import must_stand
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.fitting import must_come
from hub.procedures.raising import finish, levelled, raise_alert
from hub.procedures.telling import EVENTS, told
from hub.procedures.thresholds import read_supervision
from hub.rules.actions import AlertAction
from hub.rules.cases import OVER
from hub.rules.referrals import REFERRALS
from hub.rules.standing import Standing
from hub.rules.supervision import ALERTS as MACHINE
from hub.rules.thresholds import LEVELS, MOST_UNKNOWN, following
from hub.schema.cases import Case
from hub.schema.events import EventType, Fact
from hub.schema.referrals import Referral
from hub.schema.risks import RiskColour
from hub.schema.supervision import AlertEnd, AlertLevel, SupervisionAlert, Trigger
from hub.schema.verbs import Id, Listed, Text
from hub.store.facts import read_facts

_NOTE = Text(1000, blank=False)


@verb(
    "签收督办 · Acknowledge a supervision alert",
    changes=SupervisionAlert,
    gives=(SupervisionAlert,),
    permission=ALERTS,
    does=(AlertAction.ACKNOWLEDGE,),
)
async def acknowledge_alert(deed: Deed, alert: Row) -> None:
    """By the organisation that must act, or who dispatches."""
    await _act(deed, alert, AlertAction.ACKNOWLEDGE, acknowledged_on=deed.today)


@verb(
    "说明情况：原因和新的办结日期 · Explain why it is late, and by when it will be done",
    changes=SupervisionAlert,
    gives=(SupervisionAlert,),
    permission=ALERTS,
    does=(AlertAction.EXPLAIN,),
)
async def explain_alert(
    deed: Deed,
    alert: Row,
    *,
    reason: Annotated[str, Listed("delay_reason"), "逾期原因 · Why it is late"],
    promised_on: Annotated[dt.date, "承诺办结日期 · By when it will be done"],
    explanation: Annotated[str | None, _NOTE, "情况说明 · The explanation"] = None,
) -> None:
    """UnfitDate for a date that has passed, or is more than a year away. Whoever explains has acknowledged it."""
    must_come(deed, promised_on)
    said = {"delay_reason": reason, "promised_on": promised_on, "explanation": explanation}
    seen = alert["acknowledged_on"] or deed.today
    await _act(deed, alert, AlertAction.EXPLAIN, explained_on=deed.today, acknowledged_on=seen, **said)


@verb(
    "准予延期：在所给日期前不再升级 · Give an explained alert until a date: it does not rise before",
    changes=SupervisionAlert,
    gives=(SupervisionAlert,),
    permission=ALERTS,
    does=(AlertAction.EXTEND,),
)
async def extend_alert(
    deed: Deed,
    alert: Row,
    *,
    until: Annotated[dt.date, "准延至 · Until this day"],
    note: Annotated[str | None, _NOTE, "督办意见 · What is said"] = None,
) -> None:
    """The limit itself stays what the law says. UnfitDate for a date that has passed, or is more than a year away."""
    must_come(deed, until)
    await _act(deed, alert, AlertAction.EXTEND, extended_to=until, note=note)


@verb(
    "解除督办 · Resolve an alert whose matter is dealt with; one of a limit ends when the limit is met",
    changes=SupervisionAlert,
    gives=(SupervisionAlert,),
    permission=ALERTS,
    does=(AlertAction.RESOLVE,),
)
async def resolve_alert(deed: Deed, alert: Row, *, note: Annotated[str, _NOTE, "督办意见 · What was found"]) -> None:
    """ConditionUnmet (HUB-712) while the limit is overdue."""
    ended = {"ended_on": deed.today, "ended_as": AlertEnd.DECIDED}
    await _act(deed, alert, AlertAction.RESOLVE, note=note, **ended)


@verb(
    "升级督办 · Bring an alert to the next level",
    changes=SupervisionAlert,
    gives=(SupervisionAlert,),
    permission=ALERTS,
    does=(AlertAction.ESCALATE,),
)
async def escalate_alert(
    deed: Deed, alert: Row, *, note: Annotated[str | None, _NOTE, "督办意见 · Why"] = None
) -> None:
    """UnfitDate for one whose day is provisional and that is at yellow."""
    if alert["provisional"] and LEVELS.index(alert["level"]) >= LEVELS.index(MOST_UNKNOWN):
        raise UnfitDate(reason_zh="到期日暂定，不得高于黄色", reason_en="its day is provisional: it stays at yellow")
    policy = await read_supervision(deed.connection, deed.base.metadata.tables["policies"], deed.today)
    level = following(alert["level"])
    row = policy.at(alert["rule"], level) if level else None
    values: dict[str, Any] = {} if note is None else {"note": note}
    if level and row:
        values |= levelled(policy, level, row, deed.today, organisation=alert["organisation"])
    await _act(deed, alert, AlertAction.ESCALATE, **values)


@verb(
    "撤销督办：误发 · Cancel an alert that was false; it is not raised again for the same day",
    changes=SupervisionAlert,
    gives=(SupervisionAlert,),
    permission=ALERTS,
    does=(AlertAction.CANCEL,),
)
async def cancel_alert(deed: Deed, alert: Row, *, note: Annotated[str, _NOTE, "撤销理由 · Why it was false"]) -> None:
    """By who dispatches or supervises."""
    await _act(deed, alert, AlertAction.CANCEL, ended_on=deed.today, note=note)


@verb(
    "挂牌督办 · Put a red alert under listed supervision",
    changes=SupervisionAlert,
    gives=(SupervisionAlert,),
    permission=ALERTS,
    does=(AlertAction.LIST,),
)
async def list_alert(deed: Deed, alert: Row, *, note: Annotated[str, _NOTE, "督办要求 · What is demanded"]) -> None:
    """By the supervisor; the monthly bulletin names it."""
    await _act(deed, alert, AlertAction.LIST, listed_on=deed.today, delisted_on=None, note=note)


@verb(
    "摘牌 · Take an alert off the list",
    changes=SupervisionAlert,
    gives=(SupervisionAlert,),
    permission=ALERTS,
    does=(AlertAction.DELIST,),
)
async def delist_alert(deed: Deed, alert: Row) -> None:
    """By the supervisor."""
    await _act(deed, alert, AlertAction.DELIST, listed_on=None, delisted_on=deed.today)


@verb(
    "人工督办：催办或督办案件或流转 · Supervise a case or one of its referrals (R24)",
    gives=(SupervisionAlert,),
    permission=ALERTS,
)
async def raise_supervision(
    deed: Deed,
    *,
    case: Annotated[Id[Case], "案件 · Case"],
    referral: Annotated[Id[Referral] | None, "流转，督办其接收方 · A referral of it: its receiver is addressed"] = None,
    level: Annotated[AlertLevel, "督办级别 · Level"],
    note: Annotated[str, _NOTE, "督办意见 · What is demanded"],
) -> None:
    """By the dispatch post or the supervisor. One that is open comes to the level, if that is higher, and says so.

    Settled (HUB-704) for what is over.
    """
    row = await deed.row(Case, case)
    await deed.hold(case)
    await must_stand(deed, row, Standing.DISPATCH, Standing.SUPERVISOR, what="人工督办 · Raising supervision")
    subject = row if referral is None else await deed.row(Referral, referral)
    if referral is not None and subject["case"] != case:
        raise UnfitDate(reason_zh="流转不属于该案件", reason_en="the referral is not of this case")
    if row["state"] in OVER or (referral is not None and subject["state"] in REFERRALS.final):
        raise Settled
    alert = await raise_alert(deed, subject, Trigger.RAISED, level=level, note=note)
    deed.give(alert.id)


@verb(
    "评估激化风险：红色立即督办 · Assess the risk of a case; red is reported and supervised at once (PML art. 25)",
    changes=Case,
    gives=(Case, SupervisionAlert),
    permission=CASES,
)
async def assess_risk(deed: Deed, case: Row, *, risk: Annotated[RiskColour, "风险等级 · Risk colour"]) -> None:
    """By whoever handles it, or the posts of its region."""
    posts = (Standing.HANDLER, Standing.INTAKE, Standing.DIVERT, Standing.DISPATCH, Standing.SUPERVISOR)
    await must_stand(deed, case, *posts, what="评估风险 · Assessing the risk")
    facts = [Fact("risk", code=risk.name)]
    deed.change(case, event=EventType.RISK_ASSESSED, facts=facts, risk=risk, risk_assessed_on=deed.today)
    if risk is RiskColour.RED and case["state"] not in OVER:
        deed.give((await raise_alert(deed, case, Trigger.RISK)).id)
        return
    for alert in await deed.rows(SupervisionAlert, subject=case.id, trigger=Trigger.RISK):
        if alert["ended_on"] is None:
            finish(deed, alert, AlertEnd.GONE)


async def _act(deed: Deed, alert: Row, action: AlertAction, **values: Any) -> None:
    """Take the action, if the machine knows it from this state for who acts."""
    known = {name: alert[name] for name in ("id", "state", "level", "organisation", "deadline", "listed_on")}
    base, given = deed.base, {name: value for name, value in values.items() if value is not None}
    facts = await read_facts(deed.connection, base.metadata, base.model, MACHINE, known)
    step = MACHINE.step(facts, action, actor_of(deed.viewer), values=given)
    assert step.next is not None
    said = told(action, alert["state"], step.next, reason=given.get("delay_reason"))
    kept = {name: value for name, value in values.items() if value is not None or name != "note"}
    deed.change(alert, event=EVENTS[action], facts=said, **{**kept, "state": step.next})
