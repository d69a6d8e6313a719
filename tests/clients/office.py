"""A court that delegates matters to a mediation body, and follows what becomes of them by a consumer."""

import dataclasses
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx2
from tests.app.conftest import Filled, Hub, served

from hub.access.tokens import DevelopmentTokens
from hub.procedures.rows import organisation_id
from hub.settings import Server

BODY, COURT, REGION = organisation_id("mediation-commerce-federation"), "court_鲁0402", "region_370402001"
FOLLOW = """subscription Follow($consumer: String, $after: String) {
  referralUpdates(consumer: $consumer, after: $after) {
    cursor event { id type } referral { id state version } case { number }
  }
}"""
CASES = """subscription Follow($consumer: String, $after: String) {
  caseUpdates(consumer: $consumer, after: $after) { cursor event { id type } case { id state } }
}"""
ACK = """mutation Ack($consumer: String!, $cursor: String!, $key: String!) {
  ackEvents(consumer: $consumer, cursor: $cursor, idempotencyKey: $key) { consumer { acknowledgedEvent } }
}"""
PENDING = "query ($consumer: String!) { events(consumer: $consumer, first: 100) { cursor event { id type } } }"
_NEW = """mutation ($case: NewCaseInput!, $referral: NewReferralInput!, $key: String!) {
  delegateCase(case: $case, referral: $referral, evidence: "签字 17", idempotencyKey: $key) {
    referral { id version state } case { number } } }"""
_MOVE = """mutation ($referral: ID!, $version: Int!, $key: String!) {
  moved: %s(referral: $referral, expectedVersion: $version, idempotencyKey: $key) { referral { id version state } } }"""
_NUMBERS = count(1)


def key() -> str:
    return f"client-{next(_NUMBERS):08d}"


@dataclass
class Office:
    """Does what the court and the body do; its hub can end and begin again at the same address."""

    base: Filled
    port: int
    tokens: DevelopmentTokens
    running: Any = None
    consumers: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def hub(self) -> Hub:
        found: Hub = self.running[1]
        return found

    def begin(self) -> None:
        """Serve."""
        context = served(self.base)
        self.running = context, context.__enter__()

    def end(self) -> None:
        """Serve no more: sockets are told."""
        self.running[0].__exit__(None, None, None)
        self.running = None

    def token(self, viewer: str = "court", life_seconds: int = 3600) -> str:
        return self.tokens.issue(viewer, subject=f"client-{viewer}", life_seconds=life_seconds)

    def ask(self, query: str, viewer: str = "court", /, **variables: Any) -> Any:
        """The data of an answer without errors."""
        headers = {"authorization": f"Bearer {self.token(viewer)}", "accept": "application/json"}
        with httpx2.Client(timeout=30) as client:
            document = client.post(self.url, json={"query": query, "variables": variables}, headers=headers).json()
        assert "errors" not in document, document
        return document["data"]

    def consumer(self, types: str = "[REFERRAL_ISSUED, REFERRAL_DELIVERED, REFERRAL_ACCEPTED, REFERRAL_CHANGED]") -> str:
        """A new consumer of the court's."""
        text = f'mutation {{createConsumer(name: "{key()}", types: {types}, idempotencyKey: "{key()}") {{consumer {{id}}}}}}'
        made = str(self.ask(text)["createConsumer"]["consumer"]["id"])
        self.consumers.append(made)
        return made

    def tidy(self) -> None:
        """A court has at most twenty consumers."""
        while self.consumers:
            text = f'mutation {{deleteConsumer(consumer: "{self.consumers.pop()}", idempotencyKey: "{key()}") {{__typename}}}}'
            self.ask(text)

    def delegates(self) -> dict[str, Any]:
        """The court registers a matter and delegates it to the body."""
        parties = [
            {"name": "张三", "role": "APPLICANT", "kind": "NATURAL_PERSON"},
            {"name": "李四", "role": "RESPONDENT", "kind": "NATURAL_PERSON"},
        ]
        said = {"title": "张三与李四买卖合同纠纷", "disputeType": "04", "channel": "08", "severity": "2", "online": False}
        case = {**said, "region": REGION, "narrative": "因货款发生争议", "parties": parties}
        referral = {"type": "DELEGATE", "receiver": BODY, "court": COURT}
        done = self.ask(_NEW, case=case, referral=referral, key=key())
        return dict(done["delegateCase"]["referral"])

    def moves(self, referral: dict[str, Any], verb: str) -> dict[str, Any]:
        """The body delivers or accepts a referral."""
        said = {"referral": referral["id"], "version": referral["version"], "key": key()}
        return dict(self.ask(_MOVE % verb, "committee", **said)["moved"]["referral"])

    def pending(self, consumer: str) -> list[str]:
        """The ids of the events that the consumer has not acknowledged."""
        return [each["event"]["id"] for each in self.ask(PENDING, consumer=consumer)["events"]]


@contextmanager
def opened(base: Filled) -> Iterator[Office]:
    """An office whose hub runs, and whose court has invited the body."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = dataclasses.replace(base.settings, server=Server("127.0.0.1", port))
    office = Office(dataclasses.replace(base, settings=settings), port, None)  # type: ignore[arg-type]
    office.begin()
    office.tokens = office.hub.composition.tokens
    text = (
        f'mutation {{inviteOrganisation(court: "{COURT}", organisation: "{BODY}", idempotencyKey: "{key()}") {{__typename}}}}'
    )
    office.ask(text)
    try:
        yield office
    finally:
        if office.running is not None:
            office.end()
