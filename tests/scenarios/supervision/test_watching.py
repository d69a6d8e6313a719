"""督办 · Whatever people do and however days pass: no limit is unwatched, and nothing is supervised twice (DOMAIN 2.6)."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from tests.scenarios.chance import Chance
from tests.scenarios.desk import Desks
from tests.scenarios.test_properties import _begun, _does, _later

from hub.procedures.thresholds import read_supervision
from hub.rules.calendars import Calendar
from hub.rules.limits import WINDOWS
from hub.rules.thresholds import LEVELS
from hub.schema.supervision import AlertLevel

STEPS = 60
SINCE = {AlertLevel.YELLOW: 0, AlertLevel.ORANGE: 3, AlertLevel.RED: 7}
"""Working days after a limit is due: config/supervision.toml, but for what has rows of its own."""
OWN = {"MATERIALS_RECEIPT", "INVESTIGATION_REPORT"}
DELIVERY = {AlertLevel.NOTICE: 0, AlertLevel.YELLOW: 1, AlertLevel.ORANGE: 3, AlertLevel.RED: 7}


@pytest.mark.parametrize("seed", [20250603, *(pytest.param(n, marks=pytest.mark.long) for n in range(20))])
async def test_no_limit_is_unwatched_and_none_is_supervised_twice(desk: Desks, seed: int) -> None:
    chance: Chance = await _begun(desk, seed)
    calendar = await _calendar(desk)
    seen = Counter[str]()
    for number in range(STEPS):
        await _does(chance, await chance.next(await chance.facts()))
        if number % 4 == 3:
            await _later(chance)
            await desk.supervises()
            await _is_watched(desk, calendar, seen)
            again = await desk.supervises()
            assert not any(again.values()), again

    assert {"YELLOW", "ENDED"} <= set(seen), seen


async def _is_watched(desk: Desks, calendar: Calendar, seen: Counter[str]) -> None:
    today = desk.now.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    limits = {row["id"]: row for row in await desk.hub.rows("deadlines")}
    open_ = [row for row in await desk.hub.rows("supervision_alerts") if row["ended_on"] is None]
    marks = [(row["subject_id"], row["rule"] or row["trigger"]) for row in open_]
    assert len(marks) == len(set(marks)), "one open alert per subject and rule"
    of_limit = {row["deadline_id"]: row for row in open_ if row["deadline_id"]}
    for limit in limits.values():
        counting = limit["state"] in ("RUNNING", "OVERDUE")
        alert = of_limit.get(limit["id"])
        if not counting:
            assert alert is None, "nobody is told of a clock that stands or was met"
            seen["ENDED"] += 1
            continue
        least = _least(limit, today, calendar)
        if least is not None:
            assert alert is not None, (limit["rule"], limit["due_on"], today)
            assert LEVELS.index(AlertLevel[alert["level"]]) >= LEVELS.index(least), (limit, alert)
            seen[alert["level"]] += 1
        if alert is not None:
            assert alert["due_on"] == limit["due_on"]


def _least(limit: dict[str, Any], today: dt.date, calendar: Calendar) -> AlertLevel | None:
    """The level that a limit's alert has at least, counted day by day."""
    if limit["due_on"] >= today or limit["rule"] in {rule.name for rule in WINDOWS}:
        return None
    if limit["rule"] in OWN or limit["provisional"]:
        return AlertLevel.YELLOW
    late = calendar.working_between(limit["due_on"], today)
    since = DELIVERY if limit["rule"] == "REFERRAL_DELIVERY" else SINCE
    return [level for level, days in since.items() if late >= days][-1]


async def _calendar(desk: Desks) -> Calendar:
    base = desk.hub.base
    async with base.engine.connect() as connection:
        return (await read_supervision(connection, base.metadata.tables["policies"], desk.now.date())).calendar
