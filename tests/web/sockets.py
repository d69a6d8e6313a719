"""A client of graphql-transport-ws that can say anything, and tells exactly what came back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PROTOCOL = "graphql-transport-ws"
INIT = {"type": "connection_init"}
ACK = {"type": "connection_ack"}


class Client:
    """One socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, *messages: object) -> None:
        for message in messages:
            await self.connection.send(message if isinstance(message, (str, bytes)) else orjson.dumps(message).decode())

    async def hear(self, seconds: float = 5) -> Any:
        """The next message."""
        async with asyncio.timeout(seconds):
            received = await self.connection.recv()
        assert isinstance(received, str)
        return orjson.loads(received)

    async def hear_all(self, count: int) -> list[Any]:
        return [await self.hear() for _ in range(count)]

    async def closed(self, seconds: float = 5) -> tuple[int | None, str | None]:
        """Code and reason of the close, whatever comes before it."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    await self.connection.recv()
        except ConnectionClosed:
            return self.connection.close_code, self.connection.close_reason

    async def silent(self, seconds: float = 0.1) -> bool:
        """Whether nothing comes for a while."""
        try:
            async with asyncio.timeout(seconds):
                await self.connection.recv()
        except TimeoutError:
            return True
        return False

    async def ask(self, query: str, name: str = "1") -> Any:
        """The payload of the one result of an operation."""
        await self.say(subscribe(query, name))
        answer, complete = await self.hear_all(2)
        assert (answer["type"], answer["id"]) == ("next", name), answer
        assert complete == {"id": name, "type": "complete"}
        return answer["payload"]


def subscribe(query: str, name: str = "1", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "subscribe", "payload": {"query": query, **more}}


@asynccontextmanager
async def opened(
    port: int, protocol: str | None = PROTOCOL, *, headers: dict[str, str] | None = None, origin: str | None = None
) -> AsyncIterator[Client]:
    """A socket after its handshake."""
    async with connect(
        f"ws://127.0.0.1:{port}/graphql",
        subprotocols=None if protocol is None else [protocol],  # type: ignore[list-item]
        additional_headers=headers,
        origin=origin,  # type: ignore[arg-type]
        compression=None,
        proxy=None,
        close_timeout=1,
        max_size=None,
    ) as connection:
        yield Client(connection)


@asynccontextmanager
async def acknowledged(port: int, payload: dict[str, Any] | None = None) -> AsyncIterator[Client]:
    """A socket after its acknowledgement."""
    async with opened(port) as client:
        await client.say(INIT if payload is None else {**INIT, "payload": payload})
        assert (await client.hear())["type"] == "connection_ack"
        yield client
