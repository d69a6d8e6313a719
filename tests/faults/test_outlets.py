"""The process that brings a consumer's events is killed, or told to end: another goes on, in order, and nothing is missed."""

import asyncio
import signal
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.faults.crowds import CREATE, Town, clients, new_key, until
from tests.faults.events import rows_of
from tests.faults.offices import Office, Process
from tests.web.receivers import OK, SECRET, Answer, Receiver, Sent, receiving

from hub.store.dialects.connections import async_url

TERM, KILL = signal.SIGTERM, signal.SIGKILL
OUTLET = """[[outlets]]
owner = "market-regulation"
consumer = "court-outbox"
url = "{url}"
secret = "test"
seconds = 0.7
base_seconds = 0.05
bound_seconds = 0.2
operation = "subscription {{ caseUpdates {{ event {{ id case {{ id }} }} case {{ version }} }} }}"
"""
PROCESS = {"HUB_SECRET_TEST": SECRET, "HUB_OUTLETS_LEASE_SECONDS": "2"}


async def row_of(office: Office, table: str) -> dict[str, Any]:
    engine = create_async_engine(async_url(office.url))
    async with engine.connect() as connection:
        found = (await connection.execute(sa.text(f"SELECT * FROM {table}"))).mappings().one()
    await engine.dispose()
    return dict(found)


async def holder(town: Town) -> Process:
    """The process that holds the outlet."""
    for _ in range(200):
        held = (await row_of(town.office, "outlets"))["held_by"]
        found = [each for each in town.processes if held and str(each.running.process.pid) == held.split(":")[1]]
        if found and found[0].alive:
            return found[0]
        await asyncio.sleep(0.05)
    raise AssertionError("nobody holds it")


@pytest.mark.parametrize("database", ["postgresql"])
@pytest.mark.parametrize("ends", [(KILL,), pytest.param((KILL, TERM, KILL, TERM), marks=pytest.mark.long)], ids=["one", "four"])
async def test_another_process_takes_over_when_the_one_that_brings_is_killed(
    office: Office, ends: tuple[signal.Signals, ...]
) -> None:
    """ANCHORS rows 15 and 19: ordered per case, leased with expiry, any node goes on; repeats have the id they had."""
    town = Town(office, list(await asyncio.gather(*(asyncio.to_thread(office.begin, 0, **PROCESS) for _ in range(2)))))
    await town.furnish(4)
    before = await log_of(office)
    async with clients() as client:
        made = await town.ask(client, office.token(), CREATE, name="court-outbox", key=new_key())
    assert "errors" not in made
    with receiving() as receiver:
        busy = count()

        def answers(_: Sent) -> Answer:
            return (503, {}) if next(busy) % 7 == 3 else OK

        receiver.answers = answers
        (office.config / "outlets.toml").write_text(OUTLET.format(url=receiver.url), "utf-8")
        await asyncio.to_thread(office.apply)
        async with town.writing(3):
            for number, end in enumerate(ends):
                await more(receiver)
                await asyncio.to_thread((await holder(town)).end, end)
                await more(receiver)
                if number + 1 < len(ends):
                    town.processes.append(await asyncio.to_thread(office.begin, 0, **PROCESS))
        log = {event: case for event, case in (await log_of(office)).items() if event not in before}
        await until(lambda: set(log) <= set(receiver.taken))

    assert receiver.verified()
    first = list(dict.fromkeys(receiver.taken))
    for case in town.cases:
        assert [event for event in first if log[event] == case] == [event for event in log if log[event] == case]
    assert len(receiver.taken) - len(first) <= 50 * len(ends)
    assert int((await row_of(office, "consumers"))["term"]) == 1


async def more(receiver: Receiver) -> None:
    """Wait until it has taken some more."""
    reached = len(set(receiver.taken))
    await until(lambda: len(set(receiver.taken)) > reached + 8)


async def log_of(office: Office) -> dict[str, Any]:
    """The case of each event of a case, in the log's order."""
    found = await rows_of(office, "SELECT id, case_id FROM events WHERE case_id IS NOT NULL ORDER BY epoch, xid, seq")
    return {str(event): case for event, case in found}
