"""What an entry of the log touched: rows, by what each is found and was found, and the scopes that cases came into.

A key is `<prefix>.<column>:<value>` of a row's own columns, `<prefix>.<column>!` of one that changed, or
`<where>:<value>` of its case's routing (`district:370402`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from hub.access.reach import keys_of
from hub.schema.events import Event
from hub.schema.regions import Region
from hub.store.log import Entry

_REGION, _EVENT = Region.declared.prefix, Event.declared.prefix


@dataclass(frozen=True, slots=True)
class Image:
    """How a row stood before or after: what it was found by. Where its case lies is not known of a `far` one."""

    keys: frozenset[str]
    far: bool = False

    def meets(self, needs: tuple[frozenset[str], ...]) -> bool:
        """Whether it may be among rows that have one key of each set."""
        return all(not self.keys.isdisjoint(need) or (self.far and any(map(is_routing, need))) for need in needs)


@dataclass(frozen=True, slots=True)
class Touched:
    """One row that was touched, or (`id` None) any of a noun's.

    `columns` are its columns with their values, before or after: `("party.case_id", "case_...")`. Without images it is
    not known where it stands: it may be in any list.
    """

    prefix: str
    id: str | None
    columns: frozenset[tuple[str, str]] = frozenset()
    images: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A case came into these scopes or left them: what is seen by them may be other rows than before."""

    keys: frozenset[str]


Heard = Touched | Moved | None
"""None: anything may have been touched."""


def heard_of(entry: Entry) -> list[Heard]:
    """What the entry tells."""
    if entry.touched is None:
        return [None]
    found = [_heard(touch, entry) for touch in orjson.loads(entry.touched)]
    return [*found, _event(entry)]


def key_of(prefix: str, column: str, value: Any) -> str:
    """The key of a value in a column."""
    return f"{prefix}.{column}:{spelled(value)}"


def moved_key(prefix: str, column: str) -> str:
    """The key of a row whose column has changed."""
    return f"{prefix}.{column}!"


def spelled(value: Any) -> str:
    """A value as it is compared."""
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def is_routing(key: str) -> bool:
    """Whether the key is one of a case's routing, rather than one of the row's own columns."""
    return "." not in key.partition(":")[0]


def _heard(touch: Mapping[str, Any], entry: Entry) -> Heard:
    if "moved" in touch:
        return Moved(frozenset(touch["moved"]))
    if "noun" in touch:
        # Whatever lies in a region keeps its levels.
        return None if touch["noun"] == _REGION else Touched(touch["noun"], None)
    id_: str = touch["id"]
    prefix = id_.partition("_")[0]
    if "same" not in touch:
        return Touched(prefix, id_)
    if prefix == _REGION and "before" in touch:
        return None
    columns = {
        *_columns(prefix, touch["same"]),
        *_columns(prefix, touch.get("before")),
        *_columns(prefix, touch.get("after")),
    }
    return Touched(prefix, id_, frozenset(columns), tuple(_images(prefix, touch, entry)))


def _images(prefix: str, touch: Mapping[str, Any], entry: Entry) -> Iterator[Image]:
    far = bool(touch.get("far"))
    always = {f"{prefix}.id:{touch['id']}", *_keys(prefix, touch["same"])}
    sides: list[tuple[Mapping[str, Any], str | None]] = [({}, entry.routing_after)]
    if "before" in touch:
        before, after = touch["before"], touch["after"]
        always |= {moved_key(prefix, column) for column in (*before, *after)}
        sides = [(before, entry.routing_before), (after, entry.routing_after)]
    for own, routing in sides:
        around: frozenset[str] = frozenset() if far else keys_of(routing)
        yield Image(frozenset({*always, *_keys(prefix, own)}) | around, far)


def _event(entry: Entry) -> Touched:
    """The event itself is a new row that its case, and what it is about, may show."""
    own = {
        "type": entry.type,
        "case_id": entry.case,
        "subject_id": entry.subject,
        "organisation_id": entry.organisation,
    }
    columns = {name: value for name, value in own.items() if value is not None}
    keys = {f"{_EVENT}.id:{entry.id}", *_keys(_EVENT, columns)}
    image = Image(frozenset(keys) | keys_of(entry.routing_after))
    return Touched(_EVENT, entry.id, frozenset(_columns(_EVENT, columns)), (image,))


def _keys(prefix: str, columns: Mapping[str, Any]) -> Iterator[str]:
    return (key_of(prefix, name, value) for name, value in columns.items())


def _columns(prefix: str, columns: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    return ((f"{prefix}.{name}", value) for name, value in (columns or {}).items() if isinstance(value, str))
