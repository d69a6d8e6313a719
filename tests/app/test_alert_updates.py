"""`alerts`: supervision on the log, by socket, by event stream and by a plain question, to whom it concerns only."""

import asyncio
from typing import Any

from tests.app.test_subscriptions import NOW, Newsroom, heard, new_key, room, socket, streamed
from tests.web.sockets import subscribe

from hub.procedures.configuration import Base
from hub.schema.supervision import AlertLevel, AlertState, SupervisionAlert, Trigger
from hub.store.changes import Insert

__all__ = ["room"]

ALERTS = """subscription Follow($filter: AlertUpdateFilter, $consumer: String) {
  alerts(filter: $filter, consumer: $consumer) {
    cursor
    event { type facts { name code } subject { __typename ... on SupervisionAlert { id } } }
    supervisionAlert { id level state availableActions { action verb } }
    case { id }
  }
}"""
PENDING = "query ($consumer: String!) {events(consumer: $consumer, first: 9) {event {type} supervisionAlert {level}}}"
RAISE = """mutation ($case: ID!, $key: String!) {
  raiseSupervision(case: $case, level: ORANGE, note: "请说明", idempotencyKey: $key) { supervisionAlert { id version level } }
}"""


def raised(room: Newsroom, case: str) -> dict[str, Any]:
    document = room.hub.post(RAISE, "district", variables={"case": case, "key": new_key()}).json()
    assert "errors" not in document, document
    found: dict[str, Any] = document["data"]["raiseSupervision"]["supervisionAlert"]
    return found


async def test_an_alert_is_told_as_it_is_raised_with_what_can_be_done(room: Newsroom) -> None:
    """R24 · The overdue item turns orange without reload."""
    under_way = "{cases(first: 1, filter: {state: {in: [REGISTERED, ACCEPTED, DIVERTED, HANDLING, AGREED]}}) {nodes {id}}}"
    case = room.hub.ask(under_way, "district")["cases"]["nodes"][0]["id"]
    async with socket(room.hub, "district") as client:
        await client.say(subscribe(ALERTS, variables={"filter": {"states": ["RAISED"]}}))
        await asyncio.sleep(0.3)
        alert = await asyncio.to_thread(raised, room, case)
        (frame,) = await heard(client, 1)

    update = frame["data"]["alerts"]
    assert (update["event"]["type"], update["case"]["id"]) == ("ALERT_RAISED", case)
    assert update["event"]["subject"] == {"__typename": "SupervisionAlert", "id": alert["id"]}
    assert (update["supervisionAlert"]["id"], update["supervisionAlert"]["level"]) == (alert["id"], "ORANGE")
    assert {"action": "ACKNOWLEDGE", "verb": "acknowledgeAlert"} in update["supervisionAlert"]["availableActions"]
    assert {"name": "level", "code": "ORANGE"} in update["event"]["facts"]


async def test_a_consumer_follows_alerts_by_its_name_on_an_event_stream_and_goes_on_by_socket(room: Newsroom) -> None:
    """DESIGN 6, R24 · One consumer, whichever way it is read: nothing is lost or repeated once it is acknowledged."""
    case = room.of("agency")[0]
    consumer = await asyncio.to_thread(room.consumer)
    name = room.hub.ask("query ($id: ID!) {consumer(id: $id) {name}}", "agency", id=consumer)["consumer"]["name"]
    for trigger in (Trigger.RISK, Trigger.REJECTED):
        await asyncio.to_thread(_raised_by_the_city, room, case, trigger)

    events = await asyncio.to_thread(streamed, room.hub, 2, document=ALERTS, consumer=name)

    told = [document["data"]["alerts"] for _, document in events]
    assert [(update["event"]["type"], update["case"]["id"]) for update in told] == [("ALERT_RAISED", case)] * 2
    assert [mark for mark, _ in events] == [update["cursor"] for update in told]
    await asyncio.to_thread(room.ack, name, told[0]["cursor"])
    async with socket(room.hub, "agency") as client:
        await client.say(subscribe(ALERTS, variables={"consumer": name}))
        await asyncio.to_thread(_raised_by_the_city, room, case, Trigger.JOB_FAILED)
        again, new = [frame["data"]["alerts"]["supervisionAlert"]["id"] for frame in await heard(client, 2)]
    assert again == told[1]["supervisionAlert"]["id"] != new


async def test_a_consumer_that_can_only_ask_is_given_alerts_too(room: Newsroom) -> None:
    """DESIGN 6 · Whatever way a consumer is read."""
    case = room.of("agency")[1]
    consumer = await asyncio.to_thread(room.consumer)
    await asyncio.to_thread(_raised_by_the_city, room, case)

    told: list[tuple[str, str]] = []
    for _ in range(50):
        asked = room.hub.post(PENDING, "agency", variables={"consumer": consumer}).json()
        told = [
            (each["event"]["type"], each["supervisionAlert"]["level"])
            for each in asked["data"]["events"]
            if each["supervisionAlert"]
        ]
        if told:
            break
        await asyncio.sleep(0.1)
    assert told == [("ALERT_RAISED", "ORANGE")]


def _raised_by_the_city(room: Newsroom, case: str, trigger: Trigger = Trigger.RAISED) -> None:
    """As a sweep of another process raises it."""

    async def written(base: Base, _: Any) -> None:
        values = {
            "subject": case,
            "case": case,
            "trigger": trigger,
            "level": AlertLevel.ORANGE,
            "state": AlertState.RAISED,
            "addressees": [],
            "basis": "依据 · Basis",
            "local_default": True,
            "provisional": False,
            "raised_on": NOW.date(),
            "levelled_on": NOW.date(),
        }
        await base.ledger.write([Insert(SupervisionAlert, values)], actor="system", now=NOW)

    room.with_base(written)
