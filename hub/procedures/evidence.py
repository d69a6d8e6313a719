"""What a referral's parties were given of it and acknowledged: the proof that a sender can ask for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.predicates import Predicates, shape_of, values_of
from hub.access.viewers import Viewer
from hub.errors import MalformedId, NoSuchRow
from hub.procedures.configuration import Base
from hub.rules.runs import is_among
from hub.store.base import faults

MOST_EVENTS = 200
"""Events of one referral that are looked at: the newest."""

MOST_RANGES = 20_000
"""Ranges that are looked through."""

Place = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Served:
    """An event that was given to a body; members are the names that the graph shows, rows are ids."""

    event: str
    organisation: str | None
    court: str | None
    consumer: str | None
    way: str
    givenAt: str  # noqa: N815 - as the graph shows it
    acknowledgedAt: str | None  # noqa: N815


async def served(base: Base, viewer: Viewer, referral: str, *, event: str | None = None) -> list[Served]:
    """Which events of the referral each of its bodies was given first when, and when it acknowledged them.

    Its sender and its court are told of all bodies, any other of itself only. MalformedId; NoSuchRow.
    """
    if not base.model["Referral"].id_pattern.fullmatch(referral):
        raise MalformedId
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            return await _Evidence(connection, base, viewer).of(referral, event)


@dataclass(frozen=True, slots=True)
class _Evidence:
    connection: AsyncConnection
    base: Base
    viewer: Viewer

    async def of(self, referral: str, event: str | None) -> list[Served]:
        row = await self._referral(referral)
        bodies = await self._bodies(row)
        events = await self._events(row, event)
        if not bodies or not events:
            return []
        ranges = await self._ranges(bodies, [seq for (_, _, seq) in events.values()])
        consumers = {each["consumer_id"] for each in ranges if each["consumer_id"]}
        names, acknowledged = await self._names(consumers), await self._acknowledged(consumers, min(events.values()))
        found: dict[tuple[str, str, str | None], Served] = {}
        for id_, place in events.items():
            for each in ranges:
                key = (id_, each["owner_id"], each["consumer_id"])
                if key not in found and is_among(place[2], each["numbers"]):
                    at = _first_behind(place, acknowledged.get(each["consumer_id"], ()), each["began_at"])
                    found[key] = _served(id_, each, names.get(each["consumer_id"]), at)
        return list(found.values())

    async def _referral(self, id_: str) -> Mapping[Any, Any]:
        noun = self.base.model["Referral"]
        predicate = Predicates(self.base.model, shape_of(self.viewer.scope, self.viewer.masks))(noun, "r")
        table = self.base.metadata.tables[noun.table].alias("r")
        seen = [] if predicate is None else [predicate]
        asked = sa.select(table).where(table.c.id == id_, *seen)
        row = (await self.connection.execute(asked, values_of(self.viewer.scope))).mappings().first()
        if row is None:
            raise NoSuchRow
        return row

    async def _bodies(self, row: Mapping[Any, Any]) -> set[str]:
        members = self.base.metadata.tables["referral_members"]
        asked = sa.select(members.c.organisation_id).where(members.c.referral_id == row["id"])
        joined = (await self.connection.execute(asked)).scalars()
        all_ = {row[f"{name}_id"] for name in ("sender", "receiver", "lead", "court")} | set(joined)
        mine = {*self.viewer.scope.organisations, *self.viewer.scope.courts}
        told_all = not mine.isdisjoint({row["sender_id"], row["court_id"]})
        return {body for body in all_ if body and (told_all or body in mine)}

    async def _events(self, row: Mapping[Any, Any], event: str | None) -> dict[str, Place]:
        events = self._table("events")
        place = (events.c.epoch, events.c.xid, events.c.seq)
        of_it = [events.c.case_id == row["case_id"], events.c.subject_id == row["id"]]
        of_it += [events.c.id == event] if event is not None else []
        newest = sa.select(events.c.id, *place).where(*of_it).order_by(*(part.desc() for part in place))
        found = (await self.connection.execute(newest.limit(MOST_EVENTS))).all()
        return {id_: (int(epoch), int(xid), int(seq)) for id_, epoch, xid, seq in reversed(found)}

    async def _ranges(self, bodies: Iterable[str], numbers: Sequence[int]) -> Sequence[Mapping[Any, Any]]:
        table = self._table("deliveries")
        around = table.c.lowest <= max(numbers), table.c.highest >= min(numbers)
        asked = sa.select(table).where(table.c.owner_id.in_(sorted(bodies)), *around).order_by(table.c.given_at)
        return (await self.connection.execute(asked.limit(MOST_RANGES))).mappings().all()

    async def _names(self, consumers: Iterable[str]) -> dict[str, str]:
        table = self._table("consumers")
        asked = sa.select(table.c.id, table.c.name).where(table.c.id.in_(sorted(consumers)))
        return {row.id: row.name for row in await self.connection.execute(asked)}

    async def _acknowledged(self, consumers: Iterable[str], first: Place) -> dict[str, list[tuple[str, Place]]]:
        table = self._table("acknowledgements")
        place = (table.c.epoch, table.c.xid, table.c.seq)
        asked = (
            sa.select(table.c.consumer_id, table.c.acknowledged_at, *place)
            .where(table.c.consumer_id.in_(sorted(consumers)), table.c.rewound.is_(False), sa.tuple_(*place) >= first)
            .order_by(table.c.acknowledged_at)
            .limit(MOST_RANGES)
        )
        found: dict[str, list[tuple[str, Place]]] = {}
        for consumer, at, epoch, xid, seq in await self.connection.execute(asked):
            found.setdefault(consumer, []).append((at, (epoch, xid, seq)))
        return found

    def _table(self, name: str) -> sa.Table:
        return self.base.metadata.tables[name]


def _first_behind(place: Place, acknowledged: Sequence[tuple[str, Place]], began_at: str) -> str | None:
    """When it was acknowledged that everything up to the place was dealt with, since the giving began.

    What a receiver would not take is passed over before it is brought after all: that acknowledged nothing of it.
    """
    return next((at for at, reached in acknowledged if reached >= place and at >= began_at), None)


def _served(event: str, range_: Mapping[Any, Any], consumer: str | None, acknowledged_at: str | None) -> Served:
    owner = range_["owner_id"]
    is_court = owner.startswith("court_")
    return Served(
        event,
        None if is_court else owner,
        owner if is_court else None,
        consumer,
        range_["way"],
        range_["given_at"],
        acknowledged_at,
    )
