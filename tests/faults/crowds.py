"""Writers that do not give up: each deed is repeated under its key until some process answers it."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
from tests.faults.offices import Office, Process, codes_of
from tests.scenarios.desk import dispute
from websockets.exceptions import WebSocketException

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


async def until(condition: Any, seconds: float = 30, told: Any = None) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        assert loop.time() < end, told() if told else "it never happened"
        await asyncio.sleep(0.02)
