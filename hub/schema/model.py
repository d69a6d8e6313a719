"""The declarations resolved together: what graph, tables, plan and ledger are derived from."""

import datetime as dt
import enum
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, Union, get_args, get_origin, get_type_hints

from hub.errors import MalformedId
from hub.schema import scalars
from hub.schema.declare import Declared, Entity, Many, Said, ScopeWord, Word
from hub.schema.members import (
    LEVELS,
    Actions,
    CodeColumn,
    Column,
    Computed,
    Dimension,
    LinkMember,
    Live,
    ManyMember,
    Member,
    Sealed,
    dimension_of,
    is_filterable,
)
from hub.schema.scalars import Kind

__all__ = [
    "LEVELS",
    "Actions",
    "CodeColumn",
    "Column",
    "Computed",
    "Dimension",
    "LinkMember",
    "Live",
    "ManyMember",
    "Member",
    "Model",
    "Noun",
    "Sealed",
    "build",
    "record_fields",
]

_PYTHON: Mapping[object, Kind] = {
    str: Kind.TEXT,
    int: Kind.INT,
    bool: Kind.BOOL,
    scalars.Money: Kind.MONEY,
    dt.datetime: Kind.INSTANT,
    dt.date: Kind.DATE,
}
_NATURAL_ID = r"[0-9A-Za-z_.\u4e00-\u9fff-]{1,80}"
_UUID_ID = r"[0-9a-f]{32}"


@dataclass(frozen=True)
class Noun:
    """A resolved noun."""

    declared: Declared
    members: dict[str, Member] = field(repr=False)
    carried: tuple[Dimension, ...] = field(default=(), repr=False)
    """What its statistics can be grouped by of the case that every row of it belongs to."""

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def table(self) -> str:
        return self.declared.plural

    @property
    def prefix(self) -> str:
        return self.declared.prefix

    @property
    def doc(self) -> str:
        return self.declared.doc

    @property
    def scope(self) -> tuple[ScopeWord, ...]:
        return self.declared.scope

    @property
    def key(self) -> tuple[str, ...]:
        return self.declared.key

    @cached_property
    def is_public(self) -> bool:
        return any(word.word is Word.PUBLIC for word in self.scope)

    @cached_property
    def in_graph(self) -> bool:
        """A noun without scope is seen by nobody and stays out of the graph."""
        return bool(self.scope)

    @cached_property
    def by_graph(self) -> dict[str, Member]:
        """Members by their name in the graph."""
        return {member.graph: member for member in self.members.values()}

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Stored columns whose text the noun's search index holds."""
        return tuple(m.name for m in self.members.values() if isinstance(m, (Column, Sealed)) and m.search)

    @cached_property
    def placed(self) -> LinkMember | None:
        """The link whose region's levels this row keeps."""
        return next((m for m in self.members.values() if isinstance(m, LinkMember) and m.levels), None)

    @cached_property
    def filterable(self) -> dict[str, Member | str]:
        """What a filter names: stored columns, codes, hashed values, links and lists of rows; then a placed row's levels."""
        found: dict[str, Member | str] = {m.graph: m for m in self.members.values() if is_filterable(m)}
        return found | ({level: level for level in LEVELS} if self.placed else {})

    @cached_property
    def orderable(self) -> dict[str, Column]:
        """Columns by the value that orders by them (`REGISTERED_AT`)."""
        return {m.name.upper(): m for m in self.of(Column) if m.orderable}

    @cached_property
    def sums(self) -> dict[str, Column]:
        """Amounts by the field of the statistics that sums them (`amountSum`)."""
        return {f"{m.graph}Sum": m for m in self.of(Column) if m.looked_for and m.kind is Kind.MONEY}

    @cached_property
    def dimensions(self) -> dict[str, Dimension]:
        """What statistics group by, by the value that asks for it (`REGISTERED_ON_MONTH`); a placed row's levels, then
        what its case says.
        """
        found = [dimension for member in self.members.values() if (dimension := dimension_of(member))]
        if self.placed:
            found += [Dimension(level.upper(), level, self.placed, "level", level) for level in LEVELS]
        return {dimension.name: dimension for dimension in (*found, *self.carried)}

    @cached_property
    def by_field(self) -> dict[str, Dimension]:
        """Dimensions by the field of the statistics that shows them."""
        return {dimension.field: dimension for dimension in self.dimensions.values()}

    @cached_property
    def id_pattern(self) -> re.Pattern[str]:
        return re.compile(f"{self.prefix}_{_NATURAL_ID if self.declared.natural else _UUID_ID}")

    def of(self, kind: type[Any]) -> list[Any]:
        """Members of one kind, in the order declared."""
        return [member for member in self.members.values() if isinstance(member, kind)]


@dataclass(frozen=True)
class Model:
    """All nouns of one composition, by name."""

    nouns: dict[str, Noun]

    def __getitem__(self, name: str) -> Noun:
        return self.nouns[name]

    @cached_property
    def by_prefix(self) -> dict[str, Noun]:
        return {noun.prefix: noun for noun in self.nouns.values()}

    @cached_property
    def graph_nouns(self) -> tuple[Noun, ...]:
        return tuple(noun for noun in self.nouns.values() if noun.in_graph)

    def noun_of(self, id_: str) -> Noun:
        """The noun an id belongs to; MalformedId when it is none of ours."""
        noun = self.by_prefix.get(id_.partition("_")[0])
        if noun is None or not noun.in_graph or not noun.id_pattern.fullmatch(id_):
            raise MalformedId
        return noun


def build(entities: Iterable[type[Entity]]) -> Model:
    """Resolve the annotations of all nouns together; a declaration that does not hold is a TypeError at start."""
    classes = {entity.__name__: entity for entity in entities}
    nouns = {name: Noun(entity.declared, _members(entity, classes)) for name, entity in classes.items()}
    model = Model({name: replace(noun, carried=tuple(_carried(noun, nouns))) for name, noun in nouns.items()})
    for noun in model.nouns.values():
        _check(noun, model)
    return model


def _carried(noun: Noun, nouns: Mapping[str, Noun]) -> Iterator[Dimension]:
    """The dimensions of the case that each row has: whoever sees the row sees that."""
    link = noun.members.get("case")
    if "statistics" in noun.declared.roots and isinstance(link, LinkMember) and not link.nullable:
        yield from (each.behind(link) for each in nouns[link.targets[0]].dimensions.values())


def _members(entity: type[Entity], classes: Mapping[str, type[Entity]]) -> dict[str, Member]:
    hints = get_type_hints(entity, localns=dict(classes))
    lines = entity.declared.lines
    members: dict[str, Member] = {"id": Column(name="id", doc="标识 · Id", kind=Kind.ID, index=True)}
    for name, said in lines.items():
        members[name] = _member(name, said, hints[name])
    version = {"version": Column(name="version", doc="版本 · Version of the row, from 1", kind=Kind.INT)}
    times = {
        "created_at": Column(name="created_at", doc="入库时间 · When the row was written", kind=Kind.INSTANT),
        "updated_at": Column(name="updated_at", doc="更新时间 · When the row last changed", kind=Kind.INSTANT),
    }
    return members | version | times


def _member(name: str, said: Said, hint: Any) -> Member:
    base: dict[str, Any] = {"name": name, "doc": said.doc}
    inner = get_args(hint)[0]
    if said.word == "many" or get_origin(hint) is Many:
        return ManyMember(**base, target=inner.__name__, by=said.options["by"])
    kinds, base["nullable"] = _alternatives(inner)
    if said.word == "link":
        return LinkMember(**base, targets=tuple(kind.__name__ for kind in kinds), **said.options)
    if said.word == "code":
        return CodeColumn(**base, **said.options)
    if said.word == "sealed":
        return Sealed(**base, **said.options)
    typed = _typed(kinds[0])
    if said.word == "computed":
        return Computed(**base, kind=typed["kind"], **said.options)
    if said.word == "actions":
        return Actions(**{**base, "nullable": True}, record=typed["record"], **said.options)
    if said.word == "live":
        return Live(**{**base, "nullable": True}, kind=typed["kind"], **said.options)
    return Column(**base, **typed, **said.options, shown=said.word == "column")


def _alternatives(inner: Any) -> tuple[list[Any], bool]:
    options = list(get_args(inner)) if get_origin(inner) in (Union, types.UnionType) else [inner]
    return [option for option in options if option is not type(None)], type(None) in options


def _typed(kind: Any) -> dict[str, Any]:
    if get_origin(kind) is list:
        return {"kind": Kind.RECORDS, "record": get_args(kind)[0]}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"kind": Kind.ENUM, "values": kind}
    return {"kind": _PYTHON[kind]}


def _check(noun: Noun, model: Model) -> None:
    for member in noun.members.values():
        if isinstance(member, ManyMember):
            by = model[member.target].members.get(member.by)
            if not isinstance(by, LinkMember) or noun.name not in by.targets:
                raise TypeError(f"{noun.name}.{member.name}: {member.target}.{member.by} does not link back")
        if isinstance(member, LinkMember) and not set(member.targets) <= set(model.nouns):
            raise TypeError(f"{noun.name}.{member.name} links to an unknown noun")
        if isinstance(member, Column) and member.mask and (member.index or member.search):
            raise TypeError(f"{noun.name}.{member.name}: a masked column is never filter, order or searched")
        if isinstance(member, Column) and member.record and not is_dataclass(member.record):
            raise TypeError(f"{noun.name}.{member.name}: records are dataclasses")
    missing = [name for name in noun.key if name not in noun.members]
    if missing:
        raise TypeError(f"{noun.name}: key {missing} is not declared")


def record_fields(record: type) -> dict[str, Kind]:
    """Names and kinds of a record's fields (all text, nullable), in order."""
    return {item.name: Kind.TEXT for item in fields(record)}
