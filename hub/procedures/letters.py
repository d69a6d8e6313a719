"""Letters: events that a receiver did not take, and those that follow them; kept in order, brought again or let go."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import FOLLOW
from hub.errors import NoSuchRow, OutletStopped, Settled
from hub.procedures.configuration import Base
from hub.procedures.consumers import mine_of
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.runs import table_of
from hub.schema.cases import Case
from hub.schema.events import EventType
from hub.schema.outlets import Letter, LetterState, Outlet, OutletState, Parcel, ParcelState
from hub.schema.verbs import Id, Text
from hub.store.base import faults
from hub.store.changes import MOST, Change, Insert, Update
from hub.store.dialects import listed
from hub.store.log import Entry, Position

OPEN = (LetterState.DEAD.name, LetterState.BEHIND.name, LetterState.AGAIN.name)
"""States of letters behind which the events of their lane wait."""

READY = 50
"""Letters that are brought in one round."""

_CONSUMER = "订阅方的标识，或其名称 · The consumer: its id, or its name"


@dataclass(frozen=True, slots=True)
class Lettered:
    """An event and what becomes of it as a letter; `is_known`: it is one already."""

    entry: Entry
    state: LetterState
    attempts: int = 0
    error: str | None = None
    is_known: bool = False


def lane_of(entry: Entry) -> str:
    """What an event is in order with: those of its case; those of no case with one another."""
    return entry.case or ""


def entry_of(row: Mapping[Any, Any]) -> Entry:
    """What a letter's row still knows of its event."""
    place = Position(int(row["epoch"]), int(row["xid"]), int(row["seq"]))
    return Entry(place, row["event"], row["type"], row["case_id"], None, None, None, "", None, "", "[]")


async def lanes(connection: AsyncConnection, base: Base, outlet: str) -> frozenset[str]:
    """The lanes of the outlet's open letters."""
    table = table_of(base, Letter)
    asked = sa.select(table.c.lane).where(table.c.outlet_id == outlet, table.c.state.in_(OPEN)).distinct()
    return frozenset((await connection.execute(asked)).scalars())


async def ready(connection: AsyncConnection, base: Base, outlet: str) -> Sequence[Mapping[Any, Any]]:
    """The first letters that can be brought now, in the log's order: no dead one of their lane stands before them."""
    table, dead = table_of(base, Letter), table_of(base, Letter).alias()
    place, before = ((each.c.epoch, each.c.xid, each.c.seq) for each in (table, dead))
    same = dead.c.outlet_id == outlet, dead.c.lane == table.c.lane, dead.c.state == LetterState.DEAD.name
    blocked = sa.exists().where(*same, sa.tuple_(*before) < sa.tuple_(*place))
    wanted = table.c.outlet_id == outlet, table.c.state.in_((LetterState.AGAIN.name, LetterState.BEHIND.name))
    asked = sa.select(table).where(*wanted, sa.not_(blocked)).order_by(*place).limit(READY)
    return (await connection.execute(asked)).mappings().all()


async def closed(base: Base, outlet: str, events: Sequence[str]) -> set[str]:
    """Those of the events that are letters which nobody brings any more."""
    table = table_of(base, Letter)
    if not events:
        return set()
    asked = sa.select(table.c.event).where(table.c.outlet_id == outlet, listed(table.c.event, list(events)))
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            found = await connection.execute(asked.where(table.c.state.not_in(OPEN)))
            return set(found.scalars())


async def changes(
    connection: AsyncConnection, base: Base, outlet: Mapping[Any, Any], said: Sequence[Lettered]
) -> list[Change]:
    """What makes letters of these events; one that was one already is changed."""
    known = await _known(connection, base, outlet["id"], [each.entry.id for each in said])
    found: list[Change] = []
    for each in said:
        values = {"state": each.state, "attempts": each.attempts, "error": each.error}
        row = known.get(each.entry.id)
        if row is not None and (each.is_known or row["state"] not in OPEN):
            found.append(Update(Letter, row["id"], row["version"], values, event=None))
        elif row is None:
            found.append(Insert(Letter, _whose(outlet) | _of(each.entry) | values, event=None))
    return found


async def voided(connection: AsyncConnection, base: Base, outlet: str) -> list[Change]:
    """What was written for a consumer that was rewound since, and is not acknowledged, is void."""
    table = table_of(base, Parcel)
    waiting = table.c.outlet_id == outlet, table.c.state == ParcelState.WAITING.name
    rows = (await connection.execute(sa.select(table.c.id, table.c.version).where(*waiting))).all()
    return [Update(Parcel, id_, version, {"state": ParcelState.VOID}, event=None) for id_, version in rows]


@verb(
    "重投死信：按案件次序重新投递 · Bring dead letters again, in the order of their case",
    gives=(Outlet,),
    permission=FOLLOW,
)
async def replay_letters(
    deed: Deed,
    *,
    consumer: Annotated[str, Text(80), _CONSUMER],
    case: Annotated[Id[Case] | None, "只重投此案的 · Those of this case only"] = None,
) -> None:
    """NoSuchRow (HUB-702) unless it is one of the viewer's and has an outlet. At most 500 letters in one deed."""
    outlet = await _outlet_of(deed, consumer)
    table = table_of(deed.base, Letter)
    wanted = [table.c.outlet_id == outlet["id"], table.c.state == LetterState.DEAD.name]
    wanted += [table.c.case_id == case] if case is not None else []
    place = table.c.epoch, table.c.xid, table.c.seq
    rows = (await deed.connection.execute(sa.select(table).where(*wanted).order_by(*place).limit(MOST))).mappings()
    for row in rows:
        deed.draft.update(Letter, row["id"], row["version"], {"state": LetterState.AGAIN, "attempts": 0}, event=None)
    _tell(deed, outlet)


@verb(
    "放弃死信：其后各件按序续投 · Let a dead letter go: those behind it follow",
    changes=Letter,
    gives=(Letter, Outlet),
    permission=FOLLOW,
)
async def drop_letter(deed: Deed, letter: Row) -> None:
    """Settled (HUB-704) for one that is not dead; NoSuchRow unless its consumer's owner is the viewer's."""
    _check_mine(deed, letter["owner"])
    await deed.hold(letter["outlet"])
    (now,) = await _fresh(deed, letter.id)
    if now["state"] != LetterState.DEAD.name:
        raise Settled
    deed.change(letter, event=None, state=LetterState.DROPPED)
    table = table_of(deed.base, Outlet)
    asked = sa.select(table).where(table.c.id == letter["outlet"])
    _tell(deed, (await deed.connection.execute(asked)).mappings().one())


@verb("启动投递通道 · Start an outlet that has stopped", gives=(Outlet,), permission=FOLLOW)
async def start_outlet(deed: Deed, *, consumer: Annotated[str, Text(80), _CONSUMER]) -> None:
    """OutletStopped (HUB-648) for one that is not stopped; NoSuchRow unless its consumer is one of the viewer's."""
    outlet = await _outlet_of(deed, consumer)
    if outlet["state"] != OutletState.STOPPED.name:
        raise OutletStopped
    _tell(deed, outlet, state=OutletState.WAITING, error=None, attempts=0, next_attempt_at=None)


async def _outlet_of(deed: Deed, consumer: str) -> Mapping[Any, Any]:
    """The outlet of the viewer's consumer, which the deed holds."""
    found = await mine_of(deed.connection, deed.base, deed.viewer, consumer)
    table = table_of(deed.base, Outlet)
    named = table.c.owner_id == found["owner_id"], table.c.name == found["name"], table.c.retired.is_(False)
    row = (await deed.connection.execute(sa.select(table).where(*named))).mappings().first()
    if row is None:
        raise NoSuchRow
    await deed.hold(row["id"])
    return (await deed.connection.execute(sa.select(table).where(*named))).mappings().one()


def _tell(deed: Deed, outlet: Mapping[Any, Any], **values: Any) -> None:
    """Whoever brings its events hears of it, in every process."""
    said = values or {"retired": outlet["retired"]}
    deed.draft.update(Outlet, outlet["id"], outlet["version"], said, event=EventType.OUTLET_CHANGED)
    deed.give(outlet["id"])


def _check_mine(deed: Deed, owner: str) -> None:
    if owner not in (*deed.viewer.scope.organisations, *deed.viewer.scope.courts):
        raise NoSuchRow


async def _fresh(deed: Deed, letter: str) -> Sequence[Mapping[Any, Any]]:
    table = table_of(deed.base, Letter)
    return (await deed.connection.execute(sa.select(table).where(table.c.id == letter))).mappings().all()


async def _known(
    connection: AsyncConnection, base: Base, outlet: str, events: Collection[str]
) -> dict[str, Mapping[Any, Any]]:
    table = table_of(base, Letter)
    if not events:
        return {}
    asked = sa.select(table).where(table.c.outlet_id == outlet, listed(table.c.event, list(events)))
    return {row["event"]: row for row in (await connection.execute(asked)).mappings()}


def _whose(outlet: Mapping[Any, Any]) -> dict[str, Any]:
    return {"outlet": outlet["id"], "owner": outlet["owner_id"], "region": outlet["region_id"]}


def _of(entry: Entry) -> dict[str, Any]:
    place = dict(zip(("epoch", "xid", "seq"), entry.position, strict=True))
    return {"event": entry.id, "type": entry.type, "case": entry.case, "lane": lane_of(entry), **place}
