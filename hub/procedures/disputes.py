"""Disputes become rows: the case that stays, its parties, its source records and the referrals that they open."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connectors.records import CaseRow, ReferralRow
from hub.procedures.arrivals import SHANGHAI, Desk, Record
from hub.procedures.beginnings import ISSUED, REGISTERED, begin
from hub.procedures.drafts import Draft
from hub.procedures.linking import Cases, Dispute
from hub.procedures.merges import Moves, following, read_moves, write_merges, write_moves
from hub.procedures.neighbours import Neighbourhood
from hub.procedures.numbers import Numbers, case_series, referral_series
from hub.procedures.readings import Person, Said, case_values, clean, people, said, settled
from hub.procedures.registration import first_contact
from hub.rules import wording
from hub.rules.limits import RECEIVED_FROM
from hub.schema.cases import Case, CaseState, Party
from hub.schema.events import Fact
from hub.schema.links import MergeBasis
from hub.schema.referrals import Referral, ReferralState
from hub.store.dialects import listed

Stored = Mapping[Any, Any]

_MOST_KEPT = 20_000


@dataclass(slots=True)
class Dossiers:
    """What is stored of the cases that change: their parties, the referrals of their records; and the next numbers."""

    cases: Cases
    numbers: Numbers
    parties: dict[str, list[Stored]] = field(default_factory=dict)
    referrals: dict[str, Stored] = field(default_factory=dict)
    moves: Moves = field(default_factory=Moves)


async def read_dossiers(
    desk: Desk, connection: AsyncConnection, disputes: Sequence[Dispute], cases: Cases, numbers: Numbers
) -> Dossiers:
    """Read what writing the disputes needs, each table once."""
    found = Dossiers(cases, numbers)
    held = sorted({case for dispute in disputes for case in (dispute.live, *dispute.beside)} & cases.rows.keys())
    if held:
        parties = desk.table("parties")
        for row in (await connection.execute(sa.select(parties).where(listed(parties.c.case_id, held)))).mappings():
            found.parties.setdefault(row["case_id"], []).append(row)
    subjects = {record.subject for dispute in disputes for record in dispute.members if record.version}
    ids = sorted(subject for subject in subjects if subject and subject.startswith("ref_"))
    if ids:
        referrals = desk.table("referrals")
        rows = (await connection.execute(sa.select(referrals).where(listed(referrals.c.id, ids)))).mappings()
        found.referrals = {row["id"]: row for row in rows}
    found.moves = await read_moves(desk, connection, disputes, cases, _going(disputes, found.referrals))
    await numbers.read(connection, desk.base.metadata.tables, _series(desk, disputes, cases))
    return found


def write_disputes(
    desk: Desk,
    draft: Draft,
    disputes: Iterable[Dispute],
    around: Neighbourhood,
    dossiers: Dossiers,
    *,
    basis: MergeBasis,
) -> None:
    """Write each dispute; the records' `case`, `opened` and `subject` are then those that the deed gives them."""
    held: dict[str, list[Record]] = {}
    for record in around.records.values():
        held.setdefault(record.case or "", []).append(record)
    for dispute in disputes:
        before = [each for record in held.get(dispute.live, ()) if (each := _said(desk, record))]
        told = [each for record in dispute.members if (each := _said(desk, record))]
        _write_case(desk, draft, dispute, told, before, dossiers)
        for case in dispute.beside:
            if case not in dossiers.cases.rows:
                _write_merged(desk, draft, dispute, case, dossiers)
        write_merges(desk, draft, dispute, dossiers.cases, dossiers.moves, basis=basis)
        for record in dispute.members:
            _write_referral(desk, draft, record, dispute.live, dossiers)
    write_moves(draft, dossiers.moves)


def _going(disputes: Iterable[Dispute], referrals: Mapping[str, Stored]) -> dict[str, str]:
    """The referrals of records that belong to another case now, and to which."""
    where = {record.subject: dispute.live for dispute in disputes for record in dispute.members if record.subject}
    return {id_: where[id_] for id_, row in referrals.items() if row["case_id"] != where[id_]}


def _said(desk: Desk, record: Record) -> Said | None:
    key = record.id, record.hash
    if key not in desk.kept:
        if len(desk.kept) >= _MOST_KEPT:
            desk.kept.clear()
        content = record.content(desk.seal)
        desk.kept[key] = None if content is None else said(record.mark, content, void=record.void)
    found: Said | None = desk.kept[key]
    return found


def _place(desk: Desk, region: str) -> tuple[str, str]:
    id_, centre = desk.directory.in_charge(region)
    return id_, centre or desk.organisation


def _values(desk: Desk, told: Sequence[Said]) -> dict[str, Any]:
    return case_values(told, lambda region: _place(desk, region))


def _write_case(
    desk: Desk, draft: Draft, dispute: Dispute, told: Sequence[Said], before: Sequence[Said], dossiers: Dossiers
) -> None:
    stored = dossiers.cases.rows.get(dispute.live)
    if not told:
        return
    values, persons = _values(desk, told), people(told)
    if stored is None:
        _open_case(desk, draft, dispute, dispute.live, values, persons, dossiers)
        return
    state, event, facts = following(dispute, dossiers.cases)
    restored = dispute.live in dossiers.cases.merges
    known = {} if restored or not before else _values(desk, before)
    changed = {name: value for name, value in values.items() if name not in known or known[name] != value}
    draft.update(Case, dispute.live, stored["version"], changed | state, event=event, facts=facts)
    mine = None if restored or not before else people(before)
    _write_parties(desk, draft, dispute.live, persons, mine, dossiers.parties.get(dispute.live, ()))


def _write_merged(desk: Desk, draft: Draft, dispute: Dispute, case: str, dossiers: Dossiers) -> None:
    """A case that was opened and merged in one deed: it has its own record's content, as its history."""
    told = [each for record in dispute.members if record.opened == case and (each := _said(desk, record))]
    _open_case(desk, draft, dispute, case, _values(desk, told), people(told), dossiers)


def _open_case(
    desk: Desk,
    draft: Draft,
    dispute: Dispute,
    case: str,
    values: Mapping[str, Any],
    persons: Mapping[str, Person],
    dossiers: Dossiers,
) -> None:
    number = dossiers.numbers.next(case_series(values["region"].removeprefix("region_"), desk.today.year))
    state = CaseState.REGISTERED if case == dispute.live else CaseState.MERGED
    once = {**settled(desk.today, desk.now), "id": case, "number": number, "state": state}
    once |= _asked_first(desk, dispute, case)
    draft.insert(Case, {**values, **once}, facts=[Fact("source", code=desk.exchange.record)])
    begin(desk, draft, (*REGISTERED, *RECEIVED_FROM.get(values["channel"], ())), case=case)
    for person in persons.values():
        # The case's own event tells that it came with its parties and its record.
        draft.insert(Party, {**person.values, "case": case, "shielded": False}, event=None)


def _asked_first(desk: Desk, dispute: Dispute, case: str) -> dict[str, Any]:
    """Whose record opened the case answers for it until it is accepted (R85)."""
    asked = next((record.organisation for record in dispute.members if record.opened == case), desk.organisation)
    courts = {organisation for _, organisation in desk.directory.courts.values()}
    return first_contact("court" if asked in courts else "agency", asked)


def _write_parties(
    desk: Desk,
    draft: Draft,
    case: str,
    persons: Mapping[str, Person],
    before: Mapping[str, Person] | None,
    stored: Iterable[Stored],
) -> None:
    """Bring the stored parties to those that the records name. Who came from elsewhere stays; None: nobody did."""
    known = {_stored_mark(row): row for row in sorted(stored, key=lambda row: row["left_at"] is None)}
    wanted = {_mark(desk, person): person for person in persons.values()}
    mine = None if before is None else {_mark(desk, person) for person in before.values()}
    for mark, person in wanted.items():
        row = known.get(mark)
        if row is None:
            draft.insert(Party, {**person.values, "case": case, "shielded": False})
        else:
            draft.update(Party, row["id"], row["version"], _party_changes(desk, row, person))
    for mark, row in known.items():
        if mark not in wanted and row["left_at"] is None and (mine is None or mark in mine):
            draft.update(Party, row["id"], row["version"], {"left_at": desk.now})


def _party_changes(desk: Desk, row: Stored, person: Person) -> dict[str, Any]:
    phone = person.phone and desk.seal.hashed("phone", person.phone)
    same = {
        "name": row["name"] == person.name,
        "role": row["role"] == person.role.name,
        "kind": row["kind"] == person.kind.name,
        "phone": row["phone_hash"] == phone,
        "left_at": row["left_at"] is None,
    }
    values = {**person.values, "left_at": None}
    return {name: values[name] for name, unchanged in same.items() if not unchanged}


def _mark(desk: Desk, person: Person) -> str:
    if person.identity:
        return desk.seal.hashed("identity", person.identity)
    return wording.plain("name", person.name)


def _stored_mark(row: Stored) -> str:
    return str(row["identity_hash"] or wording.plain("name", row["name"]))


# --- referrals --------------------------------------------------------------------------------------------------------
def _write_referral(desk: Desk, draft: Draft, record: Record, case: str, dossiers: Dossiers) -> None:
    """The referral that a record opens: issued once, moved with its record, corrected with it."""
    if record.row is None:
        stored = dossiers.referrals.get(record.subject or "")
        if stored is not None and stored["case_id"] != case:
            draft.update(Referral, stored["id"], stored["version"], {"case": case})
        return
    content = record.row.content
    referral = content.referral if isinstance(content, CaseRow) else None
    if referral is None:
        return
    values = {**_referral_values(desk, referral), "case": case}
    stored = dossiers.referrals.get(record.subject or "")
    if stored is None:
        number = dossiers.numbers.next(referral_series(desk.today.year))
        once = {"number": number, "state": ReferralState.ISSUED, "undisputed_facts": False}
        record.subject = draft.insert(Referral, {**values, **once})
        begin(desk, draft, ISSUED, case=case, referral=record.subject)
    else:
        changed = {name: value for name, value in values.items() if _differs(stored, name, value)}
        draft.update(Referral, stored["id"], stored["version"], changed)
    if values["receiver"] is None and referral.receiver:
        record.seeks = body_reference(referral.receiver)


def body_reference(name: str) -> str:
    """What a record looks for that names a body no register holds yet."""
    return f"organisation:{wording.plain('name', clean(name))}"[:300]


def _referral_values(desk: Desk, referral: ReferralRow) -> dict[str, Any]:
    court, organisation = desk.directory.courts.get(referral.court or "", (None, None))
    number = referral.court_number
    return {
        "type": referral.type,
        "court": court,
        "court_number": clean(number)[:200] if number else None,
        "sender": organisation or desk.organisation,
        "receiver": desk.directory.body(referral.receiver),
        "issued_at": dt.datetime.combine(referral.issued_on, dt.time(), SHANGHAI),
        "issued_on": referral.issued_on,
        "due_on": referral.due_on,
    }


def _differs(stored: Stored, name: str, value: Any) -> bool:
    column = f"{name}_id" if f"{name}_id" in stored else name
    if name == "issued_at":
        return False
    return bool(stored[column] != (value.name if hasattr(value, "name") else value))


def _series(desk: Desk, disputes: Iterable[Dispute], cases: Cases) -> set[str]:
    """The series that numbers may be needed of: more than enough is read, nothing is taken."""
    found: set[str] = set()
    for dispute in disputes:
        new = {dispute.live, *dispute.beside} - cases.rows.keys()
        if new:
            told = [each for record in dispute.members if (each := _said(desk, record))]
            found |= {case_series(each.row.region, desk.today.year) for each in told}
        if any(record.row is not None for record in dispute.members):
            found.add(referral_series(desk.today.year))
    return found
