"""Slots go round by principal; what is given back is given on, whatever happens to those who wait."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from hub.errors import TooManyRequests, Unavailable
from hub.web import turns as module
from hub.web.body import ClientLeft
from hub.web.turns import Turns, WhileClientStays


class Queue:
    """Principals at the door of Turns; says in which order they came in."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.entered: list[str] = []

    async def wait(self, principal: str) -> asyncio.Task[None]:
        task = asyncio.create_task(self._enter(principal))
        await asyncio.sleep(0)
        return task

    async def _enter(self, principal: str) -> None:
        await self.turns.enter(principal)
        self.entered.append(principal)

    async def leave(self, principal: str) -> None:
        self.turns.leave(principal)
        await asyncio.sleep(0)


async def test_a_free_slot_is_taken_at_once() -> None:
    turns = Turns(2, running=2)
    await asyncio.wait_for(turns.enter("a"), 1)
    await asyncio.wait_for(turns.enter("b"), 1)
    assert turns.present == 2


async def test_one_that_asks_often_delays_another_by_one_turn() -> None:
    queue = Queue(Turns(8, running=1))
    for principal in ("a", "a", "a", "a", "b", "c"):
        await queue.wait(principal)

    for _ in range(6):
        await queue.leave(queue.entered[-1])

    assert queue.entered == ["a", "a", "b", "c", "a", "a"]
    assert queue.turns.present == 0


async def test_a_principal_at_its_bound_is_refused_while_another_comes_in() -> None:
    queue = Queue(Turns(2, running=1))
    for _ in range(2):
        await queue.wait("a")

    with pytest.raises(TooManyRequests):
        await queue.turns.enter("a")
    await queue.wait("b")

    assert queue.turns.present == 3


async def test_nobody_comes_in_beyond_the_bound_of_all() -> None:
    queue = Queue(Turns(2, running=1, in_all=3))
    for principal in "abc":
        await queue.wait(principal)

    with pytest.raises(Unavailable):
        await queue.turns.enter("d")

    await queue.leave("a")
    await queue.wait("d")
    assert queue.turns.present == 3


async def test_one_that_gives_up_waiting_is_passed_over() -> None:
    queue = Queue(Turns(8, running=1))
    tasks = [await queue.wait(principal) for principal in "abc"]

    tasks[1].cancel()
    await asyncio.sleep(0)
    await queue.leave("a")

    assert queue.entered == ["a", "c"]
    assert queue.turns.present == 1


async def test_a_slot_that_arrives_with_the_cancellation_is_given_on() -> None:
    queue = Queue(Turns(8, running=1))
    tasks = [await queue.wait(principal) for principal in "abc"]

    queue.turns.leave("a")
    tasks[1].cancel()
    for _ in range(3):
        await asyncio.sleep(0)

    assert queue.entered == ["a", "c"]
    await queue.leave("c")
    await asyncio.wait_for(queue.turns.enter("d"), 1)


async def test_refusals_and_cancellations_leave_no_trace() -> None:
    turns = Turns(1, running=1)
    await turns.enter("a")
    for number in range(100):
        with pytest.raises(TooManyRequests):
            await turns.enter("a")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(turns.enter(f"b{number}"), 0)
    turns.leave("a")

    assert (turns.present, turns._per_principal, turns._queues, turns._free) == (0, {}, {}, 1)


async def test_any_mixture_ends_with_every_slot_free() -> None:
    turns = Turns(3, running=2, in_all=10)

    async def work(number: int) -> None:
        try:
            async with asyncio.timeout(0.001 * (number % 5)):
                await turns.enter(f"p{number % 4}")
                try:
                    await asyncio.sleep(0.0005 * (number % 3))
                finally:
                    turns.leave(f"p{number % 4}")
        except (TimeoutError, TooManyRequests, Unavailable):
            return

    await asyncio.gather(*(work(number) for number in range(300)))

    assert (turns.present, turns._per_principal, turns._queues, turns._free) == (0, {}, {}, 2)


class Client:
    """The far end of a request: stays until it is told to leave."""

    def __init__(self) -> None:
        self.leaves = asyncio.Event()
        self.asked = 0

    async def receive(self) -> MutableMapping[str, Any]:
        self.asked += 1
        if self.asked == 1:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}


class TestWhileClientStays:
    @pytest.fixture(autouse=True)
    def at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "WATCH_AFTER", 0)

    async def test_short_work_watches_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "WATCH_AFTER", 60)
        client = Client()
        with WhileClientStays(client.receive):
            await asyncio.sleep(0.01)
        assert client.asked == 0

    async def test_a_client_that_leaves_ends_the_work(self) -> None:
        client = Client()
        asyncio.get_running_loop().call_later(0.02, client.leaves.set)
        with pytest.raises(ClientLeft), WhileClientStays(client.receive):
            await asyncio.sleep(10)
        await asyncio.sleep(0)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    async def test_what_ends_first_is_what_counts(self) -> None:
        client = Client()
        with pytest.raises(ValueError, match="work"), WhileClientStays(client.receive):
            await fall(0.01)
        client.leaves.set()
        await asyncio.sleep(0.01)

    async def test_a_server_that_ends_the_request_ends_it(self) -> None:
        client = Client()

        async def request() -> None:
            with WhileClientStays(client.receive):
                await asyncio.sleep(10)

        task = asyncio.create_task(request())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def test_a_deadline_inside_stays_a_deadline(self) -> None:
        client = Client()
        with pytest.raises(TimeoutError), WhileClientStays(client.receive):
            async with asyncio.timeout(0.02):
                await asyncio.sleep(10)
        assert len(asyncio.all_tasks()) <= 2


async def fall(seconds: float) -> None:
    await asyncio.sleep(seconds)
    raise ValueError("work")
