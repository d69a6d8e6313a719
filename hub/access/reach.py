"""Whom an event concerns: its routing keys before and after it, against a viewer's scope and a consumer's filter."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

import orjson

from hub.access.viewers import Scope
from hub.schema.model import LEVELS
from hub.store.log import Entry

_LISTS = ("organisations", "courts")
_REMEMBERED = 8192


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the log is wanted: everything where nothing is said. `region` is a region's code of any level."""

    types: frozenset[str] = frozenset()
    case: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """A scope, and filters that must all let an event through: a consumer's and a subscription's own."""

    scope: Scope
    wanted: tuple[Filter, ...] = ()

    def keys(self) -> frozenset[str]:
        """What an event's routing keys are compared with."""
        held = (f"{name}:{value}" for name in (*LEVELS, *_LISTS) for value in getattr(self.scope, name))
        return frozenset(held)


class Sieve:
    """Lets through what the viewer may be told and the reader wants to know.

    A case that was moved is told to both scopes: the old one sees it leave.
    """

    __slots__ = ("_keys", "_wanted")

    def __init__(self, reach: Reach) -> None:
        self._keys = reach.keys()
        self._wanted = [(each, _of_region(each.region)) for each in reach.wanted if each != Filter()]

    def lets(self, entry: Entry) -> bool:
        """Whether the event gets through."""
        before, after = _keys_of(entry.routing_before), _keys_of(entry.routing_after)
        if not (_meets(self._keys, before) or _meets(self._keys, after)):
            return False
        return all(_lets(wanted, regions, entry, before | after) for wanted, regions in self._wanted)


def _lets(wanted: Filter, regions: frozenset[str], entry: Entry, keys: frozenset[str]) -> bool:
    if (wanted.types and entry.type not in wanted.types) or (wanted.case and entry.case != wanted.case):
        return False
    return not regions or _meets(regions, keys)


def _of_region(code: str | None) -> frozenset[str]:
    return frozenset(f"{level}:{code}" for level in LEVELS) if code else frozenset()


def _meets(held: AbstractSet[str], keys: AbstractSet[str]) -> bool:
    return not held.isdisjoint(keys)


@lru_cache(_REMEMBERED)
def _keys_of(routing: str | None) -> frozenset[str]:
    if routing is None:
        return frozenset()
    said = orjson.loads(routing)
    levels = {f"{level}:{said[level]}" for level in LEVELS if said.get(level)}
    return frozenset(levels | {f"{name}:{value}" for name in _LISTS for value in said.get(name, ())})
