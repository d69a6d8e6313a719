"""Outlets: events brought to a receiver over a real socket, in the order of each case, and never lost to it."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from tests.app.conftest import FILLED, Filled, cloned, copied, on, served
from tests.app.test_subscriptions import NUMBERS, PENDING, Newsroom, new_key
from tests.web.receivers import OK, SECRET, Answer, Receiver, Sent, receiving

from hub.procedures.configuration import Base
from hub.procedures.outlet_policies import OUTLET
from hub.procedures.outlet_seeds import Outgoing
from hub.procedures.rows import policy_id
from hub.schema.events import Fact
from hub.schema.policies import Policy
from hub.schema.referrals import Referral
from hub.settings import Outgoing as Outgoings
from hub.store.changes import Change, Insert, Update
from hub.store.parcels import NOTHING, Batch, Statement, acknowledging, packed, put, unpacked
from hub.store.signing import Secrets

CASES = "subscription { caseUpdates { cursor event { id case { id } } case { id version cause } } }"
EVIDENCE = """query ($id: ID!, $event: ID) {
  evidence(referral: $id, event: $event) { consumer way givenAt acknowledgedAt }
}"""
STATE = """query ($name: String!) {
  outlets(filter: {name: {eq: $name}}) { nodes {
    id name way state retired error attempts nextAttemptAt
    consumer { name deliveries(last: 20) { nodes { way events } } acknowledgements(last: 20) { nodes { event acknowledgedAt } } }
    parcels { nodes { number sha256 events state refused } }
    letters { nodes { id version event state error attempts case { id } } }
  } }
}"""


@dataclass(frozen=True)
class Posting(Newsroom):
    """A hub whose configuration names outlets."""

    receivers: list[Receiver] = field(default_factory=list)

    def names(self, *outlets: Outgoing, until_: dt.date | None = None, kind: str = OUTLET) -> None:
        """What `hub config apply` does with these, each by its owner's id."""

        async def applied(base: Base, _: Any) -> None:
            changes: list[Change] = []
            for said in outlets:
                name = f"{said.owner} {said.consumer}"
                values = {"kind": kind, "name": name, "body": orjson.dumps(asdict(said)).decode(), "valid_to": until_}
                known = await stored(base, policy_id(kind, name))
                facts = [Fact(kind, code=name)]
                if known is None:
                    begun = {"id": policy_id(kind, name), "valid_from": None}
                    changes.append(Insert(Policy, {**begun, **values}, facts=facts))
                else:
                    changed = {"body": values["body"], "valid_to": until_}
                    changes.append(Update(Policy, known["id"], known["version"], changed, facts=facts))
            await base.ledger.write(changes, actor="admin", now=dt.datetime.now(dt.UTC))

        self.with_base(applied)

    def outlet(self, receiver: Receiver | None = None, *, begins: bool = True, **more: Any) -> "Followed":
        """A consumer of the agency that wants events of cases, and its outlet."""
        name = f"out{next(NUMBERS)}"
        made = self.does("createConsumer", f'name: "{name}"')
        assert "errors" not in made, made
        owner = self.hub.composition.tokens._viewers["agency"].scope.organisations[0]
        usual: dict[str, Any] = {
            "secret": "test",
            "gather_seconds": 0.0,
            "operation": CASES,
            "base_seconds": 0.05,
            "bound_seconds": 1.0,
        }
        said = Outgoing(owner, name, **{"url": receiver.url if receiver else "", **usual, **more})
        if begins:
            self.begin(said)
        return Followed(self, made["data"]["x"]["consumer"]["id"], said)

    def refer(self, referral: str) -> None:
        """An event of the referral."""

        async def changed(base: Base, _: Any) -> None:
            table = base.metadata.tables["referrals"]
            async with base.engine.connect() as connection:
                row = (await connection.execute(table.select().where(table.c.id == referral))).mappings().one()
            change = Update(Referral, referral, row["version"], {"receiver": row["receiver_id"]})
            await base.ledger.write([change], actor="court", now=dt.datetime.now(dt.UTC))

        self.with_base(changed)

    def begin(self, said: Outgoing) -> None:
        """From now on the configuration names it."""
        self.names(said)
        until(lambda: [each["retired"] for each in self._rows(said)] == [False])

    def end(self, said: Outgoing) -> None:
        """It does no more."""
        self.names(said, until_=dt.date(2020, 1, 1))
        until(lambda: [each["retired"] for each in self._rows(said)] == [True])

    def _rows(self, said: Outgoing) -> Any:
        return self.hub.ask(STATE, "agency", name=said.consumer)["outlets"]["nodes"]


async def stored(base: Base, policy: str) -> Any:
    async with base.engine.connect() as connection:
        table = base.metadata.tables["policies"]
        return (await connection.execute(sa.select(table).where(table.c.id == policy))).mappings().first()


@dataclass(frozen=True)
class Followed:
    """An outlet and its consumer."""

    room: Posting
    consumer: str
    said: Outgoing

    @property
    def state(self) -> Any:
        (found,) = self.room.hub.ask(STATE, "agency", name=self.said.consumer)["outlets"]["nodes"]
        return found

    @property
    def letters(self) -> list[tuple[str, str]]:
        return sorted((each["event"], each["state"]) for each in self.state["letters"]["nodes"])

    @property
    def parcels(self) -> list[Any]:
        return sorted(self.state["parcels"]["nodes"], key=lambda each: int(each["number"]))

    def has_parcels(self, number: int) -> bool:
        return len(self.parcels) == number

    def has_refused(self, number: int, code: str) -> bool:
        return bool(self.parcels[number - 1]["refused"] == code)

    def pending(self) -> list[str]:
        asked = self.room.hub.ask(PENDING, "agency", consumer=self.consumer, first=100)["events"]
        return [each["event"]["id"] for each in asked]

    def does(self, verb: str, more: str = "", **arguments: Any) -> Any:
        said = f'consumer: "{self.consumer}" {more}'
        text = f'mutation {{x: {verb}({said} idempotencyKey: "{new_key()}") {{outlet {{state}}}}}}'
        return self.room.hub.post(text, "agency", variables=arguments).json()


def until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait until it holds."""
    began = time.monotonic()
    while not (found := condition()):
        assert time.monotonic() - began < seconds, "it never happened"
        time.sleep(0.03)
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def posting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posting]:
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("HUB_SECRET_TEST", SECRET)
        if request.param == "sqlite":
            source: Filled = request.getfixturevalue("filled_sqlite")
            url = f"sqlite:///{copied(source, tmp_path_factory.mktemp('outlets') / 'hub.db')}"
        else:
            source = request.getfixturevalue("filled_postgres")
            url = stack.enter_context(cloned(request.getfixturevalue("postgres"), f"{FILLED}_outlets"))
        settings = replace(on(source.settings, url), outlets=Outgoings(poll_seconds=0.1))
        yield Posting(stack.enter_context(served(Filled(settings, dict(source.tokens)))))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def test_what_is_committed_is_posted_signed_in_order_and_a_2xx_acknowledges_it(posting: Posting, receiver: Receiver) -> None:
    """DESIGN 6, five ways to read one consumer; the sender of a referral can prove it (R: 送达凭证)."""
    cases, outlet = posting.of("agency"), posting.outlet(receiver)
    for number in range(6):
        posting.change(cases[number % 2], cause=f"送{number}")

    until(lambda: len(receiver.taken) == 6)
    until(lambda: outlet.pending() == [])
    assert receiver.verified()
    frames = [each.frame["data"]["caseUpdates"] for each in receiver.requests]
    assert [frame["event"]["id"] for frame in frames] == receiver.taken
    for case in cases[:2]:
        versions = [frame["case"]["version"] for frame in frames if frame["event"]["case"]["id"] == case]
        assert (len(versions), versions) == (3, sorted(versions))
    assert {each.headers["content-type"] for each in receiver.requests} == {"application/json"}
    assert all(
        each.frame["extensions"]["cursor"] == frame["cursor"] for each, frame in zip(receiver.requests, frames, strict=True)
    )
    state = outlet.state
    assert (state["way"], state["state"], state["error"]) == ("WEBHOOK", "RUNNING", None)
    given = state["consumer"]["deliveries"]["nodes"]
    assert ({each["way"] for each in given}, sum(each["events"] for each in given)) == ({"WEBHOOK"}, 6)
    assert state["consumer"]["acknowledgements"]["nodes"][-1]["event"] in receiver.taken


def test_a_receiver_that_fails_is_tried_again_as_it_asks_and_nothing_overtakes(posting: Posting, receiver: Receiver) -> None:
    case, outlet = posting.of("agency")[0], posting.outlet(receiver)
    receiver.answers = lambda _: (503, {"retry-after": "1"})
    for number in range(3):
        posting.change(case, cause=f"忙{number}")

    state = until(lambda: [each for each in [outlet.state] if each["state"] == "RETRYING"])[0]
    assert (state["error"], state["attempts"] > 0, state["nextAttemptAt"] is not None) == ("HUB-642", True, True)
    until(lambda: len(receiver.requests) > 1)
    script: list[Answer] = [(500, {}), (302, {"location": "http://127.0.0.1:1/"})]
    receiver.answers = lambda _: script.pop(0) if script else OK
    until(lambda: len(receiver.taken) == 3)

    first, second = [each.at for each in receiver.requests[:2]]
    assert second - first >= 1
    ids = [each.id for each in receiver.requests]
    assert ids == [ids[0]] * (len(ids) - 3) + receiver.taken
    assert len(set(receiver.taken)) == 3
    until(lambda: (outlet.state["state"], outlet.state["attempts"]) == ("RUNNING", 0))


def test_a_dead_letter_holds_its_case_and_no_other_until_it_is_brought_or_let_go(posting: Posting, receiver: Receiver) -> None:
    """Hasura 4043, 6025: order per key, and nothing stuck behind what is refused."""
    (one, other), outlet = posting.of("agency")[:2], posting.outlet(receiver)
    refuses = {one}

    def answers(sent: Sent) -> Answer:
        return (422, {}) if sent.frame["data"]["caseUpdates"]["event"]["case"]["id"] in refuses else OK

    receiver.answers = answers
    for number in range(2):
        for case in (one, other):
            posting.change(case, cause=f"死{number}")
    until(lambda: (len(receiver.taken), len(outlet.letters), outlet.pending()) == (2, 2, []))

    dead, behind = sorted(each["event"] for each in outlet.state["letters"]["nodes"])
    assert outlet.letters == [(dead, "DEAD"), (behind, "BEHIND")]
    assert (len(receiver.taken), outlet.state["state"]) == (2, "RUNNING")
    refuses.clear()
    posting.change(one, cause="死后")
    until(lambda: len(outlet.letters) == 3)
    assert len(receiver.taken) == 2

    assert outlet.does("replayLetters")["data"]["x"]["outlet"]
    until(lambda: {state for _, state in outlet.letters} == {"DELIVERED"})
    assert receiver.taken[2:] == [event for event, _ in outlet.letters]
    assert receiver.taken[2:4] == [dead, behind]

    refuses.add(one)
    for number in range(2):
        posting.change(one, cause=f"弃{number}")
    (letter,) = until(lambda: [each for each in outlet.state["letters"]["nodes"] if each["state"] == "DEAD"])
    until(lambda: any(state == "BEHIND" for _, state in outlet.letters))
    refuses.clear()
    text = """mutation ($letter: ID!, $version: Int!, $key: String!) {
      dropLetter(letter: $letter, expectedVersion: $version, idempotencyKey: $key) { letter { state } outlet { name } }
    }"""
    said = {"letter": letter["id"], "version": letter["version"]}
    document = posting.hub.post(text, "agency", variables={**said, "key": new_key()}).json()
    assert document["data"]["dropLetter"] == {"letter": {"state": "DROPPED"}, "outlet": {"name": outlet.said.consumer}}
    until(lambda: {state for _, state in outlet.letters} == {"DELIVERED", "DROPPED"})
    assert letter["event"] not in receiver.taken
    again = posting.hub.post(text, "agency", variables={**said, "version": letter["version"] + 1, "key": new_key()}).json()
    assert again["errors"][0]["extensions"]["hub"] == "HUB-704"
    posting.change(one, cause="如常")
    until(lambda: len(receiver.taken) == 7)
    until(lambda: outlet.pending() == [])


def test_gone_stops_it_until_somebody_starts_it_and_a_rewinding_brings_again(posting: Posting, receiver: Receiver) -> None:
    case, outlet = posting.of("agency")[0], posting.outlet(receiver)
    receiver.answers = lambda _: (410, {})
    posting.change(case, cause="止")
    until(lambda: outlet.state["state"] == "STOPPED")

    assert (outlet.state["error"], outlet.letters) == ("HUB-644", [])
    posting.change(case, cause="止后")
    until(lambda: len(outlet.pending()) == 2)
    assert len(receiver.requests) == 1

    receiver.answers = lambda _: OK
    assert outlet.does("startOutlet")["data"]["x"]["outlet"] == {"state": "WAITING"}
    until(lambda: (len(receiver.taken), outlet.pending()) == (2, []))
    first = list(receiver.taken)
    assert outlet.does("startOutlet")["errors"][0]["extensions"]["hub"] == "HUB-648"
    cursor = next(each.frame["extensions"]["cursor"] for each in receiver.requests if each.id == first[0])
    assert "errors" not in posting.does("rewindConsumer", f'consumer: "{outlet.consumer}" cursor: "{cursor}"')
    until(lambda: receiver.taken == [*first, *first[1:]])
    until(lambda: outlet.pending() == [])


def test_an_event_that_was_passed_over_counts_as_acknowledged_only_from_when_it_was_brought(
    posting: Posting, receiver: Receiver
) -> None:
    """送达凭证 · The consumer passes a dead letter long before its receiver has it: the sender must not be told otherwise."""
    referral, sender = posting.referred()
    outlet = posting.outlet(receiver, operation="subscription { referralUpdates { event { id } } }")
    receiver.answers = lambda _: (422, {})
    posting.refer(referral)
    until(lambda: [state for _, state in outlet.letters] == ["DEAD"])
    until(lambda: outlet.state["consumer"]["acknowledgements"]["nodes"])
    ((event, _),) = outlet.letters

    def told() -> Any:
        return [
            (each["way"], each["acknowledgedAt"] is not None and each["acknowledgedAt"] >= each["givenAt"])
            for each in posting.hub.ask(EVIDENCE, sender, id=referral, event=event)["evidence"]
            if each["consumer"] == outlet.said.consumer
        ]

    assert told() == []
    receiver.answers = lambda _: OK
    assert outlet.does("replayLetters")["data"]["x"]["outlet"]
    until(lambda: outlet.letters == [(event, "DELIVERED")])
    assert told() == [("WEBHOOK", True)]


SECRETS = Secrets.of([SECRET], "test")


def batches(folder: Path) -> list[Batch]:
    return [unpacked(file.read_bytes(), SECRETS) for file in sorted(folder.glob("*.jsonl"))]


def acknowledge(folder: Path, number: int, content: bytes) -> None:
    """What a receiver does: the whole file under another name first."""
    (folder / "acks").mkdir(exist_ok=True)
    part = folder / "acks" / f".{number}.part"
    part.write_bytes(content)
    part.replace(folder / "acks" / f"{number:08d}.ack")


def test_a_closed_network_is_given_files_and_acknowledges_by_files(posting: Posting, tmp_path: Path) -> None:
    """DESIGN 6: signed batch files with acknowledgement files; what is wrong with one has its code and changes nothing."""
    case, folder = posting.of("agency")[0], tmp_path / "out"
    outlet = posting.outlet(folder=str(folder))
    for number in range(3):
        posting.change(case, cause=f"批{number}")
        until(partial(outlet.has_parcels, number + 1))
    pending = outlet.pending()

    found = batches(folder)
    assert [each.statement.previous for each in found] == [NOTHING, found[0].sha256, found[1].sha256]
    frames = [orjson.loads(frame) for each in found for frame in each.frames]
    assert [frame["data"]["caseUpdates"]["event"]["id"] for frame in frames] == pending
    assert found[-1].statement.last == frames[-1]["extensions"]["cursor"]
    assert [(row["number"], row["sha256"], row["state"]) for row in outlet.parcels] == [
        (number, each.sha256, "WAITING") for number, each in enumerate(found, 1)
    ]

    good = [acknowledging(each, SECRETS, timestamp=1_764_000_000) for each in found]
    other = Secrets.of(["whsec_" + "B" * 40], "other")
    refused = {
        "HUB-651": good[0][:-20],
        "HUB-652": acknowledging(found[0], other, timestamp=1_764_000_000),
        "HUB-653": acknowledging(replace(found[0], sha256=found[1].sha256), SECRETS, timestamp=1_764_000_000),
    }
    for code, content in refused.items():
        acknowledge(folder, 1, content)
        until(partial(outlet.has_refused, 1, code))
    acknowledge(folder, 9, good[0])
    acknowledge(folder, 2, good[1])
    until(partial(outlet.has_refused, 2, "HUB-656"))
    assert outlet.pending() == pending

    acknowledge(folder, 1, good[0])
    until(lambda: outlet.pending() == pending[2:])
    assert [(row["state"], row["refused"]) for row in outlet.parcels] == [
        *[("ACKNOWLEDGED", None)] * 2,
        ("WAITING", None),
    ]
    consumer = outlet.state["consumer"]
    given = [each["events"] for each in consumer["deliveries"]["nodes"] if each["way"] == "FILE"]
    assert (given, [each["event"] for each in consumer["acknowledgements"]["nodes"]]) == ([1, 1, 1], [pending[1]])
    acknowledge(folder, 3, good[0])
    until(partial(outlet.has_refused, 3, "HUB-655"))

    cursor = found[0].statement.last
    assert "errors" not in posting.does("rewindConsumer", f'consumer: "{outlet.consumer}" cursor: "{cursor}"')
    until(partial(outlet.has_parcels, 4))
    again = batches(folder)[3]
    assert (again.statement.previous, len(again.frames)) == (found[2].sha256, 2)
    assert [row["state"] for row in outlet.parcels] == ["ACKNOWLEDGED", "ACKNOWLEDGED", "VOID", "WAITING"]
    acknowledge(folder, 4, good[2])
    until(lambda: outlet.parcels[3]["refused"] in {"HUB-653", "HUB-654"})
    acknowledge(folder, 4, acknowledging(again, SECRETS, timestamp=1_764_000_000))
    until(lambda: outlet.pending() == [])


def test_the_file_of_a_process_that_died_before_its_row_is_taken_as_it_is(posting: Posting, tmp_path: Path) -> None:
    """Content first, then its row: killed between, the file under the next number is what the receiver may have read."""
    case, folder = posting.of("agency")[0], tmp_path / "out"
    outlet = posting.outlet(folder=str(folder), begins=False)
    for number in range(2):
        posting.change(case, cause=f"间{number}")
    until(lambda: len(outlet.pending()) == 2)
    asked = posting.hub.ask(PENDING, "agency", consumer=outlet.consumer)["events"]
    frame = orjson.dumps({"data": {"one": asked[0]["event"]["id"]}, "extensions": {"cursor": asked[0]["cursor"]}})
    said = Statement(1, outlet.consumer, asked[0]["cursor"], asked[0]["cursor"], 1, NOTHING)
    content = packed(said, [frame], SECRETS, timestamp=1_764_000_000)
    assert put(folder, 1, content) == content
    posting.begin(outlet.said)

    until(partial(outlet.has_parcels, 2))
    assert (folder / "00000001.jsonl").read_bytes() == content
    found = batches(folder)
    assert [(row["sha256"], row["events"]) for row in outlet.parcels] == [(each.sha256, 1) for each in found]
    second = orjson.loads(found[1].frames[0])["data"]["caseUpdates"]["event"]["id"]
    assert second == asked[1]["event"]["id"]

    (folder / "00000003.jsonl").write_bytes(b"somebody else's")
    posting.change(case, cause="外")
    until(lambda: (outlet.state["state"], outlet.state["error"]) == ("RETRYING", "HUB-657"))
    (folder / "00000003.jsonl").unlink()
    until(partial(outlet.has_parcels, 3))
    assert outlet.state["state"] == "RUNNING"


def test_a_folder_that_takes_nothing_is_tried_again(posting: Posting, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("no folder")
    outlet = posting.outlet(folder=str(tmp_path / "out"))
    posting.change(posting.of("agency")[0], cause="无处")

    until(lambda: (outlet.state["state"], outlet.state["error"]) == ("RETRYING", "HUB-650"))
    (tmp_path / "out").unlink()
    until(partial(outlet.has_parcels, 1))
    assert outlet.state["state"] == "RUNNING"
