"""Registers: bodies and mediators as the justice bureau's rosters have them, each once, by its key (R90, R91)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connectors.records import RegisterRow
from hub.procedures.arrivals import Desk, Record, stored_records
from hub.procedures.disputes import body_reference
from hub.procedures.drafts import Draft
from hub.procedures.readings import clean
from hub.schema.mediators import Mediator
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.referrals import Referral
from hub.store.dialects import listed
from hub.store.seal import context_of

Stored = Mapping[Any, Any]

_LEVELS = {12: OrganisationLevel.VILLAGE, 9: OrganisationLevel.TOWN}
_OTHER = "OTHER"
_LONGEST_NAME = 200


async def write_registers(desk: Desk, connection: AsyncConnection, draft: Draft, records: Sequence[Record]) -> None:
    """Bodies and mediators of rows that are new or another now. Of several rows about one body the newest counts."""
    rows = {record.mark: record.row.content for record in records if record.row is not None}
    told = [(record, row) for record in records if isinstance(row := rows.get(record.mark), RegisterRow)]
    for record, row in told:
        record.gives = body_reference(row.organisation)
    bodies = await _bodies(desk, connection, draft, told)
    await _mediators(desk, connection, draft, told, bodies)


# --- bodies -----------------------------------------------------------------------------------------------------------
async def _bodies(
    desk: Desk, connection: AsyncConnection, draft: Draft, told: Sequence[tuple[Record, RegisterRow]]
) -> dict[str, str]:
    """The id of each body by its reference; bodies are added, and brought up to the newest row about each."""
    newest: dict[str, tuple[Record, RegisterRow]] = {}
    for record, row in sorted(told, key=lambda each: _newness(each[0])):
        newest[record.gives or ""] = record, row
    table = desk.table("source_records")
    mine = {record.id for record, _ in told}
    others = [
        record
        for record in await stored_records(desk, connection, listed(table.c.gives, newest))
        if record.id not in mine
    ]
    latest: dict[str, tuple[str, str, str]] = {}
    for record in others:
        latest[record.gives or ""] = max(latest.get(record.gives or "", ("", "", "")), _newness(record))
    since = await _bodies_since(desk, connection, others)
    found = {
        reference: since.get(reference) or desk.directory.body(row.organisation)
        for reference, (_, row) in newest.items()
    }
    stored = await _by_id(desk, connection, "organisations", (id_ for id_ in found.values() if id_))
    for reference, (record, row) in newest.items():
        id_ = found[reference]
        if id_ is None:
            found[reference] = id_ = draft.insert(Organisation, _body_values(row))
            await _call(desk, connection, draft, row, id_)
        elif _newness(record) >= latest.get(reference, ("", "", "")):
            _correct_body(desk, draft, stored[id_], row)
    return {reference: id_ for reference, id_ in found.items() if id_}


async def _bodies_since(desk: Desk, connection: AsyncConnection, others: Iterable[Record]) -> dict[str, str]:
    """The bodies that other rows brought, by reference: also those that came after the directory was read."""
    mediators = await _by_id(desk, connection, "mediators", (record.subject for record in others if record.subject))
    return {
        record.gives or "": mediators[record.subject]["organisation_id"]
        for record in others
        if record.subject in mediators
    }


def _newness(record: Record) -> tuple[str, str, str]:
    return record.updated, record.hash, record.number


def _body_values(row: RegisterRow) -> dict[str, Any]:
    return {
        "name": clean(row.organisation)[:_LONGEST_NAME],
        "kind": row.organisation_kind,
        "level": _LEVELS.get(len(row.region), _level(row.region)),
        "region": f"region_{row.region}",
        "active": True,
        "head": clean(row.head) if row.head else None,
    }


def _level(region: str) -> OrganisationLevel:
    return OrganisationLevel.CITY if region.endswith("00") else OrganisationLevel.DISTRICT


def _correct_body(desk: Desk, draft: Draft, stored: Stored, row: RegisterRow) -> None:
    values = _body_values(row)
    sealed = stored["head_sealed"]
    head = sealed and desk.seal.open(sealed, context_of("organisations", "head", stored["id"]))
    same = {
        "kind": stored["kind"] == values["kind"],
        "level": stored["level"] == values["level"].name,
        "region": stored["region_id"] == values["region"],
        "active": stored["active"],
        "head": head == values["head"],
    }
    if _is_configured(stored["id"]):
        # What the configuration says of its own bodies is the clerk's to change.
        same |= dict.fromkeys(("kind", "level", "region"), True)
    changed = {name: values[name] for name, unchanged in same.items() if not unchanged}
    draft.update(Organisation, stored["id"], stored["version"], changed)


def _is_configured(id_: str) -> bool:
    return id_.removeprefix("org_")[12] == "5"


async def _call(desk: Desk, connection: AsyncConnection, draft: Draft, row: RegisterRow, id_: str) -> None:
    """Referrals that named the body before it was on a register have it as their receiver now."""
    table = desk.table("source_records")
    seeking = await stored_records(desk, connection, table.c.seeks == body_reference(row.organisation))
    referrals = await _by_id(desk, connection, "referrals", (record.subject for record in seeking if record.subject))
    for stored in referrals.values():
        draft.update(Referral, stored["id"], stored["version"], {"receiver": id_})


# --- mediators --------------------------------------------------------------------------------------------------------
async def _mediators(
    desk: Desk,
    connection: AsyncConnection,
    draft: Draft,
    told: Sequence[tuple[Record, RegisterRow]],
    bodies: Mapping[str, str],
) -> None:
    hashes = {record.mark: desk.seal.hashed("identity", row.identity) for record, row in told}
    table = desk.table("mediators")
    asked = sa.select(table).where(listed(table.c.identity_hash, set(hashes.values())))
    known = (await connection.execute(asked)).mappings().all() if told else []
    by_key = {(row["identity_hash"], row["organisation_id"]): row for row in known}
    added: dict[tuple[str, str], str] = {}
    for record, row in told:
        organisation = bodies[record.gives or ""]
        key = hashes[record.mark], organisation
        stored = by_key.get(key)
        values = _mediator_values(row, organisation)
        if key in added:
            record.subject = added[key]
            draft.update(Mediator, added[key], 0, values)
        elif stored is None:
            once = {"background": _OTHER, "identity": clean(row.identity)}
            record.subject = added[key] = draft.insert(Mediator, {**values, **once})
        else:
            record.subject = stored["id"]
            changed = {name: value for name, value in values.items() if _differs(stored, name, value)}
            draft.update(Mediator, stored["id"], stored["version"], changed)


def _mediator_values(row: RegisterRow, organisation: str) -> dict[str, Any]:
    return {
        "name": clean(row.mediator)[:_LONGEST_NAME],
        "state": row.state,
        "employment": row.employment,
        "organisation": organisation,
        "region": f"region_{row.region}",
        "expertise": row.expertise,
        "term_from": row.term_from,
        "term_to": row.term_to,
    }


def _differs(stored: Stored, name: str, value: Any) -> bool:
    column = f"{name}_id" if name in ("organisation", "region") else name
    return bool(stored[column] != (value.name if hasattr(value, "name") else value))


async def _by_id(desk: Desk, connection: AsyncConnection, table: str, ids: Iterable[str]) -> dict[str, Stored]:
    wanted, rows = sorted(set(ids)), desk.table(table)
    if not wanted:
        return {}
    found = (await connection.execute(sa.select(rows).where(listed(rows.c.id, wanted)))).mappings().all()
    return {row["id"]: row for row in found}
