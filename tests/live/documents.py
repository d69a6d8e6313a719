"""Pairs of random documents, as answers change: rows that come, go, move and change, and values of every kind."""

import copy
import random
from collections.abc import Iterator
from typing import Any

SCALARS = (None, True, False, 0, 1, 1.0, -1, 2.5, "", "a", "b/c", "~x", "案件", "1", 1 << 53)
KEYS = ("a", "b", "id", "node", "cursor", "__typename", "c/d", "e~f", "~1", "", "count", "constructor")


def pairs(count: int, seed: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Earlier and later: one in five has nothing to do with the other."""
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for _ in range(count):
        before = {"x": drawn(rng, 4), "y": drawn(rng, 2), "z": rows(rng, 2)}
        after = {"x": drawn(rng, 4), "z": rows(rng, 2)} if rng.random() < 0.2 else changed(rng, before)
        yield before, after


def drawn(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(10 if depth else 4)
    if kind < 4:
        return rng.choice(SCALARS)
    if kind < 6:
        return {key: drawn(rng, depth - 1) for key in rng.sample(KEYS, rng.randrange(4))}
    if kind == 6:
        return [drawn(rng, depth - 1) for _ in range(rng.randrange(5))]
    return rows(rng, depth - 1)


def rows(rng: random.Random, depth: int) -> list[Any]:
    """A list whose rows tell who they are, in one of the ways there are; sometimes two are the same."""
    form = rng.randrange(5)
    numbers = rng.choices(range(9), k=3) if rng.random() < 0.1 else rng.sample(range(9), rng.randrange(8))
    return [row(rng, form, number, depth) for number in numbers]


def row(rng: random.Random, form: int, number: int, depth: int) -> dict[str, Any]:
    value = drawn(rng, depth) if depth > 0 else rng.choice(SCALARS)
    match form:
        case 0:
            return {"id": f"case_{number}", "v": value}
        case 1:
            return {"__typename": rng.choice(("Case", "Party")), "id": f"{number}", "v": value}
        case 2:
            return {"cursor": f"c{number}", "node": {"id": f"case_{number}", "v": value}}
        case 3:
            return {"cursor": f"c{number}", "node": {"v": value}}
    return {"state": f"S{number}", "v": value}


def changed(rng: random.Random, document: Any) -> Any:
    """The document after some time."""
    if isinstance(document, dict):
        found = {key: changed(rng, value) if rng.random() < 0.5 else value for key, value in document.items()}
        if rng.random() < 0.1:
            found.pop(rng.choice(KEYS), None)
        if rng.random() < 0.1:
            found[rng.choice(KEYS)] = rng.choice(SCALARS)
        return found
    if isinstance(document, list):
        return rearranged(rng, [changed(rng, each) if rng.random() < 0.3 else each for each in document])
    return rng.choice(SCALARS) if rng.random() < 0.3 else document


def rearranged(rng: random.Random, items: list[Any]) -> list[Any]:
    items = copy.deepcopy(items)
    for _ in range(rng.randrange(4)):
        place = rng.randrange(len(items) + 1)
        match rng.randrange(4):
            case 0:
                items.insert(place, row(rng, rng.randrange(5), rng.randrange(9, 20), 0))
            case 1 if items:
                items.pop(rng.randrange(len(items)))
            case 2 if items:
                items.insert(place, items.pop(rng.randrange(len(items))))
            case 3 if rng.random() < 0.2:
                rng.shuffle(items)
    return items
