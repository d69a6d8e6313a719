"""Clients that do not give up: writers that repeat under one key, consumers that resume on whatever process there is."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
from tests.faults.offices import Office, Process, codes_of
from tests.scenarios.desk import dispute
from tests.web.sockets import Client, acknowledged, subscribe
from websockets.exceptions import ConnectionClosed, WebSocketException

CASES = """subscription Follow($consumer: String, $after: String) {
  caseUpdates(consumer: $consumer, after: $after) { event { id type case { id } } case { id version } } }"""
PENDING = """query ($consumer: String!) {
  events(consumer: $consumer, first: 50) { cursor event { id } case { id version } } }"""
DUTY = """mutation ($case: ID!, $version: Int!, $duty: FirstDuty!, $key: String!) {
  recordFirstDuty(case: $case, expectedVersion: $version, duty: $duty, idempotencyKey: $key) {
    repeated case { id version } } }"""
REGISTER = "mutation ($case: NewCaseInput!, $key: String!) { registerCase(case: $case, idempotencyKey: $key) { case { id } } }"
CREATE = "mutation ($name: String!, $key: String!) { createConsumer(name: $name, idempotencyKey: $key) { consumer { id } } }"
ACK = """mutation ($consumer: String!, $cursor: String!, $key: String!) {
  ackEvents(consumer: $consumer, cursor: $cursor, idempotencyKey: $key) { repeated } }"""
VERSION = "query ($id: ID!) { case(id: $id) { version } }"

BROKEN = (httpx2.HTTPError, WebSocketException, OSError, TimeoutError, AssertionError)
"""What a connection that breaks looks like to its client."""
AGAIN = frozenset({"HUB-113", "HUB-502", "HUB-503", "HUB-506", "HUB-510", "HUB-603"})
"""After these the same request is sent again."""
_NUMBERS = count(1)


def new_key() -> str:
    return f"crowd-{next(_NUMBERS):010d}"


@dataclass
class Town:
    """Processes to ask, whichever of them is there, and what was acknowledged and heard."""

    office: Office
    processes: list[Process]
    cases: list[str] = field(default_factory=list)
    done: dict[str, tuple[str, int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    rng: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311 - uneven, not secret

    def any(self) -> Process:
        return self.rng.choice([each for each in self.processes if each.alive] or self.processes)

    async def ask(self, client: httpx2.AsyncClient, token: str, query: str, **variables: Any) -> dict[str, Any]:
        """One document, of whichever process answers; a request that went astray is sent again as it is."""
        while True:
            try:
                answer = await client.post(
                    self.any().url, json={"query": query, "variables": variables}, headers={"authorization": f"Bearer {token}"}
                )
                document: dict[str, Any] = answer.json()
            except (*BROKEN, json.JSONDecodeError):
                await asyncio.sleep(0.05)
                continue
            if AGAIN.isdisjoint(codes_of(document)):
                return document
            self.refused += codes_of(document)
            await asyncio.sleep(0.05)

    async def furnish(self, cases: int) -> None:
        """Register so many cases."""
        token = self.office.token()
        async with clients() as client:
            for _ in range(cases):
                document = await self.ask(client, token, REGISTER, case=dispute(channel="01"), key=new_key())
                assert "errors" not in document, document
                self.cases.append(document["data"]["registerCase"]["case"]["id"])

    async def write(self, enough: asyncio.Event) -> None:
        """One writer: a deed after the other on cases that others change as well, each repeated until it is answered."""
        token, rng = self.office.token(), random.Random(next(_NUMBERS))  # noqa: S311 - uneven, not secret
        async with clients() as client:
            while not enough.is_set():
                await self._deed(client, token, rng)
                await asyncio.sleep(0.05)

    def expected(self) -> dict[str, int]:
        """The version that each case has when exactly what was acknowledged was done."""
        found = dict.fromkeys(self.cases, 1)
        for case, _ in self.done.values():
            found[case] += 1
        return found

    async def _deed(self, client: httpx2.AsyncClient, token: str, rng: random.Random) -> None:
        case = rng.choice(self.cases)
        while True:
            seen = await self.ask(client, token, VERSION, id=case)
            assert "errors" not in seen, seen
            given = {"case": case, "version": seen["data"]["case"]["version"], "duty": rng.choice(("ANSWER", "EXPLAIN"))}
            key = new_key()
            document = await self.ask(client, token, DUTY, **given, key=key)
            if "errors" not in document:
                self.done[key] = case, given["version"] + 1
                return
            assert codes_of(document) == ["HUB-505"], document

    @asynccontextmanager
    async def writing(self, writers: int) -> AsyncIterator[None]:
        """So many write meanwhile; in the end each of them has its last answer."""
        enough = asyncio.Event()
        tasks = [asyncio.create_task(self.write(enough)) for _ in range(writers)]
        try:
            yield
            enough.set()
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def next_done(self) -> float:
        """Wait for the next deed; how many seconds it took."""
        done, began = len(self.done), asyncio.get_running_loop().time()
        await until(lambda: len(self.done) > done)
        return asyncio.get_running_loop().time() - began

    async def consumer(self) -> str:
        """A durable reader that begins now."""
        async with clients() as client:
            document = await self.ask(client, self.office.token(), CREATE, name=f"c{new_key()}", key=new_key())
        assert "errors" not in document, document
        return str(document["data"]["createConsumer"]["consumer"]["id"])


@asynccontextmanager
async def clients() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(timeout=20) as client:
        yield client


@dataclass
class Reader:
    """A client that follows the cases for as long as it is let, and acknowledges now and then."""

    town: Town
    way: str
    consumer: str | None
    heard: list[tuple[str, str, int]] = field(default_factory=list)
    cursor: str | None = None
    connected: int = 0
    ended: list[str] = field(default_factory=list)
    closes: list[int] = field(default_factory=list)
    token: str = ""
    forgetful: bool = False
    """Whether it says only its consumer when it comes again, and is given once more what it had not acknowledged."""

    @property
    def ids(self) -> list[str]:
        """Event ids in the order in which they first came."""
        return list(dict.fromkeys(id_ for id_, _, _ in self.heard))

    @property
    def repeats(self) -> int:
        return len(self.heard) - len(self.ids)

    async def run(self) -> None:
        """Connect, follow, and connect again."""
        self.token = self.token or self.town.office.token("wall")
        follow = {"ws": self._socket, "sse": self._events, "plain": self._plain}[self.way]
        while True:
            with suppress(*BROKEN):
                await follow()
            await asyncio.sleep(0.05)

    def hear(self, update: dict[str, Any], cursor: str) -> None:
        case = update["case"] or {"id": "", "version": 0}
        self.heard.append((update["event"]["id"], case["id"], case["version"]))
        self.cursor = cursor

    async def _socket(self) -> None:
        async with acknowledged(self.town.any().port, {"token": self.token}) as client:
            try:
                await self._follow(client)
            except ConnectionClosed:
                self.closes.append(client.connection.close_code or 0)

    async def _follow(self, client: Client) -> None:
        self.connected += 1
        resume = {"consumer": self.consumer, "after": None if self.forgetful else self.cursor}
        await client.say(subscribe(CASES, extensions={"resume": {k: v for k, v in resume.items() if v}}))
        async with self._acknowledging():
            while True:
                message = await client.hear(600)
                if message["type"] != "next":
                    self.ended += codes_of({"errors": message.get("payload")})
                    return
                payload = message["payload"]
                self.hear(payload["data"]["caseUpdates"], payload["extensions"]["cursor"])

    async def _events(self) -> None:
        headers = {"authorization": f"Bearer {self.token}", "accept": "text/event-stream"}
        if self.cursor:
            headers["last-event-id"] = self.cursor
        body = {"query": CASES, "variables": {"consumer": self.consumer}}
        url = self.town.any().url
        async with (
            httpx2.AsyncClient(timeout=httpx2.Timeout(20, read=60)) as client,
            self._acknowledging(),
            client.stream("POST", url, json=body, headers=headers) as answer,
        ):
            self.connected += answer.status_code == 200
            name = ""
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    name = line[4:]
                elif line.startswith("data: {"):
                    document = json.loads(line[6:])
                    if "errors" in document:
                        self.ended += codes_of(document)
                        return
                    self.hear(document["data"]["caseUpdates"], name)

    async def _plain(self) -> None:
        async with clients() as client:
            while True:
                document = await self.town.ask(client, self.token, PENDING, consumer=self.consumer)
                self.connected += 1
                for update in document["data"]["events"]:
                    self.hear(update, update["cursor"])
                await self._acknowledge(client)
                await asyncio.sleep(0.1)

    @asynccontextmanager
    async def _acknowledging(self) -> AsyncIterator[None]:
        async def now_and_then() -> None:
            async with clients() as client:
                while True:
                    await asyncio.sleep(0.3)
                    await self._acknowledge(client)

        task = asyncio.create_task(now_and_then())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _acknowledge(self, client: httpx2.AsyncClient) -> None:
        if self.consumer and self.cursor:
            await self.town.ask(client, self.token, ACK, consumer=self.consumer, cursor=self.cursor, key=new_key())


@asynccontextmanager
async def reading(*readers: Reader) -> AsyncIterator[None]:
    """They follow meanwhile, and go when it is over."""
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        await until(lambda: all(reader.connected for reader in readers), 60)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def until(condition: Any, seconds: float = 30, told: Any = None) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        assert loop.time() < end, told() if told else "it never happened"
        await asyncio.sleep(0.02)


def missing(reader: Reader, events: Sequence[str]) -> list[str]:
    """What the base holds and the reader was never given."""
    return [id_ for id_ in events if id_ not in set(reader.ids)]
