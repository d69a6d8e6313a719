"""The words of a declaration keep what was said, and stand for nothing else."""

from dataclasses import FrozenInstanceError

import pytest

from hub.schema.cases import Case
from hub.schema.declare import (
    Check,
    Entity,
    Field,
    Index,
    Link,
    Many,
    Word,
    camel,
    check,
    code,
    column,
    computed,
    index,
    internal,
    link,
    live,
    many,
    of_case,
    of_court,
    of_organisation,
    plural_of,
    public,
    sealed,
    snake,
)


def test_names_change_their_spelling_only() -> None:
    assert snake("SourceRecord") == "source_record"
    assert camel("source_record") == "sourceRecord"
    assert camel(snake("Case")) == "case"
    assert (plural_of("party"), plural_of("case")) == ("parties", "cases")


def test_a_unique_column_is_indexed_without_saying_so() -> None:
    assert column("a · b", unique=True).options["index"] is True
    assert column("a · b").options["index"] is False


def test_each_word_says_which_one_it_is() -> None:
    said = [column("d"), sealed("d"), code("d", list="l"), computed("d", "1"), live("d", by="a"), link("d"), many("d", by="b")]
    assert [line.word for line in said] == ["column", "sealed", "code", "computed", "live", "link", "many"]
    assert internal("d").word == "internal"


def test_a_line_once_said_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        column("d").doc = "other"


def test_scope_words_hold_the_paths_to_what_must_be_the_viewers() -> None:
    assert of_organisation("sender", "members.organisation").paths == ("sender", "members.organisation")
    assert of_case().paths == ("case",)
    assert of_court("court").word is Word.OF_COURT
    assert public().paths == ()


def test_a_noun_keeps_its_lines_in_the_order_declared() -> None:
    class Thing(Entity, prefix="thing", doc="物 · Thing", table=(index("a", "b", unique=True), check("c", "a > 0"))):
        b: Field[str] = column("二 · Second")
        a: Field[int] = column("一 · First")

    assert list(Thing.declared.lines) == ["b", "a"]
    assert Thing.declared.table == (Index(("a", "b"), unique=True), Check("c", "a > 0"))
    assert (Thing.declared.name, Thing.declared.plural) == ("Thing", "things")
    assert (Thing.declared.scope, Thing.declared.roots) == ((), ("one", "list"))


def test_a_declaration_holds_no_values() -> None:
    with pytest.raises(AttributeError):
        Field[str]().__get__(None, Case)
    with pytest.raises(AttributeError):
        Many[Case]().__get__(object(), Case)
    with pytest.raises(AttributeError):
        Link[Case]().__get__(object(), Case)
