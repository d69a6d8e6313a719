"""Selections of objects and lists become parts of a plan; arguments are checked wherever they stand."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from graphql import FieldNode

from hub.errors import HubError, NodeBudget
from hub.resolvers.arguments import Arguments, Binds
from hub.resolvers.selection import Fields, Path, Selection
from hub.rules.machines import Machine
from hub.schema.declare import camel
from hub.schema.model import (
    Actions,
    CodeColumn,
    Column,
    Computed,
    LinkMember,
    Live,
    ManyMember,
    Member,
    Model,
    Noun,
    Sealed,
    record_fields,
)
from hub.store.plan import (
    Connection,
    ConnectionPart,
    Constant,
    CursorPart,
    Edges,
    Hole,
    Nodes,
    Object,
    PageInfo,
    Part,
    Records,
    ToOne,
    ToOneOf,
    TotalCount,
    Value,
)


class Shown:
    """Plans what is shown below a root: objects, their lists and leaves, and what they cost."""

    def __init__(
        self, model: Model, selection: Selection, binds: Binds, budget: int, machines: Mapping[str, Machine]
    ) -> None:
        self._model = model
        self._of = selection
        self._binds = binds
        self._arguments = Arguments(model, binds)
        self._budget = budget
        self._machines = machines
        self._cost = 0
        self._holes = itertools.count()

    def _at(self, path: Path, plan: Callable[..., Any], *arguments: Any) -> Any:
        """Errors found below carry the path of the field that they were found in."""
        above, self._binds.path = self._binds.path, path
        try:
            return plan(*arguments, path)
        except HubError as error:
            if error.path is None:
                error.path = path
            raise
        finally:
            self._binds.path = above

    def _spend(self, nodes: int) -> None:
        self._cost += nodes
        if self._cost > self._budget:
            raise NodeBudget(limit=self._budget)

    def _connection(
        self,
        key: str,
        noun: Noun,
        by: ManyMember | None,
        given: Mapping[str, Any],
        fields: Fields,
        parents: int,
        path: Path,
    ) -> Connection:
        page = self._arguments.page(noun, given)
        rows = parents * page.size
        selected = self._of.below(self._of.kind(f"{noun.name}Connection"), fields)
        if any(found[0].node.name.value in ("edges", "nodes") for found in selected.values()):
            self._spend(rows)
        parts = tuple(
            self._at((*path, name), self._connection_part, name, noun, found, rows) for name, found in selected.items()
        )
        return Connection(key, noun, by, page, parts)

    def _connection_part(self, key: str, noun: Noun, fields: Fields, rows: int, path: Path) -> ConnectionPart:
        match fields[0].node.name.value:
            case "__typename":
                return Constant(key, f"{noun.name}Connection")
            case "nodes":
                return Nodes(key, self._object(noun, fields, rows, path))
            case "edges":
                selected = self._of.below(self._of.kind(f"{noun.name}Edge"), fields)
                parts = (
                    self._at((*path, name), self._edge_part, name, noun, found, rows)
                    for name, found in selected.items()
                )
                return Edges(key, tuple(parts))
            case "totalCount":
                return TotalCount(key)
        return PageInfo(key, self._leaves("PageInfo", fields))

    def _edge_part(self, key: str, noun: Noun, fields: Fields, rows: int, path: Path) -> Constant | Nodes | CursorPart:
        match fields[0].node.name.value:
            case "__typename":
                return Constant(key, f"{noun.name}Edge")
            case "cursor":
                return CursorPart(key)
        return Nodes(key, self._object(noun, fields, rows, path))

    def _leaves(self, kind: str, fields: Fields) -> tuple[Constant | tuple[str, str], ...]:
        """The keys and names of a type that has leaves only."""
        selected = self._of.below(self._of.kind(kind), fields)
        named = ((key, found[0].node.name.value) for key, found in selected.items())
        return tuple(Constant(key, kind) if name == "__typename" else (key, name) for key, name in named)

    def _object(self, noun: Noun, fields: Fields, rows: int, path: Path) -> Object:
        selected = self._of.below(self._of.kind(noun.name), fields)
        parts = (self._at((*path, key), self._part, key, noun, found, rows) for key, found in selected.items())
        return Object(noun, tuple(parts))

    def _part(self, key: str, noun: Noun, fields: Fields, rows: int, path: Path) -> Part:
        node: FieldNode = fields[0].node
        name = node.name.value
        if name == "__typename":
            return Constant(key, noun.name)
        member = noun.by_graph.get(name) or _opened(noun, name)
        match member:
            case Column() if member.record is not None:
                return self._records(key, member, member.record, fields)
            case Live() | Actions() | Sealed() if not isinstance(member, Sealed) or name == member.opened:
                return self._hole(key, member, noun, fields, rows)
            case Column() | Sealed() | Computed():
                return Value(key, member)
            case CodeColumn():
                return ToOne(key, member, self._object(self._model["Code"], fields, rows, path))
            case LinkMember():
                return self._link(key, member, fields, rows, path)
            case ManyMember():
                given = self._of.arguments(self._of.kind(noun.name), node)
                return self._connection(key, self._model[member.target], member, given, fields, rows, path)
        raise TypeError(f"{noun.name}.{name}")

    def _hole(self, key: str, member: Sealed | Live | Actions, noun: Noun, fields: Fields, rows: int) -> Hole:
        number = next(self._holes)
        if not isinstance(member, Actions):
            return Hole(number, key, member, noun, hidden_columns(noun, member))
        # The facts of a row are worth a node more.
        self._spend(rows)
        parts = self._leaves(member.record.__name__, fields)
        return Hole(number, key, member, noun, (), self._machines[member.machine], parts)

    def _link(self, key: str, member: LinkMember, fields: Fields, rows: int, path: Path) -> Part:
        choices = tuple(self._object(self._model[target], fields, rows, path) for target in member.targets)
        return ToOneOf(key, member, choices) if member.is_union else ToOne(key, member, choices[0])

    def _records(self, key: str, member: Column, record: type, fields: Fields) -> Records:
        stored = {camel(name): name for name in record_fields(record)}
        leaves = self._leaves(record.__name__, fields)
        return Records(
            key,
            member,
            tuple(part if isinstance(part, Constant) else (part[0], stored[part[1]]) for part in leaves),
        )


def hidden_columns(noun: Noun, member: Sealed | Live) -> tuple[str, ...]:
    """What fills a hole needs of the row: its id, the sealed text, and where the row belongs."""
    if isinstance(member, Live):
        return ("id",)
    case = noun.members.get("case")
    belongs = ("id",) if noun.name == "Case" else (case.column,) if isinstance(case, LinkMember) else ()
    return ("id", f"{member.name}_sealed", *belongs)


def _opened(noun: Noun, name: str) -> Member | None:
    return next((member for member in noun.of(Sealed) if member.opened == name), None)
