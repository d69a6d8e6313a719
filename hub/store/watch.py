"""What supervision looks for, as statements: limits at a level, alerts with nothing to watch, alerts without answer."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from hub.rules.cases import OVER
from hub.rules.limits import WINDOWS
from hub.rules.supervision import UNANSWERED
from hub.rules.thresholds import LEVELS, MOST_UNKNOWN, Cut, RuleSet
from hub.schema.cases import CaseState
from hub.schema.deadlines import DeadlineState
from hub.schema.referrals import ReferralState
from hub.schema.risks import RiskColour
from hub.schema.supervision import AlertEnd, AlertLevel, AlertState, Trigger
from hub.store.dialects import listed

Tables = Mapping[str, sa.Table]

_RANKS = {level.name: place + 1 for place, level in enumerate(LEVELS)}
QUEUED = (CaseState.REGISTERED, CaseState.ACCEPTED, CaseState.DIVERTED)
"""States in which a case waits for a body that takes it."""

_COUNTING = (DeadlineState.RUNNING.name, DeadlineState.OVERDUE.name)


def due(tables: Tables, found: RuleSet, today: dt.date, ids: Collection[str] | None = None) -> sa.Select[Any]:
    """The limits of a rule set that are to be raised or to rise today: `cut` is the place of the row that says so.

    One whose day is provisional goes no further than yellow; one that the dispatcher gave longer waits; one whose alert
    was cancelled is not raised again for the same day.
    """
    limits, alerts = tables["deadlines"], tables["supervision_alerts"]
    cases, referrals = tables["cases"], tables["referrals"]
    at = [_at(limits, cut, today) for cut in found.cuts]
    ranks = [_RANKS[cut.row.level.name] for cut in found.cuts]
    rank = sa.case(*zip(at, ranks, strict=True), else_=0)
    now = sa.case(_RANKS, value=alerts.c.level, else_=0)
    # Said so that no index of days is taken for it: hundreds of alerts share a day, a limit has one or two.
    of_day = sa.func.coalesce(alerts.c.due_on, limits.c.due_on) == limits.c.due_on
    same = sa.and_(alerts.c.deadline_id == limits.c.id, of_day)
    known = sa.and_(same, sa.or_(alerts.c.ended_on.is_(None), alerts.c.state == AlertState.CANCELLED.name))
    given = sa.and_(alerts.c.state == AlertState.EXTENDED.name, alerts.c.extended_to >= today)
    rises = sa.and_(alerts.c.ended_on.is_(None), now < rank, sa.not_(sa.func.coalesce(given, sa.false())))
    joined = (
        limits.outerjoin(alerts, known)
        .outerjoin(referrals, referrals.c.id == limits.c.referral_id)
        .outerjoin(cases, cases.c.id == limits.c.case_id)
    )
    shown = (
        *(limits.c[name] for name in ("id", "subject_id", "case_id", "rule", "due_on", "provisional")),
        sa.func.coalesce(limits.c.organisation_id, referrals.c.receiver_id, cases.c.organisation_id).label("body"),
        sa.func.coalesce(limits.c.region_id, cases.c.region_id).label("place"),
        cases.c.risk,
        sa.case(*((met, place) for place, met in enumerate(at))).label("cut"),
        *(alerts.c[name].label(f"alert_{name}") for name in ("id", "version", "level", "trigger")),
    )
    latest = max(today, *(cut.on for cut in found.cuts))
    counting = limits.c.id.in_(_counting(limits, latest))
    of_set = limits.c.rule.in_([rule.name for rule in found.rules])
    asked = (
        sa.select(*shown).select_from(joined).where(counting, of_set, rank > 0, sa.or_(alerts.c.id.is_(None), rises))
    )
    asked = asked.order_by(limits.c.due_on, limits.c.id)
    return asked if ids is None else asked.where(listed(limits.c.id, ids))


def settled(tables: Tables, ids: Collection[str] | None = None) -> sa.Select[Any]:
    """Open alerts that have nothing left to watch, each with why (`end`, a name of AlertEnd).

    The limit has ended, stands still or has another day; what is no limit is over with its case, or gone before.
    """
    alerts, limits, cases = tables["supervision_alerts"], tables["deadlines"], tables["cases"]
    trigger, state = alerts.c.trigger, cases.c.state
    free = alerts.c.rule.is_(None)
    calm = sa.and_(trigger == Trigger.RISK.name, cases.c.risk.is_distinct_from(RiskColour.RED.name))
    taken = sa.and_(trigger == Trigger.REJECTED.name, state.not_in([each.name for each in QUEUED]))
    closed = sa.and_(limits.c.state == DeadlineState.OVERDUE.name, limits.c.rule.in_([each.name for each in WINDOWS]))
    over = sa.and_(free, state.in_([each.name for each in OVER]))
    end = sa.case(
        (limits.c.state == DeadlineState.ENDED.name, AlertEnd.MET.name),
        (limits.c.state == DeadlineState.PAUSED.name, AlertEnd.STOPPED.name),
        (limits.c.due_on != alerts.c.due_on, AlertEnd.MOVED.name),
        (sa.or_(calm, taken, closed, over), AlertEnd.GONE.name),
    )
    joined = alerts.outerjoin(limits, limits.c.id == alerts.c.deadline_id)
    joined = joined.outerjoin(cases, cases.c.id == alerts.c.case_id)
    asked = sa.select(alerts.c.id, alerts.c.version, alerts.c.case_id, end.label("end")).select_from(joined)
    return _of(asked.where(alerts.c.ended_on.is_(None), end.is_not(None)), alerts, ids)


def unanswered(
    tables: Tables, today: dt.date, waited: Mapping[AlertLevel, dt.date], ids: Collection[str] | None = None
) -> sa.Select[Any]:
    """Open alerts that rise because nothing came: no answer by its day, or not done by the day that was given.

    `waited`: of what is no limit, those at the level since that day or longer.
    """
    alerts = tables["supervision_alerts"]
    state = alerts.c.state
    owed = sa.and_(state.in_([each.name for each in UNANSWERED]), alerts.c.reply_due_on < today)
    spent = sa.and_(state == AlertState.EXTENDED.name, alerts.c.extended_to < today)
    long = [sa.and_(alerts.c.level == level.name, alerts.c.levelled_on <= on) for level, on in waited.items()]
    idle = sa.and_(alerts.c.rule.is_(None), state != AlertState.EXTENDED.name, sa.or_(sa.false(), *long))
    return _of(_rising(alerts).where(sa.or_(owed, spent, idle)), alerts, ids)


def repeated(tables: Tables, ids: Collection[str] | None = None) -> sa.Select[Any]:
    """Open orange alerts of cases that had an orange or red one before: the second orange is red (DOMAIN 2.6)."""
    alerts = tables["supervision_alerts"]
    other = alerts.alias("other")
    worse = other.c.level.in_([AlertLevel.ORANGE.name, AlertLevel.RED.name])
    before = sa.tuple_(other.c.levelled_on, other.c.id) < sa.tuple_(alerts.c.levelled_on, alerts.c.id)
    kept = other.c.state != AlertState.CANCELLED.name
    there = sa.exists().where(other.c.case_id == alerts.c.case_id, other.c.id != alerts.c.id, worse, before, kept)
    asked = _rising(alerts).where(alerts.c.level == AlertLevel.ORANGE.name, alerts.c.case_id.is_not(None), there)
    return _of(asked, alerts, ids)


def rejected(tables: Tables, count: int, ids: Collection[str] | None = None) -> sa.Select[Any]:
    """Cases in the queue that bodies have rejected or left unanswered so often, and nobody was told of it since."""
    referrals, cases, alerts = tables["referrals"], tables["cases"], tables["supervision_alerts"]
    refused = referrals.c.state.in_([ReferralState.REJECTED.name, ReferralState.EXPIRED.name])
    last = sa.func.max(referrals.c.completed_on).label("last")
    often = sa.select(referrals.c.case_id, last).where(refused).group_by(referrals.c.case_id)
    often = often.having(sa.func.count() >= max(count, 1))
    found = often.subquery()
    told = sa.exists().where(
        alerts.c.subject_id == found.c.case_id,
        alerts.c.trigger == Trigger.REJECTED.name,
        sa.or_(alerts.c.ended_on.is_(None), alerts.c.raised_on >= sa.func.coalesce(found.c.last, alerts.c.raised_on)),
    )
    shown = (cases.c.id, cases.c.organisation_id, cases.c.region_id, cases.c.risk)
    queued = cases.c.state.in_([each.name for each in QUEUED])
    asked = sa.select(*shown).select_from(cases.join(found, found.c.case_id == cases.c.id))
    return _of(asked.where(queued, sa.not_(told)), cases, ids)


def _rising(alerts: sa.Table) -> sa.Select[Any]:
    """Open alerts that may rise; one whose day is provisional goes no further than yellow."""
    names = ("id", "version", "case_id", "level", "rule", "trigger", "organisation_id")
    known = sa.or_(alerts.c.provisional.is_(False), alerts.c.level == AlertLevel.NOTICE.name)
    open_ = (alerts.c.ended_on.is_(None), alerts.c.level != AlertLevel.RED.name, known)
    return sa.select(*(alerts.c[name] for name in names)).where(*open_)


def _of(asked: sa.Select[Any], table: sa.Table, ids: Collection[str] | None) -> sa.Select[Any]:
    asked = asked.order_by(table.c.id)
    return asked if ids is None else asked.where(listed(table.c.id, ids))


def _counting(limits: sa.Table, latest: dt.date) -> Any:
    """The ids of limits that run or are overdue and are due by that day: few among all that have ended."""
    due_by = (sa.select(limits.c.id).where(limits.c.state == state, limits.c.due_on <= latest) for state in _COUNTING)
    return sa.union_all(*due_by)


def _at(limits: sa.Table, cut: Cut, today: dt.date) -> Any:
    conditions = [limits.c.due_on <= cut.on]
    if cut.row.trigger is Trigger.OVERDUE and cut.row.days == 0:
        # One of minutes is late as soon as it was found so, whatever day it is.
        passed = sa.and_(limits.c.due_at.is_not(None), limits.c.state == DeadlineState.OVERDUE.name)
        conditions = [sa.or_(conditions[0], passed)]
    if cut.row.trigger is Trigger.DUE_SOON:
        conditions += [limits.c.due_on >= today, limits.c.days > cut.row.least]
    if LEVELS.index(cut.row.level) > LEVELS.index(MOST_UNKNOWN):
        conditions.append(limits.c.provisional.is_(False))
    return sa.and_(*conditions)
