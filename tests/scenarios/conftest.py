"""The hub with its configuration, over a base of each kind, and the desks of those who work with it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from tests.procedures.agencies import Hub, hub_over
from tests.scenarios.desk import Desks, desks

from hub.schema.model import Model
from hub.store.seal import Seal


@pytest.fixture
def hub(configured: Any, model: Model, seal: Seal) -> Hub:
    return hub_over(configured, model, seal)


@pytest_asyncio.fixture
async def desk(hub: Hub, configured: Any) -> AsyncIterator[Desks]:
    async with desks(hub, configured.url) as opened:
        yield opened
