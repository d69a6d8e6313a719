"""Whatever is done by whomever: no machine is left, no guard passed, no version lost, nobody's matter (DOMAIN 2)."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from tests.scenarios.chance import MACHINES, Chance, Try, machine_of
from tests.scenarios.desk import BODY, OTHER_BODY, Desks, dispute

from hub.access.acting import actor_of
from hub.errors import HubError
from hub.rules.actions import CaseAction
from hub.rules.cases import CASES, FINAL
from hub.rules.guards import Facts
from hub.rules.limits import Rule
from hub.rules.machines import Machine
from hub.rules.referrals import OPEN, REFERRALS
from hub.rules.standing import Actor, Standing

STEPS = 120
"""Deeds of one seed."""
AT_ONCE = 8
"""Who acts at the same time, in the other test."""
BEGUN = {(None, "ISSUE", "ISSUED")}
"""A referral that is drafted and issued in one deed tells of it as one step."""
ANYTIME = {CaseAction.TRANSFER, CaseAction.MERGE, CaseAction.ABSORB, CaseAction.UNMERGE}
"""What can be done from nearly every state, and moves no dispute on."""
AFTERWARDS = {Rule.COURT_FILING.name, Rule.JUDICIAL_CONFIRMATION.name, Rule.MATERIALS_RECEIPT.name}
"""Limits of courts, which run on when the case here has ended."""
STANDING = ("regions", "organisations", "courts", "codes", "policies", "mediators", "viewers", "jobs")
"""Tables that none of these verbs writes."""


@pytest.mark.parametrize("seed", [20250603, *(pytest.param(n, marks=pytest.mark.long) for n in range(40))])
async def test_random_deeds_leave_nothing_that_the_law_does_not_know(desk: Desks, seed: int) -> None:
    """依法流转 · One deed after another: each is judged by what was possible before it, and by what it left."""
    chance = await _begun(desk, seed)
    done, refused = Counter[str](), Counter[str]()
    before, last = await _everything(desk), await _last(desk)
    for number in range(STEPS):
        if number % 7 == 6:
            await _later(chance)
            before, last = await _everything(desk), await _last(desk)
        facts = await chance.facts()
        tried = await chance.next(facts)
        error = await _does(chance, tried)
        after = await _everything(desk)
        if error is not None:
            refused[error.code] += 1
            assert after == before, (tried, error)
            continue
        done[tried.verb] += 1
        await _was_possible(desk, tried, facts, last)
        before, last = after, await _last(desk)
        if number % 3 == 0:
            assert (await chance.doing(tried.verb, tried.request, tried.viewer)).repeated
            assert await _everything(desk) == before
        if number % 5 == 0:
            await _is_sound(chance)

    await _is_sound(chance)
    assert await _statistics(desk) == await _counted(desk)
    assert len(done) >= 10, done
    assert {"HUB-702", "HUB-711"} <= set(refused), refused


@pytest.mark.parametrize("seed", [7, *(pytest.param(n, marks=pytest.mark.long) for n in range(100, 120))])
async def test_deeds_at_the_same_time_leave_nothing_that_the_law_does_not_know(desk: Desks, seed: int) -> None:
    """依法流转 · Eight people act on four cases at once."""
    chance = await _begun(desk, seed)
    chance.begins = False
    done = Counter[str]()

    async def acts(number: int) -> None:
        mine = replace(chance, random=Random(seed * 100 + number))  # noqa: S311 - the same each time
        mine.doing = chance.doing
        for _ in range(15):
            tried = await mine.next(await mine.facts())
            done[tried.verb if await _does(mine, tried) is None else ""] += 1

    await asyncio.gather(*(acts(number) for number in range(AT_ONCE)))
    await _is_sound(chance)
    assert await _statistics(desk) == await _counted(desk)
    assert done.total() - done[""] > 10, done


# --- what is done -----------------------------------------------------------------------------------------------------
async def _begun(desk: Desks, seed: int) -> Chance:
    """Four cases: two that a court sent, one whose applicant has chosen, one at the window."""
    desk.on("2025-06-03")
    chance = Chance(desk, Random(seed))  # noqa: S311 - the same each time
    await chance.open()
    await desk.invited(BODY, OTHER_BODY)
    await desk.accepted()
    await desk.delegated(OTHER_BODY)
    case = (await desk.does("intake", "registerCase", case=dispute(channel="01", severity="3")))["case"]["id"]
    await desk.does("intake", "acceptCase", case)
    choices = [{"party": (await desk.sides(case))[0], "answer": "CHOSEN", "chosen": "RM"}]
    await desk.does("intake", "chooseModes", case, options=["RM"], explanation="说明", choices=choices)
    await desk.does("intake", "registerCase", case=dispute(channel="01"))
    return chance


async def _does(chance: Chance, tried: Try) -> HubError | None:
    """What refused it: an error that the caller is told, never a fault of the hub."""
    refusal = None
    try:
        await chance.doing(tried.verb, tried.request, tried.viewer)
    except HubError as error:
        refusal = error
    assert refusal is None or refusal.status < 500, (tried, refusal)
    return refusal


async def _later(chance: Chance) -> None:
    """Days pass, and time brings about what it brings about."""
    desk = chance.desk
    desk.now += chance.random.choice((1, 1, 2, 4)) * (desk.now.replace(hour=1) - desk.now.replace(hour=0)) * 24
    await desk.sweeps()


# --- what is looked at ------------------------------------------------------------------------------------------------
async def _everything(desk: Desks) -> dict[str, Any]:
    """Every row of every table that these deeds write."""
    found: dict[str, Any] = {}
    async with desk.hub.base.engine.connect() as connection:
        for name, table in desk.hub.base.metadata.tables.items():
            if name not in STANDING:
                rows = await connection.execute(sa.select(table).order_by(table.c.id))
                found[name] = hash(tuple(map(tuple, rows)))
    return found


async def _last(desk: Desks) -> int:
    return max((row["seq"] for row in await desk.hub.rows("events")), default=0)


async def _was_possible(desk: Desks, tried: Try, facts: Mapping[str, Facts], last: int) -> None:
    """Each step of the deed was among what its actor could do, or is carried by another step of it."""
    events = [event for event in await _steps(desk) if event["seq"] > last]
    carried = {name for event in events for name in _carries(event)}
    for event in events:
        subject, action = event["subject_id"], event["action"]
        if subject not in facts:
            continue
        machine, actor = machine_of(subject), actor_of(tried.viewer)
        own = {row.action.name for row in machine.available(facts[subject], actor)}
        others = {row.action.name for row in machine.available(facts[subject], replace(actor, through=True))}
        assert action in own or (action in carried and action in others), (tried, event)


def _carries(event: dict[str, Any]) -> set[str]:
    """The actions of case or referrals that the step brings along by its row of the table."""
    rows = [row for row in machine_of(event["subject_id"]).transitions if row.action.name == event["action"]]
    return {then.action.name for row in rows for then in row.case} | {row.others for row in rows if row.others}


async def _steps(desk: Desks) -> list[dict[str, Any]]:
    """The events that are steps of a machine, in the order of the log."""
    found = []
    for row in await desk.hub.rows("events"):
        facts = row["facts"] if isinstance(row["facts"], list) else orjson.loads(row["facts"] or "[]")
        said = {fact["name"]: fact.get("code") for fact in facts}
        if "action" in said:
            found.append({**row, "action": said["action"], "from": said.get("from"), "to": said["to"]})
    return found


async def _is_sound(chance: Chance) -> None:
    """Whatever was done before."""
    desk, facts = chance.desk, await chance.facts()
    rows = {row["id"]: row for machine in MACHINES for row in await desk.hub.rows(desk.hub.base.model[machine.noun].table)}
    await _machines_are_kept(desk, rows)
    await _versions_are_whole(chance)
    _somebody_is_next(facts, rows)
    await _limits_fit(desk, rows)
    for row in rows.values():
        if row["id"].startswith("ref_") and row["state"] in {state.name for state in OPEN}:
            ended = rows[row["case_id"]]["state"] in {state.name for state in FINAL}
            assert not ended or row["type"] == "HANDOVER_TO_COURT", await _told(desk, row["case_id"])


async def _machines_are_kept(desk: Desks, rows: Mapping[str, Any]) -> None:
    """Each step is a row of its table and begins where the one before ended; the last one says the state."""
    states: dict[str, str | None] = {}
    known = {machine.noun: _moves(machine) for machine in MACHINES}
    for step in await _steps(desk):
        subject, move = step["subject_id"], (step["from"], step["action"], step["to"])
        assert step["from"] == states.get(subject), step
        assert move in known[machine_of(subject).noun] | BEGUN, step
        states[subject] = step["to"]
    assert states == {id_: row["state"] for id_, row in rows.items()}


def _moves(machine: Machine) -> set[tuple[str | None, str, str]]:
    return {(t.state and t.state.name, t.action.name, t.next.name) for t in machine.transitions if t.next}


async def _versions_are_whole(chance: Chance) -> None:
    """Each row was written as version 1, 2, 3, ... and is at the last of them."""
    stored: dict[str, int] = {}
    for name, table in chance.desk.hub.base.metadata.tables.items():
        if name not in STANDING:
            stored |= {row["id"]: row["version"] for row in await chance.desk.hub.rows(table.name)}
    for id_, versions in chance.written.items():
        assert sorted(versions) == list(range(1, stored[id_] + 1)), id_


def _somebody_is_next(facts: Mapping[str, Facts], rows: Mapping[str, Any]) -> None:
    """Of each case that has not ended it is somebody's turn, and there is something for them to do."""
    for id_, row in rows.items():
        if not id_.startswith("case_") or row["state"] in {state.name for state in FINAL}:
            continue
        assert row["organisation_id"], row
        referrals = [other for other, each in rows.items() if each.get("case_id") == id_ and other.startswith("ref_")]
        assert _has_turn(CASES, facts[id_]) or any(_has_turn(REFERRALS, facts[other]) for other in referrals), row


def _has_turn(machine: Machine, facts: Facts) -> bool:
    """Whether the owner of the row in its state has an action; of a failed case, the notice that is due (R89)."""
    state = machine.state_of(facts)
    if state in machine.final:
        return False
    owner = machine.owners[state]
    actor = _owning(owner, facts, machine)
    found = {row.action for row in machine.available(facts, actor)} - ANYTIME
    return bool(found) or (machine is CASES and facts.value("state") == "FAILED")


def _owning(owner: Standing, facts: Facts, machine: Machine) -> Actor:
    """An actor with this standing on the row."""
    role = {"INTAKE": "intake", "DIVERT": "divert", "PARTY": "party", "ANALYST": "analyst"}.get(owner.name, "org_admin")
    path = {"SENDER": "sender", "RECEIVER": "receiver"}.get(owner.name, machine.handler)
    return Actor(role, frozenset({str(facts.value(path))}))


async def _limits_fit(desk: Desks, rows: Mapping[str, Any]) -> None:
    """No limit runs on for what has ended, and none runs twice."""
    live = [row for row in await desk.hub.rows("deadlines") if row["state"] != "ENDED"]
    twice = Counter((row["referral_id"] or row["case_id"], row["rule"]) for row in live)
    assert max(twice.values(), default=0) < 2, twice
    ended = {state.name for state in FINAL}
    for row in live:
        told = (row["rule"], row["referral_id"], await _told(desk, row["case_id"]))
        assert rows[row["case_id"]]["state"] not in ended or row["rule"] in AFTERWARDS, told


async def _told(desk: Desks, case: str) -> list[str]:
    """The steps of a case and its referrals, to read when something is wrong."""
    steps = [step for step in await _steps(desk) if step["case_id"] == case]
    return [f"{s['subject_id']} {s['actor']} {s['from']} {s['action']} {s['to']}" for s in steps]


async def _statistics(desk: Desks) -> dict[str, Counter[Any]]:
    """What the city's statistics say."""
    found = {}
    for name, shown in (("STATE", "state"), ("REGION", "region { id }"), ("ORGANISATION", "organisation { id }")):
        told = await desk.asks("admin", f"{{ caseStatistics(by: [{name}]) {{ count {shown} }} }}")
        keys = [each[name.lower()] for each in told["caseStatistics"]]
        counts = [each["count"] for each in told["caseStatistics"]]
        found[name] = Counter({(key["id"] if isinstance(key, dict) else key): n for key, n in zip(keys, counts, strict=True)})
    return found


async def _counted(desk: Desks) -> dict[str, Counter[Any]]:
    """What there is, counted here."""
    cases = await desk.hub.rows("cases")
    columns = {"STATE": "state", "REGION": "region_id", "ORGANISATION": "organisation_id"}
    return {name: Counter(row[column] for row in cases) for name, column in columns.items()}
