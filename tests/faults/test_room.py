"""A base that has no room left: writing is refused by its code, reading and streams go on, and room that comes back is enough."""

import asyncio
import os
import pwd
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import event
from tests.app.conftest import Filled, run, served
from tests.faults.clusters import ballast, cluster, small_disk
from tests.faults.conftest import place
from tests.faults.crowds import CASES, DUTY, VERSION, Town, clients, new_key
from tests.faults.offices import Inside, attended, codes_of, fill, furnished
from tests.web.sockets import Client, acknowledged, subscribe

from hub.settings import load

FULL = "HUB-504"
MOST_DEEDS = 3000


@dataclass
class Room:
    """A town, and how its base loses and gets back its room."""

    town: Town
    fill: Callable[[], Any]
    free: Callable[[], Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with ExitStack() as stack:
        make = of_pages if request.param == "sqlite" else of_a_disk
        yield make(stack, request, tmp_path)


def of_pages(stack: ExitStack, request: pytest.FixtureRequest, folder: Path) -> Room:
    """A file that may hold no more pages than it has (`max_page_count`)."""
    office = stack.enter_context(attended(furnished(*stack.enter_context(place(request, "sqlite", folder)))))
    hub = stack.enter_context(served(Filled(load({**office.environment, "HUB_SERVER_PORT": "0"}), {})))
    bound = [0]

    def hold(connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count = {bound[0] or 1_000_000}")
        cursor.close()

    event.listen(hub.composition.engine.sync_engine, "checkout", hold)
    size = (office.folder / "hub.db").stat().st_size // 4096
    process: Any = Inside(hub.url)
    return Room(Town(office, [process]), lambda: bound.__setitem__(0, size), lambda: bound.__setitem__(0, 0))


def of_a_disk(stack: ExitStack, request: pytest.FixtureRequest, folder: Path) -> Room:
    """A table space on a file system of its own, which something else fills."""
    del request, folder
    place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hubdisk")))
    place.chmod(0o755)
    refused = stack.enter_context(small_disk(place / "disk", 64))
    if refused:
        pytest.skip(f"no file system can be mounted here: {refused}")
    own = stack.enter_context(cluster())
    space = place / "disk" / "space"
    space.mkdir()
    owner = pwd.getpwnam(own.server.system_user or pwd.getpwuid(os.getuid()).pw_name)
    os.chown(space, owner.pw_uid, owner.pw_gid)
    own.do(f"CREATE TABLESPACE small LOCATION '{space}'")
    office = stack.enter_context(attended(furnished(place, own.base("hub", "TABLESPACE small"))))
    run(fill(office))
    stack.callback(own.do, "DROP DATABASE IF EXISTS hub WITH (FORCE)")
    return Room(Town(office, [office.begin()]), lambda: ballast(place / "disk"), (place / "disk" / "ballast").unlink)


async def test_a_full_base_refuses_deeds_by_their_code_and_goes_on(room: Room) -> None:
    """TRUST 3, diskfull: 0 acknowledged while full, reads go on, writing again without a restart."""
    town = room.town
    await town.furnish(1)
    async with clients() as client, watched(town) as socket:
        await asyncio.to_thread(room.fill)
        done, key, refused = await until_full(town, client)
        assert codes_of(refused) == [FULL]
        assert set(refused["errors"][0]["extensions"]) <= {"code", "hub"}
        assert "sqlite" not in str(refused).lower()

        version = await version_of(town, client)
        again = [await deed(town, client, version, new_key()) for _ in range(5)]
        assert [codes_of(each) for each in again] == [[FULL]] * 5
        assert await version_of(town, client) == version
        assert (await client.get(f"http://127.0.0.1:{town.processes[0].port}/health/live")).status_code == 200

        await asyncio.to_thread(room.free)
        assert "errors" not in await deed(town, client, version, key)
        assert await version_of(town, client) == version + 1
        seen = [(await socket.hear(20))["payload"]["data"]["caseUpdates"]["event"]["id"] for _ in range(done + 1)]
        assert len(set(seen)) == done + 1
        assert await socket.silent(0.3)


@asynccontextmanager
async def watched(town: Town) -> AsyncIterator[Client]:
    """A socket that sees what becomes of the case from now on."""
    await asyncio.sleep(0.3)
    async with acknowledged(town.processes[0].port, {"token": town.office.token("wall")}) as client:
        await client.say(subscribe(CASES))
        await asyncio.sleep(0.5)
        yield client


async def until_full(town: Town, client: httpx2.AsyncClient) -> tuple[int, str, dict[str, Any]]:
    """Deeds until one is refused: how many were done, the key of the refused one, and its document."""
    for done in range(MOST_DEEDS):
        key = new_key()
        document = await deed(town, client, await version_of(town, client), key)
        if "errors" in document:
            return done, key, document
    raise AssertionError("there was room for ever")


async def deed(town: Town, client: httpx2.AsyncClient, version: int, key: str) -> dict[str, Any]:
    variables = {"case": town.cases[0], "version": version, "duty": "ANSWER", "key": key}
    answer = await client.post(
        town.processes[0].url,
        json={"query": DUTY, "variables": variables},
        headers={"authorization": f"Bearer {TOKENS.setdefault(id(town), town.office.token())}"},
    )
    found: dict[str, Any] = answer.json()
    return found


TOKENS: dict[int, str] = {}
"""A writer's token per town: its receipts are its own."""


async def version_of(town: Town, client: httpx2.AsyncClient) -> int:
    found = await town.ask(client, TOKENS.setdefault(id(town), town.office.token()), VERSION, id=town.cases[0])
    return int(found["data"]["case"]["version"])
