"""What a search finds, how names sound, which spellings are the same."""

import random

import pytest
from tests.oracle import words

from hub.rules import wording

TEXTS = (*words.NASTY, *words.NAMES, *words.ORDINARY, *words.PLACES)


def found_by_run(asked: str, *texts: str | None) -> bool:
    run = wording.token_run(asked)
    return run is not None and run in wording.tokens(*texts)


@pytest.mark.parametrize("text", TEXTS)
def test_every_piece_of_a_text_is_found_by_its_tokens(text: str) -> None:
    whole = wording.normalised(text)

    for start in range(min(len(whole), 12)):
        for end in range(start + 1, min(len(whole), start + 6) + 1):
            assert wording.contains(text, whole[start:end])
            assert found_by_run(whole[start:end], text)


def test_tokens_and_text_say_the_same_about_random_pieces() -> None:
    rng = random.Random(7)  # noqa: S311 - repeatable, not secret
    for _ in range(5000):
        text = "".join(rng.choice("aAbＡ张 %﹐İ") for _ in range(rng.randint(0, 9)))
        asked = "".join(rng.choice("aAbＡ张 %﹐İ") for _ in range(rng.randint(0, 4)))

        assert found_by_run(asked, text) == wording.contains(text, asked), (text, asked)


def test_neighbouring_pairs_follow_each_other() -> None:
    assert wording.tokens("abc") == "x000061000062 x000062000063 x000063"
    assert wording.token_run("abc") == "x000061000062 x000062000063"
    assert wording.fts_query("abc") == '"x000061000062 x000062000063"'
    assert wording.ts_query("abab") == "x000061000062 & x000062000061"


def test_one_character_is_the_beginning_of_a_word() -> None:
    assert wording.fts_query("长") == '"x00957f"*'
    assert wording.ts_query("长") == "x00957f:*"
    assert found_by_run("长", "经济长廊")
    assert found_by_run("长", "增长")


def test_no_match_runs_from_one_text_into_the_next() -> None:
    assert not found_by_run("bc", "ab", "cd")
    assert not found_by_run("b c", "ab", "cd")
    assert not found_by_run("bb", "ab", None, "", "bc")


def test_an_empty_search_finds_nothing() -> None:
    assert not wording.contains("张三", "")
    assert wording.token_run("") is wording.fts_query("") is wording.ts_query("") is None


def test_width_and_case_do_not_matter() -> None:
    assert wording.contains("ﬁ全角ＡＢＣ　空", "FI全角abc 空")


def test_names_are_ordered_by_sound_and_tone() -> None:
    names = ["张三", "赵六", "重庆路", "长安里", "章丘", "李四"]

    assert sorted(names, key=wording.sound_key) == ["长安里", "重庆路", "李四", "章丘", "张三", "赵六"]


def test_texts_that_sound_alike_have_keys_of_their_own() -> None:
    assert wording.sound_key("张") != wording.sound_key("章")
    assert wording.sound_key("é") != wording.sound_key("e\u0301")
    assert wording.sound_key("") == "\t"


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("name", "张 三", "张三"),
        ("name", "ＺＯË", "zoë"),
        ("identity", "11010519491231002x", "110105 1949-1231 002X"),
        ("phone", "+86-138 1234 1234", "13812341234"),
        ("phone", "0632-3312345", "06323312345"),
    ],
)
def test_spellings_of_one_value_are_the_same(kind: str, one: str, other: str) -> None:
    assert wording.plain(kind, one) == wording.plain(kind, other)


def test_different_values_stay_different() -> None:
    assert wording.plain("phone", "不详") != wording.plain("phone", "无")
    assert wording.plain("phone", "8613812341234") == "13812341234"
    assert wording.plain("phone", "861234") == "861234"
    assert wording.plain("name", "张三") != wording.plain("name", "张三丰")


def test_an_unknown_kind_of_match_is_a_programming_error() -> None:
    with pytest.raises(TypeError):
        wording.plain("colour", "red")
