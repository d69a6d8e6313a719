"""Bad input has its code, under both media types, and nothing of Python, SQL or the input itself comes back."""

import re
from typing import Any

import orjson
import pytest
from tests.app.conftest import GRAPHQL, Hub

TELLTALE = re.compile(
    r"Traceback|Error\b(?<!Syntax Error)|Exception|sqlite|asyncpg|sqlalchemy|SELECT|psycopg|\bNone\b|\bTrue\b|<class|\.py|object at 0x",
)
"""What only a leak would bring into an answer."""
SECRET = "13900001111"
NOBODY = "case_" + "0" * 32
ONE = "query($v: %s) {%s}"
LONG = 10_000

BY_ID = "{node(id: $v) {id}}"

Case = tuple[str, dict[str, Any], str]


def variable(kind: str, selection: str, value: object) -> tuple[str, dict[str, Any]]:
    return f"query($v: {kind}) {selection}", {"v": value}


def filtered(member: str, literal: str) -> str:
    return f"{{cases(filter: {{{member}: {literal}}}) {{nodes {{id}}}}}}"


LITERALS: list[tuple[str, str]] = [
    # malformed ids
    *(
        (f"{{node(id: {value}) {{id}}}}", "HUB-208")
        for value in ('"x"', '""', "1", '"case_1"', f'"{NOBODY}0"', f'"CASE_{"0" * 32}"')
    ),
    (f'{{node(id: "nope_{"0" * 32}") {{id}}}}', "HUB-208"),
    ('{nodes(ids: ["case_"]) {id}}', "HUB-208"),
    (filtered("id", '{eq: "x"}'), "HUB-208"),
    # malformed cursors
    *((f'{{cases(after: "{value}") {{nodes {{id}}}}}}', "HUB-204") for value in ("", "zz", "5b5d", "7b7d", "5b22", "AA==")),
    ('{cases(before: "00") {nodes {id}}}', "HUB-204"),
    # pages
    *((f"{{cases(first: {value}) {{nodes {{id}}}}}}", "HUB-201") for value in (-1, 0, 101, -2147483648, 2147483647)),
    *((f"{{cases(last: {value}) {{nodes {{id}}}}}}", "HUB-201") for value in (-1, 0, 101)),
    ("{cases(first: 1, last: 1) {nodes {id}}}", "HUB-202"),
    # wrong types
    *(
        (f"{{cases(first: {value}) {{nodes {{id}}}}}}", "HUB-107")
        for value in ('"1"', "1.5", "true", "[1]", "{a: 1}", "9" * 30, "ONE")
    ),
    ("{node(id: 1.5) {id}}", "HUB-107"),
    ("{node(id: null) {id}}", "HUB-107"),
    ("{nodes(ids: [null]) {id}}", "HUB-107"),
    (filtered("number", "{eq: 1}"), "HUB-107"),
    (filtered("number", f'"{SECRET}"'), "HUB-107"),
    (filtered("number", "{near: 1}"), "HUB-107"),
    (filtered("online", '{eq: "yes"}'), "HUB-107"),
    (filtered("number", "{eq: null}"), "HUB-203"),
    (filtered("number", "null"), "HUB-203"),
    # unknown enum values
    (filtered("state", "{eq: NOPE}"), "HUB-107"),
    (filtered("state", '{eq: "REGISTERED"}'), "HUB-107"),
    ("{cases(orderBy: [{field: NOPE}]) {nodes {id}}}", "HUB-107"),
    ("{cases(orderBy: [{field: ID, direction: UP}]) {nodes {id}}}", "HUB-107"),
    ("{caseStatistics(by: [NOPE]) {count}}", "HUB-107"),
    # characters
    (filtered("number", '{eq: "a\\u0000b"}'), "HUB-111"),
    (filtered("search", '"\\u0001"'), "HUB-111"),
    (filtered("number", '{eq: "\\uD800"}'), "HUB-106"),
    (filtered("number", '{eq: "\\uDC00\\uD800"}'), "HUB-106"),
    ('{node(id: "\\u0000") {id}}', "HUB-111"),
    # lists
    ("{cases(orderBy: [{field: ID}, {field: ID}]) {nodes {id}}}", "HUB-212"),
    ("{caseStatistics(by: [STATE, STATE]) {count}}", "HUB-210"),
    ("{nodes(ids: [" + f'"{NOBODY}" ' * 251 + "]) {id}}", "HUB-206"),
    (filtered("or", "[" + "{} " * 21 + "]"), "HUB-213"),
    # keys
    ("{case {id}}", "HUB-211"),
    (f'{{case(id: "{NOBODY}", number: "1") {{id}}}}', "HUB-211"),
    # documents
    ("", "HUB-106"),
    ("{", "HUB-106"),
    (f'{{a "{SECRET}"', "HUB-106"),
    (f"{{a {SECRET}", "HUB-106"),
    ("{nope}", "HUB-107"),
    ("{cases}", "HUB-107"),
    ("{cases {nodes {id {a}}}}", "HUB-107"),
    ("{...F} fragment F on Query {...F}", "HUB-107"),
    ("query A {courts {totalCount}} query B {courts {totalCount}}", "HUB-109"),
    ("fragment F on Query {__typename}", "HUB-109"),
    ("mutation {a}", "HUB-107"),
    ("subscription {a}", "HUB-112"),
    ("query @live {courts {totalCount}}", "HUB-112"),
    ("type Query {a: Int}", "HUB-109"),
]

VARIABLES: list[tuple[str, str, object, str]] = [
    *(("ID!", BY_ID, value, "HUB-208") for value in ("x", "", 1, 10**15, "case_" + "g" * 32, "ｃａｓｅ_" + "0" * 32, "case_'; DROP TABLE cases")),
    *(("ID!", BY_ID, value, "HUB-108") for value in (None, [1], {"a": SECRET}, True, 1.5)),
    *(("ID!", BY_ID, value, "HUB-111") for value in ("a\0b", "\x1b", "x" * LONG * 10)),
    *(("Int", "{cases(first: $v) {nodes {id}}}", value, "HUB-201") for value in (-1, 0, 101)),
    *(("Int", "{cases(first: $v) {nodes {id}}}", value, "HUB-108") for value in (SECRET, 1.5, True, [1], 2**31, 10**18)),
    *(("String", "{cases(after: $v) {nodes {id}}}", value, "HUB-204") for value in ("zz", "", "5b" * 400)),
    ("String", "{cases(after: $v) {nodes {id}}}", "a\0", "HUB-111"),
    *(("String", filtered("number", "{eq: $v}"), value, "HUB-108") for value in (1, True, {"a": SECRET}, ["a", 1])),
    *(("String", filtered("number", "{eq: $v}"), value, "HUB-111") for value in (f"{SECRET}\0", "\x08", "x" * 200_000)),
    ("String", filtered("number", "{eq: $v}"), None, "HUB-203"),
    *(("String", filtered("search", "$v"), value, "HUB-111") for value in ("\0", "水" * 30_000)),
    *(("CaseState", filtered("state", "{eq: $v}"), value, "HUB-108") for value in ("NOPE", "registered", 1, ["a", 1], SECRET)),
    *(("[CaseDimension!]", "{caseStatistics(by: $v) {count}}", value, "HUB-108") for value in (["NOPE"], [None], [1])),
    *(("CaseFilter", "{cases(filter: $v) {nodes {id}}}", value, "HUB-108") for value in (SECRET, [1, 2], {SECRET: 1}, {"number": {"eq": [1, "a"]}})),
    *(("CaseFilter", "{cases(filter: $v) {nodes {id}}}", {"registeredAt": {"gt": value}}, "HUB-121") for value in (SECRET, "0000-00-00T00:00:00Z")),
    *(("CaseFilter", "{cases(filter: $v) {nodes {id}}}", {"registeredOn": {"gt": value}}, "HUB-122") for value in ("2025-02-30", "20250101", "")),
    *(("CaseFilter", "{cases(filter: $v) {nodes {id}}}", {"amount": {"gt": value}}, "HUB-120") for value in ("1e9", "NaN", "9" * 40, "-")),
    # 100,000 entries: those that fit into a body
    ("[ID!]!", "{nodes(ids: $v) {id}}", ["x"] * 100_000, "HUB-206"),
    ("[ID!]", filtered("id", "{in: $v}"), ["x"] * 100_000, "HUB-206"),
    ("[String!]", filtered("number", "{in: $v}"), ["0"] * 100_000, "HUB-206"),
    ("[CaseFilter!]", filtered("or", "$v"), [{}] * 250, "HUB-213"),
    ("[CaseOrder!]", "{cases(orderBy: $v) {nodes {id}}}", [{"field": "ID"}] * 250, "HUB-212"),
    ("[CaseDimension!]", "{caseStatistics(by: $v) {count}}", ["STATE"] * 250, "HUB-210"),
    ("[CaseFilter!]", filtered("or", "$v"), [{}] * 100_000, "HUB-206"),
    ("[CaseOrder!]", "{cases(orderBy: $v) {nodes {id}}}", [{"field": "ID"}] * 30_000, "HUB-206"),
    ("[CaseDimension!]", "{caseStatistics(by: $v) {count}}", ["STATE"] * 60_000, "HUB-206"),
]  # fmt: skip


def held(hub: Hub, body: bytes, code: str, *, statuses: tuple[int, int] = (400, 200)) -> None:
    for accept, status in zip((GRAPHQL, "application/json"), statuses, strict=True):
        headers = {**hub.headers("admin"), "accept": accept, "content-type": "application/json"}
        answer = hub.client.post(hub.url, content=body, headers=headers)
        document = answer.json()
        assert document["errors"][0]["extensions"]["hub"] == code, document
        assert answer.status_code == status
        assert "data" not in document
        for error in document["errors"]:
            assert set(error) <= {"message", "locations", "path", "extensions"}
            assert not TELLTALE.search(error["message"]), error["message"]
        assert SECRET not in answer.text


@pytest.mark.parametrize(("query", "code"), LITERALS, ids=lambda text: text[:50])
def test_a_document_that_does_not_fit_has_its_code(hub: Hub, query: str, code: str) -> None:
    held(hub, orjson.dumps({"query": query}), code)


@pytest.mark.parametrize(("kind", "selection", "value", "code"), VARIABLES, ids=lambda value: str(value)[:40])
def test_a_variable_that_does_not_fit_has_its_code(hub: Hub, kind: str, selection: str, value: object, code: str) -> None:
    held(hub, orjson.dumps({"query": f"query($v: {kind}) {selection}", "variables": {"v": value}}), code)


@pytest.mark.parametrize("text", ['"\\ud800"', '"\\udc00x"', "1e400", "NaN"])
def test_what_json_cannot_say_is_no_request(hub: Hub, text: str) -> None:
    body = f'{{"query": "query($v: String) {{cases(after: $v) {{nodes {{id}}}}}}", "variables": {{"v": {text}}}}}'
    held(hub, body.encode(), "HUB-101", statuses=(400, 400))


def test_a_list_beyond_the_body_is_refused_unread(hub: Hub) -> None:
    body = orjson.dumps({"query": "query($v: [ID!]!) {nodes(ids: $v) {id}}", "variables": {"v": [NOBODY] * 100_000}})
    held(hub, body, "HUB-102", statuses=(413, 413))


@pytest.mark.parametrize("viewer", ["admin", None])
def test_a_cursor_of_another_order_is_told_from_one_that_is_none(either: Hub, viewer: str | None) -> None:
    page = "regions(first: 2, orderBy: [{field: %s}]) {pageInfo {endCursor}}"
    cursor = either.ask(f"{{{page % 'CODE'}}}", viewer)["regions"]["pageInfo"]["endCursor"]
    again = "query($c: String) {regions(orderBy: [{field: %s}], after: $c) {nodes {code}}}"

    assert either.ask(again % "CODE", viewer, c=cursor)["regions"]["nodes"]
    for order in ("ID", "CODE, direction: DESC"):
        assert either.refusal(again % order, viewer, variables={"c": cursor}) == (400, "HUB-205")
    for broken in (cursor[:-2], cursor + "00", cursor.upper() + "Z", "00" + cursor):
        assert either.refusal(again % "CODE", viewer, variables={"c": broken})[1] in ("HUB-204", "HUB-205")


def test_an_error_names_its_field_by_its_alias(hub: Hub) -> None:
    document = hub.post("{a: courts {totalCount} b: cases {nodes {c: parties(first: 0) {totalCount}}}}").json()

    assert document["errors"][0]["path"] == ["b", "nodes", "c"]


def test_what_names_nothing_is_null_without_an_error(either: Hub) -> None:
    found = either.ask(
        f'{{node(id: "{NOBODY}") {{id}} nodes(ids: ["{NOBODY}"]) {{id}} case(number: "\' OR 1=1 --") {{id}}}}', "admin"
    )

    assert found == {"node": None, "nodes": [None], "case": None}


@pytest.mark.parametrize(
    "text", ["'", '"', "%", "_", "\\", "--", "$1", ":v", "?", "' OR '1'='1", "\u202e", "😀", "\x7f", "𠮷", "e\u0301"]
)
def test_ordinary_text_of_any_kind_is_only_text(either: Hub, text: str) -> None:
    query = """
    query($v: String!) {
      a: cases(filter: {number: {eq: $v}}) {totalCount}
      b: cases(filter: {search: $v}) {totalCount}
      c: regions(filter: {code: {startsWith: $v}}) {totalCount}
      d: case(number: $v) {id}
    }
    """
    document = either.post(query, "admin", variables={"v": text}).json()

    if "errors" in document:
        assert document["errors"][0]["extensions"]["hub"] == "HUB-111"
    else:
        assert document["data"]["a"] == document["data"]["c"] == {"totalCount": 0}
        assert document["data"]["d"] is None


def test_a_bad_representation_spoils_its_own_entry_only(either: Hub) -> None:
    court = {"__typename": "Court", "code": "鲁0402"}
    bad = [1, "x", [], {}, {"__typename": "Nope"}, {"__typename": ["Case"]}, {"__typename": "Case", "number": "\0"}]
    query = "query($r: [_Any!]!) {_entities(representations: $r) {... on Court {code}}}"

    document = either.post(query, "admin", variables={"r": [court, *bad, court]}).json()

    assert document["data"]["_entities"] == [{"code": "鲁0402"}, *[None] * len(bad), {"code": "鲁0402"}]
    assert [(error["path"], error["extensions"]["hub"]) for error in document["errors"]] == [
        (["_entities", place], "HUB-209") for place in range(1, len(bad) + 1)
    ]
