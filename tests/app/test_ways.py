"""One consumer, several ways to read it: each goes on where another broke off, and each says so past retention."""

import asyncio
import datetime as dt
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_outlets import CASES as CASES_BROUGHT
from tests.app.test_outlets import Posting, batches, until
from tests.app.test_subscriptions import CASES, NOW, PENDING, Newsroom, heard, room, said, socket, streamed
from tests.web.receivers import OK, SECRET, receiving
from tests.web.sockets import subscribe

from hub.procedures.configuration import Base
from hub.procedures.outlet_seeds import Outgoing
from hub.procedures.retention import pass_over

__all__ = ["room"]

Given = list[tuple[str, str]]
Read = Callable[[Newsroom, str, int], Awaitable[Given]]
NAME = "query ($id: ID!) {consumer(id: $id) {name}}"
HISTORY = "query ($id: ID!) {case(id: $id) {events(last: 100) {nodes {id}}}}"


async def by_socket(room: Newsroom, consumer: str, number: int) -> Given:
    async with socket(room.hub) as client:
        await client.say(subscribe(CASES, variables={"consumer": consumer}))
        found = [said(frame) for frame in await heard(client, number)]
        client.connection.transport.abort()
        return found


async def by_events(room: Newsroom, consumer: str, number: int) -> Given:
    return [said(document) for _, document in await asyncio.to_thread(streamed, room.hub, number, consumer=consumer)]


async def by_question(room: Newsroom, consumer: str, number: int) -> Given:
    for _ in range(50):
        asked = await asyncio.to_thread(room.hub.ask, PENDING, "agency", consumer=consumer, first=number)
        if len(asked["events"]) == number:
            break
        # Another process wrote: this one hears of it in a moment.
        await asyncio.sleep(0.1)
    return [(each["event"]["id"], each["cursor"]) for each in asked["events"]]


async def by_webhook(room: Newsroom, consumer: str, number: int) -> Given:
    """What a receiver is posted that takes the first event of each case and then fails."""
    return await asyncio.to_thread(posted, room, consumer, number)


def posted(room: Newsroom, consumer: str, number: int) -> Given:
    with receiving() as receiver:
        first: dict[str, str] = {}
        receiver.answers = lambda sent: OK if first.setdefault(case_in(sent.frame), sent.id) == sent.id else (503, {})
        with brought(room, consumer, url=receiver.url):
            until(lambda: len({each.id for each in receiver.requests}) == number)
        found = {each.id: said(each.frame) for each in receiver.requests}
        return [found[event] for event in sorted(found)]


def case_in(frame: Any) -> str:
    """The case that a frame tells of: what stands behind an event of it that failed is not brought."""
    (case,) = set(re.findall("case_[0-9a-f]{32}", json.dumps(frame)))
    return str(case)


async def by_files(room: Newsroom, consumer: str, number: int) -> Given:
    """What lies in a folder: what another way has acknowledged meanwhile may lie there, too."""
    return await asyncio.to_thread(filed, room, consumer, number)


def filed(room: Newsroom, consumer: str, number: int) -> Given:
    folder = room.hub.application._settings.keys.file.parent / consumer
    known = len(framed(folder))
    with brought(room, consumer, folder=str(folder)):
        until(lambda: len(framed(folder)) >= max(number, known + 2 * bool(known)))
    return framed(folder)[-number:]


def framed(folder: Path) -> Given:
    """The frames of all files."""
    return [said(json.loads(frame)) for batch in batches(folder) for frame in batch.frames]


@contextmanager
def brought(room: Newsroom, consumer: str, **where: str) -> Iterator[None]:
    """Meanwhile the consumer's events are brought there."""
    posting, owner = Posting(room.hub), room.hub.composition.admission.viewers["agency"].scope.organisations[0]
    name = room.hub.ask(NAME, "agency", id=consumer)["consumer"]["name"]
    said = Outgoing(owner, name, secret="test", operation=CASES_BROUGHT, yield_seconds=0.0, gather_seconds=0.0, **where)  # type: ignore[arg-type]
    posting.begin(said)
    try:
        yield
    finally:
        posting.end(said)


WAYS = {"ws": by_socket, "sse": by_events, "query": by_question, "webhook": by_webhook, "file": by_files}
BROUGHT = {"webhook", "file"}
SHORT = {
    *product(set(WAYS) - BROUGHT, repeat=2),
    *product(BROUGHT, repeat=2),
    *(("ws", "webhook"), ("webhook", "query"), ("sse", "file"), ("file", "ws")),
}
"""Pairs of the short run: each way breaks, and each goes on where a way of another kind broke."""


@pytest.fixture(scope="module", autouse=True)
def secret() -> Iterator[None]:
    """Given to the hub before it begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUB_SECRET_TEST", SECRET)
        yield


@pytest.mark.parametrize(
    ("broken", "other"),
    [pytest.param(*pair, marks=() if pair in SHORT else pytest.mark.long) for pair in product(WAYS, repeat=2)],
)
async def test_a_consumer_goes_on_by_another_way_than_the_one_that_broke(room: Newsroom, broken: str, other: str) -> None:
    """DESIGN 6, five ways to read it: no gap, and what comes again has the event id that it had."""
    cases, consumer = room.of("agency"), await asyncio.to_thread(room.consumer)
    for number in range(4):
        await asyncio.to_thread(room.change, cases[number % 2], cause=f"{broken}{other}{number}")
    given = await WAYS[broken](room, consumer, 4)
    assert "errors" not in await asyncio.to_thread(room.ack, consumer, given[1][1])
    for number in range(2):
        await asyncio.to_thread(room.change, cases[number], cause=f"{broken}{other}断{number}")

    again = await WAYS[other](room, consumer, 4)

    assert again[:2] == given[2:]
    ids = [event for event, _ in (*given, *again[2:])]
    assert len(ids) == len(set(ids)) == 6
    asked = await asyncio.to_thread(histories, room, cases[:2])
    assert set(ids) == asked - before(asked, ids)
    await asyncio.to_thread(room.ack, consumer, again[-1][1])
    assert await asyncio.to_thread(room.hub.ask, PENDING, "agency", consumer=consumer) == {"events": []}


def histories(room: Newsroom, cases: list[str]) -> set[str]:
    """The ids of all events of the cases."""
    found = [room.hub.ask(HISTORY, "agency", id=case)["case"]["events"]["nodes"] for case in cases]
    return {node["id"] for nodes in found for node in nodes}


def before(events: set[str], ids: list[str]) -> set[str]:
    """Those that came before the first of them: ids are made in the order of time."""
    return {each for each in events if each < min(ids)}


async def test_past_retention_each_way_says_resync_and_no_case_loses_its_history(room: Newsroom) -> None:
    """DESIGN 6: RESYNC only past retention, never a silent jump; events are the history of their case (办理记录)."""
    case, consumer = room.of("agency")[0], await asyncio.to_thread(room.consumer)
    for number in range(3):
        await asyncio.to_thread(room.change, case, cause=f"久{number}")
    given = await by_question(room, consumer, 3)
    history = await asyncio.to_thread(histories, room, [case])

    assert await asyncio.to_thread(forgotten, room) > 2

    after = {"after": given[0][1]}
    for variables in ({"consumer": consumer}, after):
        assert await refused_by_socket(room, variables) == "HUB-611"
        assert await asyncio.to_thread(refused_by_events, room, variables) == "HUB-611"
    asked = await asyncio.to_thread(room.hub.post, PENDING, "agency", variables={"consumer": consumer})
    assert (asked.json()["data"], code_of(asked.json()["errors"])) == ({"events": None}, "HUB-611")
    assert await asyncio.to_thread(histories, room, [case]) == history >= {event for event, _ in given}

    assert await asyncio.to_thread(told_once, room, consumer) == "HUB-611"

    await asyncio.to_thread(room.change, case, cause="后来")
    assert "errors" not in await asyncio.to_thread(room.does, "rewindConsumer", f'consumer: "{consumer}"')
    ((event, _),) = await by_socket(room, consumer, 1)
    assert {event} == await asyncio.to_thread(histories, room, [case]) - history


def forgotten(room: Newsroom) -> int:
    """How many events retention passes when everything is too old, whoever has to be given it."""

    async def passed(base: Base, _: Any) -> int:
        later = NOW + dt.timedelta(3660)
        return await pass_over(base, before=later, at_last=later, now=later)

    return int(room.with_base(passed))


async def refused_by_socket(room: Newsroom, variables: dict[str, str]) -> str:
    async with socket(room.hub) as client:
        await client.say(subscribe(CASES, variables=variables))
        refused = await client.hear(10)
        assert refused["type"] == "error"
        await client.ask("{courts {totalCount}}", "2")
        return code_of(refused["payload"])


def told_once(room: Newsroom, consumer: str) -> str:
    """What a webhook is told, once, before it stops, and a folder by a file."""
    folder = room.hub.application._settings.keys.file.parent / f"{consumer}-resync"
    with receiving() as receiver, brought(room, consumer, url=receiver.url):
        until(lambda: len(receiver.requests) == 1)
        assert receiver.requests[0].id.startswith("resync.")
    with brought(room, consumer, folder=str(folder)):
        (batch,) = until(lambda: batches(folder))
    documents = [receiver.requests[0].frame, *map(json.loads, batch.frames)]
    (code,) = {code_of(document["errors"]) for document in documents}
    return code


def refused_by_events(room: Newsroom, variables: dict[str, str]) -> str:
    headers = room.hub.headers("agency") | {"accept": "text/event-stream"}
    answer = room.hub.client.post(room.hub.url, json={"query": CASES, "variables": variables}, headers=headers)
    return next(code for code in ("HUB-611", "HUB-610") if code in answer.text)


def code_of(errors: list[Any]) -> str:
    return str(errors[0]["extensions"]["hub"])
