"""Subscriptions over real sockets: replay then live, resumed by whatever transport, each frame as its viewer is now."""

import asyncio
import dataclasses
import datetime as dt
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

import httpx2
import pytest
from tests.app.conftest import FILLED, Filled, Hub, cloned, copied, on, served
from tests.app.test_deeds import Desk
from tests.app.test_transports import bearer, port
from tests.web.sockets import Client, acknowledged, subscribe

from hub.access.viewers import Scope
from hub.procedures.configuration import Base
from hub.schema.cases import Case
from hub.schema.referrals import Referral, ReferralState
from hub.store import epochs
from hub.store.changes import Update
from hub.store.log import Log

NOW = dt.datetime(2026, 6, 30, 2, tzinfo=dt.UTC)
NUMBERS = count(1)
CASES = """subscription Follow($consumer: String, $after: String, $filter: CaseUpdateFilter) {
  caseUpdates(consumer: $consumer, after: $after, filter: $filter) {
    cursor
    event { id type facts { name code } case { id } }
    case { id version cause }
  }
}"""
PENDING = (
    "query ($consumer: String!, $first: Int) {events(consumer: $consumer, first: $first) {cursor event {id} case {cause}}}"
)


def new_key() -> str:
    return f"news-{next(NUMBERS):08d}"


@dataclass(frozen=True)
class Newsroom(Desk):
    """A hub over sockets whose cases somebody changes meanwhile."""

    cases: dict[str, list[str]] = field(default_factory=dict)

    def change(self, case: str, **values: Any) -> None:
        """A deed of another process on the base."""

        async def changed(base: Base, _: Any) -> None:
            table = base.metadata.tables["cases"]
            async with base.engine.connect() as connection:
                found = await connection.execute(table.select().where(table.c.id == case))
                version = found.mappings().one()["version"]
            await base.ledger.write([Update(Case, case, version, values)], actor="intake", now=NOW)

        self.with_base(changed)

    def of(self, viewer: str) -> list[str]:
        if viewer not in self.cases:
            found = self.hub.ask("{cases(first: 100) {nodes {id}}}", viewer)
            self.cases[viewer] = [node["id"] for node in found["cases"]["nodes"]]
        return self.cases[viewer]

    def does(self, verb: str, arguments: str, viewer: str = "agency", /, key: str | None = None, **variables: Any) -> Any:
        text = (
            f'mutation {{x: {verb}({arguments} idempotencyKey: "{key or new_key()}") {{repeated consumer {{id name state}}}}}}'
        )
        return self.hub.post(text, viewer, variables=variables).json()

    def consumer(self, viewer: str = "agency", more: str = "") -> str:
        document = self.does("createConsumer", f'name: "c{next(NUMBERS)}" {more}', viewer)
        assert "errors" not in document, document
        return str(document["data"]["x"]["consumer"]["id"])

    def referred(self) -> tuple[str, str]:
        """A referral to the agency's organisation, and the viewer who sent it."""

        async def handed(base: Base, _: Any) -> str:
            agency = self.hub.composition.tokens._viewers["agency"].scope.organisations[0]
            table = base.metadata.tables["referrals"]
            async with base.engine.connect() as connection:
                wanted = table.select().where(table.c.court_id == "court_鲁0402", table.c.state != "SUSPENDED")
                row = (await connection.execute(wanted.limit(1))).mappings().one()
            change = Update(Referral, row["id"], row["version"], {"receiver": agency})
            await base.ledger.write([change], actor="court", now=NOW)
            return str(row["id"])

        return self.with_base(handed), "court"

    def ack(self, consumer: str, cursor: str, viewer: str = "agency") -> Any:
        return self.does("ackEvents", f'consumer: "{consumer}" cursor: "{cursor}"', viewer)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            source: Filled = request.getfixturevalue("filled_sqlite")
            url = f"sqlite:///{copied(source, tmp_path_factory.mktemp('news') / 'hub.db')}"
        else:
            source = request.getfixturevalue("filled_postgres")
            url = stack.enter_context(cloned(request.getfixturevalue("postgres"), f"{FILLED}_news"))
        yield Newsroom(stack.enter_context(served(Filled(on(source.settings, url), dict(source.tokens)))))


@asynccontextmanager
async def socket(hub: Hub, viewer: str = "agency") -> AsyncIterator[Client]:
    async with acknowledged(port(hub), bearer(hub, viewer)) as client:
        yield client


async def heard(client: Client, number: int) -> list[Any]:
    """The payloads of that many frames."""
    found = [await client.hear(20) for _ in range(number)]
    assert {each["type"] for each in found} <= {"next"}, found
    return [each["payload"] for each in found]


def streamed(
    hub: Hub, number: int, viewer: str = "agency", *, last: str | None = None, document: str = CASES, **variables: Any
) -> list[Any]:
    """That many events of a stream by POST: (id, document)."""
    headers = hub.headers(viewer) | {"accept": "text/event-stream"} | ({"last-event-id": last} if last else {})
    found: list[Any] = []
    body = {"query": document, "variables": variables}
    with httpx2.Client(timeout=20) as client, client.stream("POST", hub.url, json=body, headers=headers) as answer:
        name = ""
        for line in answer.iter_lines():
            if line.startswith("id: "):
                name = line[4:]
            elif line.startswith("data: {"):
                found.append((name, json.loads(line[6:])))
                if len(found) == number:
                    break
    return found


def said(frame: Any) -> tuple[str, str]:
    return frame["data"]["caseUpdates"]["event"]["id"], frame["extensions"]["cursor"]


async def test_a_frame_has_the_event_the_rows_as_they_are_now_and_its_cursor(room: Newsroom) -> None:
    case = room.of("agency")[0]
    async with socket(room.hub) as client:
        await client.say(subscribe(CASES))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(room.change, case, cause="甲")
        (frame,) = await heard(client, 1)

    update = frame["data"]["caseUpdates"]
    assert (update["event"]["type"], update["event"]["case"], update["case"]["cause"]) == ("CASE_CHANGED", {"id": case}, "甲")
    assert frame["extensions"] == {"cursor": update["cursor"]}
    assert list(frame) == ["data", "extensions"]


async def test_a_consumer_resumes_on_the_other_transport_and_by_a_plain_question(room: Newsroom) -> None:
    """DESIGN 6: it resumes on another way than the one that broke; only the unacknowledged tail is repeated."""
    hub, cases = room.hub, room.of("agency")
    consumer = await asyncio.to_thread(room.consumer)
    for number in range(4):
        await asyncio.to_thread(room.change, cases[number % len(cases)], cause=f"前{number}")
    async with socket(hub) as client:
        await client.say(subscribe(CASES, variables={"consumer": consumer}))
        replayed = [said(frame) for frame in await heard(client, 4)]
        await asyncio.to_thread(room.change, cases[0], cause="后")
        live = [said(frame) for frame in await heard(client, 1)]
        await asyncio.to_thread(room.ack, consumer, replayed[1][1])
        client.connection.transport.abort()
    await asyncio.to_thread(room.change, cases[0], cause="断后")

    events = await asyncio.to_thread(streamed, hub, 4, consumer=consumer, after=replayed[0][1])
    again = [said(document) for _, document in events]

    assert [name for name, _ in again[:3]] == [name for name, _ in (*replayed[2:], *live)]
    assert [name for name, _ in events] == [cursor for _, cursor in again]
    await asyncio.to_thread(room.ack, consumer, again[1][1])
    asked = await asyncio.to_thread(hub.ask, PENDING, "agency", consumer=consumer)
    assert [each["event"]["id"] for each in asked["events"]] == [name for name, _ in again[2:]]
    assert asked["events"][-1]["case"] == {"cause": "断后"}
    await asyncio.to_thread(room.ack, consumer, asked["events"][-1]["cursor"])
    assert (await asyncio.to_thread(hub.ask, PENDING, "agency", consumer=consumer)) == {"events": []}


async def test_last_event_id_and_extensions_resume(room: Newsroom) -> None:
    hub, case = room.hub, room.of("agency")[0]
    async with socket(hub) as client:
        await client.say(subscribe(CASES))
        await asyncio.sleep(0.3)
        for number in range(3):
            await asyncio.to_thread(room.change, case, cause=f"{number}")
        first, second, third = [said(frame) for frame in await heard(client, 3)]
        resume = {"extensions": {"resume": {"after": second[1]}}, "variables": {"after": first[1]}}
        await client.say(subscribe(CASES, "2", **resume))
        assert said((await heard(client, 1))[0]) == third

    (event,) = await asyncio.to_thread(streamed, hub, 1, last=first[1])
    assert said(event[1]) == second


async def test_filters_fragments_aliases_and_directives(room: Newsroom) -> None:
    hub, cases = room.hub, room.of("agency")
    text = """subscription ($wide: Boolean!, $case: ID) {
      it: caseUpdates(filter: {types: [CASE_CHANGED], case: $case}) {
        kind: __typename ...Parts  event { id @skip(if: $wide) is: type } again: event { facts { code } }
      }
    }
    fragment Parts on CaseUpdate { case @include(if: $wide) { n: number parties(first: 1) { nodes { name } } } }"""
    async with socket(hub) as client:
        await client.say(subscribe(text, variables={"wide": True, "case": cases[1]}))
        await asyncio.sleep(0.3)
        for case in (cases[0], cases[1]):
            await asyncio.to_thread(room.change, case, cause="别名")
        frame = (await heard(client, 1))[0]["data"]["it"]
        assert await client.silent(0.5)

    asked = hub.ask("query ($id: ID!) {case(id: $id) {n: number parties(first: 1) {nodes {name}}}}", "agency", id=cases[1])
    assert frame == {"kind": "CaseUpdate", "case": asked["case"], "event": {"is": "CASE_CHANGED"}, "again": {"facts": []}}


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("subscription {nothing {cursor}}", {}, "HUB-107"),
        ("subscription {events {cursor} caseUpdates {cursor}}", {}, "HUB-107"),
        ("subscription {caseUpdates {case {parties(first: 1000) {nodes {name}}}}}", {}, "HUB-201"),
        ("subscription {events {case {narrativeOpened}}}", {}, "HUB-404"),
        ('subscription {events(after: "x") {cursor}}', {}, "HUB-610"),
        ('subscription {events(consumer: "nobody") {cursor}}', {}, "HUB-702"),
        ('subscription {events(consumer: "") {cursor}}', {}, "HUB-702"),
        ('subscription {events(filter: {case: "x"}) {cursor}}', {}, "HUB-208"),
        ("subscription ($s: Boolean!) {events @skip(if: $s) {cursor}}", {"s": True}, "HUB-107"),
    ],
)
async def test_what_is_wrong_refuses_it_before_it_is_a_stream(room: Newsroom, query: str, variables: Any, code: str) -> None:
    async with socket(room.hub) as client:
        await client.say(subscribe(query, variables=variables))
        refused = await client.hear(10)
        assert (refused["type"], refused["payload"][0]["extensions"]["hub"]) == ("error", code)
        await client.ask("{courts {totalCount}}", "2")
    headers = room.hub.headers("agency") | {"accept": "text/event-stream"}
    body = {"query": query, "variables": variables}
    answer = await asyncio.to_thread(room.hub.client.post, room.hub.url, json=body, headers=headers)
    assert code in answer.text
    assert room.hub.refusal(query, "agency", variables=variables)[1] in ("HUB-112", "HUB-107")


async def test_what_belongs_to_others_is_refused(room: Newsroom) -> None:
    """Another organisation's cursor is none, its consumer is not there."""
    hub, case = room.hub, room.of("agency")[0]
    consumer = await asyncio.to_thread(room.consumer)
    await asyncio.to_thread(room.change, case, cause="别家")
    ((name, _),) = await asyncio.to_thread(streamed, hub, 1, consumer=consumer)
    for variables, code in (({"after": name}, "HUB-610"), ({"consumer": consumer}, "HUB-702")):
        async with socket(hub, "court") as client:
            await client.say(subscribe(CASES, variables=variables))
            assert (await client.hear())["payload"][0]["extensions"]["hub"] == code
    assert room.ack(consumer, name, "court")["errors"][0]["extensions"]["hub"] == "HUB-702"
    assert room.does("deleteConsumer", f'consumer: "{consumer}"', "district")["errors"][0]["extensions"]["hub"] == "HUB-403"
    asked = hub.post(PENDING, "court", variables={"consumer": consumer}).json()
    assert (asked["data"], asked["errors"][0]["extensions"]["hub"]) == ({"events": None}, "HUB-702")
    assert hub.ask("query ($id: ID!) {consumer(id: $id) {name}}", "court", id=consumer) == {"consumer": None}


async def test_the_newest_stream_has_the_consumer_and_the_olders_socket_stays(room: Newsroom) -> None:
    consumer = await asyncio.to_thread(room.consumer)
    async with socket(room.hub) as older, socket(room.hub) as newer:
        await older.say(subscribe(CASES, variables={"consumer": consumer}))
        await asyncio.sleep(0.3)
        await newer.say(subscribe(CASES, variables={"consumer": consumer}))
        ended = await older.hear()
        assert (ended["type"], ended["payload"][0]["extensions"]["hub"]) == ("error", "HUB-613")
        await older.ask("{courts {totalCount}}", "2")
        await asyncio.to_thread(room.change, room.of("agency")[0], cause="新流")
        await heard(newer, 1)


async def test_a_viewer_who_is_narrowed_is_given_nothing_more(room: Newsroom) -> None:
    known = room.hub.composition.admission.viewers
    before = known["agency"]
    async with socket(room.hub) as client:
        await client.say(subscribe(CASES))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(room.change, room.of("agency")[0], cause="收窄前")
        await heard(client, 1)
        known["agency"] = dataclasses.replace(before, scope=Scope())
        try:
            await asyncio.to_thread(room.change, room.of("agency")[0], cause="收窄后")
            assert await client.silent(1)
        finally:
            known["agency"] = before


async def test_a_process_that_knows_nothing_of_the_other_serves_its_consumer(room: Newsroom) -> None:
    """Two hubs over one base are one hub."""
    consumer, case = await asyncio.to_thread(room.consumer), room.of("agency")[0]
    with served(Filled(room.hub.application._settings, room.hub.tokens)) as second:
        async with socket(room.hub) as older, socket(second) as newer:
            await older.say(subscribe(CASES, variables={"consumer": consumer}))
            await asyncio.to_thread(room.change, case, cause="一")
            first = said((await heard(older, 1))[0])
            await newer.say(subscribe(CASES, variables={"consumer": consumer}))
            assert said((await heard(newer, 1))[0]) == first
            assert (await older.hear(10))["payload"][0]["extensions"]["hub"] == "HUB-613"
            await asyncio.to_thread(room.change, case, cause="二")
            await heard(newer, 1)


async def test_repeats_of_consumer_deeds_do_nothing_twice_and_a_rewound_stream_ends(room: Newsroom) -> None:
    key, name = new_key(), f'name: "n{next(NUMBERS)}"'
    made, again = (room.does("createConsumer", name, key=key)["data"]["x"] for _ in range(2))
    assert again == made | {"repeated": True}
    assert room.does("createConsumer", name)["errors"][0]["extensions"]["hub"] == "HUB-616"
    consumer = made["consumer"]["name"]
    await asyncio.to_thread(room.change, room.of("agency")[0], cause="回退")
    async with socket(room.hub) as client:
        await client.say(subscribe(CASES, variables={"consumer": consumer}))
        event, cursor = said((await heard(client, 1))[0])
        assert "errors" not in room.ack(consumer, cursor)
        assert "errors" not in room.does("rewindConsumer", f'consumer: "{consumer}"')
        assert (await client.hear())["payload"][0]["extensions"]["hub"] == "HUB-614"
    found = room.hub.ask(PENDING, "agency", consumer=consumer, first=100)["events"]
    assert event in [each["event"]["id"] for each in found] or len(found) == 100
    ended = room.does("deleteConsumer", f'consumer: "{consumer}"')["data"]["x"]["consumer"]
    assert ended["state"] == "ENDED"


async def test_a_referrals_state_is_a_filter_and_its_update_shows_it(room: Newsroom) -> None:
    (referral,) = run_referral(room)
    text = """subscription { referralUpdates(filter: {states: [SUSPENDED]}) {
      event { type facts { name code } } referral { id state } case { id } } }"""
    async with socket(room.hub, "admin") as client:
        await client.say(subscribe(text))
        await asyncio.sleep(0.3)
        for state in (ReferralState.ACCEPTED, ReferralState.SUSPENDED):
            await asyncio.to_thread(room.with_base, partial(_moved, referral=referral, state=state))
        (frame,) = await heard(client, 1)
    update = frame["data"]["referralUpdates"]
    assert update["referral"] == {"id": referral, "state": "SUSPENDED"}
    assert update["event"] == {"type": "REFERRAL_CHANGED", "facts": [{"name": "to", "code": "SUSPENDED"}]}


def run_referral(room: Newsroom) -> list[str]:
    found = room.hub.ask("{referrals(first: 1) {nodes {id}}}", "admin")
    return [node["id"] for node in found["referrals"]["nodes"]]


async def _moved(base: Base, _: Any, *, referral: str, state: ReferralState) -> None:
    table = base.metadata.tables["referrals"]
    async with base.engine.connect() as connection:
        row = (await connection.execute(table.select().where(table.c.id == referral))).mappings().one()
    await base.ledger.write([Update(Referral, referral, row["version"], {"state": state})], actor="court", now=NOW)


async def test_what_was_given_and_acknowledged_is_in_the_graph(room: Newsroom) -> None:
    consumer = await asyncio.to_thread(room.consumer)
    await asyncio.to_thread(room.change, room.of("agency")[0], cause="凭证")
    ((cursor, document),) = await asyncio.to_thread(streamed, room.hub, 1, consumer=consumer)
    room.ack(consumer, cursor)
    text = """query ($id: ID!) {consumer(id: $id) {acknowledgedEvent owner {... on Organisation {name}}
      deliveries {nodes {way events firstEvent}} acknowledgements {nodes {event rewound}}}}"""
    for _ in range(60):
        found = room.hub.ask(text, "agency", id=consumer)["consumer"]
        if found["deliveries"]["nodes"]:
            break
        await asyncio.sleep(0.1)
    event = said(document)[0]
    assert found["acknowledgedEvent"] == event
    assert found["deliveries"]["nodes"] == [{"way": "SSE", "events": 1, "firstEvent": event}]
    assert found["acknowledgements"]["nodes"] == [{"event": event, "rewound": False}]


EVIDENCE = """query ($referral: ID!, $event: ID) {evidence(referral: $referral, event: $event) {
  event {id type} organisation {id} court {id} consumer way givenAt acknowledgedAt}}"""


async def test_the_sender_of_a_referral_is_told_who_was_given_and_acknowledged_it(room: Newsroom) -> None:
    """ANCHORS 4: delivery is provable, to the one who has to prove it."""
    referral, sender = await asyncio.to_thread(room.referred)
    consumer = await asyncio.to_thread(room.consumer, "agency", "types: [REFERRAL_CHANGED]")
    await asyncio.to_thread(room.with_base, partial(_moved, referral=referral, state=ReferralState.SUSPENDED))
    for _ in range(60):
        asked = room.hub.ask(PENDING, "agency", consumer=consumer, first=100)["events"]
        if asked:
            break
        await asyncio.sleep(0.1)
    room.ack(consumer, asked[-1]["cursor"])
    for _ in range(60):
        found = room.hub.ask(EVIDENCE, sender, referral=referral, event=asked[-1]["event"]["id"])["evidence"]
        if found:
            break
        await asyncio.sleep(0.1)

    assert {each["event"]["id"] for each in found} == {asked[-1]["event"]["id"]}
    mine = next(each for each in found if each["consumer"])
    assert (mine["way"], mine["court"]) == ("QUERY", None)
    assert mine["organisation"] == {
        "id": room.hub.ask("query ($id: ID!) {consumer(id: $id) {owner {... on Organisation {id}}}}", "agency", id=consumer)[
            "consumer"
        ]["owner"]["id"]
    }
    assert mine["acknowledgedAt"] >= mine["givenAt"]
    assert room.hub.ask(EVIDENCE, "admin", referral=referral)["evidence"] == []
    missing = room.hub.post(EVIDENCE, "court", variables={"referral": f"ref_{7:032x}"}).json()
    assert missing["errors"][0]["extensions"]["hub"] == "HUB-702"


async def test_how_the_hub_is_doing_is_told_to_those_who_may(room: Newsroom) -> None:
    text = "{news {newestAt hiddenFor failingFor oldestWriterFor unsealedFor streams groups consumers} courts {totalCount}}"
    found = room.hub.ask(text, "admin")
    assert (found["news"]["hiddenFor"], found["news"]["failingFor"]) == (0, 0)
    assert found["courts"]["totalCount"] > 0
    assert room.hub.post(text, "agency").json()["errors"][0]["extensions"]["hub"] == "HUB-403"


async def test_what_retention_has_removed_is_told_on_every_way_and_rewinding_goes_on(room: Newsroom) -> None:
    """TRUST 3: who was slower than retention is told RESYNC, whichever way it reads, never given less in silence."""
    hub, case = room.hub, room.of("agency")[0]
    consumer = await asyncio.to_thread(room.consumer)
    await asyncio.to_thread(room.change, case, cause="逾期")
    ((cursor, _),) = await asyncio.to_thread(streamed, hub, 1, consumer=consumer)
    await asyncio.to_thread(room.change, case, cause="逾期之后")
    await asyncio.to_thread(room.with_base, _emptied)

    for variables in ({"consumer": consumer}, {"after": cursor}):
        async with socket(hub) as client:
            await client.say(subscribe(CASES, variables=variables))
            assert (await client.hear(10))["payload"][0]["extensions"]["hub"] == "HUB-611"
        headers = hub.headers("agency") | {"accept": "text/event-stream"}
        body = {"query": CASES, "variables": variables}
        assert "HUB-611" in (await asyncio.to_thread(hub.client.post, hub.url, json=body, headers=headers)).text
    asked = hub.post(PENDING, "agency", variables={"consumer": consumer}).json()
    assert (asked["data"], asked["errors"][0]["extensions"]["code"]) == ({"events": None}, "RESYNC")

    assert "errors" not in room.does("rewindConsumer", f'consumer: "{consumer}"')
    assert hub.ask(PENDING, "agency", consumer=consumer) == {"events": []}
    async with socket(hub) as client:
        await client.say(subscribe(CASES, variables={"consumer": consumer}))
        await asyncio.to_thread(room.change, case, cause="重读")
        (frame,) = await heard(client, 1)
    assert frame["data"]["caseUpdates"]["case"]["cause"] == "重读"


async def _emptied(base: Base, _: Any) -> None:
    """Retention that went up to the newest event."""
    newest = await Log(base.engine, base.metadata, base.model).newest()
    await epochs.remove(base.engine, base.metadata, base.model, until=newest, now=NOW)
