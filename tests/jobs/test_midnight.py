"""What begins, ends or falls due by date becomes an event at midnight: once, and made up after an outage."""

import datetime as dt
from typing import Any

import orjson
import pytest
from tests.jobs.offices import Clock, process, runs_of
from tests.procedures.agencies import Hub
from tests.store.test_constraints import DEADLINE

from hub.parts import routines
from hub.schema.codes import Code
from hub.schema.deadlines import Deadline, LimitRule
from hub.schema.supervision import AlertLevel, AlertState, SupervisionAlert, Trigger
from hub.store.changes import Insert

DAY = dt.date(2026, 6, 3)


async def told(hub: Hub, kind: str) -> list[str]:
    rows = [row for row in await hub.rows("events") if row["type"] == kind]
    return sorted(fact["id"] for row in rows for fact in orjson.loads(row["facts"]) if fact["name"] == "code")


async def test_a_code_begins_and_ends_on_its_day_and_nobody_is_told_twice(hub: Hub) -> None:
    """DESIGN 3 · No clock inside an answer: the day itself is an event."""
    said: dict[str, Any] = {"list": "delay_reason", "zh": "试验", "en": "Test", "used_by_rule": False}
    new = [
        Insert(Code, {**said, "code": "NEW", "valid_from": DAY}),
        Insert(Code, {**said, "code": "OLD", "valid_to": DAY - dt.timedelta(1)}),
        Insert(Code, {**said, "code": "LATER", "valid_from": DAY + dt.timedelta(9)}),
    ]
    clock = Clock()
    await hub.base.ledger.write(new, actor="admin", now=clock.moment)
    one = process(hub, clock, midnight=routines()["midnight"])
    await one.run_due()

    clock.passes(days=6, hours=1)
    assert await one.run_due() == 1

    assert await told(hub, "IN_FORCE") == ["code_delay_reason_NEW"]
    assert await told(hub, "OUT_OF_FORCE") == ["code_delay_reason_OLD"]
    clock.passes(days=1)
    await one.run_due()
    assert await told(hub, "IN_FORCE") == ["code_delay_reason_NEW"]


async def test_a_window_that_closed_is_told_as_such(hub: Hub) -> None:
    """民事诉讼法第205条 · Thirty days from the agreement."""
    clock = Clock()
    region = {"region": "region_370402001", "subject": f"case_{1:032x}", "rule": LimitRule.JUDICIAL_CONFIRMATION}
    due = DEADLINE | {"started_on": DAY - dt.timedelta(30), "counting_since": DAY, "due_on": DAY} | region
    await hub.base.ledger.write([Insert(Deadline, due)], actor="system", now=clock.moment)
    one = process(hub, clock, midnight=routines()["midnight"])
    await one.run_due()
    clock.passes(days=4)
    await one.run_due()

    [row] = await hub.rows("deadlines")
    assert (row["state"], row["overdue_on"]) == ("OVERDUE", DAY + dt.timedelta(2))
    assert [each["type"] for each in await hub.rows("events") if "rule" in each["facts"]][-1] == "WINDOW_CLOSED"


@pytest.mark.parametrize("months", [1, 3])
async def test_each_month_is_named_in_a_bulletin_of_its_own(hub: Hub, months: int) -> None:
    """R24：挂牌督办通报 · Missed months are made up, each as of itself."""
    clock = Clock()
    clock.passes(days=1)
    one = process(hub, clock, bulletin=routines()["bulletin"])
    await one.run_due()
    alert = {
        "subject": f"case_{1:032x}",
        "trigger": Trigger.RAISED,
        "level": AlertLevel.RED,
        "state": AlertState.RAISED,
        "region": "region_370402001",
        "addressees": [],
        "basis": "依据 · Basis",
        "local_default": True,
        "provisional": False,
        "raised_on": DAY,
        "levelled_on": DAY,
        "listed_on": DAY,
    }
    await hub.base.ledger.write([Insert(SupervisionAlert, alert)], actor="system", now=clock.moment)

    clock.passes(days=31 * months)
    assert await one.run_due() == months

    bulletins = sorted(await hub.rows("supervision_bulletins"), key=lambda row: row["month"])
    assert [row["month"] for row in bulletins] == ["2026-06", "2026-07", "2026-08"][:months]
    first = bulletins[0]
    assert (first["raised"], first["red"], first["listed"], first["open"], first["resolved"]) == (1, 1, 1, 1, 0)
    assert all((row["raised"], row["open"]) == (0, 1) for row in bulletins[1:])
    entries = await hub.rows("bulletin_entries")
    assert [(row["level"], row["listed"], row["district"]) for row in entries] == [("RED", True, "370402")] * months
    assert {run["state"] for run in await runs_of(hub, "bulletin")} == {"DONE"}
