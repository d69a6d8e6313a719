"""A reload drops no socket and loses no event: configuration and policy are read anew beside what goes on."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.faults.crowds import CASES, Town, clients, until
from tests.faults.offices import Office, Process, codes_of
from tests.faults.test_standing import Events, streamed
from tests.web.sockets import Client, acknowledged, subscribe
from tests.web.sockets import opened as socket
from websockets.exceptions import InvalidStatus

from hub.commands.reloading import reload as reloaded
from hub.settings import load

WIDE = CASES.replace("case { id version }", "case { " + " ".join(f"v{n}: version" for n in range(25)) + " }")
"""Of 100 words and signs more."""
LONG = "{" + " ".join(f'r{n}: region(id: "region_370402") {{ id }}' for n in range(12)) + "}"
PORTAL = "https://portal.example"


@dataclass
class Reader:
    """A stream that is read as it comes: the ids of its events, and what else it said."""

    ids: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: bool = False

    def take(self, document: dict[str, Any]) -> None:
        self.errors += codes_of(document)
        if document.get("data"):
            self.ids.append(document["data"]["caseUpdates"]["event"]["id"])

    async def of_socket(self, client: Client) -> None:
        while True:
            message = await client.hear(60)
            if message["type"] == "error":
                self.errors += codes_of({"errors": message["payload"]})
                return
            if message["type"] == "next":
                self.take(message["payload"])

    async def of_events(self, events: Events) -> None:
        while (said := await events.next(60)) != "over":
            if said.startswith("next "):
                self.take(json.loads(said[5:]))
        self.ended = True


@asynccontextmanager
async def reading(town: Town, consumer: str) -> AsyncIterator[tuple[list[Reader], list[Reader], list[Client]]]:
    """At each process a stream of each kind; those that are to go on, those that will not fit any more, the sockets."""
    await asyncio.sleep(0.3)
    async with AsyncExitStack() as stack:
        staying, wide, sockets = list[Reader](), list[Reader](), list[Client]()
        tasks = list[asyncio.Task[None]]()
        for number, process in enumerate(town.processes):
            token = town.office.token("wall")
            said: list[tuple[str, list[Reader], dict[str, str]]] = [(CASES, staying, {}), (WIDE, wide, {})]
            said += [(CASES, staying, {"consumer": consumer})] if number else []
            for query, among, variables in said:
                client = await stack.enter_async_context(acknowledged(process.port, {"token": token}))
                await client.say(subscribe(query, variables=variables), {"type": "ping"})
                assert (await client.hear(20))["type"] == "pong"
                among.append(Reader())
                sockets.append(client)
                tasks.append(asyncio.create_task(among[-1].of_socket(client)))
            staying.append(Reader())
            events = await stack.enter_async_context(streamed(process, token))
            tasks.append(asyncio.create_task(staying[-1].of_events(events)))
        await asyncio.sleep(0.2)
        try:
            yield staying, wide, sockets
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def says(office: Office, **changed: str) -> None:
    """Lines of hub.toml as they are from now on."""
    file = office.config / "hub.toml"
    text = file.read_text("utf-8")
    for name, value in changed.items():
        text, found = re.subn(rf"^{name} = \S+", f"{name} = {value}", text, count=1, flags=re.MULTILINE)
        assert found
    file.write_text(text, "utf-8")


async def reload(office: Office, config: str = "") -> list[str]:
    """What `hub reload` hears, by the configuration of the processes unless another is said."""
    folder = office.folder / config if config else office.config
    found = await reloaded(load({**office.environment, "HUB_CONFIG": str(folder)}), 20)
    return [f"{each.error} {each.sentence}" if each.error else "reloaded" for each in found]


async def refused(process: Process) -> bool:
    """Whether a document of more than 100 words and signs is."""
    async with clients() as client:
        answer = await client.post(process.url, json={"query": LONG})
    assert codes_of(answer.json()) in ([], ["HUB-110"])
    return codes_of(answer.json()) == ["HUB-110"]


async def lets_in(process: Process) -> bool:
    """Whether a page of the portal may connect."""
    try:
        async with socket(process.port, origin=PORTAL):
            return True
    except InvalidStatus:
        return False


async def test_a_reload_under_deeds_loses_nothing_and_ends_only_what_does_not_fit(town: Town) -> None:
    """ANCHORS 5, row 10: 0 disconnects, 0 missed, only operations that no longer validate get an error."""
    office = town.office
    assert [await refused(each) for each in town.processes] == [False, False]
    assert [await lets_in(each) for each in town.processes] == [False, False]
    async with reading(town, await town.consumer()) as (staying, wide, sockets):
        async with town.writing(3):
            await until(lambda: len(town.done) >= 10)
            says(office, tokens="100", origins=f'["{PORTAL}"]')
            await asyncio.to_thread(office.apply)
            done = await asyncio.to_thread(office.command, "reload", "--wait", "20")
            assert (done.code, done.stdout.count(" reloaded")) == (0, 2), (done.stdout, done.stderr)
            before = len(town.done)
            await until(lambda: len(town.done) >= before + 10)
            # Each reload is another composition; nothing depends on how many came before.
            assert await reload(office) == ["reloaded"] * 2
            await until(lambda: len(town.done) >= before + 15)
        await until(
            lambda: all(len(each.ids) >= len(town.done) for each in staying), told=lambda: [len(each.ids) for each in staying]
        )

        told = staying[0].ids
        assert len(set(told)) == len(told) == len(town.done)
        for each in staying:
            assert (each.errors, each.ended) == ([], False)
            assert sorted(each.ids) == sorted(told)
        for each in wide:
            assert each.errors == ["HUB-110"]
            assert len(set(each.ids)) == len(each.ids) >= 10
            assert set(each.ids) < set(told)
        assert [client.connection.close_code for client in sockets] == [None] * len(sockets)
    assert [await refused(each) for each in town.processes] == [True, True]
    assert [await lets_in(each) for each in town.processes] == [True, True]


async def test_what_is_not_acceptable_changes_nothing(town: Town) -> None:
    office, config = town.office, town.office.config
    shutil.copytree(config, office.folder / "good")
    async with acknowledged(town.processes[0].port, {"token": office.token("wall")}) as client:
        before = (config / "hub.toml").read_text("utf-8")
        says(office, tokens="2000", lease_seconds="31.0")
        await asyncio.to_thread(office.apply)
        said = await reload(office)
        assert [each.startswith("HUB-630 jobs.lease_seconds ") for each in said] == [True, True]
        assert [await refused(each) for each in town.processes] == [True, True]

        (config / "hub.toml").write_text(before + "\nnonsense", "utf-8")
        done = await asyncio.to_thread(office.command, "reload")
        assert (done.code, done.stdout, done.stderr[:7]) == (1, "", "HUB-701")
        assert [each[:7] for each in await reload(office, "good")] == ["HUB-701"] * 2
        (config / "hub.toml").write_text(before, "utf-8")
        agreement = next((config / "agreements").glob("*.toml"))
        agreement.write_text(agreement.read_text("utf-8") + "\nnonsense = 1\n", "utf-8")
        assert [each[:7] for each in await reload(office, "good")] == ["HUB-701"] * 2
        assert [await refused(each) for each in town.processes] == [True, True]

        shutil.copytree(office.folder / "good", config, dirs_exist_ok=True)
        says(office, tokens="2000", origins="[]")
        assert await reload(office) == ["reloaded"] * 2
        # The limits that were applied meanwhile hold now.
        assert [await refused(each) for each in town.processes] == [False, False]
        assert [await lets_in(each) for each in town.processes] == [False, False]
        assert await client.ask("{courts {totalCount}}")
