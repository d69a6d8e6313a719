"""The hub's own module and page follow live queries of the real hub: by socket and by fetch, in Node and in a browser."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.app.conftest import Hub
from tests.app.test_subscriptions import Newsroom
from tests.app.test_transports import port
from tests.clients.node import FOLDER, NodeClient, node, started
from tests.clients.proxy import wire

from hub.schema.cases import CaseState

LIST = "query ($first: Int) @live { cases(first: $first, orderBy: [{field: NUMBER}]) { nodes { id number cause } } }"
SHOWN = 20
both = pytest.mark.parametrize("carrier", ["ws", "sse"])


@pytest.fixture
def room(whole: Hub) -> Newsroom:
    return Newsroom(whole)


def job(hub: Hub, carrier: str, **more: Any) -> dict[str, Any]:
    said = {"url": hub.url, "carrier": carrier, "token": hub.tokens["admin"], "query": LIST}
    return {**said, "variables": {"first": SHOWN}, **more}


def plain(room: Newsroom) -> Any:
    return room.hub.ask(LIST.replace("@live", ""), "admin", first=SHOWN)


async def until(client: NodeClient, word: str) -> Any:
    """What it tells next of this."""
    while True:
        told = await client.hear()
        assert told is not None
        if word in told:
            return told[word]


@both
async def test_what_changes_is_shown_and_the_rest_stays_as_it_was(room: Newsroom, carrier: str) -> None:
    ids = [node["id"] for node in plain(room)["cases"]["nodes"]]
    async with wire(port(room.hub)) as cable:
        url = f"http://127.0.0.1:{cable.listens_on}/graphql"
        async with started("live", **job(room.hub, carrier, url=url)) as client:
            assert await until(client, "asked_for") == "begin"
            assert (await until(client, "next"))["data"] == plain(room)

            await asyncio.to_thread(room.change, ids[3], cause=f"变 {carrier}")
            assert await until(client, "kept") == SHOWN - 1
            second = await until(client, "next")
            assert second == {"data": plain(room)}
            assert second["data"]["cases"]["nodes"][3]["cause"] == f"变 {carrier}"

            await cable.cut()
            assert await until(client, "state") == "waiting"
            await asyncio.to_thread(room.change, ids[5], cause=f"断 {carrier}")
            await cable.mend()
            assert await until(client, "kept") == SHOWN - 1
            assert (await until(client, "next"))["data"] == plain(room)


@both
async def test_a_token_that_runs_out_is_followed_by_another(room: Newsroom, carrier: str) -> None:
    """By socket it is renewed before its end, and nothing breaks off; a stream is opened anew."""
    ids = [node["id"] for node in plain(room)["cases"]["nodes"]]
    issue = room.hub.composition.tokens.issue
    tokens = [issue("admin", subject="wall", life_seconds=life) for life in (2, 600)]
    async with started("live", **job(room.hub, carrier, tokens=tokens)) as client:
        assert await until(client, "asked_for") == "begin"
        if carrier == "sse":
            await until(client, "next")
        assert await until(client, "asked_for") == ("expiring" if carrier == "ws" else "expired")
        await until(client, "next")
        await asyncio.sleep(2.2)
        await asyncio.to_thread(room.change, ids[1], cause=f"续 {carrier}")
        states: list[Any] = []
        while "next" not in (told := await client.hear()):
            states += [told["state"]] if "state" in told else []
        assert told["next"]["data"] == plain(room)
        assert not states


@both
async def test_who_may_not_is_told_so_once(room: Newsroom, carrier: str) -> None:
    async with started("live", **job(room.hub, carrier, token="forged")) as client:
        assert await until(client, "error")
    async with started("live", **job(room.hub, carrier, query="query @live { nothing }")) as client:
        assert (await until(client, "error"))[0]["extensions"]["hub"] == "HUB-107"


@pytest.mark.long
@both
async def test_the_page_shows_the_figures_as_they_change(room: Newsroom, carrier: str, tmp_path: Path) -> None:
    """In a browser: nothing is refused by its policy, and the token does not stay in its address."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no browser: Debian's package `chromium` is not installed")
    hub, newest = room.hub, "{ cases(first: 1, orderBy: [{field: REGISTERED_AT, direction: DESC}]) { nodes { id number } } }"
    case = hub.ask(newest, "admin")["cases"]["nodes"][0]
    url = hub.url.replace("/graphql", f"/live#transport={carrier}&token={hub.tokens['admin']}")
    details = {"chromium": chromium, "url": url, "folder": str(tmp_path), "looks": 1_000}
    program = await asyncio.create_subprocess_exec(
        node(), FOLDER / "browser.mjs", json.dumps(details), stdout=asyncio.subprocess.PIPE, limit=1 << 24
    )
    client = NodeClient(program)
    try:
        while not (page := await until(client, "page"))["tables"]["newest"]:
            pass
        assert page["state"] == "open"
        assert (page["hash"], page["asks"]) == ("", False)
        assert page["tables"]["newest"][0][0] == case["number"]
        states = hub.ask("{ caseStatistics(by: [STATE]) { state count } }", "admin")["caseStatistics"]
        assert sorted(int(count) for _, count in page["tables"]["states"]) == sorted(each["count"] for each in states)
        assert page["total"] == str(sum(each["count"] for each in states))

        await asyncio.to_thread(room.change, case["id"], state=CaseState.TRANSFERRED)
        while page["tables"]["newest"][0][4] != "移送 Transferred to the police":
            told = await client.hear()
            assert "wrong" not in told, told
            page = told["page"]
    finally:
        program.kill()
        await program.wait()
        program._transport.close()  # type: ignore[attr-defined]
