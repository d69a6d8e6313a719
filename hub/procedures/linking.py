"""Which case each record belongs to: the merge rule's disputes become cases that stay, merge and part again (R69).

Every case was opened by one record. A dispute is the case of its oldest opener; the other cases opened by its records
are merged into that one. So a case that a correction or a person takes out of a dispute has its own number again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.arrivals import Arrivals, Desk, Record
from hub.procedures.neighbours import Calendar, Neighbourhood, linkable
from hub.rules.linking import components
from hub.schema.cases import Case
from hub.schema.links import VerdictKind
from hub.schema.sources import Fate
from hub.store.dialects import listed

Stored = Mapping[Any, Any]


@dataclass(slots=True)
class Dispute:
    """One dispute: its records, the case that stays, and the cases that its records opened beside it."""

    members: list[Record]
    live: str
    beside: list[str]
    moved: bool = False
    """Whether anything about it is new: a record, or where one belongs."""


@dataclass(slots=True)
class Cases:
    """The cases that disputes have had so far: their rows and their merges in force, by id."""

    rows: dict[str, Stored] = field(default_factory=dict)
    merges: dict[str, Stored] = field(default_factory=dict)
    _into: dict[str, list[Stored]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in sorted(self.merges.values(), key=lambda row: (row["merged_at"], row["id"])):
            self._into.setdefault(row["survivor_id"], []).append(row)

    def into(self, case: str) -> list[Stored]:
        """The merges in force of other cases into it, the oldest first."""
        return self._into.get(case, [])


async def read_cases(desk: Desk, connection: AsyncConnection, records: Iterable[Record]) -> Cases:
    """The stored cases of the records, and what each is merged into."""
    ids = sorted({case for record in records for case in (record.case, record.opened) if case})
    if not ids:
        return Cases()
    cases, merges = desk.table("cases"), desk.table("merges")
    rows = (await connection.execute(sa.select(cases).where(listed(cases.c.id, ids)))).mappings().all()
    active = sa.select(merges).where(listed(merges.c.merged_id, ids), merges.c.undone_at.is_(None))
    found = (await connection.execute(active)).mappings().all()
    return Cases({row["id"]: row for row in rows}, {row["merged_id"]: row for row in found})


def decide_openings(desk: Desk, arrivals: Arrivals, around: Neighbourhood) -> None:
    """Whether each new record opens a case (applied) or joins one that another record opened (merged)."""
    known = around.records | arrivals.changed
    there = Calendar(record for mark, record in known.items() if mark not in arrivals.opening)
    for mark, place in arrivals.opening.items():
        record = arrivals.changed[mark]
        if there.knows(record):
            record.fate = arrivals.fates[place] = Fate.MERGED
        else:
            record.opened = desk.base.ledger.new_id(Case)
        there.add(record)


def settle(desk: Desk, arrivals: Arrivals, around: Neighbourhood, cases: Cases) -> list[Dispute]:
    """The disputes that the records make together, each with its case; every record's case is the one it has now."""
    records = around.records | arrivals.changed
    mark_of = {record.id: mark for mark, record in records.items()}
    decided = {
        kind: [frozenset(mark_of[id_] for id_ in pair) for pair in around.decided(kind) if pair <= mark_of.keys()]
        for kind in VerdictKind
    }
    found = components(
        (linkable(record) for record in records.values()),
        joined=decided[VerdictKind.JOIN],
        parted=decided[VerdictKind.PART],
    )
    arrival = {mark: number for number, mark in enumerate(arrivals.changed)}
    disputes = [_dispute(desk, [records[mark] for mark in sorted(marks)], arrivals, cases, arrival) for marks in found]
    left = _left(around, disputes)
    for dispute in disputes:
        dispute.moved = dispute.moved or dispute.live in left
    return disputes


def _left(around: Neighbourhood, disputes: Iterable[Dispute]) -> set[str | None]:
    """The cases that a record has left."""
    now = {record.mark: dispute.live for dispute in disputes for record in dispute.members}
    return {record.case for mark, record in around.records.items() if now[mark] != record.case}


def _dispute(
    desk: Desk, members: list[Record], arrivals: Arrivals, cases: Cases, arrival: Mapping[str, int]
) -> Dispute:
    openers = [record for record in members if record.opened] or [_opener(desk, members, arrivals, arrival)]
    last = len(arrival)
    ordered = sorted(openers, key=lambda record: (*_age(record, cases), arrival.get(record.mark, last)))
    opened = [record.opened or "" for record in ordered]
    moved = any(record.mark in arrivals.changed or record.case != opened[0] for record in members)
    restored = opened[0] in cases.merges
    astray = any(cases.merges.get(case, {}).get("survivor_id") != opened[0] for case in opened[1:])
    return Dispute(members, opened[0], opened[1:], moved or restored or astray)


def _age(record: Record, cases: Cases) -> tuple[int, str, str]:
    """How old the case is that the record opened: the older number stays; new cases come after all that are there."""
    row = cases.rows.get(record.opened or "")
    return (1, "", "") if row is None else (0, row["registered_at"], row["number"])


def _opener(desk: Desk, members: list[Record], arrivals: Arrivals, arrival: Mapping[str, int]) -> Record:
    """Of records that lost the case they were in, the one that opens a case of their own."""
    new = [record for record in members if record.mark in arrivals.opening]
    record = min(new, key=lambda each: arrival[each.mark]) if new else members[0]
    record.opened = desk.base.ledger.new_id(Case)
    if new:
        record.fate = arrivals.fates[arrivals.opening[record.mark]] = Fate.APPLIED
    return record
