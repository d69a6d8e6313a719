"""The composition root: settings in, a hub over its base out. It may import everything; importing it opens nothing."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.access.acting import MACHINES, Acting
from hub.access.tokens import DevelopmentTokens
from hub.access.viewers import WATCH, Viewer
from hub.attendance import attendance
from hub.errors import Forbidden, Unavailable
from hub.exchange_settings import Exchange, read_agreements
from hub.foundation import Clock, Foundation, founded, now, seconds
from hub.live.admission import Admission
from hub.live.news import News
from hub.live.state import State, groups_of, state_of
from hub.parts import hub_acts, hub_asides, hub_graph
from hub.procedures.deeds import verbs_by_action
from hub.procedures.doing import Doing
from hub.resolvers.answer import Answer, Corridor, Feed
from hub.resolvers.indicators import Indicators
from hub.resolvers.newsroom import Feed as Room
from hub.schema.attendance import CONNECTIONS, GROUPS
from hub.schema.consumers import Way
from hub.settings import Limits, Settings
from hub.store.dialects.readers import Reader
from hub.store.ledger import Ledger
from hub.web.address import Address, address
from hub.web.body import Question
from hub.web.contract import Backing, Frame, Reply, Stream
from hub.web.health import Health, Metric
from hub.web.turns import Turns

GRAPHQL = "/graphql"


@dataclass(frozen=True, slots=True)
class Composition:
    """A hub as configuration and policy made it, over a foundation that it shares with those before and after it."""

    foundation: Foundation
    settings: Settings
    limits: Limits
    agreements: Mapping[str, Exchange]
    doing: Doing
    corridor: Corridor

    @property
    def engine(self) -> AsyncEngine:
        """What reaches the base."""
        return self.foundation.base.engine

    @property
    def metadata(self) -> sa.MetaData:
        """The tables of the base."""
        return self.foundation.base.metadata

    @property
    def ledger(self) -> Ledger:
        """What writes to the base."""
        return self.foundation.base.ledger

    @property
    def reader(self) -> Reader:
        """What runs the statements of answers."""
        return self.foundation.reader

    @property
    def news(self) -> News:
        """What reads the log."""
        return self.foundation.news

    @property
    def admission(self) -> Admission:
        """Who is admitted."""
        return self.foundation.admission

    @property
    def tokens(self) -> DevelopmentTokens:
        """Who is who."""
        return self.foundation.tokens

    @property
    def clock(self) -> Clock:
        """The wall clock."""
        return self.foundation.clock

    def address(self) -> Address:
        """The GraphQL address on every transport; the composition that follows takes it over (`Address.become`)."""
        turns = Turns(self.limits.waiting_per_principal, running=self.reader.at_once)
        origins = self.settings.server.origins
        crowd = self.foundation.crowd
        crowd.limits = self.limits
        found = address(GRAPHQL, self.backing(), limits=self.limits, turns=turns, crowd=crowd, origins=origins)
        self.admission.listen(found.revise)
        return found

    def backing(self) -> Backing:
        """What the transports are answered by."""
        return Backing(
            self._ask,
            self.tokens.identify,
            _principal,
            stream=self._stream,
            again=self._again,
            expires=_expires,
            claims=self.admission.claims,
            recall=self.admission.recalled,
            current=self.admission.current,
            shelf=self.foundation.tickets,
            clock=seconds(self.foundation.clock),
        )

    def health(self, connections: Callable[[], int], more: Callable[[], Awaitable[list[Metric]]]) -> Health:
        """What tells operators' machines how the process is doing; `more` is what it does beside answers."""
        return Health(self._ready, partial(self._measured, connections, more), self.tokens.identify)

    def takes_over(self) -> None:
        """What the foundation knows of limits is from now on what this composition says."""
        self.reader.allow(self.limits.deadline_seconds)
        self.news.queries.allow(self.limits.live_per_principal)

    async def _ready(self) -> None:
        """Unavailable and the like where no question could be answered, or evidence could not be kept."""
        await self.news.follower.log.epoch()
        if self.news.evidence.is_full:
            raise Unavailable

    async def _measured(
        self, connections: Callable[[], int], more: Callable[[], Awaitable[list[Metric]]], viewer: Viewer
    ) -> list[Metric]:
        if not viewer.may(WATCH):
            raise Forbidden(permission=WATCH)
        return [*metrics_of(await state_of(self.news), connections()), *await more()]

    async def _ask(self, question: Question, viewer: Viewer) -> Reply:
        answer = await self.corridor.answer(question, viewer)
        headers = (("server-timing", answer.timing),) if answer.timing else ()
        return Reply(answer.body, refused=answer.refused, status=answer.status, headers=headers, codes=answer.codes)

    async def _stream(self, question: Question, viewer: Viewer) -> Stream | Reply | None:
        found = await self.corridor.stream(question, viewer, way=_way(question))
        return _refusal(found) if isinstance(found, Answer) else found

    async def _again(self, question: Question, viewer: Viewer, stream: Stream) -> Stream | Reply | None:
        found = await self.corridor.stream_again(question, viewer, stream, way=_way(question))
        return _refusal(found) if isinstance(found, Answer) else found


def metrics_of(state: State, connections: int) -> list[Metric]:
    """How the process is doing, as Prometheus reads it."""
    return [
        Metric("hub_connections", "WebSockets and event streams of this process.", connections),
        Metric("hub_streams", "Subscriptions of this process.", state.streams),
        Metric("hub_stream_groups", "Executions that identical subscriptions share.", state.groups),
        Metric("hub_consumers", "Consumers that this process reads.", state.consumers),
        Metric("hub_log_hidden_seconds", "How long an event has been hidden behind a writer.", state.hiddenFor / 1000),
        Metric("hub_log_failing_seconds", "How long the log could not be read.", state.failingFor / 1000),
        Metric(
            "hub_oldest_writer_seconds", "Age of the oldest open transaction that writes.", state.oldestWriterFor / 1000
        ),
        Metric("hub_unsealed_seconds", "How long evidence waits for its seal.", state.unsealedFor / 1000),
    ]


@asynccontextmanager
async def composed(
    settings: Settings, *, clock: Clock = now, calendar: Callable[[], dt.datetime] | None = None
) -> AsyncIterator[Composition]:
    """A hub over the base of the settings, opened and, at the end, closed; `calendar` dates deeds, else the clock does.

    KeysMissing without keys, NotMigrated for a base of another version, WeakDurability, Unavailable.
    """
    async with founded(settings, clock=clock) as foundation:
        composition = await compose(foundation, settings, calendar or clock)
        composition.takes_over()
        yield composition


async def compose(
    foundation: Foundation,
    settings: Settings,
    calendar: Callable[[], dt.datetime],
    *,
    before: Composition | None = None,
) -> Composition:
    """What configuration and policy rows say now, over what is open already; `before` is the composition it follows.

    BadConfiguration and the like: then nothing has changed.
    """
    applied, dictionary = await foundation.policies()
    limits, agreements = applied or settings.limits, read_agreements(settings.config)
    base, read, acts = foundation.base, foundation.news, hub_acts()
    doing = Doing(base, acts, seal=foundation.seal, now=calendar, agreements=agreements, cursors=read.cursors)
    corridor = Corridor(
        hub_graph(),
        base.model,
        foundation.reader,
        hashed=foundation.seal.hashed,
        limits=limits,
        openings=foundation.openings,
        acting=Acting(base.model, MACHINES, verbs_by_action(acts)),
        doing=doing,
        indicators=Indicators(dictionary, base.model),
        asides=hub_asides(base),
        feed=Feed(
            Room(base, read.streams, partial(state_of, read), _shown(foundation)),
            Frame,
            limits.answer_bytes,
            read.queries,
        ),
        persisted=before.corridor.persisted if before is not None else None,
        tallies=foundation.tallies.given,
    )
    return Composition(foundation, settings, limits, agreements, doing, corridor)


def _shown(foundation: Foundation) -> Mapping[str, Callable[[], Sequence[Any]]]:
    """What the graph shows of this process itself."""
    return {
        CONNECTIONS: partial(attendance, foundation.crowd, foundation.process),
        GROUPS: partial(groups_of, foundation.news),
    }


def _way(question: Question) -> Way:
    return Way.WEBSOCKET if question.socket else Way.SSE


def _refusal(answer: Answer) -> Reply:
    return Reply(answer.body, refused=True, status=answer.status, codes=answer.codes)


def _principal(viewer: Viewer, address: str) -> str:
    """Whose turn a request takes: the token's subject, or a public client's address. Neither name holds a tab."""
    return f"{viewer.name}\t{viewer.subject}" if viewer.subject else f"public {address}"


def _expires(viewer: Viewer) -> float:
    """When the viewer's token does; the public never."""
    return viewer.exp


__all__ = ["GRAPHQL", "Composition", "compose", "composed", "metrics_of", "now"]
