"""Guards: the closed vocabulary in which the machines say what must hold, and the facts it is judged from.

Three words: a column is one of some values, a column is set or not, so many rows of another noun link here. The store
reads the facts of them (`store.facts`) in one statement; they are judged here only, so that the deed that acts and the
answer that shows what is possible cannot differ.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

Value: TypeAlias = str | int | bool | dt.date | None
"""A column as it is stored: enums by name, codes and links by code and id."""


@dataclass(frozen=True, slots=True)
class Is:
    """The column is one of the values (`no`: is none of them). `path` may lead over one link: `case.state`."""

    path: str
    values: tuple[str, ...]
    doc: str = ""
    no: bool = False

    def holds(self, facts: "Facts") -> bool:
        return (facts.value(self.path) in self.values) is not self.no


@dataclass(frozen=True, slots=True)
class IsSet:
    """The column holds a value (`no`: holds none)."""

    path: str
    doc: str = ""
    no: bool = False

    def holds(self, facts: "Facts") -> bool:
        return (facts.value(self.path) is None) is self.no


@dataclass(frozen=True, slots=True)
class Linked:
    """At least `least`, at most `most` rows of `noun` whose links `on` are this row's values and that meet `where`.

    `on` pairs a link or column of the noun with a path of this row: `(("case", "id"),)`.
    """

    noun: str
    on: tuple[tuple[str, str], ...]
    where: "tuple[Is | IsSet, ...]" = ()
    doc: str = ""
    least: int = 1
    most: int | None = None

    @property
    def counted(self) -> "Linked":
        """What is counted, whatever number is asked for: the same count answers several guards."""
        return replace(self, doc="", least=1, most=None)

    def holds(self, facts: "Facts") -> bool:
        count = facts.count(self)
        return count >= self.least and (self.most is None or count <= self.most)

    def fits(self, values: Mapping[str, Value], facts: "Facts") -> bool:
        """Whether a row of the noun with these values would be counted."""
        mine = all(values.get(theirs) == facts.value(path) for theirs, path in self.on)
        return mine and all(word.holds(Facts(values)) for word in self.where)


Guard: TypeAlias = Is | IsSet | Linked


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards are judged from: columns by path and counts of linked rows, all of one moment."""

    values: Mapping[str, Value]
    counts: Mapping[Linked, int] = field(default_factory=dict)

    def value(self, path: str) -> Value:
        return self.values.get(path)

    def count(self, linked: Linked) -> int:
        return self.counts.get(linked.counted, 0)

    def after(self, values: Mapping[str, Any], rows: Iterable[tuple[str, Mapping[str, Any]]] = ()) -> "Facts":
        """The facts when a deed has given the row these values and added these rows (noun's name, values)."""
        changed = Facts({**self.values, **{name: stored(value) for name, value in values.items()}}, self.counts)
        added = [(noun, {name: stored(value) for name, value in row.items()}) for noun, row in rows]
        counts = {
            linked: count + sum(noun == linked.noun and linked.fits(row, changed) for noun, row in added)
            for linked, count in self.counts.items()
        }
        return Facts(changed.values, counts)


def one_of(path: str, *values: enum.Enum | str, doc: str = "") -> Is:
    """The column is one of these states, types or codes."""
    return Is(path, tuple(str(stored(value)) for value in values), doc)


def none_of(path: str, *values: enum.Enum | str, doc: str = "") -> Is:
    """The column is none of these."""
    return Is(path, tuple(str(stored(value)) for value in values), doc, no=True)


def filled(path: str, doc: str = "") -> IsSet:
    """The column holds a value."""
    return IsSet(path, doc)


def empty(path: str, doc: str = "") -> IsSet:
    """The column holds no value."""
    return IsSet(path, doc, no=True)


def has(noun: str, *where: Is | IsSet, on: Mapping[str, str], doc: str = "", least: int = 1) -> Linked:
    """There are rows that link here."""
    return Linked(noun, tuple(on.items()), where, doc, least)


def lacks(noun: str, *where: Is | IsSet, on: Mapping[str, str], doc: str = "") -> Linked:
    """There is no row that links here."""
    return Linked(noun, tuple(on.items()), where, doc, 0, 0)


def stored(value: Any) -> Value:
    """A value as the base keeps it: an enum's name, anything else as it is."""
    return value.name if isinstance(value, enum.Enum) else value
