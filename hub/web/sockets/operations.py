"""One operation of a socket: from its `subscribe` to the last frame under its id."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from secrets import token_hex
from typing import Any

import orjson
import structlog

from hub.errors import HubError
from hub.logs import failure
from hub.web.body import Question
from hub.web.contract import End, Frame, Reply, Stream
from hub.web.sockets.outbox import Outbox

log: Any = structlog.get_logger("hub.web")

AT_ONCE_BYTES = 16 * 1024
"""What is written at once of frames that wait together: one call of the system, many frames."""

_NEXT = b'"next","payload":'


class Operation:
    """Writes frames that are complete but for the id, which it puts around them; after its end it writes nothing."""

    __slots__ = ("_admits", "_ended", "_head", "_outbox", "_over", "_stream", "_task", "asked", "id", "queued")

    def __init__(
        self,
        name: str,
        asked: Question,
        outbox: Outbox,
        *,
        over: Callable[["Operation"], None],
        admits: Callable[[], bool],
    ) -> None:
        self.id, self.asked = name, asked
        self._admits = admits
        self.queued = False
        self._outbox = outbox
        self._over = over
        self._head = b'{"id":' + orjson.dumps(name) + b',"type":'
        self._stream: Stream | None = None
        self._task: asyncio.Task[None] | None = None
        self._ended = False

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Start what answers it."""
        self._task = asyncio.get_running_loop().create_task(work)

    def begin_again(self, ask: Callable[[Stream], Coroutine[Any, Any, Stream | Reply | None]]) -> None:
        """Go on with what is given in the place of its stream; who is given nothing goes on as before."""
        if self._stream is not None and self._task is None:
            self.begin(self._again(ask(self._stream)))

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """What answers it, or opens its stream."""
        return self._task

    @property
    def stream(self) -> Stream | None:
        """The stream that was opened for it, as long as it goes on."""
        return self._stream

    def answer(self, reply: Reply) -> None:
        """The one result of a query or mutation; a refusal is an error."""
        if self._ended:
            return
        if reply.refused:
            log.info("operation refused", code=", ".join(dict.fromkeys(reply.codes)))
            self._error(orjson.dumps(orjson.loads(reply.body)["errors"]))
            return
        self._outbox.send(self._head, _NEXT, reply.body, b"}")
        self._complete()

    def refuse(self, error: HubError) -> None:
        """It does not run, or does not go on; an error of the hub itself is one that its log tells about."""
        if error.status == 500:
            self.fail(error)
            return
        log.info("operation refused", code=error.code)
        self._refuse(error)

    def fail(self, error: BaseException) -> None:
        """Something broke: the client learns a number for the log, and the log learns where."""
        request_id = token_hex(8)
        log.error("operation failed", failure=failure(error), request=request_id)
        self._refuse(error if isinstance(error, HubError) else HubError(), request_id)

    def attend(self, stream: Stream) -> None:
        """Give what the stream gives, until one of them ends."""
        if self._ended:
            stream.close()
            return
        self._stream = stream
        self._task = None
        ready = partial(self._outbox.ready, self)
        stream.attend(ready)
        ready()

    def give(self) -> bool:
        """Write what the stream has, frames that wait together at once; whether there may be more."""
        stream = self._stream
        if stream is None or not self._admits():
            return False
        messages: list[bytes] = []
        found, broken = None, None
        size = 0
        try:
            while size < AT_ONCE_BYTES and type(found := stream.pull()) is Frame:
                messages.append(message := found.message())
                size += len(message)
        except Exception as error:  # noqa: BLE001 - one stream that breaks must not end the others
            broken = error
        if messages:
            self._outbox.give(self._head, messages)
        if broken is not None:
            self._let_go()
            self.fail(broken)
        elif isinstance(found, End):
            self._stream = None
            self._finish(found)
        return size >= AT_ONCE_BYTES

    def end(self) -> None:
        """The client completed it, or is gone: nothing more under this id."""
        self._ended = True
        self._let_go()
        if self._task is not None:
            self._task.cancel()

    async def _again(self, asking: Coroutine[Any, Any, Stream | Reply | None]) -> None:
        try:
            found = await asking
        except HubError as error:
            self._let_go()
            self.refuse(error)
            return
        except Exception as error:  # noqa: BLE001 - one stream that breaks must not end the others
            self._let_go()
            self.fail(error)
            return
        finally:
            self._task = None
        if isinstance(found, Reply):
            self._let_go()
            self.answer(found)
        elif found is not None:
            self._let_go()
            self.attend(found)

    def _finish(self, end: End) -> None:
        if end.errors:
            self._error(end.errors)
        else:
            self._complete()

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is None:
            return
        try:
            stream.close()
        except Exception:
            log.exception("stream failed to close")

    def _refuse(self, error: HubError, request_id: str | None = None) -> None:
        if not self._ended:
            self._error(orjson.dumps([error.entry(request_id)]))

    def _complete(self) -> None:
        self._last(self._head + b'"complete"}')

    def _error(self, errors: bytes) -> None:
        self._last(self._head + b'"error","payload":' + errors + b"}")

    def _last(self, message: bytes) -> None:
        self._ended = True
        self._outbox.send(message)
        self._over(self)
