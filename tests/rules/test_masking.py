"""Masks of DOMAIN 4.9, and texts that name people."""

import random

import pytest
from tests.oracle import words

from hub.rules import masking, wording


@pytest.mark.parametrize(
    ("name", "shown"), [("张三", "张*"), ("张三丰", "张*"), ("赵", "赵*"), ("𠮷田太郎", "𠮷*"), ("枣庄某某商贸有限公司", "枣*")]
)
def test_a_name_shows_its_first_character(name: str, shown: str) -> None:
    assert masking.mask_name(name) == shown


@pytest.mark.parametrize(
    ("identity", "shown"),
    [
        ("370402199001010016", "370402********0016"),
        ("11010519491231002x", "110105********002x"),
        ("370402900101001", "370402*****1001"),
        ("91370481MA3TETT094", "913704********T094"),
        ("E12345678", "E1*****78"),
        ("1234567", "****"),
    ],
)
def test_an_identity_shows_its_ends(identity: str, shown: str) -> None:
    assert masking.mask_identity(identity) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812341234", "138****1234"),
        ("138 1234 1234", "138****1234"),
        ("+86-13812341234", "138****1234"),
        ("3312345", "331****"),
        ("110", "****"),
        ("不详", "****"),
    ],
)
def test_a_telephone_shows_its_ends(phone: str, shown: str) -> None:
    assert masking.mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("枣庄市市中区中心街街道文化路12号", "枣庄市市中区中心街街道****"),
        ("市中区永安镇李庄村3组", "市中区永安镇****"),
        ("滕州市某路1号", "滕州市****"),
        ("幸福小区3号楼", "****"),
        ("", "****"),
    ],
)
def test_an_address_ends_at_the_town(address: str, shown: str) -> None:
    assert masking.mask_address(address) == shown


@pytest.mark.parametrize("names", [("张三", "张三丰", "李四"), ("李四", "张三丰", "张三"), ("张三", "张三", "张三丰", "李四")])
def test_the_order_of_names_does_not_matter(names: tuple[str, ...]) -> None:
    assert masking.mask_text("张三、张三丰与张　三、李四", names) == "张*、张*与张*、李*"


def test_numbers_and_telephones_are_masked_wherever_they_stand() -> None:
    text = "电话13812341234身份证370402199001010016，家0632-3312345；370402 19900101 0016，１３８１２３４１２３４"

    shown = masking.mask_text(text, ())

    assert shown == "电话138****1234身份证370402********0016，家063****2345；370402**********0016，138****1234"


def test_case_numbers_dates_and_amounts_stay() -> None:
    text = "(2025)鲁0402诉前调1号，ZZF-370402001-2025-000123，工单20250101123456，85000.00元，2025-01-31"

    assert masking.mask_text(text, ()) == text


def test_characters_of_patterns_in_names_mean_themselves() -> None:
    assert masking.mask_text("找a.b*(c谈，aXbb(c不是", ["a.b*(c"]) == "找a*谈，aXbb(c不是"


def test_names_of_one_character_or_none_change_nothing() -> None:
    assert masking.mask_text("赵庄的 赵", ["赵", "", " "]) == "赵庄的 赵"


def test_no_name_and_no_number_is_left_in_any_text() -> None:
    rng = random.Random(3)  # noqa: S311 - repeatable, not secret
    numbers = ("13812341234", "370402199001010016")
    for _ in range(2000):
        names = rng.sample(words.NAMES, 3)
        shown = masking.mask_text(words.telling(rng, names), names)

        assert not any(name in shown for name in names if len(name) > 1 and name.isalpha())
        assert not any(wording.contains(shown, number) for number in numbers)
