"""What is supervised at which level: what configuration says of it, as policy rows and back."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.places import hold
from hub.procedures.seeds import Seeds, SupervisionSeed
from hub.procedures.timing import PolicyBody, read_timing
from hub.rules.thresholds import Supervision, Threshold, check_thresholds
from hub.schema.deadlines import LimitRule
from hub.schema.supervision import AlertLevel, Trigger

SUPERVISION = "supervision"
"""The kind of policy row that a threshold is."""

_SAID = ("trigger", "level", "basis", "to", "rules", "days", "least", "count", "reply", "next", "local_default")


def policies(seeds: Seeds) -> Iterator[PolicyBody]:
    """The rows of thresholds. BadConfiguration (HUB-701) names the one that is wrong."""
    check_thresholds([_threshold(seed) for seed in seeds.supervision])
    for seed in seeds.supervision:
        said = {name: getattr(seed, name) for name in _SAID}
        name = " ".join((seed.trigger, seed.level, *seed.rules, str(seed.valid_from)))
        yield PolicyBody(SUPERVISION, name, orjson.dumps(said).decode(), seed.valid_from, seed.valid_to)


async def read_supervision(connection: AsyncConnection, table: sa.Table, today: dt.date) -> Supervision:
    """The thresholds in force on a day, and the calendar that they count by; `table` is that of policies."""
    asked = sa.select(table).where(table.c.kind == SUPERVISION).order_by(table.c.name)
    rows = [_stored(row) for row in (await connection.execute(asked)).mappings()]
    timing = await read_timing(connection, table)
    return Supervision(tuple(row for row in rows if row.holds_on(today)), timing.calendar)


def _threshold(seed: SupervisionSeed) -> Threshold:
    where = f"supervision {seed.trigger} {seed.level} from {seed.valid_from}"
    hold(seed.trigger, Trigger.__members__, f"{where}: trigger")
    hold(seed.level, AlertLevel.__members__, f"{where}: level")
    for rule in seed.rules:
        hold(rule, LimitRule.__members__, f"{where}: rules")
    said = {name: getattr(seed, name) for name in (*_SAID, "valid_from", "valid_to")}
    return Threshold(**said | _typed(said))


def _stored(row: Mapping[Any, Any]) -> Threshold:
    body = orjson.loads(row["body"])
    return Threshold(**body | _typed(body), valid_from=row["valid_from"], valid_to=row["valid_to"])


def _typed(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trigger": Trigger[said["trigger"]],
        "level": AlertLevel[said["level"]],
        "rules": tuple(LimitRule[rule] for rule in said["rules"]),
        "to": tuple(said["to"]),
    }
