"""The messages of graphql-transport-ws: what a client may say, and what closes its socket."""

from collections.abc import Mapping
from typing import Any

import orjson

from hub.errors import BadBody, BadToken
from hub.web.body import Question, parse_json, question_of

ACK = b'{"type":"connection_ack"}'
PONG = b'{"type":"pong"}'
LONGEST_ID = 128
KINDS = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})
"""What a client may send."""


class Closed(Exception):
    """The socket is closed, with a code of PROTOCOL.md and a reason that quotes nobody."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


def too_big() -> Closed:
    """A message over its bound."""
    return Closed(1009, "Message too big")


def invalid() -> Closed:
    """A message that is none."""
    return Closed(4400, "Invalid message")


def unauthorized() -> Closed:
    """A bad token, or none where one has to come first."""
    return Closed(4401, "Unauthorized")


def token_expired() -> Closed:
    """A good token whose time is over: clients get another one and come back."""
    return Closed(4403, "Token expired")


def disconnected() -> Closed:
    """Somebody who may has ended it: no client comes back by itself."""
    return Closed(1008, "Disconnected")


def read(received: Mapping[str, Any], *, longest: int, depth: int) -> dict[str, Any]:
    """The message in a frame: a JSON object of a known type. Raises Closed (4400, 1009)."""
    text = received.get("text")
    if text is None:
        raise invalid()
    document = text.encode()
    if len(document) > longest:
        raise too_big()
    try:
        message = parse_json(document, depth)
    except BadBody:
        raise invalid() from None
    if type(message) is not dict or type(message.get("type")) is not str or message["type"] not in KINDS:
        raise invalid()
    return message


def id_of(message: Mapping[str, Any]) -> str:
    """The id of an operation. Raises Closed (4400)."""
    found = message.get("id")
    if type(found) is not str or not 0 < len(found) <= LONGEST_ID:
        raise invalid()
    return found


def payload_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """The payload, empty where there is none. Raises Closed (4400) where it is no object."""
    payload = message.get("payload")
    if payload is None:
        return {}
    if type(payload) is not dict:
        raise invalid()
    return payload


def question_in(message: Mapping[str, Any]) -> Question:
    """What a `subscribe` asks. Raises Closed (4400)."""
    try:
        return question_of(message.get("payload"), read_only=False)
    except BadBody:
        raise invalid() from None


def authorization_in(payload: Mapping[str, Any]) -> str | None:
    """The Authorization that a payload holds; None without one. Raises BadToken for one that is no text."""
    bare = payload.get("token")
    if bare is not None:
        return f"Bearer {_text(bare)}"
    found = payload.get("authorization", payload.get("Authorization"))
    return None if found is None else _text(found)


def ack(expires: float) -> bytes:
    """The acknowledgement; it tells a token's end."""
    return b'{"type":"connection_ack","payload":{"exp":%d}}' % expires if expires else ACK


def warning(expires: float) -> bytes:
    """Says when the token expires."""
    return b'{"type":"ping","payload":{"exp":%d}}' % expires


def pong(payload: object) -> bytes:
    """The answer to a ping, with the same payload."""
    return PONG if payload is None else b'{"type":"pong","payload":' + orjson.dumps(payload) + b"}"


def renewed(expires: float) -> bytes:
    """The answer to a ping with a token."""
    return b'{"type":"pong","payload":{"exp":%d}}' % expires


def _text(value: object) -> str:
    if type(value) is not str:
        raise BadToken
    return value
