"""Holes are found in the answer's tree and filled in place, in batches; lists that come later find their places too."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from tests.oracle.operations import Asked
from tests.resolvers.test_property import Limits, ask
from tests.resolvers.town import Town

from hub.errors import Forbidden, HubError, OpeningNotRecorded
from hub.resolvers import fill as filling
from hub.resolvers.answer import Corridor
from hub.resolvers.statements import Statements
from hub.store.base import reader_of
from hub.store.plan import Hole, Plan


@dataclass
class Fake:
    """Fills each hole with what it was asked for, and remembers the batches."""

    batches: list[tuple[str, list[str]]] = field(default_factory=list)
    refuse: Callable[[str], HubError | None] = lambda _: None
    break_down: HubError | None = None

    async def fill(self, hole: Hole, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        self.batches.append((f"{hole.noun.name}.{hole.member.name}", [row[0] for row in rows]))
        if self.break_down is not None:
            raise self.break_down
        return [self.refuse(row[0]) or f"{hole.noun.name}.{hole.member.name}" for row in rows]


async def filled(town: Town, text: str, fake: Fake) -> Any:
    """The whole document of an operation whose holes the fake fills."""
    reader = reader_of(town.base.url, statement_seconds=20)
    options: Any = {"hashed": town.seal.hashed, "limits": Limits(), "openings": lambda *_: fake}
    try:
        body, _ = await ask(Corridor(town.schema, town.model, reader, **options), town.viewer("admin"), Asked(text, {}, None))
    finally:
        await reader.close()
    return orjson.loads(body)


async def test_a_hole_is_filled_where_it_stands(town: Town) -> None:
    text = "{ cases(first: 30) { edges { node { id narrativeOpened parties { nodes { x: phoneOpened id phone } } } } } }"
    fake = Fake()

    found = await filled(town, text, fake)

    assert "errors" not in found
    nodes = [edge["node"] for edge in found["data"]["cases"]["edges"]]
    assert [list(node) for node in nodes] == [["id", "narrativeOpened", "parties"]] * len(nodes)
    assert {node["narrativeOpened"] for node in nodes} == {"Case.narrative"}
    parties = [party for node in nodes for party in node["parties"]["nodes"]]
    assert {party["x"] for party in parties} == {"Party.phone"}
    assert {tuple(party) for party in parties} == {("x", "id", "phone")}
    assert sorted(fake.batches) == [
        ("Case.narrative", [node["id"] for node in nodes]),
        ("Party.phone", [party["id"] for party in parties]),
    ]


EVERYWHERE = """{
  one: case(id: "%(case)s") { narrativeOpened }
  node(id: "%(case)s") { ... on Case { narrativeOpened } }
  nodes(ids: ["%(case)s", "%(party)s"]) { ... on Party { phoneOpened } ... on Case { narrativeOpened } }
  _entities(representations: [{__typename: "Party", id: "%(party)s"}]) { ... on Party { phoneOpened } }
  cases { nodes { mediator { phoneOpened } events { nodes { subject { ... on Party { phoneOpened } ... on Case { narrativeOpened } } } } } }
  caseStatistics(by: [MEDIATOR]) { mediator { phoneOpened } }
}"""


async def test_holes_are_found_wherever_a_row_is_shown(town: Town) -> None:
    ids = {"case": next(iter(town.data["Case"])), "party": next(iter(town.data["Party"]))}

    found = await filled(town, EVERYWHERE % ids, Fake())

    text = orjson.dumps(found).decode()
    assert "errors" not in found
    assert found["data"]["nodes"] == [{"narrativeOpened": "Case.narrative"}, {"phoneOpened": "Party.phone"}]
    assert found["data"]["_entities"] == [{"phoneOpened": "Party.phone"}]
    assert text.count('"Mediator.phone"') == text.count('"mediator":{')
    assert '"phoneOpened":[' not in text
    assert '"narrativeOpened":[' not in text


async def test_a_row_of_one_noun_is_not_taken_for_another_with_the_same_keys(town: Town) -> None:
    text = """{ cases(first: 30) { nodes { events(first: 50) { nodes { subject { __typename
      ... on Case { a: mediator { x: phoneOpened } }
      ... on Referral { a: mediator { x: identityOpened } }
      ... on Party { a: case { x: narrativeOpened } }
      ... on CaseMode { a: case { x: narrativeOpened } } } } } } } }"""
    right = {
        "Case": "Mediator.phone",
        "Referral": "Mediator.identity",
        "Party": "Case.narrative",
        "CaseMode": "Case.narrative",
    }
    fake = Fake()

    found = await filled(town, text, fake)

    events = [event for case in found["data"]["cases"]["nodes"] for event in case["events"]["nodes"] if event["subject"]]
    subjects = [event["subject"] for event in events if event["subject"].get("a")]
    assert {"Case", "Party", "CaseMode"} <= {subject["__typename"] for subject in subjects}
    assert all(subject["a"]["x"] == right[subject["__typename"]] for subject in subjects)
    assert sum(len(ids) for _, ids in fake.batches) == len(subjects)


@pytest.mark.parametrize("town_url", ["sqlite"], indirect=True)
async def test_a_list_that_comes_later_is_not_taken_for_another_with_the_same_key(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def depths(_: Statements, plan: Plan) -> Any:
        return ((0, False),)

    monkeypatch.setattr(Statements, "_depths", depths)
    subject = """... on Party { case { a: parties(first: 1) { totalCount nodes { id } } } }
      ... on CaseMode { case { a: parties(first: 1) { totalCount nodes { id } } } }
      ... on Referral { case { a: parties(last: 2) { totalCount nodes { id } } } }
      ... on SourceRecord { case { a: modes { totalCount nodes { id } } } }"""
    asked = Asked(
        f"{{ cases(first: 30) {{ nodes {{ events(first: 50) {{ nodes {{ subject {{ {subject} }} }} }} }} }} }}", {}, None
    )

    async with town.comparison() as comparison:
        assert not await comparison.red(town.directed(asked))


async def test_a_hole_that_may_not_be_filled_is_null_and_says_where(town: Town) -> None:
    fake = Fake(refuse=lambda id_: Forbidden(permission="sealed.open") if id_ == victim else None)
    victim = next(row["id"] for row in town.data["Party"].values())
    text = "{ parties(first: 100) { nodes { id a: phoneOpened b: phoneOpened } } }"

    found = await filled(town, text, fake)

    place = [node["id"] for node in found["data"]["parties"]["nodes"]].index(victim)
    assert [error["path"] for error in found["errors"]] == [["parties", "nodes", place, key] for key in "ab"]
    assert {error["extensions"]["hub"] for error in found["errors"]} == {"HUB-403"}
    values = {node["id"]: node["a"] for node in found["data"]["parties"]["nodes"]}
    assert values.pop(victim) is None
    assert set(values.values()) == {"Party.phone"}


async def test_a_filler_that_breaks_down_refuses_the_request(town: Town) -> None:
    found = await filled(
        town, "{ parties(first: 5) { nodes { phoneOpened identityOpened } } }", Fake(break_down=OpeningNotRecorded())
    )

    assert [error["extensions"]["hub"] for error in found["errors"]] == ["HUB-406"]
    assert "data" not in found


async def test_many_holes_are_filled_in_batches(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "LARGEST_BATCH", 10)
    fake = Fake()

    await filled(town, "{ parties(first: 24) { nodes { phoneOpened } } }", fake)

    assert [len(ids) for _, ids in fake.batches] == [10, 10, 4]


async def test_every_batch_has_ended_before_a_breakdown_refuses_the_request(town: Town) -> None:
    class Slow(Fake):
        async def fill(self, hole: Hole, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
            if hole.member.name == "phone":
                raise OpeningNotRecorded
            await asyncio.sleep(0.05)
            return await super().fill(hole, rows)

    fake = Slow()

    found = await filled(town, "{ parties(first: 5) { nodes { phoneOpened identityOpened } } }", fake)

    assert [error["extensions"]["hub"] for error in found["errors"]] == ["HUB-406"]
    assert [name for name, _ in fake.batches] == ["Party.identity"]
