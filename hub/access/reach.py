"""Whom an event concerns: its routing keys before and after it, against a viewer's scope and a consumer's filter."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

import orjson

from hub.access.viewers import Scope
from hub.schema.model import LEVELS
from hub.store.changes import STATED
from hub.store.log import Entry

_LISTS = ("organisations", "courts")
_REMEMBERED = 8192


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the log is wanted: everything where nothing is said.

    `region` is a region's code of any level, `body` the id of an organisation or court that takes part in the case,
    `about` the prefix of ids one of which the event must be about, `states` what the event made its subject.
    """

    types: frozenset[str] = frozenset()
    case: str | None = None
    region: str | None = None
    body: str | None = None
    about: str | None = None
    states: frozenset[str] = frozenset()


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
        self._wanted = [(each, _keys_wanted(each)) for each in reach.wanted if each != Filter()]

    def lets(self, entry: Entry) -> bool:
        """Whether the event gets through."""
        before, after = keys_of(entry.routing_before), keys_of(entry.routing_after)
        if not (_meets(self._keys, before) or _meets(self._keys, after)):
            return False
        keys = before | after
        return all(_lets(wanted, entry) and all(_meets(each, keys) for each in sets) for wanted, sets in self._wanted)


def row_of(entry: Entry, prefix: str) -> str | None:
    """The id of the row with this prefix that the event is about: its subject, its case, or one that a fact names."""
    start = f"{prefix}_"
    named = (entry.subject, entry.case, *_facts_of(entry.facts)[0])
    return next((id_ for id_ in named if id_ and id_.startswith(start)), None)


def _lets(wanted: Filter, entry: Entry) -> bool:
    if (wanted.types and entry.type not in wanted.types) or (wanted.case and entry.case != wanted.case):
        return False
    if wanted.about and row_of(entry, wanted.about) is None:
        return False
    return not wanted.states or _is_of(entry, wanted)


def _is_of(entry: Entry, wanted: Filter) -> bool:
    """Whether the event made a row of what is asked about take one of the states; a fact says the subject's state."""
    own = not wanted.about or (entry.subject or "").startswith(f"{wanted.about}_")
    return own and not wanted.states.isdisjoint(_facts_of(entry.facts)[1])


def _keys_wanted(wanted: Filter) -> list[frozenset[str]]:
    """Sets of routing keys of each of which the event must have one."""
    region = frozenset(f"{level}:{wanted.region}" for level in LEVELS)
    body = frozenset(f"{name}:{wanted.body}" for name in _LISTS)
    return [*([region] if wanted.region else []), *([body] if wanted.body else [])]


def _meets(held: AbstractSet[str], keys: AbstractSet[str]) -> bool:
    return not held.isdisjoint(keys)


@lru_cache(_REMEMBERED)
def keys_of(routing: str | None) -> frozenset[str]:
    """The routing keys of a case as a set of texts (`district:370402`)."""
    if routing is None:
        return frozenset()
    said = orjson.loads(routing)
    levels = {f"{level}:{said[level]}" for level in LEVELS if said.get(level)}
    return frozenset(levels | {f"{name}:{value}" for name in _LISTS for value in said.get(name, ())})


@lru_cache(_REMEMBERED)
def _facts_of(facts: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The ids that facts name, and the states that they tell."""
    said = orjson.loads(facts)
    ids = tuple(fact["id"] for fact in said if fact.get("id"))
    # What is told first by its id alone is the row that changed: the subject is only what it belongs to.
    belongs = bool(said) and bool(said[0].get("id")) and not said[0].get("code")
    return ids, frozenset(fact["code"] for fact in said if fact["name"] in STATED and fact.get("code") and not belongs)
