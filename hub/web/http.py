"""GraphQL over HTTP: one request in, one JSON document out, whatever happens between."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

import structlog

from hub.errors import BadBody, HubError, MethodNotAllowed, NotAcceptable
from hub.logs import failure
from hub.web.answers import alone
from hub.web.asking import Asking, is_cancelled
from hub.web.body import ClientLeft, Incoming, Question, asked_by_get, posted, read_body
from hub.web.contract import Headers, Reply, Scope, Send
from hub.web.documents import error_document
from hub.web.media import EVENTS, GRAPHQL, JSON, answer_media, check_sent
from hub.web.sse import Events
from hub.web.streaming import EventStream
from hub.web.turns import WhileClientStays

_READ = frozenset(
    {b"accept", b"authorization", b"content-encoding", b"content-length", b"content-type", b"last-event-id"}
)
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


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One GraphQL address: reads, asks, answers; the only place that turns errors into statuses."""

    asking: Asking
    events: Events | None = None

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
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
            outcome = await self._outcome(method, scope, heads, incoming, media)
            if isinstance(outcome, EventStream):
                await outcome.run(scope, incoming, send, _head(EVENTS, request_id))
                return
            reply, status = outcome, _status(outcome, media)
            if reply.refused:
                log.info("request refused", code=", ".join(dict.fromkeys(reply.codes)), status=status)
        except ClientLeft:
            return
        except HubError as error:
            reply = _refusal(error, request_id)
            # A body that is no request at all is HTTP's matter, although it shares its status with bad documents.
            status = error.status if isinstance(error, BadBody) else _status(reply, media)
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled():
                raise
            _log_failure(error)
            reply, status = Reply(error_document(HubError(), request_id=request_id)), 500
        body = reply.body
        if media is EVENTS:
            # Clients of streams read the body of a 200 only, and as events.
            media, body = (EVENTS, alone(body)) if status == 200 else (JSON, body)
        head = [*_head(media, request_id), *_hints(status, method), *_encoded(reply.headers)]
        await _send(send, status, head, body, incoming)

    async def _outcome(
        self, method: str, scope: Scope, heads: dict[bytes, bytes], incoming: Incoming, media: bytes
    ) -> Reply | EventStream:
        if method not in ("POST", "GET"):
            raise MethodNotAllowed
        if method == "POST":
            check_sent(heads.get(b"content-type"), heads.get(b"content-encoding"))
        if media is EVENTS and self.events is None:
            raise NotAcceptable
        question, viewer = await self._asked(method, scope, heads, incoming, media)
        principal = self.asking.backing.principal(viewer, address_of(scope))
        with WhileClientStays(incoming):
            if media is EVENTS and self.events is not None:
                return await self.events.open(question, viewer, principal, last=heads.get(b"last-event-id"))
            return await self.asking.reply(question, viewer, principal)

    async def _asked(
        self, method: str, scope: Scope, heads: dict[bytes, bytes], incoming: Incoming, media: bytes
    ) -> tuple[Question, Any]:
        """What is asked, and by whom: who has a bad token is not read any further."""
        if media is EVENTS and method == "GET" and self.events is not None:
            kept = await self.events.ticket(scope["query_string"])
            if kept is not None:
                await read_body(incoming, heads.get(b"content-length"), self.asking.limits)
                return kept
        token = heads.get(b"authorization")
        viewer = self.asking.backing.identify(None if token is None else token.decode("latin-1"))
        body = await read_body(incoming, heads.get(b"content-length"), self.asking.limits)
        if method == "POST":
            return posted(body, self.asking.limits), viewer
        return asked_by_get(scope["query_string"], self.asking.limits), viewer


def address_of(scope: Scope) -> str:
    """The client's address, without its port."""
    client = scope.get("client")
    return client[0] if client else ""


def _heads(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers that matter here; repeated ones joined, so that a second Authorization spoils the first."""
    found: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name in _READ:
            found[name] = found[name] + b", " + value if name in found else value
    return found


def _head(media: bytes, request_id: str) -> Headers:
    return [(b"content-type", media), (b"x-request-id", request_id.encode()), *_ALWAYS]


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


def _log_failure(error: BaseException) -> None:
    log.error("request failed", failure=failure(error))
