"""uvicorn's connections, with what ASGI lacks: a frame written without waiting, a write that is given up."""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

WIRE = "hub.wire"
"""The ASGI extension under which a WebSocket's scope holds its SocketConnection."""
ABORT = "hub.abort"
"""The ASGI extension under which an HTTP request's scope holds what closes its connection at once."""

_TEXT = 0x81


class HttpConnection(HttpToolsProtocol):
    """An HTTP connection whose application can give up a client that takes nothing."""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {ABORT: self.transport.abort}


class SocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket that is written to without waiting.

    `await send` in a broadcast would let one client that stopped reading stop all others; here the writer sees
    `blocked`, keeps what is next to itself, and hears when the connection can take more.
    """

    blocked = False
    _room: Callable[[], None] | None = None
    _leave: Callable[[], None] | None = None
    _patience = 0.0
    _left = 0
    _watch: asyncio.TimerHandle | None = None

    async def run_asgi(self) -> None:
        """Run the application with this connection in its scope."""
        scope: Any = self.scope
        scope["extensions"][WIRE] = self
        await super().run_asgi()

    def attend(self, room: Callable[[], None], leave: Callable[[], None], *, patience: float) -> None:
        """`room` is called when the connection can take more or is lost, `leave` when the process ends; one that takes
        nothing of what waits for `patience` seconds is closed.
        """
        self._room, self._leave, self._patience = room, leave, patience

    @property
    def gone(self) -> bool:
        """Whether nothing that is written arrives any more."""
        return self.close_sent or self.disconnected or self.transport.is_closing()

    def write(self, *pieces: bytes) -> None:
        """One text frame; several pieces, so that what many sockets get is not copied for each. Never waits."""
        if self.gone:
            return
        size = sum(map(len, pieces))
        if size < 126:
            head = bytes((_TEXT, size))
        elif size < 65536:
            head = bytes((_TEXT, 126)) + size.to_bytes(2, "big")
        else:
            head = bytes((_TEXT, 127)) + size.to_bytes(8, "big")
        self.transport.writelines((head, *pieces))

    def finish(self, code: int, reason: str) -> None:
        """Close, once what was written is away; the application's `receive` ends."""
        if self.gone:
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            # The answer to the close frame must be read.
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.abort)

    def pause_writing(self) -> None:
        """The connection holds as much as it may."""
        super().pause_writing()
        self.blocked = True
        if self._patience:
            self._left = self.transport.get_write_buffer_size()
            self._watch = self.loop.call_later(self._patience, self._look)

    def resume_writing(self) -> None:
        """The connection can take more."""
        super().resume_writing()
        self._free()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        super().connection_lost(exc)
        self._free()
        self._room = self._leave = None

    def handle_ping(self) -> None:
        """Answer a ping of the WebSocket protocol; who sends pings and reads nothing gets no answers to queue up."""
        if self.blocked:
            self.conn.data_to_send()
        else:
            super().handle_ping()

    def keepalive_timeout(self) -> None:
        """The client answers no pings: what still waits for it would wait for ever."""
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        """The process ends: what is under way here is answered first."""
        if self._leave is None or self.gone:
            super().shutdown()
        else:
            self._leave()

    def _free(self) -> None:
        self.blocked = False
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._room is not None:
            self._room()

    def _look(self) -> None:
        """Give the client up if it took nothing meanwhile."""
        left = self.transport.get_write_buffer_size()
        if left >= self._left:
            self._watch = None
            self.transport.abort()
            return
        self._left = left
        self._watch = self.loop.call_later(self._patience, self._look)
