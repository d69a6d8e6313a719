"""Finding what the merge rule must look at for some records: everything that shares a pair, a case or a decision."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connectors.records import CaseRow
from hub.procedures.arrivals import Desk, Record, stored_records
from hub.rules.linking import WINDOW, Linkable
from hub.schema.links import VerdictKind
from hub.store.dialects import listed

Pair = frozenset[str]


@dataclass(slots=True)
class Neighbourhood:
    """Records by mark, the extra pairs that are stored of each, and what persons decided about them."""

    records: dict[str, Record] = field(default_factory=dict)
    pairings: dict[str, list[Mapping[Any, Any]]] = field(default_factory=dict)
    verdicts: dict[Pair, Mapping[Any, Any]] = field(default_factory=dict)

    def decided(self, kind: VerdictKind) -> list[Pair]:
        return [pair for pair, verdict in self.verdicts.items() if verdict["kind"] == kind.name]


def links_of(desk: Desk, content: CaseRow) -> frozenset[str]:
    """What the case can share with others: each pair of identified parties of two sides, with its dispute type."""
    sides = [[side.identity for side in each if side.identity] for each in (content.applicants, content.respondents)]
    pairs = {tuple(sorted(desk.seal.hashed("identity", each) for each in pair)) for pair in product(*sides)}
    return frozenset(
        desk.seal.fingerprint("\t".join((*pair, content.dispute_type))) for pair in pairs if len(set(pair)) > 1
    )


async def gather(desk: Desk, connection: AsyncConnection, touched: Iterable[Record]) -> Neighbourhood:
    """Everything stored that is or was linked with the touched records, directly or through others."""
    found = Neighbourhood()
    search = _Search(desk, connection, found)
    mine = list(touched)
    for record in mine:
        search.want(record)
        if record.before is not None:
            search.want(record.before)
    while search.waits:
        await search.step()
    return found


@dataclass(slots=True)
class _Search:
    """Looks further and further until nothing new is found."""

    desk: Desk
    connection: AsyncConnection
    found: Neighbourhood
    links: set[str] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    decisions: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    any_decision: bool | None = None

    def want(self, record: Record) -> None:
        """Look for what the record leads to."""
        self.links |= record.links - self.seen
        self.cases |= {case for case in (record.case, record.opened) if case} - self.seen
        self.decisions |= ({record.id} if record.version else set()) - self.seen

    @property
    def waits(self) -> bool:
        return bool(self.links or self.cases or self.ids or self.decisions)

    async def step(self) -> None:
        """One step: by pairs, by cases and by ids; then the extra pairs and the decisions of what that found."""
        links, cases, ids = self.links, self.cases, self.ids
        decisions = self.decisions
        # A record's id and its decisions share one spelling: they are marked as seen apart.
        self.seen |= links | cases | {f"id {id_}" for id_ in ids} | decisions
        self.links, self.cases, self.ids, self.decisions = set(), set(), set(), set()
        table = self.desk.table("source_records")
        held = {f"id {record.id}" for record in self.found.records.values()}
        conditions = [
            listed(table.c[column], values) & table.c.happened_on.is_not(None)
            for column, values in (("pair", links), ("case_id", cases), ("opened_id", cases), ("id", ids))
            if values
        ]
        fresh = [
            record
            for record in await stored_records(self.desk, self.connection, *conditions)
            if f"id {record.id}" not in held
        ]
        await self._pairings(links, fresh)
        await self._verdicts({record.id for record in fresh} | decisions)
        for record in fresh:
            more = self.found.pairings.get(record.id, [])
            record.links |= frozenset(row["key"] for row in more if row["key"])
            self.found.records[record.mark] = record
            self.want(record)

    async def _pairings(self, links: set[str], fresh: Sequence[Record]) -> None:
        table = self.desk.table("pairings")
        ids = [record.id for record in fresh]
        ways = [listed(table.c[name], values) for name, values in (("key", links), ("source_id", ids)) if values]
        asked = sa.select(table.c.id, table.c.source_id, table.c.key, table.c.version)
        for way in ways:
            for row in (await self.connection.execute(asked.where(way))).mappings():
                known = self.found.pairings.setdefault(row["source_id"], [])
                if row["id"] not in {each["id"] for each in known}:
                    known.append(row)
                self._want_id(row["source_id"], ids)

    async def _verdicts(self, ids: set[str]) -> None:
        table = self.desk.table("verdicts")
        asked = sa.select(table.c.id, table.c.one_id, table.c.other_id, table.c.kind, table.c.version)
        if not ids or not await self._are_decisions():
            return
        for name in ("one_id", "other_id"):
            for row in (await self.connection.execute(asked.where(listed(table.c[name], ids)))).mappings():
                self.found.verdicts[frozenset((row["one_id"], row["other_id"]))] = row
                for id_ in (row["one_id"], row["other_id"]):
                    self._want_id(id_, ids)

    async def _are_decisions(self) -> bool:
        """Whether there is any decision at all: mostly there is none, and thousands of ids need not be sent."""
        if self.any_decision is None:
            asked = sa.select(self.desk.table("verdicts").c.id).limit(1)
            self.any_decision = (await self.connection.execute(asked)).first() is not None
        return self.any_decision

    def _want_id(self, id_: str, known: Iterable[str]) -> None:
        if id_ not in set(known) and f"id {id_}" not in self.seen:
            self.ids.add(id_)


class Calendar:
    """The days of the records that share each link: whether one more would be anybody's neighbour."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._days: dict[str, list[Any]] = {}
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """One more record."""
        for link in record.links:
            if record.day is not None:
                insort(self._days.setdefault(link, []), record.day)

    def knows(self, record: Record) -> bool:
        """Whether a record that was there before is a neighbour by the rule."""
        return record.day is not None and any(self._near(link, record.day) for link in record.links)

    def _near(self, link: str, day: Any) -> bool:
        days = self._days.get(link, [])
        place = bisect_left(days, day)
        return any(abs(days[beside] - day) <= WINDOW for beside in (place - 1, place) if 0 <= beside < len(days))


def linkable(record: Record) -> Linkable:
    """The record as the rule sees it."""
    return Linkable(record.mark, record.links, record.day)
