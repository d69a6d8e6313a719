"""A real uvicorn on a real socket, with a small application behind the endpoint's seam."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
import pytest
import uvicorn

from hub.errors import BadSyntax, BadToken, Forbidden, MethodNotAllowed, TokenExpired, VersionConflict
from hub.web.http import Endpoint, Question, Reply, endpoint, error_document


@dataclass(frozen=True)
class Limits:
    body_bytes: int = 4096
    body_seconds: float = 5.0
    json_depth: int = 64
    waiting_per_principal: int = 8
    deadline_seconds: float = 5.0
    answer_bytes: int = 100_000


@dataclass
class Application:
    """Answers with what it was asked; a few words as the query make it behave otherwise."""

    asked: list[Question] = field(default_factory=list)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    cancelled: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go: threading.Event = field(default_factory=threading.Event)

    def identify(self, authorization: str | None) -> object:
        if authorization is None:
            return "public"
        if authorization == "Bearer old":
            raise TokenExpired
        scheme, _, name = authorization.partition(" ")
        if scheme != "Bearer" or name not in {"court", "agency"}:
            raise BadToken
        return name

    def principal(self, viewer: Any, address: str) -> str:
        return f"public {address}" if viewer == "public" else str(viewer)

    async def ask(self, question: Question, viewer: Any) -> Reply:
        self.asked.append(question)
        match question.query:
            case "{":
                return Reply(error_document(BadSyntax(reason="Expected Name")), refused=True)
            case "mutation{a}" if question.read_only:
                raise MethodNotAllowed
            case "forbidden":
                raise Forbidden(permission="schema.read", path=("a", 0))
            case "conflict":
                raise VersionConflict
            case "boom":
                raise ValueError("370403199001011234")
            case "boom inside":
                self.fall()
            case "timeout inside":
                raise TimeoutError
            case "cancelled inside":
                raise asyncio.CancelledError
            case "long":
                return Reply(b'{"data":"' + b"x" * 200_000 + b'"}')
            case "field error":
                return Reply(b'{"data":{"a":null},"errors":[{"message":"no","path":["a"]}]}')
            case "tasks":
                return Reply(orjson.dumps({"data": len(asyncio.all_tasks())}))
            case "wait":
                await self.wait()
        told = {
            "query": question.query,
            "operationName": question.operation_name,
            "variables": question.variables,
            "extensions": question.extensions,
            "readOnly": question.read_only,
            "viewer": viewer,
        }
        return Reply(orjson.dumps({"data": told}), headers=(("Server-Timing", "plan;dur=1"),))

    def fall(self) -> None:
        try:
            raise KeyError("13900001111")
        except KeyError as error:
            raise RuntimeError("shown to 13900001111") from error

    async def wait(self) -> None:
        self.begun.release()
        try:
            while not self.go.is_set():
                await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            self.cancelled.release()
            raise


@dataclass(frozen=True)
class Served:
    """A listening hub: its application, its endpoint, a client for whole requests and sockets for broken ones."""

    application: Application
    endpoint: Endpoint
    port: int
    client: httpx2.Client

    def post(self, query: object, **headers: str) -> httpx2.Response:
        return self.client.post("/graphql", json={"query": query}, headers=headers)

    def post_body(self, body: bytes, **headers: str) -> httpx2.Response:
        sent = {"content-type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        return self.client.post("/graphql", content=body, headers=sent)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def raw(self, *pieces: bytes) -> bytes:
        """What comes back for these bytes, read until the connection ends or a whole answer is there."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return read_answer(connection)


def read_answer(connection: socket.socket) -> bytes:
    received = b""
    while True:
        piece = connection.recv(65536)
        received += piece
        head, separator, body = received.partition(b"\r\n\r\n")
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")), None)
        if not piece or (separator and length is not None and len(body) >= length):
            return received


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a hub whose limits differ from the defaults where the test says so."""
    running: list[tuple[uvicorn.Server, threading.Thread, httpx2.Client]] = []

    def start(**limits: float) -> Served:
        application = Application()
        bounds = Limits(**limits)  # type: ignore[arg-type]
        app = endpoint(application.ask, application.identify, limits=bounds, principal=application.principal)
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, lifespan="off", log_level="critical", server_header=False, access_log=False
        )
        server = uvicorn.Server(config)
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)
        running.append((server, thread, client))
        return Served(application, app, port, client)

    yield start
    for server, thread, client in running:
        client.close()
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def hub(serve: Serve) -> Served:
    return serve()
