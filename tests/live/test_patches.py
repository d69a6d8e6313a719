"""Patches: applied as RFC 6902 says, they make the later answer of the earlier one, whatever the two are."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from tests.live.documents import pairs

from hub.live.patches import MOST_OPERATIONS, Patches, Unpatchable, patch

ROUNDS = 1_500


def applied(document: Any, operations: list[dict[str, Any]]) -> Any:
    """The document after the operations, in order; an operation that points nowhere is an error."""
    whole = {"": copy.deepcopy(document)}
    for operation in copy.deepcopy(operations):
        match operation["op"]:
            case "remove":
                taken(whole, operation["path"])
            case "move":
                put(whole, operation["path"], taken(whole, operation["from"]))
            case "add":
                put(whole, operation["path"], operation["value"])
            case _:
                holder, key = place(whole, operation["path"])
                assert key in holder if isinstance(holder, dict) else key < len(holder)
                holder[key] = operation["value"]
    return whole[""]


def place(whole: Any, pointer: str) -> tuple[Any, Any]:
    here, steps = whole, [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")]
    for step in steps[:-1]:
        here = here[int(step)] if isinstance(here, list) else here[step]
    return here, int(steps[-1]) if isinstance(here, list) else steps[-1]


def put(whole: Any, pointer: str, value: Any) -> None:
    holder, key = place(whole, pointer)
    if isinstance(holder, list):
        assert key <= len(holder)
        holder.insert(key, value)
    else:
        holder[key] = value


def taken(whole: Any, pointer: str) -> Any:
    holder, key = place(whole, pointer)
    return holder.pop(key)


def text(document: Any) -> str:
    """As text: to Python True is 1, and 1 is 1.0."""
    return json.dumps(document, sort_keys=True)


def whole(data: Any, **more: Any) -> bytes:
    return orjson.dumps({"data": data} | more)


@pytest.mark.parametrize("seed", [5])
def test_a_patch_makes_the_later_answer_of_the_earlier_one(seed: int) -> None:
    for number, (before, after) in enumerate(pairs(ROUNDS, seed)):
        try:
            operations = patch(before, after)
        except Unpatchable:
            assert "constructor" in text(before) + text(after)
            continue
        assert text(applied(before, operations)) == text(after), number
        assert operations or text(before) == text(after)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_a_patch_makes_the_later_answer_of_the_earlier_one_many_times_over(seed: int) -> None:
    for before, after in pairs(10_000, 100 + seed):
        try:
            assert text(applied(before, patch(before, after))) == text(after)
        except Unpatchable:
            assert "constructor" in text(before) + text(after)


def test_who_keeps_the_last_answer_parsed_makes_the_same_patches() -> None:
    patches, body = Patches(), whole({"z": []})
    for number, (_, data) in enumerate(pairs(ROUNDS // 5, 6)):
        later = whole(data)
        # Now and then an answer was never asked for as a patch.
        earlier = body if number % 7 else whole({"z": [number]})
        made, afresh = patches.between(earlier, later), Patches().between(earlier, later)
        assert made == afresh
        if made is not None:
            assert text(applied(orjson.loads(earlier)["data"], orjson.loads(made)["patch"])) == text(data)
        body = later


CHANGES: Mapping[str, tuple[Any, Any, list[dict[str, Any]]]] = {
    "a value": ({"n": [{"id": "1", "s": "A"}]}, {"n": [{"id": "1", "s": "B"}]}, [{"op": "replace", "path": "/n/0/s", "value": "B"}]),
    "true became 1": ({"n": True}, {"n": 1}, [{"op": "replace", "path": "/n", "value": 1}]),
    "1 became 1.0": ({"n": 1}, {"n": 1.0}, [{"op": "replace", "path": "/n", "value": 1.0}]),
    "nothing": ({"n": [1, {"id": "1"}]}, {"n": [1, {"id": "1"}]}, []),
    "keys in another order": ({"n": {"a": 1, "b": 2}}, {"n": {"b": 2, "a": 1}}, []),
    "the last row came first": (
        {"n": [{"id": c} for c in "abcde"]}, {"n": [{"id": c} for c in "eabcd"]}, [{"op": "move", "from": "/n/4", "path": "/n/0"}],
    ),
    "a row came first, the last one left": (
        {"n": [{"id": c} for c in "abc"]}, {"n": [{"id": c} for c in "xab"]},
        [{"op": "remove", "path": "/n/2"}, {"op": "add", "path": "/n/0", "value": {"id": "x"}}],
    ),
    "edges moved and one changed": (
        {"e": [{"cursor": "1", "node": {"id": "a", "v": 1}}, {"cursor": "2", "node": {"id": "b", "v": 1}}]},
        {"e": [{"cursor": "2", "node": {"id": "b", "v": 1}}, {"cursor": "3", "node": {"id": "a", "v": 1}}]},
        [{"op": "move", "from": "/e/0", "path": "/e/1"}, {"op": "replace", "path": "/e/1/cursor", "value": "3"}],
    ),
    "rows of the same id and another type": (
        {"n": [{"__typename": "A", "id": "1"}]}, {"n": [{"__typename": "B", "id": "1"}]},
        [{"op": "remove", "path": "/n/0"}, {"op": "add", "path": "/n/0", "value": {"__typename": "B", "id": "1"}}],
    ),
    "a link leads elsewhere": (
        {"m": {"id": "1", "name": "甲", "born": 1}}, {"m": {"id": "2", "name": "乙", "born": 1}},
        [{"op": "replace", "path": "/m", "value": {"id": "2", "name": "乙", "born": 1}}],
    ),
    "a group of no name came between": (
        {"g": [{"s": "A"}, {"s": "C"}]}, {"g": [{"s": "A"}, {"s": "B"}, {"s": "C"}]}, [{"op": "add", "path": "/g/1", "value": {"s": "B"}}],
    ),
    "keys that pointers escape": ({"j": {"a/b~c": 1}}, {"j": {"a/b~c": 2}}, [{"op": "replace", "path": "/j/a~1b~0c", "value": 2}]),
    "an alias takes a name that tells rows apart": (
        {"n": [{"id": "1", "__typename": {"a": 1}}]}, {"n": [{"id": "1", "__typename": {"a": 2}}]},
        [{"op": "replace", "path": "/n/0/__typename/a", "value": 2}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_told_in_the_fewest_words(change: str) -> None:
    before, after, operations = CHANGES[change]

    assert text(patch(before, after)) == text(operations)


def test_one_field_of_a_page_of_500_travels_in_170_bytes() -> None:
    """Issue 7, demand 8: the frame of a client that numbers its operations by UUID, as graphql-ws does."""
    rows = [{"id": f"case_{n:032x}", **{f"field{m}": f"值 {n} {m}" for m in range(9)}} for n in range(50)]
    before = {"cases": {"nodes": rows}}
    after = copy.deepcopy(before)
    after["cases"]["nodes"][42]["field7"] = "AWAITING_JUDICIAL_CONFIRMATION"

    made = Patches().between(whole(before), whole(after))

    assert made is not None
    frame = b'{"id":"%s","type":"next","payload":%s,"revision":1000}}' % (b"9" * 36, made[:-1])
    assert orjson.loads(frame)["payload"]["patch"][0]["path"] == "/cases/nodes/42/field7"
    assert len(frame) <= 170 + len("AWAITING_JUDICIAL_CONFIRMATION") - len("MEDIATING")


def test_whatever_no_patch_serves_is_told_whole() -> None:
    long, rows = "长" * 100, [{"id": str(n)} for n in range(50)]

    def made(before: bytes, after: bytes) -> bytes | None:
        return Patches().between(before, after)

    assert made(whole({"a": long}), whole({"a": long[1:]})) is None, "the patch would be the longer one"
    assert made(whole({"n": rows}), whole({"n": rows[::-1]})) is None, "so would 49 moves"
    more = {str(number): long for number in range(MOST_OPERATIONS)}
    assert made(whole({"n": {"z": long * 999}}), whole({"n": {"z": long * 999, **more}})) is not None
    assert made(whole({"n": {"z": long * 999}}), whole({"n": {"z": long * 999, **more, "y": 1}})) is None, "one more"
    assert made(whole(None, errors=[]), whole({"a": 1})) is None
    assert made(whole({"a": 1}), whole(None, errors=[{"message": "x"}])) is None
    assert made(whole({"__proto__": {"v": 1}, "l": long}), whole({"__proto__": {"v": 2}, "l": long})) is None
    assert (
        made(whole({"constructor": {"prototype": 1}, "l": long}), whole({"constructor": {"prototype": 2}, "l": long})) is None
    )


def test_errors_travel_beside_the_patch_and_go_with_the_next_one() -> None:
    patches, rows = Patches(), ["行" * 20] * 5
    first, failing, healed = whole({"n": rows}), whole({"n": rows}, errors=[{"message": "x"}]), whole({"n": rows})

    assert patches.between(first, failing) == b'{"patch":[],"errors":[{"message":"x"}]}'
    assert patches.between(failing, healed) == b'{"patch":[]}'
