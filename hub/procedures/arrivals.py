"""Rows on their way in: what is known of each already, and what becomes of it (EXCHANGE, A row's fate)."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connectors.records import Bad, CaseRow, Content, Row
from hub.exchange_settings import Exchange
from hub.procedures.configuration import Base
from hub.procedures.directory import Directory
from hub.procedures.readings import clean, unpacked
from hub.rules.limits import Rule
from hub.schema.scalars import show_instant
from hub.schema.sources import Fate, SourceRecord
from hub.store.seal import Seal, context_of

NEVER_UPDATED = show_instant(dt.datetime(1, 1, 1, tzinfo=dt.UTC))
"""When a row was updated whose source does not say: before anything that says so."""

SHANGHAI = dt.timezone(dt.timedelta(hours=8))
_LONGEST_NUMBER = 300
_KEPT = 200
_LONGEST_ROW, _LONGEST_CELL = 900_000, 5_000


def day_of(moment: dt.datetime) -> dt.date:
    """The day of a moment in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()


@dataclass(frozen=True, slots=True)
class Desk:
    """Where rows of one agreement are taken in, and who does so when."""

    base: Base
    seal: Seal
    exchange: Exchange
    organisation: str
    directory: Directory
    limits: Mapping[Rule, Mapping[str, Any]]
    """The values of the limits that begin today, by rule; the same for every row."""
    now: dt.datetime
    actor: str
    kept: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    """Readings that were opened before, by record and content: a dispute of thousands is not opened again and again."""

    @property
    def today(self) -> dt.date:
        return day_of(self.now)

    def table(self, name: str) -> sa.Table:
        return self.base.metadata.tables[name]


@dataclass(slots=True)
class Record:
    """A source record as it is now; `before` as it was, `row` what arrived. One that is new has version 0.

    `case`, `opened` and `subject` are what is stored until the deed says otherwise.
    """

    id: str
    system: str
    number: str
    organisation: str
    updated: str
    hash: str
    version: int = 0
    case: str | None = None
    opened: str | None = None
    opened_before: str | None = None
    subject: str | None = None
    day: dt.date | None = None
    void: bool = False
    gives: str | None = None
    seeks: str | None = None
    links: frozenset[str] = frozenset()
    sealed: str | None = field(default=None, repr=False)
    row: Row | None = field(default=None, repr=False)
    before: "Record | None" = field(default=None, repr=False)
    fate: Fate | None = None

    @property
    def mark(self) -> str:
        """What names it in every base alike."""
        return f"{self.system}\t{self.number}"

    def content(self, seal: Seal) -> CaseRow | None:
        """What it says of its case; None for what was never read by a connector, and for what is no case."""
        if self.row is not None:
            return self.row.content if isinstance(self.row.content, CaseRow) else None
        if self.sealed is None:
            return None
        return unpacked(seal.open(self.sealed, context_of("source_records", "reading", self.id)))


@dataclass(slots=True)
class Arrivals:
    """What became of some rows, in their order; `changed` holds each record that is new or another now, by mark."""

    fates: list[Fate] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    changed: dict[str, Record] = field(default_factory=dict)
    opening: dict[str, int] = field(default_factory=dict)
    """Where in `fates` the new records stand: whether they are applied or merged is seen when they are linked."""
    bad: list[Bad] = field(default_factory=list)


async def stored_records(desk: Desk, connection: AsyncConnection, *conditions: Any) -> list[Record]:
    """The records that meet one of the conditions over `source_records`; each is asked by itself, for its index."""
    table = desk.table("source_records")
    found: dict[str, Record] = {}
    for condition in conditions:
        asked = sa.select(*(table.c[name] for name in _COLUMNS)).where(condition)
        for row in (await connection.execute(asked)).mappings():
            found.setdefault(row["id"], _record(row))
    return list(found.values())


def decide(desk: Desk, items: Sequence[Row | Bad], stored: Iterable[Record]) -> Arrivals:
    """The fate of each row against what is stored and what came before it in the same file."""
    known = {record.mark: record for record in stored}
    done = Arrivals()
    for item in items:
        done.places.append(item.place)
        if isinstance(item, Bad):
            done.bad.append(item)
            done.fates.append(Fate.QUARANTINED)
        else:
            done.fates.append(_decided(desk, item, known, done))
    return done


def number_of(desk: Desk, item: Row | Bad) -> str | None:
    """The number that a row is known by: its key, or the beginning of one that is too long to be looked up.

    Personal data in it is replaced by its keyed hash wherever it stands: the number is shown unsealed (PIPL art. 51).
    None where the row has no key.
    """
    if item.key is None:
        return None
    key = clean(_without(item.personal, item.key, desk.seal))
    return key if len(key) <= _LONGEST_NUMBER else f"{key[:_KEPT]}~{desk.seal.fingerprint(key)}"


def _without(personal: Sequence[str], key: str, seal: Seal) -> str:
    if not personal:
        return key
    said = re.compile("|".join(re.escape(part) for part in sorted(personal, key=len, reverse=True)))
    return said.sub(lambda found: seal.fingerprint(f"key\t{found[0]}"), key)


def raw_text(raw: Mapping[str, str]) -> str:
    """The row as received, as it is sealed: the same text in whatever order its columns came.

    Of a row that is longer than the base keeps, each cell keeps its beginning and its length.
    """
    try:
        text = clean(orjson.dumps(dict(sorted(raw.items()))).decode())
    except TypeError:
        text = orjson.dumps({clean(heading): clean(cell) for heading, cell in sorted(raw.items())}).decode()
    if len(text) <= _LONGEST_ROW:
        return text
    cut = {clean(heading): f"{clean(cell)[:_LONGEST_CELL]}…{len(cell)}" for heading, cell in sorted(raw.items())}
    return orjson.dumps(cut).decode()[:_LONGEST_ROW]


def _decided(desk: Desk, row: Row, known: dict[str, Record], done: Arrivals) -> Fate:
    fresh = _fresh(desk, row)
    current = known.get(fresh.mark)
    if current is None:
        known[fresh.mark] = done.changed[fresh.mark] = fresh
        done.opening[fresh.mark] = len(done.fates)
        fresh.fate = Fate.APPLIED
        return Fate.APPLIED
    mine, theirs = (fresh.updated, fresh.hash), (current.updated, current.hash)
    if mine <= theirs:
        return Fate.UNCHANGED if mine == theirs else Fate.SUPERSEDED
    fresh.id, fresh.version, fresh.before = (
        current.id,
        current.version,
        current.before or (current if current.version else None),
    )
    fresh.case, fresh.opened, fresh.subject = current.case, current.opened, current.subject
    fresh.fate = Fate.CORRECTED if current.version else current.fate
    known[fresh.mark] = done.changed[fresh.mark] = fresh
    return Fate.CORRECTED


def _fresh(desk: Desk, row: Row) -> Record:
    return Record(
        id=desk.base.ledger.new_id(SourceRecord),
        system=desk.exchange.record,
        number=number_of(desk, row) or "",
        organisation=desk.organisation,
        updated=row.updated or NEVER_UPDATED,
        hash=desk.seal.fingerprint(raw_text(row.raw)),
        void=row.void,
        row=row,
    )


def _record(row: Mapping[Any, Any]) -> Record:
    return Record(
        id=row["id"],
        system=row["system"],
        number=row["source_number"],
        organisation=row["organisation_id"],
        updated=row["source_updated_at"],
        hash=row["content_hash"],
        version=row["version"],
        case=row["case_id"],
        opened=row["opened_id"],
        opened_before=row["opened_id"],
        subject=row["subject_id"],
        day=row["happened_on"],
        void=bool(row["void"]),
        gives=row["gives"],
        seeks=row["seeks"],
        links=frozenset([row["pair"]] if row["pair"] else []),
        sealed=row["reading_sealed"],
    )


_COLUMNS = (
    *("id", "system", "source_number", "organisation_id", "source_updated_at", "content_hash", "version", "case_id"),
    *("opened_id", "subject_id", "happened_on", "void", "gives", "seeks", "pair", "reading_sealed"),
)


def content_of(record: Record) -> Content:
    """What arrived of a record that changed."""
    if record.row is None:
        raise TypeError("nothing arrived of this record")
    return record.row.content
