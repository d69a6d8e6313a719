"""The truth is consistent: fates follow the rules one by one, and disputes are what the rule alone makes of them."""

import datetime as dt
from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest

from hub.simulation.agencies.books import Book, Verdict, pairs
from hub.simulation.agencies.files import File
from hub.simulation.agencies.meanings import Attached, Dispute, Fate, Reason, Row, Side
from hub.simulation.agencies.quirks import CLEAN, Quirks
from hub.simulation.agencies.samples import sample
from hub.simulation.agencies.supply import deliveries
from hub.simulation.chance import Chance
from hub.simulation.seeds import Seeds

FULL = Quirks().but(bridges=0.08, relapses=0.08, namesakes=0.05, corrections=0.3, resends=0.1, ties=0.02, duplicates=0.05)


@pytest.fixture(scope="module")
def files(seeds: Seeds) -> list[File]:
    return list(deliveries(seeds, disputes=500, days=500, quirks=FULL.but(ties=0.0)))


@pytest.fixture
def one(seeds: Seeds) -> File:
    return sample(seeds, "petition", rows=1)


def fates(book: Book, *files: File) -> list[str]:
    return [verdict.fate.name for file in files for verdict in book.take(file)]


def altered(file: File, **changes: object) -> File:
    return replace(file, rows=[replace(file.rows[0], **changes)])  # type: ignore[arg-type]


def test_first_applied_then_unchanged_then_corrected_then_superseded(one: File) -> None:
    book, later = Book(), altered(one, updated="2099-01-01T00:00:00.000000Z", raw={"信访人": "别人"})

    assert fates(book, one, one, later, one, later) == ["APPLIED", "UNCHANGED", "CORRECTED", "SUPERSEDED", "UNCHANGED"]


def test_another_content_of_the_same_time_may_win_or_lose(one: File) -> None:
    book = Book()
    book.take(one)

    [verdict] = book.take(altered(one, raw={"信访人": "别人"}))

    assert {verdict.fate, verdict.otherwise} == {Fate.CORRECTED, Fate.SUPERSEDED}


def test_a_bad_row_is_quarantined_and_its_repair_applied(one: File) -> None:
    book, bad = Book(), altered(one, meaning=None, reason=Reason.BAD_CHECK_DIGIT)

    assert fates(book, bad, bad, one) == ["QUARANTINED", "QUARANTINED", "APPLIED"]
    assert book.counts == Counter({Fate.QUARANTINED: 2, Reason.BAD_CHECK_DIGIT: 2, Fate.APPLIED: 1})


def _told(file: File, key: str, *, day: int = 0, type_: str | None = None, turned: bool = False, other: bool = False) -> File:
    """The same matter under another number, so many days later."""
    meaning = file.rows[0].meaning
    assert isinstance(meaning, Dispute)
    first, second = meaning.applicants, meaning.respondents
    if other:
        second = tuple(replace(side, identity="E99999999") for side in second)
    moved = replace(
        meaning, happened_on=meaning.happened_on + dt.timedelta(days=day), dispute_type=type_ or meaning.dispute_type,
        applicants=second if turned else first, respondents=first if turned else second,
    )  # fmt: skip
    return altered(file, key=key, meaning=moved)


def test_the_same_pair_type_and_time_are_merged_whichever_side_complains(one: File) -> None:
    book = Book()

    assert fates(book, one, _told(one, "b", day=180), _told(one, "c", day=181, turned=True)) == ["APPLIED", "MERGED", "MERGED"]
    assert len(book.components()) == 1


@pytest.mark.parametrize("how", [{"day": 181}, {"type_": "16"}, {"other": True}])
def test_another_time_type_or_person_is_another_dispute(one: File, how: dict[str, object]) -> None:
    book = Book()

    assert fates(book, one, _told(one, "b", **how)) == ["APPLIED", "APPLIED"]  # type: ignore[arg-type]
    assert len(book.components()) == 2


def test_a_row_between_two_disputes_joins_them_and_its_correction_parts_them(one: File) -> None:
    book = Book()
    between = _told(one, "between", day=150)
    parted = altered(_told(one, "between", type_="16"), updated="2099-01-01T00:00:00.000000Z")

    assert fates(book, one, _told(one, "far", day=300), between) == ["APPLIED", "APPLIED", "MERGED"]
    assert len(book.components()) == 1

    assert fates(book, parted) == ["CORRECTED"]
    assert len(book.components()) == 3


def test_nothing_is_linked_without_identifiers(one: File) -> None:
    meaning = one.rows[0].meaning
    assert isinstance(meaning, Dispute)
    nameless = replace(meaning, respondents=(Side(meaning.respondents[0].name),))

    book = Book()

    assert fates(book, altered(one, meaning=nameless), altered(one, key="b", meaning=nameless)) == ["APPLIED", "APPLIED"]


def _linked(first: Row, second: Row) -> bool:
    one, other = first.meaning, second.meaning
    assert isinstance(one, Dispute)
    assert isinstance(other, Dispute)
    near = abs((one.happened_on - other.happened_on).days) <= 180
    return near and bool(set(pairs(first)) & set(pairs(second)))


def test_components_are_those_of_comparing_each_record_with_each(files: list[File]) -> None:
    book = Book()
    for file in files:
        book.take(file)
    rows = {key: one.row for key, one in book.standing.items() if isinstance(one.row.meaning, Dispute)}

    groups = {key: {key} for key in rows}
    for first, second in combinations(rows, 2):
        if _linked(rows[first], rows[second]) and groups[first] is not groups[second]:
            groups[first] |= groups[second]
            for key in groups[second]:
                groups[key] = groups[first]

    assert set(book.components()) == {frozenset(group) for group in groups.values()}
    assert sum(len(component) > 1 for component in book.components()) > 50


def test_other_quarrels_are_one_only_where_the_rule_cannot_tell_them_apart_and_bridges_and_relapses_occur(
    files: list[File],
) -> None:
    book = Book()
    for file in files:
        book.take(file)

    of = [{book.standing[key].row.dispute for key in component} for component in book.components()]
    mixed = [component for component, numbers in zip(book.components(), of, strict=True) if len(numbers) > 1]
    apart = Counter(number for numbers in of for number in numbers)

    assert len(mixed) < len(of) / 50
    for component in mixed:
        parties = [set(pairs(book.standing[key].row)) for key in component]
        assert any(one & other for one, other in combinations(parties, 2))
    assert max(apart.values()) > 1


def test_the_end_does_not_depend_on_the_order_of_deliveries(files: list[File]) -> None:
    ends = []
    for seed in range(3):
        book, shuffled = Book(), [*files, *files[::7]]
        Chance(seed).shuffle(shuffled)
        for file in shuffled:
            book.take(file)
        standing = {key: (one.row.meaning, one.row.void) for key, one in book.standing.items()}
        ends.append((standing, book.components(), sorted(book.hanging())))

    assert ends[0] == ends[1] == ends[2]


def test_every_row_has_one_fate_and_every_fate_occurs(seeds: Seeds) -> None:
    book, received, seen = Book(), 0, set[Fate]()
    for file in deliveries(seeds, disputes=400, days=200, quirks=FULL):
        verdicts: list[Verdict] = book.take(file)
        received += len(file.rows)
        seen |= {verdict.fate for verdict in verdicts}
        assert [verdict.row for verdict in verdicts] == list(file.rows)

    assert seen == set(Fate)
    assert sum(book.counts[fate] for fate in Fate) == received
    assert sum(book.counts[reason] for reason in Reason) == book.counts[Fate.QUARANTINED]


def test_attachments_wait_until_what_they_hang_on_arrives(files: list[File]) -> None:
    book, waited = Book(), set[tuple[str, str]]()
    for file in files:
        book.take(file)
        waited |= {key for key, holder in book.hanging() if holder is None}

    hanging = dict(book.hanging())

    assert {book.standing[key].row.meaning.kind for key in hanging if isinstance(book.standing[key].row.meaning, Attached)} == {  # type: ignore[union-attr]
        "confirmation", "notarisation", "appraisal",
    }  # fmt: skip
    assert any(hanging[key] for key in waited)
    assert any(holder is None for holder in hanging.values())


def test_versions_that_bear_one_time_occur_only_where_wanted(seeds: Seeds) -> None:
    book = Book()
    wanted = [v for f in deliveries(seeds, disputes=600, days=120, quirks=CLEAN.but(ties=0.5)) for v in book.take(f)]
    plain = Book()
    others = [v for f in deliveries(seeds, disputes=600, days=120) for v in plain.take(f)]

    assert any(verdict.otherwise for verdict in wanted)
    assert not any(verdict.otherwise for verdict in others)
