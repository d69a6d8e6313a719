"""GraphQL over HTTP: one request in, one JSON document out, whatever happens between."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Protocol

import orjson
import structlog

from hub.errors import AnswerTooLarge, BadBody, Deadline, HubError, MethodNotAllowed
from hub.logs import failure
from hub.web.body import BodyLimits, ClientLeft, Incoming, Question, Receive, asked_by_get, posted, read_body
from hub.web.media import GRAPHQL, JSON, answer_media, check_sent
from hub.web.turns import Turns, WhileClientStays

__all__ = ["Ask", "Endpoint", "Identify", "Limits", "Principal", "Question", "Reply", "endpoint", "error_document"]


class Limits(BodyLimits, Protocol):
    """What the endpoint bounds: the request, its turn, its time, its answer."""

    @property
    def waiting_per_principal(self) -> int: ...
    @property
    def deadline_seconds(self) -> float: ...
    @property
    def answer_bytes(self) -> int: ...


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


Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

Ask = Callable[[Question, Any], Awaitable[Reply]]
Identify = Callable[[str | None], Any]
Principal = Callable[[Any, str], str]

_READ = frozenset({b"accept", b"authorization", b"content-encoding", b"content-length", b"content-type"})
# Refusals that are HTTP's own keep their status under application/json; those of the GraphQL request are 200 there.
_OF_HTTP = frozenset({401, 403, 404, 405, 406, 408, 413, 415, 429, 500, 502, 503})
# After these the rest of the body may still be on its way: the connection ends with the answer.
_UNREAD = frozenset({401, 403, 405, 406, 408, 413, 415})
# Who drips is not waited for any longer.
_DRAINED = _UNREAD - {408}
_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept, Authorization"),
]
_HINTS: dict[int, Headers] = {
    401: [(b"www-authenticate", b"Bearer")],
    429: [(b"retry-after", b"1")],
}
_METHODS = b"GET, POST, OPTIONS"

log: Any = structlog.get_logger("hub.web")


def endpoint(
    ask: Ask, identify: Identify, *, limits: Limits, principal: Principal, turns: Turns | None = None
) -> "Endpoint":
    """The ASGI application of one GraphQL address.

    `identify` turns the Authorization header (None: the public) into a viewer or raises BadToken / TokenExpired;
    `principal` names whose turn a request takes, from the viewer and the client's address; `turns` may be shared with
    other transports.
    """
    return Endpoint(ask, identify, limits, principal, turns or Turns(limits.waiting_per_principal))


def error_document(errors: HubError | Sequence[HubError], *, request_id: str | None = None) -> bytes:
    """A GraphQL document of errors only: `message`, `path` where there is one, `extensions: {code, hub}`."""
    listed = [errors] if isinstance(errors, HubError) else errors
    return orjson.dumps({"errors": [error.entry(request_id) for error in listed]})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One GraphQL address: reads, waits its turn, asks, answers; the only place that turns errors into statuses."""

    ask: Ask
    identify: Identify
    limits: Limits
    principal: Principal
    turns: Turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI)."""
        request_id = token_hex(8)
        structlog.contextvars.bind_contextvars(request=request_id)
        method: str = scope["method"]
        if method == "OPTIONS":
            await _send(send, 204, [(b"allow", _METHODS), *_ALWAYS], b"", None)
            return
        media = JSON
        incoming = Incoming(receive)
        try:
            heads = _heads(scope["headers"])
            media = answer_media(heads.get(b"accept"))
            reply = await self._reply(method, scope, heads, incoming)
            status = _status(reply, media)
            if reply.refused:
                log.info("request refused", code=", ".join(dict.fromkeys(reply.codes)), status=status)
        except ClientLeft:
            return
        except HubError as error:
            reply = _refusal(error, request_id)
            # A body that is no request at all is HTTP's matter, although it shares its status with bad documents.
            status = error.status if isinstance(error, BadBody) else _status(reply, media)
        except (Exception, asyncio.CancelledError) as error:
            if _is_cancelled():
                raise
            _log_failure(error)
            reply, status = Reply(error_document(HubError(), request_id=request_id)), 500
        head = [(b"content-type", media), (b"x-request-id", request_id.encode()), *_ALWAYS]
        await _send(send, status, [*head, *_hints(status, method), *_encoded(reply.headers)], reply.body, incoming)

    async def _reply(self, method: str, scope: Scope, heads: dict[bytes, bytes], receive: Receive) -> Reply:
        if method not in ("POST", "GET"):
            raise MethodNotAllowed
        if method == "POST":
            check_sent(heads.get(b"content-type"), heads.get(b"content-encoding"))
        token = heads.get(b"authorization")
        viewer = self.identify(None if token is None else token.decode("latin-1"))
        body = await read_body(receive, heads.get(b"content-length"), self.limits)
        if method == "POST":
            question = posted(body, self.limits)
        else:
            question = asked_by_get(scope["query_string"], self.limits)
        with WhileClientStays(receive):
            return await self._in_turn(question, viewer, _address(scope))

    async def _in_turn(self, question: Question, viewer: Any, address: str) -> Reply:
        """Wait and work, both under one deadline."""
        principal = self.principal(viewer, address)
        try:
            async with asyncio.timeout(self.limits.deadline_seconds) as deadline:
                await self.turns.enter(principal)
                try:
                    return await self._answer(question, viewer)
                finally:
                    self.turns.leave(principal)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Deadline(limit=f"{self.limits.deadline_seconds:g}") from None

    async def _answer(self, question: Question, viewer: Any) -> Reply:
        reply = await self.ask(question, viewer)
        if len(reply.body) > self.limits.answer_bytes:
            raise AnswerTooLarge(limit=self.limits.answer_bytes)
        return reply


def _heads(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers that matter here; repeated ones joined, so that a second Authorization spoils the first."""
    found: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name in _READ:
            found[name] = found[name] + b", " + value if name in found else value
    return found


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _status(reply: Reply, media: bytes) -> int:
    if not reply.refused:
        return 200
    return reply.status if media is GRAPHQL or reply.status in _OF_HTTP else 200


def _hints(status: int, method: str) -> Headers:
    hints = _HINTS.get(status, [])
    if status == 405:
        hints = [(b"allow", b"POST" if method == "GET" else _METHODS)]
    return [*hints, (b"connection", b"close")] if status in _UNREAD else hints


def _encoded(headers: tuple[tuple[str, str], ...]) -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _send(send: Send, status: int, headers: Headers, body: bytes, incoming: Incoming | None) -> None:
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if incoming is not None and status in _DRAINED and not incoming.ended:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await incoming.drain()
        body = b""
    await send({"type": "http.response.body", "body": body})


def _refusal(error: HubError, request_id: str) -> Reply:
    if error.status != 500:
        log.info("request refused", code=error.code, status=error.status)
        return Reply(error_document(error), refused=True, status=error.status)
    _log_failure(error)
    return Reply(error_document(error, request_id=request_id), refused=True, status=500)


def _is_cancelled() -> bool:
    """Whether the server itself is ending this request, rather than something that the request used."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _log_failure(error: BaseException) -> None:
    log.error("request failed", failure=failure(error))
