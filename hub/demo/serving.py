"""The demo: a municipality that agencies' files of 2025 made, served while its days pass and files keep arriving."""

import asyncio
import datetime as dt
import shlex
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
import orjson
import sqlalchemy as sa

from hub.access.tokens import DevelopmentTokens
from hub.access.viewers import read_viewers
from hub.app import GRAPHQL, Composition, now
from hub.demo.bases import claim
from hub.demo.crowd import Order, crowd
from hub.demo.desks import BEFORE, Desks
from hub.demo.progress import Bar, Progress
from hub.errors import BadConfiguration
from hub.exchange_settings import read_agreements
from hub.logs import configure
from hub.parts import hub_acts, hub_model
from hub.procedures.configuration import Base, apply
from hub.procedures.deliveries import Counter, Watch
from hub.procedures.doing import Doing
from hub.procedures.marks import Mark, write_mark
from hub.procedures.seeds import read_seeds
from hub.serving import Company, serve
from hub.settings import Database, KeyFile, Server, Settings, Watched, load
from hub.simulation.agencies.agenda import Agenda
from hub.simulation.agencies.town import Calendar, Town
from hub.simulation.growth import grow, standing
from hub.simulation.seeds import Seeds
from hub.store import migrate
from hub.store.base import faults, open_base
from hub.store.folders import private
from hub.store.ledger import Ledger
from hub.store.seal import Seal, new_keys, read_keys, write_keys
from hub.store.tables import tables
from hub.web.pages import LIVE

HOST = "127.0.0.1"
DATA = Path("hub-data/demo")
VIEWERS = ("admin", "court", "agency", "district")
FIRST_QUERY = (
    "{ cases(first: 3, orderBy: [{field: REGISTERED_AT, direction: DESC}])"
    " { totalCount nodes { number title state } } }"
)


def demo(*, port: int, data: Path | None, database: str | None, cases: int, rate: float, json: bool) -> None:
    """Serve a municipality of about so many cases, made on the spot and kept in its folder; `rate` seconds are a day.

    With `json` the first line on standard output, once the socket listens, is
    `{"url": ..., "tokens": {"admin": ..., "court": ..., "agency": ..., "district": ...}}`.
    """
    folder = (data or DATA).absolute()
    _hold_port(port)
    private(folder)
    settings = _settings(folder, database, port, rate)
    # Each file's own line would bury what a person looks for.
    configure("warning" if settings.logs.level == "info" else settings.logs.level)
    calendar, progress = Calendar.read(folder / "demo.json", cases), Progress()
    asyncio.run(claim(settings.database, calendar, embedded=None if database else folder / "hub.db"))
    if not calendar.loaded:
        calendar.keep()
    town, tokens = asyncio.run(_made(settings, calendar, progress))
    progress.say(f"a day passes every {rate:g} s" if rate else "no day passes")
    again = partial(_settings, folder, database, port, rate)
    company = Company(town.calendar.now, partial(_alive, town, rate), settings=again)
    serve(settings, listening=lambda url: _introduce(url, tokens, settings, json=json), company=company)


@asynccontextmanager
async def _alive(town: Town, rate: float, composition: Composition) -> AsyncIterator[None]:
    """Meanwhile days pass, files arrive and officials act."""
    doing = composition.doing
    desks = Desks(doing.base, doing, town.calendar, await _seeds(doing.base))
    async with town.going_on(rate), desks.at_work(rate):
        yield


def _hold_port(port: int) -> None:
    """BadConfiguration (HUB-701) for a port that is taken, before minutes are spent on a municipality."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise BadConfiguration(reason=f"cannot listen on {HOST}:{port}, --port names another one") from None


def _settings(folder: Path, database: str | None, port: int, rate: float) -> Settings:
    incoming = private(folder / "incoming")
    return replace(
        load(),
        server=Server(HOST, port),
        database=Database(f"sqlite:///{folder / 'hub.db'}" if database is None else database),
        keys=KeyFile(folder / "keys.json"),
        exchange=Watched(str(incoming), min(1.0, rate / 4) or 1.0),
    )


async def _made(settings: Settings, calendar: Calendar, progress: Progress) -> tuple[Town, dict[str, str]]:
    """The town, grown where it is not there yet, and the demo's tokens."""
    await prepared(settings)
    async with opened(settings) as base:
        if not calendar.loaded:
            await write_mark(base, Mark(calendar.base, whole=False), now=now())
        await configured(settings, base, progress)
        growing = None if calendar.loaded else await _seeds(base)
        if growing:
            await grown(base, calendar.grown, progress)
        agenda = Agenda(await _seeds(base), disputes=calendar.told)
        town = Town(agenda, calendar, Path(settings.exchange.folder), progress.say)
        if growing:
            await _year(settings, base, town, growing, progress=progress)
        progress.say(f"{await counted(base)} cases; the next day of the files is {calendar.next}")
        return town, await tokens_of(settings, base)


async def configured(settings: Settings, base: Base, progress: Progress) -> None:
    """What `config/` says, where it is missing."""
    applied = await apply(base, read_seeds(settings.config), settings.limits, actor="admin", now=now())
    progress.say(f"configuration: {applied.inserted} rows written, {applied.unchanged} there already")


async def prepared(settings: Settings) -> None:
    """Keys and tables, where they are missing."""
    if not settings.keys.file.exists():
        write_keys(settings.keys.file, new_keys(settings.keys.cipher))
    if settings.database.folder:
        private(settings.database.folder)
    await migrate.upgrade(settings.database.url)


async def _year(settings: Settings, base: Base, town: Town, seeds: Seeds, *, progress: Progress) -> None:
    """The first year, by its files and then in bulk; from here on the base may be served."""
    calendar, keys = town.calendar, settings.keys.file
    counter = Counter(base, Seal(read_keys(keys)), read_agreements(settings.config), calendar.now)
    desks = _desks(base, settings, calendar, seeds)
    most = min(BEFORE, calendar.told) // (len(town.agenda.spans) - 1)

    async def between(last: dt.date) -> None:
        at_work = await desks.until(last, most)
        progress.say(f"{at_work.done} deeds of officials until {last}")

    look = Watch(counter, town.folder, settings.exchange.poll_seconds).look
    await town.year(look, Bar("the files of 2025").reach, between)
    if calendar.crowd:
        order = Order(url=settings.database.url, keys=keys, seeds=seeds, cases=calendar.crowd)
        told, indexed = Bar("cases grown in bulk"), Bar("indexes")
        rows = await crowd(base, order, first=calendar.grown, told=told.reach, indexed=indexed.reach)
        progress.say(f"{calendar.crowd} cases grown in bulk: {rows} rows written")
    await desks.rounds()
    await write_mark(base, Mark(calendar.base, whole=True), now=now())
    calendar.loaded = True
    calendar.keep()


def _desks(base: Base, settings: Settings, calendar: Calendar, seeds: Seeds) -> Desks:
    agreements, seal = read_agreements(settings.config), Seal(read_keys(settings.keys.file))
    return Desks(base, Doing(base, hub_acts(), seal=seal, now=calendar.now, agreements=agreements), calendar, seeds)


async def _seeds(base: Base) -> Seeds:
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            return await standing(connection, base.metadata)


async def tokens_of(settings: Settings, base: Base) -> dict[str, str]:
    """A token of each of the demo's viewers."""
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            viewers = await read_viewers(connection, base.metadata.tables["policies"], now().date())
    tokens = DevelopmentTokens(read_keys(settings.keys.file).signing, viewers, loopback=True)
    return {name: tokens.issue(name, subject=f"demo-{name}") for name in VIEWERS}


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Base]:
    """The base of the settings and its ledger; closed at the end."""
    model, seal = hub_model(), Seal(read_keys(settings.keys.file))
    metadata = tables(model)
    engine = await open_base(settings.database.url)
    try:
        yield Base(engine, metadata, model, Ledger(engine, metadata, model, seal))
    finally:
        await engine.dispose()


async def grown(base: Base, cases: int, progress: Progress) -> None:
    """The registers, and cases that are grown whole: files cannot tell of referrals in all their states yet."""
    rows = await grow(base.ledger, base.engine, base.metadata, cases=cases)
    progress.say(f"registers and {cases} cases with their whole course: {rows} rows written")


async def counted(base: Base) -> int:
    """How many cases there are."""
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            asked = sa.select(sa.func.count()).select_from(base.metadata.tables["cases"])
            return (await connection.execute(asked)).scalar_one()


def _introduce(url: str, tokens: dict[str, str], settings: Settings, *, json: bool) -> None:
    if json:
        print(orjson.dumps({"url": url, "tokens": tokens}).decode(), flush=True)  # noqa: T201
        return
    lines = [f"\nThe hub answers at {url}\n", *(f"{name:9} {token}" for name, token in tokens.items())]
    page = f"{url.removesuffix(GRAPHQL)}{LIVE}#token={tokens['admin']}"
    body = orjson.dumps({"query": FIRST_QUERY}).decode()
    asked = (
        f"curl -s {url} -H 'content-type: application/json' -H 'authorization: Bearer {tokens['district']}' -d '{body}'"
    )
    also = f"{_environment(settings)} hub jobs"
    shown = [*lines, "\nA first query:\n", asked, "\nThe city's figures as they change:\n", page]
    click.echo("\n".join([*shown, "\nOther commands on this base:\n", also, ""]))
    sys.stdout.flush()


def _environment(settings: Settings) -> str:
    """What a shell sets before a command on the demo's base; no password is printed."""
    base = sa.make_url(settings.database.url).render_as_string(hide_password=True)
    said = {"HUB_DATABASE_URL": base, "HUB_KEYS_FILE": str(settings.keys.file)}
    return " ".join(f"{name}={shlex.quote(text)}" for name, text in said.items())
