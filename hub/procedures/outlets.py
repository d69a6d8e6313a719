"""Rows of outlets: enrolled from the policies as jobs are, ended with them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.configuration import Base
from hub.procedures.enrolment import city_of
from hub.procedures.outlet_policies import read_outlets
from hub.procedures.outlet_seeds import Outgoing
from hub.schema.outlets import Letter, LetterState, Outlet, OutletState, Parcel, ParcelState
from hub.store.base import faults
from hub.store.changes import Change, Insert, Update

ENROLMENT = "outlets"
"""The lock under which rows of outlets are made and retired."""


async def enrol(base: Base, today: dt.date, now: dt.datetime) -> tuple[Outgoing, ...]:
    """Bring the rows up to what the policies say, which is given back; nothing is written where they are.

    One that stopped begins anew when something else is said of it.
    """
    policies_, outlets = base.metadata.tables["policies"], base.metadata.tables[Outlet.declared.plural]
    found: list[Outgoing] = []

    async def decide(connection: AsyncConnection) -> list[Change]:
        found[:] = await read_outlets(connection, policies_, today)
        stored = {row["id"]: row for row in (await connection.execute(sa.select(outlets))).mappings()}
        city = await city_of(connection, base)
        changes = [change for each in found if (change := _enrolled(each, stored.get(each.id), city)) is not None]
        return [*changes, *_retired(found, stored)]

    with faults(base.metadata):
        async with base.engine.connect() as connection:
            # An idle start writes nothing, not even a lock.
            if not await decide(connection):
                return tuple(found)
    await base.ledger.transact(decide, actor="system", now=now, cases=[ENROLMENT])
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Counts:
    """How outlets stand, events that nobody has decided about, and batch files that are not acknowledged."""

    states: Mapping[OutletState, int]
    dead: int
    parcels: int


async def count(base: Base) -> Counts:
    """As it is now."""
    tables = [base.metadata.tables[noun.declared.plural] for noun in (Outlet, Letter, Parcel)]
    outlets, letters, parcels = tables
    asked = sa.select(outlets.c.state, sa.func.count()).where(outlets.c.retired.is_(False)).group_by(outlets.c.state)
    dead = sa.select(sa.func.count()).where(letters.c.state == LetterState.DEAD.name).scalar_subquery()
    waiting = sa.select(sa.func.count()).where(parcels.c.state == ParcelState.WAITING.name).scalar_subquery()
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            states = {row[0]: int(row[1]) for row in await connection.execute(asked)}
            both = (await connection.execute(sa.select(dead, waiting))).one()
    return Counts({state: states.get(state.name, 0) for state in OutletState}, int(both[0]), int(both[1]))


def _enrolled(said: Outgoing, row: Mapping[Any, Any] | None, city: str | None) -> Change | None:
    anew = {
        "way": said.way,
        "state": OutletState.WAITING,
        "retired": False,
        "attempts": 0,
        "error": None,
        "next_attempt_at": None,
        "mark": said.mark,
    }
    if row is None:
        begun = {"id": said.id, "name": said.consumer, "owner": said.owner, "region": city, "consumer": None}
        nobody = {"rewinds": 0, "held_by": None, "held_until": None}
        return Insert(Outlet, begun | anew | nobody, event=None)
    if (row["mark"], row["retired"]) == (said.mark, False):
        return None
    return Update(Outlet, row["id"], row["version"], anew, event=None)


def _retired(found: Sequence[Outgoing], stored: Mapping[str, Mapping[Any, Any]]) -> list[Change]:
    named = {each.id for each in found}
    gone = [row for row in stored.values() if row["id"] not in named and not row["retired"]]
    ended = {"retired": True, "held_by": None, "held_until": None, "next_attempt_at": None}
    return [Update(Outlet, row["id"], row["version"], ended, event=None) for row in gone]
