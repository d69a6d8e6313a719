"""What the composition hands to the transports, and what they take from it: bytes and callables, no noun."""

import datetime as dt
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from hub.errors import BadTicket, Unavailable
from hub.web.body import BodyLimits, Question


class Limits(BodyLimits, Protocol):
    """What a question on any transport costs at most: its turn, its time, its answer."""

    @property
    def waiting_per_principal(self) -> int: ...
    @property
    def deadline_seconds(self) -> float: ...
    @property
    def answer_bytes(self) -> int: ...


class StreamLimits(Limits, Protocol):
    """What connections that stay are bounded by; PROTOCOL.md says what each one means."""

    @property
    def sockets(self) -> int: ...
    @property
    def sockets_per_principal(self) -> int: ...
    @property
    def init_seconds(self) -> float: ...
    @property
    def operations_per_socket(self) -> int: ...
    @property
    def messages_per_second(self) -> int: ...
    @property
    def frame_bytes(self) -> int: ...
    @property
    def heartbeat_seconds(self) -> float: ...
    @property
    def stalled_seconds(self) -> float: ...
    @property
    def ticket_seconds(self) -> float: ...
    @property
    def warning_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a Question.

    `body` is the complete JSON document and goes to the socket untouched. `refused` marks a request error (no `data`
    key): `status` under application/graphql-response+json, 200 under application/json unless the status is HTTP's own.
    `codes` are the numbers of a refusal's errors, for the log.
    """

    body: bytes
    refused: bool = False
    status: int = 400
    headers: tuple[tuple[str, str], ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(slots=True)
class Frame:
    """One result of a stream: a complete GraphQL document, made once for all sockets that get it.

    `cursor` is where to resume after it (printable ASCII), where the stream has cursors. What a transport makes of it
    is made for the first who gets it, and shared too.
    """

    payload: bytes
    cursor: str = ""
    _message: bytes = field(default=b"", init=False, repr=False, compare=False)
    _event: bytes = field(default=b"", init=False, repr=False, compare=False)

    def message(self) -> bytes:
        """Of its WebSocket message what stands behind the operation's id and the word `type`."""
        if not self._message:
            self._message = b'"next","payload":%s}' % self.payload
        return self._message

    def event(self) -> bytes:
        """It as a server-sent event, named by its cursor: only for frames that have one."""
        if not self._event:
            self._event = event_of(self.payload, self.cursor.encode())
        return self._event


def event_of(payload: bytes, name: bytes) -> bytes:
    """A document as a server-sent event."""
    if b"\n" in payload or b"\r" in payload:
        # Between the tokens of a JSON text only: within strings they are escaped.
        payload = payload.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"id: %s\nevent: next\ndata: %s\n\n" % (name, payload)


@dataclass(frozen=True, slots=True)
class End:
    """The end of a stream: completed, or with `errors`, a JSON list of GraphQL errors."""

    errors: bytes = b""


class Stream(Protocol):
    """A subscription or a live query, from which the transport pulls as fast as its client reads.

    The transport never waits for a stream and never lets one wait: no method awaits, all are called on the event loop.
    Nothing is queued for a client that does not read, so what is dropped or read again later is the stream's decision.
    """

    def attend(self, ready: Callable[[], None]) -> None:
        """Called once, before all else. `ready` is to be called whenever `pull` has something after it had nothing,
        from the loop's thread; it writes to sockets that can take more and returns at once, whatever they do.
        """

    def pull(self) -> Frame | End | None:
        """What comes next; None when there is nothing yet. After an End it is not called again."""

    def close(self) -> None:
        """The client is gone or has completed: let go of everything. Not called after an End was pulled."""


Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

Ask = Callable[[Question, Any], Awaitable[Reply]]
"""Answers a question for a viewer; HubError when the whole of it fails."""
OpenStream = Callable[[Question, Any], Awaitable[Stream | Reply | None]]
"""The stream that a question asks for; None when it is to be asked instead. A Reply, or HubError, refuses it."""
Again = Callable[[Question, Any, "Stream"], Awaitable["Stream | Reply | None"]]
"""The stream that goes on in the place of one that an earlier backing opened, with nothing lost between; None where it
goes on itself. A Reply, or HubError, ends it.
"""
Identify = Callable[[str | None], Any]
"""The viewer of an Authorization header (None: the public); BadToken, TokenExpired."""
Principal = Callable[[Any, str], str]
"""Whose turn, socket or ticket it is, by the viewer and the client's address."""
Expires = Callable[[Any], float]
"""When a viewer's token expires, in seconds since 1970; 0 for never."""
Claims = Callable[[Any], Any]
"""What a viewer is known by, as JSON."""
Recall = Callable[[Any], Any]
"""The viewer of such claims as it is by now; BadToken where it is none any more."""
Current = Callable[[Any], Any]
"""The viewer as it is by now; BadToken where it is none any more. Asked for each request: it must be cheap."""


async def no_stream(_: Question, __: Any) -> Stream | Reply | None:
    """Nothing streams."""
    return None


async def as_before(_: Question, __: Any, ___: "Stream") -> "Stream | Reply | None":
    """What was opened goes on as it is."""
    return None


class Shelf(Protocol):
    """Where tickets wait until some process opens them."""

    async def put(self, content: str, principal: str, until: dt.datetime) -> str:
        """The ticket for the content. TooManyRequests at the principal's bound, Unavailable at that of all."""

    async def take(self, name: str) -> str:
        """What the ticket holds, once. BadTicket."""


class NoShelf:
    """Nobody is given a ticket."""

    async def put(self, content: str, principal: str, until: dt.datetime) -> str:
        """Nothing can be put here."""
        del content, principal, until
        raise Unavailable

    async def take(self, name: str) -> str:
        """There is none."""
        del name
        raise BadTicket


def itself(known: Any) -> Any:
    """Viewers never change, and are their own claims."""
    return known


def never(_: Any) -> float:
    """Nobody's token expires."""
    return 0


@dataclass(frozen=True, slots=True)
class Backing:
    """Everything behind the transports of one address. `clock` is the wall clock that tokens keep."""

    ask: Ask
    identify: Identify
    principal: Principal
    stream: OpenStream = no_stream
    again: Again = as_before
    expires: Expires = never
    claims: Claims = itself
    recall: Recall = itself
    current: Current = itself
    shelf: Shelf = field(default_factory=NoShelf)
    clock: Callable[[], float] = time.time
