"""The composition root: settings in, a hub over its base out. It may import everything; importing it opens nothing."""

import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.access.acting import MACHINES, Acting
from hub.access.tokens import DevelopmentTokens
from hub.access.unsealing import Openings
from hub.access.viewers import WATCH, Viewer, read_viewers
from hub.errors import Forbidden, HubError, Unavailable
from hub.exchange_settings import read_agreements
from hub.live.admission import Admission
from hub.live.news import News, news
from hub.live.state import State, state_of
from hub.parts import hub_acts, hub_asides, hub_graph, hub_model
from hub.procedures.configuration import Base, read_limits
from hub.procedures.deeds import verbs_by_action
from hub.procedures.doing import Doing
from hub.procedures.indicators import read_indicators
from hub.procedures.revocations import read_revoked
from hub.procedures.tickets import Tickets
from hub.resolvers.answer import Answer, Corridor, Feed
from hub.resolvers.indicators import Indicators
from hub.resolvers.newsroom import Feed as Room
from hub.rules.values import SHANGHAI
from hub.schema.consumers import Way
from hub.settings import Limits, Settings
from hub.store import epochs, migrate
from hub.store.base import doorbell_of, faults, open_base, reader_of
from hub.store.dialects.readers import Reader
from hub.store.ledger import Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables
from hub.web.address import Address, address
from hub.web.body import Question
from hub.web.contract import Backing, End, Frame, Reply, Stream
from hub.web.health import Health, Metric
from hub.web.turns import Turns

GRAPHQL = "/graphql"

log: Any = structlog.get_logger("hub.app")


def now() -> dt.datetime:
    """The wall clock."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Composition:
    """Everything of one running hub."""

    engine: AsyncEngine
    metadata: sa.MetaData
    reader: Reader
    ledger: Ledger
    tokens: DevelopmentTokens
    admission: Admission
    tickets: Tickets
    corridor: Corridor
    limits: Limits
    news: News
    doing: Doing
    origins: tuple[str, ...] = ()
    clock: Callable[[], dt.datetime] = now

    def address(self) -> Address:
        """The GraphQL address on every transport."""
        turns = Turns(self.limits.waiting_per_principal, running=self.reader.at_once)
        backing = Backing(
            self._ask,
            self.tokens.identify,
            _principal,
            stream=self._stream,
            expires=_expires,
            claims=self.admission.claims,
            recall=self.admission.recalled,
            current=self.admission.current,
            shelf=self.tickets,
            clock=_seconds(self.clock),
        )
        found = address(GRAPHQL, backing, limits=self.limits, turns=turns, origins=self.origins)
        self.admission.listen(found.revise)
        return found

    def health(self, connections: Callable[[], int]) -> Health:
        """What tells operators' machines how the process is doing."""
        return Health(self._ready, partial(self._measured, connections), self.tokens.identify)

    async def _ready(self) -> None:
        """Unavailable and the like where no question could be answered, or evidence could not be kept."""
        await self.news.follower.log.epoch()
        if self.news.evidence.is_full:
            raise Unavailable

    async def _measured(self, connections: Callable[[], int], viewer: Viewer) -> list[Metric]:
        if not viewer.may(WATCH):
            raise Forbidden(permission=WATCH)
        return metrics_of(await state_of(self.news), connections())

    async def _ask(self, question: Question, viewer: Viewer) -> Reply:
        answer = await self.corridor.answer(question, viewer)
        headers = (("server-timing", answer.timing),) if answer.timing else ()
        return Reply(answer.body, refused=answer.refused, status=answer.status, headers=headers, codes=answer.codes)

    async def _stream(self, question: Question, viewer: Viewer) -> Stream | Reply | None:
        found = await self.corridor.stream(question, viewer, way=Way.WEBSOCKET if question.socket else Way.SSE)
        if isinstance(found, Answer):
            return Reply(found.body, refused=True, status=found.status, codes=found.codes)
        return found


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


def _principal(viewer: Viewer, address: str) -> str:
    """Whose turn a request takes: the token's subject, or a public client's address. Neither name holds a tab."""
    return f"{viewer.name}\t{viewer.subject}" if viewer.subject else f"public {address}"


def _ended(error: HubError) -> End:
    """The last frame of a stream that cannot go on."""
    return End(orjson.dumps([error.entry()]))


def _seconds(clock: Callable[[], dt.datetime]) -> Callable[[], float]:
    return lambda: clock().timestamp()


def _expires(viewer: Viewer) -> float:
    """When the viewer's token does; the public never."""
    return viewer.exp


@asynccontextmanager
async def composed(
    settings: Settings, *, clock: Callable[[], dt.datetime] = now, calendar: Callable[[], dt.datetime] | None = None
) -> AsyncIterator[Composition]:
    """A hub over the base of the settings, opened and, at the end, closed; `calendar` dates deeds, else the clock does.

    KeysMissing without keys, NotMigrated for a base of another version, WeakDurability, Unavailable.
    """
    model, seal = hub_model(), Seal(read_keys(settings.keys.file))
    metadata = tables(model)
    engine = await open_base(settings.database.url, weak=settings.database.weak_durability)
    try:
        await migrate.require_current(engine)
        epoch = await epochs.settle(engine, metadata, model, now=clock())
        if epoch.moved:
            log.warning("the base was restored or moved", action="epoch", epoch=epoch.number)
        limits, dictionary = await _policies(engine, metadata, clock().date())
        limits = limits or settings.limits
        keys = read_keys(settings.keys.file)
        standing = partial(_standing, engine, metadata, lambda: clock().astimezone(SHANGHAI).date())
        admission = Admission(standing, clock=_seconds(clock))
        tokens = DevelopmentTokens(
            keys.signing,
            admission.viewers,
            loopback=settings.server.is_loopback,
            revoked=admission.revoked,
            clock=_seconds(clock),
        )
        ledger = Ledger(engine, metadata, model, seal)
        base = Base(engine, metadata, model, ledger)
        reader = reader_of(settings.database.url, statement_seconds=limits.deadline_seconds)
        openings = Openings(engine, metadata, model, ledger=ledger, seal=seal, now=clock)
        doorbell = doorbell_of(settings.database.url)
        async with news(
            base,
            doorbell,
            keys,
            now=clock,
            current=admission.get,
            ended=_ended,
            ahead=admission.ahead,
            revoked=admission.revoked,
        ) as read:
            # Only what changes from here on is told by the log.
            await admission.read()
            admission.listen(read.streams.revise)
            doing = Doing(
                base,
                hub_acts(),
                seal=seal,
                now=calendar or clock,
                agreements=read_agreements(settings.config),
                cursors=read.cursors,
            )
            corridor = Corridor(
                hub_graph(),
                model,
                reader,
                hashed=seal.hashed,
                limits=limits,
                openings=openings,
                acting=Acting(model, MACHINES, verbs_by_action(hub_acts())),
                doing=doing,
                indicators=Indicators(dictionary, model),
                asides=hub_asides(base),
                feed=Feed(Room(base, read.streams, partial(state_of, read)), Frame, limits.answer_bytes),
            )
            try:
                origins = settings.server.origins
                yield Composition(
                    engine,
                    metadata,
                    reader,
                    ledger,
                    tokens,
                    admission,
                    Tickets(base, seal, clock),
                    corridor,
                    limits,
                    read,
                    doing,
                    origins,
                    clock,
                )
            finally:
                await ledger.settled()
                await reader.close()
    finally:
        await engine.dispose()


async def _policies(engine: AsyncEngine, metadata: sa.MetaData, today: dt.date) -> Any:
    policies = metadata.tables["policies"]
    with faults(metadata):
        async with engine.connect() as connection:
            return await read_limits(connection, policies), await read_indicators(connection, policies, today)


async def _standing(
    engine: AsyncEngine, metadata: sa.MetaData, today: Callable[[], dt.date]
) -> tuple[Mapping[str, Viewer], frozenset[str]]:
    """Who is a viewer, and which tokens are none any more."""
    with faults(metadata):
        async with engine.connect() as connection:
            viewers = await read_viewers(connection, metadata.tables["policies"], today())
            return viewers, await read_revoked(connection, metadata.tables["revocations"])
