"""What agencies send day by day: the same for the same seed, without end, and full of what real exports are full of."""

import datetime as dt
from collections import Counter
from itertools import islice

import pytest

from hub.simulation.agencies.books import Book
from hub.simulation.agencies.files import File
from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.meanings import Attached, Dispute, Reason, Registered
from hub.simulation.agencies.quirks import CLEAN, Quirks
from hub.simulation.agencies.samples import sample
from hub.simulation.agencies.supply import Supply, deliveries
from hub.simulation.identifiers import credit_check, resident_check
from hub.simulation.seeds import Seeds

BAD = Quirks().but(
    missing=0.03, impossible_dates=0.03, future_dates=0.03, unknown_regions=0.03, bad_checks=0.03,
    lost_identifiers=0.03, bad_amounts=0.03,
)  # fmt: skip


@pytest.fixture(scope="module")
def year(seeds: Seeds) -> list[File]:
    return list(deliveries(seeds, disputes=1_500, days=365))


def test_the_same_seed_gives_the_same_bytes(seeds: Seeds) -> None:
    first, second = ([(f.name, f.content()) for f in deliveries(seeds, seed=7, disputes=900, days=20)] for _ in range(2))
    other = [(f.name, f.content()) for f in deliveries(seeds, seed=8, disputes=900, days=20)]

    assert first == second != other


def test_a_longer_supply_begins_with_a_shorter_one(seeds: Seeds) -> None:
    short = [f.content() for f in deliveries(seeds, disputes=900, days=9)]
    long = [f.content() for f in islice(deliveries(seeds, disputes=900), len(short) + 5)]

    assert long[: len(short)] == short


def test_days_go_on_after_the_year(seeds: Seeds) -> None:
    files = deliveries(seeds, disputes=300, start=dt.date(2025, 12, 20), days=30)

    days = [file.day for file in files]

    assert days == sorted(days)
    assert days[0] >= dt.date(2025, 12, 20)
    assert days[-1] > dt.date(2026, 1, 10)


def test_as_many_disputes_begin_in_a_year_as_were_asked_for(seeds: Seeds) -> None:
    supply = Supply(seeds, seed=1, disputes=1_234, quirks=CLEAN)
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=number) for number in range(730)]

    begun = [supply._begun(day) for day in days]

    assert sum(begun[:365]) == sum(begun[365:]) == 1_234
    assert min(begun) >= 0
    weekend = sum(count for day, count in zip(days, begun, strict=True) if day.weekday() > 4)
    assert weekend < sum(begun) / 7


def test_every_record_is_sent_and_every_name_is_used_once(year: list[File]) -> None:
    assert {file.record for file in year} == set(LAYOUTS)
    assert len({file.name for file in year}) == len(year)
    for file in year:
        assert file.name.startswith(f"{file.record}_")
        assert f"{file.day:%Y%m%d}" in file.name
        assert (file.record != "town-ledger") or file.name.split("_")[1].startswith("3704")


def test_a_town_sends_a_few_ledgers_a_year_not_one_a_day(year: list[File]) -> None:
    towns = Counter(file.code for file in year if file.record == "town-ledger")

    assert len(towns) > 55
    assert max(towns.values()) <= 25


def test_rows_have_a_meaning_or_a_reason_and_never_both(year: list[File]) -> None:
    kinds = {"case": Dispute, "attachment": Attached, "register": Registered}
    for file in year:
        assert [row.place for row in file.rows] == list(range(1, len(file.rows) + 1))
        for row in file.rows:
            assert (row.meaning is None) is (row.reason is not None)
            assert row.meaning is None or isinstance(row.meaning, kinds[file.layout.kind])
            assert row.key is not None or row.reason in {Reason.MISSING_VALUE, Reason.BAD_CHECK_DIGIT, Reason.LOST_IDENTIFIER}


def test_what_is_meant_is_never_in_the_future_and_every_number_is_valid(year: list[File]) -> None:
    for file in year:
        for row in file.rows:
            if isinstance(row.meaning, Dispute):
                assert row.meaning.happened_on <= file.day
                for side in (*row.meaning.applicants, *row.meaning.respondents):
                    if side.kind == "resident":
                        assert side.identity is not None
                        assert resident_check(side.identity[:17]) == side.identity[17]
                    if side.kind == "credit":
                        assert side.identity is not None
                        assert credit_check(side.identity[:17]) == side.identity[17]
            if row.updated:
                assert row.updated[:10] <= f"{file.day:%Y-%m-%d}"


def test_one_dispute_arrives_in_several_systems(year: list[File]) -> None:
    seen: dict[int, set[str]] = {}
    for file in year:
        if file.layout.kind == "case":
            for row in file.rows:
                seen.setdefault(row.dispute or 0, set()).add(file.record)

    several = [records for records in seen.values() if len(records) > 1]

    assert 0.15 < len(several) / len(seen) < 0.45
    assert any({"hotline-12345", "court-referral"} <= records for records in several)


def test_every_reason_for_quarantine_occurs(seeds: Seeds) -> None:
    files = list(deliveries(seeds, disputes=3_000, days=40, quirks=BAD))

    assert {row.reason for file in files for row in file.rows} == {None, *Reason}


def test_regions_are_read_from_columns_files_bodies_or_not_at_all(year: list[File]) -> None:
    flags: dict[str, set[str]] = {}
    for file in year:
        for row in file.rows:
            if isinstance(row.meaning, Dispute):
                flags.setdefault(file.record, set()).add(row.meaning.region_flag)
                assert row.meaning.region_flag != "default" or row.meaning.region == "370400"
                assert row.meaning.region_flag != "file" or file.code is not None

    assert flags["town-ledger"] == {"file"}
    assert flags["court-referral"] == {"file", "body"}
    assert flags["police-traffic"] == {"default"}
    assert flags["hotline-12345"] == {"column"}
    assert flags["justice-mediation"] >= {"body"}


def test_withdrawn_codes_mean_what_became_of_them(seeds: Seeds) -> None:
    file = sample(seeds, "petition", rows=1, quirks=CLEAN)
    files = deliveries(seeds, disputes=4_000, days=60, quirks=Quirks().but(withdrawn=0.5))

    cells = {
        (row.raw["辖区代码"], row.meaning.region)
        for one in files if one.record == "police-order"
        for row in one.rows if isinstance(row.meaning, Dispute)
    }  # fmt: skip

    assert file.rows[0].raw["问题属地"] == "370402001"
    assert {("370421", "370481"), ("379010", "370481")} <= cells


def test_unknown_types_are_other_and_keep_their_word(year: list[File]) -> None:
    words = {
        row.meaning.raw_type
        for file in year
        for row in file.rows
        if isinstance(row.meaning, Dispute) and row.meaning.dispute_type == "99"
    }

    assert "旅游服务" in words
    assert not words & {word for layout in LAYOUTS.values() for word in layout.words}


def test_clean_files_hold_each_dispute_once_and_nothing_bad(seeds: Seeds) -> None:
    book = Book()
    fates = [
        verdict.fate.name
        for file in deliveries(seeds, disputes=800, days=365, quirks=CLEAN)
        if file.layout.kind == "case"
        for verdict in book.take(file)
    ]

    assert set(fates) == {"APPLIED"}
    assert len(book.components()) == len(fates) > 700


def test_a_page_of_a_year_takes_little_time_and_memory(seeds: Seeds) -> None:
    supply = Supply(seeds, seed=3, disputes=2_000, quirks=Quirks())

    for number in range(365):
        for _ in supply.of_day(dt.date(2025, 1, 1) + dt.timedelta(days=number)):
            pass

    assert sum(len(one) for one in supply.outbox.values()) < 1_500
    assert max(len(one) for one in supply.sent.values()) <= 200


@pytest.mark.parametrize("record", LAYOUTS)
def test_a_sample_has_as_many_rows_as_wanted(seeds: Seeds, record: str) -> None:
    file = sample(seeds, record, rows=37, quirks=CLEAN)

    assert len(file.rows) == len({row.key for row in file.rows}) == 37
    assert (file.code is not None) is (file.layout.by is not None)
    for row in file.rows:
        if isinstance(row.meaning, Dispute) and file.layout.by:
            assert row.meaning.region_flag == "file"
            assert row.meaning.region == ("370402001" if file.layout.by == "town" else "370402")
