"""Which source records are about the same dispute (DOMAIN R69; the exchange agreements' rule on linking).

Two records are neighbours when they share a pair of identified parties and the dispute type, and their dates lie at
most 180 days apart. Disputes are the connected components. What a person decided of two records comes first: records
that were joined are one dispute whatever the rule says, and no chain of the rule brings parted ones together again.
The result depends on the records and decisions alone, never on the order in which they came.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

WINDOW = dt.timedelta(days=180)
"""How far apart two dates of the same dispute are at most, inclusive."""

Pair = frozenset[str]
"""Two records, in no order."""


@dataclass(frozen=True, slots=True)
class Linkable:
    """A record as the rule sees it: what it can share (`links`: a pair of parties and a type each), and its date."""

    id: str
    links: frozenset[str]
    day: dt.date | None


def near(one: Linkable, other: Linkable) -> bool:
    """Whether the rule makes the two records neighbours."""
    if one.day is None or other.day is None or one.links.isdisjoint(other.links):
        return False
    return abs(one.day - other.day) <= WINDOW


def components(
    records: Iterable[Linkable], *, joined: Collection[Pair] = (), parted: Collection[Pair] = ()
) -> list[frozenset[str]]:
    """The disputes, ordered by their least record. Of two records that are joined and parted the joining counts."""
    known = {record.id: record for record in records}
    forest = _Forest(known, [pair for pair in parted if pair not in set(joined)])
    for one, other in sorted(tuple(sorted(pair)) for pair in joined if pair <= known.keys()):
        forest.join(one, other)
    for one, other in _edges(known.values(), thorough=forest.keeps_apart):
        forest.join(one, other)
    return sorted(forest.trees(), key=min)


def _edges(records: Iterable[Linkable], *, thorough: bool) -> list[tuple[str, str]]:
    """Neighbours, the nearest dates first. Unless some records are kept apart, each needs its next one only."""
    found: dict[tuple[str, str], dt.timedelta] = {}
    for rows in _by_link(records).values():
        for day, one, other in _neighbours(rows, thorough=thorough):
            found[one, other] = day
    return [pair for pair, _ in sorted(found.items(), key=lambda item: (item[1], item[0]))]


def _by_link(records: Iterable[Linkable]) -> Mapping[str, list[tuple[dt.date, str]]]:
    found: dict[str, list[tuple[dt.date, str]]] = {}
    for record in records:
        if record.day is None:
            continue
        for link in record.links:
            found.setdefault(link, []).append((record.day, record.id))
    return found


def _neighbours(rows: list[tuple[dt.date, str]], *, thorough: bool) -> Iterator[tuple[dt.timedelta, str, str]]:
    ordered = sorted(rows)
    for (first, one), (second, other) in combinations(ordered, 2) if thorough else pairwise(ordered):
        if second - first <= WINDOW:
            yield second - first, min(one, other), max(one, other)


class _Forest:
    """Trees of records that grow together, but never around two that are kept apart."""

    def __init__(self, ids: Iterable[str], parted: Iterable[Pair]) -> None:
        self._members = {id_: {id_} for id_ in ids}
        self._apart: dict[str, set[str]] = {}
        for pair in parted:
            if pair <= self._members.keys() and len(pair) == 2:
                one, other = pair
                self._apart.setdefault(one, set()).add(other)
                self._apart.setdefault(other, set()).add(one)

    @property
    def keeps_apart(self) -> bool:
        return bool(self._apart)

    def join(self, one: str, other: str) -> None:
        """Make one tree of two, unless that would bring parted records together."""
        small, large = sorted((self._members[one], self._members[other]), key=len)
        if small is large or any(not self._apart[id_].isdisjoint(large) for id_ in small & self._apart.keys()):
            return
        large |= small
        for id_ in small:
            self._members[id_] = large

    def trees(self) -> Iterator[frozenset[str]]:
        """The trees, each once."""
        distinct = {id(tree): tree for tree in self._members.values()}
        return (frozenset(tree) for tree in distinct.values())
