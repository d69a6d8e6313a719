"""Raising alerts and ending them: what a row becomes at a level, and what ends with its limit (DOMAIN 2.6).

    await raise_alert(deed, case, Trigger.RISK)          # at the level that the policy says; once while it is open
    await settle(deed, deadline, AlertEnd.MET)           # the limit was met: its alert ends in the same deed

A new noun that is supervised is added to `SupervisionAlert.subject`; its limits are watched by the sweep as they are.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hub.errors import NotSupervised
from hub.procedures.thresholds import read_supervision
from hub.rules.thresholds import LEVELS, Supervision, Threshold
from hub.schema.cases import Case
from hub.schema.events import EventType, Fact
from hub.schema.supervision import Addressee, AlertEnd, AlertLevel, AlertState, SupervisionAlert, Trigger

if TYPE_CHECKING:
    from hub.procedures.deeds import Deed, Row

_OF_ONE = frozenset({"HANDLER", "ORG_HEAD"})
"""Posts of the organisation that must act; the others are found by their region."""


async def raise_alert(
    deed: "Deed", subject: "Row", trigger: Trigger, *, level: AlertLevel | None = None, note: str | None = None
) -> "Row":
    """Raise an alert about the row, or bring the open one to the level where it is below; the alert.

    NotSupervised (HUB-735) where no policy in force says who is addressed.
    """
    policy = await read_supervision(deed.connection, deed.base.metadata.tables["policies"], deed.today)
    row = policy.of(trigger)
    at = level or (row.level if row else None)
    said = None if at is None else row if row and row.level is at else policy.at(None, at)
    if said is None or at is None:
        raise NotSupervised
    for alert in await deed.rows(SupervisionAlert, subject=subject.id, trigger=trigger):
        if alert["ended_on"] is None and alert["rule"] is None:
            if LEVELS.index(alert["level"]) < LEVELS.index(at):
                rise(deed, alert, at, said, policy)
            if note is not None:
                # What is demanded anew is what is shown, also where it stays at its level.
                facts = told(alert["level"], trigger)
                deed.change(alert, event=EventType.ALERT_RAISED, facts=facts, note=note)
            return alert
    belongs = await _belonging(deed, subject)
    new = deed.blank(SupervisionAlert)
    begun = raised(policy, at, said, deed.today, organisation=belongs["organisation"])
    values = {**begun, **belongs, "subject": subject.id, "trigger": trigger, "note": note}
    return deed.add(new, event=EventType.ALERT_RAISED, facts=told(at, trigger), **values)


def rise(deed: "Deed", alert: "Row", level: AlertLevel, row: Threshold, policy: Supervision) -> None:
    """Bring an open alert to the level: it is to be answered there."""
    values = levelled(policy, level, row, deed.today, organisation=alert["organisation"])
    facts = told(level, alert["trigger"], before=alert["level"])
    deed.change(alert, event=EventType.ALERT_ESCALATED, facts=facts, state=AlertState.ESCALATED, **values)


async def settle(deed: "Deed", deadline: "Row", end: AlertEnd) -> None:
    """End the open alert of a limit: the limit was met, or its clock stands, or it has another day."""
    for alert in await deed.rows(SupervisionAlert, deadline=deadline.id):
        if alert["ended_on"] is None:
            finish(deed, alert, end)


def finish(deed: "Deed", alert: "Row", end: AlertEnd) -> None:
    """Resolve an open alert."""
    deed.change(alert, event=EventType.ALERT_ENDED, facts=resolved_facts(end), **resolved(end, deed.today))


def raised(
    policy: Supervision, level: AlertLevel, row: Threshold, today: dt.date, *, organisation: str | None
) -> dict[str, Any]:
    """The values of a new alert at this level, but for what it is about."""
    values = levelled(policy, level, row, today, organisation=organisation)
    return {**values, "state": AlertState.RAISED, "raised_on": today, "provisional": False}


def levelled(
    policy: Supervision, level: AlertLevel, row: Threshold, today: dt.date, *, organisation: str | None
) -> dict[str, Any]:
    """The values of an alert that comes to this level today: whom it is addressed to, and by when to answer."""
    reply = None if row.reply is None else policy.calendar.working_after(today, row.reply)[0]
    return {
        "level": level,
        "levelled_on": today,
        "reply_due_on": reply,
        "addressees": addressed(row.to, organisation),
        "basis": row.basis,
        "local_default": row.local_default,
        **dict.fromkeys(("acknowledged_on", "explained_on", "promised_on", "extended_to")),
    }


def addressed(posts: Iterable[str], organisation: str | None) -> list[Addressee]:
    """The posts as those of an alert about which this organisation must act."""
    return [Addressee(post, organisation if post in _OF_ONE else None) for post in posts]


def resolved(end: AlertEnd, today: dt.date) -> dict[str, Any]:
    """The values of an alert that is resolved."""
    return {"state": AlertState.RESOLVED, "ended_on": today, "ended_as": end}


def told(level: AlertLevel, trigger: Trigger, *, before: AlertLevel | None = None) -> list[Fact]:
    """What the event of a raised or risen alert says."""
    state = AlertState.RAISED if before is None else AlertState.ESCALATED
    said = {"to": state.name, "trigger": trigger.name, "fromLevel": before and before.name, "level": level.name}
    return [Fact(name, code=code) for name, code in said.items() if code is not None]


def resolved_facts(end: AlertEnd) -> list[Fact]:
    """What the event of a resolved alert says."""
    return [Fact("to", code=AlertState.RESOLVED.name), Fact("reason", code=end.name)]


async def _belonging(deed: "Deed", subject: "Row") -> dict[str, Any]:
    """Where the subject belongs: by its own members, and those of its case."""

    def own(name: str) -> Any:
        return subject[name] if name in subject.members else None

    case = subject.id if subject.noun is Case else own("case")
    found = {"case": case, "organisation": own("receiver") or own("organisation"), "region": own("region")}
    for row in await deed.rows(Case, id=case) if case else []:
        found |= {name: row[name] for name in ("organisation", "region") if found[name] is None}
        found["risk"] = row["risk"]
    return found
