"""Viewers that begin or end because a day came: told in the log, so that every process reads them anew."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from hub.access.viewers import KIND
from hub.procedures.configuration import Base
from hub.schema.events import Fact
from hub.schema.policies import Policy
from hub.store.base import faults
from hub.store.changes import Update


async def turned(base: Base, since: dt.date, today: dt.date) -> Sequence[Update]:
    """The rows of viewers that began, or had their last day, after `since` and by today; nothing in them changes."""
    table = base.metadata.tables[Policy.declared.plural]
    began = sa.and_(table.c.valid_from > since, table.c.valid_from <= today)
    ended = sa.and_(table.c.valid_to >= since, table.c.valid_to < today)
    asked = sa.select(table.c.id, table.c.version, table.c.name).where(table.c.kind == KIND, sa.or_(began, ended))
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            rows = (await connection.execute(asked.order_by(table.c.id))).all()
    return [Update(Policy, id_, version, {}, facts=[Fact(KIND, code=name)]) for id_, version, name in rows]
