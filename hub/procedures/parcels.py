"""Batch files as rows: how far they go, which are not acknowledged, and what becomes of them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.procedures.configuration import Base
from hub.procedures.runs import table_of
from hub.schema.outlets import Parcel, ParcelState
from hub.store.base import faults
from hub.store.changes import Insert, Update
from hub.store.log import BEGINNING, Entry, Position
from hub.store.parcels import NOTHING

MOST_WAITING = 500
"""Batch files of an outlet that are not acknowledged: beyond, none is written."""


BEFORE = 100
"""Batch files before the first that waits whose acknowledgement is known to be a repetition."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The newest batch file, and all from a little before the first that is not acknowledged on, by number."""

    number: int
    sha256: str
    brought: Position
    """Up to where events are in files that hold."""
    rows: Mapping[int, Mapping[Any, Any]]

    @property
    def waiting(self) -> tuple[int, ...]:
        """The numbers that wait for their acknowledgement."""
        return tuple(number for number, row in self.rows.items() if row["state"] == ParcelState.WAITING.name)

    @property
    def known(self) -> dict[int, tuple[str, ParcelState]]:
        """What an acknowledgement is judged by."""
        return {number: (row["sha256"], ParcelState[row["state"]]) for number, row in self.rows.items()}


async def stock(base: Base, outlet: str) -> Stock:
    """The outlet's batch files as they are now."""
    table = table_of(base, Parcel)
    mine = table.c.outlet_id == outlet
    first = sa.select(sa.func.min(table.c.number)).where(mine, table.c.state == ParcelState.WAITING.name)
    newest = sa.select(sa.func.max(table.c.number)).where(mine)
    since = table.c.number >= sa.func.coalesce(first.scalar_subquery(), newest.scalar_subquery()) - BEFORE
    lasting = sa.select(table.c.last).where(mine, table.c.state != ParcelState.VOID.name, table.c.last.is_not(None))
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            rows = (await connection.execute(sa.select(table).where(mine, since).order_by(table.c.number))).mappings()
            found = {int(row["number"]): row for row in rows}
            last = (await connection.execute(lasting.order_by(table.c.number.desc()).limit(1))).scalar()
    number = max(found, default=0)
    sha256 = found[number]["sha256"] if found else NOTHING
    return Stock(number, sha256, Position.of(last) if last else BEGINNING, found)


def written(
    outlet: Mapping[Any, Any], consumer: str, number: int, sha256: str, entries: Sequence[Entry], now: dt.datetime
) -> Insert:
    """A new batch file with these events, none where it tells of an error."""
    last = entries[-1] if entries else None
    values = {
        "outlet": outlet["id"],
        "consumer": consumer,
        "owner": outlet["owner_id"],
        "region": outlet["region_id"],
        "number": number,
        "sha256": sha256,
        "events": len(entries),
        "first": str(entries[0].position) if entries else None,
        "last": str(last.position) if last else None,
        "last_event": last.id if last else None,
        "written_at": now,
        "acknowledged_at": None,
        "refused": None,
        "state": ParcelState.WAITING,
    }
    return Insert(Parcel, values, event=None)


def acknowledged(row: Mapping[Any, Any], now: dt.datetime) -> Update:
    """The batch file was dealt with."""
    values = {"state": ParcelState.ACKNOWLEDGED, "acknowledged_at": now, "refused": None}
    return Update(Parcel, row["id"], row["version"], values, event=None)


def refused(row: Mapping[Any, Any], code: str) -> Update:
    """What lies there as its acknowledgement is none."""
    return Update(Parcel, row["id"], row["version"], {"refused": code}, event=None)
