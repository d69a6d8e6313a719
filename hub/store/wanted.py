"""Which rows are wanted: conditions, orders and pages, with their values left open."""

from dataclasses import dataclass

from hub.schema.model import LinkMember, Noun
from hub.schema.scalars import Kind


@dataclass(frozen=True, slots=True)
class Bind:
    """A value that is handed over when the statement runs."""

    name: str
    kind: Kind = Kind.TEXT
    many: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """A stored column against a value; `eager` columns are worth an index when compared with a list."""

    column: str
    operator: str
    operand: Bind
    eager: bool = True


@dataclass(frozen=True, slots=True)
class Null:
    """A stored column that holds nothing, or does not."""

    column: str
    wanted: bool


@dataclass(frozen=True, slots=True)
class Search:
    """The noun's search index finds the text: as a phrase, as words, and as the run of words that must occur."""

    phrase: Bind
    words: Bind
    run: Bind


@dataclass(frozen=True, slots=True)
class Linked:
    """The row behind a link exists for the viewer and meets the condition."""

    link: LinkMember
    noun: Noun
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class Some:
    """A row that links back here exists for the viewer and meets the condition (`wanted` False: there is none)."""

    by: LinkMember
    noun: Noun
    condition: "Condition"
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; without parts, always."""

    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """One part holds; without parts, never."""

    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold: false where it is unknown would be a third value, and there are two."""

    part: "Condition"


Condition = Compare | Null | Search | Linked | Some | All | Either | Not


@dataclass(frozen=True, slots=True)
class Term:
    """One column of an order."""

    column: str
    ascending: bool
    nullable: bool
    kind: Kind


Order = tuple[Term, ...]
"""Made total: `id` is always among the terms. Null is the greatest value."""

BY_ID = (Term("id", ascending=True, nullable=False, kind=Kind.ID),)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position a page starts behind: one value per term of the order, None where the row's value is null."""

    values: tuple[Bind | None, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list, and in which order; `tag` names the order in cursors."""

    condition: Condition
    order: Order
    tag: str
    size: int
    backward: bool = False
    cursor: Cursor | None = None
