"""Of a variable's value a plan knows the shape only; the values themselves are read when the statement runs."""

from typing import Any

import pytest
from graphql import GraphQLInputType, GraphQLSchema, parse_type, type_from_ast

from hub.errors import BadText
from hub.resolvers.cursors import form_of
from hub.resolvers.values import MALFORMED, MOST_ITEMS, ListShape, Slot, Walker, about, checked_text, holds_slot, reader
from hub.schema.graph import HubSchema
from hub.schema.model import Model

CASE = "case_" + "0" * 32


@pytest.fixture(scope="module")
def core(schema: HubSchema) -> GraphQLSchema:
    return schema._schema


@pytest.fixture(scope="module")
def walker(model: Model) -> Walker:
    return Walker(model, form_of)


def kind_of(core: GraphQLSchema, text: str) -> GraphQLInputType:
    found: Any = type_from_ast(core, parse_type(text))
    return found  # type: ignore[no-any-return]


def walked(core: GraphQLSchema, walker: Walker, kind: str, value: Any, *, is_cursor: bool = False) -> tuple[Any, Any]:
    return walker.of(kind_of(core, kind), is_cursor=is_cursor)(value, ("v",))


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("String", "a", "b"),
        ("Money", 100, -7),
        ("Instant", "2025-01-01T00:00:00.000000Z", "2025-01-01T00:00:01.000000Z"),
        ("CaseState", "ACCEPTED", "CLOSED"),
        ("[String!]", ["a"], ["b", "c", "d"]),
        ("ID", CASE, CASE[:-1] + "1"),
        ("[ID!]", [CASE, CASE], [CASE, CASE[:-1] + "1"]),
        ("CaseFilter", {"state": {"eq": "ACCEPTED"}}, {"state": {"eq": "CLOSED"}}),
        ("CaseFilter", {"number": {"in": ["1"]}}, {"number": {"in": ["2", "3"]}}),
        ("CaseFilter", {"or": [{"search": "a"}]}, {"or": [{"search": "b"}]}),
        ("StringFilter", {"eq": "a", "ne": "b"}, {"eq": "c", "ne": "d"}),
    ],
)
def test_values_of_one_shape_share_a_plan(core: GraphQLSchema, walker: Walker, kind: str, one: Any, other: Any) -> None:
    assert walked(core, walker, kind, one) == walked(core, walker, kind, other)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("Boolean", True, False),
        ("Int", 5, 6),
        ("Direction", "ASC", "DESC"),
        ("[CaseDimension!]", ["STATE"], ["DOMAIN"]),
        ("[CaseOrder!]", [{"field": "ID"}], [{"field": "NUMBER"}]),
        ("[CaseOrder!]", [{"field": "ID"}], [{"field": "ID"}, {"field": "NUMBER"}]),
        ("ID", CASE, "party_" + "0" * 32),
        ("ID", CASE, "nobody"),
        ("[ID!]", [CASE], [CASE, "party_" + "0" * 32]),
        ("[ID!]", [CASE], [CASE] * 3),
        ("[String]", ["a"], [None]),
        ("CaseFilter", None, {}),
        ("CaseFilter", {"state": None}, {}),
        ("CaseFilter", {"state": {}}, {"state": {"eq": None}}),
        ("CaseFilter", {"state": {"eq": None}}, {"state": {"eq": "ACCEPTED"}}),
        ("CaseFilter", {"state": {"isNull": True}}, {"state": {"isNull": False}}),
        ("CaseFilter", {"or": []}, {"or": [{}]}),
        ("CaseFilter", {"and": [{}]}, {"or": [{}]}),
        ("CaseFilter", {"number": {"in": ["1"] * MOST_ITEMS}}, {"number": {"in": ["1"] * (MOST_ITEMS + 1)}}),
    ],
)
def test_values_of_another_shape_have_another_plan(
    core: GraphQLSchema, walker: Walker, kind: str, one: Any, other: Any
) -> None:
    assert walked(core, walker, kind, one)[1] != walked(core, walker, kind, other)[1]


def test_a_leaf_is_read_where_it_stood(core: GraphQLSchema, walker: Walker) -> None:
    given = {"or": [{}, {"number": {"in": ["1", "2"]}, "amount": {"gt": 700}}]}
    planned, _ = walked(core, walker, "CaseFilter", given)

    conditions = planned["or"][1]
    assert isinstance(conditions["amount"]["gt"], Slot)
    assert conditions["amount"]["gt"].read({"v": given}) == 700
    assert conditions["number"]["in"].read({"v": given}) == ["1", "2"]


def test_a_cursor_is_known_by_its_order_and_its_nulls(core: GraphQLSchema, walker: Walker) -> None:
    one, other = (f'["due_on:a,id:a",null,"case_{n}"]'.encode().hex() for n in (1, 2))

    assert walked(core, walker, "String", one, is_cursor=True) == walked(core, walker, "String", other, is_cursor=True)
    assert walked(core, walker, "String", one, is_cursor=True)[1] == ("due_on:a,id:a", (True, False))
    assert walked(core, walker, "String", "nonsense", is_cursor=True)[1] is None


def test_ids_are_known_by_their_prefixes_and_about_how_many_they_are(core: GraphQLSchema, walker: Walker) -> None:
    _, shape = walked(core, walker, "[ID!]", [CASE, "region_370400", CASE])

    assert shape == ListShape(nulls=False, too_long=False, prefixes=("case", "region"), about=4)
    assert walked(core, walker, "[ID!]", ["case_x"])[1].prefixes == (MALFORMED,)
    assert [about(size) for size in (0, 1, 2, 3, 4, 5, 250)] == [1, 1, 2, 4, 4, 8, 256]


@pytest.mark.parametrize("text", ["a\0", "\x1b[31m", "\ud800", "a\udfffb", "\r", "a\rb", "\x0b", "x" * 10_001])
@pytest.mark.parametrize(
    ("kind", "wrapped"),
    [
        ("String", lambda text: text),
        ("ID", lambda text: text),
        ("[ID!]", lambda text: [CASE, text]),
        ("CaseFilter", lambda text: {"not": {"number": {"startsWith": text}}}),
        ("CaseFilter", lambda text: {"number": {"in": ["1", text]}}),
    ],
)
def test_what_no_text_holds_is_refused_wherever_it_stands(
    core: GraphQLSchema, walker: Walker, kind: str, wrapped: Any, text: str
) -> None:
    with pytest.raises(BadText):
        walked(core, walker, kind, wrapped(text))


def test_a_text_keeps_its_tabs_and_gets_plain_line_ends() -> None:
    assert checked_text("a\tb\r\nc\n\U0001f600" + "x" * 9_000) == "a\tb\nc\n\U0001f600" + "x" * 9_000


def test_a_list_that_was_written_out_may_hold_variables() -> None:
    planned = ["a", Slot(("v",))]

    assert holds_slot(planned)
    assert reader(planned)({"v": "b"}) == ["a", "b"]
    assert not holds_slot(["a"])
    assert reader(["a"])({}) == ["a"]
