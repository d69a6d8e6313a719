"""The hub with its configuration, over a base of each kind."""

from typing import Any

import pytest_asyncio
from tests.procedures.agencies import Hub, configured

from hub.schema.model import Model
from hub.store.seal import Seal


@pytest_asyncio.fixture
async def hub(base: Any, model: Model, seal: Seal) -> Hub:
    return await configured(base, model, seal)
