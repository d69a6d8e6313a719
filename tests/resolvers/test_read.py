"""A text is read once: parsed, bounded, validated, and remembered with its plans, as far as there is room."""

from dataclasses import replace
from typing import Any

import pytest
from tests.resolvers.test_property import Limits

from hub.errors import BadSyntax, BadText, BadVariables, HubError, OperationUnknown, TooComplex
from hub.resolvers import read
from hub.resolvers.read import Documents, Invalid, Kept, Refusals
from hub.schema.graph import HubSchema
from hub.schema.model import Model


@pytest.fixture
def documents(schema: HubSchema, model: Model) -> Documents:
    return Documents(schema._schema, model, Limits())


# --- what is kept -----------------------------------------------------------------------------------------------------
def test_what_was_not_used_for_longest_is_let_go() -> None:
    kept: Kept[str, int] = Kept(3)
    for name, value in (("a", 1), ("b", 2), ("c", 3)):
        kept.put(name, value)
    assert kept.get("a") == 1

    kept.put("d", 4)

    assert (kept.get("a"), kept.get("b"), kept.get("c"), kept.get("d"), len(kept)) == (1, None, 3, 4, 3)


def test_weights_count_and_what_weighs_too_much_is_not_kept() -> None:
    kept: Kept[str, int] = Kept(10)
    kept.put("a", 1, 6)
    kept.put("a", 2, 4)
    kept.put("b", 3, 6)
    assert (kept.get("a"), kept.get("b")) == (2, 3)

    kept.put("heavy", 4, 11)

    assert kept.get("heavy") is None
    kept.put("c", 5, 10)
    assert (kept.get("c"), len(kept)) == (5, 1)


def test_a_document_is_read_once(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    first = documents.operation("{ cases { totalCount } }", None)
    monkeypatch.setattr(read, "parse", lambda *_, **__: pytest.fail("it was known"))

    assert documents.operation("{ cases { totalCount } }", None) is first


def test_documents_that_are_remembered_are_bounded_by_their_tokens(
    schema: HubSchema, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "DOCUMENTS_KEPT", 100)
    documents = Documents(schema._schema, model, Limits())

    for number in range(40):
        documents.operation(f"{{ a{number}: cases {{ totalCount }} }}", None)

    assert len(documents._kept) <= 100 // 8


def test_a_document_that_does_not_fit_the_schema_is_remembered_too(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Invalid):
        documents.operation("{ nothing }", None)
    monkeypatch.setattr(read, "validate", lambda *_, **__: pytest.fail("it was known"))

    with pytest.raises(Invalid):
        documents.operation("{ nothing }", None)


# --- which operation --------------------------------------------------------------------------------------------------
TWO = "query A { cases { totalCount } } query B { parties { totalCount } }"


def test_the_operation_that_is_named_is_chosen(documents: Documents) -> None:
    for name in ("A", "B"):
        node = documents.operation(TWO, name).node
        assert node.name is not None
        assert node.name.value == name


@pytest.mark.parametrize(
    ("text", "name"),
    [(TWO, None), (TWO, "C"), (TWO, ""), ("{ cases { totalCount } }", "A"), ("fragment F on Case { id }", None)],
)
def test_an_operation_that_is_not_there_or_not_named_is_refused(documents: Documents, text: str, name: str | None) -> None:
    with pytest.raises(OperationUnknown):
        documents.operation(text, name)


# --- what is wrong with a text ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["", "{", "{ cases(first: ) }", "query { a", '{ a(b: "', "\0", "{ cases { id } } }"])
def test_a_text_that_cannot_be_parsed_says_where(documents: Documents, text: str) -> None:
    with pytest.raises(BadSyntax) as caught:
        documents.operation(text, None)

    assert caught.value.locations
    assert set(caught.value.locations[0]) == {"line", "column"}


def test_a_text_that_is_too_large_is_not_parsed(schema: HubSchema, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Documents(schema._schema, model, replace(Limits(), tokens=10))
    monkeypatch.setattr(read, "parse", lambda *_, **__: pytest.fail("it was parsed"))

    with pytest.raises(TooComplex):
        documents.operation("{ a b c d e f g h i j }", None)


def test_what_the_client_might_have_meant_is_told_to_who_may_read_the_schema(documents: Documents) -> None:
    with pytest.raises(Invalid) as caught:
        documents.operation("{ casess { totalCount } }", None)

    told, untold = (str(caught.value.told(suggestions=each).errors[0]) for each in (True, False))
    assert "'cases'" in told
    assert "Did you mean" not in untold
    assert "'casess'" in untold


# --- variables --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("definition", "given"),
    [
        ("$v: Int", {"v": "秘密"}),
        ("$v: Int", {"v": 2**31}),
        ("$v: Int!", {}),
        ("$v: Int!", {"v": None}),
        ("$v: CaseState", {"v": "秘密"}),
        ("$v: CaseFilter", {"v": {"秘密": 1}}),
        ("$v: CaseFilter", {"v": {"state": {"eq": "秘密"}}}),
        ("$v: Boolean", {"v": "秘密"}),
        ("$v: ID", {"v": ["秘密"]}),
    ],
)
def test_a_variable_that_does_not_fit_is_named_and_its_value_is_not(
    documents: Documents, definition: str, given: dict[str, Any]
) -> None:
    kind = definition.split(":")[1].strip(" !")
    places = {
        "Int": "cases(first: $v)",
        "CaseState": "cases(filter: {state: {eq: $v}})",
        "CaseFilter": "cases(filter: $v)",
        "Boolean": "cases(filter: {online: {eq: $v}})",
        "ID": "cases(filter: {id: {eq: $v}})",
    }
    operation = documents.operation(f"query ({definition}) {{ {places[kind]} {{ totalCount }} }}", None)

    with pytest.raises(Refusals) as caught:
        documents.variables(operation, given)

    assert [type(error) for error in caught.value.errors] == [BadVariables]
    text = str(caught.value.errors[0])
    assert "$v" in text
    assert "秘密" not in text


@pytest.mark.parametrize(("kind", "value"), [("Money", "a lot"), ("Date", "2025-02-30"), ("Instant", "now"), ("Money", 1.5)])
def test_a_scalar_says_itself_what_is_wrong(documents: Documents, kind: str, value: Any) -> None:
    places = {"Money": "amount: {eq: $v}", "Date": "dueOn: {eq: $v}", "Instant": "registeredAt: {eq: $v}"}
    operation = documents.operation(f"query ($v: {kind}) {{ cases(filter: {{{places[kind]}}}) {{ totalCount }} }}", None)

    with pytest.raises(Refusals) as caught:
        documents.variables(operation, {"v": value})

    error = caught.value.errors[0]
    assert isinstance(error, HubError)
    assert isinstance(error, BadText)


def test_absent_null_and_present_are_three_shapes(documents: Documents) -> None:
    operation = documents.operation("query ($v: CaseFilter) { cases(filter: $v) { totalCount } }", None)
    filters: list[dict[str, Any] | None] = [None, {}, {"state": {"eq": "ACCEPTED"}}, {"state": {"eq": "CLOSED"}}]
    asked: list[dict[str, Any]] = [{}, *({"v": each} for each in filters)]

    shapes = [operation.shaped(documents.variables(operation, given).coerced)[1] for given in asked]

    assert len(set(shapes)) == 4
    assert shapes[3] == shapes[4]


def test_a_variable_that_stands_for_a_cursor_is_known_as_one(documents: Documents) -> None:
    text = "query ($v: String, $w: String) { cases(after: $v) { totalCount } case(number: $w) { id } }"
    operation = documents.operation(text, None)
    form = b'["id:a","case_1"]'.hex()

    planned, shape = operation.shaped({"v": form, "w": form})

    assert dict(shape) == {"v": ("id:a", (False,)), "w": "v"}
    assert planned["v"].shape == ("id:a", (False,))


def test_variables_inside_representations_shape_the_plan_by_their_values(documents: Documents) -> None:
    text = 'query ($v: ID) { _entities(representations: [{__typename: "Case", id: $v}]) { __typename } }'
    operation = documents.operation(text, None)

    assert operation.shaped({"v": "case_" + "0" * 32})[1] != operation.shaped({"v": "case_" + "1" * 32})[1]
