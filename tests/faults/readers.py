"""Readers that resume at whichever process there is: by WebSocket, by event stream, by asking."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
from tests.faults.crowds import ACK, BROKEN, CASES, PENDING, Town, clients, new_key, until
from tests.faults.offices import codes_of
from tests.web.sockets import Client, acknowledged, subscribe
from websockets.exceptions import ConnectionClosed


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


def missing(reader: Reader, events: Sequence[str]) -> list[str]:
    """What the base holds and the reader was never given."""
    return [id_ for id_ in events if id_ not in set(reader.ids)]
