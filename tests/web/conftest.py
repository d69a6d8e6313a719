"""A real uvicorn on a real socket, with a small application behind the endpoint's seam."""

import asyncio
import datetime as dt
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import orjson
import pytest
import uvicorn

from hub.errors import (
    BadSyntax,
    BadTicket,
    BadToken,
    Forbidden,
    MethodNotAllowed,
    TokenExpired,
    TooManyRequests,
    VersionConflict,
)
from hub.web.address import Address, address
from hub.web.body import Question
from hub.web.connections import HttpConnection, SocketConnection
from hub.web.contract import Backing, End, Frame, Reply, Stream
from hub.web.documents import error_document
from hub.web.http import Endpoint
from hub.web.server import HubServer


@dataclass(frozen=True)
class Limits:
    body_bytes: int = 4096
    body_seconds: float = 5.0
    json_depth: int = 64
    waiting_per_principal: int = 8
    deadline_seconds: float = 5.0
    answer_bytes: int = 100_000
    sockets: int = 1000
    sockets_per_principal: int = 1000
    init_seconds: float = 5.0
    operations_per_socket: int = 5
    messages_per_second: int = 1000
    frame_bytes: int = 4096
    heartbeat_seconds: float = 15.0
    stalled_seconds: float = 60.0
    ticket_seconds: float = 60.0
    warning_seconds: float = 60.0


class Counting:
    """A stream that counts to `most`; what `ready` it is told, a test calls. It knows what became of it."""

    def __init__(self, most: int, size: int = 0, *, held: bool = False) -> None:
        self.most = most
        self.size = size
        self.held = held
        self.ends = True
        self.given = 0
        self.closed = 0
        self.loop = asyncio.get_running_loop()
        self.ready: Callable[[], None] = lambda: None

    def attend(self, ready: Callable[[], None]) -> None:
        self.ready = ready

    def pull(self) -> Frame | End | None:
        if self.held:
            return None
        if self.given == self.most:
            return End() if self.ends else None
        self.given += 1
        pad = "x" * self.size
        return Frame(orjson.dumps({"data": {"n": self.given, "pad": pad} if pad else {"n": self.given}}), f"c{self.given}")

    def close(self) -> None:
        self.closed += 1

    def release(self, most: int, *, ends: bool = True) -> None:
        """Let it go on, from a test's thread."""
        self.most, self.held, self.ends = most, False, ends
        self.loop.call_soon_threadsafe(self.ready)


class Broken(Counting):
    """A stream that fails."""

    def pull(self) -> Frame | End | None:
        raise ValueError("370403199001011234")


class Refusing(Counting):
    """A stream that ends with an error after its first frame."""

    def pull(self) -> Frame | End | None:
        found = super().pull()
        return End(b'[{"message":"over"}]') if isinstance(found, End) else found


@dataclass
class Pocket:
    """Tickets in memory."""

    held: dict[str, tuple[str, str, dt.datetime]] = field(default_factory=dict)

    async def put(self, content: str, principal: str, until: dt.datetime) -> str:
        if sum(each[1] == principal for each in self.held.values()) >= 20:
            raise TooManyRequests(limit=20)
        name = f"ticket{len(self.held)}"
        self.held[name] = content, principal, until
        return name

    async def take(self, name: str) -> str:
        content, _, until = self.held.pop(name, ("", "", dt.datetime.min.replace(tzinfo=dt.UTC)))
        if until <= dt.datetime.now(dt.UTC):
            raise BadTicket
        return content


@dataclass
class Application:
    """Answers with what it was asked; a few words as the query make it behave otherwise."""

    asked: list[Question] = field(default_factory=list)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    cancelled: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go: threading.Event = field(default_factory=threading.Event)
    streams: list[Counting] = field(default_factory=list)
    expiries: dict[str, float] = field(default_factory=dict)
    counts: int | None = None
    """To what any subscription counts; 0: it is held until a test releases it."""

    def expires(self, viewer: Any) -> float:
        return self.expiries.get(viewer, 0)

    async def stream(self, question: Question, _: Any) -> Stream | None:
        """`stream <kind> <most> <size>` asks for one."""
        text = question.query or ""
        if text.startswith("subscription") and self.counts is not None:
            text = f"stream count {self.counts}" if self.counts else "stream held"
        kind, _, rest = text.partition(" ")
        if kind != "stream":
            return None
        self.asked.append(question)
        name, *numbers = rest.split()
        most, size = (*(int(number) for number in numbers), 0, 0)[:2]
        match name:
            case "forbidden":
                raise Forbidden(permission="news")
            case "slow":
                await self.wait()
        kinds: dict[str, Callable[[], Counting]] = {
            "broken": lambda: Broken(most),
            "refusing": lambda: Refusing(most, size),
            "held": lambda: Counting(most, size, held=True),
            "slow": lambda: Counting(most, size, held=True),
        }
        found = kinds.get(name, lambda: Counting(most, size))()
        self.streams.append(found)
        return found

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
            case "lines":
                return Reply(b'{"data":[1, \n 2,\r\n3]}')
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


@dataclass
class Clock:
    """The wall clock, so many seconds ahead."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass(frozen=True)
class Served:
    """A listening hub: its application, its clock, its address, a client for whole requests and sockets for broken ones."""

    application: Application
    clock: Clock
    address: Address
    server: uvicorn.Server
    port: int
    client: httpx2.Client

    @property
    def endpoint(self) -> Endpoint:
        return self.address.endpoint

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


@contextmanager
def serving() -> Iterator[Serve]:
    """Start hubs whose limits differ from the defaults where the test says so."""
    running: list[tuple[uvicorn.Server, threading.Thread, httpx2.Client]] = []

    def start(**limits: float) -> Served:
        application, clock = Application(), Clock()
        bounds = Limits(**limits)  # type: ignore[arg-type]
        backing = Backing(
            application.ask,
            application.identify,
            application.principal,
            application.stream,
            expires=application.expires,
            shelf=Pocket(),
            clock=clock,
        )
        app = address("/graphql", backing, limits=bounds, origins=("https://portal.example",))
        config = uvicorn.Config(
            app,
            port=0,
            lifespan="off",
            log_level="critical",
            server_header=False,
            access_log=False,
            http=HttpConnection,
            ws=SocketConnection,
            ws_per_message_deflate=False,
            ws_max_size=bounds.frame_bytes,
        )
        server = HubServer(config, "/graphql", listening=lambda _: None, ending=app.drain)
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=10)
        running.append((server, thread, client))
        return Served(application, clock, app, server, port, client)

    yield start
    for server, thread, client in running:
        client.close()
        server.should_exit = True
        server.force_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def serve() -> Iterator[Serve]:
    with serving() as start:
        yield start


@pytest.fixture
def hub(serve: Serve) -> Served:
    return serve()
