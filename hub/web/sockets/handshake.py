"""The door of the WebSocket address: which pages may come in, how many, and in which language."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from hub.errors import ForeignOrigin, HubError
from hub.web.asking import Asking
from hub.web.body import Receive
from hub.web.connections import WIRE
from hub.web.contract import Scope, Send
from hub.web.crowd import Crowd
from hub.web.documents import error_document
from hub.web.http import address_of
from hub.web.media import JSON
from hub.web.sockets.session import Session

SUBPROTOCOL = "graphql-transport-ws"
"""The only one: where the older protocol is offered, some clients choose it and their queries fail."""


class Sockets:
    """The ASGI application of one address's WebSockets. `origins` are those of other sites' pages that may connect."""

    __slots__ = ("_asking", "_crowd", "origins")

    def __init__(self, asking: Asking, crowd: Crowd, origins: Iterable[str] = ()) -> None:
        self._asking = asking
        self._crowd = crowd
        self.origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One WebSocket, from its handshake to its close."""
        await receive()
        heads = {name: value.decode("latin-1") for name, value in scope["headers"]}
        session = Session(
            self._asking,
            self._crowd,
            scope["extensions"][WIRE],
            header=heads.get(b"authorization"),
            address=address_of(scope),
        )
        try:
            self._check_origin(heads.get(b"origin"), heads.get(b"host", ""))
            self._crowd.enter(session)
        except HubError as error:
            await _refuse(send, error)
            return
        try:
            await self._welcome(session, scope, receive, send)
        finally:
            self._crowd.leave(session)

    async def _welcome(self, session: Session, scope: Scope, receive: Receive, send: Send) -> None:
        if SUBPROTOCOL not in scope["subprotocols"]:
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        await session.run(receive)

    def _check_origin(self, origin: str | None, host: str) -> None:
        """Browsers say whose page connects, programs say nothing. Raises ForeignOrigin (HUB-407)."""
        if origin is None or origin in self.origins:
            return
        try:
            own = bool(host) and urlsplit(origin).netloc.lower() == host.lower()
        except ValueError:
            own = False
        if not own:
            raise ForeignOrigin


async def _refuse(send: Send, error: HubError) -> None:
    body = error_document(error)
    headers = [
        (b"content-type", JSON),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
