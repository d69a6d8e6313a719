"""Values of variables: what of them shapes a plan, and where the rest is found when the statement runs."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

from hub.errors import BadText, MalformedId
from hub.resolvers.representations import Grouped, grouped
from hub.schema.model import Model

Coerced = Mapping[str, Any]
Read = Callable[[Coerced], Any]
Walk = Callable[[Any, tuple[str | int, ...]], tuple[Any, Any]]
"""From a coerced value and its path to the value as planned (slots in the places of leaves), and its shape."""

# What no text holds: controls but tab and line feed (a carriage return stands before one), and lone surrogates.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]|\r(?!\n)")
_LONGEST_TEXT = 10_000
_STRUCTURE = ("OrderField", "Dimension")
MOST_ITEMS = 250
MALFORMED = "!"
"""The shape of an id that is none."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A leaf of a variable: its path, and what of it the plan may know (an id's prefixes, a cursor's form)."""

    path: tuple[str | int, ...]
    shape: Any = None

    def read(self, coerced: Coerced) -> Any:
        """The leaf's value in this request."""
        found: Any = coerced
        for step in self.path:
            found = found[step]
        return found


@dataclass(frozen=True, slots=True)
class ListShape:
    """What a plan must know of a list: whether it may run at all; of ids their prefixes and about how many."""

    nulls: bool
    too_long: bool
    prefixes: tuple[str, ...] = ()
    about: int = 0


def about(size: int) -> int:
    """The next power of two: lists of about the same size share a plan, and its cost."""
    return 1 << max(0, size - 1).bit_length()


def checked_text(text: str) -> str:
    """The text with plain line ends. BadText when it holds what no text holds, or is too long."""
    if len(text) > _LONGEST_TEXT or _FORBIDDEN.search(text):
        raise BadText
    return text.replace("\r\n", "\n") if "\r" in text else text


def id_prefix(model: Model, id_: str) -> str:
    """The prefix of a well-formed id, or MALFORMED."""
    try:
        return model.noun_of(id_).prefix
    except MalformedId:
        return MALFORMED


def reader(value: Any) -> Read:
    """How a planned value is read from a request's variables: a slot, a list that holds slots, or a constant."""
    if isinstance(value, Slot):
        return value.read
    if isinstance(value, list) and any(isinstance(each, Slot) for each in value):
        readers = [reader(each) for each in value]
        return lambda coerced: [read(coerced) for read in readers]
    return lambda _: value


def holds_slot(value: Any) -> bool:
    """Whether the value is only known when the statement runs."""
    return isinstance(value, Slot) or (isinstance(value, list) and any(isinstance(each, Slot) for each in value))


class Walker:
    """Makes the walk of a variable from its type, once per operation."""

    def __init__(self, model: Model, cursor_form: Callable[[str], Any]) -> None:
        self._model = model
        self._cursor_form = cursor_form
        self._objects: dict[str, Walk] = {}

    def of(self, kind: GraphQLInputType, *, is_cursor: bool = False, is_argument: bool = True) -> Walk:
        """The walk of values of this type; `is_cursor` marks variables that stand for `after` or `before`."""
        inner = self._some(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, is_cursor, is_argument)
        return lambda value, path: (None, None) if value is None else inner(value, path)

    def _some(self, kind: Any, is_cursor: bool, is_argument: bool) -> Walk:
        if isinstance(kind, GraphQLList):
            return self._list(kind.of_type)
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind)
        if isinstance(kind, GraphQLEnumType):
            structural = kind.name == "Direction" or kind.name.endswith(_STRUCTURE)
            return _by_value if structural else _slot
        return self._scalar(kind, is_cursor, is_argument)

    def _scalar(self, kind: GraphQLScalarType, is_cursor: bool, is_argument: bool) -> Walk:
        match kind.name:
            case "Boolean":
                return _by_value
            case "Int":
                return _by_value if is_argument else _slot
            case "ID":
                return self._id
            case "String":
                return self._cursor if is_cursor else _text
            case "_Any":
                return _by_value
        return _slot

    def _id(self, value: str, path: tuple[str | int, ...]) -> tuple[Any, Any]:
        prefix = id_prefix(self._model, checked_text(value))
        return Slot(path, prefix), prefix

    def _cursor(self, value: str, path: tuple[str | int, ...]) -> tuple[Any, Any]:
        form = self._cursor_form(checked_text(value))
        return Slot(path, form), form

    def _list(self, kind: Any) -> Walk:
        item = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        if isinstance(item, GraphQLScalarType) and item.name == "_Any":
            return self._representations
        if isinstance(item, GraphQLScalarType) and item.name == "ID":
            return self._ids
        walk = self.of(kind, is_argument=False)
        if isinstance(item, GraphQLInputObjectType) or (
            isinstance(item, GraphQLEnumType) and item.name.endswith(_STRUCTURE)
        ):
            return lambda value, path: _each(walk, value, path)
        return lambda value, path: _whole(walk, value, path)

    def _ids(self, value: list[Any], path: tuple[str | int, ...]) -> tuple[Any, Any]:
        prefixes = tuple(sorted({id_prefix(self._model, checked_text(each)) for each in value if each is not None}))
        shape = ListShape(None in value, len(value) > MOST_ITEMS, prefixes, about(len(value)))
        return Slot(path, shape), shape

    def _representations(self, value: list[Any], path: tuple[str | int, ...]) -> tuple[Any, Any]:
        found: Grouped = grouped(value, self._model)
        return Slot(path, found.shape), found.shape

    def _object(self, kind: GraphQLInputObjectType) -> Walk:
        # Filters hold filters of their own kind: each kind's members are made when the first value needs them.
        if kind.name not in self._objects:
            members: dict[str, Walk] = {}
            self._objects[kind.name] = lambda value, path: _members(members or self._fill(members, kind), value, path)
        return self._objects[kind.name]

    def _fill(self, members: dict[str, Walk], kind: GraphQLInputObjectType) -> dict[str, Walk]:
        members.update({name: self.of(field.type, is_argument=False) for name, field in kind.fields.items()})
        return members


def _by_value(value: Any, _: tuple[str | int, ...]) -> tuple[Any, Any]:
    return value, value


def _slot(_: Any, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    return Slot(path), "v"


def _text(value: str, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    checked_text(value)
    return Slot(path), "v"


def _each(walk: Walk, value: Sequence[Any], path: tuple[str | int, ...]) -> tuple[Any, Any]:
    found = [walk(each, (*path, number)) for number, each in enumerate(value)]
    return [planned for planned, _ in found], tuple(shape for _, shape in found)


def _whole(walk: Walk, value: Sequence[Any], path: tuple[str | int, ...]) -> tuple[Any, Any]:
    """A list of plain values is one slot; an empty one and one with nulls are other shapes."""
    for each in value:
        walk(each, path)
    shape = ListShape(None in value, len(value) > MOST_ITEMS)
    return Slot(path, shape), shape


def _members(walks: Mapping[str, Walk], value: Mapping[str, Any], path: tuple[str | int, ...]) -> tuple[Any, Any]:
    planned: dict[str, Any] = {}
    shape: list[tuple[str, Any]] = []
    for name, each in value.items():
        planned[name], form = walks[name](each, (*path, name))
        shape.append((name, form))
    return planned, tuple(shape)


def raw_shape(value: Any) -> bytes:
    """The shape of a value that a plan takes in as it is."""
    return orjson.dumps(value, default=str)
