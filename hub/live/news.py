"""News: everything between the log and the transports, begun and ended together."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Container
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from hub.access.cursors import Cursors
from hub.access.viewers import Viewer
from hub.errors import HubError
from hub.live.evidence import Evidence
from hub.live.follower import Ahead, Follower
from hub.live.queries import Queries
from hub.live.sealer import Sealer
from hub.live.streams import Streams
from hub.procedures.configuration import Base
from hub.store.chain import Chain
from hub.store.dialects.doorbells import Doorbell
from hub.store.log import Log
from hub.store.seal import Keys

log: Any = structlog.get_logger("hub.live")


@dataclass(frozen=True, slots=True)
class News:
    """What reads the log in one process."""

    follower: Follower
    streams: Streams
    queries: Queries
    evidence: Evidence
    sealer: Sealer
    cursors: Cursors


@asynccontextmanager
async def news(
    base: Base,
    doorbell: Doorbell,
    keys: Keys,
    *,
    now: Callable[[], dt.datetime],
    current: Callable[[str], Viewer | None],
    admitted: Callable[[Viewer], Viewer],
    framed: Callable[[bytes], Any],
    ended: Callable[[HubError], Any],
    ahead: Ahead | None = None,
    revoked: Container[str] = frozenset(),
) -> AsyncIterator[News]:
    """Follow the log of the base, which has settled its epoch. At the end the rest of the evidence is written."""
    follower = Follower(Log(base.engine, base.metadata, base.model), doorbell, ahead=ahead)
    await follower.start()
    cursors = Cursors(keys.signing, follower.log, follower.epoch)
    evidence = Evidence(base.ledger, now)
    sealer = Sealer(Chain(base.engine, base.metadata, base.model, key=keys.hashing), now)
    streams = Streams(
        base, follower, cursors, evidence=evidence, now=now, current=current, ended=ended, revoked=revoked
    )
    queries = Queries(follower, admitted=admitted, framed=framed, ended=ended)
    base.ledger.rings(lambda _: doorbell.ring())
    base.ledger.rings(sealer.written)
    tasks = [asyncio.create_task(each.run()) for each in (follower, sealer, queries)]
    try:
        yield News(follower, streams, queries, evidence, sealer, cursors)
    finally:
        streams.close()
        await queries.close()
        try:
            await evidence.close()
        except HubError as error:
            log.warning("evidence could not be written", action="evidence", code=error.code)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
