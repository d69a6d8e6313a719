"""Parties in cells: how many, who, with which identifier and telephone."""

import pytest
from tests.connectors.writing import COMPANY, OTHER_PERSON, PERSON

from hub.connectors.parties import expected_of, sides
from hub.connectors.records import Reason, Side
from hub.rules.values import Unfit

ZHANG = Side("张三丰", PERSON, "resident")
LI = Side("李四", OTHER_PERSON, "resident")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("张三丰", [Side("张三丰")]),
        ("张 三　丰", [Side("张三丰")]),
        (f"张三丰({PERSON})", [ZHANG]),
        (f"张三丰（{PERSON}）", [ZHANG]),
        (f"张三丰 ( {PERSON[:6]} {PERSON[6:]} )", [ZHANG]),
        (f"张三丰(身份证号：{PERSON})", [ZHANG]),
        (f"张三丰({PERSON})、李四({OTHER_PERSON})", [ZHANG, LI]),
        (f"张三丰({PERSON});李四（{OTHER_PERSON}）；", [ZHANG, LI]),
        (f"张三丰({PERSON})，李四({OTHER_PERSON})", [ZHANG, LI]),
        ("孙䶮、赵某等5人", [Side("孙䶮"), Side("赵某")]),
        ("张三丰、无", [Side("张三丰")]),
        ("某某商行（普通合伙）", [Side("某某商行（普通合伙）")]),
        (f"某某商行（普通合伙）({COMPANY})", [Side("某某商行（普通合伙）", COMPANY, "credit")]),
        ("某公司（曾用名：甲、乙）", [Side("某公司（曾用名：甲、乙）")]),
        ("ABC Co., Ltd", [Side("ABC Co., Ltd")]),
        ("John Smith(E12345678)", [Side("John Smith", "E12345678", "other")]),
        ("张三丰(13806321234)", [Side("张三丰", phone="13806321234")]),
        ("张三丰(2021)", [Side("张三丰(2021)")]),
        ("=cmd|' /C calc'!A0", [Side("'=cmd|' /C calc'!A0")]),
        ('=HYPERLINK("http://127.0.0.1/")', [Side('\'=HYPERLINK("http://127.0.0.1/")')]),
        ("无", []),
        (None, []),
    ],
)
def test_parties_of_a_cell(cell: str | None, found: list[Side]) -> None:
    assert list(sides(cell)) == found


def test_identifiers_beside_go_to_the_parties_in_their_order() -> None:
    assert sides("张三丰、李四", identities=f"{PERSON}、{OTHER_PERSON}") == (ZHANG, LI)
    assert sides("张三丰、李四", identities=PERSON) == (ZHANG, Side("李四"))
    assert sides("张三丰", identities=f"{PERSON}、{OTHER_PERSON}") == (ZHANG,)
    assert sides("张三丰、李四", identities="无") == (Side("张三丰"), Side("李四"))


def test_the_telephone_is_the_first_partys() -> None:
    assert [side.phone for side in sides("张三丰、李四", telephone="138 0632 1234")] == ["13806321234", None]
    assert sides("无", telephone="13806321234") == ()


def test_a_company_under_the_heading_of_resident_ids_gives_its_own_number() -> None:
    assert sides("枣庄某商贸有限公司", identities=COMPANY, expected="resident")[0].identity_kind == "credit"
    with pytest.raises(Unfit) as error:
        sides("张三丰", identities=COMPANY, expected="resident")
    assert error.value.reason is Reason.BAD_CHECK_DIGIT


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("居民身份证", "resident"),
        ("港澳台居民居住证", "resident"),
        ("统一社会信用代码", "credit"),
        ("护照", "other"),
        ("无", None),
        (None, None),
    ],
)
def test_a_kind_of_document_says_what_its_number_is(document: str | None, expected: str | None) -> None:
    assert expected_of(document) == expected
