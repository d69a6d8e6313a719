"""The corridor as a whole: one statement per answer, one plan per shape, each refusal with its code and its place."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
import pytest
import pytest_asyncio
from tests.resolvers.test_property import Limits
from tests.resolvers.town import Town

from hub.access.viewers import PUBLIC, Viewer
from hub.errors import Forbidden, HubError, MethodNotAllowed, NodeBudget, OperationUnknown, StreamRequired
from hub.resolvers import read, statements
from hub.resolvers.answer import Answer, Corridor
from hub.store.base import reader_of
from hub.store.compile import compile_plan
from hub.web.body import Question


@dataclass
class Desk:
    """A corridor whose statements are counted, and who asks there."""

    corridor: Corridor
    admin: Viewer
    town: Town
    run: list[str] = field(default_factory=list)

    async def answer(
        self, text: str, variables: dict[str, Any] | None = None, *, viewer: Viewer | None = None, **options: Any
    ) -> Answer:
        question = Question(text, options.pop("name", None), variables or {}, {}, read_only=True)
        return await self.corridor.answer(question, viewer or self.admin, **options)

    async def data(self, text: str, variables: dict[str, Any] | None = None, **options: Any) -> Any:
        found = await self.answer(text, variables, **options)
        assert not found.refused, found.body
        return orjson.loads(found.body)["data"]

    async def refusal(self, text: str, variables: dict[str, Any] | None = None) -> tuple[str, tuple[Any, ...] | None]:
        """The code and the place of what is wrong; nothing of it may have run."""
        before = len(self.run)
        with pytest.raises(HubError) as caught:
            await self.answer(text, variables)
        assert len(self.run) == before
        return caught.value.code, caught.value.path

    def plans(self, text: str, name: str | None = None) -> int:
        """How many plans are remembered for a document."""
        return len(self.corridor._documents.operation(text, name).plans)


@pytest_asyncio.fixture
async def desk(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    def openings(*_: Any) -> Any:
        raise AssertionError("nothing is opened here")

    reader = reader_of(town.base.url, statement_seconds=20)
    schema, limits = town.schema, replace(Limits(), node_budget=10_000)
    corridor = Corridor(schema, town.model, reader, hashed=town.seal.hashed, limits=limits, openings=openings)
    desk = Desk(corridor, replace(town.viewer("admin"), permissions=frozenset({"schema.read"})), town)
    fetch, together = reader.fetch, reader.together

    async def counted(sql: str, values: Sequence[Any], **options: Any) -> Any:
        desk.run.append(sql)
        return await fetch(sql, values, **options)

    async def counted_together(work: Any) -> Any:
        def working(run: Any) -> Any:
            def counting(sql: str, values: Sequence[Any]) -> Any:
                desk.run.append(sql)
                return run(sql, values)

            return work(counting)

        return await together(working)

    monkeypatch.setattr(reader, "fetch", counted)
    monkeypatch.setattr(reader, "together", counted_together)
    yield desk
    await reader.close()


# --- one statement ----------------------------------------------------------------------------------------------------
async def test_whatever_is_asked_for_is_one_statement(desk: Desk) -> None:
    case = next(iter(desk.town.data["Case"]))
    text = f"""{{
      cases(first: 3) {{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ number organisation {{ name }}
        parties {{ totalCount nodes {{ name }} }} referrals {{ nodes {{ court {{ name }} }} }} }} }}
      caseStatistics(by: [STATE]) {{ state count amountSum }}
      node(id: "{case}") {{ id }}
      nodes(ids: ["{case}"]) {{ ... on Case {{ number }} }}
      _entities(representations: [{{__typename: "Case", id: "{case}"}}]) {{ ... on Case {{ title }} }}
    }}"""

    found = await desk.data(text)

    assert len(desk.run) == 1
    assert list(found) == ["cases", "caseStatistics", "node", "nodes", "_entities"]


async def test_the_times_of_the_stages_are_told(desk: Desk) -> None:
    found = await desk.answer("{ __typename }")

    assert found.body == b'{"data":{"__typename":"Query"}}'
    assert [stage.partition(";")[0] for stage in found.timing.split(", ")] == ["read", "plan", "run", "fill"]


async def test_what_was_read_is_told_when_asked_for_and_leaves_no_mark(desk: Desk) -> None:
    text = "{ cases(first: 2) { nodes { id organisation { id } } } }"
    plain, told = await desk.answer(text), await desk.answer(text, reads=True)

    nodes = orjson.loads(plain.body)["data"]["cases"]["nodes"]
    assert plain.body == told.body
    assert plain.read is None
    assert told.read is not None
    assert set(told.read) == {each["id"] for each in nodes} | {each["organisation"]["id"] for each in nodes}


# --- one plan per shape -----------------------------------------------------------------------------------------------
async def test_fifty_values_are_one_plan(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []

    def counted(*given: Any, **said: Any) -> Any:
        compiled.append(given)
        return compile_plan(*given, **said)

    monkeypatch.setattr(statements, "compile_plan", counted)
    text = "query ($number: String, $states: [CaseState!]) { cases(filter: {number: {gt: $number}, state: {in: $states}}) { totalCount } }"
    states = ["REGISTERED", "ACCEPTED", "DIVERTED", "HANDLING", "AGREED", "CLOSED"]

    counts = {
        (await desk.data(text, {"number": f"ZZF-{n}", "states": states[: n % 7]}))["cases"]["totalCount"] for n in range(50)
    }

    assert len(counts) > 1
    assert (len(compiled), desk.plans(text), len(set(desk.run))) == (1, 1, 1)


async def test_fifty_literals_are_fifty_plans_but_one_statement(desk: Desk) -> None:
    for number in range(50):
        await desk.data(f'{{ cases(filter: {{number: {{gt: "ZZF-{number}"}}}}) {{ totalCount }} }}')

    assert len(set(desk.run)) == 1


async def test_absent_null_and_present_are_told_apart_whoever_comes_first(desk: Desk) -> None:
    text = "query ($state: CaseState) { cases(filter: {state: {eq: $state}}) { totalCount } }"
    everything = len(desk.town.data["Case"])
    closed = sum(row["state"].name == "CLOSED" for row in desk.town.data["Case"].values())
    for _ in range(2):
        assert (await desk.data(text))["cases"]["totalCount"] == everything
        assert await desk.refusal(text, {"state": None}) == ("HUB-203", ("cases",))
        assert (await desk.data(text, {"state": "CLOSED"}))["cases"]["totalCount"] == closed
    assert desk.plans(text) == 2


async def test_an_explicit_null_of_a_page_is_an_absent_one(desk: Desk) -> None:
    text = "query ($f: CaseFilter, $n: Int, $c: String, $o: [CaseOrder!]) { cases(filter: $f, first: $n, after: $c, orderBy: $o) { nodes { id } } }"

    assert await desk.data(text) == await desk.data(text, {"f": None, "n": None, "c": None, "o": None})


async def test_viewers_of_one_shape_share_a_plan_and_see_their_own_rows(desk: Desk) -> None:
    text = "{ cases(first: 100) { nodes { id } } }"
    shown = [await desk.data(text, viewer=desk.town.viewer(name)) for name in ("town", "district", "zone", "admin")]

    assert desk.plans(text) == 4
    everything, none = await desk.data(text, viewer=desk.admin), await desk.data(text, viewer=PUBLIC)
    assert desk.plans(text) == 5
    assert everything == shown[3]
    assert none == {"cases": {"nodes": []}}
    assert shown[0] != shown[1]
    one = [desk.town.viewer(f"organisation: {name}") for name in ("sender", "receiver", "source")]
    apart = [await desk.data(text, viewer=viewer) for viewer in one]
    assert desk.plans(text) == 6
    assert len({orjson.dumps(each) for each in apart}) == 3


async def test_plans_of_a_document_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "PLANS_KEPT", 5)
    text = "query ($n: Int) { cases(first: $n) { nodes { id } } }"

    for size in range(1, 13):
        assert len((await desk.data(text, {"n": size}))["cases"]["nodes"]) == size

    assert desk.plans(text) == 5


# --- what of a document is asked --------------------------------------------------------------------------------------
async def test_the_operation_that_is_named_is_answered(desk: Desk) -> None:
    text = "query A { a: cases { totalCount } } query B { b: parties { totalCount } }"

    assert list(await desk.data(text, name="A")) == ["a"]
    assert list(await desk.data(text, name="B")) == ["b"]
    with pytest.raises(OperationUnknown):
        await desk.data(text)


@pytest.mark.parametrize(("skip", "include"), [(True, True), (True, False), (False, True), (False, False)])
async def test_what_is_skipped_or_not_included_is_not_there(desk: Desk, skip: bool, include: bool) -> None:
    text = """query ($skip: Boolean!, $include: Boolean! = false) {
      cases(first: 1) { totalCount @skip(if: $skip) ...Nodes @include(if: $include) __typename }
      gone: cases @skip(if: true) { totalCount }
      ... @include(if: $include) { regions(first: 1) { nodes { code @skip(if: $skip) id } } }
    } fragment Nodes on CaseConnection { nodes { id version @include(if: $include) @skip(if: $skip) } }"""

    found = await desk.data(text, {"skip": skip, "include": include})

    assert list(found) == ["cases", *(["regions"] if include else [])]
    parts = [*([] if skip else ["totalCount"]), *(["nodes"] if include else []), "__typename"]
    assert list(found["cases"]) == parts
    if include:
        assert list(found["cases"]["nodes"][0]) == (["id"] if skip else ["id", "version"])
        assert list(found["regions"]["nodes"][0]) == (["id"] if skip else ["code", "id"])


async def test_aliases_ask_each_with_their_own_arguments(desk: Desk) -> None:
    text = "{ cases(first: 30) { nodes { one: parties(first: 1) { nodes { id } } last: parties(last: 1) { nodes { id } } all: parties { nodes { id } totalCount } } } }"

    for case in (await desk.data(text))["cases"]["nodes"]:
        every = case["all"]["nodes"]
        assert (case["one"]["nodes"], case["last"]["nodes"]) == (every[:1], every[-1:])
        assert case["all"]["totalCount"] == len(every)


# --- introspection ----------------------------------------------------------------------------------------------------
INTROSPECTION = """query ($name: String! = "Case") {
  a: cases { totalCount } kind: __type(name: $name) { name ...F } b: __typename __schema { queryType { name } } c: cases { totalCount }
} fragment F on __Type { kind }"""


async def test_introspection_stands_beside_other_roots_in_the_order_asked(desk: Desk) -> None:
    found = await desk.data(INTROSPECTION)

    assert list(found) == ["a", "kind", "b", "__schema", "c"]
    assert found["kind"] == {"name": "Case", "kind": "OBJECT"}
    assert found["__schema"] == {"queryType": {"name": "Query"}}
    assert (await desk.data(INTROSPECTION, {"name": "Party"}))["kind"] == {"name": "Party", "kind": "OBJECT"}


async def test_the_definition_for_gateways_is_answered(desk: Desk) -> None:
    assert "type Case implements Node" in (await desk.data("{ _service { sdl } }"))["_service"]["sdl"]


@pytest.mark.parametrize("text", [INTROSPECTION, "{ __schema { queryType { name } } }", "{ ...F } fragment F on Query { _service { sdl } }"])  # fmt: skip
async def test_who_may_not_read_the_schema_gets_nothing_of_it(desk: Desk, text: str) -> None:
    with pytest.raises(Forbidden):
        await desk.answer(text, viewer=PUBLIC)
    assert desk.run == []


# --- refusals ---------------------------------------------------------------------------------------------------------
BROKEN = orjson.dumps(["due_on:a,id:a", "2025-02-30", "case_1"]).hex()
ORDER = "orderBy: [{field: DUE_ON}]"


@pytest.mark.parametrize(
    ("text", "variables", "refused"),
    [
        ("{ a: cases(first: 0) { totalCount } }", {}, ("HUB-201", ("a",))),
        ("query ($n: Int) { a: cases(first: $n) { totalCount } }", {"n": 101}, ("HUB-201", ("a",))),
        ("{ cases(first: 1, last: 1) { totalCount } }", {}, ("HUB-202", ("cases",))),
        ("{ cases { nodes { b: parties(first: -1) { totalCount } } } }", {}, ("HUB-201", ("cases", "nodes", "b"))),
        ('{ cases { edges { node { b: parties(after: "5") { totalCount } } } } }', {}, ("HUB-204", ("cases", "edges", "node", "b"))),
        ("query ($c: String) { cases { nodes { b: parties(after: $c) { totalCount } } } }", {"c": "5"}, ("HUB-204", ("cases", "nodes", "b"))),
        ("query ($c: String) { cases(after: $c) { totalCount } }", {"c": BROKEN}, ("HUB-205", ("cases",))),
        (f'{{ a: cases({ORDER}, after: "{BROKEN}") {{ nodes {{ id }} }} }}', {}, ("HUB-204", ("a",))),
        (f"query ($c: String) {{ a: cases({ORDER}, after: $c) {{ nodes {{ id }} }} }}", {"c": BROKEN}, ("HUB-204", ("a",))),
        ('{ node(id: "case_1") { id } }', {}, ("HUB-208", ("node",))),
        ("query ($i: ID!) { n: node(id: $i) { id } }", {"i": "nobody_1"}, ("HUB-208", ("n",))),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["case_1"]}, ("HUB-208", ("nodes",))),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": ["region_1"] * 251}, ("HUB-206", ("nodes",))),
        ("{ case { id } }", {}, ("HUB-211", ("case",))),
        ('{ code(list: "mode") { id } }', {}, ("HUB-211", ("code",))),
        ("{ s: caseStatistics(by: [STATE, STATE]) { count } }", {}, ("HUB-210", ("s",))),
        ("{ cases(orderBy: [{field: ID}, {field: ID}]) { totalCount } }", {}, ("HUB-212", ("cases",))),
        ("{ caseStatistics { organisation { cases(first: 101) { totalCount } } } }", {}, ("HUB-201", ("caseStatistics", "organisation", "cases"))),
        ("{ nodes(ids: []) { ... on Case { parties(first: 101) { totalCount } } } }", {}, ("HUB-201", ("nodes", "parties"))),
    ],
)  # fmt: skip
async def test_an_argument_that_does_not_fit_refuses_the_request_at_its_field(
    desk: Desk, text: str, variables: dict[str, Any], refused: tuple[str, tuple[Any, ...]]
) -> None:
    for _ in range(2):
        assert await desk.refusal(text, variables) == refused


@pytest.mark.parametrize(
    ("text", "value", "path"),
    [
        ("query ($v: ID = %s) { a: node(id: $v) { id } }", '"x"', ("a",)),
        ("query ($v: [ID!] = %s) { nodes(ids: $v) { id } }", "[]", ("nodes",)),
        ("query ($v: [_Any!] = %s) { _entities(representations: $v) { __typename } }", "[]", ("_entities",)),
        ("query ($v: Direction) { cases(orderBy: {field: ID, direction: $v}) { totalCount } }", "", ("cases",)),
        ("query ($v: Boolean = %s) { cases @include(if: $v) { totalCount } }", "true", None),
        ("query ($v: Boolean = %s) { cases { totalCount @skip(if: $v) } }", "true", ("cases",)),
        (
            "query ($v: OpeningPurpose = %s) @opening(purpose: $v) { parties { nodes { phoneOpened } } }",
            "CONTACT",
            None,
        ),
    ],
)
async def test_a_null_for_a_variable_with_a_default_is_refused_where_none_may_be(
    desk: Desk, text: str, value: str, path: tuple[Any, ...] | None
) -> None:
    assert await desk.refusal(text % value if value else text, {"v": None}) == ("HUB-108", path)


async def test_the_node_budget_is_counted_before_anything_runs(desk: Desk) -> None:
    text = "{ cases(first: 100) { nodes { parties(first: %d) { nodes { id } } } } }"

    await desk.data(text % 99)
    with pytest.raises(NodeBudget):
        await desk.data(text % 100)
    counts = "{ cases(first: 100) { nodes { parties(first: 100) { totalCount } } } }"
    await desk.data(counts)


async def test_a_representation_that_is_none_nulls_its_own_entry_only(desk: Desk) -> None:
    case = next(iter(desk.town.data["Case"]))
    given = [5, {"__typename": "Case", "id": case}, {"__typename": "Case", "id": "\ud800"}, {"__typename": "Case"}]
    text = "query ($r: [_Any!]!) { e: _entities(representations: $r) { ... on Case { id } } }"

    found = orjson.loads((await desk.answer(text, {"r": given})).body)

    assert found["data"] == {"e": [None, {"id": case}, None, None]}
    assert [each["path"] for each in found["errors"]] == [["e", 0], ["e", 2], ["e", 3]]


async def test_what_needs_a_stream_or_changes_something_is_refused(desk: Desk) -> None:
    with pytest.raises(StreamRequired):
        await desk.answer("query @live { cases { totalCount } }")
    assert await desk.data("query @live(if: false) { __typename }") == {"__typename": "Query"}
    with pytest.raises(MethodNotAllowed):
        await desk.answer("mutation { nothing }")
    with pytest.raises(StreamRequired):
        await desk.answer("subscription { nothing }")
    assert len(desk.run) == 1


@pytest.mark.parametrize("text", ["{ casess { totalCount } }", "{ cases { nodes } }", "{ cases(first: 1.5) { totalCount } }"])
async def test_a_document_that_does_not_fit_is_refused_without_data(desk: Desk, text: str) -> None:
    found = await desk.answer(text, viewer=PUBLIC)

    assert found.refused
    assert set(orjson.loads(found.body)) == {"errors"}
    assert desk.run == []
