"""A request read whole under a bound and turned into a Question, from a POST's body or a GET's parameters."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qsl

import orjson

from hub.errors import BadBody, BodyTooLarge, RequestTimeout

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_PARAMETERS = frozenset({"query", "operationName", "variables", "extensions"})
_MAX_PARAMETERS = 64
_DRAINED_BYTES = 16 * 1024 * 1024
_DRAINED_SECONDS = 2.0
# Possessive throughout, and an unclosed string runs to the end: no input makes it look at a byte twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)', re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_OPENING = frozenset(b"[{")


class BodyLimits(Protocol):
    """The bounds of what is read: bytes, levels of JSON, seconds."""

    @property
    def body_bytes(self) -> int: ...
    @property
    def body_seconds(self) -> float: ...
    @property
    def json_depth(self) -> int: ...


class ClientLeft(Exception):
    """The client closed its connection: there is nobody to answer."""


class Incoming:
    """The messages of one request (ASGI); knows whether its body was read to the end."""

    __slots__ = ("_receive", "ended")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.ended = False

    async def __call__(self) -> MutableMapping[str, Any]:
        """The next message."""
        message = await self._receive()
        self.ended = not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Read on without keeping anything, up to a bound.

        A connection that is closed on a client that still sends is reset, and many clients then never read the refusal.
        """
        left = _DRAINED_BYTES
        try:
            async with asyncio.timeout(_DRAINED_SECONDS):
                while not self.ended and left > 0:
                    left -= len((await self()).get("body", b""))
        except TimeoutError:
            return


@dataclass(frozen=True, slots=True)
class Question:
    """One GraphQL request as read from any transport.

    `query` is absent only where `extensions` name a document that the hub already knows.
    `read_only` marks a GET: queries may run, mutations may not. `socket` marks what came over a WebSocket. `principal`
    is who asks for a stream.
    """

    query: str | None
    operation_name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]
    read_only: bool
    socket: bool = False
    principal: str = ""


async def read_body(receive: Receive, declared: bytes | None, limits: BodyLimits) -> bytes:
    """The whole body, refused as soon as its declared or its actual size passes the bound.

    Raises BodyTooLarge (HUB-102), RequestTimeout (HUB-115), ClientLeft.
    """
    if declared is not None and declared.isdigit() and _exceeds(declared, limits.body_bytes):
        raise BodyTooLarge(limit=limits.body_bytes)
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _read(receive, limits.body_bytes)
    except TimeoutError:
        raise RequestTimeout(limit=f"{limits.body_seconds:g}") from None


def posted(body: bytes, limits: BodyLimits) -> Question:
    """The Question of a POST: one JSON object in UTF-8. Unknown members are ignored. Raises BadBody (HUB-101)."""
    return question_of(parse_json(body, limits.json_depth), read_only=False)


def asked_by_get(query_string: bytes, limits: BodyLimits) -> Question:
    """The Question of a GET: `variables` and `extensions` are JSON, an empty parameter is an absent one.

    Raises BadBody (HUB-101), BodyTooLarge (HUB-102).
    """
    if len(query_string) > limits.body_bytes:
        raise BodyTooLarge(limit=limits.body_bytes)
    members: dict[str, Any] = dict(_parameters(query_string))
    for name in ("variables", "extensions"):
        if name in members:
            members[name] = parse_json(members[name].encode(), limits.json_depth)
    return question_of(members, read_only=True)


def nested_too_deeply(document: bytes, limit: int) -> bool:
    """Whether the brackets of a JSON text outside its strings nest deeper than `limit`; linear, without parsing."""
    if document.count(b"[") + document.count(b"{") <= limit:
        return False
    depth = 0
    for bracket in _STRING.sub(b"", document).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in _OPENING else -1
        if depth > limit:
            return True
    return False


def parse_json(document: bytes, depth: int) -> object:
    """The JSON value, at most so deep. Raises BadBody (HUB-101).

    orjson refuses what is not strict UTF-8, NaN, infinities and lone surrogates.
    """
    if nested_too_deeply(document, depth):
        raise BadBody
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError:
        # Not chained: the decoder's error carries the document, and with it personal values.
        raise BadBody from None


def question_of(members: object, *, read_only: bool) -> Question:
    """The Question that a JSON value is: unknown members are ignored. Raises BadBody (HUB-101)."""
    if type(members) is not dict:
        raise BadBody
    query = _text(members.get("query"))
    extensions = _object(members.get("extensions"))
    if query is None and not extensions:
        raise BadBody
    return Question(
        query,
        _text(members.get("operationName")),
        _object(members.get("variables")),
        extensions,
        read_only,
    )


async def _read(receive: Receive, limit: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise BodyTooLarge(limit=limit)
        pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _exceeds(digits: bytes, limit: int) -> bool:
    # Python refuses to convert thousands of digits; a number that long is too large whatever it says.
    return len(digits) > 18 or int(digits) > limit


def _parameters(query_string: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), encoding="utf-8", errors="strict", max_num_fields=_MAX_PARAMETERS
        )
    except ValueError:
        raise BadBody from None
    known = [(name, value) for name, value in pairs if name in _PARAMETERS]
    if len({name for name, _ in known}) != len(known):
        raise BadBody
    return dict(known)


def _text(value: object) -> str | None:
    if value is None or type(value) is str:
        return value
    raise BadBody


def _object(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    if type(value) is dict:
        return value
    raise BadBody
