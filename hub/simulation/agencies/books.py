"""Keeping the books: which fate each row must have, and which records are one dispute, by the rule alone."""

import bisect
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from hub.schema.scalars import show_instant
from hub.simulation.agencies.files import File
from hub.simulation.agencies.meanings import Attached, Dispute, Fate, Reason, Row
from hub.simulation.days import SHANGHAI

WITHIN = 180
"""Days between the dates of two records of one dispute, at most."""

Key = tuple[str, str]
"""Record and its key."""

Pair = tuple[frozenset[str], str]
"""Two identities, in no order, and a type."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What must become of a row. `otherwise` is the other answer where two versions bear the same time: which of
    them wins is decided by a keyed hash that only the hub can make.
    """

    row: Row
    fate: Fate
    otherwise: Fate | None = None


@dataclass(slots=True)
class Standing:
    """The version of a record that stands, and what contends with it at the same time."""

    row: Row
    updated: str
    ties: list[Row] = field(default_factory=list)


class Book:
    """Takes files in the order they are delivered, whatever order that is."""

    def __init__(self) -> None:
        self.standing: dict[Key, Standing] = {}
        self.counts: Counter[Fate | Reason] = Counter()
        self._dates: defaultdict[Pair, list[tuple[dt.date, Key]]] = defaultdict(list)

    def take(self, file: File) -> list[Verdict]:
        """The verdict on each row of a file, in its order."""
        verdicts = [self._judge(file, row) for row in file.rows]
        self.counts.update(verdict.fate for verdict in verdicts)
        self.counts.update(verdict.row.reason for verdict in verdicts if verdict.row.reason)
        return verdicts

    def components(self) -> list[frozenset[Key]]:
        """The disputes: the connected components of all records that make cases."""
        parent = {key: key for key, one in self.standing.items() if isinstance(one.row.meaning, Dispute)}
        for dated in self._dates.values():
            for (day, key), (later, other) in pairwise(dated):
                if (later - day).days <= WITHIN:
                    parent[_root(parent, key)] = _root(parent, other)
        found: defaultdict[Key, set[Key]] = defaultdict(set)
        for key in parent:
            found[_root(parent, key)].add(key)
        return sorted((frozenset(keys) for keys in found.values()), key=min)

    def hanging(self) -> Iterator[tuple[Key, Key | None]]:
        """Each attachment with the record it hangs on; None while it waits."""
        named: dict[str, Key] = {}
        for key, one in self.standing.items():
            meaning = one.row.meaning
            if isinstance(meaning, Dispute):
                named |= {meaning.agreement: key} if meaning.agreement else {}
                named |= {key[1]: key} if key[0] == "court-referral" else {}
        for key, one in self.standing.items():
            if isinstance(one.row.meaning, Attached):
                yield key, named.get(one.row.meaning.reference or "")

    def _judge(self, file: File, row: Row) -> Verdict:
        if row.reason is not None or row.key is None:
            return Verdict(row, Fate.QUARANTINED)
        key, updated = (file.record, row.key), row.updated or stamp(file.day)
        known = self.standing.get(key)
        if known is None:
            linked = self._linked(row)
            self._stand(key, row, updated)
            return Verdict(row, Fate.MERGED if linked else Fate.APPLIED)
        if updated != known.updated:
            if updated < known.updated:
                return Verdict(row, Fate.SUPERSEDED)
            self._stand(key, row, updated)
            return Verdict(row, Fate.CORRECTED)
        if row.raw == known.row.raw:
            return Verdict(row, Fate.UNCHANGED)
        known.ties.append(row)
        return Verdict(row, Fate.CORRECTED, Fate.SUPERSEDED)

    def _stand(self, key: Key, row: Row, updated: str) -> None:
        before = self.standing.get(key)
        if before is not None:
            for pair in pairs(before.row):
                self._dates[pair].remove((_day(before.row), key))
        self.standing[key] = Standing(row, updated)
        for pair in pairs(row):
            bisect.insort(self._dates[pair], (_day(row), key))

    def _linked(self, row: Row) -> bool:
        """Whether a record that is known already tells of the same dispute."""
        return any(abs((day - _day(row)).days) <= WITHIN for pair in pairs(row) for day, _ in self._dates.get(pair, ()))


def pairs(row: Row) -> Iterator[Pair]:
    """What links a row: each two identified parties of opposite sides, with the type."""
    meaning = row.meaning
    if isinstance(meaning, Dispute):
        for first in meaning.applicants:
            for second in meaning.respondents:
                if first.identity and second.identity and first.identity != second.identity:
                    yield frozenset({first.identity, second.identity}), meaning.dispute_type


def stamp(day: dt.date) -> str:
    """The update time of a row that has none of its own: the date in its file's name."""
    return show_instant(dt.datetime.combine(day, dt.time(), SHANGHAI))


def quarantined(files: Iterable[File]) -> Counter[Reason]:
    """Rows that must be quarantined, by reason."""
    return Counter(row.reason for file in files for row in file.rows if row.reason)


def _day(row: Row) -> dt.date:
    return row.meaning.happened_on if isinstance(row.meaning, Dispute) else dt.date.min


def _root(parent: dict[Key, Key], key: Key) -> Key:
    while parent[key] != key:
        parent[key] = parent[parent[key]]
        key = parent[key]
    return key
