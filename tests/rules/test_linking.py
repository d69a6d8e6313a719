"""The merge rule R69: whatever the order and the repetition, the same disputes."""

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.linking import Linkable, components, near

DAY = dt.date(2025, 1, 1)


def record(id_: str, links: str, day: int | None = 0) -> Linkable:
    return Linkable(id_, frozenset(links), None if day is None else DAY + dt.timedelta(day))


def told(found: list[frozenset[str]]) -> list[str]:
    return ["".join(sorted(each)) for each in found]


@pytest.mark.parametrize(
    ("apart", "links", "same"),
    [(0, "pp", True), (180, "pp", True), (181, "pp", False), (-180, "pp", True), (0, "pq", False)],
)
def test_the_same_pair_and_type_within_180_days_is_one_dispute(apart: int, links: str, same: bool) -> None:
    """归并规则 R69 · Pair, type and window."""
    one, other = record("a", links[0]), record("b", links[1], apart)

    assert near(one, other) is near(other, one) is same
    assert (len(components([one, other])) == 1) is same


def test_a_chain_of_records_is_one_dispute_although_its_ends_lie_further_apart() -> None:
    assert told(components([record("a", "p", 0), record("b", "p", 150), record("c", "p", 300)])) == ["abc"]
    assert told(components([record("a", "p", 0), record("c", "p", 300)])) == ["a", "c"]


def test_a_record_of_several_pairs_brings_the_disputes_of_each_together() -> None:
    assert told(components([record("a", "p"), record("b", "q"), record("c", "pq")])) == ["abc"]


def test_records_without_identified_parties_or_without_a_date_stay_alone() -> None:
    assert told(components([record("a", ""), record("b", ""), record("c", "p", None), record("d", "p")])) == [
        "a",
        "b",
        "c",
        "d",
    ]


def test_what_a_person_joined_is_one_dispute_whatever_the_rule_says() -> None:
    records = [record("a", "p"), record("b", "q"), record("c", "q")]

    assert told(components(records, joined=[frozenset("ab")])) == ["abc"]


def test_what_a_person_parted_stays_apart_whoever_joins_both() -> None:
    """人工撤销为最终 · A person's un-merge is final."""
    records = [record("a", "p", 0), record("b", "p", 10), record("c", "p", 4)]

    found = told(components(records, parted=[frozenset("ab")]))

    assert found == ["ac", "b"]


def test_the_later_decision_is_the_callers_and_joining_counts() -> None:
    records = [record("a", "p"), record("b", "p")]

    assert told(components(records, joined=[frozenset("ab")], parted=[frozenset("ab")])) == ["ab"]


def test_decisions_about_records_that_are_not_there_change_nothing() -> None:
    assert told(components([record("a", "p")], joined=[frozenset("ax")], parted=[frozenset("ay")])) == ["a"]


ids = st.sampled_from("abcdefghij")
records = st.dictionaries(
    ids,
    st.tuples(st.frozensets(st.sampled_from("pqr"), max_size=2), st.none() | st.integers(0, 500)),
    max_size=10,
).map(lambda found: [record(id_, "".join(links), day) for id_, (links, day) in found.items()])
pairs = st.sets(st.sets(ids, min_size=2, max_size=2).map(frozenset), max_size=4)


@given(records, pairs, pairs, st.randoms(use_true_random=False))
def test_the_order_of_records_and_decisions_does_not_matter(
    records: list[Linkable], joined: set[frozenset[str]], parted: set[frozenset[str]], rng: random.Random
) -> None:
    expected = components(records, joined=joined, parted=parted)
    shuffled = [*records, *rng.sample(records, len(records) // 2)]
    rng.shuffle(shuffled)

    assert components(shuffled, joined=sorted(joined, key=sorted, reverse=True), parted=list(parted)) == expected


@given(records)
def test_without_decisions_they_are_the_connected_components(records: list[Linkable]) -> None:
    found = components(records)

    assert sorted(id_ for each in found for id_ in each) == sorted(record.id for record in records)
    home = {id_: each for each in found for id_ in each}
    for one in records:
        reached, waiting = {one.id}, [one]
        while waiting:
            here = waiting.pop()
            beside = [other for other in records if other.id not in reached and near(here, other)]
            reached |= {other.id for other in beside}
            waiting += beside
        assert home[one.id] == reached


@given(records, pairs, pairs)
def test_parted_records_are_never_together_unless_a_person_joined_others_around_them(
    records: list[Linkable], joined: set[frozenset[str]], parted: set[frozenset[str]]
) -> None:
    for each in components(records, joined=joined, parted=parted - joined):
        assert not any(pair <= each for pair in parted - joined)
