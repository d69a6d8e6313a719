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

from hub.app import GRAPHQL, Composition, compose, composed, now
from hub.errors import BadConfiguration, NotFound
from hub.jobs.clocks import WatchedClock
from hub.jobs.scheduler import Scheduler, scheduling
from hub.logs import configure
from hub.outgoing import Bringing, bringing
from hub.parts import hub_graph, hub_model, routines
from hub.procedures.configuration import Base
from hub.procedures.deliveries import Counter, Watch
from hub.procedures.inspection import require
from hub.procedures.roster import Roster
from hub.reloading import Reloading, reloading
from hub.resolvers.finding import Finder
from hub.rules.schedules import weekdays
from hub.settings import Limits, Settings
from hub.store.seal import read_keys
from hub.web.address import Address
from hub.web.connections import HttpConnection, SocketConnection
from hub.web.documents import error_document
from hub.web.health import Health
from hub.web.pages import pages
from hub.web.server import HubServer

log: Any = structlog.get_logger("hub.serving")


class Watching:
    """Files of the watched folder are taken in, where the settings name one; what they say may change meanwhile."""

    def __init__(self, clock: Callable[[], dt.datetime]) -> None:
        self._clock = clock
        self._said: tuple[object, ...] = ()
        self._task: asyncio.Task[None] | None = None

    async def follow(self, composition: Composition) -> None:
        """Watch as the composition says; where it says what the last one said, nothing is interrupted."""
        exchange = composition.settings.exchange
        said = (exchange, composition.agreements)
        if said == self._said:
            return
        await self.end()
        self._said = said
        if exchange.folder:
            base, seal = composition.foundation.base, composition.foundation.seal
            counter = Counter(base, seal, composition.agreements, self._clock)
            watch = Watch(counter, Path(exchange.folder), exchange.poll_seconds)
            self._task = asyncio.create_task(watch.run())

    async def end(self) -> None:
        """Watch no more."""
        task, self._task = self._task, None
        if task is not None:
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
    async with scheduling(scheduler_of(settings, composition.foundation.base, clock), settings.jobs.poll_seconds):
        yield


@dataclass(frozen=True, slots=True)
class Company:
    """What goes on beside answers while a hub serves; which moment it is for files, and for tokens (`clock`); where the
    settings are read anew for a reload: without it they stay what they were, and policy alone is.
    """

    calendar: Callable[[], dt.datetime] = now
    beside: Callable[[Composition], AbstractAsyncContextManager[None]] = lambda _: nullcontext()
    clock: Callable[[], dt.datetime] = now
    settings: Callable[[], Settings] | None = None


class Application:
    """The ASGI application: the GraphQL address first, everything else by Starlette."""

    def __init__(self, settings: Settings, company: Company | None = None) -> None:
        self._settings = settings
        self._company = company or Company()
        self.bounded: Callable[[Limits], None] = lambda _: None
        """Told the limits of what is connected from then on."""
        self._graphql: Address | None = None
        self._health: Health | None = None
        self._pages = pages()
        self._rest = Starlette(lifespan=self._lifespan, exception_handlers={404: _not_found})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one ASGI scope."""
        if self._graphql is not None and self._graphql.serves(scope):
            await self._graphql(scope, receive, send)
        elif self._health is not None and self._health.serves(scope):
            await self._health(scope, receive, send)
        elif self._pages.serves(scope):
            await self._pages(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    def drain(self) -> None:
        """The process ends: connections that stay are told so."""
        if self._graphql is not None:
            self._graphql.drain()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        company, watching = self._company, Watching(self._company.calendar)
        async with (
            composed(self._settings, clock=company.clock, calendar=company.calendar) as composition,
            timely(self._settings, composition, clock=company.calendar),
            bringing(self._settings, composition) as outgoing,
        ):
            graphql = self._graphql = composition.address()
            self._health = composition.health(lambda: len(graphql.crowd), outgoing.metrics)
            await watching.follow(composition)
            try:
                async with (
                    reloading(self._reloading(composition, graphql, watching, outgoing), composition),
                    company.beside(composition),
                ):
                    yield
            finally:
                await watching.end()
                self._graphql = self._health = None

    def _reloading(
        self, composition: Composition, graphql: Address, watching: Watching, outgoing: Bringing
    ) -> Reloading:
        async def take_over(following: Composition) -> None:
            following.takes_over()
            if following.settings.logs != self._settings.logs:
                configure(following.settings.logs.level)
            self._settings = following.settings
            graphql.become(following.backing(), following.limits, following.settings.server.origins)
            self.bounded(following.limits)
            await watching.follow(following)
            outgoing.follow(following)
            await graphql.reload()

        async def following(settings: Settings, before: Composition) -> Composition:
            return await compose(before.foundation, settings, self._company.calendar, before=before)

        read = self._company.settings or (lambda: self._settings)
        return Reloading(composition, read=read, composed=following, take_over=take_over)


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

    def bounded(limits: Limits) -> None:
        # Each connection looks there when it is made.
        config.ws_max_size, config.limit_concurrency = limits.frame_bytes, 4096 + limits.sockets

    application.bounded = bounded
    return HubServer(config, GRAPHQL, listening=listening, ending=application.drain)


async def _checked(settings: Settings) -> None:
    """Look as `hub check` does and open everything once: what is missing is told before a server is started."""
    read_keys(settings.keys.file)
    await require(settings, hub_model(), today=now().date())
    async with composed(settings):
        pass
