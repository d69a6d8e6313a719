"""What a process opens once and keeps while compositions come and go: base, pools, keys, the log, who is admitted."""

import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.access.tokens import DevelopmentTokens
from hub.access.unsealing import Openings
from hub.access.viewers import Viewer, read_viewers
from hub.attendance import end_those, process_name
from hub.errors import HubError
from hub.live.admission import Admission
from hub.live.follower import Follower
from hub.live.news import News, news
from hub.live.tallies import Tallies
from hub.parts import hub_model
from hub.procedures.configuration import Base, read_limits
from hub.procedures.indicators import read_indicators
from hub.procedures.revocations import read_revoked
from hub.procedures.tickets import Tickets
from hub.rules.indicators import Indicator
from hub.rules.values import SHANGHAI
from hub.schema.model import Model
from hub.settings import Limits, Settings
from hub.store import epochs, migrate
from hub.store.base import doorbell_of, faults, open_base, reader_of
from hub.store.dialects.readers import Reader
from hub.store.ledger import Ledger
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables
from hub.store.tallies import Tallier
from hub.store.touched import looked_for
from hub.web.contract import End, Frame
from hub.web.crowd import Crowd

Clock = Callable[[], dt.datetime]

log: Any = structlog.get_logger("hub.app")


def now() -> dt.datetime:
    """The wall clock."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Foundation:
    """Everything that outlives a reload. `clock` is the wall's."""

    base: Base
    seal: Seal
    reader: Reader
    openings: Openings
    admission: Admission
    tokens: DevelopmentTokens
    tickets: Tickets
    news: News
    tallies: Tallies
    crowd: Crowd
    clock: Clock
    process: str

    async def policies(self) -> tuple[Limits | None, Sequence[Indicator]]:
        """The limits that were applied, None before the first time, and the indicators in force today."""
        policies, today = self.base.metadata.tables["policies"], self.clock().date()
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                return await read_limits(connection, policies), await read_indicators(connection, policies, today)


@asynccontextmanager
async def founded(settings: Settings, *, clock: Clock = now) -> AsyncIterator[Foundation]:
    """The base of the settings with all that is over it, opened and, at the end, closed.

    KeysMissing without keys, NotMigrated for a base of another version, WeakDurability, Unavailable.
    """
    keys, model = read_keys(settings.keys.file), hub_model()
    seal, metadata = Seal(keys), tables(model)
    engine = await open_base(settings.database.url, weak=settings.database.weak_durability)
    try:
        await migrate.require_current(engine)
        epoch = await epochs.settle(engine, metadata, model, now=clock())
        if epoch.moved:
            log.warning("the base was restored or moved", action="epoch", epoch=epoch.number)
        base = Base(engine, metadata, model, Ledger(engine, metadata, model, seal))
        admission = Admission(partial(_standing, engine, metadata, clock), clock=seconds(clock))
        heard: Any = {"current": admission.get, "revoked": admission.revoked, "ahead": admission.ahead}
        made: Any = {"framed": Frame, "ended": _ended, "admitted": admission.current}
        reader = reader_of(settings.database.url, statement_seconds=settings.limits.deadline_seconds)
        async with news(base, doorbell_of(settings.database.url), keys, now=clock, **heard, **made) as read:
            # Only what changes from here on is told by the log.
            await admission.read()
            admission.listen(read.streams.revise)
            admission.listen(read.queries.revise)
            crowd = Crowd(settings.limits, seconds(clock))
            read.follower.listen(partial(end_those, crowd))
            try:
                yield Foundation(
                    base,
                    seal,
                    reader,
                    Openings(engine, metadata, model, ledger=base.ledger, seal=seal, now=clock),
                    admission,
                    _tokens(settings, keys.signing, admission, clock),
                    Tickets(base, seal, clock),
                    read,
                    _tallies(model, reader, read.follower),
                    crowd,
                    clock,
                    process_name(),
                )
            finally:
                await base.ledger.settled()
                await reader.close()
    finally:
        await engine.dispose()


def seconds(clock: Clock) -> Callable[[], float]:
    """The same clock in seconds since 1970."""
    return lambda: clock().timestamp()


def _tokens(settings: Settings, signing: bytes, admission: Admission, clock: Clock) -> DevelopmentTokens:
    loopback, revoked = settings.server.is_loopback, admission.revoked
    return DevelopmentTokens(signing, admission.viewers, loopback=loopback, revoked=revoked, clock=seconds(clock))


def _tallies(model: Model, reader: Reader, follower: Follower) -> Tallies:
    names = {noun: frozenset(looked_for(each)) for noun, each in model.nouns.items()}
    return Tallies(
        Tallier(model, reader).count, follower, prefix=lambda noun: model[noun].prefix, told=names.__getitem__
    )


def _ended(error: HubError) -> End:
    """The last frame of a stream that cannot go on."""
    return End(orjson.dumps([error.entry()]))


async def _standing(
    engine: AsyncEngine, metadata: sa.MetaData, clock: Clock
) -> tuple[Mapping[str, Viewer], frozenset[str]]:
    """Who is a viewer today, and which tokens are none any more."""
    today = clock().astimezone(SHANGHAI).date()
    with faults(metadata):
        async with engine.connect() as connection:
            viewers = await read_viewers(connection, metadata.tables["policies"], today)
            return viewers, await read_revoked(connection, metadata.tables["revocations"])
