"""Databases that restart, come back as an older copy, or have no room left: streams survive, old cursors are told, nothing stalls."""

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.app.conftest import run
from tests.faults.clusters import Cluster, cluster, copied
from tests.faults.conftest import place
from tests.faults.crowds import CASES, Town, until
from tests.faults.events import events_of, versions_of
from tests.faults.offices import Office, attended, codes_of, fill, furnished
from tests.faults.readers import Reader, missing, reading
from tests.web.sockets import acknowledged, subscribe


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    with cluster() as found:
        yield found


@pytest.fixture(scope="module")
def here(own: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office whose base is in the cluster of our own."""
    with attended(furnished(tmp_path_factory.mktemp("cluster"), own.base("hub"))) as found:
        run(fill(found))
        yield found


@pytest.mark.parametrize("modes", [("fast", "immediate"), pytest.param(("fast", "immediate") * 6, marks=pytest.mark.long)])
async def test_a_database_that_restarts_under_load_ends_no_subscription(
    own: Cluster, here: Office, modes: tuple[str, ...]
) -> None:
    """TRUST 3: subscriptions survive inside the server; writing goes on within 5 s; nothing is lost or missed."""
    town = Town(here, [await asyncio.to_thread(here.begin)])
    await town.furnish(8)
    readers = [Reader(town, way, await town.consumer()) for way in ("ws", "sse", "plain")]
    before, away = await events_of(here, town.cases), []

    async with reading(*readers):
        async with town.writing(8):
            for mode in modes:
                await asyncio.sleep(0.7)
                await asyncio.to_thread(own.restart, mode)
                away.append(await town.next_done())
        events = (await events_of(here, town.cases))[len(before) :]
        await until(lambda: not any(missing(reader, events) for reader in readers))

    assert [reader.ids for reader in readers] == [events] * len(readers)
    assert await versions_of(here, town.cases) == town.expected()
    assert [(reader.connected, reader.ended, reader.closes) for reader in readers[:2]] == [(1, [], [])] * 2
    assert set(town.refused) <= {"HUB-503", "HUB-502"}
    assert max(away) < 5
    print(f"{len(town.done)} deeds; writing again after {max(away):.2f} s at most; refused {sorted(set(town.refused))}")  # noqa: T201
    assert await asyncio.to_thread(town.processes[0].end) == 0


COPIES = ["another cluster", "over the same file", "another file"]


@pytest.mark.parametrize("copy", [*COPIES[:2], pytest.param(COPIES[2], marks=pytest.mark.long)])
async def test_an_older_copy_tells_old_cursors_and_stalls_nobody(
    request: pytest.FixtureRequest, tmp_path: Path, copy: str
) -> None:
    """DESIGN 6: cursors of a lost epoch are refused with their own code; TRUST: replay of a cursor from before a restore."""
    kind = "postgresql" if copy == COPIES[0] else "sqlite"
    with place(request, kind, tmp_path) as found, attended(furnished(*found)) as office:
        town = Town(office, [await asyncio.to_thread(office.begin)])
        await town.furnish(2)
        reader = Reader(town, "ws", await town.consumer())
        async with reading(reader):
            early = await after_a_deed(town, reader)
            kept = await asyncio.to_thread(backed_up, request, office, copy)
            late = await after_a_deed(town, reader)
        await asyncio.to_thread(town.processes[0].end)

        with attended(restored(office, copy, kept, tmp_path)) as again:
            town.office, town.processes = again, [await asyncio.to_thread(again.begin)]
            refused = await told(town, late)
            behind = Reader(town, "sse", reader.consumer)
            async with reading(behind):
                cursor = await after_a_deed(town, behind)
                assert await told(town, late) == refused == ["HUB-612"]
                # The very file in which it stands, as it was then: what follows is all that ever was.
                assert await told(town, early) == ([] if copy == COPIES[1] else ["HUB-612"])
                assert await told(town, cursor) == []
            assert behind.ids == (await events_of(again, town.cases))[-len(behind.ids) :]


async def after_a_deed(town: Town, reader: Reader) -> str:
    """The reader's cursor behind one deed more."""
    known = len(reader.ids)
    async with town.writing(1):
        await town.next_done()
    await until(lambda: len(reader.ids) > known)
    assert reader.cursor
    return reader.cursor


async def told(town: Town, cursor: str) -> list[str]:
    """The numbers with which a stream from behind the cursor is refused; none where it goes on."""
    async with acknowledged(town.processes[0].port, {"token": town.office.token("wall")}) as client:
        await client.say(subscribe(CASES, variables={"after": cursor}))
        with suppress(TimeoutError):
            while (message := await client.hear(0.7))["type"] != "error":
                pass
            return codes_of({"errors": message["payload"]})
    return []


def backed_up(request: pytest.FixtureRequest, office: Office, copy: str) -> str:
    """A copy of the base as it is now, made while it is at work."""
    if copy == COPIES[0]:
        own: Cluster = request.getfixturevalue("own")
        target = own.base("restored")
        copied(office.url, target)
        return target
    file = office.folder / "backup.db"
    with sqlite3.connect(office.url.removeprefix("sqlite:///")) as source, sqlite3.connect(file) as target_file:
        source.backup(target_file)
    source.close()
    target_file.close()
    return str(file)


def restored(office: Office, copy: str, kept: str, folder: Path) -> Office:
    """The office on the copy."""
    if copy == COPIES[0]:
        return Office(office.folder, kept)
    file = Path(office.url.removeprefix("sqlite:///"))
    for each in folder.glob("hub.db-*"):
        each.unlink()
    if copy == COPIES[1]:
        shutil.copyfile(kept, file)
        return Office(office.folder, office.url)
    return Office(office.folder, f"sqlite:///{kept}")
