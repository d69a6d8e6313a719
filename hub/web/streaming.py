"""One event stream: an operation's results, written as fast as its client reads, for as long as it may see them."""

import asyncio
from typing import Any

import structlog

from hub.errors import AccessError, Disconnected, HubError, TokenExpired
from hub.web.answers import COMPLETE, Last, Names, Single
from hub.web.asking import Asking
from hub.web.body import Question, Receive
from hub.web.connections import CHUNKS, PATIENCE
from hub.web.contract import Frame, Reply, Scope, Send, Stream
from hub.web.crowd import Crowd, Seen
from hub.web.documents import error_document
from hub.web.life import Life

RETRY = b"retry: 2000\n\n"
BEAT = b":\n\n"
AT_ONCE = 16
"""Times that something is written before others get their turn on the event loop."""
AT_ONCE_BYTES = 16 * 1024
"""What is written at once of events that wait together."""

log: Any = structlog.get_logger("hub.web")


class EventStream:
    """One client. `run` is its only task; what it waits for is something to write, a beat, or the end."""

    __slots__ = (
        "_again",
        "_asked",
        "_asking",
        "_beat",
        "_beats",
        "_connection",
        "_crowd",
        "_life",
        "_names",
        "_over",
        "_stream",
        "_viewer",
        "_wake",
    )

    def __init__(self, asking: Asking, crowd: Crowd, asked: Question, viewer: Any) -> None:
        self._asking = asking
        self._asked = asked
        self._crowd = crowd
        self._viewer = viewer
        self._stream: Stream | None = None
        self._over = False
        self._beats = False
        self._names = Names()
        self._connection: Any = None
        self._again: asyncio.Task[None] | None = None
        self._wake: asyncio.Future[None] | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._life = Life(asking.backing.clock, self._expired, _tell_nobody)

    def attend(self, stream: Stream) -> None:
        """What it gives, for as long as its viewer may see it."""
        self._stream = stream
        stream.attend(self._ready)
        self._life.until(self._asking.backing.expires(self._viewer), warned=0)
        # Somebody else by now, or nobody: it was asked for before that was known.
        self.revise()

    def drain(self) -> None:
        """End without `complete`: the client opens the stream again."""
        self._over = True
        self._ready()

    def revise(self) -> None:
        """Go on as what the viewer is by now; one that is none any more is told so, as the last word."""
        if self._stream is None:
            # The stream itself had the last word, or is yet to be attended.
            return
        try:
            self._viewer = self._asking.backing.current(self._viewer)
        except AccessError as error:
            self._end_with(error)
            self._ready()

    def reload(self) -> None:
        """Have the stream go on with who answers by now."""
        if self._stream is not None and self._again is None:
            self._again = asyncio.get_running_loop().create_task(self._ask_again(self._stream))

    def disconnect(self) -> None:
        """Somebody who may ends it: it is told so, as the last word."""
        self._over = self._over or self._stream is None
        self._end_with(Disconnected())
        self._ready()

    def seen(self) -> Seen:
        """What it is now."""
        streams = () if self._stream is None else (self._stream,)
        return Seen(self._viewer, socket=False, operations=1, streams=streams)

    async def run(self, scope: Scope, receive: Receive, send: Send, head: list[tuple[bytes, bytes]]) -> None:
        """Write until the stream ends, the client leaves, its token expires or the process ends."""
        watcher = asyncio.get_running_loop().create_task(self._watch(receive))
        scope["extensions"][PATIENCE](self._asking.limits.stalled_seconds)
        self._connection = scope["extensions"][CHUNKS]
        headers = [*head, (b"x-accel-buffering", b"no")]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            self._arm()
            await self._flow(send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            watcher.cancel()
            self._close()

    async def _flow(self, send: Send) -> None:
        piece: bytes | None = RETRY
        written = 0
        while piece:
            # Waits while the connection is full; one that is given up ends the wait, and the watcher the stream.
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            written += 1
            if written % AT_ONCE == 0:
                await asyncio.sleep(0)
            while (piece := self._some()) is None:
                await self._something()

    def _some(self) -> bytes | None:
        """All that is to be written now, or some KiB of it; empty at the end, None while there is nothing."""
        pieces: list[bytes] = []
        size = 0
        while size < AT_ONCE_BYTES and (piece := self._next()):
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces) if pieces else piece

    def _next(self) -> bytes | None:
        """What is to be written now; empty at the end, None while there is nothing."""
        if self._life.is_over:
            self._end_with(TokenExpired())
        if self._over or self._stream is None:
            return b""
        try:
            found = self._stream.pull()
        except Exception:
            # One stream that breaks must not end the others.
            log.exception("stream failed")
            self._let_go()
            return self._names.document(error_document(HubError())) + COMPLETE
        if isinstance(found, Frame):
            return self._names.frame(found)
        if found is None:
            beats, self._beats = self._beats, False
            return BEAT if beats else None
        self._stream = None
        said = self._names.document(b'{"errors":' + found.errors + b"}") if found.errors else b""
        # Clients open a stream that broke off again by themselves, with a new token; what is complete they do not.
        return said if self._life.is_over else said + COMPLETE

    async def _something(self) -> None:
        self._wake = asyncio.get_running_loop().create_future()
        await self._wake
        self._wake = None

    def _ready(self) -> None:
        if self._wake is not None and not self._wake.done() and not self._is_written():
            self._wake.set_result(None)

    def _is_written(self) -> bool:
        """Whether what there is could be written at once, and the task need not be woken for it.

        In a broadcast that is the way of nearly every event: waking a task for each would cost as much as writing it.
        """
        if self._connection is None or self._connection.blocked:
            return False
        piece = self._some()
        if piece:
            self._connection.write_chunk(piece)
            # Behind the last piece comes the end, behind a large one perhaps more: both are the task's.
            return self._stream is not None and len(piece) < AT_ONCE_BYTES
        return piece is None

    def _arm(self) -> None:
        self._beat = asyncio.get_running_loop().call_later(self._asking.limits.heartbeat_seconds, self._due)

    def _due(self) -> None:
        self._beats = True
        self._ready()
        self._arm()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.drain()

    def _close(self) -> None:
        self._life.stop()
        if self._beat is not None:
            self._beat.cancel()
        self._crowd.leave(self)
        if self._again is not None:
            self._again.cancel()
        self._let_go()

    async def _ask_again(self, stream: Stream) -> None:
        found: Reply | Stream | None
        try:
            found = await self._asking.again(self._asked, self._viewer, stream)
        except HubError as error:
            found = Last(error)
        except Exception:
            log.exception("stream failed")
            found = Last(HubError())
        finally:
            self._again = None
        if found is None:
            return
        if self._over or self._stream is not stream:
            # It had its last word meanwhile.
            if not isinstance(found, Reply):
                found.close()
            return
        self._let_go()
        self._stream = Single(found.body) if isinstance(found, Reply) else found
        self._stream.attend(self._ready)
        self._ready()

    def _expired(self) -> None:
        self._end_with(TokenExpired())
        self._ready()

    def _end_with(self, error: HubError) -> None:
        """The last word, unless there was one."""
        if self._stream is not None:
            self._let_go()
            self._stream = Last(error)

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            stream.close()
        except Exception:
            log.exception("stream failed to close")


def _tell_nobody(_: float) -> None:
    """There is no way back from the client, on which it could renew its token."""
