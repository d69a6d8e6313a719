"""The hub with its configuration, over a base of each kind, and the desks of those who work with it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from tests.procedures.agencies import Hub, configured
from tests.scenarios.desk import Desks, desks

from hub.schema.model import Model
from hub.store.seal import Seal


@pytest_asyncio.fixture
async def hub(base: Any, model: Model, seal: Seal) -> Hub:
    return await configured(base, model, seal)


@pytest_asyncio.fixture
async def desk(hub: Hub, base: Any) -> AsyncIterator[Desks]:
    async with desks(hub, base.url) as opened:
        yield opened
