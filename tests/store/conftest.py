"""A municipality whose registers are written."""

import pytest
import pytest_asyncio
from tests.conftest import Base
from tests.store.town import CITY, DISTRICT, OTHER_TOWN, TOWN, Town, insert

from hub.schema.courts import Court, CourtLevel
from hub.schema.model import Model
from hub.schema.regions import RegionLevel
from hub.store.ledger import Ledger
from hub.store.seal import Seal


@pytest.fixture
def ledger(base: Base, model: Model, seal: Seal) -> Ledger:
    return Ledger(base.engine, base.metadata, model, seal)


@pytest_asyncio.fixture
async def town(base: Base, ledger: Ledger, seal: Seal) -> Town:
    """Regions of a city with two towns in two districts, three organisations and a court; no event of theirs."""
    town = Town(base, ledger, seal)
    await town.write(
        town.region(CITY, RegionLevel.CITY, city=CITY, event=None),
        town.region(DISTRICT, RegionLevel.DISTRICT, city=CITY, district=DISTRICT, event=None),
        town.region(TOWN, RegionLevel.TOWN, city=CITY, district=DISTRICT, town=TOWN, event=None),
        town.region(OTHER_TOWN, RegionLevel.TOWN, city=CITY, district="370403", town=OTHER_TOWN, event=None),
        *(town.organisation(number, event=None) for number in (1, 2, 3)),
        insert(Court, {}, code="鲁0402", name="法院", level=CourtLevel.BASIC, region=f"region_{CITY}", event=None),
    )
    async with base.engine.begin() as connection:
        await connection.execute(base.metadata.tables["events"].delete())
    return town
