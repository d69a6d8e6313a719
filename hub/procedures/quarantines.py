"""Quarantine: rows that cannot be applied are kept sealed and shown masked, until somebody repairs them."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connectors.records import Bad
from hub.exchange_settings import Exchange
from hub.procedures.arrivals import Desk, Record, number_of, raw_text
from hub.procedures.drafts import Draft
from hub.procedures.readings import clean
from hub.rules import masking
from hub.rules.values import Unfit, instant
from hub.schema.quarantines import QuarantinedRow, QuarantineState
from hub.store.dialects import listed

Stored = Mapping[Any, Any]

_PARTIES, _IDENTITIES, _PHONES = ("A", "B", "AB", "head"), ("Aid", "Bid"), ("phone",)
_PARTS = re.compile(r"[、;；,，\n]+")
_NAMED = re.compile(r"(?:人|员|姓名|患者|法官)$")
_BRACKET = re.compile(r"[(（].*")
_LONGEST_SHOWN, _LONGEST_CELL = 4_000, 300


@dataclass(frozen=True, slots=True)
class Origin:
    """The batch that rows arrived in, and the region it is about."""

    batch: str
    region: str


async def write_quarantine(
    desk: Desk,
    connection: AsyncConnection,
    draft: Draft,
    bad: Sequence[Bad],
    *,
    origin: Origin,
    known: Mapping[str, Record],
) -> None:
    """Put rows into quarantine; one that is there already, word for word, is not put there twice.

    `known` holds the stored records of the rows by number: a row that its source has repaired already is kept as such.
    """
    hashes = [desk.seal.fingerprint(raw_text(each.raw)) for each in bad]
    table = desk.table("quarantined_rows")
    asked = sa.select(table.c.content_hash).where(
        table.c.record == desk.exchange.record, listed(table.c.content_hash, set(hashes))
    )
    held = set((await connection.execute(asked)).scalars()) if bad else set()
    for each, hashed in zip(bad, hashes, strict=True):
        if hashed in held:
            continue
        held.add(hashed)
        draft.insert(QuarantinedRow, _values(desk, each, hashed, origin, known))


async def repair(
    desk: Desk, connection: AsyncConnection, draft: Draft, records: Iterable[tuple[Record, str | None]]
) -> None:
    """Rows in quarantine that their source has sent again, repaired, are repaired. `records` come with their case."""
    arrived = {record.number: (record, case) for record, case in records}
    if not arrived:
        return
    table = desk.table("quarantined_rows")
    asked = sa.select(table).where(
        table.c.record == desk.exchange.record,
        listed(table.c.source_number, arrived),
        table.c.state == QuarantineState.OPEN.name,
    )
    for row in (await connection.execute(asked)).mappings():
        record, case = arrived[row["source_number"]]
        if (row["source_updated_at"] or "") <= record.updated:
            settled = {"state": QuarantineState.REPAIRED, "settled_at": desk.now, "case": case}
            draft.update(QuarantinedRow, row["id"], row["version"], settled)


def shown(exchange: Exchange, raw: Mapping[str, str]) -> str:
    """The row as a list of quarantine shows it: headings and cells, every name, identity and telephone masked."""
    roles = {column: role for role, column in exchange.fields.items() if role in _MASKED}
    names = [name for column in roles if roles[column] in _PARTIES for name in _names(raw.get(column))]
    lines = (f"{heading}：{_cell(heading, cell, roles.get(heading), names)}" for heading, cell in raw.items() if cell)
    return clean("\n".join(lines))[:_LONGEST_SHOWN]


_MASKED = (*_PARTIES, *_IDENTITIES, *_PHONES)


def _names(cell: str | None) -> Iterator[str]:
    for part in _PARTS.split(cell or ""):
        name = _BRACKET.sub("", part).strip()
        if name:
            yield name


def _cell(heading: str, cell: str, role: str | None, names: Sequence[str]) -> str:
    cell = str(cell)[:_LONGEST_CELL]
    if role in _PARTIES or (role is None and _NAMED.search(heading)):
        return "、".join(masking.mask_name(name) for name in _names(cell))
    if role in _IDENTITIES:
        return "、".join(masking.mask_identity(part) for part in _PARTS.split(cell))
    if role in _PHONES:
        return masking.mask_phone(cell)
    return masking.mask_text(cell, names)


def _values(desk: Desk, bad: Bad, hashed: str, origin: Origin, known: Mapping[str, Record]) -> dict[str, Any]:
    number = number_of(desk, bad)
    updated, newer = _updated(desk, bad), known.get(number or "")
    repaired = newer is not None and updated is not None and updated <= newer.updated
    return {
        "batch": origin.batch,
        "organisation": desk.organisation,
        "region": origin.region,
        "record": desk.exchange.record,
        "source_number": number,
        "place": bad.place,
        "reason": bad.reason,
        "state": QuarantineState.REPAIRED if repaired else QuarantineState.OPEN,
        "shown": shown(desk.exchange, bad.raw),
        "content": raw_text(bad.raw),
        "content_hash": hashed,
        "source_updated_at": updated and dt.datetime.fromisoformat(updated),
        "received_at": desk.now,
        "settled_at": desk.now if repaired else None,
        "case": newer.case if repaired and newer is not None else None,
    }


def _updated(desk: Desk, bad: Bad) -> str | None:
    column = desk.exchange.update_column
    try:
        return instant(bad.raw.get(column), today=desk.today) if column else None
    except Unfit:
        return None
