"""Jobs are run once for each period, made up in order, tried again, and never by two (DESIGN section 9)."""

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from tests.jobs.offices import BEGIN, Clock, Told, process, routine, runs_of, shown
from tests.procedures.agencies import NOW, Hub

from hub.errors import LeaseLost, NoSuchRow, Unavailable
from hub.jobs.contract import Work
from hub.procedures.jobs import request_run
from hub.procedures.runs import lock_of
from hub.rules.values import SHANGHAI
from hub.schema.policies import Policy
from hub.schema.scalars import show_instant
from hub.store.ledger import Insert, Update


@dataclass(frozen=True, slots=True)
class Options:
    days: int = 30


async def test_a_job_is_due_first_after_it_was_enrolled_and_its_next_time_is_in_the_base(hub: Hub) -> None:
    clock, told = Clock(), Told()
    one = process(hub, clock, daily=routine(told.body))

    assert await one.run_due() == 0
    [job] = await hub.rows("jobs")
    assert (job["id"], job["next_at"], job["city"]) == ("job_daily", "2026-05-31T16:05:00.000000Z", "370400")
    clock.passes(minutes=5)
    assert await one.run_due() == 1
    assert await one.run_due() == 0

    [run] = await runs_of(hub, "daily")
    assert (run["state"], run["claimed_by"], run["attempts"]) == ("DONE", "one", 1)
    assert orjson.loads(run["outcome"]) == [{"name": "runs", "count": "1"}]
    assert (await hub.one("jobs", name="daily"))["next_at"] == "2026-06-01T16:05:00.000000Z"


async def test_after_an_outage_each_missed_period_is_made_up_in_order_where_the_job_says_so(hub: Hub) -> None:
    clock, told = Clock(), Told()
    await process(hub, clock, daily=routine(told.body, each_period=True)).run_due()

    clock.passes(days=3, hours=1)
    assert await process(hub, clock, "two", daily=routine(told.body, each_period=True)).run_due() == 4

    assert told.periods == ["06-01 00:05", "06-02 00:05", "06-03 00:05", "06-04 00:05"]
    runs = await runs_of(hub, "daily")
    assert [run["since"] for run in runs[1:]] == [run["period"] for run in runs[:-1]]


async def test_otherwise_one_run_covers_all_that_was_missed_without_a_gap(hub: Hub) -> None:
    clock, told = Clock(), Told()
    one = process(hub, clock, sweep=routine(told.body, "every 5 minutes"))
    await one.run_due()
    clock.passes(minutes=5)
    await one.run_due()

    clock.passes(days=3)
    assert await one.run_due() == 1

    first, second = await runs_of(hub, "sweep")
    assert told.periods == ["06-01 00:05", "06-04 00:05"]
    assert second["since"] == first["period"]


async def test_of_two_processes_one_runs_a_period(hub: Hub) -> None:
    clock, told = Clock(), Told()
    schedulers = [process(hub, clock, name, daily=routine(told.body, each_period=True)) for name in ("one", "two", "three")]
    await asyncio.gather(*(each.run_due() for each in schedulers))
    for _ in range(4):
        clock.passes(days=1)
        await asyncio.gather(*(each.run_due() for each in schedulers))

    assert told.periods == ["06-01 00:05", "06-02 00:05", "06-03 00:05", "06-04 00:05"]
    assert [run["attempts"] for run in await runs_of(hub, "daily")] == [1, 1, 1, 1]


async def test_a_failed_run_says_why_is_tried_again_ever_later_and_holds_up_later_periods(hub: Hub) -> None:
    clock, told, failing = Clock(), Told(), [3]

    async def body(work: Work, options: Any) -> Mapping[str, int]:
        if failing[0]:
            failing[0] -= 1
            raise Unavailable(reason="test")
        return await told.body(work, options)

    one = process(hub, clock, daily=routine(body, each_period=True, backoff_seconds=60))
    await one.run_due()
    clock.passes(days=1, hours=12)
    assert await one.run_due() == 1
    [run] = await runs_of(hub, "daily")
    assert (run["state"], run["error"], run["attempts"]) == ("RETRYING", "HUB-503", 1)
    assert run["retry_at"] == show_instant(clock.moment + dt.timedelta(seconds=60))
    waits: list[int] = []
    for _ in range(2):
        assert await one.run_due() == 0
        clock.passes(seconds=60 * 2 ** len(waits))
        waits.append(await one.run_due())

    assert waits == [1, 1]
    clock.passes(seconds=240)
    assert await one.run_due() == 2
    assert told.periods == ["06-01 00:05", "06-02 00:05"]
    assert [(run["state"], run["error"], run["attempts"]) for run in await runs_of(hub, "daily")] == [
        ("DONE", None, 4),
        ("DONE", None, 1),
    ]


async def test_what_fails_as_often_as_it_may_holds_nothing_up_and_runs_again_when_asked_for(hub: Hub) -> None:
    clock, broken = Clock(), [True]

    async def body(_: Work, __: Any) -> Mapping[str, int]:
        if broken[0]:
            raise ValueError("a secret of a row")
        return {}

    one = process(hub, clock, daily=routine(body, each_period=True, attempts=2, backoff_seconds=1))
    await one.run_due()
    clock.passes(minutes=5)
    await one.run_due()
    clock.passes(seconds=1)
    await one.run_due()
    [run] = await runs_of(hub, "daily")
    assert (run["state"], run["error"], run["attempts"]) == ("FAILED", "HUB-730", 2)
    assert await one.run_due() == 0

    broken[0] = False
    period = dt.datetime.fromisoformat(run["period"])
    await asked(hub, "job_daily", period, clock.moment)
    assert await one.run_due() == 1
    [run] = await runs_of(hub, "daily")
    assert (run["state"], run["error"]) == ("DONE", None)


async def test_a_run_whose_process_died_is_taken_over_when_its_lease_is_over(hub: Hub) -> None:
    clock, told, hanging = Clock(), Told(), asyncio.Event()

    async def hangs(_: Work, __: Any) -> Mapping[str, int]:
        hanging.set()
        await asyncio.sleep(3600)
        return {}

    dead = process(hub, clock, "dead", daily=routine(hangs))
    await dead.run_due()
    clock.passes(minutes=5)
    lost = asyncio.create_task(dead.run_due())
    await hanging.wait()
    two = process(hub, clock, "two", daily=routine(told.body))

    assert await two.run_due() == 0
    clock.passes(seconds=31)
    assert await two.run_due() == 1
    [run] = await runs_of(hub, "daily")
    assert (run["state"], run["claimed_by"], run["attempts"]) == ("DONE", "two", 2)
    lost.cancel()
    await asyncio.gather(lost, return_exceptions=True)
    assert (await runs_of(hub, "daily"))[0]["state"] == "DONE"


async def test_what_a_process_writes_after_its_run_was_taken_over_is_refused(hub: Hub) -> None:
    clock, told, begun, writes, refused = Clock(), Told(), asyncio.Event(), asyncio.Event(), []

    async def slow(work: Work, _: Any) -> Mapping[str, int]:
        begun.set()
        await writes.wait()
        try:
            await work.write([Insert(Policy, {"kind": "test", "name": "late", "body": "{}"})])
        except LeaseLost as error:
            refused.append(error.code)
            raise
        return {}

    one = process(hub, clock, "one", daily=routine(slow))
    await one.run_due()
    clock.passes(minutes=5)
    late = asyncio.create_task(one.run_due())
    await begun.wait()
    clock.passes(seconds=31)
    assert await process(hub, clock, "two", daily=routine(told.body)).run_due() == 1
    writes.set()
    await late

    assert refused == ["HUB-731"]
    assert [row for row in await hub.rows("policies") if row["kind"] == "test"] == []
    [run] = await runs_of(hub, "daily")
    assert (run["state"], run["claimed_by"]) == ("DONE", "two")


async def test_a_process_that_ends_gives_its_run_back_at_once(hub: Hub) -> None:
    clock, told, begun = Clock(), Told(), asyncio.Event()

    async def hangs(_: Work, __: Any) -> Mapping[str, int]:
        begun.set()
        await asyncio.sleep(3600)
        return {}

    one = process(hub, clock, "one", daily=routine(hangs))
    await one.run_due()
    clock.passes(minutes=5)
    await one.look()
    await begun.wait()
    await one.close()

    assert (await runs_of(hub, "daily"))[0]["state"] == "REQUESTED"
    assert await process(hub, clock, "two", daily=routine(told.body)).run_due() == 1
    assert (await runs_of(hub, "daily"))[0]["attempts"] == 1


async def test_a_run_that_takes_too_long_is_ended_and_tried_again(hub: Hub) -> None:
    clock = Clock()

    async def hangs(_: Work, __: Any) -> Mapping[str, int]:
        await asyncio.sleep(3600)
        return {}

    one = process(hub, clock, daily=routine(hangs, most_seconds=0.05))
    await one.run_due()
    clock.passes(minutes=5)
    await one.run_due()

    [run] = await runs_of(hub, "daily")
    assert (run["state"], run["error"]) == ("RETRYING", "HUB-734")


async def test_a_clock_that_jumps_and_comes_back_runs_nothing_and_misses_nothing(hub: Hub) -> None:
    clock, told = Clock(), Told()
    one = process(hub, clock, daily=routine(told.body, each_period=True))
    await one.run_due()

    clock.jumps(days=365)
    assert await one.run_due() == 0
    clock.passes(seconds=30)
    assert await one.run_due() == 0
    clock.jumps(days=-365)
    assert await one.run_due() == 0
    for _ in range(12):
        clock.passes(minutes=10)
        await one.run_due()

    assert told.periods == ["06-01 00:05"]


async def test_a_clock_that_stays_ahead_is_believed_and_one_put_back_runs_nothing_twice(hub: Hub) -> None:
    clock, told = Clock(), Told()
    one = process(hub, clock, daily=routine(told.body, each_period=True))
    await one.run_due()
    clock.jumps(days=2)
    await one.run_due()
    clock.passes(seconds=61)
    assert await one.run_due() == 2
    clock.jumps(days=-1)
    await one.run_due()
    for _ in range(60):
        clock.passes(hours=1)
        await one.run_due()

    assert told.periods == ["06-01 00:05", "06-02 00:05", "06-03 00:05", "06-04 00:05"]


async def test_a_lease_of_a_clock_that_was_put_back_does_not_hold_for_days(hub: Hub) -> None:
    clock, told, hanging = Clock(), Told(), asyncio.Event()

    async def hangs(_: Work, __: Any) -> Mapping[str, int]:
        hanging.set()
        await asyncio.sleep(3600)
        return {}

    dead = process(hub, clock, "dead", daily=routine(hangs))
    await dead.run_due()
    clock.passes(minutes=5)
    lost = asyncio.create_task(dead.run_due())
    await hanging.wait()
    clock.jumps(days=-3)

    assert await process(hub, clock, "two", daily=routine(told.body)).run_due() == 1
    lost.cancel()
    await asyncio.gather(lost, return_exceptions=True)


async def test_policies_say_otherwise_of_schedule_options_and_pause(hub: Hub) -> None:
    clock, told, seen = Clock(), Told(), []

    async def body(work: Work, options: Any) -> Mapping[str, int]:
        seen.append(options)
        return await told.body(work, options)

    one = process(hub, clock, daily=routine(body, options=Options))
    await policy(hub, "daily", {"schedule": "daily 06:00", "options": {"days": 7}})
    await one.run_due()
    clock.passes(hours=6)
    await one.run_due()
    assert (told.periods, seen) == (["06-01 06:00"], [Options(7)])

    await policy(hub, "daily", {"paused": True})
    clock.passes(days=2)
    assert await one.run_due() == 0
    [job] = await hub.rows("jobs")
    assert (job["paused"], job["next_at"]) == (1, None)

    await policy(hub, "daily", {})
    clock.passes(seconds=61)
    assert await one.run_due() == 1
    assert told.periods[1:] == [shown(clock.moment.replace(hour=0, minute=5))]


async def test_a_job_that_no_version_has_is_retired_and_comes_back_with_its_version(hub: Hub) -> None:
    clock, told = Clock(), Told()
    await process(hub, clock, old=routine(told.body), kept=routine(told.body)).run_due()

    await process(hub, clock, kept=routine(told.body)).run_due()
    assert [(job["name"], bool(job["retired"])) for job in await hub.rows("jobs")] == [("kept", False), ("old", True)]
    await process(hub, clock, old=routine(told.body), kept=routine(told.body)).run_due()
    assert [bool(job["retired"]) for job in await hub.rows("jobs")] == [False, False]


async def test_a_requested_run_of_an_earlier_moment_is_run_beside_the_schedule(hub: Hub) -> None:
    clock, told = Clock(), Told()
    one = process(hub, clock, daily=routine(told.body))
    await one.run_due()
    clock.passes(days=1)
    await one.run_due()

    await asked(hub, "job_daily", BEGIN + dt.timedelta(hours=3), clock.moment)
    assert await one.run_due() == 1
    assert told.periods[1:] == ["06-01 03:00"]
    with pytest.raises(NoSuchRow):
        await asked(hub, "job_nothing", BEGIN, clock.moment)


async def test_a_job_writes_nothing_where_nothing_is_due(hub: Hub) -> None:
    clock, told = Clock(), Told()
    one = process(hub, clock, daily=routine(told.body))
    await one.run_due()
    before = await hub.rows("events")

    for _ in range(10):
        clock.passes(seconds=20)
        await one.run_due()

    assert await hub.rows("events") == before


async def asked(hub: Hub, job: str, period: dt.datetime, now: dt.datetime) -> None:
    async def decide(connection: Any) -> Any:
        _, change = await request_run(connection, hub.base, job, period, now=now)
        return [change] if change else []

    await hub.base.ledger.transact(decide, actor="admin", now=now, cases=[lock_of(job)])


async def policy(hub: Hub, name: str, body: Mapping[str, Any]) -> None:
    """The job's policy row says this from now on."""
    known = [row for row in await hub.rows("policies") if (row["kind"], row["name"]) == ("job", name)]
    text = orjson.dumps(body).decode()
    change: Any = Insert(Policy, {"kind": "job", "name": name, "body": text})
    if known:
        change = Update(Policy, known[0]["id"], known[0]["version"], {"body": text})
    await hub.base.ledger.write([change], actor="admin", now=NOW)


async def test_working_days_are_those_of_the_calendar_in_the_base(hub: Hub) -> None:
    """DOMAIN 3: 2026-02-14, a Saturday, is a working day; the Spring Festival's days after it are none."""
    clock, told = Clock(dt.datetime(2026, 2, 13, 8, tzinfo=SHANGHAI)), Told()
    one = process(hub, clock, report=routine(told.body, "working days 09:00", each_period=True))
    await one.run_due()

    clock.passes(days=12)
    await one.run_due()

    assert told.periods == ["02-13 09:00", "02-14 09:00", "02-24 09:00"]
