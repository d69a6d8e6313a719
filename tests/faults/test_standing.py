"""What a policy takes away ends at once, on every open stream of every process; tickets open at any of them."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx2
import pytest
from tests.faults.crowds import CASES, DUTY, VERSION, Town, clients, new_key
from tests.faults.offices import Office, Process, codes_of
from tests.web.sockets import Client, acknowledged, subscribe

OPENING = """subscription ($case: ID) @opening(purpose: CONTACT, reason: "值班核对") {
  caseUpdates(filter: {case: $case}) { event { type } case { id parties(first: 2) { nodes { phoneOpened } } } } }"""


@pytest.fixture(autouse=True)
def _as_before(town: Town) -> Iterator[None]:
    """Whatever a test took away is given back."""
    before = (town.office.config / "viewers.toml").read_text("utf-8")
    yield
    if (town.office.config / "viewers.toml").read_text("utf-8") != before:
        town.office.says(before)
        town.office.apply()


def without(office: Office, viewer: str, **changed: str) -> str:
    """The viewers as they are, but for one: gone, or with other lines."""
    whole = (office.config / "viewers.toml").read_text("utf-8")
    head, _, rest = whole.partition(f"[{viewer}]\n")
    mine, _, tail = rest.partition("\n[")
    lines = [
        f"{line.split(' = ')[0]} = {changed.get(line.split(' = ')[0], line.partition(' = ')[2])}"
        for line in mine.split("\n")
        if line
    ]
    kept = f"[{viewer}]\n" + "\n".join(lines) + "\n" if changed else ""
    return head + kept + (f"\n[{tail}" if tail else "")


async def changed(town: Town, case: int = 0) -> None:
    """A deed on the case, by somebody else."""
    async with clients() as client:
        token, id_ = town.office.token(), town.cases[case]
        version = (await town.ask(client, token, VERSION, id=id_))["data"]["case"]["version"]
        done = await town.ask(client, token, DUTY, case=id_, version=version, duty="ANSWER", key=new_key())
    assert "errors" not in done, done


@dataclass
class Events:
    """An event stream, read line by line."""

    answer: httpx2.Response
    lines: AsyncIterator[str]

    async def next(self, seconds: float = 20) -> str:
        """The next event's name, and its data."""
        name = ""
        async with asyncio.timeout(seconds):
            async for line in self.lines:
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    return f"{name} {line[6:]}"
        return "over"


@asynccontextmanager
async def streamed(process: Process, token: str, query: str = CASES) -> AsyncIterator[Events]:
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    async with clients() as client, client.stream("POST", process.url, json={"query": query}, headers=headers) as answer:
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith("retry")
        yield Events(answer, lines)


@asynccontextmanager
async def watching(town: Town, query: str = CASES, viewer: str = "wall", **variables: object) -> AsyncIterator[list[Client]]:
    """A socket at each process, on which one stream has begun."""
    async with AsyncExitStack() as stack:
        # A stream begins behind what its process has read: what happened before is read by both by then.
        await asyncio.sleep(0.3)
        found = []
        for process in town.processes:
            client = await stack.enter_async_context(acknowledged(process.port, {"token": town.office.token(viewer)}))
            await client.say(subscribe(query, variables=variables), {"type": "ping"})
            assert (await client.hear(20))["type"] == "pong"
            found.append(client)
        await asyncio.sleep(0.1)
        yield found


async def test_a_viewer_that_is_no_more_is_closed_out_everywhere(town: Town) -> None:
    """WIRE: 4401 is final; TRUST 33. Nobody polls: the log tells of the policy."""
    token = town.office.token("wall")
    async with watching(town) as sockets, streamed(town.processes[1], token) as events, watching(town, viewer="desk") as others:
        await changed(town)
        assert [(await client.hear(20))["type"] for client in sockets] == ["next"] * 2
        assert (await events.next()).startswith("next ")
        ticket = await ticket_of(town.processes[0], token)

        town.office.says(without(town.office, "wall"))
        done = await asyncio.to_thread(town.office.command, "config", "apply")
        assert done.code == 0, done.stderr
        await changed(town)

        for client in sockets:
            message = await client.hear(20)
            assert message["type"] == "error", message
            assert codes_of({"errors": message["payload"]}) == ["HUB-401"]
            assert await client.closed(20) == (4401, "Unauthorized")
        assert codes_of(json.loads((await events.next()).removeprefix("next "))) == ["HUB-401"]
        assert [await events.next(), await events.next()] == ["complete ", "over"]
        assert [(await client.hear(20))["type"] for client in others for _ in range(2)] == ["next"] * 4
        for process in town.processes:
            async with clients() as asking:
                answer = await asking.post(process.url, json={"query": "{cases {totalCount}}"}, headers=bearer(token))
            assert (answer.status_code, codes_of(answer.json())) == (401, ["HUB-401"])
        assert await opened(town.processes[1], ticket) == (401, ["HUB-401"])


async def test_a_narrowed_viewer_is_told_no_more_of_what_it_lost(town: Town) -> None:
    """DESIGN 6: each event is authorised as of now."""
    async with watching(town) as sockets:
        await changed(town)
        assert [(await client.hear(20))["type"] for client in sockets] == ["next"] * 2
        town.office.says(without(town.office, "wall", regions='["370481"]', organisations="[]"))
        await asyncio.to_thread(town.office.apply)

        await changed(town)

        assert [await client.silent(0.6) for client in sockets] == [True, True]
        for client in sockets:
            await client.say(subscribe("{cases {totalCount}}", "2"))
            assert (await client.hear(20))["payload"]["data"]["cases"]["totalCount"] == 0


async def test_who_lost_the_permission_to_open_values_is_shown_none_any_more(town: Town) -> None:
    async with watching(town, OPENING, case=town.cases[1]) as sockets:
        await changed(town, 1)
        for client in sockets:
            parties = (await client.hear(20))["payload"]["data"]["caseUpdates"]["case"]["parties"]["nodes"]
            assert "13812345678" in [party["phoneOpened"] for party in parties]
        town.office.says(without(town.office, "wall", permissions='["cases.handle"]'))
        await asyncio.to_thread(town.office.apply)

        await changed(town, 1)

        for client in sockets:
            message = await client.hear(20)
            assert (message["type"], codes_of({"errors": message["payload"]})) == ("error", ["HUB-403"])


async def test_an_expired_token_ends_its_streams(town: Town) -> None:
    """TRUST 33: 4403 at `exp`."""
    short = town.office.token("wall", seconds=2)
    async with acknowledged(town.processes[0].port, {"token": short}) as client, streamed(town.processes[1], short) as events:
        await client.say(subscribe(CASES))
        assert await client.closed(20) == (4403, "Token expired")
        assert codes_of(json.loads((await events.next()).removeprefix("next "))) == ["HUB-402"]
        assert await events.next() == "over"


async def test_a_ticket_opens_once_at_whichever_process(town: Town) -> None:
    """WIRE: one principal, one operation, 60 s to open. A process that did not give it knows it all the same."""
    first, second = town.processes
    token = town.office.token("wall")
    ticket, other = await ticket_of(first, token), await ticket_of(second, token)

    async with clients() as client, client.stream("GET", second.url, params={"ticket": ticket}, headers=EVENTS) as answer:
        lines = answer.aiter_lines()
        assert (answer.status_code, await anext(lines)) == (200, "retry: 2000")
        await asyncio.sleep(0.3)
        await changed(town)
        assert json.loads((await Events(answer, lines).next()).removeprefix("next "))["data"]["caseUpdates"]["case"]["id"]
        assert [await opened(process, ticket) for process in (first, second)] == [(401, ["HUB-602"])] * 2

    tried = await asyncio.gather(*(opened(process, other, once=True) for process in (first, second, first, second)))
    assert sorted(status for status, _ in tried) == [200, 401, 401, 401]


EVENTS = {"accept": "text/event-stream"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def ticket_of(process: Process, token: str) -> str:
    async with clients() as client:
        answer = await client.post(f"{process.url}/ticket", json={"query": CASES}, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["ticket"])


async def opened(process: Process, ticket: str, *, once: bool = False) -> tuple[int, list[str]]:
    """Status and codes of an attempt to open it; an opened one is closed again."""
    async with clients() as client, client.stream("GET", process.url, params={"ticket": ticket}, headers=EVENTS) as answer:
        if answer.status_code == 200:
            assert once
            return 200, []
        return answer.status_code, codes_of(json.loads(await answer.aread()))
