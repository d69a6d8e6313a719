"""A base that holds the configuration, with the books of what is delivered to it."""

from pathlib import Path
from typing import Any

import pytest_asyncio
from tests.exchange.truth import Account
from tests.procedures.agencies import hub_over

from hub.schema.model import Model
from hub.simulation.growth import standing
from hub.store.seal import Seal


@pytest_asyncio.fixture
async def account(configured: Any, model: Model, seal: Seal, tmp_path: Path) -> Account:
    hub = hub_over(configured, model, seal)
    async with configured.engine.connect() as connection:
        seeds = await standing(connection, configured.metadata)
    (folder := tmp_path / "files").mkdir()
    return Account(hub, seeds, folder)
