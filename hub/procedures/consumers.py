"""Consumers: who reads the log durably, on whose behalf, and what of it."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.cursors import Place
from hub.access.predicates import Predicates, shape_of, values_of
from hub.access.reach import Filter
from hub.access.viewers import Viewer
from hub.errors import BadText, ConsumerNameTaken, NoSuchRow, OwnerNeeded, TooManyConsumers
from hub.procedures.configuration import Base
from hub.schema.consumers import Consumer, ConsumerState, WantedType
from hub.schema.events import EventType
from hub.schema.regions import Region
from hub.store.base import faults
from hub.store.changes import Change, Insert
from hub.store.log import Position

MOST_CONSUMERS = 20
"""Consumers of one organisation or court."""

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


async def find_consumer(base: Base, viewer: Viewer, consumer: str) -> Held:
    """The consumer as it is, for who asks without a stream. NoSuchRow unless it is one of the viewer's."""
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            row = await mine_of(connection, base, viewer, consumer)
            return await held_of(connection, base, row, int(row["term"]))


def may_read(viewer: Viewer, consumer: Held) -> bool:
    """Whether the viewer still reads on behalf of the consumer's owner."""
    return consumer.owner in (*viewer.scope.organisations, *viewer.scope.courts)


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


async def held_of(connection: AsyncConnection, base: Base, row: Mapping[Any, Any], term: int) -> Held:
    """The consumer as it is stored, held in this term."""
    regions = base.metadata.tables[Region.declared.plural]
    code = sa.select(regions.c.code).where(regions.c.id == row["region_id"])
    region = (await connection.execute(code)).scalar() if row["region_id"] else None
    types = frozenset(each["type"] for each in orjson.loads(row["types"]))
    wanted = Filter(types, row["case_id"], region)
    return Held(row["id"], row["owner_id"], wanted, Position.of(row["acknowledged"]), term)
