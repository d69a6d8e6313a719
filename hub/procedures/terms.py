"""Terms: which stream has a consumer; a taking, a rewinding and its end begin a new one, told as an event."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import Viewer
from hub.procedures.configuration import Base
from hub.procedures.consumers import Held, held_of, mine_of
from hub.schema.consumers import Consumer, ConsumerState
from hub.schema.events import EventType, Fact
from hub.store.changes import Change, Update

TAKEN, REWOUND, ENDED = "TAKEN", "REWOUND", "ENDED"
"""Why a consumer's term ended: facts of its event, by which streams in other processes learn of it."""

TERM, WHY = "term", "why"


async def take_consumer(base: Base, viewer: Viewer, consumer: str, stream: str, *, now: dt.datetime) -> Held:
    """Give the consumer to a stream: the one that had it ends. NoSuchRow unless it is one of the viewer's."""
    held: list[Held] = []

    async def decide(connection: AsyncConnection) -> list[Change]:
        row = await mine_of(connection, base, viewer, consumer)
        term = int(row["term"]) + 1
        held.append(await held_of(connection, base, row, term))
        return [new_term(row, TAKEN, stream=stream)]

    await base.ledger.transact(decide, actor=viewer.role, now=now, cases=[consumer])
    return held[-1]


async def delete_consumer(base: Base, viewer: Viewer, consumer: str, *, now: dt.datetime) -> None:
    """End it, in a transaction of its own."""

    async def decide(connection: AsyncConnection) -> list[Change]:
        return [ended(await mine_of(connection, base, viewer, consumer))]

    await base.ledger.transact(decide, actor=viewer.role, now=now, cases=[consumer])


def ended(row: Mapping[Any, Any]) -> Update:
    """The consumer's stream ends and its name is free again; what it was given stays on record."""
    return new_term(row, ENDED, state=ConsumerState.ENDED, alias=row["id"])


def new_term(row: Mapping[Any, Any], why: str, **values: Any) -> Update:
    """The consumer in its next term, which no stream has unless `values` say so."""
    term = int(row["term"]) + 1
    facts = [Fact(TERM, code=str(term)), Fact(WHY, code=why)]
    changed = {"term": term, "stream": None, **values}
    return Update(Consumer, row["id"], row["version"], changed, event=EventType.CONSUMER_CHANGED, facts=facts)
