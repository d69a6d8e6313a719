"""A configured base of each kind, for schedulers with clocks and jobs of a test's own."""

from typing import Any

import pytest_asyncio
from tests.procedures.agencies import Hub, configured

from hub.schema.model import Model
from hub.store.seal import Seal


@pytest_asyncio.fixture
async def hub(base: Any, model: Model, seal: Seal) -> Hub:
    return await configured(base, model, seal)
