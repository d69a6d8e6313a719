"""Answers: what bodies do about the supervision alerts that are addressed to them, when they get to it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.supervision import UNANSWERED
from hub.schema.supervision import AlertLevel, AlertState
from hub.simulation.chance import Chance
from hub.simulation.posts import Errand, body

_A_DAY = 40
"""Alerts that are looked at in a day."""
_SHARE = 0.4
_REASONS = ("PARTY", "COMPLEX", "MATERIALS", "WORKLOAD", "DONE_UNRECORDED")


async def read_answers(connection: AsyncConnection, metadata: sa.MetaData, today: dt.date, seed: int) -> list[Errand]:
    """The alerts that somebody acknowledges or explains on that day; most wait, and go to the next level."""
    alerts = metadata.tables["supervision_alerts"]
    asked = sa.select(alerts).where(
        alerts.c.ended_on.is_(None),
        alerts.c.state.in_([state.name for state in UNANSWERED]),
        alerts.c.level != AlertLevel.NOTICE.name,
        alerts.c.organisation_id.is_not(None),
    )
    found = (
        await connection.execute(asked.order_by(alerts.c.levelled_on.desc(), alerts.c.id).limit(_A_DAY))
    ).mappings()
    return list(_errands(found, today, seed))


def _errands(found: Any, today: dt.date, seed: int) -> Iterator[Errand]:
    for alert in found:
        chance = Chance(f"{seed}/{alert['subject_id']}/{alert['rule']}/{alert['level']}/{alert['state']}")
        if not chance.happens(_SHARE):
            continue
        seen = {"who": body(alert["organisation_id"]), "row": alert["id"], "version": alert["version"]}
        if alert["state"] != AlertState.ACKNOWLEDGED.name:
            yield Errand(verb="acknowledge_alert", inputs={}, **seen)
            continue
        promised = today + dt.timedelta(chance.randint(2, 10))
        yield Errand(verb="explain_alert", inputs={"reason": chance.choice(_REASONS), "promised_on": promised}, **seen)
