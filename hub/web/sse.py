"""Server-sent events: one operation is opened as one response, with a header, as the public, or with a ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from hub.web.answers import Single
from hub.web.asking import Asking
from hub.web.body import Question
from hub.web.contract import Reply
from hub.web.crowd import Crowd
from hub.web.streaming import EventStream
from hub.web.ticketing import Tickets


@dataclass(frozen=True, slots=True)
class Events:
    """Opens event streams."""

    asking: Asking
    crowd: Crowd
    tickets: Tickets

    async def ticket(self, query_string: bytes) -> tuple[Question, Any] | None:
        """What the parameters' ticket opens; None without one. Raises BadTicket (HUB-602), BadToken."""
        if b"ticket=" not in query_string:
            return None
        names = dict(parse_qsl(query_string.decode("latin-1")))
        return await self.tickets.take(names["ticket"]) if "ticket" in names else None

    async def open(self, question: Question, viewer: Any, principal: str, *, last: bytes | None) -> Reply | EventStream:
        """The stream of an operation, to be run at once, or its refusal. `last` is the Last-Event-ID."""
        question, backing = _resumed(question, last), self.asking.backing
        events = EventStream(self.asking, self.crowd, question, viewer)
        self.crowd.enter(events)
        try:
            self.crowd.seat(events, principal)
            found = await self.asking.outcome(question, viewer, principal)
        except BaseException:
            self.crowd.leave(events)
            raise
        if isinstance(found, Reply):
            if found.refused:
                self.crowd.leave(events)
                return found
            found = Single(found.body)
        events.attend(found)
        if self.asking.backing is not backing:
            # A reload came while it was opened.
            events.reload()
        return events


def _resumed(question: Question, last: bytes | None) -> Question:
    """The question with the last id that the client saw: it is newer than what was written into the operation."""
    if not last:
        return question
    said: Any = question.extensions.get("resume")
    resume: Mapping[str, Any] = said if isinstance(said, dict) else {}
    after = last.decode("latin-1")
    return replace(question, extensions={**question.extensions, "resume": {**resume, "after": after}})
