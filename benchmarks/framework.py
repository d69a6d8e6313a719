"""The framework's own subscriptions: Strawberry's ASGI application, one queue and one execution per subscriber.

python -m benchmarks.framework --port 8002

What is posted to /publish (a frame's document) goes to every subscriber's queue as an object that is there already: no
log, no base and no tokens, so what is measured is the framework's share alone.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import orjson
import strawberry
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

QUEUES: set[asyncio.Queue[Any]] = set()


@strawberry.type
class Fact:
    name: str
    code: str | None
    id: strawberry.ID | None


@strawberry.type
class Event:
    id: strawberry.ID
    type: str
    occurredAt: str  # noqa: N815 - as the graph shows it
    actor: str
    facts: list[Fact]


@strawberry.type
class Organisation:
    id: strawberry.ID
    name: str


@strawberry.type
class Case:
    id: strawberry.ID
    number: str
    title: str
    cause: str | None
    state: str
    version: int
    organisation: Organisation | None


@strawberry.type
class CaseUpdate:
    cursor: str
    event: Event
    case: Case | None


@strawberry.input
class CaseUpdateFilter:
    types: list[str] | None = None


@strawberry.type
class Query:
    nothing: str | None = None


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def caseUpdates(self, filter: CaseUpdateFilter | None = None) -> AsyncIterator[CaseUpdate]:  # noqa: A002, N802 - a field
        queue: asyncio.Queue[Any] = asyncio.Queue()
        QUEUES.add(queue)
        try:
            while True:
                update = await queue.get()
                if filter is None or not filter.types or update.event.type in filter.types:
                    yield update
        finally:
            QUEUES.discard(queue)


async def publish(request: Request) -> Response:
    """To every queue."""
    for line in (await request.body()).split(b"\n"):
        document = orjson.loads(line)
        update = _object(document["data"]["caseUpdates"])
        for queue in QUEUES:
            queue.put_nowait(update)
    return Response(b"{}", media_type="application/json")


def _object(value: Any) -> Any:
    if isinstance(value, dict):
        return SimpleNamespace(**{name: _object(inner) for name, inner in value.items()})
    return [_object(inner) for inner in value] if isinstance(value, list) else value


def application() -> Starlette:
    """One address on every transport, and where news is posted."""
    schema = strawberry.Schema(Query, subscription=Subscription)
    protocols = (GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL)
    graphql: Any = GraphQL(schema, subscription_protocols=protocols)
    published = Route("/publish", publish, methods=["POST"])
    return Starlette(routes=[published, Route("/graphql", graphql), WebSocketRoute("/graphql", graphql)])


async def serve(port: int) -> None:
    """Serve until ended."""
    config = uvicorn.Config(
        application(),
        host="127.0.0.1",
        port=port,
        lifespan="off",
        log_level="warning",
        ws_per_message_deflate=False,
        timeout_keep_alive=3600,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))
