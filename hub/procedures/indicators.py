"""The dictionary of indicators as the base has it: of each the newest version in force."""

import datetime as dt

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.rows import INDICATOR
from hub.rules.indicators import Indicator
from hub.settings import fit


async def read_indicators(connection: AsyncConnection, policies: sa.Table, today: dt.date) -> tuple[Indicator, ...]:
    """All indicators in force, by key; BadConfiguration where a row of `policies` is not ours."""
    begun = sa.or_(policies.c.valid_from.is_(None), policies.c.valid_from <= today)
    lasting = sa.or_(policies.c.valid_to.is_(None), policies.c.valid_to >= today)
    asked = sa.select(policies.c.name, policies.c.body).where(policies.c.kind == INDICATOR, begun, lasting)
    found: dict[str, Indicator] = {}
    for name, body in (await connection.execute(asked)).all():
        values = {part: value for part, value in orjson.loads(body).items() if value is not None}
        each = fit(Indicator, values, f"indicator {name}")
        if each.key not in found or found[each.key].version < each.version:
            found[each.key] = each
    return tuple(found[key] for key in sorted(found))
