"""The process that serves one hub: its address, what goes on beside answers, and how it begins and ends."""

import asyncio
import datetime as dt
import gc
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from hub.app import GRAPHQL, Composition, composed, now
from hub.errors import BadConfiguration, NotFound
from hub.exchange_settings import read_agreements
from hub.jobs.clocks import WatchedClock
from hub.jobs.scheduler import Scheduler, scheduling
from hub.outgoing import bringing
from hub.parts import hub_graph, hub_model, routines
from hub.procedures.configuration import Base
from hub.procedures.deliveries import Counter, Watch
from hub.procedures.inspection import require
from hub.procedures.roster import Roster
from hub.resolvers.finding import Finder
from hub.rules.schedules import weekdays
from hub.settings import Settings
from hub.store.seal import Seal, read_keys
from hub.web.address import Address
from hub.web.connections import HttpConnection, SocketConnection
from hub.web.documents import error_document
from hub.web.health import Health
from hub.web.server import HubServer

log: Any = structlog.get_logger("hub.serving")


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
    find = Finder(hub_graph(), base.model, base.engine, base.metadata, base.ledger.seal)
    return Scheduler(roster, routines(), WatchedClock(clock, settle_seconds=2 * lease, steady=steady), find=find)


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


@dataclass(frozen=True, slots=True)
class Company:
    """What goes on beside answers while a hub serves; which moment it is for files, and for tokens (`clock`)."""

    calendar: Callable[[], dt.datetime] = now
    beside: Callable[[Composition], AbstractAsyncContextManager[None]] = lambda _: nullcontext()
    clock: Callable[[], dt.datetime] = now


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
            composed(self._settings, clock=self._company.clock, calendar=calendar) as composition,
            watching(self._settings, composition, clock=calendar),
            timely(self._settings, composition, clock=calendar),
            bringing(self._settings, composition),
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
    tell = listening or (lambda url: log.info("listening", url=url))

    def began(url: str) -> None:
        # What is there by now stays: looking through it for garbage would hold up every frame that is due meanwhile.
        gc.collect()
        gc.freeze()
        tell(url)

    server = server_of(settings, began, company)
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
