"""Live queries over real sockets: the answer comes again when it changes, as its viewer is then, and only then."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from tests.app.conftest import Hub
from tests.app.test_subscriptions import NOW, Newsroom, room, socket
from tests.web.sockets import Client, subscribe

from hub.access.viewers import KIND, Scope, body_of
from hub.live.queries import Queries
from hub.procedures.configuration import Base
from hub.schema.cases import CaseState
from hub.schema.events import Fact
from hub.schema.policies import Policy
from hub.store.changes import Update

__all__ = ["room"]

LIST = "query ($first: Int) @live {cases(first: $first, orderBy: [{field: ID, direction: DESC}]) {nodes {id version cause}}}"
ONE = "query ($id: ID!) @live {case(id: $id) {id cause availableActions {action}}}"
PATCHED: Any = {"extensions": {"live": {"format": "rfc6902"}}}


def queries(room: Newsroom) -> Queries:
    return room.hub.composition.news.queries


async def answers(client: Client, number: int = 1, name: str = "1") -> list[Any]:
    """The payloads of that many results."""
    found = [await client.hear(20) for _ in range(number)]
    assert {(each["type"], each["id"]) for each in found} <= {("next", name)}, found
    return [each["payload"] for each in found]


async def settled(room: Newsroom) -> int:
    """How many answers were made, once everything that was written is heard of."""
    before = -1
    while (runs := queries(room).runs) != before:
        before = runs
        await asyncio.sleep(0.4)
    return runs


@asynccontextmanager
async def events(hub: Hub, query: str, viewer: str = "agency", **more: Any) -> AsyncIterator[AsyncIterator[Any]]:
    """An event stream: its documents as they come."""
    headers = hub.headers(viewer) | {"accept": "text/event-stream"}
    async with (
        httpx2.AsyncClient(timeout=20) as client,
        client.stream("POST", hub.url, json={"query": query, **more}, headers=headers) as answer,
    ):
        yield (json.loads(line[6:]) async for line in answer.aiter_lines() if line.startswith("data: {"))


async def test_the_answer_comes_again_when_it_changes_and_stays_that_of_a_query(room: Newsroom) -> None:
    """Whole answers by default, as a plain query gives them; one that is equal is not given again."""
    hub, case = room.hub, room.of("agency")[0]
    others = [each for each in room.of("admin") if each not in room.of("agency")]
    async with socket(hub) as client, events(hub, LIST, variables={"first": 50}) as stream:
        await client.say(subscribe(LIST, variables={"first": 50}))
        (first,) = await answers(client)
        assert first == await anext(stream) == {"data": hub.ask(LIST.replace("@live", ""), "agency", first=50)}
        assert list(first) == ["data"]

        await asyncio.to_thread(room.change, case, cause="甲")
        (second,) = await answers(client)
        assert second == await anext(stream)
        assert [node["cause"] for node in second["data"]["cases"]["nodes"] if node["id"] == case] == ["甲"]

        runs = await settled(room)
        await asyncio.to_thread(room.change, others[0], cause="乙")
        assert await settled(room) == runs
        await asyncio.to_thread(room.change, case, cause="丙")
        (third,) = await answers(client)
        assert third == await anext(stream) == {"data": hub.ask(LIST.replace("@live", ""), "agency", first=50)}

        assert len(queries(room).groups) == 1
        await client.say({"id": "1", "type": "complete"})
        assert await client.silent(0.2)
    await asyncio.sleep(0.2)
    assert (queries(room).groups, queries(room).spectators) == ({}, 0)


async def test_patches_are_given_to_those_who_ask_for_them(room: Newsroom) -> None:
    """ANCHORS 3.2: {data, revision: 1}, then {patch, revision} with revisions one after the other; nobody else is."""
    hub, case = room.hub, room.of("agency")[0]
    async with socket(hub) as client, events(hub, LIST, variables={"first": 50}, **PATCHED) as stream:
        await client.say(subscribe(LIST, variables={"first": 50}, **PATCHED))
        await client.say(subscribe(LIST, "plain", variables={"first": 50}))
        both = sorted([await client.hear(20), await client.hear(20)], key=lambda each: str(each["id"]))
        first, plain = (each["payload"] for each in both)
        assert (first["revision"], list(plain)) == (1, ["data"])
        assert first["data"] == plain["data"]
        assert await anext(stream) == first
        place = [node["id"] for node in first["data"]["cases"]["nodes"]].index(case)

        for revision in (2, 3):
            await asyncio.to_thread(room.change, case, cause=f"第{revision}")
            told = {each["id"]: each["payload"] for each in [await client.hear(20), await client.hear(20)]}
            assert told["1"] == await anext(stream)
            assert told["1"]["revision"] == revision
            assert {"op": "replace", "path": f"/cases/nodes/{place}/cause", "value": f"第{revision}"} in told["1"]["patch"]
            assert told["plain"]["data"]["cases"]["nodes"][place]["cause"] == f"第{revision}"
        assert len(queries(room).groups) == 1


async def test_readers_of_one_group_share_each_run(room: Newsroom) -> None:
    hub, case = room.hub, room.of("agency")[1]
    async with socket(hub) as one, socket(hub) as other:
        for client in (one, other):
            await client.say(*(subscribe(ONE, name, variables={"id": case}) for name in ("1", "2")))
            assert [each["type"] for each in [await client.hear(20), await client.hear(20)]] == ["next"] * 2
        runs = await settled(room)

        await asyncio.to_thread(room.change, case, cause="共")

        for client in (one, other):
            assert [each["payload"]["data"]["case"]["cause"] for each in [await client.hear(20), await client.hear(20)]] == [
                "共"
            ] * 2
        assert await settled(room) == runs + 1
        assert (len(queries(room).groups), queries(room).spectators) == (1, 4)


async def test_an_answer_with_actions_comes_again_when_the_actions_change(room: Newsroom) -> None:
    """Holes are filled at each run, and what they are judged from wakes it."""
    hub, case = room.hub, room.of("district")[1]
    async with socket(hub, "district") as client:
        await client.say(subscribe(ONE, variables={"id": case}))
        (first,) = await answers(client)
        await asyncio.to_thread(room.change, case, state=CaseState.HANDLING)
        (second,) = await answers(client)
    assert first["data"]["case"]["availableActions"] != second["data"]["case"]["availableActions"]


async def test_what_cannot_be_live_is_refused_with_its_code(room: Newsroom) -> None:
    hub = room.hub
    refused = {
        "query @live {news {streams}}": "HUB-620",
        "query @live {consumers {nodes {id}}}": "HUB-620",
        "query @live(throttle: -1) {courts {totalCount}}": "HUB-622",
        "query @live {cases(first: 0) {totalCount}}": "HUB-201",
    }
    async with socket(hub, "admin") as client:
        for text, code in refused.items():
            await client.say(subscribe(text))
            told = await client.hear(20)
            assert (told["type"], told["payload"][0]["extensions"]["hub"]) == ("error", code), told
        await client.say(subscribe(LIST, extensions={"live": {"format": "jsondiffpatch"}}))
        assert (await client.hear(20))["payload"][0]["extensions"]["hub"] == "HUB-622"
        # One that is not live is answered once.
        await client.ask("query @live(if: false) {courts {totalCount}}", "2")
    assert hub.refusal("query @live {courts {totalCount}}", "admin")[1] == "HUB-112"
    assert queries(room).groups == {}


async def test_a_narrowed_viewer_is_given_what_is_left_and_one_that_is_no_more_nothing(room: Newsroom) -> None:
    """DESIGN 7: a narrowed viewer gets no further frame of what it was; its live queries go on in what is left."""
    case = room.of("agency")[0]
    before = room.hub.composition.admission.viewers["agency"]
    async with socket(room.hub) as client:
        await client.say(subscribe(LIST, variables={"first": 50}, **PATCHED))
        (first,) = await answers(client)
        assert first["data"]["cases"]["nodes"]
        try:
            await asyncio.to_thread(policy, room, dataclasses.replace(before, scope=Scope()))
            (second,) = await answers(client)
            assert second == {"data": {"cases": {"nodes": []}}, "revision": 1}
            await asyncio.to_thread(room.change, case, cause="看不见")
            assert await client.silent(0.5)
        finally:
            await asyncio.to_thread(policy, room, before)
        (again,) = await answers(client)
        assert (again["revision"], len(again["data"]["cases"]["nodes"])) == (1, len(first["data"]["cases"]["nodes"]))


def policy(room: Newsroom, viewer: Any) -> None:
    """A deed that writes what a viewer may see."""

    async def written(base: Base, _: Any) -> None:
        table = base.metadata.tables["policies"]
        wanted = table.select().where(table.c.kind == KIND, table.c.name == viewer.name)
        async with base.engine.connect() as connection:
            row = (await connection.execute(wanted)).mappings().one()
        change = Update(Policy, row["id"], row["version"], {"body": body_of(viewer)}, facts=(Fact(KIND, code=viewer.name),))
        await base.ledger.write([change], actor="admin", now=NOW)

    room.with_base(written)


async def test_answers_of_one_plan_are_given_by_one_statement(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 7, demand 3: they differ in their variables, or in their viewers' scope; what is wrong with one is its own."""
    reader, case = room.hub.composition.corridor._reader, room.of("agency")[0]
    asked: list[str] = []
    for name in ("fetch", "rows", "together"):
        real = getattr(reader, name)

        async def counted(*given: Any, real: Any = real, **how: Any) -> Any:
            asked.append(str(given[0]))
            return await real(*given, **how)

        monkeypatch.setattr(reader, name, counted)
    text = "query ($x: String!) @live {cases(first: 50, filter: {number: {ne: $x}}) {nodes {id cause}}}"
    async with socket(room.hub) as client, socket(room.hub, "district") as other:
        for each in (client, other):
            await each.say(*(subscribe(text, str(number), variables={"x": f"x{number}"}) for number in range(40)))
            for _ in range(40):
                await each.hear(20)
        await settled(room)
        del asked[:]
        waves = queries(room).waves

        await asyncio.to_thread(room.change, case, cause="众")
        told = {each["id"]: each["payload"]["data"]["cases"]["nodes"] for each in [await client.hear(20) for _ in range(40)]}

        assert len({json.dumps(nodes) for nodes in told.values()}) == 1
        assert [node["cause"] for node in told["7"] if node["id"] == case] == ["众"]
        await settled(room)
        assert queries(room).waves == waves + 1
        assert len(asked) <= 2, "one for each shape of scope"
