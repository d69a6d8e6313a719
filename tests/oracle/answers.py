"""How each field of the graph is answered from Python rows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from graphql import (
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
)

from hub.errors import BadRepresentation, HubError
from hub.schema.declare import camel
from hub.schema.model import Actions, CodeColumn, Column, Computed, Dimension, LinkMember, ManyMember, Model, Noun, Sealed
from hub.schema.scalars import Kind, parse_date, parse_instant, parse_money, show_money

from . import actions
from .access import Sight
from .arguments import check_keys, page_of, row_of, target_of
from .conditions import chosen
from .pages import Order, Page, arranged, cursor_of, cut, stored
from .rows import Row

ENDED = ("NOT_ACCEPTED", "MERGED", "PERFORMED", "CLOSED_FAILED", "CLOSED", "TRANSFERRED")
COMPUTED: dict[tuple[str, str], Callable[[Row], Any]] = {("Case", "open"): lambda row: row["state"].name not in ENDED}
"""Computed values, written by hand from what they mean."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row on its way to the selection."""

    noun: Noun
    row: Row


@dataclass(frozen=True, slots=True)
class Listed:
    """A connection: all rows that meet its filter, in order, and the page asked for."""

    noun: Noun
    rows: Sequence[Row]
    page: Page


@dataclass(frozen=True, slots=True)
class Group:
    """A group of statistics: its key by dimension, and its rows."""

    key: dict[str, Any]
    rows: Sequence[Row]


@dataclass(slots=True)
class Asking:
    """One request: what its viewer sees, and what it was shown so far."""

    sight: Sight
    shown: dict[str, set[str]] = field(default_factory=dict)

    def show(self, noun: Noun, row: Row | None) -> Found | None:
        """Hand the row to the selection, and remember that it was shown."""
        if row is None:
            return None
        self.shown.setdefault(noun.name, set()).add(row["id"])
        return Found(noun, row)


Resolver = Callable[..., Any]


class Answers:
    """Puts a resolver on every field of the oracle's own schema."""

    def __init__(self, core: GraphQLSchema, model: Model) -> None:
        self.core, self.model = core, model

    def fit(self) -> None:
        """Put them there."""
        self._scalars()
        for name in ("Node", "_Entity"):
            self.core.type_map[name].resolve_type = _type_of  # type: ignore[attr-defined]
        for noun in self.model.graph_nouns:
            self._noun(noun)
            self._connection(noun)
        self._roots()

    def _object(self, name: str) -> GraphQLObjectType:
        made = self.core.type_map[name]
        assert isinstance(made, GraphQLObjectType)
        return made

    def _scalars(self) -> None:
        for name, parser in (("Money", parse_money), ("Instant", parse_instant), ("Date", parse_date)):
            made = self.core.type_map[name]
            assert isinstance(made, GraphQLScalarType)
            made.parse_value = made.coerce_input_value = parser  # type: ignore[method-assign]

    def _noun(self, noun: Noun) -> None:
        fields = self._object(noun.name).fields
        for member in noun.members.values():
            if member.graph in fields:
                fields[member.graph].resolve = self._member(noun, member)
            if isinstance(member, Sealed):
                fields[member.opened].resolve = lambda _found, _info: None
            if isinstance(member, LinkMember) and member.is_union:
                name = fields[member.graph].type.name
                self.core.type_map[name].resolve_type = _type_of  # type: ignore[attr-defined]

    def _member(self, noun: Noun, member: Any) -> Resolver:
        if isinstance(member, CodeColumn):
            return lambda found, info: self._code(info.context, member, found.row[member.name])
        if isinstance(member, LinkMember):
            return lambda found, info: self._by_id(info.context, member.targets, found.row[member.name])
        if isinstance(member, ManyMember):
            return lambda found, info, **given: self._linked(info.context, member, found.row, given)
        if isinstance(member, Actions):
            return lambda found, info: actions.available(
                info.context.sight.data, info.context.sight.viewer, noun.name, found.row
            )
        if isinstance(member, Computed):
            return lambda found, _info: COMPUTED[noun.name, member.name](found.row)
        return lambda found, info: _shown_as(member, info.context.sight.shows(noun.name, found.row, member.name))

    def _by_id(self, asking: Asking, nouns: Iterable[str], id_: str | None) -> Found | None:
        noun = self.model.noun_of(id_) if id_ else None
        return asking.show(noun, asking.sight.find(noun.name, id_)) if noun and noun.name in nouns else None

    def _code(self, asking: Asking, member: CodeColumn, code: str | None) -> Found | None:
        return self._by_id(asking, ["Code"], f"code_{member.list}_{code}") if code is not None else None

    def _linked(self, asking: Asking, member: ManyMember, row: Row, given: dict[str, Any]) -> Listed:
        return self._listed(asking, self.model[member.target], asking.sight.linked(member.target, member.by, row["id"]), given)

    def _listed(self, asking: Asking, noun: Noun, rows: list[Row], given: dict[str, Any]) -> Listed:
        page = page_of(self.model, noun, given)
        met = chosen(asking.sight, self.model, noun, rows, given.get("filter") or {})
        return Listed(noun, arranged(noun, met, page.order), page)

    def _connection(self, noun: Noun) -> None:
        fields = self._object(f"{noun.name}Connection").fields
        fields["edges"].resolve = lambda listed, _info: [(noun, row, listed.page.order) for row in _cut(listed)]
        fields["nodes"].resolve = lambda listed, info: [info.context.show(noun, row) for row in _cut(listed)]
        fields["pageInfo"].resolve = lambda listed, _info: _page_info(listed)
        fields["totalCount"].resolve = lambda listed, _info: len(listed.rows)
        edge = self._object(f"{noun.name}Edge").fields
        edge["cursor"].resolve = lambda entry, _info: cursor_of(*entry)
        edge["node"].resolve = lambda entry, info: info.context.show(noun, entry[1])

    def _roots(self) -> None:
        query = self._object("Query").fields
        every = [noun.name for noun in self.model.graph_nouns]
        query["node"].resolve = lambda _, info, id: self._by_id(info.context, every, id)  # noqa: A006
        query["nodes"].resolve = lambda _, info, ids: [self._by_id(info.context, every, id_) for id_ in ids]
        query["_entities"].resolve = lambda _, info, representations: [
            self._entity(info.context, each) for each in representations
        ]
        for name, made in query.items():
            if (noun := row_of(self.model, name)) is not None:
                made.resolve = self._one(noun)
            elif (noun := target_of(self.model, "Query", name)) is not None:
                made.resolve = self._statistics(noun) if name.endswith("Statistics") else self._list(noun)

    def _one(self, noun: Noun) -> Resolver:
        return lambda _, info, **given: self._by_key(info.context, noun, check_keys(self.model, noun, given))

    def _list(self, noun: Noun) -> Resolver:
        return lambda _, info, **given: self._listed(info.context, noun, info.context.sight.rows(noun.name), given)

    def _by_key(self, asking: Asking, noun: Noun, key: dict[str, str]) -> Found | None:
        rows = asking.sight.rows(noun.name)
        return asking.show(noun, next((row for row in rows if all(row[name] == value for name, value in key.items())), None))

    def _entity(self, asking: Asking, representation: Any) -> Found | HubError | None:
        name = representation.get("__typename") if isinstance(representation, dict) else None
        noun = self.model.nouns.get(name) if isinstance(name, str) else None
        if noun is None or not noun.in_graph:
            return BadRepresentation()
        for key in (("id",), noun.key):
            given = {each: representation.get(camel(each)) for each in key}
            if given and all(isinstance(value, str) for value in given.values()):
                return self._by_key(asking, noun, given)
        return BadRepresentation()

    def _statistics(self, noun: Noun) -> Resolver:
        fields = self._object(f"{noun.name}Statistics").fields
        fields["count"].resolve = lambda group, _info: len(group.rows)
        for name, column in noun.sums.items():
            fields[name].resolve = _summing(column.name)
        for dimension in noun.dimensions.values():
            fields[dimension.field].resolve = self._grouped(dimension)
        return lambda _, info, **given: self._groups(info.context, noun, given)

    def _groups(self, asking: Asking, noun: Noun, given: dict[str, Any]) -> list[Group]:
        rows = chosen(asking.sight, self.model, noun, asking.sight.rows(noun.name), given.get("filter") or {})
        by = [noun.dimensions[name] for name in given.get("by") or ()]
        if not by:
            return [Group({}, rows)]
        found: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            found.setdefault(tuple(_key(asking.sight, row, dimension) for dimension in by), []).append(row)
        ordered = sorted(found, key=lambda key: [(part is None, part if part is not None else 0) for part in key])
        return [Group({each.name: part for each, part in zip(by, key, strict=True)}, found[key]) for key in ordered]

    def _grouped(self, dimension: Dimension) -> Resolver:
        def resolve(group: Group, info: GraphQLResolveInfo[Asking]) -> Any:
            part = group.key.get(dimension.name)
            if part is None:
                return None
            if dimension.kind == "code":
                assert isinstance(dimension.member, CodeColumn)
                return self._code(info.context, dimension.member, part)
            if dimension.kind == "level":
                return self._by_id(info.context, ["Region"], f"region_{part}")
            if dimension.kind == "link":
                assert isinstance(dimension.member, LinkMember)
                return self._by_id(info.context, dimension.member.targets, part)
            return part

        return resolve


def _type_of(found: Found, _info: Any, _kind: Any) -> str:
    return found.noun.name


def _cut(listed: Listed) -> Sequence[Row]:
    return cut(listed.noun, listed.rows, listed.page).rows


def _page_info(listed: Listed) -> dict[str, Any]:
    found = cut(listed.noun, listed.rows, listed.page)
    order: Order = listed.page.order
    ends = [cursor_of(listed.noun, row, order) for row in (*found.rows[:1], *found.rows[-1:])]
    return {
        "hasNextPage": found.more_after,
        "hasPreviousPage": found.more_before,
        "startCursor": ends[0] if ends else None,
        "endCursor": ends[-1] if ends else None,
    }


def _summing(name: str) -> Resolver:
    return lambda group, _info: show_money(sum(row[name] for row in group.rows if row[name] is not None))


def _key(sight: Sight, row: Row, dimension: Dimension) -> Any:
    if dimension.through is not None:
        row = sight.data[dimension.through.targets[0]][row[dimension.through.name]]
    if dimension.kind == "level":
        return sight.data["Region"].get(row["region"], {}).get(dimension.level)
    value = stored(row[dimension.member.name])
    return value[:7] if dimension.kind == "month" and value is not None else value


def _shown_as(member: Column | Sealed, value: Any) -> Any:
    if value is None or not isinstance(member, Column):
        return value
    if member.kind is Kind.RECORDS:
        return [{camel(part.name): getattr(record, part.name) for part in fields(record)} for record in value]
    return show_money(value) if member.kind is Kind.MONEY else stored(value)
