"""Tickets: one operation of one principal, put where a browser's EventSource can open it without a header."""

import datetime as dt
from dataclasses import asdict, replace
from typing import Any

import orjson

from hub.errors import BadTicket, MethodNotAllowed
from hub.web.asking import Asking
from hub.web.body import Question
from hub.web.contract import Backing, Reply

LONGEST_NAME = 64


class Tickets:
    """Tickets that were given, by this process or another, and not opened yet. Each opens once."""

    __slots__ = ("_asking",)

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    @property
    def _backing(self) -> Backing:
        return self._asking.backing

    async def give(self, question: Question, viewer: Any) -> Reply:
        """A ticket for the question. Raises TooManyRequests at the principal's bound, Unavailable at that of all."""
        if question.read_only:
            raise MethodNotAllowed
        # A GET changes nothing, whoever prepared it.
        asked = asdict(replace(question, read_only=True))
        content = orjson.dumps([asked, self._backing.claims(viewer)]).decode()
        name = await self._backing.shelf.put(content, self._backing.principal(viewer, ""), self._until(viewer))
        return Reply(orjson.dumps({"data": {"ticket": name, "seconds": int(self._asking.limits.ticket_seconds)}}))

    async def take(self, name: str) -> tuple[Question, Any]:
        """What the ticket opens, for its viewer as it is by now; it is used up. BadTicket (HUB-602), BadToken."""
        if len(name) > LONGEST_NAME:
            raise BadTicket
        asked, claims = orjson.loads(await self._backing.shelf.take(name))
        return Question(**asked), self._backing.recall(claims)

    def _until(self, viewer: Any) -> dt.datetime:
        until = self._backing.clock() + self._asking.limits.ticket_seconds
        return dt.datetime.fromtimestamp(min(until, self._backing.expires(viewer) or until), dt.UTC)
