"""uvicorn's connections, with what ASGI lacks: a frame written without waiting, a write that is given up."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

WIRE = "hub.wire"
"""The ASGI extension under which a WebSocket's scope holds its SocketConnection."""
CHUNKS = "hub.chunks"
"""The ASGI extension under which an HTTP request's scope holds its HttpConnection."""
PATIENCE = "hub.patience"
"""The ASGI extension under which an HTTP request's scope holds what bounds the wait for its client, in seconds."""

_TEXT = 0x81


class Patience:
    """Closes a connection whose client takes nothing of what waits for it; one that takes little is waited for."""

    __slots__ = ("_left", "_loop", "_seconds", "_timer", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._transport = transport
        self._loop = loop
        self._seconds = seconds
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """The connection holds as much as it may."""
        self.end()
        self._left = self._transport.get_write_buffer_size()
        self._timer = self._loop.call_later(self._seconds, self._look)

    def end(self) -> None:
        """It can take more, or is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._transport.get_write_buffer_size() >= self._left:
            self._transport.abort()
        else:
            self.begin()


class HttpConnection(HttpToolsProtocol):
    """An HTTP connection whose application can bound the wait for a client that takes nothing."""

    _patience: Patience | None = None

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        scope: Any = self.scope
        scope["extensions"] = {PATIENCE: self.be_patient, CHUNKS: self}

    @property
    def blocked(self) -> bool:
        """Whether it takes nothing at the moment, or never again."""
        return self.flow.write_paused or self.transport.is_closing()

    def write_chunk(self, piece: bytes) -> None:
        """A piece of a body that was begun as one of many. Never waits."""
        self.transport.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def be_patient(self, seconds: float) -> None:
        """From now on, close the connection when its client takes nothing for so long."""
        self._patience = Patience(self.transport, self.loop, seconds)

    def pause_writing(self) -> None:
        """The connection holds as much as it may."""
        super().pause_writing()
        if self._patience is not None:
            self._patience.begin()

    def resume_writing(self) -> None:
        """The connection can take more."""
        super().resume_writing()
        if self._patience is not None:
            self._patience.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        if self._patience is not None:
            self._patience.end()
        super().connection_lost(exc)


class SocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket that is written to without waiting.

    `await send` in a broadcast would let one client that stopped reading stop all others; here the writer sees
    `blocked`, keeps what is next to itself, and hears when the connection can take more.
    """

    blocked = False
    _room: Callable[[], None] | None = None
    _leave: Callable[[], None] | None = None
    _patience: Patience | None = None

    async def run_asgi(self) -> None:
        """Run the application with this connection in its scope."""
        scope: Any = self.scope
        scope["extensions"][WIRE] = self
        await super().run_asgi()

    def attend(self, room: Callable[[], None], leave: Callable[[], None], *, patience: float) -> None:
        """`room` is called when the connection can take more or is lost, `leave` when the process ends; one that takes
        nothing of what waits for `patience` seconds is closed.
        """
        self._room, self._leave = room, leave
        self._patience = Patience(self.transport, self.loop, patience)

    @property
    def gone(self) -> bool:
        """Whether nothing that is written arrives any more."""
        return self.close_sent or self.disconnected or self.transport.is_closing()

    def write(self, *pieces: bytes) -> None:
        """One text frame; several pieces, so that what many sockets get is not copied for each. Never waits."""
        if not self.gone:
            self.transport.writelines((_start(sum(map(len, pieces))), *pieces))

    def write_each(self, head: bytes, messages: Sequence[bytes]) -> None:
        """A text frame of `head` and each message, all at once. Never waits."""
        # `gone`, written out: this runs for each frame of each socket.
        if self.close_sent or self.disconnected or self.transport.is_closing():
            return
        pieces: list[bytes] = []
        for message in messages:
            size = len(head) + len(message)
            pieces += (b"\x81\x7e" + size.to_bytes(2, "big") if 126 <= size < 65536 else _start(size), head, message)
        self.transport.writelines(pieces)

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
        if self._patience is not None:
            self._patience.begin()

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
        if self._patience is not None:
            self._patience.end()
        if self._room is not None:
            self._room()


def _start(size: int) -> bytes:
    """How a text frame of this size begins."""
    if size < 126:
        return bytes((_TEXT, size))
    if size < 65536:
        return bytes((_TEXT, 126)) + size.to_bytes(2, "big")
    return bytes((_TEXT, 127)) + size.to_bytes(8, "big")
