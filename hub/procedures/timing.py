"""Time limits and the working-day calendar: what configuration says of them, as policy rows and back."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadConfiguration
from hub.procedures.places import hold
from hub.procedures.seeds import LimitSeed, Seeds, YearSeed
from hub.rules.calendars import Calendar, Year
from hub.rules.deadlines import Limit, check_limits, limit_on
from hub.schema.deadlines import DayUnit, LimitRule

TIME_LIMIT, CALENDAR = "time_limit", "calendar"
"""The kinds of policy rows that limits and years are."""

GROUNDS = "suspension_ground"
"""The list of codes that stops a clock."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The limits and the calendar that were applied."""

    limits: tuple[Limit, ...]
    calendar: Calendar

    def limit(self, rule: LimitRule, day: dt.date) -> Limit | None:
        """The limit in force on that day; None where none is."""
        return limit_on(self.limits, rule, day)


@dataclass(frozen=True, slots=True)
class PolicyBody:
    """What one policy row says: its kind, its name within it, its content as JSON, its validity."""

    kind: str
    name: str
    body: str
    valid_from: dt.date | None
    valid_to: dt.date | None


def policies(seeds: Seeds) -> Iterator[PolicyBody]:
    """The rows of limits and years. BadConfiguration (HUB-701) names the limit or the year that is wrong."""
    grounds = {seed.code for seed in seeds.codes.get(GROUNDS, ())}
    limits = [_limit(seed, grounds) for seed in seeds.limits]
    check_limits(limits)
    Calendar(_years(seeds.calendar))
    for seed in seeds.limits:
        said = {name: getattr(seed, name) for name in _SAID}
        name = f"{seed.rule} {seed.valid_from}"
        yield PolicyBody(TIME_LIMIT, name, orjson.dumps(said).decode(), seed.valid_from, seed.valid_to)
    for year, notice in sorted(seeds.calendar.items()):
        days = {"holidays": sorted(notice.holidays), "make_up_days": sorted(notice.make_up_days)}
        body = orjson.dumps({"basis": notice.basis, **days}).decode()
        yield PolicyBody(CALENDAR, year, body, None, None)


async def read_timing(connection: AsyncConnection, table: sa.Table) -> Timing:
    """The limits and the calendar of the policy rows; `table` is theirs. BadConfiguration where they do not fit."""
    asked = sa.select(table).where(table.c.kind.in_((TIME_LIMIT, CALENDAR))).order_by(table.c.kind, table.c.name)
    rows = (await connection.execute(asked)).mappings().all()
    limits = tuple(_stored_limit(row) for row in rows if row["kind"] == TIME_LIMIT)
    years = {
        row["name"]: orjson.loads(row["body"]) for row in rows if row["kind"] == CALENDAR and row["valid_to"] is None
    }
    return Timing(limits, Calendar({int(name): _stored_year(body) for name, body in years.items()}))


_SAID = (
    *("rule", "days", "unit", "minutes", "basis", "starts", "stops", "local_default"),
    *("stops_clock", "extendable", "confirmed_by", "confirmed_on"),
)


def _limit(seed: LimitSeed, grounds: set[str]) -> Limit:
    where = f"limit {seed.rule} from {seed.valid_from}"
    hold(seed.rule, LimitRule.__members__, f"{where}: rule")
    hold(seed.unit, DayUnit.__members__, f"{where}: unit")
    for ground in seed.stops_clock:
        hold(ground, grounds, f"{where}: stops_clock")
    said = {name: getattr(seed, name) for name in (*_SAID, "valid_from", "valid_to")}
    return Limit(**said | {"rule": LimitRule[seed.rule], "unit": DayUnit[seed.unit]})


def _stored_limit(row: Mapping[Any, Any]) -> Limit:
    body = orjson.loads(row["body"])
    confirmed = body["confirmed_on"]
    typed = {
        "rule": LimitRule[body["rule"]],
        "unit": DayUnit[body["unit"]],
        "stops_clock": tuple(body["stops_clock"]),
        "confirmed_on": None if confirmed is None else dt.date.fromisoformat(confirmed),
    }
    return Limit(**body | typed, valid_from=row["valid_from"], valid_to=row["valid_to"])


def _years(seeds: Mapping[str, YearSeed]) -> dict[int, Year]:
    for name in seeds:
        if not (name.isascii() and name.isdigit() and len(name) == 4):
            raise BadConfiguration(reason=f"calendar {name}: a year of four digits is expected")
        chinese, dot, english = seeds[name].basis.partition(" · ")
        if not (chinese.strip() and dot and english.strip()):
            raise BadConfiguration(reason=f"calendar {name}: basis is to be said as `中文 · English`")
    return {
        int(name): Year(frozenset(seed.holidays), frozenset(seed.make_up_days), seed.basis)
        for name, seed in seeds.items()
    }


def _stored_year(body: Mapping[str, Any]) -> Year:
    days = {name: frozenset(map(dt.date.fromisoformat, body[name])) for name in ("holidays", "make_up_days")}
    return Year(days["holidays"], days["make_up_days"], body["basis"])
