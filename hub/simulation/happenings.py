"""The history of a matter as the log would have kept it: one event per step, with codes and ids as facts only."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub.schema.cases import CaseMode, CaseState, Party
from hub.schema.events import Event, EventType, Fact
from hub.schema.referrals import Referral, ReferralState
from hub.schema.sources import SourceRecord
from hub.simulation.chance import Chance
from hub.simulation.days import HORIZON
from hub.simulation.matter import Matter
from hub.store.ledger import Insert

_BY_CENTRE = frozenset({CaseState.SUPPLEMENT, CaseState.ACCEPTED, CaseState.NOT_ACCEPTED, CaseState.MERGED})
_UNSEEN = frozenset({ReferralState.DRAFT, ReferralState.ISSUED})


def history(chance: Chance, matter: Matter, around: Sequence[Insert], *, routing: str) -> list[Insert]:
    """Events of a matter and of the rows around it, in the order of time; `routing` says who is to hear of it."""
    found = [*_steps(matter), *(event for insert in around for event in _of_row(matter, insert))]
    found.sort(key=lambda values: values["occurred_at"])
    for values in found:
        first = values["type"] is EventType.CASE_REGISTERED
        values["id"] = chance.id("evt", values["occurred_at"])
        values |= {"routing_before": None if first else routing, "routing_after": routing}
    return [Insert(Event, values, event=None) for values in found]


def _steps(matter: Matter) -> Iterator[dict[str, Any]]:
    came, *steps = matter.course.steps
    facts = [Fact("state", came.state.name), Fact("channel", matter.channel), Fact("organisation", id=matter.body.id)]
    yield _event(matter, EventType.CASE_REGISTERED, matter.id, came.at, facts, actor="intake")
    for step in steps:
        centre = step.state in _BY_CENTRE
        actor = "intake" if centre else "divert" if step.state is CaseState.DIVERTED else "mediator"
        facts = [Fact("state", step.state.name)]
        if step.at == matter.course.settled and matter.course.outcome:
            facts.append(Fact("outcome", matter.course.outcome))
        yield _event(matter, EventType.CASE_CHANGED, matter.id, step.at, facts, actor=actor)


def _of_row(matter: Matter, insert: Insert) -> Iterator[dict[str, Any]]:
    values = insert.values
    if insert.noun is CaseMode:
        facts = [Fact("mode", values["mode"]), Fact("organisation", id=values["organisation"])]
        at = matter.course.first(CaseState.DIVERTED) or matter.registered
        yield _event(matter, EventType.MODE_STARTED, values["id"], at, facts, actor="divert")
    if insert.noun is SourceRecord:
        facts = [Fact("system", values["system"]), Fact("organisation", id=values["organisation"])]
        yield _event(matter, EventType.SOURCE_RECORDED, values["id"], values["received_at"], facts, actor="agency")
    if insert.noun is Party and values["role"].name == "AGENT":
        at = matter.course.first(CaseState.ACCEPTED) or matter.registered
        yield _event(matter, EventType.PARTY_ADDED, values["id"], at, [Fact("role", "AGENT")], actor="intake")
    if insert.noun is Referral:
        yield from _of_referral(matter, values)


def _of_referral(matter: Matter, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if values["state"] is not ReferralState.DRAFT:
        facts = [Fact("type", values["type"].name), Fact("receiver", id=values["receiver"])]
        actor = "court" if values["court"] else "divert"
        yield _event(matter, EventType.REFERRAL_ISSUED, values["id"], values["issued_at"], facts, actor=actor)
    if values["state"] not in _UNSEEN:
        facts = [Fact("state", values["state"].name)]
        facts += [Fact("reason", values["termination_reason"])] if values["termination_reason"] else []
        at = max(values["issued_at"], _seen(matter, values))
        yield _event(matter, EventType.REFERRAL_CHANGED, values["id"], at, facts, actor="org_admin")


def _seen(matter: Matter, values: Mapping[str, Any]) -> dt.datetime:
    """When the referral came to where it stands."""
    if values["completed_on"] is not None:
        at = matter.course.settled or matter.course.last
        day = dt.datetime.combine(values["completed_on"], at.timetz())
        return min(day, HORIZON)
    handling = matter.course.latest(CaseState.HANDLING)
    taken = handling if values["accepted_on"] is not None and handling else None
    return min(taken or values["issued_at"] + dt.timedelta(minutes=7), HORIZON)


def _event(
    matter: Matter, kind: EventType, subject: str, at: dt.datetime, facts: list[Fact], *, actor: str
) -> dict[str, Any]:
    by = matter.body if actor in ("mediator", "org_admin") else matter.centre
    return {
        "type": kind,
        "case": matter.id,
        "subject": subject,
        "actor": actor,
        "organisation": by.id,
        "occurred_at": at,
        "facts": facts,
    }
