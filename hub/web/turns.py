"""Whose turn it is: bounded work per principal, slots taken in turn by principal, work that ends with its client."""

import asyncio
from collections import deque
from types import TracebackType

from hub.errors import TooManyRequests, Unavailable
from hub.web.body import ClientLeft, Receive

RUNNING = 64
IN_ALL = 2048
# Most work is done before anybody could leave: only longer work pays for a task that watches the connection.
WATCH_AFTER = 0.05


class Turns:
    """At most `per_principal` waiting or running for one principal, at most `running` running in all.

    A free slot is taken at once. Otherwise each principal has a queue and a freed slot goes to the next principal
    in the ring, so one that asks a thousand times delays another by one turn, not by a thousand.
    """

    __slots__ = ("_free", "_in_all", "_per_principal", "_present", "_queues", "limit")

    def __init__(self, per_principal: int, *, running: int = RUNNING, in_all: int = IN_ALL) -> None:
        self.limit = per_principal
        self._in_all = in_all
        self._free = running
        self._present = 0
        self._per_principal: dict[str, int] = {}
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}

    async def enter(self, principal: str) -> None:
        """Wait for this principal's turn; whoever enters calls `leave`, once.

        Raises TooManyRequests (HUB-113) at the principal's bound, Unavailable (HUB-503) at the bound of all.
        """
        held = self._per_principal.get(principal, 0)
        if held >= self.limit:
            raise TooManyRequests(limit=self.limit)
        if self._present >= self._in_all:
            raise Unavailable
        self._per_principal[principal] = held + 1
        self._present += 1
        if self._free:
            self._free -= 1
            return
        try:
            await self._wait(principal)
        except BaseException:
            self._forget(principal)
            raise

    def leave(self, principal: str) -> None:
        """Give the slot to the next principal in the ring."""
        self._forget(principal)
        self._pass_on()

    @property
    def present(self) -> int:
        """How many are waiting or running."""
        return self._present

    async def _wait(self, principal: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(principal, deque()).append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                # The slot arrived in the same moment as the cancellation.
                self._pass_on()
            else:
                self._withdraw(principal, turn)
            raise

    def _withdraw(self, principal: str, turn: asyncio.Future[None]) -> None:
        queue = self._queues.get(principal)
        if queue is None or turn not in queue:
            return
        queue.remove(turn)
        if not queue:
            del self._queues[principal]

    def _pass_on(self) -> None:
        while self._queues:
            principal = next(iter(self._queues))
            queue = self._queues.pop(principal)
            turn = queue.popleft()
            if queue:
                # Behind all others: a dict keeps the order in which principals were put in.
                self._queues[principal] = queue
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _forget(self, principal: str) -> None:
        self._present -= 1
        if self._per_principal[principal] == 1:
            del self._per_principal[principal]
        else:
            self._per_principal[principal] -= 1


class WhileClientStays:
    """Cancels the work inside when the client closes its connection, and then raises ClientLeft.

    The request's body must have been read: the next message that `receive` gives is the farewell.
    """

    __slots__ = ("_left", "_receive", "_task", "_timer", "_watcher")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:  # pragma: no cover - an event loop runs every request in a task
            raise RuntimeError("no task to cancel")
        self._task = task
        self._timer = asyncio.get_running_loop().call_later(WATCH_AFTER, self._start)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._left and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise ClientLeft from None

    def _start(self) -> None:
        self._watcher = self._task.get_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = True
        self._task.cancel()
