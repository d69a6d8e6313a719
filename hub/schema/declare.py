"""The words nouns are declared in. A declaration is neutral: graph, table, filters and orders are derived from it.

    class Case(Entity, prefix="case", doc="纠纷案件 · Dispute case", scope=(in_region(), ...), key=("number",)):
        number: Field[str] = column("案号 · Case number", unique=True)
        amount: Field[Money | None] = column("标的额 · Amount in dispute", index=True)
        region: Link[Region] = link("所在区划 · Region", levels=True)
        parties: Many[Party] = many("当事人 · Parties", by="case")

The annotation alone says type and nullability. `model.build` resolves the annotations of all nouns together.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Self, TypeVar, dataclass_transform, overload

T = TypeVar("T")


class Typed(Generic[T]):
    """What an annotation may be: on the class the member itself, on a row its value."""

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: object, owner: type) -> T: ...
    def __get__(self, row: object | None, owner: type) -> Self | T:
        raise AttributeError("declarations hold no values; ask the model")


class Field(Typed[T]):
    """A value of the noun's own row."""


class Link(Typed[T]):
    """Another noun's row, by id; a union of nouns where the id's prefix decides."""


class Many(Typed[T]):
    """The rows of another noun that link back here: a connection."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a declaration as it was said, before its annotation is resolved."""

    word: str
    doc: str
    options: dict[str, Any] = field(default_factory=dict)


def column(
    doc: str,
    *,
    unique: bool = False,
    index: bool = False,
    search: bool = False,
    order_by_sound: bool = False,
    mask: str | None = None,
    hashed: str | None = None,
) -> Any:
    """A stored value. `mask` names how it is shown to viewers under that mask; `hashed` how it is matched exactly.

    A masked column is never filter or order. Indexed and unique ones are filters and orders.
    """
    options = {"unique": unique, "index": index or unique, "search": search, "sound": order_by_sound, "mask": mask}
    return Said("column", doc, options | {"hashed": hashed})


def sealed(doc: str, *, mask: str | None = None, hashed: str | None = None, search: bool = False) -> Any:
    """A value stored encrypted; beside it a plain masked form that is shown, and a keyed hash for exact matching.

    The graph shows the masked form under the field's name and the opened one as `<name>Opened` (a hole).
    """
    return Said("sealed", doc, {"mask": mask, "hashed": hashed, "search": search})


def code(doc: str, *, list: str, index: bool = False) -> Any:  # noqa: A002 - the field's own term
    """A code of a list that is data: the row stores the code, the graph shows the `Code`."""
    return Said("code", doc, {"list": list, "index": index})


def computed(doc: str, expression: str) -> Any:
    """A value the statement computes: an SQL expression over `{column}` placeholders, the same in both databases."""
    return Said("computed", doc, {"expression": expression})


def live(doc: str, *, by: str) -> Any:
    """A value only an agency knows at the moment of asking (a hole); the agency is named by string."""
    return Said("live", doc, {"by": by})


def actions(doc: str, *, machine: str) -> Any:
    """What the viewer who asks may do with the row now (a hole); the machine whose table says so is named by string."""
    return Said("actions", doc, {"machine": machine})


def link(doc: str, *, levels: bool = False, index: bool = True) -> Any:
    """Another row. `levels` also keeps the region's codes by level (city, district, town, zone) on this row."""
    return Said("link", doc, {"levels": levels, "index": index})


def many(doc: str, *, by: str) -> Any:
    """The rows of another noun whose link `by` points here."""
    return Said("many", doc, {"by": by})


def internal(doc: str, *, index: bool = False, unique: bool = False) -> Any:
    """A stored value that the graph never shows."""
    return Said("internal", doc, {"index": index, "unique": unique})


@dataclass(frozen=True, slots=True)
class Index:
    """A further index of the table, over stored column names."""

    columns: tuple[str, ...]
    unique: bool = False
    where: str | None = None


def index(*columns: str, unique: bool = False, where: str | None = None) -> Index:
    """A further index over several stored columns; `where` (SQL both databases read alike) leaves the other rows out."""
    return Index(columns, unique, where)


@dataclass(frozen=True, slots=True)
class Check:
    """A condition every row meets, in SQL that both databases read alike."""

    name: str
    condition: str


def check(name: str, condition: str) -> Check:
    """A named condition on every row."""
    return Check(name, condition)


class Word(enum.Enum):
    """The ways a row can be within a viewer's scope."""

    PUBLIC = "public"
    IN_REGION = "in_region"
    OF_ORGANISATION = "of_organisation"
    OF_COURT = "of_court"
    OF_CASE = "of_case"


@dataclass(frozen=True, slots=True)
class ScopeWord:
    """One word of a noun's scope; `paths` lead over links to what must be the viewer's (`referrals.sender`)."""

    word: Word
    paths: tuple[str, ...] = ()


def public() -> ScopeWord:
    """Everybody sees the row; what not everybody may see of it is sealed or masked."""
    return ScopeWord(Word.PUBLIC)


def in_region() -> ScopeWord:
    """Seen by viewers of a region that holds the row (level columns of its `levels` link)."""
    return ScopeWord(Word.IN_REGION)


def of_organisation(*paths: str) -> ScopeWord:
    """Seen by the organisations that one of the paths leads to."""
    return ScopeWord(Word.OF_ORGANISATION, paths)


def of_court(*paths: str) -> ScopeWord:
    """Seen by the courts that one of the paths leads to."""
    return ScopeWord(Word.OF_COURT, paths)


def of_case(path: str = "case") -> ScopeWord:
    """Seen by whoever sees the case that the path leads to."""
    return ScopeWord(Word.OF_CASE, (path,))


@dataclass(frozen=True, slots=True)
class Declared:
    """A noun as declared: what was said of the class itself."""

    name: str
    plural: str
    prefix: str
    doc: str
    scope: tuple[ScopeWord, ...]
    roots: tuple[str, ...]
    key: tuple[str, ...]
    natural: bool
    log: bool
    told: bool
    handled_by: str | None
    lines: dict[str, Said]
    table: tuple[Index | Check, ...]


@dataclass_transform(
    kw_only_default=True, field_specifiers=(column, sealed, code, computed, live, actions, link, many, internal)
)
class Entity:
    """The base of every noun.

    `prefix` starts its ids; `roots` are the ways in (`one`, `list`, `statistics`); `key` is the natural key that
    neighbours know; `natural` ids are made of that key; `log` marks the one table read by position; `told` rows
    that belong to no case are news to their own region, organisations and courts; `handled_by` names the link to the
    organisation that handles the row (it opens sealed values for a purpose). Every row also has `id`, `version`,
    `created_at` and `updated_at`.
    """

    declared: ClassVar[Declared]

    def __init_subclass__(
        cls,
        *,
        prefix: str,
        doc: str,
        scope: Sequence[ScopeWord] = (),
        roots: Sequence[str] = ("one", "list"),
        key: Sequence[str] = (),
        natural: bool = False,
        log: bool = False,
        told: bool = False,
        handled_by: str | None = None,
        plural: str | None = None,
        table: Sequence[Index | Check] = (),
    ) -> None:
        lines = {name: said for name, said in vars(cls).items() if isinstance(said, Said)}
        name = snake(cls.__name__)
        cls.declared = Declared(
            name=cls.__name__,
            plural=plural or plural_of(name),
            prefix=prefix,
            doc=doc,
            scope=tuple(scope),
            roots=tuple(roots),
            key=tuple(key),
            natural=natural,
            log=log,
            told=told,
            handled_by=handled_by,
            lines=lines,
            table=tuple(table),
        )


def snake(name: str) -> str:
    """`SourceRecord` -> `source_record`."""
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def camel(name: str) -> str:
    """`source_record` -> `sourceRecord`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def plural_of(name: str) -> str:
    """`party` -> `parties`; the plural that names tables and root fields."""
    return name[:-1] + "ies" if name.endswith("y") else name + "s"
