"""Processes that end, well or not, under writers and readers that do not give up: nothing acknowledged is lost, nothing is missed."""

import asyncio
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from tests.faults.crowds import Town, until
from tests.faults.events import deeds_of, events_of, versions_of
from tests.faults.offices import Office
from tests.faults.readers import Reader, missing, reading

TERM, KILL = signal.SIGTERM, signal.SIGKILL
WRITERS = 8


@dataclass
class Story:
    """What happened to the processes."""

    codes: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@pytest.mark.parametrize(
    ("ends", "cases"),
    [
        ((TERM, KILL), 8),
        pytest.param((TERM,) * 10, 20, marks=pytest.mark.long),
        pytest.param((KILL,) * 10, 20, marks=pytest.mark.long),
    ],
    ids=["one of each", "ten told to end", "ten killed"],
)
async def test_processes_end_under_load_and_nothing_is_lost_or_missed(
    office: Office, ends: tuple[signal.Signals, ...], cases: int
) -> None:
    """DESIGN 10, TRUST 3: kill -9 or SIGTERM, one process after the other, each replaced at its address."""
    town = Town(office, list(await asyncio.gather(*(asyncio.to_thread(office.begin) for _ in range(2)))))
    await town.furnish(cases)
    readers = [Reader(town, "ws", None)]
    readers += [Reader(town, way, await town.consumer()) for way in ("ws", "sse", "plain")]
    readers[1].forgetful = True
    before, story = await events_of(office, town.cases), Story()

    async with reading(*readers):
        async with town.writing(WRITERS):
            await replaced(town, ends, story)
        events = (await events_of(office, town.cases))[len(before) :]
        await until(lambda: not any(missing(reader, events) for reader in readers), 60)

    # Repeats have the ids of what they repeat: there is nothing else among them.
    assert [reader.ids for reader in readers] == [events] * len(readers)
    assert await versions_of(office, town.cases) == town.expected()
    assert await deeds_of(office, town.cases) == {case: version - 1 for case, version in town.expected().items()}
    assert story.codes == [0 if end is TERM else -KILL for end in ends]
    assert max(story.seconds) < 30
    told = {code for reader in readers for code in reader.closes}
    assert told <= {1012} | ({1006} if KILL in ends else set()), told
    print(f"{len(town.done)} deeds, {len(events)} events, {[reader.repeats for reader in readers]} repeats,")  # noqa: T201
    print(f"{max(story.seconds):.2f} s to end at most, refused {sorted(set(town.refused))}")  # noqa: T201


async def replaced(town: Town, ends: Sequence[signal.Signals], story: Story) -> None:
    """End one process after the other while both are at work, and put another in its place."""
    for number, end in enumerate(ends):
        await asyncio.sleep(0.7)
        old = town.processes[number % 2]
        began = time.monotonic()
        story.codes.append(await asyncio.to_thread(old.end, end))
        story.seconds.append(time.monotonic() - began)
        town.processes[number % 2] = await asyncio.to_thread(town.office.begin, old.port)
    await asyncio.sleep(0.3)
