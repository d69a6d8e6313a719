"""Investigators: which bodies investigate on a level, and who above them organises it (R21, R75)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.cycles import Cycle
from hub.schema.members import LEVELS
from hub.schema.organisations import OrganisationLevel
from hub.store.dialects import listed

CENTRES = ("TOWN_CENTRE", "DISTRICT_CENTRE", "CITY_CENTRE")
INVESTIGATORS: Mapping[OrganisationLevel, str] = {
    OrganisationLevel.VILLAGE: "VILLAGE_COMMITTEE",
    OrganisationLevel.TOWN: "TOWN_CENTRE",
    OrganisationLevel.DISTRICT: "DISTRICT_CENTRE",
}
"""The kind of body that investigates on a level."""

Found = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Area:
    """What one organiser has investigated: its region, and the bodies that do it."""

    organiser: str
    region: str
    name: str
    bodies: tuple[Found, ...]

    def for_cycle(self, cycle: Cycle) -> "Area":
        """The area with the bodies that the cycle covers."""
        return replace(self, bodies=tuple(body for body in self.bodies if cycle.covers(*_codes(body))))


async def areas_of(connection: AsyncConnection, tables: Mapping[str, sa.Table], level: OrganisationLevel) -> list[Area]:
    """Who has what investigated by bodies of that level: towns their villages, districts (and zones) their towns."""
    bodies, regions = tables["organisations"], tables["regions"]
    columns = (bodies.c.id, bodies.c.kind, bodies.c.region_id, bodies.c.town, bodies.c.district, bodies.c.zone)
    wanted = bodies.c.kind.in_((*CENTRES, INVESTIGATORS[level]))
    asked = sa.select(*columns, bodies.c.city).where(bodies.c.active, wanted).order_by(bodies.c.id.desc())
    rows = [dict(row) for row in (await connection.execute(asked)).mappings()]
    centre = {row["region_id"]: row["id"] for row in rows if row["kind"] in CENTRES}
    grouped: dict[str, list[Found]] = defaultdict(list)
    for row in reversed(rows):
        above = next((f"region_{code}" for code in _above(row, level) if f"region_{code}" in centre), None)
        if row["kind"] == INVESTIGATORS[level] and above is not None:
            grouped[above].append(row)
    named = sa.select(regions.c.id, regions.c.name).where(listed(regions.c.id, sorted(grouped)))
    names = {row.id: row.name for row in await connection.execute(named)}
    return [Area(centre[region], region, names[region], tuple(grouped[region])) for region in sorted(grouped)]


async def bodies_within(connection: AsyncConnection, tables: Mapping[str, sa.Table], campaign: Found) -> list[Found]:
    """The bodies of the campaign's level within its region; in a zone those of its towns."""
    bodies, code = tables["organisations"], campaign["region_id"].removeprefix("region_")
    inside = sa.or_(*(bodies.c[level] == code for level in LEVELS))
    kind = INVESTIGATORS[OrganisationLevel[campaign["level"]]]
    asked = sa.select(bodies.c.id, bodies.c.region_id).where(bodies.c.active, bodies.c.kind == kind, inside)
    return [dict(row) for row in (await connection.execute(asked.order_by(bodies.c.id))).mappings()]


def _above(body: Found, level: OrganisationLevel) -> Iterator[str]:
    """The codes of the regions that may organise the body, the nearest first."""
    if level is OrganisationLevel.VILLAGE and body["town"]:
        yield body["town"]
    if level is not OrganisationLevel.DISTRICT:
        yield from (code for code in (body["zone"], body["district"]) if code)
    if body["city"]:
        yield body["city"]


def _codes(body: Found) -> tuple[str | None, ...]:
    return body["region_id"].removeprefix("region_"), body["town"], body["district"], body["zone"], body["city"]
