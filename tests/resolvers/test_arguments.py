"""Arguments become conditions, orders and pages; each that does not fit is refused with its code before anything runs."""

from typing import Any

import orjson
import pytest

from hub.errors import (
    BadCursor,
    BadOrder,
    BadPageSize,
    BadText,
    FilterTooDeep,
    FirstAndLast,
    ForeignCursor,
    ListTooLong,
    MalformedId,
    NullOperand,
)
from hub.resolvers.arguments import Arguments, Binds, text_after
from hub.resolvers.values import ListShape, Slot
from hub.schema.model import Model
from hub.schema.scalars import Kind
from hub.store.wanted import BY_ID, All, Compare, Either, Linked, Not, Null, Search, Some, Term


@pytest.fixture
def binds(model: Model) -> Binds:
    return Binds(model, lambda kind, text: f"{kind}:{text}")


@pytest.fixture
def arguments(model: Model, binds: Binds) -> Arguments:
    return Arguments(model, binds)


def values(binds: Binds, **coerced: Any) -> list[Any]:
    return [read(coerced) for read in binds.sources.values()]


# --- filters ----------------------------------------------------------------------------------------------------------
def test_no_filter_and_an_empty_one_are_everything(arguments: Arguments, model: Model) -> None:
    assert arguments.condition(model["Case"], None) == All()
    assert arguments.condition(model["Case"], {}) == All()
    assert arguments.condition(model["Case"], {"state": {}}) == All()
    assert arguments.condition(model["Case"], {"and": []}) == All()
    assert arguments.condition(model["Case"], {"or": []}) == Either()
    assert arguments.condition(model["Case"], {"not": {}}) == Not(All())


def test_operators_compare_the_stored_column(arguments: Arguments, model: Model, binds: Binds) -> None:
    found = arguments.condition(model["Case"], {"amount": {"gte": 100, "isNull": False}, "number": {"startsWith": "ZZ"}})

    assert isinstance(found, All)
    least, null, start, end = found.parts
    assert isinstance(least, Compare)
    assert (least.column, least.operator, least.operand.kind) == ("amount", "gte", Kind.MONEY)
    assert null == Null("amount", wanted=False)
    assert [each.operator for each in (start, end) if isinstance(each, Compare)] == ["gte", "lt"]
    assert values(binds) == [100, "ZZ", "Z["]


def test_links_and_lists_are_conditions_over_other_rows(arguments: Arguments, model: Model) -> None:
    linked = arguments.condition(model["Party"], {"case": {"online": {"eq": True}}})
    some = arguments.condition(model["Case"], {"parties": {"some": {}, "none": {"role": {"eq": "AGENT"}}}})

    assert isinstance(linked, Linked)
    assert linked.noun is model["Case"]
    assert isinstance(some, All)
    assert [each.wanted for each in some.parts if isinstance(each, Some)] == [True, False]


def test_people_are_matched_by_a_keyed_hash_and_never_by_their_text(arguments: Arguments, model: Model, binds: Binds) -> None:
    found = arguments.condition(model["Party"], {"name": {"eq": "张三"}, "phone": {"eq": Slot(("v",))}})

    assert isinstance(found, All)
    assert [each.column for each in found.parts if isinstance(each, Compare)] == ["name_hash", "phone_hash"]
    assert values(binds, v="138") == ["name:张三", "phone:138"]


def test_a_search_that_finds_nothing_asks_for_a_word_that_no_index_holds(
    arguments: Arguments, model: Model, binds: Binds
) -> None:
    assert isinstance(arguments.condition(model["Case"], {"search": ""}), Search)
    assert values(binds) == ["nothing"] * 3


def nested(levels: int) -> dict[str, Any]:
    return {"not": nested(levels - 1)} if levels > 1 else {}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"state": None}, NullOperand),
        ({"state": {"eq": None}}, NullOperand),
        ({"state": {"in": ["ACCEPTED", None]}}, NullOperand),
        ({"state": {"in": Slot(("v",), ListShape(nulls=True, too_long=False))}}, NullOperand),
        ({"amount": {"isNull": None}}, NullOperand),
        ({"number": {"startsWith": None}}, NullOperand),
        ({"search": None}, NullOperand),
        ({"and": None}, NullOperand),
        ({"or": [None]}, NullOperand),
        ({"not": None}, NullOperand),
        ({"not": {"not": {"state": {"ne": None}}}}, NullOperand),
        ({"parties": {"some": None}}, NullOperand),
        ({"parties": {"none": {"identity": {"eq": None}}}}, NullOperand),
        ({"organisation": {"hostAgency": None}}, NullOperand),
        ({"number": {"in": ["1"] * 251}}, ListTooLong),
        ({"id": {"notIn": Slot(("v",), ListShape(nulls=False, too_long=True))}}, ListTooLong),
        ({"and": [{}] * 21}, FilterTooDeep),
        ({"or": [{}] * 21}, FilterTooDeep),
        (nested(9), FilterTooDeep),
        ({"id": {"eq": "case_1"}}, MalformedId),
        ({"id": {"eq": Slot(("v",), "!")}}, MalformedId),
        ({"id": {"in": ["case_" + "0" * 32, "nobody"]}}, MalformedId),
        ({"id": {"in": Slot(("v",), ListShape(nulls=False, too_long=False, prefixes=("!", "case")))}}, MalformedId),
        ({"number": {"eq": "a\0"}}, BadText),
        ({"search": "\ud800"}, BadText),
    ],
)
def test_a_filter_that_does_not_fit_is_refused(
    arguments: Arguments, model: Model, given: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        arguments.condition(model["Case"], given)


def test_what_is_just_allowed_is_allowed(arguments: Arguments, model: Model) -> None:
    arguments.condition(model["Case"], nested(8))
    arguments.condition(model["Case"], {"and": [{}] * 20, "number": {"in": ["1"] * 250}})


@pytest.mark.parametrize(
    ("prefix", "after"),
    [
        ("a", "b"),
        ("张", "弡"),
        ("a\U0010ffff", "b"),
        ("\ud7ff", "\ue000"),
        ("\U0010ffff", "\U0010ffff" * 64),
        ("", "\U0010ffff" * 64),
    ],
)
def test_a_prefix_ends_before_the_next_text_that_does_not_start_with_it(prefix: str, after: str) -> None:
    assert text_after(prefix) == after
    assert prefix + "\U0010ffff" * 9 < after


# --- pages ------------------------------------------------------------------------------------------------------------
def test_a_page_without_arguments_is_the_first_twenty_by_id(arguments: Arguments, model: Model) -> None:
    page = arguments.page(model["Case"], {})

    assert (page.order, page.tag, page.size, page.backward, page.cursor) == (BY_ID, "id:a", 20, False, None)
    nulls = dict.fromkeys(("filter", "orderBy", "first", "after", "last", "before"))
    assert arguments.page(model["Case"], nulls) == page


def by(*terms: str) -> dict[str, Any]:
    return {"orderBy": [{"field": term.strip("-"), "direction": "DESC" if term[0] == "-" else "ASC"} for term in terms]}


def test_an_order_is_made_total_by_the_id_in_the_direction_of_its_last_term(arguments: Arguments, model: Model) -> None:
    page = arguments.page(model["Case"], by("STATE", "-AMOUNT"))

    assert page.order == (
        Term("state", ascending=True, nullable=False, kind=Kind.ENUM),
        Term("amount", ascending=False, nullable=True, kind=Kind.MONEY),
        Term("id", ascending=False, nullable=False, kind=Kind.ID),
    )
    assert page.tag == "state:a,amount:d,id:d"
    assert arguments.page(model["Case"], by("-ID", "STATE")).tag == "id:d,state:a"
    assert arguments.page(model["Organisation"], by("NAME")).order[0].column == "name_sound"


def test_a_cursor_gives_one_value_per_term_and_none_for_a_null(arguments: Arguments, model: Model, binds: Binds) -> None:
    text = orjson.dumps(["amount:a,id:a", None, "case_1"]).hex()

    page = arguments.page(model["Case"], {**by("AMOUNT"), "before": text})

    assert page.backward
    assert page.cursor is not None
    assert page.cursor.values[0] is None
    assert values(binds) == ["case_1"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"first": 0}, BadPageSize),
        ({"first": -1}, BadPageSize),
        ({"last": 101}, BadPageSize),
        ({"first": 1, "last": 1}, FirstAndLast),
        ({"first": 1, "before": "00"}, FirstAndLast),
        ({"after": "00", "last": 1}, FirstAndLast),
        ({"after": "00", "before": "00"}, FirstAndLast),
        (by("STATE", "AMOUNT", "NUMBER", "ID"), BadOrder),
        (by("STATE", "-STATE"), BadOrder),
        (by("ID", "ID"), BadOrder),
        ({"after": "00"}, BadCursor),
        ({"after": Slot(("v",))}, BadCursor),
        ({"after": orjson.dumps(["id:d", "case_1"]).hex()}, ForeignCursor),
        ({"after": Slot(("v",), ("id:d", (False,)))}, ForeignCursor),
        ({"after": orjson.dumps(["id:a", None]).hex()}, BadCursor),
        ({"after": orjson.dumps(["id:a", 5]).hex()}, BadCursor),
        ({"after": "\0"}, BadText),
    ],
)
def test_a_page_that_does_not_fit_is_refused(
    arguments: Arguments, model: Model, given: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        arguments.page(model["Case"], given)
