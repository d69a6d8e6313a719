"""Sweeps: what happens because time passed, as deeds of the system; who calls them says which moment it is.

Limits are found overdue first (an event of their own), then what that leads to is done, each case held while it is.
"""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import Scope, Viewer
from hub.errors import VersionConflict
from hub.procedures.acting import act
from hub.procedures.arrivals import SHANGHAI
from hub.procedures.configuration import Base
from hub.procedures.deeds import Deed, Row
from hub.procedures.drafts import Draft
from hub.procedures.moving import move_alerts
from hub.rules.actions import CaseAction, ReferralAction
from hub.rules.limits import MEDIATION, RESPONSE, WINDOWS, Rule
from hub.schema.cases import Case, CaseState
from hub.schema.deadlines import Deadline, DeadlineState
from hub.schema.events import EventType, Fact
from hub.schema.referrals import Referral, ReferralState
from hub.schema.scalars import show_instant
from hub.store.base import faults
from hub.store.changes import MOST
from hub.store.dialects import listed
from hub.store.ledger import USUAL, Change, Decide, Update
from hub.store.seal import Seal

SYSTEM = Viewer(name="system", role="system", scope=Scope())
"""Who does what time brings about."""

_TRIES = 5
AT_ONCE = 50
"""Referrals or cases that one deed of a sweep acts on: each has an event, limits that end, and a case."""

Act = Callable[[Deed, Row], Awaitable[None]]
Transact = Callable[[Decide, Sequence[str]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Over which base, at which moment; `transact` writes a deed that holds these cases (a job's as long as it may)."""

    base: Base
    seal: Seal
    now: dt.datetime
    transact: Transact

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(SHANGHAI).date()


def sweep_of(base: Base, seal: Seal, now: dt.datetime) -> Sweep:
    """A sweep that writes by itself."""

    async def transact(decide: Decide, cases: Sequence[str]) -> int:
        return await again(lambda: _written(base, decide, now, cases))

    return Sweep(base, seal, now, transact)


async def again(write: Callable[[], Awaitable[int]]) -> int:
    """What it writes; it looks again when somebody changed a row between its look and its writing. VersionConflict."""
    for attempt in range(_TRIES):
        with suppress(VersionConflict):
            return await write()
        await asyncio.sleep(0.02 * 2**attempt)
    return await write()


async def _written(base: Base, decide: Decide, now: dt.datetime, cases: Sequence[str]) -> int:
    return len(await base.ledger.transact(decide, actor=SYSTEM.role, now=now, cases=cases))


async def mark_overdue(sweep: Sweep) -> int:
    """Mark the limits whose day, or whose moment, has passed; how many. What is due today is not overdue yet."""
    due = sweep.base.metadata.tables["deadlines"]
    passed = (due.c.due_on < sweep.today, due.c.due_at < show_instant(sweep.now))
    return sum([await _all_marked(sweep, each) for each in passed])


async def expire_referrals(sweep: Sweep) -> int:
    """Referrals that nobody answered in time: the sender designates again (Online Mediation Rules art. 12)."""

    async def expire(deed: Deed, referral: Row) -> None:
        await act(deed, referral, ReferralAction.EXPIRE)

    where = _Overdue("referral_id", RESPONSE, "referrals", (ReferralState.DELIVERED.name,))
    return await _swept(sweep, Referral, where, expire)


async def end_mediations(sweep: Sweep) -> int:
    """Mediations whose limit passed without an extension (Online Mediation Rules art. 25, reason 6)."""

    async def end(deed: Deed, referral: Row) -> None:
        await act(deed, referral, ReferralAction.END, reason="6", termination_reason="6")

    where = _Overdue("referral_id", MEDIATION, "referrals", (ReferralState.IN_MEDIATION.name,))
    return await _swept(sweep, Referral, where, end)


async def lapse_supplements(sweep: Sweep) -> int:
    """Cases whose missing papers were not supplied in time (R86)."""

    async def lapse(deed: Deed, case: Row) -> None:
        await act(deed, case, CaseAction.LAPSE)

    where = _Overdue("case_id", (Rule.SUPPLEMENT,), "cases", (CaseState.SUPPLEMENT.name,))
    return await _swept(sweep, Case, where, lapse)


async def sweep_all(sweep: Sweep) -> dict[str, int]:
    """All of it in its order; how much of each."""
    return {
        "overdue": await mark_overdue(sweep),
        "expired": await expire_referrals(sweep),
        "ended": await end_mediations(sweep),
        "lapsed": await lapse_supplements(sweep),
    }


class _Overdue:
    """Which rows a sweep finds: those of these states with an overdue limit of these rules."""

    def __init__(self, link: str, rules: Sequence[Rule], table: str, states: Sequence[str]) -> None:
        self.link, self.rules, self.table, self.states = link, [rule.name for rule in rules], table, states

    def asked(self, tables: Any) -> sa.Select[Any]:
        """Ids of the rows and their cases, the longest overdue first."""
        due, rows = tables["deadlines"], tables[self.table]
        late = due.c.state == DeadlineState.OVERDUE.name
        found = sa.select(rows.c.id, due.c.case_id).join(rows, rows.c.id == due.c[self.link])
        found = found.where(late, due.c.rule.in_(self.rules), rows.c.state.in_(self.states))
        return found.order_by(due.c.due_on, rows.c.id).limit(AT_ONCE)


async def _all_marked(sweep: Sweep, passed: sa.ColumnElement[bool]) -> int:
    marked = 0
    while True:
        found, written = await _marked(sweep, passed)
        marked += written
        if found < MOST:
            return marked


async def _marked(sweep: Sweep, passed: sa.ColumnElement[bool]) -> tuple[int, int]:
    """How many were found, and how many of them no other job had marked meanwhile."""
    today, due = sweep.today, sweep.base.metadata.tables["deadlines"]
    late = (due.c.state == DeadlineState.RUNNING.name, passed)
    asked = sa.select(due.c.id, due.c.case_id).where(*late).order_by(due.c.due_on, due.c.id).limit(MOST)
    found = await _read(sweep.base, asked)
    if not found:
        return 0, 0
    ids = [id_ for id_, _ in found]
    still = sa.select(due.c.id, due.c.version, due.c.rule).where(*late, listed(due.c.id, ids)).order_by(due.c.id)

    async def mark(connection: AsyncConnection) -> list[Change]:
        return [_overdue(*row, today) for row in (await connection.execute(still)).all()]

    # What belongs to no case is held itself: another job may be marking it.
    return len(found), await sweep.transact(mark, sorted({case or id_ for id_, case in found}))


def _overdue(id_: str, version: int, rule: str, today: dt.date) -> Change:
    """A limit is found overdue; one that is a window has closed (its event says so)."""
    event = EventType.WINDOW_CLOSED if Rule[rule] in WINDOWS else USUAL
    facts = [Fact("rule", code=rule), Fact("to", code=DeadlineState.OVERDUE.name)]
    values = {"state": DeadlineState.OVERDUE, "overdue_on": today}
    return Update(Deadline, id_, version, values, event=event, facts=facts)


async def _swept(sweep: Sweep, noun: type[Case] | type[Referral], where: _Overdue, act_on: Act) -> int:
    done: set[str] = set()
    while True:
        found = [
            pair for pair in await _read(sweep.base, where.asked(sweep.base.metadata.tables)) if pair[0] not in done
        ]
        if not found:
            return len(done)

        async def acted(deed: Deed, ids: Sequence[str] = tuple(dict.fromkeys(id_ for id_, _ in found))) -> None:
            for id_ in ids:
                for row in await deed.rows(noun, id=id_):
                    # Somebody may have acted since it was found.
                    if row["state"].name in where.states:
                        await act_on(deed, row)

        await _done(sweep, [case for _, case in found], acted)
        done |= {id_ for id_, _ in found}


async def _read(base: Base, asked: sa.Select[Any]) -> list[tuple[str, str]]:
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            return [(row[0], row[1]) for row in await connection.execute(asked)]


async def _done(sweep: Sweep, cases: Sequence[str], work: Callable[[Deed], Awaitable[None]]) -> None:
    if not cases:
        return

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        deed = Deed(SYSTEM, sweep.now, connection, sweep.base, sweep.seal, {}, Draft(sweep.base))
        await work(deed)
        await move_alerts(connection, deed.draft)
        return deed.draft.changes()

    await sweep.transact(decide, [case for case in cases if case])
