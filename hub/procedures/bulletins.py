"""Bulletins: once a month what is red or listed is named, with the month's figures (DOMAIN 2.6)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.enrolment import city_of
from hub.procedures.sweeps import Sweep
from hub.schema.supervision import AlertLevel, BulletinEntry, SupervisionBulletin
from hub.store.ledger import Change, Insert

MOST_NAMED = 400
"""Alerts that a bulletin names: the longest red first."""


async def issue_bulletin(sweep: Sweep, first: dt.date, after: dt.date) -> dict[str, int]:
    """The bulletin of the month from `first` to before `after`; none where it was issued."""
    month = f"{first:%Y-%m}"
    tables = sweep.base.metadata.tables
    bulletins = tables["supervision_bulletins"]

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        known = sa.select(bulletins.c.id).where(bulletins.c.month == month)
        if (await connection.execute(known)).first() is not None:
            return []
        values = {"month": month, "region": await city_of(connection, sweep.base), "issued_on": sweep.today}
        figures = await _figures(connection, tables["supervision_alerts"], first, after)
        named = (await connection.execute(_named(tables["supervision_alerts"], after))).mappings().all()
        id_ = f"{SupervisionBulletin.declared.prefix}_{month}"
        return [Insert(SupervisionBulletin, {**values, **figures}), *_entries(id_, named)]

    written = await sweep.transact(decide, [])
    return {"named": max(written - 1, 0)}


async def _figures(connection: AsyncConnection, alerts: sa.Table, first: dt.date, after: dt.date) -> dict[str, int]:
    within = {name: sa.and_(alerts.c[name] >= first, alerts.c[name] < after) for name in ("raised_on", "levelled_on")}
    ended = sa.and_(alerts.c.ended_on >= first, alerts.c.ended_on < after)
    open_ = sa.and_(alerts.c.raised_on < after, sa.or_(alerts.c.ended_on.is_(None), alerts.c.ended_on >= after))
    conditions = {
        "raised": within["raised_on"],
        "red": sa.and_(within["levelled_on"], alerts.c.level == AlertLevel.RED.name),
        "resolved": ended,
        "listed": sa.and_(open_, alerts.c.listed_on < after),
        "open": open_,
    }
    counted = (sa.func.count(sa.case((condition, 1))).label(name) for name, condition in conditions.items())
    return dict((await connection.execute(sa.select(*counted))).mappings().one())


def _named(alerts: sa.Table, after: dt.date) -> sa.Select[Any]:
    grave = sa.or_(alerts.c.level == AlertLevel.RED.name, alerts.c.listed_on.is_not(None))
    names = ("id", "organisation_id", "region_id", "level", "listed_on")
    asked = sa.select(*(alerts.c[name] for name in names)).where(alerts.c.ended_on.is_(None), grave)
    return asked.where(alerts.c.raised_on < after).order_by(alerts.c.levelled_on, alerts.c.id).limit(MOST_NAMED)


def _entries(bulletin: str, named: Sequence[Any]) -> Iterator[Change]:
    for row in named:
        values = {
            "bulletin": bulletin,
            "alert": row["id"],
            "organisation": row["organisation_id"],
            "region": row["region_id"],
            "level": AlertLevel[row["level"]],
            "listed": row["listed_on"] is not None,
        }
        yield Insert(BulletinEntry, values, event=None)
