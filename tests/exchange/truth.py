"""What the simulation knows of its files against what the hub makes of them: row by row, then field by field."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.procedures.agencies import AGREEMENTS, Hub

from hub.connectors.base import open_delivery
from hub.connectors.records import AttachmentRow, Bad, CaseRow, RegisterRow
from hub.connectors.records import Row as Read
from hub.connectors.records import Side as ReadSide
from hub.exchange_settings import Exchange
from hub.procedures.directory import read_directory
from hub.procedures.intake import Outcome, apply
from hub.procedures.readings import unpacked
from hub.rules.values import text
from hub.schema.batches import BatchState
from hub.simulation.agencies.books import Book, Key, Standing, Verdict
from hub.simulation.agencies.cells import Number
from hub.simulation.agencies.files import File
from hub.simulation.agencies.meanings import Attached, Dispute, Fate, Registered, Row, Side
from hub.simulation.days import SHANGHAI
from hub.simulation.seeds import Seeds
from hub.store.seal import context_of

_FLAGS = ("column", "file", "body", "default")


@dataclass
class Account:
    """A base beside the books; `wrong` gathers every difference, in words."""

    hub: Hub
    seeds: Seeds
    folder: Path
    book: Book = field(default_factory=Book)
    sums: defaultdict[tuple[str, dt.date], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    files: dict[str, File] = field(default_factory=dict)
    """By batch."""
    bad: dict[tuple[str, str], tuple[File, Row]] = field(default_factory=dict)
    """Rows that must be in quarantine, each text of a record once."""
    rosters: dict[str, str] = field(default_factory=dict)
    """Keys of rosters by the numbers that they are stored by."""
    wrong: list[str] = field(default_factory=list)

    async def take(self, file: File) -> Outcome:
        """Deliver a file on its day: what is read, every row's fate and the file's counts are compared at once."""
        path, exchange = file.write(self.folder), AGREEMENTS[file.record]
        self.hub.now = dt.datetime.combine(file.day, dt.time(20), SHANGHAI)
        places = (await read_directory(self.hub.base)).places
        reading = open_delivery(path, exchange, today=file.day, places=places)
        self._compare_reading(file, list(reading.rows()), exchange)
        outcome = await apply(self.hub.base, reading, seal=self.hub.seal, now=self.hub.now, actor="system")
        verdicts = self.book.take(file)
        self.files[outcome.batch] = file
        for key in {row.key for row in file.rows if row.key and file.record == "justice-register"}:
            body, _, identity = key.rpartition("+")
            self.rosters[f"{body}+{self.hub.seal.fingerprint('key' + chr(9) + identity)}"] = key
        self.bad |= {(file.record, _packed(row.raw)): (file, row) for row in file.rows if row.reason}
        await self._compare_fates(file, outcome, verdicts)
        return outcome

    def says(self, where: str, **pairs: tuple[Any, Any]) -> None:
        """Note each pair of what is and what must be that differs."""
        self.wrong += [f"{where}: {name} is {is_!r}, not {must!r}" for name, (is_, must) in pairs.items() if is_ != must]

    def hold(self) -> None:
        """Fail with the differences, the first of each kind first."""
        if self.wrong:
            kinds = {line.partition(" is ")[0].rpartition(": ")[2]: line for line in reversed(self.wrong)}
            pytest.fail("\n".join([f"{len(self.wrong)} differences", *kinds.values(), "", *self.wrong[:20]]))

    # --- rows as they are read ----------------------------------------------------------------------------------------
    def _compare_reading(self, file: File, found: Sequence[Read | Bad], exchange: Exchange) -> None:
        self.says(file.name, rows=(len(found), len(file.rows)))
        for cells, row, read in zip(file.cells, file.rows, found, strict=False):
            where = f"{file.name} row {row.place} {row.key}"
            reason = read.reason.name if isinstance(read, Bad) else None
            self.says(where, reason=(reason, row.reason and row.reason.name), key=(read.key or None, row.key))
            said = {heading: cell for heading, cell in row.raw.items() if not isinstance(cells[heading], Number)}
            self.says(where, raw=({heading: read.raw.get(heading) for heading in said}, said))
            if isinstance(read, Read) and row.meaning is not None:
                self.says(where, void=(read.void, row.void))
                if row.updated is not None:
                    self.says(where, updated=(read.updated, row.updated))
                self.says(where, **meant(row.meaning, read.content, row.raw, exchange))

    async def _compare_fates(self, file: File, outcome: Outcome, verdicts: Sequence[Verdict]) -> None:
        tables = self.hub.base.metadata.tables
        parts = await self.hub.rows("batch_parts", tables["batch_parts"].c.batch_id == outcome.batch)
        letters = "".join(part["fates"] for part in sorted(parts, key=lambda part: part["first"]))
        counts: Counter[str] = Counter()
        for letter, verdict in zip(letters, verdicts, strict=True):
            allowed = {fate.name[0]: fate for fate in _allowed(file, verdict)}
            counts[allowed.get(letter, verdict.fate).name.lower()] += 1
            if letter not in allowed:
                self.says(f"{file.name} row {verdict.row.place} {verdict.row.key}", fate=(letter, verdict.fate.name))
        counts["received"] = len(verdicts)
        reasons = Counter(row.reason.name for row in file.rows if row.reason)
        self.sums[file.record, file.day] += counts
        batch = await self.hub.one("batches", id=outcome.batch)
        self.says(
            file.name,
            **{name: (getattr(outcome, name), counts[name]) for name in _NAMES},
            **{f"batch {name}": (batch[name], counts[name]) for name in (*_NAMES, "quarantined")},
            quarantined=({reason.name: count for reason, count in outcome.quarantined.items()}, dict(reasons)),
            state=(batch["state"], BatchState.RECEIVED.name),
            file_date=(batch["file_date"], file.day),
            announced=(batch["announced"], len(file.rows) if file.counted else None),
        )

    # --- what is stored in the end ------------------------------------------------------------------------------------
    async def compare(self) -> None:
        """Everything that is stored, with the books."""
        records = {(row["system"], self._key(row["source_number"])): row for row in await self.hub.rows("source_records")}
        self.says("all", records=(sorted(records.keys() ^ self.book.standing.keys()), []))
        for key, one in self.book.standing.items():
            self._compare_record(key, one, records[key])
        await self._compare_cases(records)
        await self._compare_referrals(records)
        await self._compare_attachments(records)
        await self._compare_registers(records)
        await self._compare_quarantine()
        await self._compare_sums()

    def opened(self, table: str, member: str, row: Mapping[str, Any]) -> str | None:
        """A sealed value in plain text."""
        sealed = row[f"{member}_sealed"]
        return None if sealed is None else self.hub.seal.open(sealed, context_of(table, member, row["id"]))

    def _compare_record(self, key: Key, one: Standing, stored: Mapping[str, Any]) -> None:
        where, row, meaning = " ".join(key), one.row, one.row.meaning
        self.says(where, updated=(stored["source_updated_at"], one.updated), void=(bool(stored["void"]), row.void))
        content = orjson.loads(self.opened("source_records", "content", stored) or "{}")
        self.says(where, headings=(sorted(content), sorted(row.raw)))
        if isinstance(meaning, Dispute):
            read = unpacked(self.opened("source_records", "reading", stored) or "")
            self.says(where, **meant(meaning, read, row.raw, AGREEMENTS[key[0]]))
            unknown = meaning.raw_type if meaning.dispute_type == "99" else None
            self.says(
                where,
                day=(stored["happened_on"], meaning.happened_on),
                raw_type=(stored["raw_type"], unknown),
                region_from=(stored["region_from"], meaning.region_flag.upper()),
            )

    async def _compare_cases(self, records: Mapping[Key, Mapping[str, Any]]) -> None:
        by_case: defaultdict[str, set[Key]] = defaultdict(set)
        for key, row in records.items():
            if isinstance(self.book.standing[key].row.meaning, Dispute):
                by_case[row["case_id"]].add(key)
        found, must = {frozenset(keys) for keys in by_case.values()}, set(self.book.components())
        self.says("disputes", apart=(sorted(map(sorted, found - must)), []), together=(sorted(map(sorted, must - found)), []))
        cases = {row["id"]: row for row in await self.hub.live()}
        self.says("cases", live=(cases.keys() ^ by_case.keys(), set()))
        parties: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in await self.hub.rows("parties"):
            if row["left_at"] is None:
                parties[row["case_id"]].append(row)
        for case, keys in by_case.items():
            told = [(key, self.book.standing[key].row) for key in keys]
            told.sort(key=lambda one: (one[1].void, _meaning(one[1]).happened_on, "\t".join(one[0])))
            self._compare_case(cases[case], [(key[0], row) for key, row in told])
            self._compare_parties(cases[case], parties[case], [row for _, row in told])

    def _compare_case(self, case: Mapping[str, Any], told: Sequence[tuple[str, Row]]) -> None:
        rows = [_meaning(row) for _, row in told]
        region = min(rows, key=lambda row: _FLAGS.index(row.region_flag)).region
        void = all(row.void for _, row in told)
        causes = [row.cause for row in rows]
        self.says(
            f"{case['number']} of {', '.join(row.key or '' for _, row in told)}",
            dispute_type=(case["dispute_type"], rows[0].dispute_type),
            channel=(case["channel"], AGREEMENTS[told[0][0]].channel),
            amount=(case["amount"], _first(row.amount for row in rows)),
            cause=(case["cause"], _first(causes)),
            narrative=(self.opened("cases", "narrative", case), text(_first(row.text for row in rows))),
            region=(case["region_id"], f"region_{region}"),
            void=(case["void"], True if void else None),
            state=(case["state"], "REGISTERED"),
        )

    def _compare_parties(self, case: Mapping[str, Any], stored: Sequence[dict[str, Any]], told: Sequence[Row]) -> None:
        sides = [(role, side) for row in told for role, side in _sides(_meaning(row))]
        opened = [
            (
                row["role"],
                Side(row["name"], self.opened("parties", "identity", row), None, self.opened("parties", "phone", row)),
            )
            for row in stored
        ]
        where = f"{case['number']} of {', '.join(row.key or '' for row in told)}"
        for part, found, must in (
            ("identities", {s.identity for _, s in opened}, {s.identity for _, s in sides}),
            ("names", {s.name for _, s in opened}, {s.name for _, s in sides}),
            ("phones", {s.phone for _, s in opened if s.phone}, {s.phone for _, s in sides if s.phone}),
        ):
            wanted = must if len(told) == 1 else must & found
            absent = {None} if part == "identities" else set()
            self.says(where, **{part: (found - absent, wanted - absent)})
        if len(told) == 1 and len({side.name for _, side in sides}) == len(sides):
            named = sorted((role, side.name, side.identity or "", side.phone or "") for role, side in sides)
            self.says(where, parties=(sorted((role, s.name, s.identity or "", s.phone or "") for role, s in opened), named))

    async def _compare_referrals(self, records: Mapping[Key, Mapping[str, Any]]) -> None:
        referrals = {row["id"]: row for row in await self.hub.rows("referrals")}
        meanings = {key: one.row.meaning for key, one in self.book.standing.items()}
        cases = {key: each for key, each in meanings.items() if isinstance(each, Dispute)}
        opening = {key: each for key, each in cases.items() if AGREEMENTS[key[0]].opens_referral}
        self.says("referrals", count=(len(referrals), len(opening)))
        for key, meaning in opening.items():
            row = referrals[records[key]["subject_id"]]
            self.says(
                " ".join(key),
                type=(row["type"], meaning.referral or "FORWARD"),
                court_number=(row["court_number"], meaning.court_number),
                issued_on=(row["issued_on"], meaning.happened_on),
                case=(row["case_id"], records[key]["case_id"]),
                state=(row["state"], "ISSUED"),
            )

    async def _compare_attachments(self, records: Mapping[Key, Mapping[str, Any]]) -> None:
        nouns = {row["id"]: row for noun in _ATTACHED for row in await self.hub.rows(noun)}
        hanging = dict(self.book.hanging())
        self.says("attachments", count=(len(nouns), len(hanging)))
        for key, holder in hanging.items():
            record, exchange = records[key], AGREEMENTS[key[0]]
            row, meaning = nouns[record["subject_id"]], self.book.standing[key].row.meaning
            assert isinstance(meaning, Attached)
            case = records[holder]["case_id"] if holder else None
            number = "delegation_number" if meaning.kind == "appraisal" else "agreement_number"
            dates = {name: (row[name], meaning.dates.get(heading)) for name, heading in exchange.dates.items() if name in row}
            self.says(
                " ".join(key),
                case=(row["case_id"], case),
                record_case=(record["case_id"], case),
                waiting=(bool(record["waiting"]), case is None),
                number=(row["number"], key[1]),
                reference=(row[number], meaning.reference),
                **dates,
            )
            self._compare_words(key, row, exchange)

    def _compare_words(self, key: Key, row: Mapping[str, Any], exchange: Exchange) -> None:
        raw = self.book.standing[key].row.raw
        for name, heading in exchange.values.items():
            if name == "opinion":
                self.says(" ".join(key), opinion=(self.opened("appraisals", "opinion", row), text(raw[heading])))
            elif name == "enforceable":
                self.says(" ".join(key), enforceable=(bool(row[name]), raw[heading] == "是"))
            elif name in row:
                self.says(" ".join(key), **{name: (row[name], text(raw[heading]))})

    async def _compare_registers(self, records: Mapping[Key, Mapping[str, Any]]) -> None:
        mediators = {row["id"]: row for row in await self.hub.rows("mediators")}
        bodies = {row["id"]: row for row in await self.hub.rows("organisations")}
        entries = {key: one for key, one in self.book.standing.items() if isinstance(one.row.meaning, Registered)}
        self.says("mediators", count=(len(mediators), len(entries)))
        twice = [name for name, count in Counter(body["name"] for body in bodies.values()).items() if count > 1]
        self.says("bodies", twice=(twice, []))
        for key, one in entries.items():
            meaning, row = one.row.meaning, mediators[records[key]["subject_id"]]
            assert isinstance(meaning, Registered)
            body = bodies[row["organisation_id"]]
            self.says(
                " ".join(key),
                name=(row["name"], meaning.mediator),
                identity=(self.opened("mediators", "identity", row), meaning.identity),
                state=(row["state"], meaning.state),
                employment=(row["employment"], meaning.employment),
                expertise=(row["expertise"], meaning.expertise),
                region=(row["region_id"], f"region_{meaning.region}"),
                term=((row["term_from"], row["term_to"]), (meaning.term_from, meaning.term_to)),
                organisation=((body["name"], body["kind"]), (meaning.organisation, meaning.organisation_kind)),
            )

    async def _compare_quarantine(self) -> None:
        stored = Counter(
            (row["record"], self._key(row["source_number"]), row["reason"]) for row in await self.hub.rows("quarantined_rows")
        )
        must = Counter((file.record, row.key, row.reason.name) for file, row in self.bad.values() if row.reason)
        self.says("quarantine", rows=(stored - must, Counter()), missing=(must - stored, Counter()))
        updated = {(file.record, row.key): row.updated for file, row in self.bad.values() if row.updated}
        for row in await self.hub.rows("quarantined_rows"):
            key = row["record"], self._key(row["source_number"])
            one = self.book.standing.get(key) if key[1] else None
            if key in updated and row["source_updated_at"] is not None:
                repaired = one is not None and row["source_updated_at"] <= one.updated
                self.says(" ".join(map(str, key)), state=(row["state"], "REPAIRED" if repaired else "OPEN"))

    def _key(self, number: Any) -> Any:
        """The key that a stored number stands for: in a roster's the identity is hashed."""
        return self.rosters.get(number or "", number)

    async def _compare_sums(self) -> None:
        found: defaultdict[tuple[str, dt.date], Counter[str]] = defaultdict(Counter)
        for row in await self.hub.rows("batches"):
            parts = {name: row[name] for name in (*_NAMES, "quarantined")}
            self.says(row["file"], sum=(sum(parts.values()) - row["received"], row["received"]))
            found[row["record"], row["received_on"]] += Counter(parts)
        for key in found.keys() | self.sums.keys():
            self.says(f"{key[0]} on {key[1]}", sums=(dict(+found[key]), dict(+self.sums[key])))


_NAMES = ("received", "applied", "merged", "corrected", "unchanged", "superseded")
_ATTACHED = ("confirmations", "notarisations", "appraisals")


def _allowed(file: File, verdict: Verdict) -> set[Fate]:
    """The fates that a row may have: a new one that the same file corrects is linked as it is after that."""
    corrected = any(row.key == verdict.row.key and row.place > verdict.row.place for row in file.rows)
    new = {Fate.APPLIED, Fate.MERGED}
    return new if corrected and verdict.fate in new else {verdict.fate, verdict.otherwise or verdict.fate}


def meant(meaning: Any, read: Any, raw: Mapping[str, str], exchange: Exchange) -> dict[str, tuple[Any, Any]]:
    """Pairs of what was read and what the row means, by field."""
    match meaning, read:
        case Dispute(), CaseRow():
            pairs = _matter(meaning, read, forwards=exchange.opens_referral == "FORWARD")
        case Attached(), AttachmentRow():
            dates = {name: meaning.dates.get(heading) for name, heading in exchange.dates.items()}
            values = {name: text(raw[heading]) for name, heading in exchange.values.items()}
            pairs = {
                "kind": (read.kind, meaning.kind),
                "reference": (read.reference, meaning.reference),
                "amount": (read.amount, meaning.amount),
                "dates": (dict(read.dates), dates),
                "values": (dict(read.values), values),
            }
        case Registered(), RegisterRow():
            names = Registered.__dataclass_fields__
            pairs = {name: (_plain(getattr(read, name)), getattr(meaning, name)) for name in names}
        case _:
            pairs = {"content": (type(read).__name__, type(meaning).__name__)}
    return pairs


def _matter(meaning: Dispute, read: CaseRow, *, forwards: bool) -> dict[str, tuple[Any, Any]]:
    names = ("dispute_type", "happened_on", "amount", "region", "region_flag", "cause", "agreement")
    pairs = {name: (_plain(getattr(read, name)), getattr(meaning, name)) for name in names}
    pairs |= {name: (_read(getattr(read, name)), getattr(meaning, name)) for name in ("applicants", "respondents")}
    referral = read.referral
    return pairs | {
        "text": (read.text, text(meaning.text)),
        "raw_type": (read.raw_type or meaning.raw_type, meaning.raw_type),
        "referral": (referral.type.name if referral else None, meaning.referral or ("FORWARD" if forwards else None)),
        "court_number": (referral.court_number if referral else None, meaning.court_number),
    }


def _read(sides: Iterable[ReadSide]) -> tuple[Side, ...]:
    return tuple(Side(side.name, side.identity, side.identity_kind, side.phone) for side in sides)


def _plain(value: Any) -> Any:
    return getattr(value, "value", value) if isinstance(value, str) else getattr(value, "name", value)


def _meaning(row: Row) -> Dispute:
    assert isinstance(row.meaning, Dispute)
    return row.meaning


def _sides(meaning: Dispute) -> Iterator[tuple[str, Side]]:
    yield from (("APPLICANT", side) for side in meaning.applicants)
    yield from (("RESPONDENT", side) for side in meaning.respondents)


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _packed(raw: Mapping[str, str]) -> str:
    return orjson.dumps({heading: str(cell) for heading, cell in sorted(raw.items())}).decode()
