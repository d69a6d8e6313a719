"""What is asked: four questions, the same text for the hub, for the ordinary way and for the ceiling."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

ONE = """query One($number: String!) {
  case(number: $number) {
    id number title narrative state handling domain cause amount online open registeredAt acceptedOn dueOn concludedOn
    resolvedLevel leaked version
    disputeType { code zh } channel { code zh } severity { code zh } outcome { code zh }
    region { id code name level }
    organisation { id name level phone }
    mediator { id name employment }
    parties(first: 50) { nodes { id role kind name identity phone address } }
    modes(first: 50) { nodes { id mode { code zh } startedOn endedOn } }
    referrals(first: 50) { nodes {
      id number type state issuedAt dueOn completedOn court { code name } sender { id name } receiver { id name }
    } }
    sourceRecords(first: 50) { nodes { id system sourceNumber receivedAt organisation { id name } } }
    events(first: 100) { nodes { id type occurredAt actor facts { name code id } } }
  }
}"""

NESTED = """query Nested($states: [CaseState!]) {
  cases(filter: {state: {in: $states}}, orderBy: [{field: REGISTERED_AT, direction: DESC}], first: 50) {
    nodes {
      id number title state amount registeredAt dueOn disputeType { code zh }
      organisation { id name }
      mediator { id name }
      parties(first: 20) { nodes { id role kind name } }
      referrals(first: 20) { nodes { id type state issuedAt court { code name } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

FLAT = """query Flat {
  cases(orderBy: [{field: REGISTERED_AT, direction: DESC}], first: 100) {
    nodes {
      id number title state handling start domain cause amount online open registeredAt registeredOn acceptedOn dueOn
      concludedOn resolvedLevel leaked version
    }
    pageInfo { hasNextPage endCursor }
  }
}"""

STATISTICS = """query Statistics {
  caseStatistics(by: [DISTRICT, STATE]) { district { code name } state count amountSum }
}"""

TEXTS = {"one": ONE, "nested": NESTED, "flat": FLAT, "statistics": STATISTICS}
TITLES = {
    "one": "one case with everything around it",
    "nested": "filtered page of 50 nested cases",
    "flat": "100 flat cases",
    "statistics": "statistics by district and state",
}
STATES = (("AGREED", "CLOSED", "HANDLING"), ("CLOSED",), ("CLOSED", "CLOSED_FAILED", "PERFORMED"))
"""What the nested page is filtered by: most cases are in one of these states."""

DISTRICT = "370402"
"""Whose cases are asked for: the viewer `district`."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One question's requests, ready to be sent; they differ in their variables."""

    name: str
    bodies: tuple[bytes, ...]


def askings(numbers: Sequence[str], *, seed: int = 7) -> dict[str, Asking]:
    """All four; `numbers` are case numbers the viewer can see."""
    chosen = random.Random(seed).sample(list(numbers), min(len(numbers), 500))
    variables: dict[str, list[dict[str, Any]]] = {
        "one": [{"number": number} for number in chosen],
        "nested": [{"states": list(states)} for states in STATES],
        "flat": [{}],
        "statistics": [{}],
    }
    return {name: Asking(name, tuple(body_of(name, each) for each in found)) for name, found in variables.items()}


def body_of(name: str, variables: dict[str, Any]) -> bytes:
    """The body of a request."""
    return orjson.dumps({"query": TEXTS[name], "variables": variables})
