"""The members of a noun: what each line of a declaration became."""

import enum
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from hub.schema.declare import camel
from hub.schema.scalars import Kind

LEVELS = ("city", "district", "town", "zone")
"""The level columns a `levels` link keeps on its row: region codes, from the widest to the narrowest, then the zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One line of a noun, whatever its word."""

    name: str
    doc: str
    nullable: bool = False

    @property
    def graph(self) -> str:
        """Its name in the graph."""
        return camel(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Member):
    """A stored value. Shown unless internal; a filter and an order where indexed and unmasked."""

    kind: Kind
    values: type[enum.Enum] | None = None
    record: type | None = None
    unique: bool = False
    index: bool = False
    search: bool = False
    sound: bool = False
    mask: str | None = None
    hashed: str | None = None
    shown: bool = True

    @property
    def looked_for(self) -> bool:
        """Whether clients may filter and group by it: shown to all alike, and indexed."""
        return self.shown and self.index and self.mask is None and self.kind is not Kind.RECORDS

    @property
    def orderable(self) -> bool:
        return self.looked_for and self.kind is not Kind.BOOL

    @property
    def ordered_by(self) -> str:
        """The stored column that orders by this field."""
        return f"{self.name}_sound" if self.sound else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeColumn(Member):
    """A code of a list; stored as the code, shown as the `Code`."""

    list: str
    index: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed(Member):
    """Stored as `<name>` (masked), `<name>_sealed` (encrypted), `<name>_hash` (where hashed)."""

    mask: str | None = None
    hashed: str | None = None
    search: bool = False

    @property
    def opened(self) -> str:
        """The graph's name of the opened value."""
        return f"{self.graph}Opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed(Member):
    """An SQL expression over `{column}` placeholders; of kind BOOL it is a condition."""

    kind: Kind
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Live(Member):
    """A value asked of an agency at the moment of the answer."""

    kind: Kind
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions(Member):
    """What the viewer may do with the row now: a list of `record`, judged by the machine of this name."""

    machine: str
    record: type


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMember(Member):
    """Another row by id; several targets make it a union."""

    targets: tuple[str, ...]
    levels: bool = False
    index: bool = True

    @property
    def column(self) -> str:
        return f"{self.name}_id"

    @property
    def is_union(self) -> bool:
        return len(self.targets) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyMember(Member):
    """The rows of `target` whose link `by` points here."""

    target: str
    by: str


DimensionKind: TypeAlias = Literal["enum", "bool", "code", "level", "link", "month", "number"]


@dataclass(frozen=True, slots=True)
class Dimension:
    """What statistics can be grouped by: the enum value `name`, shown in the graph's field `field`.

    `member` is what is stored: of a level the link that keeps it (the stored column is then `level`), of a month the date.
    `through` is the link to the row that stores it, where that is another than the one that is counted.
    """

    name: str
    field: str
    member: Member
    kind: DimensionKind
    level: str = ""
    through: "LinkMember | None" = None

    def behind(self, link: "LinkMember") -> "Dimension":
        """The same of the row that the link leads to (`CASE_DISTRICT`)."""
        field = f"{link.graph}{self.field[0].upper()}{self.field[1:]}"
        return replace(self, name=f"{link.name.upper()}_{self.name}", field=field, through=link)


def is_filterable(member: Member) -> bool:
    """Whether filters may name it."""
    if isinstance(member, Column):
        return member.looked_for or member.hashed is not None
    if isinstance(member, Sealed):
        return member.hashed is not None
    if isinstance(member, CodeColumn):
        return member.index
    return isinstance(member, ManyMember) or (isinstance(member, LinkMember) and not member.is_union)


def dimension_of(member: Member) -> Dimension | None:
    """What statistics group by where they group by it; None where they cannot."""
    name, graph = member.name.upper(), member.graph
    if isinstance(member, CodeColumn):
        return Dimension(name, graph, member, "code") if member.index else None
    if isinstance(member, LinkMember):
        return Dimension(name, graph, member, "link") if member.index and not member.is_union else None
    if not isinstance(member, Column) or not member.looked_for:
        return None
    if member.kind is Kind.DATE:
        return Dimension(f"{name}_MONTH", f"{graph}Month", member, "month")
    kinds: dict[Kind, DimensionKind] = {Kind.ENUM: "enum", Kind.BOOL: "bool", Kind.INT: "number"}
    return Dimension(name, graph, member, kinds[member.kind]) if member.kind in kinds else None
