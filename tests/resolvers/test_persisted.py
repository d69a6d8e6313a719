"""A text is found under its own hash only, and only after it was sent and found to be a document."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest

from hub.errors import BadBody, PersistedQueryMismatch, PersistedQueryNotFound
from hub.resolvers.persisted import Persisted


@dataclass(frozen=True)
class Asked:
    query: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)


def mark(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def named(text: str, query: str | None = None) -> Asked:
    return Asked(query, {"persistedQuery": {"version": 1, "sha256Hash": mark(text)}})


def test_a_text_without_a_hash_is_itself_and_is_not_kept() -> None:
    persisted = Persisted()

    assert persisted.text(Asked("{a}")) == "{a}"
    persisted.keep(Asked("{a}"))

    with pytest.raises(PersistedQueryNotFound):
        persisted.text(named("{a}"))


def test_a_text_that_was_kept_is_found_by_its_hash() -> None:
    persisted = Persisted()
    persisted.keep(named("{漏水}", "{漏水}"))

    assert persisted.text(named("{漏水}")) == "{漏水}"
    assert persisted.text(named("{漏水}", "")) == "{漏水}"


def test_a_text_that_was_only_read_is_not_kept() -> None:
    persisted = Persisted()
    assert persisted.text(named("{a}", "{a}")) == "{a}"

    with pytest.raises(PersistedQueryNotFound):
        persisted.text(named("{a}"))


def test_a_hash_is_that_of_its_text() -> None:
    with pytest.raises(PersistedQueryMismatch):
        Persisted().text(named("{a}", "{b}"))


@pytest.mark.parametrize(
    "extension",
    [
        1,
        [],
        "",
        {},
        {"version": 1},
        {"sha256Hash": mark("{a}")},
        {"version": 2, "sha256Hash": mark("{a}")},
        {"version": "1", "sha256Hash": mark("{a}")},
        {"version": True, "sha256Hash": mark("{a}")},
        {"version": 1, "sha256Hash": mark("{a}").upper()},
        {"version": 1, "sha256Hash": mark("{a}")[1:]},
        {"version": 1, "sha256Hash": mark("{a}") + "\n"},
        {"version": 1, "sha256Hash": None},
        {"version": 1, "sha256Hash": 10**63},
    ],
)
def test_what_names_nothing_is_refused(extension: object) -> None:
    with pytest.raises(PersistedQueryMismatch):
        Persisted().text(Asked("{a}", {"persistedQuery": extension}))


def test_null_is_absent() -> None:
    assert Persisted().text(Asked("{a}", {"persistedQuery": None})) == "{a}"


def test_other_extensions_name_no_document() -> None:
    with pytest.raises(BadBody):
        Persisted().text(Asked(None, {"trace": 1}))


def test_what_was_not_used_for_longest_is_forgotten() -> None:
    persisted = Persisted(characters=8)
    for text in ("{a}", "{b}"):
        persisted.keep(named(text, text))
    persisted.text(named("{a}"))
    persisted.keep(named("{c}", "{c}"))

    assert persisted.text(named("{a}")) == "{a}"
    with pytest.raises(PersistedQueryNotFound):
        persisted.text(named("{b}"))


def test_a_text_beyond_all_room_pushes_nothing_out() -> None:
    persisted = Persisted(characters=8)
    persisted.keep(named("{a}", "{a}"))
    persisted.keep(named("{" + "a" * 8 + "}", "{" + "a" * 8 + "}"))

    assert persisted.text(named("{a}")) == "{a}"


def test_the_message_of_an_unknown_hash_is_the_word_that_clients_look_for() -> None:
    assert str(PersistedQueryNotFound()) == "PersistedQueryNotFound"
    assert PersistedQueryNotFound().entry()["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND", "hub": "HUB-116"}
