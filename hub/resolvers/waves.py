"""Live queries of one wave: each planned for its viewer, run together where they share a statement, each completed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from hub.access.viewers import Viewer
from hub.errors import AnswerTooLarge
from hub.live.answers import Ran
from hub.live.watched import Watch
from hub.resolvers.completing import Ready
from hub.resolvers.given import Answer, Repeated
from hub.resolvers.read import Refusals
from hub.resolvers.together import Found, Given, Together

IN_A_ROW = 16
"""Answers that are completed before others get their turn on the event loop."""

Plan = Callable[[Repeated, Viewer], Awaitable[Ready]]
Complete = Callable[[Ready, bytes, frozenset[str]], Awaitable[Answer]]


class Waves:
    """Runs waves: `plan` makes a question ready, `complete` makes an answer of what its statement gave."""

    def __init__(self, plan: Plan, together: Together, complete: Complete, *, most_bytes: int) -> None:
        self._plan, self._together, self._complete = plan, together, complete
        self._most_bytes = most_bytes

    async def __call__(self, asked: Sequence[tuple[Repeated, Viewer]]) -> list[Ran | BaseException]:
        """The answers with what each watches, or what each fails with."""
        ready = [await self._ready(*each) for each in asked]
        found: dict[int, Any] = {}
        for places in _by_statement(ready):
            texts = await self._together.run(
                ready[places[0]].prepared, [Given(ready[at].values.coerced, ready[at].scope) for at in places]
            )
            found.update(zip(places, texts, strict=True))
        ran: list[Ran | BaseException] = []
        for place, each in enumerate(ready):
            ran.append(each if isinstance(each, Exception) else await self._ran(each, found[place]))
            if place % IN_A_ROW == IN_A_ROW - 1:
                await asyncio.sleep(0)
        return ran

    async def _ready(self, asked: Repeated, viewer: Viewer) -> Any:
        try:
            return await self._plan(asked, viewer)
        except Refusals as refusals:
            return refusals.errors[0]
        except Exception as error:  # noqa: BLE001 - it stands in the place of the answer
            return error

    async def _ran(self, ready: Ready, found: Found) -> Ran | BaseException:
        if isinstance(found, Exception):
            return found
        try:
            answer = await self._complete(ready, *found)
        except Exception as error:  # noqa: BLE001 - it stands in the place of the answer
            return error
        if len(answer.body) > self._most_bytes:
            return AnswerTooLarge(limit=self._most_bytes)
        return Ran(answer.body, answer.watch or Watch(everything=True))


def _by_statement(ready: Sequence[Any]) -> list[list[int]]:
    """The places of those that share a statement: viewers of another shape of scope have another one."""
    found: dict[int, list[int]] = {}
    for place, each in enumerate(ready):
        if isinstance(each, Ready):
            found.setdefault(id(each.prepared), []).append(place)
    return list(found.values())
