"""Acknowledging: how far a consumer has dealt with the log, and how far it goes back; each step is on record."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.cursors import Cursors, Place
from hub.access.viewers import Viewer
from hub.errors import BadLogCursor
from hub.procedures.configuration import Base
from hub.procedures.consumers import mine_of
from hub.procedures.terms import REWOUND, new_term
from hub.schema.consumers import Acknowledgement, Consumer
from hub.store.changes import Change, Insert, Update
from hub.store.log import Position


async def ack_events(
    base: Base, viewer: Viewer, consumer: str, cursor: str, *, cursors: Cursors, now: dt.datetime
) -> Position:
    """Acknowledge up to the cursor, in a transaction of its own; what is acknowledged by then."""
    reached = list[Position]()

    async def decide(connection: AsyncConnection) -> list[Change]:
        row = await mine_of(connection, base, viewer, consumer)
        place = await cursors.read(cursor, row["owner_id"], connection)
        reached[:] = [max(place.position, Position.of(row["acknowledged"]))]
        return acknowledged(row, place, viewer, now)

    await base.ledger.transact(decide, actor=viewer.role, now=now, cases=[consumer])
    return reached[-1]


def acknowledged(row: Mapping[Any, Any], place: Place, viewer: Viewer, now: dt.datetime) -> list[Change]:
    """Everything up to the place is acknowledged by the consumer, which is held. An older place changes nothing."""
    if place.position <= Position.of(row["acknowledged"]):
        return []
    return [_moved(row, place, now), _record(row, place, viewer, now, rewound=False)]


def confirmed(row: Mapping[Any, Any], viewer: Viewer, now: dt.datetime) -> list[Change]:
    """What had been passed over was dealt with, too: the consumer stays where it is, and that is on record."""
    place = Place(Position.of(row["acknowledged"]), row["acknowledged_event"] or "")
    return [_record(row, place, viewer, now, rewound=False)]


async def rewind_consumer(
    base: Base, viewer: Viewer, consumer: str, cursor: str | None, *, cursors: Cursors, now: dt.datetime
) -> Position:
    """Read again from behind the cursor, None from the first event that there still is, in a transaction of its own."""
    reached = list[Position]()

    async def decide(connection: AsyncConnection) -> list[Change]:
        row = await mine_of(connection, base, viewer, consumer)
        place = await place_back(cursors, cursor, row, connection)
        reached[:] = [place.position]
        return rewound(row, place, viewer, now)

    await base.ledger.transact(decide, actor=viewer.role, now=now, cases=[consumer])
    return reached[-1]


async def place_back(
    cursors: Cursors, cursor: str | None, row: Mapping[Any, Any], connection: AsyncConnection
) -> Place:
    """Where the consumer reads again from; errors as of `Cursors.read`, BadLogCursor ahead of what was acknowledged.

    None is before the first event that there still is; for who fell behind retention that is ahead, and the way on.
    """
    if cursor is None:
        return Place(await cursors.first(connection), "")
    place = await cursors.read(cursor, row["owner_id"], connection)
    if place.position > Position.of(row["acknowledged"]):
        raise BadLogCursor
    return place


def rewound(row: Mapping[Any, Any], place: Place, viewer: Viewer, now: dt.datetime) -> list[Change]:
    """The consumer reads again from the place; an open stream ends."""
    term = new_term(row, REWOUND, rewinds=(row["rewinds"] or 0) + 1, **_moved_to(place, now))
    return [term, _record(row, place, viewer, now, rewound=True)]


def _moved_to(place: Place, now: dt.datetime) -> dict[str, Any]:
    return {
        "acknowledged": str(place.position),
        "acknowledged_event": place.event or None,
        "acknowledged_at": now,
    }


def _moved(row: Mapping[Any, Any], place: Place, now: dt.datetime) -> Update:
    return Update(Consumer, row["id"], row["version"], _moved_to(place, now), event=None)


def _record(row: Mapping[Any, Any], place: Place, viewer: Viewer, now: dt.datetime, *, rewound: bool) -> Insert:
    values = {
        "consumer": row["id"],
        "owner": row["owner_id"],
        "viewer": viewer.name,
        "principal": viewer.subject,
        "rewound": rewound,
        "position": str(place.position),
        "epoch": place.position.epoch,
        "xid": place.position.xid,
        "seq": place.position.seq,
        "event": place.event or None,
        "acknowledged_at": now,
    }
    return Insert(Acknowledgement, values, event=None)
