"""Consumers: who reads the log durably, from where, and what it has acknowledged."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.cursors import Cursors, Place
from hub.access.predicates import Predicates, shape_of, values_of
from hub.access.reach import Filter
from hub.access.viewers import Viewer
from hub.errors import BadLogCursor, BadText, ConsumerNameTaken, NoSuchRow, OwnerNeeded, TooManyConsumers
from hub.procedures.configuration import Base
from hub.schema.consumers import Acknowledgement, Consumer, ConsumerState, WantedType
from hub.schema.events import EventType, Fact
from hub.schema.regions import Region
from hub.store.base import faults
from hub.store.changes import Change, Insert, Update
from hub.store.log import Position

MOST_CONSUMERS = 20
"""Consumers of one organisation or court."""

TAKEN, REWOUND, ENDED = "TAKEN", "REWOUND", "ENDED"
"""Why a consumer's term ended: facts of its event, by which streams in other processes learn of it."""

TERM, WHY = "term", "why"

_NAME = re.compile(r"[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,62}[^\x00-\x20\x7f])?")


@dataclass(frozen=True, slots=True)
class Held:
    """A consumer as its reader needs it: where it stands, what it wants, and in which term it is held."""

    id: str
    owner: str
    wanted: Filter
    acknowledged: Position
    term: int


async def create_consumer(
    base: Base,
    viewer: Viewer,
    name: str,
    *,
    start: Place,
    now: dt.datetime,
    wanted: Filter | None = None,
    owner: str | None = None,
) -> str:
    """A new consumer, in a transaction of its own; its id. Errors as of `creation`."""
    mine, made = owner_among(viewer, owner), list[Insert]()

    async def decide(connection: AsyncConnection) -> list[Change]:
        made[:] = [await creation(connection, base, viewer, name, start=start, wanted=wanted, owner=mine)]
        return list(made)

    await base.ledger.transact(decide, actor=viewer.role, now=now, organisation=_organisation(mine), cases=[mine])
    return str(made[0].values["id"])


async def creation(
    connection: AsyncConnection,
    base: Base,
    viewer: Viewer,
    name: str,
    *,
    start: Place,
    owner: str,
    wanted: Filter | None = None,
) -> Insert:
    """A new consumer, which has acknowledged everything up to `start`; `owner` is held until it is written.

    BadText for a name of other than 1 to 64 visible characters or a type that there is none of; NoSuchRow for a case
    that the viewer does not see or an unknown region; ConsumerNameTaken; TooManyConsumers (HUB-615).
    """
    wanted = wanted or Filter()
    if not _NAME.fullmatch(name) or not wanted.types <= set(EventType.__members__):
        raise BadText
    await _check_room(connection, base, owner, name)
    values = {
        "id": base.ledger.new_id(Consumer),
        "name": name,
        "owner": owner,
        "alias": _alias(owner, name),
        "viewer": viewer.name,
        "state": ConsumerState.ACTIVE,
        "types": [WantedType(each) for each in sorted(wanted.types)],
        "case": wanted.case,
        "region": await _wanted_rows(connection, base, viewer, wanted),
        "acknowledged": str(start.position),
        "acknowledged_event": start.event or None,
        "term": 0,
    }
    return Insert(Consumer, values, event=EventType.CONSUMER_CHANGED)


async def take_consumer(base: Base, viewer: Viewer, consumer: str, stream: str, *, now: dt.datetime) -> Held:
    """Give the consumer to a stream: the one that had it ends. NoSuchRow unless it is one of the viewer's."""
    held: list[Held] = []

    async def decide(connection: AsyncConnection) -> list[Change]:
        row = await mine_of(connection, base, viewer, consumer)
        term = int(row["term"]) + 1
        held.append(await _held(connection, base, row, term))
        return [_new_term(row, TAKEN, stream=stream)]

    await base.ledger.transact(decide, actor=viewer.role, now=now, cases=[consumer])
    return held[-1]


async def find_consumer(base: Base, viewer: Viewer, consumer: str) -> Held:
    """The consumer as it is, for who asks without a stream. NoSuchRow unless it is one of the viewer's."""
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            row = await mine_of(connection, base, viewer, consumer)
            return await _held(connection, base, row, int(row["term"]))


def may_read(viewer: Viewer, consumer: Held) -> bool:
    """Whether the viewer still reads on behalf of the consumer's owner."""
    return consumer.owner in (*viewer.scope.organisations, *viewer.scope.courts)


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


async def rewind_consumer(
    base: Base, viewer: Viewer, consumer: str, cursor: str | None, *, cursors: Cursors, now: dt.datetime
) -> Position:
    """Read again from behind the cursor, None from the first event that there still is, in a transaction of its own."""
    reached = list[Position]()

    async def decide(connection: AsyncConnection) -> list[Change]:
        row = await mine_of(connection, base, viewer, consumer)
        place = await place_of(cursors, cursor, row["owner_id"], connection)
        reached[:] = [place.position]
        return rewound(row, place, viewer, now)

    await base.ledger.transact(decide, actor=viewer.role, now=now, cases=[consumer])
    return reached[-1]


async def place_of(cursors: Cursors, cursor: str | None, owner: str, connection: AsyncConnection) -> Place:
    """Where a cursor points; None is before the first event that there still is. Errors as of `Cursors.read`."""
    if cursor is not None:
        return await cursors.read(cursor, owner, connection)
    return Place(await cursors.first(connection), "")


def rewound(row: Mapping[Any, Any], place: Place, viewer: Viewer, now: dt.datetime) -> list[Change]:
    """The consumer reads again from the place; an open stream ends. BadLogCursor ahead of what was acknowledged."""
    if place.position > Position.of(row["acknowledged"]):
        raise BadLogCursor
    term = _new_term(row, REWOUND, **_moved_to(place, now))
    return [term, _record(row, place, viewer, now, rewound=True)]


async def delete_consumer(base: Base, viewer: Viewer, consumer: str, *, now: dt.datetime) -> None:
    """End it, in a transaction of its own."""

    async def decide(connection: AsyncConnection) -> list[Change]:
        return [ended(await mine_of(connection, base, viewer, consumer))]

    await base.ledger.transact(decide, actor=viewer.role, now=now, cases=[consumer])


def ended(row: Mapping[Any, Any]) -> Update:
    """The consumer's stream ends and its name is free again; what it was given stays on record."""
    return _new_term(row, ENDED, state=ConsumerState.ENDED, alias=row["id"])


def owner_among(viewer: Viewer, owner: str | None) -> str:
    """On whose behalf a consumer is made. OwnerNeeded without one organisation or court of the viewer's own."""
    held = (*viewer.scope.organisations, *viewer.scope.courts)
    if owner is None and len(held) == 1:
        return held[0]
    if owner is None or owner not in held:
        raise OwnerNeeded
    return owner


def _alias(owner: str, name: str) -> str:
    return f"{owner} {name}"


def _organisation(owner: str) -> str | None:
    return owner if owner.startswith("org_") else None


async def _check_room(connection: AsyncConnection, base: Base, owner: str, name: str) -> None:
    table = base.metadata.tables[Consumer.declared.plural]
    in_use = table.c.owner_id == owner, table.c.state == ConsumerState.ACTIVE.name
    names = set((await connection.execute(sa.select(table.c.name).where(*in_use))).scalars())
    if name in names:
        raise ConsumerNameTaken
    if len(names) >= MOST_CONSUMERS:
        raise TooManyConsumers(limit=MOST_CONSUMERS)


async def _wanted_rows(connection: AsyncConnection, base: Base, viewer: Viewer, wanted: Filter) -> str | None:
    """The id of the region that is wanted. A case that is wanted must be one that the viewer sees."""
    if wanted.case is not None and not await _sees_case(connection, base, viewer, wanted.case):
        raise NoSuchRow
    if wanted.region is None:
        return None
    regions = base.metadata.tables[Region.declared.plural]
    found = (await connection.execute(sa.select(regions.c.id).where(regions.c.code == wanted.region))).scalar()
    if found is None:
        raise NoSuchRow
    return str(found)


async def _sees_case(connection: AsyncConnection, base: Base, viewer: Viewer, case: str) -> bool:
    noun = base.model["Case"]
    predicate = Predicates(base.model, shape_of(viewer.scope, viewer.masks))(noun, "r")
    table = base.metadata.tables[noun.table].alias("r")
    conditions = [table.c.id == case, *([] if predicate is None else [predicate])]
    found = await connection.execute(sa.select(table.c.id).where(*conditions), values_of(viewer.scope))
    return found.first() is not None


async def mine_of(connection: AsyncConnection, base: Base, viewer: Viewer, consumer: str) -> Mapping[Any, Any]:
    """The viewer's consumer of this id or name; OwnerNeeded where several bodies of the viewer have one of the name."""
    table = base.metadata.tables[Consumer.declared.plural]
    held = (*viewer.scope.organisations, *viewer.scope.courts)
    named = table.c.alias.in_([_alias(owner, consumer) for owner in held])
    mine = sa.or_(table.c.id == consumer, named), table.c.owner_id.in_(held), table.c.state == ConsumerState.ACTIVE.name
    rows = (await connection.execute(sa.select(table).where(*mine))).mappings().all()
    found = [row for row in rows if row["id"] == consumer] or rows
    if not found:
        raise NoSuchRow
    if len(found) > 1:
        raise OwnerNeeded
    return found[0]


async def _held(connection: AsyncConnection, base: Base, row: Mapping[Any, Any], term: int) -> Held:
    regions = base.metadata.tables[Region.declared.plural]
    code = sa.select(regions.c.code).where(regions.c.id == row["region_id"])
    region = (await connection.execute(code)).scalar() if row["region_id"] else None
    types = frozenset(each["type"] for each in orjson.loads(row["types"]))
    wanted = Filter(types, row["case_id"], region)
    return Held(row["id"], row["owner_id"], wanted, Position.of(row["acknowledged"]), term)


def _new_term(row: Mapping[Any, Any], why: str, **values: Any) -> Update:
    term = int(row["term"]) + 1
    facts = [Fact(TERM, code=str(term)), Fact(WHY, code=why)]
    changed = {"term": term, "stream": None, **values}
    return Update(Consumer, row["id"], row["version"], changed, event=EventType.CONSUMER_CHANGED, facts=facts)


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
