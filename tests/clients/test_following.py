"""Real clients follow real deeds by a consumer: they break, come back by their own logic, resume and acknowledge."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport
from tests.app.conftest import filled
from tests.clients.node import NodeClient, started
from tests.clients.office import ACK, CASES, FOLLOW, Office, key, opened
from tests.clients.proxy import wire

from hub.store.seal import new_keys, write_keys

CLIENTS = [("graphql_ws", "ws"), ("graphql_sse", "sse"), ("apollo", "ws"), ("urql", "ws"), ("urql", "sse")]
every_client = pytest.mark.parametrize(("client", "carrier"), CLIENTS)
SOCKETS = [each for each in CLIENTS if each[1] == "ws"]
every_socket = pytest.mark.parametrize(("client", "carrier"), SOCKETS)
FOR_EVER = 10_000


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    write_keys(folder / "keys.json", new_keys())
    with opened(filled(f"sqlite:///{folder}/hub.db", folder / "keys.json")) as found:
        yield found


@pytest.fixture
def office(building: Office) -> Iterator[Office]:
    """An office whose hub runs, without any consumer."""
    if building.running is None:
        building.begin()
    yield building
    building.tidy()


def job(office: Office, carrier: str, consumer: str, **more: Any) -> dict[str, Any]:
    said = {"url": office.url, "carrier": carrier, "token": office.token(), "query": FOLLOW, "retries": FOR_EVER}
    return {**said, "variables": {"consumer": consumer}, "resume": True, **more}


def event(result: Any) -> tuple[str, str, str]:
    """Id and type of the event of a frame, and its cursor."""
    [update] = result["data"].values()
    assert result.get("extensions", {"cursor": update["cursor"]})["cursor"] == update["cursor"]
    return update["event"]["id"], update["event"]["type"], update["cursor"]


async def until(told: NodeClient, word: str, found: list[Any]) -> Any:
    """What it tells of this; results that come before it are added to `found`."""
    while True:
        line = await told.hear()
        assert line is not None, found
        if word in line:
            return line[word]
        found += [event(line["next"])] if "next" in line else []


async def heard(told: NodeClient, number: int) -> list[Any]:
    return [event(each) for each in await told.results(number)]


@every_client
async def test_it_breaks_resumes_with_its_last_cursor_and_acknowledges(office: Office, client: str, carrier: str) -> None:
    """DESIGN 6: replay and then live, without gap; WIRE: by what each client re-sends when it connects again."""
    consumer, witness = office.consumer(), office.consumer()
    async with wire(office.port) as line:
        url = f"http://127.0.0.1:{line.listens_on}/graphql"
        async with started(client, **job(office, carrier, consumer, url=url)) as told:
            referral = await asyncio.to_thread(office.delegates)
            found = await heard(told, 1)
            referral = await asyncio.to_thread(office.moves, referral, "deliverReferral")
            found += await heard(told, 1)
            await line.cut()
            await asyncio.to_thread(office.moves, referral, "acceptReferral")
            await asyncio.to_thread(office.delegates)
            await line.mend()
            found += await heard(told, 2)
            await asyncio.to_thread(office.delegates)
            found += await heard(told, 1)

            # Nothing was acknowledged, and nothing came twice: the last cursor was said anew.
            truth = await asyncio.to_thread(office.pending, witness)
            assert [name for name, _, _ in found] == truth
            kinds = ["REFERRAL_ISSUED", "REFERRAL_DELIVERED", "REFERRAL_ACCEPTED", "REFERRAL_ISSUED", "REFERRAL_ISSUED"]
            assert [kind for _, kind, _ in found] == kinds

            told.change(ask={"query": ACK, "variables": {"consumer": consumer, "cursor": found[3][2], "key": key()}})
            asked = await until(told, "asked", found)
    assert asked["data"]["ackEvents"]["consumer"] == {"acknowledgedEvent": found[3][0]} | (
        {"__typename": "Consumer"} if client == "apollo" else {}
    )
    assert await asyncio.to_thread(office.pending, consumer) == truth[4:]


@every_client
async def test_without_a_word_of_its_own_it_goes_on_from_what_is_acknowledged(
    office: Office, client: str, carrier: str
) -> None:
    """A client that re-sends what it sent at first still misses nothing: the consumer knows."""
    consumer, witness = office.consumer(), office.consumer()
    async with wire(office.port) as line:
        url = f"http://127.0.0.1:{line.listens_on}/graphql"
        async with started(client, **job(office, carrier, consumer, url=url, resume=False)) as told:
            for _ in range(2):
                await asyncio.to_thread(office.delegates)
            found = await heard(told, 2)
            told.change(ask={"query": ACK, "variables": {"consumer": consumer, "cursor": found[0][2], "key": key()}})
            await until(told, "asked", found)
            await line.cut()
            await asyncio.to_thread(office.delegates)
            await line.mend()
            again = await heard(told, 2)
    truth = await asyncio.to_thread(office.pending, witness)
    assert [name for name, _, _ in found] == truth[:2]
    assert [name for name, _, _ in again] == truth[1:]


@every_client
async def test_a_restart_is_survived(office: Office, client: str, carrier: str) -> None:
    """PROTOCOL: 1012, connects again at once; a stream that ends without `complete` is opened again."""
    consumer, witness = office.consumer("[CASE_REGISTERED]"), office.consumer("[CASE_REGISTERED]")
    async with started(client, **job(office, carrier, consumer, query=CASES)) as told:
        await asyncio.to_thread(office.delegates)
        found = await heard(told, 1)
        await asyncio.to_thread(office.end)
        if carrier == "ws":
            assert await until(told, "closed", found) == {"code": 1012, "reason": "Service restart"}
        await asyncio.to_thread(office.begin)
        await asyncio.to_thread(office.delegates)
        found += await heard(told, 1)
    assert [name for name, _, _ in found] == await asyncio.to_thread(office.pending, witness)
    assert len(found) == 2


@every_client
async def test_an_expired_token_is_followed_by_a_new_one(office: Office, client: str, carrier: str) -> None:
    """PROTOCOL: 4403, connects again with a new token; a stream of events ends and is opened again with it."""
    consumer, witness = office.consumer(), office.consumer()
    old = job(office, carrier, consumer, token=office.token(life_seconds=3))
    async with started(client, **old) as told:
        await asyncio.to_thread(office.delegates)
        found = await heard(told, 1)
        told.change(token=office.token())
        if carrier == "ws":
            assert await until(told, "closed", found) == {"code": 4403, "reason": "Token expired"}
        elif client == "graphql_sse":
            (last,) = await told.results(1)
            assert last["errors"][0]["extensions"]["hub"] == "HUB-402"
        else:
            await asyncio.sleep(4)
        await asyncio.to_thread(office.delegates)
        found += await heard(told, 1)
    assert [name for name, _, _ in found] == await asyncio.to_thread(office.pending, witness)
    assert len(found) == 2


@every_socket
async def test_a_wrong_token_is_final_over_a_socket(office: Office, client: str, carrier: str) -> None:
    consumer = office.consumer()
    async with started(client, **job(office, carrier, consumer, token="forged")) as told:
        lines = await told.rest()
    assert [line["closed"]["code"] for line in lines if "closed" in line] == [4401]
    assert "error" in lines[-1]


@pytest.mark.parametrize(("client", "shows"), [("graphql_sse", "401"), ("urql", "HUB-401")])
async def test_a_wrong_token_is_401_for_events(office: Office, client: str, shows: str) -> None:
    """graphql-sse shows the status; told to try again it does so whatever the status says. urql shows the errors."""
    async with started(client, **job(office, "sse", office.consumer(), token="forged", retries=0)) as told:
        assert shows in str(await told.hear())


@every_socket
async def test_the_older_client_is_told_that_a_newer_one_has_the_consumer(office: Office, client: str, carrier: str) -> None:
    """HUB-613 is an error of the operation: no client takes it for a reason to connect again, and the two do not fight."""
    consumer = office.consumer()
    async with started(client, **job(office, carrier, consumer)) as older:
        await asyncio.to_thread(office.delegates)
        await heard(older, 1)
        async with started(client, **job(office, carrier, consumer)) as newer:
            await heard(newer, 1)
            lines = await older.rest()
            await asyncio.to_thread(office.delegates)
            await heard(newer, 1)
    assert "HUB-613" in str(lines)


class TestPythonGql:
    """gql ends a subscription with its connection: who wants to go on subscribes again with the last cursor."""

    async def follow(self, port: int, token: str, consumer: str, found: list[Any]) -> None:
        while True:
            url = f"ws://127.0.0.1:{port}/graphql"
            transport = WebsocketsTransport(url=url, init_payload={"Authorization": f"Bearer {token}"})
            with suppress(TransportError, OSError):
                async with Client(transport=transport) as session:
                    after = found[-1][2] if found else None
                    request = gql(FOLLOW)
                    request.variable_values = {"consumer": consumer, "after": after}
                    async for data in session.subscribe(request):
                        found.append(event({"data": data}))  # noqa: PERF401 - it is looked at meanwhile
            await asyncio.sleep(0.05)

    async def test_it_breaks_resumes_and_acknowledges(self, office: Office) -> None:
        consumer, witness = office.consumer(), office.consumer()
        found: list[Any] = []
        async with wire(office.port) as line:
            following = asyncio.create_task(self.follow(line.listens_on, office.token(), consumer, found))
            await asyncio.to_thread(office.delegates)
            await _until(lambda: len(found) == 1)
            await line.cut()
            await asyncio.to_thread(office.delegates)
            await line.mend()
            await _until(lambda: len(found) == 2)
            following.cancel()
        transport = WebsocketsTransport(url=office.url.replace("http", "ws", 1), init_payload={"token": office.token()})
        async with Client(transport=transport) as session:
            request = gql(ACK)
            request.variable_values = {"consumer": consumer, "cursor": found[0][2], "key": key()}
            acked = await session.execute(request)
        assert acked["ackEvents"]["consumer"] == {"acknowledgedEvent": found[0][0]}
        assert [name for name, _, _ in found] == await asyncio.to_thread(office.pending, witness)
        assert await asyncio.to_thread(office.pending, consumer) == [found[1][0]]

    async def test_a_restart_is_survived(self, office: Office) -> None:
        consumer, witness = office.consumer(), office.consumer()
        found: list[Any] = []
        following = asyncio.create_task(self.follow(office.port, office.token(), consumer, found))
        await asyncio.to_thread(office.delegates)
        await _until(lambda: len(found) == 1)
        await asyncio.to_thread(office.end)
        await asyncio.to_thread(office.begin)
        await asyncio.to_thread(office.delegates)
        await _until(lambda: len(found) == 2)
        following.cancel()
        assert [name for name, _, _ in found] == await asyncio.to_thread(office.pending, witness)


async def _until(done: Any) -> None:
    async with asyncio.timeout(30):
        while not done():
            await asyncio.sleep(0.02)
