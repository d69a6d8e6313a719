"""One socket from its handshake to its close: who it is, what it says, which operations run."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from secrets import token_hex
from typing import Any, Protocol

import structlog

from hub.errors import AccessError, HubError, TokenExpired, TooManyOperations, TooManyStreams, Unavailable
from hub.web.asking import Asking, is_cancelled
from hub.web.body import Question, Receive
from hub.web.contract import Backing, Reply, StreamLimits
from hub.web.crowd import Crowd
from hub.web.life import Life
from hub.web.sockets import messages
from hub.web.sockets.messages import Closed
from hub.web.sockets.operations import Operation, log
from hub.web.sockets.outbox import Outbox, Wire

_ENDING_SECONDS = 30.0


class Connection(Wire, Protocol):
    """The connection under a session."""

    def attend(self, room: Callable[[], None], leave: Callable[[], None], *, patience: float) -> None: ...
    def finish(self, code: int, reason: str) -> None: ...


class Session:
    """One client. It holds no task of its own but the one that reads; a timer, an outbox, and what runs."""

    __slots__ = (
        "_address",
        "_asking",
        "_backing",
        "_crowd",
        "_draining",
        "_header",
        "_life",
        "_limits",
        "_live",
        "_operations",
        "_outbox",
        "_paced",
        "_principal",
        "_viewer",
        "_wire",
    )

    def __init__(
        self, asking: Asking, limits: StreamLimits, crowd: Crowd, wire: Connection, *, header: str | None, address: str
    ) -> None:
        self._asking = asking
        self._backing: Backing = asking.backing
        self._limits = limits
        self._crowd = crowd
        self._wire = wire
        self._header = header
        self._address = address
        self._outbox = Outbox(wire)
        self._operations: dict[str, Operation] = {}
        self._principal: str | None = None
        self._viewer: Any = None
        self._live: Any = None
        self._draining = False
        self._paced = 0.0
        self._life = Life(self._backing.clock, self._expired, self._warn)

    async def run(self, receive: Receive) -> None:
        """Read until one of the two closes."""
        self._wire.attend(self._drained, self.drain, patience=self._limits.stalled_seconds)
        self._life.within(self._limits.init_seconds, self._too_late)
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
            if operation.streams:
                self._operations.pop(operation.id).end()
        self._settle()

    def revise(self) -> None:
        """Go on as what the viewer is by now; one that is none any more is closed out."""
        if self._principal is None:
            return
        try:
            self._viewer = self._backing.current(self._viewer)
        except AccessError:
            self._close(messages.unauthorized())

    def _take(self, received: Any) -> None:
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
        if self._principal is not None:
            raise Closed(4429, "Too many initialisation requests")
        viewer, principal = self._identified(payload)
        try:
            self._crowd.seat(self, principal)
        except TooManyStreams:
            raise Closed(1013, "Too many sockets") from None
        self._viewer, self._principal, self._header = viewer, principal, None
        self._live = payload.get("live")
        self._outbox.send(messages.ack(self._until()))
        self._life.until(self._until())

    def _subscribe(self, message: dict[str, Any]) -> None:
        if self._principal is None:
            raise messages.unauthorized()
        name, question = messages.id_of(message), messages.question_in(message)
        if name in self._operations:
            raise Closed(4409, "Subscriber already exists")
        operation = Operation(name, self._outbox, self._over, self._admits)
        if self._draining:
            operation.refuse(Unavailable())
        elif len(self._operations) >= self._limits.operations_per_socket:
            operation.refuse(TooManyOperations(limit=self._limits.operations_per_socket))
        else:
            self._operations[name] = operation
            operation.begin(self._operate(operation, self._completed(question), self._principal))

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
        viewer, principal = self._identified(payload)
        if principal != self._principal:
            raise messages.unauthorized()
        self._viewer = viewer
        self._outbox.send(messages.renewed(self._until()))
        self._life.until(self._until())

    async def _operate(self, operation: Operation, question: Question, principal: str) -> None:
        structlog.contextvars.bind_contextvars(request=token_hex(8))
        try:
            found = await self._asking.outcome(question, self._viewer, principal)
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

    def _completed(self, question: Question) -> Question:
        """The question with what was said once for all operations of the socket."""
        extensions = question.extensions
        if self._live is not None and "live" not in extensions:
            extensions = {**extensions, "live": self._live}
        return replace(question, extensions=extensions, socket=True)

    def _identified(self, payload: dict[str, Any]) -> tuple[Any, str]:
        try:
            authorization = messages.authorization_in(payload)
            viewer = self._backing.identify(self._header if authorization is None else authorization)
        except TokenExpired:
            raise messages.token_expired() from None
        except AccessError:
            raise messages.unauthorized() from None
        return viewer, self._backing.principal(viewer, self._address)

    def _until(self) -> float:
        return self._backing.expires(self._viewer)

    def _warn(self, due: float) -> None:
        self._outbox.send(messages.warning(due))

    def _expired(self) -> None:
        self._close(messages.token_expired())

    def _admits(self) -> bool:
        """Whether a frame may be given now: the wall clock may have jumped past the token's time."""
        if self._life.is_over:
            self._expired()
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
        self._life.stop()
        self._outbox.clear()
        operations = list(self._operations.values())
        self._operations.clear()
        for operation in operations:
            operation.end()
        tasks = [operation.task for operation in operations if operation.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_ENDING_SECONDS)
