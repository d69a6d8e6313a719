"""`availableActions`: judged by the same machines on the same facts as the deed, wherever a row is shown."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import orjson
import pytest
from tests.oracle import actions, viewers
from tests.oracle.operations import Asked
from tests.resolvers.test_fill import Fake
from tests.resolvers.test_property import Limits, ask, seen_by
from tests.resolvers.town import Town

from hub.access.acting import MACHINES, Acting, actor_of
from hub.access.viewers import Viewer
from hub.errors import ActionNotYours, ConditionMissing, ConditionUnmet, NotFromThisState
from hub.resolvers.answer import Corridor
from hub.rules.actions import CaseAction, ReferralAction
from hub.rules.guards import Facts
from hub.rules.machines import Machine
from hub.schema.cases import Case
from hub.schema.referrals import Referral
from hub.schema.verbs import Verb
from hub.store.base import reader_of
from hub.store.facts import read_facts

ALL = "availableActions { action label verb limit basis local }"
SEVEN = (
    "district",
    "five regions",
    "district with its body",
    "supervisor",
    "organisation: charge",
    "organisation: sender",
    "court",
)
"""Those whose standings differ."""


async def document(town: Town, viewer: Viewer, text: str, **options: Any) -> Any:
    """The whole document that the viewer is answered with."""
    reader = reader_of(town.base.url, statement_seconds=20)
    given: dict[str, Any] = {"hashed": town.seal.hashed, "limits": Limits(), "openings": lambda *_: Fake(), **options}
    try:
        body, _ = await ask(Corridor(town.schema, town.model, reader, **given), viewer, Asked(text, {}, None))
    finally:
        await reader.close()
    return orjson.loads(body)


async def names(town: Town, viewer: Viewer) -> dict[str, list[str]]:
    """The actions of every case and referral that the viewer sees, by id."""
    wanted = "{ nodes { id availableActions { action } } }"
    text = f"{{ cases(first: 100) {wanted} referrals(first: 100) {wanted} }}"
    data = (await document(town, viewer, text))["data"]
    shown = [node for page in data.values() for node in page["nodes"]]
    return {node["id"]: [each["action"] for each in node["availableActions"]] for node in shown}


async def facts_as_deeds_read_them(town: Town, ids: Iterable[str]) -> AsyncIterator[tuple[str, Machine, Facts]]:
    try:
        async with town.base.engine.connect() as connection:
            for id_ in ids:
                machine = actions.MACHINES[town.model.noun_of(id_).name]
                row = {name: value for name, value in town.data[machine.noun][id_].items() if not isinstance(value, list)}
                yield id_, machine, await read_facts(connection, town.base.metadata, town.model, machine, row)
    finally:
        await town.base.engine.dispose()


def accepted(machine: Machine, facts: Facts, viewer: Viewer) -> list[str]:
    """What a deed tries and is not refused for its state, its standing or a guard."""
    found = []
    for action in machine.actions:
        try:
            machine.step(facts, action, actor_of(viewer))
        except (NotFromThisState, ActionNotYours, ConditionUnmet):
            continue
        except ConditionMissing:
            pass
        found.append(action.name)
    return sorted(found)


@pytest.mark.parametrize("name", SEVEN)
async def test_exactly_what_a_deed_would_not_refuse_is_available(town: Town, name: str) -> None:
    viewer = town.viewer(name)

    shown = await names(town, viewer)

    known = facts_as_deeds_read_them(town, shown)
    tried = {id_: accepted(machine, facts, viewer) async for id_, machine, facts in known}
    assert {id_: sorted(found) for id_, found in shown.items()} == tried
    assert any(shown.values()) or name == "supervisor"


async def test_every_viewer_is_told_what_the_oracle_says(town: Town) -> None:
    everywhere = Asked(f"{{ cases {{ nodes {{ {ALL} referrals {{ nodes {{ a: {ALL} case {{ {ALL} }} }} }} }} }} }}", {}, None)
    aliased = Asked("{ referrals { edges { node { x: availableActions { __typename a: action l: local } id } } } }", {}, None)

    async with town.comparison() as comparison:
        assert not await comparison.red(town.directed(everywhere, aliased))


def test_the_facts_that_decide_are_there_and_differ(town: Town) -> None:
    """A municipality in which a count is always nought would not show that it is counted."""
    for noun, machine in actions.MACHINES.items():
        guards = {guard.counted for row in machine.transitions for guard in row.guards if hasattr(guard, "counted")}
        known = [actions.facts_about(town.data, machine, row) for row in town.data[noun].values()]
        seen = {linked for linked in guards if len({facts.count(linked) > 0 for facts in known}) == 2}
        assert not guards or len(seen) > len(guards) / 2, noun


async def test_who_has_no_standing_is_shown_nothing_to_do(town: Town) -> None:
    analyst = seen_by(next(each for each in viewers.viewers(town.data) if each.name == "five regions"), town.data)
    watching = Viewer(name="watching", role="auditor", scope=analyst.scope)

    shown = await names(town, watching)

    assert shown
    assert set(map(tuple, shown.values())) == {()}


async def test_a_row_that_is_not_seen_has_no_actions(town: Town) -> None:
    id_ = next(iter(town.data["Case"]))
    public = seen_by(viewers.PUBLIC, town.data)

    found = await document(town, public, f'{{ case(id: "{id_}") {{ {ALL} }} }}')

    assert found == {"data": {"case": None}}


async def test_actions_need_no_purpose_and_stand_beside_opened_values(town: Town) -> None:
    def refusing(*_: Any) -> Any:
        raise AssertionError("nothing is opened")

    viewer = town.viewer("organisation: charge")
    alone = await document(town, viewer, f"{{ cases {{ nodes {{ {ALL} }} }} }}", openings=refusing)
    both = await document(town, viewer, f"{{ cases {{ nodes {{ narrativeOpened {ALL} }} }} }}")

    assert [node["availableActions"] for node in both["data"]["cases"]["nodes"]] == [
        node["availableActions"] for node in alone["data"]["cases"]["nodes"]
    ]
    assert {node["narrativeOpened"] for node in both["data"]["cases"]["nodes"]} == {"Case.narrative"}


def verb(name: str, subject: Any, permission: str) -> Verb:
    return Verb(name, "办 · Do", subject, "row", (), (subject,), permission)


DOES: Mapping[Any, list[Verb]] = {
    CaseAction.WITHDRAW: [verb("drop_case", Case, "jobs.run"), verb("withdraw_case", Case, "sealed.open")],
    ReferralAction.WITHDRAW: [verb("withdraw_referral", Referral, "jobs.run")],
}


async def test_the_verb_that_does_it_is_named_and_one_that_the_viewer_may_not_use_hides_it(town: Town) -> None:
    viewer = town.viewer("organisation: charge")
    text = "{ cases(first: 100) { nodes { availableActions { action verb } referrals { nodes { availableActions { action } } } } } }"

    before = await document(town, viewer, text)
    after = await document(town, viewer, text, acting=Acting(town.model, MACHINES, DOES))

    told = [each for case in after["data"]["cases"]["nodes"] for each in case["availableActions"]]
    assert {each["verb"] for each in told if each["action"] == "WITHDRAW"} == {"withdrawCase"}
    assert {each["verb"] for each in told if each["action"] != "WITHDRAW"} == {None}
    of_referrals = ['"action":"WITHDRAW"' in text_of(each) for each in (before, after)]
    assert of_referrals == [True, False]


def text_of(found: Any) -> str:
    """What is said of the referrals."""
    return orjson.dumps([case["referrals"] for case in found["data"]["cases"]["nodes"]]).decode()
