"""What rows of agencies are looked up in: regions, organisations and courts as the base holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.configuration import Base
from hub.procedures.rows import CROSSWALK
from hub.rules import wording
from hub.rules.gazetteer import Gazetteer, gazetteer
from hub.store.base import faults

_CENTRES = ("TOWN_CENTRE", "DISTRICT_CENTRE", "CITY_CENTRE")
_UUID_VERSION = len("org_") + 12
"""Where an id says how it was made: 5 from a key of the configuration, 7 when it was needed."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Ids by name and code. Bodies that registers brought are in `bodies`, but no row is placed by them: where a row
    lies must not depend on which file came first.
    """

    places: Gazetteer
    regions: frozenset[str]
    centres: Mapping[str, str]
    bodies: dict[str, str] = field(repr=False)
    courts: Mapping[str, tuple[str, str | None]] = field(repr=False)

    def body(self, name: str | None) -> str | None:
        """The id of the organisation of exactly this name."""
        return self.bodies.get(wording.plain("name", name)) if name else None

    def in_charge(self, region: str) -> tuple[str, str | None]:
        """The ids of the region and of its service centre: its own, or that of the nearest region that holds it."""
        found = next((self.centres[code] for code in _upwards(region) if code in self.centres), None)
        return f"region_{region}", found


async def read_directory(base: Base) -> Directory:
    """The directory as the base holds it now."""
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            return await directory_at(connection, base.metadata.tables)


async def directory_at(connection: AsyncConnection, tables: Mapping[str, sa.Table]) -> Directory:
    """The directory as this connection's transaction sees it."""
    regions, bodies, courts = tables["regions"], tables["organisations"], tables["courts"]
    places = (await connection.execute(sa.select(regions.c.code, regions.c.name))).all()
    held = sa.select(bodies.c.id, bodies.c.name, bodies.c.kind, bodies.c.region_id).order_by(bodies.c.id.desc())
    known = (await connection.execute(held)).all()
    seats = (await connection.execute(sa.select(courts))).mappings().all()
    policies = tables["policies"]
    asked = sa.select(policies.c.name, policies.c.body).where(policies.c.kind == CROSSWALK)
    withdrawn = {name.partition(" ")[2]: body for name, body in (await connection.execute(asked)).all()}
    return Directory(
        places=gazetteer(
            [(code, name) for code, name in places],
            became={code: tuple(orjson.loads(body)["became"]) for code, body in withdrawn.items()},
            bodies=[(name, _code(region)) for id_, name, _, region in known if id_[_UUID_VERSION] == "5"],
            courts=[(row["code"], row["name"], _code(row["region_id"])) for row in seats],
        ),
        regions=frozenset(code for code, _ in places),
        centres={_code(region): id_ for id_, _, kind, region in known if kind in _CENTRES},
        bodies={wording.plain("name", name): id_ for id_, name, _, _ in known},
        courts={row["code"]: (row["id"], row["organisation_id"]) for row in seats},
    )


async def centre_of(connection: AsyncConnection, tables: Mapping[str, sa.Table], region: str) -> str | None:
    """The service centre of a region's code: its own, or that of the nearest region that holds it."""
    bodies, upwards = tables["organisations"], [f"region_{code}" for code in _upwards(region)]
    asked = sa.select(bodies.c.region_id, bodies.c.id).where(
        bodies.c.kind.in_(_CENTRES), bodies.c.region_id.in_(upwards)
    )
    found = {row.region_id: row.id for row in await connection.execute(asked.order_by(bodies.c.id.desc()))}
    return next((found[code] for code in upwards if code in found), None)


def _code(region: str) -> str:
    return region.removeprefix("region_")


def _upwards(code: str) -> tuple[str, ...]:
    """The region and those that hold it, the nearest first: `370402001007` -> town, district, city."""
    return code, code[:9], code[:6], f"{code[:4]}00"
