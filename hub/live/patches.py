"""What makes one answer of another, as RFC 6902 says it: for clients that asked for patches.

Rows are known again by `__typename` and `id`, else by the `node` that they are the edge of, else by their `cursor`; a
row that only moved is moved. Items without any of these are compared place by place.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import orjson

Operation = dict[str, Any]

MOST_OPERATIONS = 500
"""Of one patch: what differs more is told as a whole, which costs both sides less."""

_UNSAFE = frozenset({"__proto__", "prototype", "constructor"})
"""Keys that clients in JavaScript refuse to patch."""


class Unpatchable(Exception):
    """No patch leads there: the whole is to be told."""


class Patches:
    """Patches from each answer to the next one. The last one stays here as it was parsed."""

    __slots__ = ("_body", "_document")

    def __init__(self) -> None:
        self._body = b""
        self._document: Any = None

    def between(self, before: bytes, after: bytes) -> bytes | None:
        """`{"patch":[...]}` with everything of the later document but its data, shorter than the whole document.

        None where there is none: one has no data, they differ too much, or no client could apply it.
        """
        earlier = self._document if before == self._body else orjson.loads(before)
        later = orjson.loads(after)
        self._body, self._document = after, later
        if earlier.get("data") is None or later.get("data") is None:
            return None
        rest = {key: value for key, value in later.items() if key != "data"}
        text = _written(_between(earlier["data"], later["data"], ""), len(after))
        return None if text is None else b'{"patch":' + text + (b"," + orjson.dumps(rest)[1:] if rest else b"}")


def patch(before: Any, after: Any) -> list[Operation]:
    """The operations that make `after` of `before`, applied in order. Unpatchable."""
    return list(_between(before, after, ""))


def _written(operations: Iterable[Operation], most_bytes: int) -> bytes | None:
    """The patch as text, unless it comes to more operations or bytes than are worth it."""
    texts: list[bytes] = []
    size = 0
    try:
        for operation in operations:
            texts.append(orjson.dumps(operation))
            size += len(texts[-1]) + 1
            if len(texts) > MOST_OPERATIONS or size >= most_bytes:
                return None
    except Unpatchable:
        return None
    return b"[" + b",".join(texts) + b"]"


def _between(before: Any, after: Any, path: str) -> Iterator[Operation]:
    if _same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and _alike(before, after):
        yield from _between_objects(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _between_lists(before, after, path)
    else:
        yield {"op": "replace", "path": path, "value": after}


def _same(one: Any, other: Any) -> bool:
    """Whether both are the same text: to Python True is 1 and 1.0 is 1, but not to a client."""
    if one != other:
        return False
    # Keys stand in the same order as a rule.
    return orjson.dumps(one) == orjson.dumps(other) or _sorted(one) == _sorted(other)


def _sorted(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both show the same thing: another thing is told whole."""
    return _name(one) == _name(other) and not one.keys().isdisjoint(other)


def _between_objects(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Operation]:
    for key in before:
        if key not in after:
            yield {"op": "remove", "path": _further(path, key)}
    for key, value in after.items():
        if key not in before:
            yield {"op": "add", "path": _further(path, key), "value": value}
        elif not _same(before[key], value):
            yield from _between(before[key], value, _further(path, key))


def _further(path: str, key: str) -> str:
    if key in _UNSAFE:
        raise Unpatchable
    return f"{path}/{key.replace('~', '~0').replace('/', '~1')}"


def _between_lists(before: list[Any], after: list[Any], path: str) -> Iterator[Operation]:
    if len(before) == len(after):
        pairs = list(zip(before, after, strict=True))
        changed = [place for place, (one, other) in enumerate(pairs) if not _same(one, other)]
        if all(_name(before[place]) == _name(after[place]) for place in changed):
            # Nobody came, went or moved.
            for place in changed:
                yield from _between(*pairs[place], f"{path}/{place}")
            return
    known, wanted = _names(before), _names(after)
    if known is None or wanted is None:
        yield from _by_place(before, after, path)
        return
    rows, values = dict(zip(known, before, strict=True)), dict(zip(wanted, after, strict=True))
    for place in reversed(range(len(known))):
        if known[place] not in values:
            yield {"op": "remove", "path": f"{path}/{place}"}
    yield from _arranged([name for name in known if name in values], wanted, values, path)
    for place, name in enumerate(wanted):
        if name in rows:
            yield from _between(rows[name], values[name], f"{path}/{place}")


def _arranged(
    here: list[Hashable], wanted: Sequence[Hashable], values: dict[Hashable, Any], path: str
) -> Iterator[Operation]:
    """Moves and additions, front to back: rows that stand in the wanted order among themselves stay where they are."""
    staying, present = _in_order(here, wanted), set(here)
    place = 0
    for name in wanted:
        if name in staying:
            place = here.index(name, place) + 1
        elif name not in present:
            here.insert(place, name)
            yield {"op": "add", "path": f"{path}/{place}", "value": values[name]}
            place += 1
        else:
            there = here.index(name)
            to = place - (there < place)
            here.insert(to, here.pop(there))
            if there != to:
                yield {"op": "move", "from": f"{path}/{there}", "path": f"{path}/{to}"}
            place = to + 1


def _in_order(here: Sequence[Hashable], wanted: Sequence[Hashable]) -> set[Hashable]:
    """The most rows that already stand in the wanted order: the longest increasing subsequence of their places."""
    places = {name: place for place, name in enumerate(wanted)}
    tails: list[int] = []
    ends: list[int] = []
    back: list[int] = []
    for number, name in enumerate(here):
        at = bisect_left(tails, places[name])
        tails[at : at + 1] = [places[name]]
        ends[at : at + 1] = [number]
        back.append(ends[at - 1] if at else -1)
    found: set[Hashable] = set()
    number = ends[-1] if ends else -1
    while number >= 0:
        found.add(here[number])
        number = back[number]
    return found


def _by_place(before: list[Any], after: list[Any], path: str) -> Iterator[Operation]:
    """What is the same at both ends stays; what lies between is compared one by one."""
    start, end, least = 0, 0, min(len(before), len(after))
    while start < least and _same(before[start], after[start]):
        start += 1
    while end < least - start and _same(before[-1 - end], after[-1 - end]):
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    for place, (one, other) in enumerate(zip(old, new, strict=False), start):
        yield from _between(one, other, f"{path}/{place}")
    both = min(len(old), len(new))
    for place in reversed(range(start + both, start + len(old))):
        yield {"op": "remove", "path": f"{path}/{place}"}
    for place, value in enumerate(new[both:], start + both):
        yield {"op": "add", "path": f"{path}/{place}", "value": value}


def _names(items: list[Any]) -> list[Hashable] | None:
    """Who the items are; None unless each of them is somebody else."""
    found = [_name(item) for item in items]
    return found if None not in found and len(set(found)) == len(found) else None


def _name(item: Any) -> Hashable:
    if not isinstance(item, dict):
        return None
    kind = item.get("__typename")
    if isinstance(item.get("id"), str):
        return kind if isinstance(kind, str) else None, item["id"]
    # An edge is its node's; a row of nothing else is where it stands.
    found = _name(item.get("node"))
    return item.get("cursor") if found is None and isinstance(item.get("cursor"), str) else found
