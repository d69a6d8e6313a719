"""Cells: every form that agencies write dates, money, identifiers, telephones and blanks in."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.values import Reason, Unfit, day, identity, instant, is_blank, mark, moment, money, phone, text, title_years

TODAY = dt.date(2026, 6, 30)


def reason(read: Callable[[], object]) -> Reason:
    with pytest.raises(Unfit) as error:
        read()
    return error.value.reason


@pytest.mark.parametrize("cell", [None, "", "  ", "\u3000", "无", " 无 ", "/", "／", "—", "——", "－", "-", "--"])
def test_a_blank_means_that_nothing_is_said(cell: str | None) -> None:
    assert is_blank(cell)
    assert money(cell) is None
    assert day(cell, today=TODAY) is None
    assert identity(cell) is None
    assert phone(cell) is None
    assert text(cell) is None
    assert mark(cell) is None


@pytest.mark.parametrize("cell", ["0", "无锡", "a/b", "无名氏", "12-3"])
def test_what_says_something_is_no_blank(cell: str) -> None:
    assert not is_blank(cell)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2026-6-1", (2026, 6, 1)),
        ("2026-06-01", (2026, 6, 1)),
        ("20260601", (2026, 6, 1)),
        ("2026/6/1 9:05", (2026, 6, 1, 9, 5)),
        ("2026年6月1日", (2026, 6, 1)),
        ("2026年6月1日9时5分", (2026, 6, 1, 9, 5)),
        ("2026年6月1日 9时", (2026, 6, 1, 9)),
        ("2026.6.1", (2026, 6, 1)),
        ("２０２６－６－１", (2026, 6, 1)),
        (" 2026-06-01 09:05:07 ", (2026, 6, 1, 9, 5, 7)),
        ("2026-06-01 09:05:07.0", (2026, 6, 1, 9, 5, 7)),
        ("2026-06-01T01:05:07Z", (2026, 6, 1, 9, 5, 7)),
        ("2026-06-01T09:05:07+08:00", (2026, 6, 1, 9, 5, 7)),
        ("20260601090507", (2026, 6, 1, 9, 5, 7)),
        ("20260601 09:05", (2026, 6, 1, 9, 5)),
        ("46174", (2026, 6, 1)),
        ("46174.0", (2026, 6, 1)),
        ("46174.378472222", (2026, 6, 1, 9, 5)),
        ("'2026-6-1", (2026, 6, 1)),
    ],
)
def test_a_date_is_read_however_it_is_written(cell: str, said: tuple[int, ...]) -> None:
    assert moment(cell) == dt.datetime(*said)  # type: ignore[arg-type] # noqa: DTZ001


@pytest.mark.parametrize("cell", ["6.1", "06.01", "6月1日", "6/1", "6-1", "６．１"])
def test_a_day_without_a_year_takes_that_of_the_title(cell: str) -> None:
    assert day(cell, today=TODAY, years=(2026,)) == dt.date(2026, 6, 1)


def test_of_two_years_the_latest_that_has_come_is_meant() -> None:
    assert day("12.28", today=dt.date(2026, 1, 5), years=(2025, 2026)) == dt.date(2025, 12, 28)
    assert day("1.4", today=dt.date(2026, 1, 5), years=(2025, 2026)) == dt.date(2026, 1, 4)
    assert day("2.29", today=dt.date(2026, 1, 5), years=(2024, 2025)) == dt.date(2024, 2, 29)
    assert title_years(["某镇２０２６年上半年矛盾纠纷排查台账", "单位：12026", "2026"]) == (2026,)


@pytest.mark.parametrize(
    "cell", ["2026-2-30", "20261301", "6.1", "2026-06", "昨天", "2026-06-01 25:00", "99999", "1", "2026年", "0.5"]
)
def test_an_impossible_date_is_told(cell: str) -> None:
    assert reason(lambda: day(cell, today=TODAY)) is Reason.IMPOSSIBLE_DATE


def test_a_day_to_come_is_told_and_today_is_not() -> None:
    assert day("2026-06-30", today=TODAY) == TODAY
    assert reason(lambda: day("2026-07-01", today=TODAY)) is Reason.FUTURE_DATE
    assert reason(lambda: day("7.1", today=TODAY, years=(2026,))) is Reason.FUTURE_DATE


def test_update_times_are_of_shanghai_and_may_be_a_little_ahead() -> None:
    assert instant("2026-06-01 07:30:00", today=TODAY) == "2026-05-31T23:30:00.000000Z"
    assert instant("2026-07-01 00:10:00", today=TODAY) == "2026-06-30T16:10:00.000000Z"
    assert reason(lambda: instant("2026-07-02", today=TODAY)) is Reason.FUTURE_DATE


@pytest.mark.parametrize(
    ("cell", "unit", "fen"),
    [
        ("85000", "元", 8_500_000),
        ("85000.00", "元", 8_500_000),
        ("85，000.50", "元", 8_500_050),
        ("85,000", None, 8_500_000),
        ("￥85000", "元", 8_500_000),
        ("¥ 85,000元", "元", 8_500_000),
        ("8.5", "万元", 8_500_000),
        ("8.5万", "元", 8_500_000),
        ("8.5万元", "元", 8_500_000),
        ("８．５万元", "万元", 8_500_000),
        ("85000元", "万元", 8_500_000),
        ("85000.0", "元", 8_500_000),
        ("85000元整", "元", 8_500_000),
        ("1.2亿", "元", 12_000_000_000),
        ("0.1", "元", 10),
        ("0.30000000000000004", "元", 30),
        ("8.5E+04", "元", 8_500_000),
        ("0", "元", 0),
    ],
)
def test_money_is_read_however_it_is_written(cell: str, unit: str | None, fen: int) -> None:
    assert money(cell, unit) == fen


@pytest.mark.parametrize(
    "cell", ["约五万", "85000,00", "-5", "5元6", "1E999999999", "9" * 40, "12万3千", "1.2.3", "元", "NaN", "5" * 90000]
)
def test_what_is_no_amount_is_told(cell: str) -> None:
    assert reason(lambda: money(cell, "元")) is Reason.BAD_AMOUNT


@given(st.integers(0, 10**12))
def test_every_amount_survives_its_writing(fen: int) -> None:
    assert money(f"{fen // 100:,}.{fen % 100:02d}", "元") == fen


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("370402199001010016", ("370402199001010016", "resident")),
        ("３７０４０２１９９００１０１００１６", ("370402199001010016", "resident")),
        ("370402 19900101 0016", ("370402199001010016", "resident")),
        ("'370402199001010016", ("370402199001010016", "resident")),
        ("’370402199001010016", ("370402199001010016", "resident")),
        ('="370402199001010016"', ("370402199001010016", "resident")),
        ("11010519491231002x", ("11010519491231002X", "resident")),
        ("11010519491231002ｘ", ("11010519491231002X", "resident")),
        ("370402900101001", ("370402199001010016", "resident")),
        ("370402900101001.0", ("370402199001010016", "resident")),
        ("91370481MA3TETT094", ("91370481MA3TETT094", "credit")),
        ("91370481ma3tett094", ("91370481MA3TETT094", "credit")),
        ("E12345678", ("E12345678", "other")),
        ("H0123456700", ("H0123456700", "other")),
        ("军字第12345号", ("军字第12345号", "other")),
    ],
)
def test_an_identifier_is_read_however_it_is_written(cell: str, found: tuple[str, str]) -> None:
    assert identity(cell) == found


@pytest.mark.parametrize(
    "cell", ["3.70402E+17", "3.70402e+17", "３．７０４０２Ｅ＋１７", "3.7040219900101e+17", "'3.70402E+17"]
)
def test_an_identifier_that_became_a_float_is_lost(cell: str) -> None:
    assert reason(lambda: identity(cell)) is Reason.LOST_IDENTIFIER
    assert reason(lambda: identity(cell, "credit")) is Reason.LOST_IDENTIFIER
    assert reason(lambda: mark(cell)) is Reason.LOST_IDENTIFIER


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("370402199001010017", "any"),
        ("37040219900101001", "any"),
        ("370402199001010000", "any"),
        ("91370481MA3TETT095", "any"),
        ("370402199001010016", "credit"),
        ("91370481MA3TETT094", "resident"),
        ("E12345678", "resident"),
        ("370402901301001", "resident"),
        ("370402********0016", "any"),
    ],
)
def test_an_identifier_is_checked_as_what_it_should_be_and_as_nothing_else(cell: str, expected: str) -> None:
    assert reason(lambda: identity(cell, expected)) is Reason.BAD_CHECK_DIGIT


@pytest.mark.parametrize(
    ("cell", "digits"),
    [
        ("13806321234", "13806321234"),
        ("1380632 1234", "13806321234"),
        ("138-0632-1234", "13806321234"),
        ("+86 138 0632 1234", "13806321234"),
        ("８６１３８０６３２１２３４", "13806321234"),
        ("１３８０６３２１２３４", "13806321234"),
        ("13806321234.0", "13806321234"),
        ("13806321234、13906321234", "13806321234"),
        ("0632-3312345", "06323312345"),
        ("3312345", "3312345"),
        ("1.38063E+10", None),
        ("村委会电话", None),
        ("12", None),
    ],
)
def test_a_telephone_is_its_digits(cell: str, digits: str | None) -> None:
    assert phone(cell) == digits


@pytest.mark.parametrize(
    ("cell", "found"), [("WP2021000123", "WP2021000123"), (" ＷＰ 1 ", "WP1"), ("7.0", "7"), ('="007"', "007")]
)
def test_a_number_of_the_agency_has_one_spelling(cell: str, found: str) -> None:
    assert mark(cell) == found


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_text_is_a_formula(sign: str) -> None:
    assert text(f"{sign}HYPERLINK(1)") == f"'{sign}HYPERLINK(1)"
    assert text(f"  \t{sign}cmd|' /C calc'!A0") == f"'{sign}cmd|' /C calc'!A0"


def test_control_characters_leave_a_text_and_line_breaks_stay() -> None:
    assert text("\ufeff因浇地\x00发生\n口角\u200b") == "因浇地发生\n口角"


@given(st.text(max_size=30))
def test_any_cell_means_something_or_says_why_not(cell: str) -> None:
    for read in (money, identity, moment, mark, text, phone):
        with suppress(Unfit):
            read(cell)
