"""Check digits of resident ids and credit codes (DOMAIN 4.9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.identifiers import (
    CREDIT_ALPHABET,
    credit_check,
    is_credit,
    is_resident,
    looks_like_credit,
    resident_check,
    upgraded,
)

RESIDENTS = ("11010519491231002X", "440524188001010014", "370402199001010016", "370481197806151234", "370403198512310020")
CREDITS = ("91350100M000100Y43", "9144030071526726XG", "52370402MJD000011F", "91370481MA3TETT094")


@pytest.mark.parametrize("identity", RESIDENTS)
def test_a_resident_id_is_valid_and_no_credit_code(identity: str) -> None:
    assert is_resident(identity)
    assert not is_credit(identity)
    assert not looks_like_credit(identity)


@pytest.mark.parametrize("identity", CREDITS)
def test_a_credit_code_is_valid_and_no_resident_id(identity: str) -> None:
    assert is_credit(identity)
    assert not is_resident(identity)
    assert looks_like_credit(identity)


@pytest.mark.parametrize(
    "identity",
    [
        "370402199001010017",  # the check digit
        "370402199002300014",  # no such day
        "37040219900101001",  # too short
        "3704021990010100160",
        "37040217900101001X",  # born too long ago
        "370402199001010O16",
        "",
    ],
)
def test_what_is_no_resident_id_is_told(identity: str) -> None:
    assert not is_resident(identity)


@pytest.mark.parametrize(
    "identity", ["91370481MA3TETT095", "9137O481MA3TETT094", "91370481MA3TETT09", "913704811A3TETT094", ""]
)
def test_what_is_no_credit_code_is_told(identity: str) -> None:
    assert not is_credit(identity)


def test_a_division_that_no_longer_is_makes_no_id_invalid() -> None:
    first = "37042119850101002"

    assert is_resident(first + resident_check(first))


@pytest.mark.parametrize(
    ("legacy", "resident"),
    [("370402900101001", "370402199001010016"), ("370402901301001", None), ("37040290010100", None), ("37040290010100X", None)],
)
def test_fifteen_digits_become_eighteen(legacy: str, resident: str | None) -> None:
    assert upgraded(legacy) == resident


@given(st.integers(0, 9), st.integers(0, 16), st.sampled_from(RESIDENTS))
def test_one_wrong_digit_is_always_seen(digit: int, place: int, identity: str) -> None:
    wrong = identity[:place] + str(digit) + identity[place + 1 :]

    assert is_resident(wrong) == (wrong == identity)


@given(st.sampled_from(CREDIT_ALPHABET), st.integers(0, 16), st.sampled_from(CREDITS))
def test_one_wrong_sign_is_always_seen(sign: str, place: int, identity: str) -> None:
    wrong = identity[:place] + sign + identity[place + 1 :]

    assert is_credit(wrong) == (wrong == identity)


def test_a_credit_code_of_digits_alone_is_told_by_its_beginning() -> None:
    first = "91370402123456789"

    assert is_credit(first + credit_check(first))
    assert looks_like_credit(first + credit_check(first))
    assert not looks_like_credit("370402219001010016")
