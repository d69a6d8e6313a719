"""One socket from its handshake to its close: who it is, what it says, which operations run."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from secrets import token_hex
from typing import Any, Protocol

import structlog

from hub.errors import HubError, TooManyOperations, TooManyStreams, Unavailable
from hub.web.asking import Asking, is_cancelled
from hub.web.body import Question, Receive
from hub.web.contract import Reply, StreamLimits
from hub.web.crowd import Crowd, Seen
from hub.web.sockets import messages
from hub.web.sockets.messages import Closed
from hub.web.sockets.operations import Operation, log
from hub.web.sockets.outbox import Outbox, Wire
from hub.web.sockets.standing import Standing

_ENDING_SECONDS = 30.0


class Connection(Wire, Protocol):
    """The connection under a session."""

    def attend(self, room: Callable[[], None], leave: Callable[[], None], *, patience: float) -> None: ...
    def finish(self, code: int, reason: str) -> None: ...


class Session:
    """One client. It holds no task of its own but the one that reads; a timer, an outbox, and what runs."""

    __slots__ = (
        "_asking",
        "_crowd",
        "_draining",
        "_live",
        "_operations",
        "_outbox",
        "_paced",
        "_standing",
        "_wire",
    )

    def __init__(self, asking: Asking, crowd: Crowd, wire: Connection, *, header: str | None, address: str) -> None:
        self._asking = asking
        self._crowd = crowd
        self._wire = wire
        self._outbox = Outbox(wire)
        self._operations: dict[str, Operation] = {}
        self._live: Any = None
        self._draining = False
        self._paced = 0.0
        self._standing = Standing(asking, header=header, address=address, say=self._outbox.send, close=self._close)

    @property
    def _limits(self) -> StreamLimits:
        return self._asking.limits

    async def run(self, receive: Receive) -> None:
        """Read until one of the two closes."""
        self._wire.attend(self._drained, self.drain, patience=self._limits.stalled_seconds)
        self._standing.within(self._limits.init_seconds, self._too_late)
        try:
            while (received := await receive())["type"] != "websocket.disconnect":
                await self._pace()
                self._take(received)
                # Who does not read is not read from.
                await self._outbox.room()
        except Closed as closed:
            self._close(closed)
        except Exception:
            self._wire.finish(1011, "Internal error")
            raise
        finally:
            await self._end()

    def drain(self) -> None:
        """The process ends: streams stop where they are, what is being answered is answered, then 1012."""
        self._draining = True
        for operation in list(self._operations.values()):
            if operation.stream is not None:
                self._operations.pop(operation.id).end()
        self._settle()

    def revise(self) -> None:
        """Go on as what the viewer is by now; one that is none any more is closed out."""
        if self._standing.principal is None:
            return
        try:
            self._standing.revise()
        except Closed as closed:
            self._close(closed)

    def reload(self) -> None:
        """Have its streams go on with who answers by now."""
        for operation in list(self._operations.values()):
            self._ask_again(operation)

    def disconnect(self) -> None:
        """Somebody who may ends it."""
        self._close(messages.disconnected())

    def seen(self) -> Seen | None:
        """What it is now; None before it said who it is."""
        if self._standing.principal is None:
            return None
        operations = self._operations.values()
        streams = tuple(each.stream for each in operations if each.stream is not None)
        return Seen(self._standing.viewer, socket=True, operations=len(operations), streams=streams)

    def _ask_again(self, operation: Operation) -> None:
        operation.begin_again(lambda stream: self._asking.again(operation.asked, self._standing.viewer, stream))

    def _take(self, received: Any) -> None:
        if self._standing.is_over:
            # Said before the token's end, heard after it: nothing is done for it any more, not even a renewal.
            raise messages.token_expired()
        message = messages.read(received, longest=self._limits.frame_bytes, depth=self._limits.json_depth)
        match message["type"]:
            case "connection_init":
                self._init(messages.payload_of(message))
            case "subscribe":
                self._subscribe(message)
            case "complete":
                self._complete(messages.id_of(message))
            case "ping":
                self._ping(message)

    def _init(self, payload: dict[str, Any]) -> None:
        if self._standing.principal is not None:
            raise Closed(4429, "Too many initialisation requests")
        viewer, principal = self._standing.identified(payload)
        try:
            self._crowd.seat(self, principal)
        except TooManyStreams:
            raise Closed(1013, "Too many sockets") from None
        self._live = payload.get("live")
        self._standing.begin(viewer, principal)

    def _subscribe(self, message: dict[str, Any]) -> None:
        if self._standing.principal is None:
            raise messages.unauthorized()
        name, question = messages.id_of(message), messages.question_in(message)
        if name in self._operations:
            raise Closed(4409, "Subscriber already exists")
        asked = self._completed(question)
        operation = Operation(name, asked, self._outbox, over=self._over, admits=self._admits)
        if self._draining:
            operation.refuse(Unavailable())
        elif len(self._operations) >= self._limits.operations_per_socket:
            operation.refuse(TooManyOperations(limit=self._limits.operations_per_socket))
        else:
            self._operations[name] = operation
            operation.begin(self._operate(operation, asked, self._standing.principal))

    def _complete(self, name: str) -> None:
        operation = self._operations.pop(name, None)
        # The hub's own `complete` may cross the client's.
        if operation is not None:
            operation.end()

    def _ping(self, message: dict[str, Any]) -> None:
        payload = messages.payload_of(message)
        if payload.get("token") is None:
            self._outbox.send(messages.pong(message.get("payload")))
            return
        self._standing.renew(payload)

    async def _operate(self, operation: Operation, question: Question, principal: str) -> None:
        structlog.contextvars.bind_contextvars(request=token_hex(8))
        backing = self._asking.backing
        try:
            found = await self._asking.outcome(question, self._standing.viewer, principal)
        except HubError as error:
            operation.refuse(error)
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled():
                raise
            operation.fail(error)
        else:
            if isinstance(found, Reply):
                operation.answer(found)
            else:
                operation.attend(found)
                if self._asking.backing is not backing:
                    # A reload came while it was opened.
                    self._ask_again(operation)

    def _completed(self, question: Question) -> Question:
        """The question with what was said once for all operations of the socket."""
        extensions = question.extensions
        if self._live is not None and "live" not in extensions:
            extensions = {**extensions, "live": self._live}
        return replace(question, extensions=extensions, socket=True)

    def _admits(self) -> bool:
        """Whether a frame may be given now: the wall clock may have jumped past the token's time."""
        if self._standing.is_over:
            self._close(messages.token_expired())
            return False
        return True

    def _too_late(self) -> None:
        self._close(Closed(4408, "Connection initialisation timeout"))

    def _close(self, closed: Closed) -> None:
        log.info("socket closed", code=closed.code)
        self._wire.finish(closed.code, closed.reason)

    async def _pace(self) -> None:
        """A second's worth of messages at once, then as they may come; others get their turn between any two."""
        now = asyncio.get_running_loop().time()
        self._paced = max(self._paced, now - 1) + 1 / self._limits.messages_per_second
        await asyncio.sleep(max(0.0, self._paced - now))

    def _over(self, operation: Operation) -> None:
        if self._operations.get(operation.id) is operation:
            del self._operations[operation.id]
        self._settle()

    def _drained(self) -> None:
        self._outbox.drained()
        self._settle()

    def _settle(self) -> None:
        if self._draining and not self._operations and self._outbox.empty:
            self._wire.finish(1012, "Service restart")

    async def _end(self) -> None:
        self._standing.stop()
        self._outbox.clear()
        operations = list(self._operations.values())
        self._operations.clear()
        for operation in operations:
            operation.end()
        tasks = [operation.task for operation in operations if operation.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_ENDING_SECONDS)
