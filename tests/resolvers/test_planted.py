"""Ten faults, each planted into the hub's own code: the comparison with the oracle must see every one of them.

The oracle stays as it is. Operations are drawn at random until one is answered differently; what they meet too rarely
is asked by operations written for it, through the same comparison. The same operations are then asked of the code as
it is, and must be answered alike.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.sql import operators
from tests.oracle import viewers
from tests.oracle.municipality import generate
from tests.oracle.operations import Asked
from tests.oracle.oracle import Oracle
from tests.resolvers.test_property import ask
from tests.resolvers.town import Town, filled

from hub.resolvers.read import Operation
from hub.schema.graph import HubSchema
from hub.schema.model import Model
from hub.store import conditions, grouped, lists, objects
from hub.store.conditions import Conditions
from hub.store.lists import Lists
from hub.store.objects import Objects
from hub.store.plan import Connection
from hub.store.seal import Seal

SEED, MOST = 7, 200

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]


def forgetting(owner: type, name: str, *, when: Callable[..., bool] = lambda *_: True) -> Plant:
    """While this method picks rows, it does so without the viewer's predicate; filters below it keep theirs."""

    def plant(patch: Patch) -> None:
        method, where = getattr(owner, name), Conditions.where
        waiting: list[bool] = []

        def unseeing(self: Any, *given: Any, scoped: bool = False, **options: Any) -> Any:
            return where(self, *given, scoped=bool(waiting and waiting.pop()) or scoped, **options)

        def forgetful(self: Any, *given: Any, **options: Any) -> Any:
            waiting[:] = [True] if when(*given) else []
            return method(self, *given, **options)

        patch.setattr(Conditions, "where", unseeing)
        patch.setattr(owner, name, forgetful)

    return plant


def inverted_mask(patch: Patch) -> None:
    made = Objects.__init__

    def inverted(self: Any, model: Model, rules: Conditions, masks: frozenset[str], *given: Any, **options: Any) -> None:
        made(self, model, rules, viewers.MASKED - masks, *given, **options)

    patch.setattr(Objects, "__init__", inverted)


def inclusive_keyset(patch: Patch) -> None:
    compared = {operators.gt: operators.ge, operators.lt: operators.le}
    strict = conditions._row_beyond

    def inclusive(*given: Any) -> Any:
        found: Any = strict(*given)
        return found.left.operate(compared[found.operator], found.right)

    patch.setattr(conditions, "_row_beyond", inclusive)


def shared_page(patch: Patch) -> None:
    """Lists of the same rows under one parent share the page of the first."""
    listed = Lists.connection
    pages: dict[Any, Any] = {}

    def sharing(self: Lists, part: Connection, parent: Any) -> Any:
        key = (id(self), part.noun.name, part.by and part.by.name, parent and str(parent.id))
        return listed(self, replace(part, page=pages.setdefault(key, part.page)), parent)

    patch.setattr(Lists, "connection", sharing)


def absent_is_null(patch: Patch) -> None:
    """A variable that was given as null is taken for one that was not given."""
    shaped = Operation.shaped

    def careless(self: Operation, coerced: Any) -> Any:
        return shaped(self, {name: value for name, value in coerced.items() if value is not None})

    patch.setattr(Operation, "shaped", careless)


def one_shape(patch: Patch) -> None:
    """Null and absent variables share a plan: the first one's."""
    shaped = Operation.shaped

    def careless(self: Operation, coerced: Any) -> Any:
        planned, shape = shaped(self, coerced)
        return planned, tuple(each for each in shape if each[1] is not None)

    patch.setattr(Operation, "shaped", careless)


def unguarded(patch: Patch) -> None:
    """Nothing says that a NULL got into a row's text."""
    for module in (objects, lists):
        patch.setattr(module, "guarded", lambda expression: expression)


def swallowing(patch: Patch) -> None:
    """What may be null is put into a row's text as it is, and nothing guards the rows."""
    unguarded(patch)
    patch.setattr(objects, "nullable", lambda expression: expression)


PLANTS: Mapping[str, Plant] = {
    "scope dropped at root": forgetting(Lists, "_stretches", when=lambda _, parent, *__: parent is None),
    "scope dropped in a nested list": forgetting(Lists, "_stretches", when=lambda _, parent, *__: parent is not None),
    "scope dropped in a filter": forgetting(Conditions, "_exists"),
    "scope dropped in totalCount": forgetting(Lists, "total"),
    "scope dropped in statistics": forgetting(grouped.Groups, "text"),
    "mask inverted": inverted_mask,
    "NULL swallowed": swallowing,
    "keyset >=": inclusive_keyset,
    "aliases share a page": shared_page,
    "absent = null": absent_is_null,
    "absent = null in the plan's key": one_shape,
}

_STATE = "query ($state: CaseState) { cases(filter: {state: {eq: $state}}) { totalCount } }"
DIRECTED: Mapping[str, tuple[Asked, ...]] = {
    "scope dropped in a filter": (
        Asked("{ mediators(filter: {cases: {some: {}}}) { nodes { id } } }", {}, None),
        Asked("{ organisations(filter: {cases: {none: {}}}) { totalCount } }", {}, None),
    ),
    "aliases share a page": (
        Asked("{ a: cases(first: 1) { nodes { id } } b: cases(first: 2) { nodes { id } } }", {}, None),
        Asked("{ cases { nodes { a: parties(first: 1) { totalCount } b: parties(last: 2) { nodes { id } } } } }", {}, None),
    ),
    "absent = null": (Asked(_STATE, {}, None), Asked(_STATE, {"state": None}, None)),
    "absent = null in the plan's key": (Asked(_STATE, {}, None), Asked(_STATE, {"state": None}, None)),
}
"""What random operations meet too rarely for a short run."""


@pytest.mark.parametrize("fault", PLANTS)
async def test_a_planted_fault_is_seen(fault: str, town: Town, monkeypatch: Patch) -> None:
    turns = town.directed(*DIRECTED[fault]) if fault in DIRECTED else town.drawn(SEED, MOST)
    with monkeypatch.context() as patch:
        PLANTS[fault](patch)
        async with town.comparison() as comparison:
            asked = await comparison.red(turns)

    assert asked
    async with town.comparison() as comparison:
        assert not await comparison.red(iter(asked))


# --- a null where none may be -----------------------------------------------------------------------------------------
WHOLE = {
    "nodes": "{ cases(first: 100) { nodes { id registeredOn } } }",
    "edges": "{ cases(first: 100) { edges { node { id registeredOn } } } }",
    "edges with their cursors": "{ cases(first: 100, orderBy: [{field: REGISTERED_ON}]) { edges { cursor } } }",
    "the cursors at both ends": "{ cases(first: 100, orderBy: [{field: REGISTERED_ON}]) { pageInfo { startCursor endCursor } } }",
    "one": '{ case(id: "%s") { registeredOn } }',
    "node": '{ node(id: "%s") { ... on Case { registeredOn } } }',
    "several": '{ nodes(ids: ["%s"]) { ... on Case { registeredOn } } }',
    "entities": '{ _entities(representations: [{__typename: "Case", id: "%s"}]) { ... on Case { registeredOn } } }',
    "behind a link": "{ parties(first: 100) { nodes { id case { registeredOn } } } }",
    "behind a link to several nouns": "{ cases(first: 100) { nodes { events { nodes { subject { ... on Case { registeredOn } } } } } } }",
    "below a list": "{ organisations(first: 100) { nodes { id cases(first: 100) { nodes { registeredOn } } } } }",
    "behind a group": "{ partyStatistics: referralStatistics(by: [CASE]) { case { registeredOn } } }",
}


@pytest_asyncio.fixture
async def broken(url: str, model: Model, schema: HubSchema, oracle: Oracle, seal: Seal) -> AsyncIterator[tuple[Town, str]]:
    """A municipality whose base lost a constraint, and the id of a case that has no date of registration since."""
    data = generate(SEED, cases=12)
    base = await filled(url, model, seal, data, lax=("cases", "registered_on"))
    around = ("Party", "case"), ("Referral", "case"), ("Event", "subject")
    victim = next(id_ for id_ in data["Case"] if all(data.linked(noun, by, id_) for noun, by in around))
    async with base.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE cases SET registered_on = NULL WHERE id = :id"), {"id": victim})
    yield Town(base, data, oracle, model, schema, seal), victim
    await base.engine.dispose()


async def test_a_null_where_none_may_be_is_an_error_and_never_a_shorter_list(broken: tuple[Town, str]) -> None:
    town, victim = broken
    told: dict[str, Any] = {}
    async with town.corridor() as corridor:
        for shape, text in WHOLE.items():
            body, _ = await ask(corridor, town.viewer("admin"), Asked(text.replace("%s", victim), {}, None))
            told[shape] = orjson.loads(body).get("errors", [{"extensions": body}])[0]["extensions"]

    assert told == {shape: {"code": "INTERNAL", "hub": "HUB-501"} for shape in WHOLE}


async def test_without_the_guard_the_comparison_sees_the_missing_row(broken: tuple[Town, str], monkeypatch: Patch) -> None:
    town, victim = broken
    unguarded(monkeypatch)
    asked = Asked(WHOLE["nodes"], {}, None)
    admin = next(viewer for viewer in viewers.viewers(town.data) if viewer.name == "admin")
    async with town.comparison() as comparison:
        assert await comparison.differs(asked, admin)

    async with town.corridor() as corridor:
        body, _ = await ask(corridor, town.viewer("admin"), asked)
    shown = {node["id"] for node in orjson.loads(body)["data"]["cases"]["nodes"]}
    assert shown == set(town.data["Case"]) - {victim}
