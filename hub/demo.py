"""The demo: a municipality that agencies' files of 2025 made, served while its days pass and files keep arriving."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import click
import orjson
import sqlalchemy as sa

from hub.access.tokens import DevelopmentTokens
from hub.access.viewers import read_viewers
from hub.app import Company, hub_model, now, serve
from hub.errors import BadConfiguration
from hub.exchange_settings import read_agreements
from hub.logs import configure
from hub.procedures.configuration import Base, apply
from hub.procedures.deliveries import Counter, Watch
from hub.procedures.seeds import read_seeds
from hub.settings import Database, KeyFile, Server, Settings, Watched, load
from hub.simulation.agencies.agenda import Agenda
from hub.simulation.agencies.town import Calendar, Town
from hub.simulation.growth import grow, standing
from hub.store import migrate
from hub.store.base import faults, open_base
from hub.store.ledger import Ledger
from hub.store.seal import Seal, new_keys, read_keys, write_keys
from hub.store.tables import tables

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
    folder.mkdir(parents=True, exist_ok=True)
    settings = _settings(folder, database, port, rate)
    # Each file's own line would bury what a person looks for.
    configure("warning" if settings.logs.level == "info" else settings.logs.level)
    progress = Progress()
    calendar = Calendar.read(folder / "demo.json", cases)
    _begin(folder, calendar, embedded=database is None)
    tokens = asyncio.run(prepared(settings, calendar.grown, progress))
    town = asyncio.run(_settled(settings, calendar, progress))
    progress.say(f"a day passes every {rate:g} s" if rate else "no day passes")
    company = Company(town.calendar.now, lambda: town.going_on(rate))
    serve(settings, listening=lambda url: _introduce(url, tokens, json=json), company=company)


def _begin(folder: Path, calendar: Calendar, *, embedded: bool) -> None:
    """What an interrupted start left is part of a municipality: it is made anew. A base of others is not touched."""
    bases = list(folder.glob("hub.db*")) if embedded else []
    if bases and not calendar.begun:
        raise BadConfiguration(reason=f"{folder / 'hub.db'} is not this demo's; --data names another folder")
    if not calendar.loaded:
        for part in bases:
            part.unlink()
        calendar.keep()


def _settings(folder: Path, database: str | None, port: int, rate: float) -> Settings:
    incoming = folder / "incoming"
    incoming.mkdir(exist_ok=True)
    return replace(
        load(),
        server=Server("127.0.0.1", port),
        database=Database(database or f"sqlite:///{folder / 'hub.db'}"),
        keys=KeyFile(folder / "keys.json"),
        exchange=Watched(str(incoming), min(1.0, rate / 4) or 1.0),
    )


@dataclass(slots=True)
class Progress:
    """What the demo is doing, for whoever waits."""

    begun: float = field(default_factory=time.perf_counter)

    def say(self, what: str) -> None:
        """One line on standard error."""
        print(f"[{time.perf_counter() - self.begun:5.1f} s] {what}", file=sys.stderr, flush=True)  # noqa: T201


async def prepared(settings: Settings, cases: int, progress: Progress) -> dict[str, str]:
    """Keys, tables, configuration, registers and grown cases, each where it is missing; the demo's tokens."""
    if not settings.keys.file.exists():
        write_keys(settings.keys.file, new_keys(settings.keys.cipher))
    await migrate.upgrade(settings.database.url)
    async with _opened(settings) as base:
        applied = await apply(base, read_seeds(settings.config), settings.limits, actor="admin", now=now())
        progress.say(f"configuration: {applied.inserted} rows written, {applied.unchanged} there already")
        await _grown(base, cases, progress)
        with faults(base.metadata):
            async with base.engine.connect() as connection:
                viewers = await read_viewers(connection, base.metadata.tables["policies"], now().date())
    tokens = DevelopmentTokens(read_keys(settings.keys.file).signing, viewers, loopback=True)
    return {name: tokens.issue(name, subject=f"demo-{name}") for name in VIEWERS}


async def _settled(settings: Settings, calendar: Calendar, progress: Progress) -> Town:
    """The town whose year is there: taken in from its files, where it is missing."""
    async with _opened(settings) as base:
        with faults(base.metadata):
            async with base.engine.connect() as connection:
                seeds = await standing(connection, base.metadata)
        agenda = Agenda(seeds, disputes=calendar.told)
        town = Town(agenda, calendar, Path(settings.exchange.folder), progress.say)
        if not calendar.loaded:
            seal, agreements = Seal(read_keys(settings.keys.file)), read_agreements(settings.config)
            counter = Counter(base, seal, agreements, calendar.now)
            await town.year(Watch(counter, town.folder, settings.exchange.poll_seconds).look)
        progress.say(f"{await _count(base)} cases; the next day of the files is {calendar.next}")
    return town


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Base]:
    model, seal = hub_model(), Seal(read_keys(settings.keys.file))
    metadata = tables(model)
    engine = await open_base(settings.database.url)
    try:
        yield Base(engine, metadata, model, Ledger(engine, metadata, model, seal))
    finally:
        await engine.dispose()


async def _grown(base: Base, cases: int, progress: Progress) -> None:
    """The registers, and cases that are grown whole: files cannot tell of referrals in all their states yet."""
    if await _count(base):
        return
    rows = await grow(base.ledger, base.engine, base.metadata, cases=cases)
    progress.say(f"registers and {cases} cases with their whole course: {rows} rows written")


async def _count(base: Base) -> int:
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            asked = sa.select(sa.func.count()).select_from(base.metadata.tables["cases"])
            return (await connection.execute(asked)).scalar_one()


def _introduce(url: str, tokens: dict[str, str], *, json: bool) -> None:
    if json:
        print(orjson.dumps({"url": url, "tokens": tokens}).decode(), flush=True)  # noqa: T201
        return
    lines = [f"\nThe hub answers at {url}\n", *(f"{name:9} {token}" for name, token in tokens.items())]
    body = orjson.dumps({"query": FIRST_QUERY}).decode()
    asked = (
        f"curl -s {url} -H 'content-type: application/json' -H 'authorization: Bearer {tokens['district']}' -d '{body}'"
    )
    click.echo("\n".join([*lines, "\nA first query:\n", asked, ""]))
    sys.stdout.flush()
