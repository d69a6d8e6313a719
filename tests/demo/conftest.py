"""A base that holds a case, as a claim may find it."""

from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from tests.conftest import Base as Opened
from tests.store.town import CITY, TOWN, Town

from hub.procedures.configuration import Base
from hub.schema.model import Model
from hub.schema.regions import RegionLevel
from hub.store.ledger import Ledger
from hub.store.seal import Keys, Seal, write_keys


@dataclass(frozen=True)
class Held:
    """A base with one case, and the file of its keys."""

    url: str
    base: Base
    keys: Path


@pytest_asyncio.fixture
async def held(base: Opened, model: Model, keys: Keys, seal: Seal, tmp_path: Path) -> Held:
    write_keys(tmp_path / "keys.json", keys)
    ledger = Ledger(base.engine, base.metadata, model, seal)
    town = Town(base, ledger, seal)
    await town.write(town.region(CITY, RegionLevel.CITY, city=CITY), town.region(TOWN, RegionLevel.TOWN, city=CITY, town=TOWN))
    await town.write(town.organisation(1))
    await town.write(town.case())
    return Held(base.url, Base(base.engine, base.metadata, model, ledger), tmp_path / "keys.json")
