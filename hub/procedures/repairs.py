"""Repairs: a person corrects a row in quarantine, and it is applied as if its source had sent it so (R65, R66)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import orjson
import sqlalchemy as sa

from hub.connectors.base import Context, connectors
from hub.connectors.records import Bad, Delivery, Row
from hub.errors import NoSuchRow, StillUnfit, VersionConflict
from hub.exchange_settings import Exchange
from hub.procedures.arrivals import Desk
from hub.procedures.configuration import Base
from hub.procedures.intake import desk_of
from hub.procedures.landing import Lot, plan_rows
from hub.procedures.quarantines import Origin
from hub.schema.quarantines import QuarantinedRow, QuarantineState
from hub.schema.sources import Fate
from hub.store.base import faults
from hub.store.ledger import batches
from hub.store.seal import Seal, context_of

Stored = Mapping[Any, Any]


async def fix_row(
    base: Base,
    row: str,
    cells: Mapping[str, str],
    *,
    version: int,
    agreements: Mapping[str, Exchange],
    seal: Seal,
    now: dt.datetime,
    actor: str,
) -> Fate:
    """Apply a row in quarantine with these cells, by heading, instead of those that were received; its fate.

    The batch keeps its counts: the row came in quarantined. NoSuchRow (HUB-702); VersionConflict (HUB-505) when it is
    no longer open or was changed; StillUnfit (HUB-703) when it cannot be applied like that either.
    """
    stored = await _stored(base, row)
    if stored["state"] != QuarantineState.OPEN.name or stored["version"] != version:
        raise VersionConflict
    exchange = agreements.get(stored["record"])
    if exchange is None:
        raise NoSuchRow
    desk = await desk_of(base, exchange, seal=seal, now=now, actor=actor)
    batch = await _stored(base, stored["batch_id"], "batches")
    item = _translated(desk, stored, batch, {**_received(seal, stored), **cells})
    lot = await _planned(desk, item, Origin(stored["batch_id"], stored["region_id"]))
    (record, *_), fate = [*lot.arrivals.changed.values(), None], lot.arrivals.fates[0]
    case = lot.cases.get(record.mark) if record else None
    values = {"state": QuarantineState.FIXED, "settled_at": now, "case": case}
    lot.draft.update(QuarantinedRow, row, version, values)
    for changes in batches(lot.draft.changes()):
        await base.ledger.write(changes, actor=actor, now=now, organisation=desk.organisation)
    return fate


async def _stored(base: Base, id_: str, table: str = "quarantined_rows") -> Stored:
    rows = base.metadata.tables[table]
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            found = (await connection.execute(sa.select(rows).where(rows.c.id == id_))).mappings().first()
    if found is None:
        raise NoSuchRow
    return found


def _received(seal: Seal, stored: Stored) -> dict[str, str]:
    text = seal.open(stored["content_sealed"], context_of("quarantined_rows", "content", stored["id"]))
    found: dict[str, str] = orjson.loads(text)
    return found


def _translated(desk: Desk, stored: Stored, batch: Stored, raw: Mapping[str, str]) -> Row:
    """The row as its connector reads it now."""
    place = (batch["region_id"] or "").removeprefix("region_")
    own = None if place == desk.exchange.default_region else place
    delivery = Delivery(desk.exchange.record, batch["file"], own, batch["file_date"], None, 1, batch["sha256"])
    year = (batch["file_date"] or desk.today).year
    context = Context(desk.exchange, delivery, desk.today, desk.directory.places, (year - 1, year))
    item = connectors()[desk.exchange.record].translate(raw, context, place=stored["place"])
    if isinstance(item, Bad):
        raise StillUnfit(reason=item.reason.value)
    return item


async def _planned(desk: Desk, item: Row, origin: Origin) -> Lot:
    with faults(desk.base.metadata):
        async with desk.base.engine.connect() as connection:
            return await plan_rows(desk, connection, [item], origin, of_batch=False)
