"""A question waits its turn, is answered within its deadline, and gives no more bytes than a client may get."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from hub.errors import AnswerTooLarge, Deadline
from hub.web.body import Question
from hub.web.contract import Backing, Reply, Stream, StreamLimits
from hub.web.turns import Turns


@dataclass(slots=True)
class Asking:
    """How every transport asks: one set of turns for all of them. A reload gives it another backing and other limits;
    what is under way by then is answered by the one that began it.
    """

    backing: Backing
    limits: StreamLimits
    turns: Turns

    async def reply(self, question: Question, viewer: Any, principal: str) -> Reply:
        """Wait and work, both under one deadline.

        Raises Deadline (HUB-502), TooManyRequests (HUB-113), AnswerTooLarge (HUB-506), BadToken (HUB-401) and what
        `ask` raises.
        """
        async with self._within():
            await self.turns.enter(principal)
            try:
                # Its body may have come slowly, its turn late: who it was from may be nobody any more.
                reply = await self.backing.ask(question, self.backing.current(viewer))
            finally:
                self.turns.leave(principal)
        if len(reply.body) > self.limits.answer_bytes:
            raise AnswerTooLarge(limit=self.limits.answer_bytes)
        return reply

    async def outcome(self, question: Question, viewer: Any, principal: str) -> Reply | Stream:
        """The stream that the question asks for, which takes no turn, its refusal, or otherwise its reply."""
        async with self._within():
            stream = await self.backing.stream(replace(question, principal=principal), viewer)
        return await self.reply(question, viewer, principal) if stream is None else stream

    async def again(self, question: Question, viewer: Any, stream: Stream) -> Reply | Stream | None:
        """What goes on in the place of a stream of an earlier backing, its refusal, or None where it goes on itself."""
        while True:
            backing = self.backing
            async with self._within():
                found = await backing.again(question, viewer, stream)
            if self.backing is backing:
                return found
            # It was followed by yet another one meanwhile.
            if found is not None and not isinstance(found, Reply):
                found.close()

    @asynccontextmanager
    async def _within(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.limits.deadline_seconds) as deadline:
                yield
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Deadline(limit=f"{self.limits.deadline_seconds:g}") from None


def is_cancelled() -> bool:
    """Whether somebody ends this task, rather than something that it used was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
