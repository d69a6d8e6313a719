"""Selection to plan: what graphql-core collects of an operation becomes the plan of one statement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
from graphql import FieldNode

from hub.errors import ListTooLong, MalformedId, OneKeyOnly, TooManyDimensions
from hub.resolvers.arguments import Binds, list_shape
from hub.resolvers.representations import Grouped, grouped
from hub.resolvers.selection import Fields, Path, Selection
from hub.resolvers.shown import Shown
from hub.resolvers.values import MALFORMED, MOST_ITEMS, Coerced, ListShape, Read, Slot, checked_text, id_prefix
from hub.rules.machines import Machine
from hub.schema.declare import camel, public, snake
from hub.schema.model import (
    CodeColumn,
    Column,
    Dimension,
    LinkMember,
    Member,
    Model,
    Noun,
)
from hub.schema.scalars import Kind
from hub.store.dimensions import GroupKey
from hub.store.plan import (
    ByIds,
    Constant,
    Count,
    Entities,
    EntityKind,
    GroupLink,
    GroupPart,
    GroupValue,
    Object,
    One,
    Plan,
    Root,
    Statistics,
    Sum,
)

MOST_DIMENSIONS = 4
GIVEN = ""
"""Where the ids of the rows that a deed gives back stand among the variables: no variable has this name."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with the way each of its values is read from a request's variables."""

    plan: Plan
    sources: Mapping[str, Read]
    unread: tuple[Read, ...] = ()
    """How the errors of representations that cannot be read are found."""
    matched: frozenset[str | None] = frozenset()
    """The masks of what filters match exactly, where any do."""


class Planner:
    """Plans the operations of one model."""

    def __init__(
        self,
        model: Model,
        hashed: Callable[[str, str], str],
        *,
        node_budget: int,
        machines: Mapping[str, Machine],
    ) -> None:
        self._model = model
        self._hashed = hashed
        self._budget = node_budget
        self._machines = machines
        self._roots = {name: noun for noun in model.graph_nouns for name in _root_names(noun)}

    def plan(self, selection: Selection, roots: Mapping[str, Fields]) -> Planned:
        """The plan of the roots that the base answers. PlanError with the field's path where an argument is wrong."""
        return self._planning(selection).plan(roots)

    def payload(self, selection: Selection, kind: str, shown: Mapping[str, Fields], root: str) -> Planned:
        """The plan of what a deed gives back: each row by its id among `GIVEN`; other fields are left to the caller."""
        return self._planning(selection).payload(kind, shown, root)

    def listed(self, selection: Selection, kind: str, shown: Mapping[str, Fields], root: str) -> Planned:
        """The plan of many entries of a type at once: the rows of each of its fields by their ids among `GIVEN`.

        Events are shown to whom they were let through; what they link to is looked at like anything else.
        """
        return self._planning(selection).listed(kind, shown, root)

    def _planning(self, selection: Selection) -> "_Planning":
        binds = Binds(self._model, self._hashed)
        return _Planning(self._model, selection, binds, self._budget, self._machines, roots=self._roots)


def _root_names(noun: Noun) -> tuple[str, ...]:
    one = camel(snake(noun.name))
    names = {"one": one, "list": camel(noun.declared.plural), "statistics": f"{one}Statistics"}
    return tuple(names[root] for root in noun.declared.roots)


class _Planning(Shown):
    """Plans one operation, root by root."""

    def __init__(self, *given: Any, roots: Mapping[str, Noun]) -> None:
        super().__init__(*given)
        self._root_nouns = roots
        self._unread: list[Read] = []

    def plan(self, roots: Mapping[str, Fields]) -> Planned:
        return self._planned(tuple(self._at((key,), self._root, key, fields) for key, fields in roots.items()))

    def payload(self, kind: str, shown: Mapping[str, Fields], root: str) -> Planned:
        nouns = self._nouns(kind, shown)
        found = (self._at((root, key), self._given, key, noun, shown[key]) for key, noun in nouns.items())
        return self._planned(tuple(found))

    def listed(self, kind: str, shown: Mapping[str, Fields], root: str) -> Planned:
        nouns = self._nouns(kind, shown)
        found = (self._at((root, key), self._all, key, _told(noun), shown[key]) for key, noun in nouns.items())
        return self._planned(tuple(found))

    def _nouns(self, kind: str, shown: Mapping[str, Fields]) -> dict[str, Noun]:
        """The nouns of the fields that show a row, by response key."""
        fields = self._of.kind(kind).fields
        named = {key: found[0].node.name.value for key, found in shown.items()}
        kinds = {key: str(fields[name].type).rstrip("!") for key, name in named.items() if name in fields}
        return {key: self._model[name] for key, name in kinds.items() if name in self._model.nouns}

    def _all(self, key: str, noun: Noun, fields: Fields, path: Path) -> Root:
        self._spend(1)
        ids = Slot((GIVEN, fields[0].node.name.value))
        asked = self._binds.add(ids, Kind.TEXT, convert=lambda given: _json([[each] for each in given]))
        return ByIds(key, asked, (self._object(noun, fields, 1, path),))

    def _given(self, key: str, noun: Noun, fields: Fields, path: Path) -> Root:
        self._spend(1)
        shown = self._object(noun, fields, 1, path)
        return One(key, shown, (("id", self._binds.add(Slot((GIVEN, noun.name)), Kind.ID)),))

    def _planned(self, found: tuple[Root, ...]) -> Planned:
        return Planned(
            Plan(found, self._cost), self._binds.sources, tuple(self._unread), frozenset(self._binds.matched)
        )

    def _root(self, key: str, fields: Fields, path: Path) -> Root:
        node: FieldNode = fields[0].node
        name = node.name.value
        if name == "__typename":
            return Constant(key, "Query")
        given = self._of.arguments(self._of.kind("Query"), node)
        if name == "node":
            return self._node(key, given["id"], fields, path)
        if name == "nodes":
            return self._nodes(key, given["ids"], fields, path)
        if name == "_entities":
            return self._entities(key, given["representations"], fields, path)
        noun = self._root_nouns[name]
        if name == camel(snake(noun.name)):
            return self._one(key, noun, given, fields, path)
        if name == camel(noun.declared.plural):
            return self._connection(key, noun, None, given, fields, 1, path)
        return self._statistics(key, noun, given, fields, path)

    def _node(self, key: str, id_: Any, fields: Fields, path: Path) -> Root:
        prefix = id_.shape if isinstance(id_, Slot) else id_prefix(self._model, checked_text(id_))
        if prefix == MALFORMED:
            raise MalformedId
        self._spend(1)
        (shown,) = self._choices("Node", {self._model.by_prefix[prefix].name: 1}, fields, path)
        return One(key, shown, (("id", self._binds.add(id_, Kind.ID)),))

    def _nodes(self, key: str, ids: Any, fields: Fields, path: Path) -> Root:
        shape = self._ids_shape(ids)
        if shape.too_long:
            raise ListTooLong(limit=MOST_ITEMS)
        if MALFORMED in shape.prefixes:
            raise MalformedId
        self._spend(shape.about)
        wanted = {self._model.by_prefix[prefix].name: shape.about for prefix in shape.prefixes}
        choices = self._choices("Node", wanted, fields, path)
        asked = self._binds.add(ids, Kind.TEXT, convert=lambda given: _json([[each] for each in given]))
        return ByIds(key, asked, choices)

    def _ids_shape(self, ids: Any) -> ListShape:
        if isinstance(ids, Slot):
            return list_shape(ids)
        found = {each.shape if isinstance(each, Slot) else id_prefix(self._model, checked_text(each)) for each in ids}
        return ListShape(nulls=False, too_long=len(ids) > MOST_ITEMS, prefixes=tuple(sorted(found)), about=len(ids))

    def _entities(self, key: str, given: Any, fields: Fields, path: Path) -> Root:
        kinds = given.shape if isinstance(given, Slot) else grouped(given, self._model).shape
        read = self._grouped(given)
        found: list[EntityKind] = []
        wanted = {kind[0]: count for kind, count in kinds}
        choices = {shown.noun.name: shown for shown in self._choices("_Entity", wanted, fields, path)}
        for kind, count in kinds:
            self._spend(count)
            shown = choices[kind[0]]
            rows = self._binds.add(None, Kind.TEXT)
            self._binds.sources[rows.name] = lambda coerced, kind=kind: _json(read(coerced).rows[kind])  # type: ignore[misc]
            found.append(EntityKind(shown, kind[1], rows))
        unread = self._binds.add(None, Kind.TEXT)
        self._binds.sources[unread.name] = lambda coerced: _json(read(coerced).unread)
        self._unread.append(lambda coerced: read(coerced).errors(key))
        return Entities(key, tuple(found), unread)

    def _grouped(self, given: Any) -> Callable[[Coerced], Grouped]:
        if not isinstance(given, Slot):
            constant = grouped(given, self._model)
            return lambda _: constant
        return lambda coerced: grouped(given.read(coerced), self._model)

    def _choices(self, abstract: str, wanted: Mapping[str, int], fields: Fields, path: Path) -> tuple[Object, ...]:
        """The objects of the types wanted, by how many rows each; arguments are checked under every other type too."""
        kinds: Any = self._of.schema.type_map[abstract]
        found: list[Object] = []
        for kind in self._of.schema.get_possible_types(kinds):
            if kind.name in wanted:
                found.append(self._object(self._model[kind.name], fields, wanted[kind.name], path))
            else:
                self._checked_only(self._model[kind.name], fields, path)
        return tuple(found)

    def _checked_only(self, noun: Noun, fields: Fields, path: Path) -> None:
        """A selection that shows nothing costs nothing; its arguments must fit all the same."""
        cost = self._cost
        self._object(noun, fields, 1, path)
        self._cost = cost

    def _one(self, key: str, noun: Noun, given: Mapping[str, Any], fields: Fields, path: Path) -> Root:
        id_, natural = given.get("id"), {name: given.get(camel(name)) for name in noun.key}
        named = [value for value in natural.values() if value is not None]
        if (id_ is not None) == bool(named) or len(named) not in (0, len(natural)):
            raise OneKeyOnly
        self._spend(1)
        shown = self._object(noun, fields, 1, path)
        if id_ is not None:
            prefix = id_.shape if isinstance(id_, Slot) else id_prefix(self._model, checked_text(id_))
            if prefix == MALFORMED:
                raise MalformedId
            return One(key, shown, (("id", self._binds.add(id_, Kind.ID)),))
        binds = ((name, self._binds.add(value, Kind.TEXT, convert=checked_text)) for name, value in natural.items())
        return One(key, shown, tuple(binds))

    def _statistics(self, key: str, noun: Noun, given: Mapping[str, Any], fields: Fields, path: Path) -> Statistics:
        condition = self._arguments.condition(noun, given.get("filter"))
        names = [str(getattr(each, "name", each)) for each in given.get("by") or ()]
        if len(names) > MOST_DIMENSIONS or len(set(names)) != len(names):
            raise TooManyDimensions(limit=MOST_DIMENSIONS)
        self._spend(1)
        dimensions = [noun.dimensions[name] for name in names]
        selected = self._of.below(self._of.kind(f"{noun.name}Statistics"), fields)
        parts = tuple(
            self._at((*path, name), self._group_part, name, noun, dimensions, found) for name, found in selected.items()
        )
        return Statistics(key, noun, condition, tuple(group_key(each, self._model) for each in dimensions), parts)

    def _group_part(self, key: str, noun: Noun, by: list[Dimension], fields: Fields, path: Path) -> GroupPart:
        name = fields[0].node.name.value
        if name == "__typename":
            return Constant(key, f"{noun.name}Statistics")
        if name == "count":
            return Count(key)
        if name in noun.sums:
            return Sum(key, noun.sums[name].name)
        for number, dimension in enumerate(by):
            if dimension.field == name:
                return self._grouped_by(key, number, dimension, fields, path)
        self._grouped_by(key, -1, noun.by_field[name], fields, path)
        return GroupValue(key, -1)

    def _grouped_by(self, key: str, number: int, dimension: Dimension, fields: Fields, path: Path) -> GroupPart:
        member: Member = dimension.member
        if dimension.kind == "level":
            region = self._model["Region"]
            return GroupLink(key, number, f"{region.prefix}_", self._object(region, fields, 1, path))
        if isinstance(member, CodeColumn):
            code = self._model["Code"]
            return GroupLink(key, number, f"{code.prefix}_{member.list}_", self._object(code, fields, 1, path))
        if isinstance(member, LinkMember):
            return GroupLink(key, number, "", self._object(self._model[member.targets[0]], fields, 1, path))
        return GroupValue(key, number)


def group_key(dimension: Dimension, model: Model) -> GroupKey:
    """The stored column that a dimension groups by."""
    member, link = dimension.member, dimension.through
    through = None if link is None else (link.column, model[link.targets[0]].table)
    if dimension.kind == "level":
        return GroupKey(dimension.level, Kind.ID, through=through)
    if isinstance(member, LinkMember):
        return GroupKey(member.column, Kind.ID, through=through)
    if isinstance(member, Column) and dimension.kind != "month":
        return GroupKey(member.name, member.kind, through=through)
    return GroupKey(member.name, Kind.ID, month=dimension.kind == "month", through=through)


def _told(noun: Noun) -> Noun:
    """Of the log, events that were let through one by one: by their routing keys, which a moved case leaves behind."""
    return replace(noun, declared=replace(noun.declared, scope=(public(),))) if noun.declared.log else noun


def _json(rows: list[Any]) -> str:
    """Rows that travel as one parameter."""
    return orjson.dumps(rows).decode()
