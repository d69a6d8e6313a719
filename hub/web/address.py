"""One GraphQL address on every transport: HTTP, server-sent events, WebSocket, and its tickets."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hub.web.asking import Asking
from hub.web.body import Receive
from hub.web.contract import Backing, Scope, Send, StreamLimits
from hub.web.crowd import Crowd
from hub.web.http import Endpoint
from hub.web.sockets.handshake import Sockets
from hub.web.sse import Events
from hub.web.ticketing import Tickets
from hub.web.turns import Turns

TICKET = "/ticket"
"""Where tickets are given, below the address."""


@dataclass(frozen=True, slots=True)
class Address:
    """The ASGI application of one GraphQL address; everything beside it is somebody else's."""

    path: str
    endpoint: Endpoint
    tickets: Endpoint
    giving: Tickets
    sockets: Sockets
    crowd: Crowd

    def serves(self, scope: Scope) -> bool:
        """Whether this request or socket is for this address."""
        path = scope.get("path")
        return path == self.path or (path == self.path + TICKET and scope["type"] == "http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or keep one socket."""
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
        elif scope["path"] == self.path:
            await self.endpoint(scope, receive, send)
        else:
            await self.tickets(scope, receive, send)

    def drain(self) -> None:
        """The process ends: sockets and streams are told to come back elsewhere."""
        self.crowd.drain()

    def revise(self) -> None:
        """Viewers may be others by now."""
        self.crowd.revise()

    def become(self, backing: Backing, limits: StreamLimits, origins: Iterable[str]) -> None:
        """Answer by another backing from now on; connections stay, and so does what is under way. See `reload`."""
        asking, tickets, turns = self.endpoint.asking, self.tickets.asking, self.endpoint.asking.turns
        asking.backing, asking.limits = backing, limits
        tickets.backing, tickets.limits = replace(backing, ask=self.giving.give), limits
        self.crowd.limits, self.sockets.origins = limits, frozenset(origins)
        turns.limit = limits.waiting_per_principal

    async def reload(self) -> None:
        """Streams that an earlier backing opened go on with this one."""
        await self.crowd.reload()


def address(
    path: str,
    backing: Backing,
    *,
    limits: StreamLimits,
    turns: Turns | None = None,
    crowd: Crowd | None = None,
    origins: Iterable[str] = (),
) -> Address:
    """The address at a path. `origins` are those of other sites' pages that may open WebSockets."""
    turns = turns or Turns(limits.waiting_per_principal)
    asking = Asking(backing, limits, turns)
    crowd = Crowd(limits, backing.clock) if crowd is None else crowd
    tickets = Tickets(asking)
    events = Events(asking, crowd, tickets)
    giving = Asking(replace(backing, ask=tickets.give), limits, turns)
    sockets = Sockets(asking, crowd, origins)
    return Address(path, Endpoint(asking, events), Endpoint(giving), tickets, sockets, crowd)
