"""What time brings about is done by jobs: at midnight, once, and a failing one says so and hides no other."""

import datetime as dt
from typing import Any

import pytest
from tests.jobs.offices import Clock, process, runs_of
from tests.procedures.agencies import LI, ZHANG, Hub, matter, person

from hub.errors import Unavailable, VersionConflict
from hub.jobs import overdue
from hub.parts import routines
from hub.procedures.sweeps import Sweep, again
from hub.rules.values import SHANGHAI
from hub.schema.cases import Case, CaseState
from hub.schema.deadlines import DayUnit, Deadline, DeadlineState, LimitRule
from hub.store.changes import Insert, Update

SWEEPS = ("overdue", "expiry", "termination", "lapse")
REGISTERED = dt.datetime(2026, 6, 1, 9, 0, tzinfo=SHANGHAI)


async def registered(hub: Hub) -> dict[str, Any]:
    """A case whose first response is due the day after, and the one-time notice five working days later."""
    hub.now = REGISTERED
    await hub.takes("hotline-12345", matter("GD1", person("张三", ZHANG), person("李四", LI)))
    return await hub.case_of("GD1")


async def states(hub: Hub) -> dict[str, str]:
    return {row["rule"]: row["state"] for row in await hub.rows("deadlines")}


def sweeping(hub: Hub, clock: Clock, **changed: Any) -> Any:
    return process(hub, clock, **{name: routines()[name] for name in SWEEPS} | changed)


async def test_a_sweep_looks_again_when_somebody_came_between_and_gives_up_in_the_end() -> None:
    tries: list[int] = []

    async def write() -> int:
        tries.append(1)
        if len(tries) < given:
            raise VersionConflict
        return 7

    given = 3
    assert (await again(write), len(tries)) == (7, 3)
    tries.clear()
    given = 99
    with pytest.raises(VersionConflict):
        await again(write)
    assert len(tries) == 6


async def test_a_limit_is_overdue_after_the_midnight_of_its_last_day_and_not_before(hub: Hub) -> None:
    """民事诉讼法第85条 · Due on 2026-06-02: running that night at 00:05, overdue the next."""
    await registered(hub)
    clock = Clock()
    one = sweeping(hub, clock)
    await one.run_due()

    clock.passes(days=1, hours=1)
    assert await one.run_due() == len(SWEEPS)
    assert await states(hub) == {"FIRST_RESPONSE": "RUNNING", "SUPPLEMENT_NOTICE": "RUNNING"}
    clock.passes(days=1)
    assert await one.run_due() == len(SWEEPS)

    assert await states(hub) == {"FIRST_RESPONSE": "OVERDUE", "SUPPLEMENT_NOTICE": "RUNNING"}
    assert (await hub.one("deadlines", rule="FIRST_RESPONSE"))["overdue_on"] == dt.date(2026, 6, 3)
    assert await one.run_due() == 0


async def test_a_case_lapses_when_its_papers_never_came_and_only_then(hub: Hub) -> None:
    """R86 · Whichever job comes first marks what is overdue: none waits for another."""
    case = await registered(hub)
    values = {
        "subject": case["id"],
        "case": case["id"],
        "referral": None,
        "rule": LimitRule.SUPPLEMENT,
        "state": DeadlineState.RUNNING,
        "days": 10,
        "unit": DayUnit.WORKING,
        "basis": "试验 · A test",
        "local_default": True,
        "provisional": False,
        "started_on": dt.date(2026, 6, 1),
        "counting_since": dt.date(2026, 6, 1),
        "due_on": dt.date(2026, 6, 1),
        "elapsed": 0,
    }
    waiting = Update(Case, case["id"], case["version"], {"state": CaseState.SUPPLEMENT})
    await hub.base.ledger.write([Insert(Deadline, values), waiting], actor="intake", now=hub.now)
    clock = Clock()
    one = process(hub, clock, lapse=routines()["lapse"])
    await one.run_due()
    clock.passes(days=1, hours=1)

    assert await one.run_due() == 1

    assert (await hub.one("cases", id=case["id"]))["state"] == "WITHDRAWN"
    [run] = await runs_of(hub, "lapse")
    assert (run["state"], run["outcome"]) == ("DONE", '[{"name":"overdue","count":"1"},{"name":"lapsed","count":"1"}]')


async def test_a_sweep_that_fails_is_recorded_and_done_when_it_is_tried_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await registered(hub)
    clock = Clock()
    one = sweeping(hub, clock)
    await one.run_due()
    clock.passes(days=2, hours=1)

    async def fails(_: Sweep) -> int:
        raise Unavailable(reason="test")

    monkeypatch.setattr(overdue, "mark_overdue", fails)
    await one.run_due()
    [failed] = await runs_of(hub, "overdue")
    assert (failed["state"], failed["error"]) == ("RETRYING", Unavailable.code)
    # The others do their own marking.
    assert (await states(hub))["FIRST_RESPONSE"] == "OVERDUE"

    monkeypatch.undo()
    clock.passes(minutes=2)
    await one.run_due()
    [done] = await runs_of(hub, "overdue")
    assert (done["state"], done["attempts"]) == ("DONE", 2)
