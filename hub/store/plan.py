"""A question between selection and SQL: what is asked of which nouns, in which order, with values left open."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub.rules.machines import Machine
from hub.schema.model import Actions, CodeColumn, Column, Computed, LinkMember, Live, ManyMember, Noun, Sealed
from hub.store.dimensions import GroupKey, Tallied
from hub.store.wanted import All, Bind, Compare, Condition, Page

MOST_SMALL = 500
"""Nodes that a plan of single rows may show and still be small."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A text known beforehand (`__typename`)."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the row itself."""

    key: str
    member: Column | Sealed | Computed


@dataclass(frozen=True, slots=True)
class Records:
    """A list of records kept in one column; each part is a key and the record's field, or a constant."""

    key: str
    member: Column
    parts: tuple[tuple[str, str] | Constant, ...]


@dataclass(frozen=True, slots=True)
class Hole:
    """A leaf that no statement can answer; it is filled afterwards from the hidden `columns` of the row.

    Its `number` within the plan is hidden with them: rows of several nouns can show different holes under one key.
    With a `machine`, the facts that it judges the row by are hidden there. `parts` are shown of each record within.
    """

    number: int
    key: str
    member: Sealed | Live | Actions
    noun: Noun
    columns: tuple[str, ...]
    machine: Machine | None = None
    parts: tuple[tuple[str, str] | Constant, ...] = ()


@dataclass(frozen=True, slots=True)
class Object:
    """What is shown of one row of a noun."""

    noun: Noun
    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class ToOne:
    """The row behind a link or a code."""

    key: str
    via: LinkMember | CodeColumn
    shown: Object


@dataclass(frozen=True, slots=True)
class ToOneOf:
    """The row behind a link that leads to several nouns; a noun without a choice shows nothing of itself."""

    key: str
    via: LinkMember
    choices: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class Edges:
    """`edges`: each part is a constant, the row's object under a key, or the key of the cursor."""

    key: str
    parts: tuple["Constant | Nodes | CursorPart", ...]


@dataclass(frozen=True, slots=True)
class Nodes:
    """`nodes`, or an edge's `node`."""

    key: str
    shown: Object


@dataclass(frozen=True, slots=True)
class CursorPart:
    """The cursor of an edge."""

    key: str


@dataclass(frozen=True, slots=True)
class PageInfo:
    """`pageInfo`: each part is a key and one of its four fields, or a constant."""

    key: str
    parts: tuple[tuple[str, str] | Constant, ...]


@dataclass(frozen=True, slots=True)
class TotalCount:
    """How many rows the list has in all."""

    key: str


ConnectionPart = Constant | Edges | Nodes | PageInfo | TotalCount


@dataclass(frozen=True, slots=True)
class Connection:
    """A page of rows: of a whole noun, or of those whose link `by` is the row that it stands on."""

    key: str
    noun: Noun
    by: ManyMember | None
    page: Page
    parts: tuple[ConnectionPart, ...]

    @property
    def looks_ahead(self) -> bool:
        """Whether one row more must be read to know if the list goes on."""
        wanted = "hasPreviousPage" if self.page.backward else "hasNextPage"
        infos = (part for part in self.parts if isinstance(part, PageInfo))
        return any(isinstance(part, tuple) and part[1] == wanted for info in infos for part in info.parts)


@dataclass(frozen=True, slots=True)
class Later:
    """A list that stands too deep for the base's parser: a statement of its own answers it, for all parents at once.

    Its `number` within the plan stands in its place until then, before the parent's id.
    """

    number: int
    key: str
    parent: Noun
    list: Connection


Part = Constant | Value | Records | Hole | ToOne | ToOneOf | Connection | Later


@dataclass(frozen=True, slots=True)
class One:
    """The row whose columns have these values."""

    key: str
    shown: Object
    by: tuple[tuple[str, Bind], ...]


@dataclass(frozen=True, slots=True)
class ByIds:
    """`nodes(ids)`: in the order of the ids, null where nothing is visible."""

    key: str
    ids: Bind
    choices: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class EntityKind:
    """Representations of one type by one key; `places` and the key's values come as one JSON list of rows."""

    shown: Object
    columns: tuple[str, ...]
    rows: Bind


@dataclass(frozen=True, slots=True)
class Entities:
    """`_entities`: in the order of the representations; those that could not be read are null."""

    key: str
    kinds: tuple[EntityKind, ...]
    unread: Bind


@dataclass(frozen=True, slots=True)
class GroupValue:
    """A dimension shown as its own value: the number of its group key, or -1 where nothing is grouped by it."""

    key: str
    group: int


@dataclass(frozen=True, slots=True)
class GroupLink:
    """A dimension shown as a row: the group's value behind a prefix (of the id) is the row's id."""

    key: str
    group: int
    prefix: str
    shown: Object


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows the group has."""

    key: str


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a column of money over the group."""

    key: str
    column: str


GroupPart = Constant | GroupValue | GroupLink | Count | Sum


@dataclass(frozen=True, slots=True)
class Statistics:
    """Groups of a noun's rows, ordered by their keys; without keys, one group of them all.

    With a tally, its rows are counted together in place of the noun's.
    """

    key: str
    noun: Noun
    condition: Condition
    by: tuple[GroupKey, ...]
    parts: tuple[GroupPart, ...]
    tallied: Tallied | None = None


Root = Constant | One | Connection | ByIds | Entities | Statistics


@dataclass(frozen=True, slots=True)
class Plan:
    """All roots of one operation that the base answers, and what they cost: the nodes they can show at most."""

    roots: tuple[Root, ...]
    cost: int

    @property
    def holes(self) -> frozenset[type]:
        """The kinds of members that are left to be filled after the statement."""
        return frozenset(type(part.member) for part in walk(self.roots) if isinstance(part, Hole))

    @property
    def small(self) -> bool:
        """Whether it takes microseconds: rows by their keys, with the short lists that hang on them."""
        return self.cost <= MOST_SMALL and all(isinstance(root, One | Constant) for root in self.roots)

    @property
    def steady(self) -> bool:
        """Whether the same way through the base serves whatever values come: pages by scope, order and equality.

        Counts, sums, searches and ranges are planned by the values they are given.
        """
        parts = list(walk(self.roots))
        if any(isinstance(part, Statistics | TotalCount) for part in parts):
            return False
        return all(_is_steady(part.page.condition) for part in parts if isinstance(part, Connection))


def _is_steady(condition: Condition) -> bool:
    match condition:
        case Compare():
            return condition.operator in ("eq", "in")
        case All():
            return all(_is_steady(part) for part in condition.parts)
    return False


def walk(parts: Any) -> Iterator[Any]:
    """Every part of a plan, outermost first."""
    for part in parts:
        yield part
        yield from walk(_inner(part))


def _inner(part: Any) -> tuple[Any, ...]:
    match part:
        case Connection() | Edges() | Statistics():
            return part.parts
        case One() | ToOne() | Nodes() | GroupLink():
            return part.shown.parts
        case Later():
            return part.list.parts
        case ToOneOf() | ByIds():
            return tuple(inner for choice in part.choices for inner in choice.parts)
        case Entities():
            return tuple(inner for kind in part.kinds for inner in kind.shown.parts)
    return ()
