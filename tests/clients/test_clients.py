"""Real clients ask, are refused, and stream, without a workaround in any of them (WIRE)."""

import asyncio
import time
from hashlib import sha256
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from tests.app.conftest import Hub
from tests.clients.node import started, told
from tests.web.conftest import Served

CASES = "query { cases(first: 2) { totalCount } }"
CLIENTS = [
    ("graphql_ws", "ws"),
    ("graphql_sse", "sse"),
    ("apollo", "http"),
    ("apollo", "ws"),
    ("urql", "http"),
    ("urql", "sse"),
    ("urql", "ws"),
    ("event_source", "sse"),
]
STREAMING = [
    ("graphql_ws", "ws"),
    ("graphql_sse", "sse"),
    ("apollo", "ws"),
    ("urql", "sse"),
    ("urql", "ws"),
    ("event_source", "sse"),
]
every_client = pytest.mark.parametrize(("client", "carrier"), CLIENTS)
every_stream = pytest.mark.parametrize(("client", "carrier"), STREAMING)


def refusal(told: list[Any]) -> str:
    """The number of the refusal, wherever the client shows it."""
    found = next(one for one in told if "error" in one or one.get("next", {}).get("errors"))
    errors = found.get("error") or found["next"]["errors"]
    code: str = errors[0]["extensions"]["hub"]
    return code


@every_client
async def test_a_question_is_answered(whole: Hub, client: str, carrier: str) -> None:
    heard = await told(client, url=whole.url, carrier=carrier, token=whole.tokens["admin"], query=CASES)

    results = [one["next"]["data"]["cases"]["totalCount"] for one in heard if "next" in one]
    assert results[0] == 60
    assert {"complete": True} in heard


@every_client
async def test_without_a_token_a_client_is_the_public(whole: Hub, client: str, carrier: str) -> None:
    heard = await told(client, url=whole.url, carrier=carrier, query=CASES)

    assert next(one["next"]["data"]["cases"]["totalCount"] for one in heard if "next" in one) == 0


@every_client
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("query { nothing }", "HUB-107"),
        ('query { case(id: "case_1") { id } }', "HUB-208"),
        ("query { __schema { description } }", "HUB-403"),
    ],
)
async def test_a_refused_operation_shows_its_code(whole: Hub, client: str, carrier: str, query: str, code: str) -> None:
    heard = await told(client, url=whole.url, carrier=carrier, query=query)

    assert refusal(heard) == code


@every_stream
async def test_a_subscription_of_an_unknown_field_is_refused(whole: Hub, client: str, carrier: str) -> None:
    heard = await told(client, url=whole.url, carrier=carrier, query="subscription { referralUpdates { id } }")

    assert refusal(heard) == "HUB-107"


async def test_graphql_ws_takes_a_bad_token_as_final(whole: Hub) -> None:
    heard = await told("graphql_ws", url=whole.url, token="forged", query=CASES, retries=3)

    assert [one["closed"]["code"] for one in heard if "closed" in one] == [4401]
    assert heard[-1]["error"]["code"] == 4401


async def test_graphql_ws_comes_back_with_a_new_token(counting: Served) -> None:
    """4403 is no end: a wall's dashboard survives the night."""
    url = f"http://127.0.0.1:{counting.port}/graphql"
    async with started("graphql_ws", url=url, token="old", query="subscription {n}", retries=10_000, take=1) as client:
        assert (await client.hear())["closed"] == {"code": 4403, "reason": "Token expired"}
        client.change(token="court")
        while "connected" not in await client.hear():
            pass


@every_stream
async def test_a_stream_arrives_in_order_and_completes(counting: Served, client: str, carrier: str) -> None:
    heard = await told(client, **job(counting, carrier, 30))

    numbers = [one["next"]["data"]["n"] for one in heard if "next" in one]
    # urql says the last result once more when a stream ends.
    assert list(dict.fromkeys(numbers)) == list(range(1, 31))
    assert len(numbers) == 30 + (client == "urql")
    assert {"complete": True} in heard


@every_stream
async def test_a_client_that_has_enough_ends_the_stream(counting: Served, client: str, carrier: str) -> None:
    heard = await told(client, take=3, **job(counting, carrier, 1_000_000))

    assert [one["next"]["data"]["n"] for one in heard if "next" in one] == [1, 2, 3]
    async with asyncio.timeout(10):
        while not counting.application.streams[0].closed:
            await asyncio.sleep(0.01)


async def test_an_event_source_resumes_by_itself(counting: Served) -> None:
    """It repeats the address it was given, and says what it saw last."""
    application = counting.application
    application.expiries["public"] = time.time() + 1
    async with started("event_source", **(job(counting, "sse", 0) | {"token": None})) as client:
        async with asyncio.timeout(20):
            while not application.streams:
                await asyncio.sleep(0.01)
        application.streams[0].release(2, ends=False)
        assert [one["data"]["n"] for one in await client.results(2)] == [1, 2]
        (last,) = await client.results(1)
        assert last["errors"][0]["extensions"]["hub"] == "HUB-402"
        assert await client.hear() == {"reconnecting": True}
        application.expiries.clear()
        async with asyncio.timeout(20):
            while len(application.streams) < 2:
                await asyncio.sleep(0.01)
    assert application.asked[-1].extensions["resume"] == {"after": "c2"}


def job(counting: Served, carrier: str, most: int) -> dict[str, Any]:
    counting.application.counts = most
    url = f"http://127.0.0.1:{counting.port}/graphql"
    return {"url": url, "carrier": carrier, "token": "court", "query": "subscription { n }"}


class TestPythonGql:
    def transport(self, url: str, **more: Any) -> WebsocketsTransport:
        return WebsocketsTransport(url=url.replace("http", "ws", 1), **more)

    async def test_it_asks_in_the_newer_protocol(self, whole: Hub) -> None:
        transport = self.transport(whole.url, init_payload={"Authorization": f"Bearer {whole.tokens['admin']}"})
        async with Client(transport=transport) as session:
            assert (await session.execute(gql(CASES)))["cases"]["totalCount"] == 60
            with pytest.raises(TransportQueryError) as refused:
                await session.execute(gql("query { nothing }"))
        assert (refused.value.errors or [])[0]["extensions"]["hub"] == "HUB-107"

    async def test_it_streams(self, counting: Served) -> None:
        details = job(counting, "ws", 5)
        async with Client(transport=self.transport(details["url"])) as session:
            assert [one["n"] async for one in session.subscribe(gql(details["query"]))] == [1, 2, 3, 4, 5]


async def test_a_document_is_named_by_its_hash_over_a_socket(whole: Hub) -> None:
    """The framework's own endpoint drops `extensions`; graphql-ws cannot leave `query` out, so it is empty."""
    text = "{\n  courts {\n    totalCount\n  }\n}"
    mark = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}
    assert refusal(await told("graphql_ws", url=whole.url, query="", extensions=mark)) == "HUB-116"

    whole.post(text, extensions=mark)
    heard = await told("graphql_ws", url=whole.url, query="", extensions=mark)

    assert [one["next"]["data"] for one in heard if "next" in one] == [whole.ask(text)]
