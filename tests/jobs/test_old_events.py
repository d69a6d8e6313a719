"""Old events are read from no more, but what a consumer has still to be given is, and no case loses its history."""

import datetime as dt

import pytest
from tests.jobs.offices import Clock, process, runs_of
from tests.procedures.agencies import Hub

from hub.errors import BadConfiguration, ResyncNeeded
from hub.jobs.contract import check
from hub.jobs.old_events import ROUTINE
from hub.procedures.enrolment import Override
from hub.procedures.retention import pass_over
from hub.schema.codes import Code
from hub.schema.consumers import Consumer, ConsumerState
from hub.schema.events import EventType
from hub.store import epochs
from hub.store.changes import Insert
from hub.store.log import BEGINNING, Log, Position


async def told(hub: Hub, at: dt.datetime, number: int) -> None:
    """An event of no case."""
    values = {"list": "试", "code": f"{number}", "zh": "试", "en": "trial", "used_by_rule": False}
    await hub.base.ledger.write([Insert(Code, values, event=EventType.CONFIGURATION_APPLIED)], actor="system", now=at)


async def consumer(hub: Hub, position: Position, state: ConsumerState, now: dt.datetime) -> None:
    """A consumer that has acknowledged up to there."""
    values = {
        "name": state.name,
        "owner": "court_鲁0402",
        "alias": state.name,
        "viewer": "court",
        "state": state,
        "types": [],
        "acknowledged": str(position),
        "term": 0,
    }
    await hub.base.ledger.write([Insert(Consumer, values, event=None)], actor="system", now=now)


async def run(hub: Hub, clock: Clock) -> int:
    """What a night's run came to."""
    one = process(hub, clock, old_events=ROUTINE)
    await one.run_due()
    clock.passes(hours=24)
    assert await one.run_due() == 1
    return int((await runs_of(hub, "old_events"))[-1]["outcome"].split('"')[-2])


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def aged(hub: Hub, clock: Clock) -> list[Position]:
    """Events of 800, 790, .. 740 days ago, before all others; their positions."""
    await epochs.settle(hub.base.engine, hub.base.metadata, hub.base.model, now=clock.moment)
    log = Log(hub.base.engine, hub.base.metadata, hub.base.model)
    await epochs.remove(hub.base.engine, hub.base.metadata, hub.base.model, until=None, now=clock.moment)
    start = await log.newest()
    for number in range(6):
        await told(hub, clock.moment - dt.timedelta(800 - 10 * number), number)
    await told(hub, clock.moment - dt.timedelta(20), 9)
    return [entry.position for entry in await log.after(start)]


async def test_what_is_older_than_its_days_is_read_from_no_more(hub: Hub, clock: Clock) -> None:
    places = await aged(hub, clock)
    log = Log(hub.base.engine, hub.base.metadata, hub.base.model)

    assert await run(hub, clock) == 6

    assert await log.removed() == places[5]
    assert {event["seq"] for event in await hub.rows("events")}.isdisjoint({place.seq for place in places[:6]})
    with pytest.raises(ResyncNeeded):
        await log.after(places[4])
    assert (await log.after(places[5]))[0].position == places[6]
    assert await run(hub, clock) == 0


async def test_what_a_consumer_in_use_has_to_be_given_is_kept(hub: Hub, clock: Clock) -> None:
    places = await aged(hub, clock)
    await consumer(hub, places[2], ConsumerState.ACTIVE, clock.moment)
    await consumer(hub, BEGINNING, ConsumerState.ENDED, clock.moment)

    assert await run(hub, clock) == 3

    log = Log(hub.base.engine, hub.base.metadata, hub.base.model)
    assert await log.removed() == places[2]
    assert (await log.after(places[2]))[0].position == places[3]


@pytest.mark.parametrize("options", [{"days": 6}, {"days": 40_000}, {"days": 30, "unacknowledged_days": 29}, {"day": 9}])
def test_days_that_are_none_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(BadConfiguration):
        check({"old_events": ROUTINE}, {"old_events": Override(options=options)})
    check({"old_events": ROUTINE}, {"old_events": Override(options={"days": 30, "unacknowledged_days": 30})})


async def test_what_a_consumer_never_acknowledges_is_kept_no_longer_than_policy_says(hub: Hub, clock: Clock) -> None:
    places = await aged(hub, clock)
    await consumer(hub, places[0], ConsumerState.ACTIVE, clock.moment)
    before, at_last = (clock.moment - dt.timedelta(days) for days in (730, 765))

    assert await pass_over(hub.base, before=before, at_last=at_last, now=clock.moment) == 4

    assert await Log(hub.base.engine, hub.base.metadata, hub.base.model).removed() == places[3]
