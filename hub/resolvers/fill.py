"""Holes: leaves that no statement can answer, found in the answer's tree and filled in place, in batches."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aiodataloader import DataLoader

from hub.access.viewers import Viewer
from hub.errors import HubError
from hub.rules.machines import Machine
from hub.schema.model import Actions
from hub.store.plan import (
    ByIds,
    Connection,
    Constant,
    Edges,
    Entities,
    GroupLink,
    Hole,
    Later,
    Nodes,
    Object,
    One,
    Part,
    Plan,
    Statistics,
    ToOne,
    ToOneOf,
)

LARGEST_BATCH = 500

Path = tuple[str | int, ...]


class Filler(Protocol):
    """Who knows what a hole holds: the values (or errors) for a batch of hidden rows, in their order."""

    async def fill(self, hole: Hole, rows: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
        """One value, None or HubError per row."""
        ...


Openings = Callable[[Viewer, Mapping[str, Any] | None], Filler]
"""Who opens an operation's sealed values, given its `@opening`; refuses an operation that may open nothing."""


class Acting(Protocol):
    """Who says what a viewer may do with rows, by which machines."""

    @property
    def machines(self) -> Mapping[str, Machine]: ...
    def __call__(self, viewer: Viewer) -> Filler: ...


@dataclass(frozen=True, slots=True)
class Fillers:
    """Who fills holes, by what they are."""

    openings: Openings
    acting: Acting

    def of(
        self, kinds: frozenset[type], viewer: Viewer, opening: Callable[[], Mapping[str, Any] | None]
    ) -> "Filler | None":
        """Who fills the holes of one operation with its `@opening`; None where it has none."""
        if not kinds:
            return None
        others = self.openings(viewer, opening()) if kinds - {Actions} else None
        return _Filling(self.acting(viewer), others)


@dataclass(frozen=True, slots=True)
class _Filling:
    """Who fills the holes of one operation."""

    actions: Filler
    others: Filler | None

    async def fill(self, hole: Hole, rows: Sequence[tuple[Any, ...]]) -> Sequence[Any]:
        filler = self.actions if isinstance(hole.member, Actions) else self.others
        assert filler is not None
        return await filler.fill(hole, rows)


@dataclass(frozen=True, slots=True)
class Found:
    """A hole in an answer: where it is, and what the statement hid there."""

    hole: Hole
    place: dict[str, Any]
    path: Path


@dataclass(frozen=True, slots=True)
class Missing:
    """A list that another statement answers: where it belongs."""

    later: Later
    place: dict[str, Any]

    @property
    def parent(self) -> str:
        """The id of the row it hangs on, as the statement left it here."""
        id_: str = self.place[self.later.key][1]
        return id_


def holes_of(plan: Plan, data: dict[str, Any]) -> list[Found]:
    """Every hole of an answer, in its order."""
    return [each for root in plan.roots for each in _of_root(root, data, (root.key,)) if isinstance(each, Found)]


def missing_of(plan: Plan, data: dict[str, Any]) -> list[Missing]:
    """Every list that is not there yet."""
    return [each for root in plan.roots for each in _of_root(root, data, (root.key,)) if isinstance(each, Missing)]


def missing_in(later: Later, value: dict[str, Any]) -> list[Missing]:
    """The same within a list that has just arrived."""
    return [each for each in _of_connection(later.list, value, ()) if isinstance(each, Missing)]


async def fill(found: Sequence[Found], filler: Filler) -> list[HubError]:
    """Put into each hole what belongs there; a hole that cannot be filled is null, and its error is given."""
    loaders: dict[tuple[str, str], DataLoader[Any, Any]] = {}
    asked = []
    for each in found:
        key = (each.hole.noun.name, each.hole.member.name)
        if key not in loaders:
            loaders[key] = DataLoader(_batch(filler, each.hole), max_batch_size=LARGEST_BATCH, cache=False)
        asked.append(loaders[key].load(tuple(each.place[each.hole.key][1:])))
    errors: list[HubError] = []
    # All of them end before one that broke down refuses the request: nothing is recorded behind its back.
    values = await asyncio.gather(*asked, return_exceptions=True)
    for each, value in zip(found, values, strict=True):
        if isinstance(value, BaseException):
            raise value
        if isinstance(value, _Failed):
            errors.append(_at(value.error, each.path))
        each.place[each.hole.key] = None if isinstance(value, _Failed) else _shown(each.hole, value)
    return errors


def _shown(hole: Hole, value: Any) -> Any:
    """Of records, what was selected of them."""
    return [dict(_leaf(part, each) for part in hole.parts) for each in value] if hole.parts else value


def _leaf(part: Constant | tuple[str, str], record: Any) -> tuple[str, Any]:
    return (part.key, part.text) if isinstance(part, Constant) else (part[0], getattr(record, part[1]))


@dataclass(frozen=True, slots=True)
class _Failed:
    """A hole that could not be filled."""

    error: HubError


def _batch(filler: Filler, hole: Hole) -> Callable[[Sequence[tuple[Any, ...]]], Any]:
    async def batch(rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        # The loader would raise an exception that it is given as a value.
        found = await filler.fill(hole, rows)
        return [_Failed(value) if isinstance(value, HubError) else value for value in found]

    return batch


def _at(error: HubError, path: Path) -> HubError:
    return type(error)(path=path, **error.facts)


def _of_root(root: Any, data: dict[str, Any], path: Path) -> Iterator[Found | Missing]:
    value: Any = data.get(root.key)
    match root:
        case One():
            yield from _of_object(root.shown, value, path)
        case Connection():
            yield from _of_connection(root, value, path)
        case ByIds():
            yield from _of_several(root.choices, value, path)
        case Entities():
            yield from _of_several(tuple(kind.shown for kind in root.kinds), value, path)
        case Statistics():
            yield from _of_groups(root, value, path)


def _of_several(choices: Sequence[Object], values: list[Any], path: Path) -> Iterator[Found | Missing]:
    for number, each in enumerate(values):
        yield from _of_choices(choices, each, (*path, number))


def _of_groups(root: Statistics, values: list[Any], path: Path) -> Iterator[Found | Missing]:
    links = [part for part in root.parts if isinstance(part, GroupLink)]
    for number, each in enumerate(values):
        for part in links:
            yield from _of_object(part.shown, each[part.key], (*path, number, part.key))


def _of_choices(choices: Sequence[Object], value: dict[str, Any] | None, path: Path) -> Iterator[Found | Missing]:
    """Which of several nouns a row is does not show: the numbers of what it lacks tell whose they are."""
    for choice in choices:
        yield from _of_object(choice, value, path)


def _of_object(shown: Object, value: dict[str, Any] | None, path: Path) -> Iterator[Found | Missing]:
    if value is None:
        return
    for part in shown.parts:
        if part.key in value:
            yield from _of_part(part, value, (*path, part.key))


def _of_part(part: Part, value: dict[str, Any], path: Path) -> Iterator[Found | Missing]:
    inner = value[part.key]
    match part:
        case Hole() if _is_numbered(inner, part.number):
            yield Found(part, value, path)
        case Later() if _is_numbered(inner, part.number):
            yield Missing(part, value)
        case Later() if isinstance(inner, dict):
            yield from _of_connection(part.list, inner, path)
        case ToOne():
            yield from _of_object(part.shown, inner, path)
        case ToOneOf():
            yield from _of_choices(part.choices, inner, path)
        case Connection() if isinstance(inner, dict):
            yield from _of_connection(part, inner, path)


def _is_numbered(inner: Any, number: int) -> bool:
    return isinstance(inner, list) and bool(inner) and inner[0] == number


def _of_connection(part: Connection, value: dict[str, Any], path: Path) -> Iterator[Found | Missing]:
    for inner in part.parts:
        match inner:
            case Nodes():
                for number, each in enumerate(value.get(inner.key, ())):
                    yield from _of_object(inner.shown, each, (*path, inner.key, number))
            case Edges():
                nodes = [node for node in inner.parts if isinstance(node, Nodes)]
                for number, each in enumerate(value.get(inner.key, ())):
                    for node in nodes:
                        yield from _of_object(node.shown, each.get(node.key), (*path, inner.key, number, node.key))


__all__ = ["Acting", "Filler", "Fillers", "Found", "Openings", "fill", "holes_of"]
