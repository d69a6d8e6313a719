"""The composition root: settings in, a served hub out. Alone it may import everything; importing it opens nothing."""

import asyncio
import datetime as dt
import importlib
import os
import pkgutil
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import sqlalchemy as sa
import structlog
import uvicorn
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

import hub.jobs
import hub.procedures
import hub.schema
from hub.access.acting import MACHINES, Acting
from hub.access.tokens import DevelopmentTokens
from hub.access.unsealing import Openings
from hub.access.viewers import PUBLIC, WATCH, Viewer, read_viewers
from hub.errors import BadConfiguration, Forbidden, HubError, NotFound, Unavailable
from hub.exchange_settings import read_agreements
from hub.jobs.clocks import WatchedClock
from hub.jobs.contract import Routine
from hub.jobs.scheduler import Scheduler, scheduling
from hub.live.news import News, news
from hub.live.state import State, state_of
from hub.procedures.configuration import Base, read_limits
from hub.procedures.conflicts import acceptance_conflicts
from hub.procedures.deeds import Act, acts_of, verbs_by_action
from hub.procedures.deliveries import Counter, Watch
from hub.procedures.doing import Doing
from hub.procedures.indicators import read_indicators
from hub.procedures.inspection import require
from hub.procedures.jobs import Roster
from hub.resolvers.answer import Answer, Corridor, Feed
from hub.resolvers.aside import Asides
from hub.resolvers.indicators import Indicators
from hub.resolvers.newsroom import Feed as Room
from hub.rules.schedules import weekdays
from hub.schema.conflicts import ACCEPTANCE_CONFLICTS
from hub.schema.consumers import Way
from hub.schema.declare import Entity
from hub.schema.graph import HubSchema, graph
from hub.schema.model import Model, build
from hub.settings import Limits, Settings
from hub.store import epochs, migrate
from hub.store.base import doorbell_of, faults, open_base, reader_of
from hub.store.dialects.readers import Reader
from hub.store.ledger import Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables
from hub.web.address import Address, address
from hub.web.body import Question
from hub.web.connections import HttpConnection, SocketConnection
from hub.web.contract import Backing, End, Frame, Reply, Stream
from hub.web.documents import error_document
from hub.web.health import Health, Metric
from hub.web.server import HubServer
from hub.web.turns import Turns

GRAPHQL = "/graphql"

log: Any = structlog.get_logger("hub.app")


@cache
def hub_model() -> Model:
    """Every noun there is: the modules of hub/schema by file name, sorted."""
    kinds = [kind for module in _modules(hub.schema) for kind in vars(module).values() if isinstance(kind, type)]
    return build(dict.fromkeys(kind for kind in kinds if issubclass(kind, Entity) and kind is not Entity))


@cache
def hub_acts() -> Mapping[str, Act]:
    """Everything that can be done: the verbs of hub/procedures, by name."""
    return acts_of(_modules(hub.procedures))


@cache
def hub_graph() -> HubSchema:
    """The graph of every noun and every verb."""
    return graph(hub_model(), [act.verb for act in hub_acts().values()], [ACCEPTANCE_CONFLICTS], figures=True)


def hub_asides(base: Base) -> Asides:
    """What is asked beside the rows that one sees."""
    return {ACCEPTANCE_CONFLICTS.name: (ACCEPTANCE_CONFLICTS, partial(acceptance_conflicts, base))}


def _modules(package: ModuleType) -> list[ModuleType]:
    """The modules of a package by file name, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


@cache
def routines() -> dict[str, Routine]:
    """Every job there is: the modules of hub/jobs that hold one, by file name, sorted."""
    found = {each.__name__.rpartition(".")[2]: getattr(each, "ROUTINE", None) for each in _modules(hub.jobs)}
    return {name: routine for name, routine in found.items() if isinstance(routine, Routine)}


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
    corridor: Corridor
    limits: Limits
    news: News
    doing: Doing
    origins: tuple[str, ...] = ()

    def address(self) -> Address:
        """The GraphQL address on every transport."""
        turns = Turns(self.limits.waiting_per_principal, running=self.reader.at_once)
        backing = Backing(self._ask, self.tokens.identify, _principal, stream=self._stream, expires=_expires)
        return address(GRAPHQL, backing, limits=self.limits, turns=turns, origins=self.origins)

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
    """Whose turn a request takes: the token's subject, or a public client's address."""
    return f"{viewer.name} {viewer.subject}" if viewer.subject else f"public {address}"


def _ended(error: HubError) -> End:
    """The last frame of a stream that cannot go on."""
    return End(orjson.dumps([error.entry()]))


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
        viewers, limits, dictionary = await _policies(engine, metadata, clock().date())
        limits = limits or settings.limits
        keys = read_keys(settings.keys.file)
        tokens = DevelopmentTokens(keys.signing, viewers, loopback=settings.server.is_loopback)
        ledger = Ledger(engine, metadata, model, seal)
        base = Base(engine, metadata, model, ledger)
        reader = reader_of(settings.database.url, statement_seconds=limits.deadline_seconds)
        openings = Openings(engine, metadata, model, ledger=ledger, seal=seal, now=clock)
        known = {**viewers, PUBLIC.name: PUBLIC}
        doorbell = doorbell_of(settings.database.url)
        async with news(base, doorbell, keys, now=clock, current=known.get, ended=_ended) as read:
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
                indicators=Indicators(dictionary, model["Case"]),
                asides=hub_asides(base),
                feed=Feed(Room(base, read.streams, partial(state_of, read)), Frame, limits.answer_bytes),
            )
            try:
                origins = settings.server.origins
                yield Composition(engine, metadata, reader, ledger, tokens, corridor, limits, read, doing, origins)
            finally:
                await ledger.settled()
                await reader.close()
    finally:
        await engine.dispose()


@asynccontextmanager
async def watching(
    settings: Settings, composition: Composition, *, clock: Callable[[], dt.datetime] = now
) -> AsyncIterator[None]:
    """Files of the watched folder are taken in meanwhile, where the settings name one."""
    if not settings.exchange.folder:
        yield
        return
    base = Base(composition.engine, composition.metadata, hub_model(), composition.ledger)
    counter = Counter(base, Seal(read_keys(settings.keys.file)), read_agreements(settings.config), clock)
    task = asyncio.create_task(Watch(counter, Path(settings.exchange.folder), settings.exchange.poll_seconds).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=30)


def scheduler_of(settings: Settings, base: Base, clock: Callable[[], dt.datetime] = now) -> Scheduler:
    """What runs the jobs of a base, as a process of its own name. A calendar of a demo's own is believed at once."""
    process = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    lease = settings.jobs.lease_seconds
    roster = Roster(base, process=process, lease=dt.timedelta(seconds=lease), working=weekdays)
    steady = time.monotonic if clock is now else lambda: clock().timestamp()
    return Scheduler(roster, routines(), WatchedClock(clock, settle_seconds=2 * lease, steady=steady))


@asynccontextmanager
async def timely(
    settings: Settings, composition: Composition, *, clock: Callable[[], dt.datetime] = now
) -> AsyncIterator[None]:
    """Jobs are run meanwhile, where the settings say so."""
    if not settings.jobs.run:
        yield
        return
    base = Base(composition.engine, composition.metadata, hub_model(), composition.ledger)
    async with scheduling(scheduler_of(settings, base, clock), settings.jobs.poll_seconds):
        yield


async def _policies(engine: AsyncEngine, metadata: sa.MetaData, today: dt.date) -> Any:
    policies = metadata.tables["policies"]
    with faults(metadata):
        async with engine.connect() as connection:
            viewers, limits = await read_viewers(connection, policies, today), await read_limits(connection, policies)
            return viewers, limits, await read_indicators(connection, policies, today)


@dataclass(frozen=True, slots=True)
class Company:
    """What goes on beside answers while a hub serves, and which moment it is for files; tokens keep the wall clock."""

    calendar: Callable[[], dt.datetime] = now
    beside: Callable[[Composition], AbstractAsyncContextManager[None]] = lambda _: nullcontext()


class Application:
    """The ASGI application: the GraphQL address first, everything else by Starlette."""

    def __init__(self, settings: Settings, company: Company | None = None) -> None:
        self._settings = settings
        self._company = company or Company()
        self._graphql: Address | None = None
        self._health: Health | None = None
        self._rest = Starlette(lifespan=self._lifespan, exception_handlers={404: _not_found})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one ASGI scope."""
        if self._graphql is not None and self._graphql.serves(scope):
            await self._graphql(scope, receive, send)
        elif self._health is not None and self._health.serves(scope):
            await self._health(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    def drain(self) -> None:
        """The process ends: connections that stay are told so."""
        if self._graphql is not None:
            self._graphql.drain()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        calendar, beside = self._company.calendar, self._company.beside
        async with (
            composed(self._settings, calendar=calendar) as composition,
            watching(self._settings, composition, clock=calendar),
            timely(self._settings, composition, clock=calendar),
        ):
            graphql = self._graphql = composition.address()
            self._health = composition.health(lambda: len(graphql.crowd))
            try:
                async with beside(composition):
                    yield
            finally:
                self._graphql = self._health = None


def _not_found(_: Request, __: Exception) -> Response:
    return Response(error_document(NotFound()), 404, media_type="application/json")


def serve(
    settings: Settings, *, listening: Callable[[str], None] | None = None, company: Company | None = None
) -> None:
    """Serve until a signal ends it. What keeps the hub from starting is raised as its own error, with its code."""
    asyncio.run(_checked(settings))
    server = server_of(settings, listening or (lambda url: log.info("listening", url=url)), company)
    try:
        server.run()
    except SystemExit:
        raise BadConfiguration(reason=f"cannot listen on {settings.server.host}:{settings.server.port}") from None
    if not server.started:
        raise SystemExit(1)


def server_of(settings: Settings, listening: Callable[[str], None], company: Company | None = None) -> HubServer:
    """The server of one hub, not yet started; `listening` is told its address."""
    application = Application(settings, company)
    config = uvicorn.Config(
        application,
        host=settings.server.host,
        port=settings.server.port,
        http=HttpConnection,
        ws=SocketConnection,
        # Frames are shared by many sockets, and a small one must not unfold to any size.
        ws_per_message_deflate=False,
        ws_max_size=settings.limits.frame_bytes,
        ws_ping_interval=20,
        ws_ping_timeout=settings.limits.stalled_seconds,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=30,
        timeout_keep_alive=30,
        limit_concurrency=4096 + settings.limits.sockets,
    )
    return HubServer(config, GRAPHQL, listening=listening, ending=application.drain)


async def _checked(settings: Settings) -> None:
    """Look as `hub check` does and open everything once: what is missing is told before a server is started."""
    read_keys(settings.keys.file)
    await require(settings, hub_model(), today=now().date())
    async with composed(settings):
        pass
