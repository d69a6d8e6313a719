"""Money, instants and dates are read strictly and shown in one spelling."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import BadText
from hub.schema.scalars import LARGEST_FEN, Money, parse_date, parse_instant, parse_money, show_instant, show_money


@pytest.mark.parametrize(
    ("text", "fen"),
    [("85000.00", 8_500_000), ("0", 0), ("-0.07", -7), ("1.5", 150), ("007.10", 710), (3, 300), ("-12", -1200)],
)
def test_money_is_read_into_fen(text: object, fen: int) -> None:
    assert parse_money(text) == fen


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1.", ".5", "1.005", "1e3", "+1", "１", "1,000", "NaN", "1\n", 1.5, True, None, [], {}, "9" * 14, 10**20, b"1"],
)
def test_anything_else_is_no_money(text: object) -> None:
    with pytest.raises(BadText):
        parse_money(text)


def test_money_has_a_largest_amount() -> None:
    assert parse_money("10000000000000.00") == LARGEST_FEN
    with pytest.raises(BadText):
        parse_money("-10000000000000.01")


@given(st.integers(-LARGEST_FEN, LARGEST_FEN))
def test_money_shown_is_money_read(fen: int) -> None:
    assert parse_money(show_money(fen)) == fen


def test_small_debts_keep_their_sign() -> None:
    assert [show_money(fen) for fen in (-7, 7, -100, 0, 123_456)] == ["-0.07", "0.07", "-1.00", "0.00", "1234.56"]
    assert show_money(Money(-199)) == "-1.99"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("2025-03-01T08:00:00+08:00", "2025-03-01T00:00:00.000000Z"),
        ("2025-03-01T00:00Z", "2025-03-01T00:00:00.000000Z"),
        ("2025-03-01T00:00:00.1Z", "2025-03-01T00:00:00.100000Z"),
        ("0987-06-05T00:00:00Z", "0987-06-05T00:00:00.000000Z"),
        ("2024-02-29T23:59:59.999999-01:30", "2024-03-01T01:29:59.999999Z"),
    ],
)
def test_instants_are_read_into_the_text_that_is_stored(text: str, stored: str) -> None:
    assert parse_instant(text) == stored
    assert parse_instant(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-01T00:00:00", "2025-03-01", "2025-02-29T00:00:00Z", "2025-03-01 00:00:00Z", "2025-03-01T24:00:00Z",
        "2025-03-01T00:00:00.1234567Z", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "２025-03-01T00:00Z",
        "2025-03-01T00:00:00z", "2025-03-01T00:00:00+25:00", 0, None,
    ],
)  # fmt: skip
def test_an_instant_without_a_zone_or_out_of_range_is_refused(text: object) -> None:
    with pytest.raises(BadText):
        parse_instant(text)


def test_a_moment_must_know_its_zone() -> None:
    with pytest.raises(BadText):
        show_instant(dt.datetime(2025, 3, 1))  # noqa: DTZ001


def test_dates_are_calendar_dates() -> None:
    assert parse_date("2024-02-29") == dt.date(2024, 2, 29)


@pytest.mark.parametrize("text", ["2025-02-29", "20250301", "2025-3-1", "0000-01-01", "2025-W09-6", "２025-03-01", 1, None])
def test_anything_else_is_no_date(text: object) -> None:
    with pytest.raises(BadText):
        parse_date(text)
