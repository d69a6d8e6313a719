"""Documents that would cost too much are refused before they cost anything; streams, batches and pages of others too."""

import time
from hashlib import sha256
from typing import Any

import orjson
import pytest
from graphql import get_introspection_query
from tests.app.conftest import GRAPHQL, Hub

MOMENT = 0.25
"""Seconds that no refusal takes, with room for a busy machine; ordinary is a few milliseconds."""


def doubling(body: str, levels: int) -> str:
    chain = "".join(f"fragment F{n} on Case {{{body.format(next=n + 1)}}} " for n in range(levels))
    return "{cases {nodes {...F0}}} " + chain + f"fragment F{levels} on Case {{id}}"


TOO_MUCH = {
    "entity levels": ("{cases {nodes {" + "parties {nodes {case {" * 4 + "id" + "}}}" * 4 + "}}}", "HUB-110"),
    "raw depth": ("{" + "...{" * 40 + "__typename" + "}" * 41, "HUB-110"),
    "selections beyond the parser": ("{" + "...{" * 400 + "__typename" + "}" * 401, "HUB-106"),
    "braces": ("{" * 900, "HUB-106"),
    "brackets": ("{cases(filter: " + "[" * 900, "HUB-106"),
    "braces beyond the tokens": ("{" * 20_000, "HUB-110"),
    "literals": ("{cases(filter: " + "{not: " * 100 + "{}" + "}" * 100 + ") {totalCount}}", "HUB-110"),
    "aliases": ("{" + " ".join(f"a{n}: __typename" for n in range(31)) + "}", "HUB-110"),
    "ten thousand aliases": ("{" + " ".join(f"a{n}: __typename" for n in range(10_000)) + "}", "HUB-110"),
    "the same field again": ("{courts {" + "totalCount " * 300 + "}}", "HUB-110"),
    "root fields": ("{" + " ".join(f"... on Query {{a{n}: __typename}}" for n in range(21)) + "}", "HUB-110"),
    "directives": ("{__typename " + "@include(if: true) " * 51 + "}", "HUB-110"),
    "ten thousand directives": ("{__typename " + "@aa" * 10_000 + "}", "HUB-110"),
    "a wall of comments": ("#\n" * 100_000 + "{__typename}", "HUB-110"),
    "blanks": (" " * 200_000 + "{__typename}", "HUB-110"),
    "a fragment bomb": (doubling("...F{next} ...F{next}", 25), "HUB-110"),
    "a bomb of aliases": (doubling("x: region {{id}} ...F{next} ...F{next}", 20), "HUB-110"),
    "a cycle of fragments": ("{...F} fragment F on Query {...G} fragment G on Query {...F}", "HUB-107"),
    "two thousand fragments": ("{...F} " + "fragment F on Query {__typename} " * 2_000, "HUB-110"),
    "overlapping fields": (
        "{cases {nodes {" + " ".join("parties(first: 1) {nodes {id}}" for _ in range(150)) + "}}}",
        "HUB-110",
    ),
    "five thousand operations": (" ".join(f"query Q{n} {{__typename}}" for n in range(5_000)), "HUB-110"),
    "the node budget": (
        "{cases(first: 100) {nodes {parties(first: 100) {nodes {id}} referrals(first: 2) {nodes {id}}}}}",
        "HUB-207",
    ),
    "the node budget through fragments": (
        "{cases(first: 100) {nodes {...A ...B}}} fragment A on Case {a: parties(first: 60) {nodes {id}}}"
        " fragment B on Case {b: parties(first: 60) {nodes {id}}}",
        "HUB-207",
    ),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_is_refused_in_a_moment(hub: Hub, name: str) -> None:
    query, code = TOO_MUCH[name]
    hub.ask("{__typename}")
    took = []
    for _ in range(2):
        begun = time.perf_counter()
        assert hub.refusal(query) == (400, code)
        took.append(time.perf_counter() - begun)
    assert min(took) < MOMENT


@pytest.mark.parametrize(
    "query",
    [
        "{" + " ".join(f"a{n}: __typename" for n in range(20)) + "}",
        "{regions(first: 100) {nodes {" + "parent {" * 7 + "code" + "}" * 7 + "}}}",
        "{cases(first: 100) {nodes {parties(first: 99) {nodes {id}}}}}",
        "{cases(filter: " + "{not: " * 7 + "{}" + "}" * 7 + ") {totalCount}}",
    ],
)
def test_what_is_just_enough_is_answered(either: Hub, query: str) -> None:
    either.ask(query)


def test_all_of_a_batch_is_refused(hub: Hub) -> None:
    answer = hub.client.post(hub.url, json=[{"query": "{__typename}"}] * 2)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["hub"]) == (400, "HUB-101")


def test_a_carrier_that_the_hub_does_not_speak_is_not_given(hub: Hub) -> None:
    headers = {"accept": "multipart/mixed;subscriptionSpec=1.0"}

    assert hub.client.post(hub.url, json={"query": "subscription {a}"}, headers=headers).status_code == 406


@pytest.mark.parametrize(
    "query",
    ["subscription {a}", "subscription S @live {a}", "query @live {__typename}", "query @live(throttle: 9) {__typename}"],
)
def test_what_wants_a_stream_is_told_so(hub: Hub, query: str) -> None:
    for accept, status in ((GRAPHQL, 400), ("application/json", 200)):
        answer = hub.client.post(hub.url, json={"query": query}, headers={"accept": accept})
        assert answer.status_code == status
        assert answer.json()["errors"][0]["extensions"] == {"code": "STREAM_REQUIRED", "hub": "HUB-112"}


def test_a_live_query_that_is_switched_off_is_an_ordinary_one(hub: Hub) -> None:
    assert hub.ask("query($l: Boolean!) @live(if: $l) {__typename}", l=False) == {"__typename": "Query"}


class TestSchema:
    """One permission for introspection, `_service` and suggestions."""

    @pytest.mark.parametrize(
        "query",
        [
            get_introspection_query(),
            "{__schema {queryType {name}}}",
            '{__type(name: "Case") {name}}',
            "{_service {sdl}}",
            "{courts {totalCount} a: __schema {description}}",
            "{...F} fragment F on Query {__schema {queryType {name}}}",
        ],
        ids=lambda text: text[:30],
    )
    def test_the_schema_is_for_those_who_may_read_it(self, hub: Hub, query: str) -> None:
        assert "errors" not in hub.post(query, "admin").json()
        for viewer in ("court", "agency", "district", None):
            answer = hub.post(query, viewer)
            assert answer.status_code == 200
            assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN", "hub": "HUB-403"}
            assert "data" not in answer.json()

    def test_introspection_beside_others_stands_in_its_place(self, either: Hub) -> None:
        query = 'query($n: String!) {a: __typename b: __type(name: $n) {name} c: court(code: "鲁0402") {code} d: __schema {queryType {name}}}'

        found = either.ask(query, "admin", n="Case")

        assert list(found) == ["a", "b", "c", "d"]
        assert (found["b"], found["c"]) == ({"name": "Case"}, {"code": "鲁0402"})

    def test_the_type_of_what_is_seen_is_told_to_everybody(self, either: Hub) -> None:
        assert either.ask("{courts(first: 1) {nodes {__typename}}}")["courts"]["nodes"] == [{"__typename": "Court"}]

    @pytest.mark.parametrize(
        "query",
        [
            "{cazes {nodes {id}}}",
            "{cases {nodes {numbr}}}",
            "{cases(frist: 1) {totalCount}}",
            "query($f: CaseFiltre) {cases(filter: $f) {totalCount}}",
            "{cases(filter: {stat: {eq: CLOSED}}) {totalCount}}",
            "{cases(filter: {state: {eq: CLOSD}}) {totalCount}}",
            "{cases {nodes {id @inclde(if: true)}}}",
            "{node(id: 1) {... on Cas {id}}}",
        ],
    )
    def test_suggestions_are_for_those_who_may_read_it(self, hub: Hub, query: str) -> None:
        told = hub.post(query, "admin").text
        for viewer in ("court", None):
            assert "id you mean" not in hub.post(query, viewer).text
        assert hub.post(query, "admin").text == told
        assert "id you mean" in told or "@inclde" in query

    def test_variables_suggest_nothing(self, hub: Hub) -> None:
        query = "query($f: CaseFilter) {cases(filter: $f) {totalCount}}"
        assert "id you mean" not in hub.post(query, variables={"f": {"stat": {"eq": 1}}}).text


class TestGet:
    def get(self, hub: Hub, viewer: str | None = None, **parameters: str) -> tuple[int, dict[str, Any]]:
        answer = hub.client.get(hub.url, params=parameters, headers=hub.headers(viewer))
        return answer.status_code, answer.json()

    def test_a_query_is_answered_as_by_post(self, either: Hub) -> None:
        query, variables = "query Q($c: String!) {court(code: $c) {code}}", '{"c": "鲁0402"}'
        found = self.get(either, query=query, variables=variables, operationName="Q")
        assert found == (200, {"data": {"court": {"code": "鲁0402"}}})

    def test_the_token_counts_and_a_cookie_does_not(self, hub: Hub) -> None:
        query = "{cases {totalCount}}"
        assert self.get(hub, "admin", query=query)[1]["data"]["cases"]["totalCount"] == 60
        assert self.get(hub, query=query)[1]["data"]["cases"]["totalCount"] == 0
        cookie = {"cookie": f"authorization=Bearer {hub.tokens['admin']}"}
        assert hub.client.get(hub.url, params={"query": query}, headers=cookie).json()["data"]["cases"]["totalCount"] == 0

    @pytest.mark.parametrize("name", ["access_token", "token", "authorization"])
    def test_a_token_in_the_address_is_nobody(self, hub: Hub, name: str) -> None:
        found = self.get(hub, query="{cases {totalCount}}", **{name: hub.tokens["admin"]})
        assert found[1]["data"]["cases"]["totalCount"] == 0

    def test_mutations_are_posted(self, hub: Hub) -> None:
        status, document = self.get(hub, query="mutation {a}")
        assert (status, document["errors"][0]["extensions"]["hub"]) == (405, "HUB-105")

    def test_of_two_operations_only_the_one_that_is_named_counts(self, hub: Hub) -> None:
        query = "query A {__typename} mutation B {a}"
        assert self.get(hub, query=query)[1]["errors"][0]["extensions"]["hub"] == "HUB-109"
        assert self.get(hub, query=query, operationName="B")[0] == 405


class TestPersistedQueries:
    QUERY = "query P($c: String!) {court(code: $c) {code}}"

    def sent(self, query: str) -> dict[str, Any]:
        return {"persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}}

    def test_a_client_sends_the_text_once(self, either: Hub) -> None:
        query = self.QUERY + f" # {time.time_ns()}"
        more = {"variables": {"c": "鲁0402"}, "extensions": self.sent(query)}

        first = either.post(None, **more)
        second = either.post(query, **more)
        third = either.post(None, "court", **more)

        assert first.status_code == 200
        assert first.json() == {
            "errors": [
                {
                    "message": "PersistedQueryNotFound",
                    "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND", "hub": "HUB-116"},
                }
            ]
        }
        assert second.json() == third.json() == {"data": {"court": {"code": "鲁0402"}}}

    def test_get_and_post_share_what_is_known(self, hub: Hub) -> None:
        query = self.QUERY + " # shared"
        extensions = orjson.dumps(self.sent(query)).decode()
        parameters = {"extensions": extensions, "variables": '{"c": "鲁0402"}'}

        assert hub.client.get(hub.url, params=parameters).json()["errors"][0]["extensions"]["hub"] == "HUB-116"
        assert hub.client.get(hub.url, params={**parameters, "query": query}).json()["data"]
        assert hub.client.get(hub.url, params=parameters).json()["data"]
        assert hub.post(None, variables={"c": "鲁0402"}, extensions=self.sent(query)).json()["data"]

    def test_another_hash_than_that_of_the_text_is_refused(self, hub: Hub) -> None:
        assert hub.refusal(self.QUERY, extensions=self.sent("{__typename}")) == (400, "HUB-117")

    def test_what_is_no_document_is_not_kept(self, hub: Hub) -> None:
        for query in ("{", "{nope}", "{__typename} # " + "x" * 200_000):
            hub.post(query, extensions=self.sent(query))
            assert hub.post(None, extensions=self.sent(query)).json()["errors"][0]["extensions"]["hub"] == "HUB-116"

    def test_a_permission_is_asked_of_each_who_names_it(self, hub: Hub) -> None:
        query = "{__schema {queryType {name}}}"
        hub.post(query, "admin", extensions=self.sent(query))

        assert hub.post(None, "admin", extensions=self.sent(query)).json()["data"]
        assert hub.post(None, "court", extensions=self.sent(query)).json()["errors"][0]["extensions"]["hub"] == "HUB-403"

    def test_a_request_that_names_nothing_is_none(self, hub: Hub) -> None:
        assert hub.refusal(None, extensions={"trace": True}) == (400, "HUB-101")
