"""Landing: what taking in some rows changes, worked out against what is stored, as one deed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connectors.records import AttachmentRow, Bad, CaseRow, Row
from hub.procedures.arrivals import Arrivals, Desk, Record, content_of, decide, number_of, raw_text, stored_records
from hub.procedures.attachments import gives, rehang, write_attachments
from hub.procedures.disputes import read_dossiers, write_disputes
from hub.procedures.drafts import Draft
from hub.procedures.linking import Dispute, decide_openings, read_cases, settle
from hub.procedures.moving import move_alerts
from hub.procedures.neighbours import Neighbourhood, gather, links_of
from hub.procedures.numbers import Numbers
from hub.procedures.quarantines import Origin, repair, write_quarantine
from hub.procedures.readings import LONGEST_STORY, clean, packed
from hub.procedures.registers import write_registers
from hub.procedures.rows import policy_id
from hub.schema.batches import BatchPart
from hub.schema.links import MergeBasis, Pairing
from hub.schema.policies import Policy
from hub.schema.sources import Fate, RegionSource, SourceRecord
from hub.store.changes import USUAL
from hub.store.dialects import listed

_TURN = policy_id("intake", "turn")
"""The row that every deed of intake changes: of two that looked at the same state, one looks again."""

UNKNOWN_TYPE = "99"
"""The dispute type of what an agency calls by a word that nobody knows."""

_LETTERS = {fate: fate.name[0] for fate in Fate}


@dataclass(slots=True)
class Lot:
    """Some rows, what becomes of them, and the deed that makes it so."""

    draft: Draft
    arrivals: Arrivals
    cases: dict[str, str | None]


async def plan_rows(
    desk: Desk,
    connection: AsyncConnection,
    items: Sequence[Row | Bad],
    origin: Origin,
    *,
    of_batch: bool = True,
    draft: Draft | None = None,
) -> Lot:
    """What taking in these rows would change, added to the draft; nothing is written.

    Rows that are not `of_batch` it does not count.
    """
    draft = Draft(desk.base) if draft is None else draft
    await take_turn(desk, connection, draft)
    numbers = sorted(set(filter(None, (number_of(desk, item) for item in items))))
    table = desk.table("source_records")
    mine = (table.c.system == desk.exchange.record) & listed(table.c.source_number, numbers)
    stored = await stored_records(desk, connection, mine) if numbers else []
    arrivals = decide(desk, items, stored)
    cases = await _write_changed(desk, connection, draft, arrivals)
    for record in arrivals.changed.values():
        _write_record(desk, draft, record, cases.get(record.mark), origin)
    known = {record.number: record for record in (*stored, *arrivals.changed.values())}
    await write_quarantine(desk, connection, draft, arrivals.bad, origin=origin, known=known)
    await repair(desk, connection, draft, [(each, cases.get(each.mark)) for each in arrivals.changed.values()])
    if of_batch:
        draft.insert(BatchPart, part_of(arrivals, origin), event=None)
    await move_alerts(connection, draft)
    return Lot(draft, arrivals, cases)


async def take_turn(desk: Desk, connection: AsyncConnection, draft: Draft) -> None:
    """Make the deed fail where another deed of intake comes between this look and the writing."""
    policies = desk.table("policies")
    version = (await connection.execute(sa.select(policies.c.version).where(policies.c.id == _TURN))).scalar()
    if version is None:
        values = {"id": _TURN, "kind": "intake", "name": "turn", "body": "{}", "valid_from": None, "valid_to": None}
        draft.insert(Policy, values, event=None)
    else:
        draft.update(Policy, _TURN, version, {"body": "{}"}, event=None)


async def _write_changed(
    desk: Desk, connection: AsyncConnection, draft: Draft, arrivals: Arrivals
) -> dict[str, str | None]:
    """Write what the changed records are about; the case of each by mark."""
    records = list(arrivals.changed.values())
    if not records:
        return {}
    if desk.exchange.kind == "register":
        await write_registers(desk, connection, draft, records)
        return {}
    if desk.exchange.kind == "attachment":
        return await write_attachments(desk, connection, draft, records)
    for record in records:
        content = content_of(record)
        if isinstance(content, CaseRow):
            record.day, record.links = content.happened_on, links_of(desk, content)
            record.gives = gives(record, content)
    around = await gather(desk, connection, records)
    decide_openings(desk, arrivals, around)
    return await relink(desk, connection, draft, arrivals, around, basis=MergeBasis.RULE)


async def relink(
    desk: Desk,
    connection: AsyncConnection,
    draft: Draft,
    arrivals: Arrivals,
    around: Neighbourhood,
    *,
    basis: MergeBasis,
) -> dict[str, str | None]:
    """Bring cases to the disputes that the records make now; the case of each record by mark."""
    cases = await read_cases(desk, connection, [*around.records.values(), *arrivals.changed.values()])
    disputes = settle(desk, arrivals, around, cases)
    changed = [dispute for dispute in disputes if dispute.moved]
    dossiers = await read_dossiers(desk, connection, changed, cases, Numbers())
    write_disputes(desk, draft, changed, around, dossiers, basis=basis)
    found: dict[str, str | None] = {}
    moved: list[tuple[Record, str]] = []
    for dispute in changed:
        _move(draft, dispute)
        for record in dispute.members:
            found[record.mark] = dispute.live
            if record.gives or (record.before and record.before.gives):
                moved.append((record, dispute.live))
    for mark in arrivals.changed:
        _write_pairings(draft, arrivals.changed[mark], around)
    if moved:
        await rehang(desk, connection, draft, moved)
    return found


def _move(draft: Draft, dispute: Dispute) -> None:
    """Records that nothing new arrived of, and that belong to another case now."""
    for record in dispute.members:
        if record.row is None and record.version:
            values = {"case": dispute.live} if record.case != dispute.live else {}
            if record.opened != record.opened_before:
                values["opened"] = record.opened or ""
            draft.update(SourceRecord, record.id, record.version, values)


def _write_pairings(draft: Draft, record: Record, around: Neighbourhood) -> None:
    """The pairs of a record beyond its first, in rows of their own; rows that are left over are no pair any more."""
    further = sorted(record.links)[1:]
    stored = around.pairings.get(record.id, [])
    for row, key in zip(stored, [*further, *[None] * len(stored)], strict=False):
        if row["key"] != key:
            draft.update(Pairing, row["id"], row["version"], {"key": key}, event=None)
    for key in further[len(stored) :]:
        draft.insert(Pairing, {"source": record.id, "key": key}, event=None)


def _write_record(desk: Desk, draft: Draft, record: Record, case: str | None, origin: Origin) -> None:
    content = content_of(record)
    row = record.row
    of_case = isinstance(content, CaseRow)
    values = {
        "case": case,
        "batch": origin.batch,
        "source_updated_at": dt.datetime.fromisoformat(record.updated),
        "received_at": desk.now,
        "fate": record.fate,
        "void": record.void or None,
        "waiting": True if isinstance(content, AttachmentRow) and case is None else None,
        "happened_on": record.day,
        "raw_type": _raw_type(content) if of_case else None,
        "region_from": RegionSource[content.region_flag.name] if isinstance(content, CaseRow) else None,
        "opened": record.opened,
        "subject": record.subject,
        "content": raw_text(row.raw) if row else None,
        "reading": packed(_within(content)),
        "content_hash": record.hash,
        "pair": min(record.links, default=None),
        "gives": record.gives,
        "seeks": record.seeks,
    }
    if record.version:
        draft.update(SourceRecord, record.id, record.version, values)
    else:
        once = {"id": record.id, "organisation": record.organisation}
        named = {**once, "system": record.system, "source_number": record.number}
        draft.insert(SourceRecord, {**values, **named}, event=None if record.fate is Fate.APPLIED and case else USUAL)


def _within(content: Any) -> Any:
    """The reading within what a case keeps of it."""
    if isinstance(content, CaseRow) and content.text is not None and len(content.text) > LONGEST_STORY:
        return replace(content, text=content.text[:LONGEST_STORY])
    return content


def _raw_type(content: Any) -> str | None:
    said = content.raw_type if content.dispute_type == UNKNOWN_TYPE else None
    return clean(said)[:300] if said else None


def part_of(arrivals: Arrivals, origin: Origin) -> dict[str, Any]:
    """The fates of the rows, as the batch keeps them."""
    places = arrivals.places
    follow = places == list(range(places[0], places[0] + len(places)))
    return {
        "batch": origin.batch,
        "first": places[0],
        "fates": "".join(_LETTERS[fate] for fate in arrivals.fates),
        "places": None if follow else orjson.dumps(places).decode(),
    }
