"""Repairs: a person corrects a row in quarantine, and it is applied as if its source had sent it so (R65, R66)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import orjson

from hub.access.viewers import FIX
from hub.connectors.base import Context, connectors
from hub.connectors.records import Bad, Delivery
from hub.connectors.records import Row as Item
from hub.errors import ColumnTwice, NoAgreement, NoSuchColumn, NoSuchRow, Settled, StillUnfit
from hub.procedures.arrivals import Desk
from hub.procedures.beginnings import limits_at
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.directory import directory_at
from hub.procedures.landing import plan_rows
from hub.procedures.quarantines import Origin
from hub.procedures.rows import organisation_id
from hub.rules.values import heading
from hub.schema.batches import Batch
from hub.schema.cases import Case
from hub.schema.quarantines import QuarantinedRow, QuarantineState
from hub.schema.verbs import Most, Text


@dataclass(frozen=True, slots=True)
class Cell:
    """单元格 · One cell of a row"""

    heading: Annotated[str, Text(200, blank=False), "列名 · The heading of its column, as its source calls it"]
    text: Annotated[str, "内容 · What it should have said"]


@verb(
    "更正隔离行：以改正后的内容入库 · Fix a row in quarantine: it is applied as if its source had sent it so",
    changes=QuarantinedRow,
    gives=(QuarantinedRow, Case),
    permission=FIX,
)
async def fix_row(
    deed: Deed,
    row: Row,
    *,
    cells: Annotated[
        tuple[Cell, ...], Most(100), "改正的单元格，其余不变 · The cells that change, beside those that stay"
    ],
) -> None:
    """Gives back the case it was applied to. The batch keeps its counts: the row came in quarantined.

    Settled (HUB-704) when it is no longer open; StillUnfit (HUB-703) when it cannot be applied like that either;
    NoSuchColumn (HUB-718) and ColumnTwice (HUB-719) name the cell that stands nowhere or for the second time.
    """
    if row["state"] is not QuarantineState.OPEN:
        raise Settled
    desk = await _desk(deed, row["record"])
    (batch,) = await deed.rows(Batch, id=row["batch"])
    received = orjson.loads(deed.opened(row, "content") or "{}")
    item = _translated(desk, row, batch, {**received, **_corrected(cells, {*received, *desk.exchange.columns})})
    origin = Origin(row["batch"], row["region"])
    lot = await plan_rows(desk, deed.connection, [item], origin, of_batch=False, draft=deed.draft)
    (record, *_) = [*lot.arrivals.changed.values(), None]
    case = lot.cases.get(record.mark) if record else None
    deed.change(row, state=QuarantineState.FIXED, settled_at=deed.now, case=case)


def _corrected(cells: Sequence[Cell], columns: Iterable[str]) -> dict[str, str]:
    """The texts by column; headings may differ from the source's in what differs from one export to the next."""
    known, found = {heading(column): column for column in columns}, dict[str, str]()
    for number, cell in enumerate(cells):
        column = known.get(heading(cell.heading))
        if column is None or column in found:
            error = NoSuchColumn() if column is None else ColumnTwice()
            error.argument = f"cells.{number}.heading"
            raise error
        found[column] = cell.text
    return found


async def _desk(deed: Deed, record: str) -> Desk:
    """The desk of the row's agreement, with the registers as the deed sees them."""
    exchange = deed.agreements.get(record)
    if exchange is None:
        raise NoSuchRow
    if not exchange.in_force:
        raise NoAgreement(record=record)
    directory = await directory_at(deed.connection, deed.base.metadata.tables)
    limits = await limits_at(deed.connection, deed.base.metadata.tables, deed.now)
    agency = organisation_id(exchange.organisation)
    return Desk(deed.base, deed.seal, exchange, agency, directory, limits, deed.now, deed.actor)


def _translated(desk: Desk, row: Row, batch: Row, raw: Mapping[str, str]) -> Item:
    """The row as its connector reads it now."""
    place = (batch["region"] or "").removeprefix("region_")
    own = None if place == desk.exchange.default_region else place
    delivery = Delivery(desk.exchange.record, batch["file"], own, batch["file_date"], None, 1, batch["sha256"])
    year = (batch["file_date"] or desk.today).year
    context = Context(desk.exchange, delivery, desk.today, desk.directory.places, (year - 1, year))
    item = connectors()[desk.exchange.record].translate(raw, context, place=row["place"])
    if isinstance(item, Bad):
        raise StillUnfit(reason=item.reason.value)
    return item
