"""Tickets: one operation of one principal, put where a browser's EventSource can open it without a header."""

from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import Any

import orjson

from hub.errors import BadTicket, MethodNotAllowed, TooManyRequests, Unavailable
from hub.web.body import Question
from hub.web.contract import Backing, Reply, StreamLimits

MOST = 1024
PER_PRINCIPAL = 20
CHARACTERS = 16 * 1024 * 1024
"""Characters of all texts that wait to be opened."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket opens, and until when."""

    question: Question
    viewer: Any
    principal: str
    until: float
    weight: int


class Tickets:
    """Tickets that were given and not opened yet. Each opens once."""

    __slots__ = ("_backing", "_given", "_limits", "_weight")

    def __init__(self, backing: Backing, limits: StreamLimits) -> None:
        self._backing = backing
        self._limits = limits
        self._given: dict[str, Ticket] = {}
        self._weight = 0

    async def give(self, question: Question, viewer: Any) -> Reply:
        """A ticket for the question. Raises TooManyRequests at the principal's bound, Unavailable at that of all."""
        if question.read_only:
            raise MethodNotAllowed
        self._forget_old()
        name, ticket = token_urlsafe(24), self._ticket(question, viewer)
        self._check_room(ticket)
        self._given[name] = ticket
        self._weight += ticket.weight
        return Reply(orjson.dumps({"data": {"ticket": name, "seconds": int(self._limits.ticket_seconds)}}))

    def take(self, name: str) -> tuple[Question, Any]:
        """What the ticket opens; it is used up. Raises BadTicket (HUB-602)."""
        self._forget_old()
        if name not in self._given:
            raise BadTicket
        ticket = self._drop(name)
        return ticket.question, ticket.viewer

    def _ticket(self, question: Question, viewer: Any) -> Ticket:
        until = self._backing.clock() + self._limits.ticket_seconds
        expires = self._backing.expires(viewer)
        # A GET changes nothing, whoever prepared it.
        asked = replace(question, read_only=True)
        weight = len(question.query or "") + len(orjson.dumps([question.variables, question.extensions]))
        return Ticket(asked, viewer, self._backing.principal(viewer, ""), min(until, expires or until), weight)

    def _check_room(self, ticket: Ticket) -> None:
        if sum(other.principal == ticket.principal for other in self._given.values()) >= PER_PRINCIPAL:
            raise TooManyRequests(limit=PER_PRINCIPAL)
        if len(self._given) >= MOST or self._weight + ticket.weight > CHARACTERS:
            raise Unavailable

    def _forget_old(self) -> None:
        now = self._backing.clock()
        for name in [name for name, ticket in self._given.items() if ticket.until <= now]:
            self._drop(name)

    def _drop(self, name: str) -> Ticket:
        ticket = self._given.pop(name)
        self._weight -= ticket.weight
        return ticket
