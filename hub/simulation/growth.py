"""Growing a municipality in a base: what configuration wrote is read, and everything else is written as deeds."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.schema.courts import CourtLevel
from hub.schema.organisations import OrganisationLevel
from hub.schema.regions import RegionLevel
from hub.simulation.days import HORIZON
from hub.simulation.municipality import CASES, SEED, municipality
from hub.simulation.seeds import CourtSeat, Place, Seeds, Standing
from hub.store.base import faults
from hub.store.ledger import Ledger

ACTOR = "system"

_FROM_A_KEY = 5


async def grow(
    ledger: Ledger,
    engine: AsyncEngine,
    metadata: sa.MetaData,
    *,
    cases: int = CASES,
    seed: int = SEED,
    now: dt.datetime = HORIZON,
) -> int:
    """Write a municipality into a base that holds its configuration and nothing else; how many rows it is.

    The same seed and `now` make the same rows, whenever it runs.
    """
    with faults(metadata):
        async with engine.connect() as connection:
            seeds = await standing(connection, metadata)
    written = 0
    for deed in municipality(seeds, cases=cases, seed=seed):
        written += len(await ledger.write(deed, actor=ACTOR, now=now))
    return written


async def standing(connection: AsyncConnection, metadata: sa.MetaData) -> Seeds:
    """The regions, courts, codes and organisations that configuration wrote, in the order of their ids.

    Bodies that registers brought are left out: from a base that has grown, the same municipality grows again.
    """
    table = metadata.tables
    regions = await _rows(connection, table["regions"])
    courts = await _rows(connection, table["courts"])
    codes: dict[str, tuple[str, ...]] = {}
    for row in await _rows(connection, table["codes"]):
        codes[row.list] = (*codes.get(row.list, ()), row.code)
    code_of = {row.id: row.code for row in regions}
    organisations = await _rows(connection, table["organisations"])
    return Seeds(
        places=tuple(_place(row) for row in regions),
        courts=tuple(_court(row, code_of) for row in courts),
        codes=codes,
        organisations=tuple(_organisation(row, code_of) for row in organisations if _is_configured(row.id)),
    )


async def _rows(connection: AsyncConnection, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    return list((await connection.execute(sa.select(table).order_by(table.c.id))).all())


def _is_configured(id_: str) -> bool:
    """An id made from a key of the configuration says so where it tells its version."""
    return UUID(id_.removeprefix("org_")).version == _FROM_A_KEY


def _place(row: sa.Row[tuple[object, ...]]) -> Place:
    return Place(
        id=row.id,
        code=row.code,
        name=row.name,
        level=RegionLevel[row.level],
        district=row.district,
        town=row.town,
        zone=row.zone,
        statistical_only=row.statistical_only,
    )


def _court(row: sa.Row[tuple[object, ...]], code_of: dict[str, str]) -> CourtSeat:
    return CourtSeat(
        id=row.id,
        code=row.code,
        name=row.name,
        region=code_of[row.region_id],
        level=CourtLevel[row.level],
        organisation=row.organisation_id,
        version=row.version,
    )


def _organisation(row: sa.Row[tuple[object, ...]], code_of: dict[str, str]) -> Standing:
    return Standing(
        id=row.id,
        name=row.name,
        kind=row.kind,
        level=OrganisationLevel[row.level],
        region=code_of[row.region_id],
        profession=row.profession,
    )
