"""An outlet at work: one process holds it for a time, and what was brought is written with what follows from it.

The rows of an outlet, its consumer and its letters are changed under the locks of both.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.cursors import Place
from hub.access.viewers import Viewer
from hub.errors import ResyncNeeded
from hub.procedures import acknowledging, letters, terms
from hub.procedures.configuration import Base
from hub.procedures.consumers import Held, held_of
from hub.procedures.letters import Lettered
from hub.procedures.outlet_seeds import Outgoing
from hub.procedures.runs import table_of
from hub.schema.consumers import Consumer, ConsumerState
from hub.schema.outlets import Outlet, OutletState
from hub.schema.scalars import show_instant
from hub.store.base import faults
from hub.store.changes import Change, Insert, Update

ACTOR = "system"


@dataclass(frozen=True, slots=True)
class Standing:
    """An outlet as it is: its row, its consumer where there is one, and the letters that can be brought now."""

    outlet: Mapping[Any, Any]
    consumer: Mapping[Any, Any] | None
    held: Held | None
    blocked: frozenset[str]
    """The lanes that have open letters: their events wait behind them."""
    letters: tuple[Mapping[Any, Any], ...]

    @property
    def is_rewound(self) -> bool:
        """Whether its consumer was rewound, or made anew, since the outlet was held last."""
        return self.consumer is not None and _is_rewound(self.outlet, self.consumer)


@dataclass(frozen=True, slots=True)
class Claim:
    """What this process holds until then: the outlet, and its consumer in this term; `fresh` when another held it."""

    outlet: str
    consumer: str
    term: int
    process: str
    until: dt.datetime
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a round: evidence of what was brought, how far everything is, letters, and how the outlet stands.

    `confirms`: a letter was brought, whose event the consumer had passed.
    """

    delivery: Insert | None = None
    reached: Place | None = None
    letters: tuple[Lettered, ...] = ()
    outlet: Mapping[str, Any] = field(default_factory=dict)
    confirms: bool = False
    beside: tuple[Change, ...] = ()


async def look(base: Base, said: Outgoing) -> Standing | None:
    """The outlet as it is now; None where the configuration names it no more."""
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            outlet = await _outlet(connection, base, said)
            if outlet is None:
                return None
            consumer = await _consumer(connection, base, said)
            held = None if consumer is None else await held_of(connection, base, consumer, int(consumer["term"]))
            blocked = await letters.lanes(connection, base, said.id)
            ready = await letters.ready(connection, base, said.id) if blocked else ()
            return Standing(outlet, consumer, held, blocked, tuple(ready))


async def take(
    base: Base,
    said: Outgoing,
    *,
    process: str,
    lease: dt.timedelta,
    now: dt.datetime,
    over: bool = False,
    reads: bool = True,
) -> Claim | None:
    """Hold the outlet, and its consumer as the outlet's own stream; None where another holds it or it is stopped.

    A stream of another way is ended when `over` says so, and left alone when nothing of the log is `read`. The next
    process of the same outlet begins no new term.
    """
    found: list[Claim] = []

    async def decide(connection: AsyncConnection) -> list[Change]:
        found.clear()
        outlet, consumer = await _outlet(connection, base, said), await _consumer(connection, base, said)
        if outlet is None or consumer is None or is_held(outlet, process, lease, now):
            return []
        begun = _is_rewound(outlet, consumer)
        taken = consumer["stream"] == said.id or not reads
        if is_stopped(outlet, begun=begun) or not (taken or consumer["stream"] is None or over):
            return []
        term = int(consumer["term"]) + (not taken)
        fresh = outlet["held_by"] != process
        found.append(Claim(said.id, consumer["id"], term, process, now + lease, fresh))
        changes: list[Change] = [] if taken else [terms.new_term(consumer, terms.TAKEN, stream=said.id)]
        changes += await letters.voided(connection, base, said.id) if begun else []
        return [*changes, Update(Outlet, said.id, outlet["version"], _held(outlet, consumer, found[0]), event=None)]

    await base.ledger.transact(decide, actor=ACTOR, now=now, cases=await _locks(base, said))
    return found[0] if found else None


async def settle(
    base: Base, said: Outgoing, claim: Claim, outcome: Outcome, *, viewer: Viewer, now: dt.datetime
) -> bool:
    """Write what came of a round in one deed; whether the outlet and its consumer are still this process's.

    What was brought is on record whoever has them by now; the rest is written only while they are.
    """
    mine: list[bool] = []

    async def decide(connection: AsyncConnection) -> list[Change]:
        outlet, consumer = await _outlet(connection, base, said), await _consumer(connection, base, said)
        holds = outlet is not None and outlet["held_by"] == claim.process
        reads = consumer is not None and (consumer["id"], int(consumer["term"])) == (claim.consumer, claim.term)
        mine[:] = [holds and reads]
        changes: list[Change] = [] if outcome.delivery is None else [outcome.delivery]
        if outlet is None or not holds:
            return changes
        told = [each for each in outcome.letters if reads or each.is_known]
        changes += await letters.changes(connection, base, outlet, told)
        if consumer is not None and reads:
            changes += outcome.beside
            changes += _acknowledged(consumer, outcome, viewer, now)
        stands = Update(Outlet, said.id, outlet["version"], outcome.outlet, event=None)
        return [*changes, stands] if outcome.outlet else changes

    await base.ledger.transact(decide, actor=ACTOR, now=now, cases=[claim.consumer, said.id])
    return mine[-1]


async def give_back(base: Base, said: Outgoing, claim: Claim, *, now: dt.datetime) -> None:
    """The process ends: whoever is free takes the outlet at once."""

    async def decide(connection: AsyncConnection) -> list[Change]:
        outlet = await _outlet(connection, base, said)
        if outlet is None or outlet["held_by"] != claim.process:
            return []
        return [Update(Outlet, said.id, outlet["version"], {"held_by": None, "held_until": None}, event=None)]

    await base.ledger.transact(decide, actor=ACTOR, now=now, cases=[said.id])


async def mark(base: Base, said: Outgoing, state: OutletState, error: str | None, *, now: dt.datetime) -> None:
    """Say how the outlet stands while nobody holds it; nothing is written where it stands so."""

    async def decide(connection: AsyncConnection) -> list[Change]:
        outlet = await _outlet(connection, base, said)
        if outlet is None or (outlet["state"], outlet["error"]) == (state.name, error):
            return []
        return [Update(Outlet, said.id, outlet["version"], {"state": state, "error": error}, event=None)]

    await base.ledger.transact(decide, actor=ACTOR, now=now, cases=[said.id])


def is_held(outlet: Mapping[Any, Any], process: str, lease: dt.timedelta, now: dt.datetime) -> bool:
    """Whether another process holds it. A lease from far ahead was given by a clock that was put back since."""
    until = outlet["held_until"]
    if outlet["held_by"] in (None, process) or until is None:
        return False
    return bool(show_instant(now) < until <= show_instant(now + 2 * lease))


def is_stopped(outlet: Mapping[Any, Any], *, begun: bool) -> bool:
    """Whether nothing is brought; what retention had passed is over when its consumer was rewound (`begun`)."""
    return bool(outlet["state"] == OutletState.STOPPED.name) and not (begun and outlet["error"] == ResyncNeeded.code)


def _held(outlet: Mapping[Any, Any], consumer: Mapping[Any, Any], claim: Claim) -> dict[str, Any]:
    values: dict[str, Any] = {"held_by": claim.process, "held_until": claim.until, "consumer": consumer["id"]}
    values["rewinds"] = consumer["rewinds"] or 0
    if outlet["state"] != OutletState.RETRYING.name:
        values |= {"state": OutletState.RUNNING, "error": None, "attempts": 0, "next_attempt_at": None}
    return values


def _acknowledged(consumer: Mapping[Any, Any], outcome: Outcome, viewer: Viewer, now: dt.datetime) -> Sequence[Change]:
    moved = acknowledging.acknowledged(consumer, outcome.reached, viewer, now) if outcome.reached is not None else []
    return moved or (acknowledging.confirmed(consumer, viewer, now) if outcome.confirms else [])


def _is_rewound(outlet: Mapping[Any, Any], consumer: Mapping[Any, Any]) -> bool:
    known = outlet["consumer_id"], int(outlet["rewinds"])
    return known[0] is not None and bool(known != (consumer["id"], int(consumer["rewinds"] or 0)))


async def _locks(base: Base, said: Outgoing) -> list[str]:
    """The consumer has to be held by its id, which its name tells."""
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            consumer = await _consumer(connection, base, said)
    return [said.id, *([consumer["id"]] if consumer is not None else [])]


async def _outlet(connection: AsyncConnection, base: Base, said: Outgoing) -> Mapping[Any, Any] | None:
    table = table_of(base, Outlet)
    asked = sa.select(table).where(table.c.id == said.id, table.c.mark == said.mark, table.c.retired.is_(False))
    return (await connection.execute(asked)).mappings().first()


async def _consumer(connection: AsyncConnection, base: Base, said: Outgoing) -> Mapping[Any, Any] | None:
    table = table_of(base, Consumer)
    named = table.c.alias == f"{said.owner} {said.consumer}", table.c.state == ConsumerState.ACTIVE.name
    return (await connection.execute(sa.select(table).where(*named))).mappings().first()
