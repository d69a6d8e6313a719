"""The municipality that deeds are tested on, and a follower of its log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest_asyncio
from tests.conftest import Base
from tests.store.conftest import ledger, town
from tests.store.town import Town

from hub.live.follower import Follower
from hub.schema.model import Model
from hub.store.base import doorbell_of
from hub.store.ledger import Ledger
from hub.store.log import Log

__all__ = ["ledger", "town"]


@pytest_asyncio.fixture
async def follower(base: Base, model: Model, ledger: Ledger, town: Town) -> AsyncIterator[Follower]:
    """One that has begun and is told of the ledger's deeds, as in a hub."""
    follower = Follower(Log(base.engine, base.metadata, model), doorbell_of(base.url))
    ledger.rings(lambda _: follower.doorbell.ring())
    await follower.start()
    running = asyncio.create_task(follower.run())
    yield follower
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
