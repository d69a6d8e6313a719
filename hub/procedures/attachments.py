"""What hangs on a case by a reference: agreements, confirmations, notarisations, appraisals; some wait for a case."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connectors.records import AttachmentRow, CaseRow, Row
from hub.procedures.arrivals import Desk, Record, stored_records
from hub.procedures.drafts import Draft
from hub.procedures.readings import clean
from hub.rules.values import Unfit, day, heading
from hub.schema.agreements import Agreement, AgreementKind, Appraisal, Confirmation, Notarisation
from hub.schema.declare import Entity
from hub.schema.sources import SourceRecord
from hub.store.dialects import listed

Stored = Mapping[Any, Any]

NOUNS: Mapping[str, type[Entity]] = {
    "confirmation": Confirmation,
    "notarisation": Notarisation,
    "appraisal": Appraisal,
}
_AGREEMENT, _DELEGATION = "agreement:", "delegation:"
_LONGEST, _LONGEST_TEXT = 300, 20_000
_TEXTS = ("opinion", "ruling", "dismissal", "matter")


@dataclass(slots=True)
class Holders:
    """Which case each reference leads to now and by which record, and the agreements that are stored, by number."""

    cases: dict[str, str | None] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    agreements: dict[str, Stored] = field(default_factory=dict)


def gives(record: Record, content: CaseRow) -> str | None:
    """The reference by which attachments find the case of a record: its agreement's number, or its own delegation."""
    if content.agreement:
        return f"{_AGREEMENT}{clean(content.agreement)}"[:_LONGEST]
    return f"{_DELEGATION}{record.number}"[:_LONGEST] if content.referral else None


def seeks(content: AttachmentRow) -> str | None:
    """The reference that an attachment looks for; one without a reference waits for ever."""
    kind = _DELEGATION if content.kind == "appraisal" else _AGREEMENT
    return f"{kind}{clean(content.reference)}"[:_LONGEST] if content.reference else None


async def read_holders(
    desk: Desk,
    connection: AsyncConnection,
    references: Iterable[str | None],
    records: Iterable[tuple[Record, str]] = (),
) -> Holders:
    """Where the references lead: the case of the first record that gives each; `records` come with their new case."""
    wanted = sorted({reference for reference in references if reference})
    found = Holders(dict.fromkeys(wanted))
    if not wanted:
        return found
    table = desk.table("source_records")
    settled = {record.id: (record, case) for record, case in records}
    stored = await stored_records(desk, connection, listed(table.c.gives, wanted))
    given = [(record, record.case) for record in stored if record.id not in settled]
    given += [(record, case) for record, case in settled.values() if record.gives in found.cases]
    for record, case in sorted(given, key=lambda each: each[0].mark, reverse=True):
        if record.gives and case:
            found.cases[record.gives], found.records[record.gives] = case, record
    numbers = [each.removeprefix(_AGREEMENT) for each in wanted if each.startswith(_AGREEMENT)]
    if numbers:
        agreements = desk.table("agreements")
        asked = sa.select(agreements).where(listed(agreements.c.number, numbers))
        found.agreements = {row["number"]: row for row in (await connection.execute(asked)).mappings()}
    return found


async def rehang(desk: Desk, connection: AsyncConnection, draft: Draft, moved: Sequence[tuple[Record, str]]) -> None:
    """After records changed or moved: the agreements they gave and give, and whatever hangs on those, follow them."""
    references = {reference for record, _ in moved for reference in _references(record) if reference}
    holders = await read_holders(desk, connection, references, moved)
    for reference in holders.cases:
        if reference.startswith(_AGREEMENT):
            _hold_agreement(desk, draft, reference, holders)
    await _hang(desk, connection, draft, holders)


def _references(record: Record) -> tuple[str | None, ...]:
    return record.gives, record.before.gives if record.before else None


def _hold_agreement(desk: Desk, draft: Draft, reference: str, holders: Holders) -> None:
    number, case, record = reference.removeprefix(_AGREEMENT), holders.cases[reference], holders.records.get(reference)
    said = _agreement_said(desk, record.row) if record is not None and record.row is not None else {}
    stored = holders.agreements.get(number)
    if stored is not None:
        draft.update(Agreement, stored["id"], stored["version"], _other_than(stored, {"case": case} | said))
    elif case:
        values = {"number": number, "kind": None, "date": None, "case": case}
        holders.agreements[number] = {"id": draft.insert(Agreement, values | said), "version": 0}


def _other_than(stored: Stored, values: Mapping[str, Any]) -> dict[str, Any]:
    known = {
        "case": stored["case_id"],
        "kind": stored["kind"] and AgreementKind[stored["kind"]],
        "date": stored["date"],
    }
    return {name: value for name, value in values.items() if known[name] != value}


def _agreement_said(desk: Desk, row: Row) -> dict[str, Any]:
    """Form and date of the agreement, where the exchange agreement names a heading for them."""
    exchange = desk.exchange
    kind, date = exchange.values.get("agreement_kind"), exchange.dates.get("agreement_date")
    try:
        on = day(row.raw.get(date), today=desk.today) if date else None
    except Unfit:
        on = None
    word = row.raw.get(kind, "") if kind else ""
    return {"kind": next((form for said, form in _FORMS.items() if said in word), None), "date": on}


_FORMS = {"书面": AgreementKind.WRITTEN, "口头": AgreementKind.ORAL}


async def _hang(desk: Desk, connection: AsyncConnection, draft: Draft, holders: Holders) -> None:
    """Everything stored that looks for one of the references hangs on its case, or waits again."""
    if not holders.cases:
        return
    table = desk.table("source_records")
    found = await stored_records(desk, connection, listed(table.c.seeks, holders.cases))
    versions = await _versions(desk, connection, found)
    for record in found:
        case = holders.cases[record.seeks or ""]
        if record.subject is None or record.subject not in versions:
            continue
        noun, version = versions[record.subject]
        if record.case != case:
            draft.update(SourceRecord, record.id, record.version, {"case": case, "waiting": case is None or None})
        values = {"case": case, **_agreement_of(noun, record.seeks, holders)}
        if record.case != case:
            draft.update(noun, record.subject, version, values)


def _agreement_of(noun: type[Entity], reference: str | None, holders: Holders) -> dict[str, Any]:
    if noun is Appraisal:
        return {}
    stored = holders.agreements.get((reference or "").removeprefix(_AGREEMENT))
    return {"agreement": stored["id"] if stored else None}


async def _versions(
    desk: Desk, connection: AsyncConnection, records: Iterable[Record]
) -> dict[str, tuple[type[Entity], int]]:
    """Noun and version of what attachments became."""
    found: dict[str, tuple[type[Entity], int]] = {}
    subjects = {record.subject for record in records if record.subject}
    for noun in NOUNS.values():
        ids = sorted(each for each in subjects if each.startswith(f"{noun.declared.prefix}_"))
        table = desk.table(noun.declared.plural)
        asked = sa.select(table.c.id, table.c.version).where(listed(table.c.id, ids))
        found |= {id_: (noun, version) for id_, version in (await connection.execute(asked)).all()} if ids else {}
    return found


async def write_attachments(
    desk: Desk, connection: AsyncConnection, draft: Draft, records: Sequence[Record]
) -> dict[str, str | None]:
    """Confirmations, notarisations and appraisals as they arrived; the case of each record by mark, None: it waits."""
    contents = {record.mark: record.row.content for record in records if record.row is not None}
    for record in records:
        content = contents[record.mark]
        record.seeks = seeks(content) if isinstance(content, AttachmentRow) else None
    holders = await read_holders(desk, connection, (record.seeks for record in records))
    versions = await _versions(desk, connection, records)
    found: dict[str, str | None] = {}
    for record in records:
        content = contents[record.mark]
        if not isinstance(content, AttachmentRow):
            continue
        case = found[record.mark] = holders.cases.get(record.seeks or "")
        noun = NOUNS[content.kind]
        values = {**_values(desk, content), "case": case, **_agreement_of(noun, record.seeks, holders)}
        if record.subject in versions:
            draft.update(noun, record.subject or "", versions[record.subject or ""][1], values)
        else:
            record.subject = draft.insert(noun, {**values, "number": record.number})
    return found


def _values(desk: Desk, content: AttachmentRow) -> dict[str, Any]:
    """The values of an attachment by member of its noun."""
    known = {name: clean(text)[:_LONGEST] if text else None for name, text in content.values.items()}
    known |= {name: clean(text)[:_LONGEST_TEXT] for name in _TEXTS if (text := content.values.get(name))}
    reference = clean(content.reference)[:_LONGEST] if content.reference else None
    dates = dict(content.dates)
    names = set(NOUNS[content.kind].declared.lines)
    values = {name: value for name, value in {**known, **dates}.items() if name in names}
    match content.kind:
        case "confirmation":
            code = desk.directory.places.court_names.get(heading(known.get("court") or ""))
            court = desk.directory.courts.get(code or "", (None, None))[0]
            return {**values, "court": court, "agreement_number": reference}
        case "notarisation":
            own = {"enforceable": _yes(known.get("enforceable")), "fee": content.amount}
            return {**values, **own, "agreement_number": reference}
        case "appraisal":
            return {**values, "delegation_number": reference}


def _yes(said: str | None) -> bool | None:
    """`是`, `已赋予` -> yes; `否`, `未赋予` -> no; anything else says nothing."""
    if not said:
        return None
    if said[0] in "否未无不":
        return False
    return True if said[0] in "是有已赋" else None
