"""Merging: the furthest state stays, referrals and limits go on, and parted cases have their own again (R69)."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from tests.procedures.agencies import DAY, LI, ZHANG, Hub, delegated, matter, person

from hub.errors import ActionNotYours, ConditionUnmet
from hub.procedures.configuration import Base
from hub.procedures.rows import organisation_id
from hub.procedures.sweeps import mark_overdue, sweep_of
from hub.procedures.watching import supervise
from hub.schema.cases import Case, CaseState
from hub.schema.deadlines import DayUnit, Deadline, DeadlineState, LimitRule
from hub.schema.referrals import Referral, ReferralState, ReferralType
from hub.store.ledger import Insert, Update

HOTLINE, PETITION, COURT = "hotline-12345", "petition", "court-referral"
A, B = person("张三", ZHANG), person("李四", LI)
UNDOING = "UNMERGE"


async def two(hub: Hub) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case of the hotline, and a newer one that a court delegated, of the same two people 300 days later."""
    await hub.takes(HOTLINE, matter("GD1", A, B))
    await hub.takes(COURT, delegated("WP1", A, B, happened_on=DAY + dt.timedelta(300)))
    return await hub.case_of("GD1"), await hub.case_of("WP1")


async def joined(hub: Hub, minute: int = 0) -> None:
    """A petition between them: by the rule all three are one dispute."""
    await hub.takes(PETITION, matter("XF1", A, B, happened_on=DAY + dt.timedelta(150), minute=minute))


async def parted(hub: Hub, minute: int = 1) -> None:
    """The petition was about something else."""
    await hub.takes(PETITION, matter("XF1", A, B, dispute_type="16", happened_on=DAY + dt.timedelta(150), minute=minute))


async def comes_to(hub: Hub, case: str, state: CaseState) -> None:
    row = await hub.one("cases", id=case)
    change = Update(Case, case, row["version"], {"state": state})
    await hub.base.ledger.write([change], actor="mediator", now=hub.now)


async def states(hub: Hub, *cases: dict[str, Any]) -> list[str]:
    return [(await hub.one("cases", id=case["id"]))["state"] for case in cases]


async def assigned(hub: Hub, case: str) -> str:
    """A referral that the hub's own people issued on the case."""
    centre = organisation_id("mediation-finance")
    values = {
        "number": f"流转{case[-6:]}",
        "type": ReferralType.ASSIGN,
        "state": ReferralState.DELIVERED,
        "case": case,
        "sender": centre,
        "issued_at": hub.now,
        "issued_on": DAY,
        "undisputed_facts": False,
    }
    (written,) = await hub.base.ledger.write([Insert(Referral, values)], actor="divert", now=hub.now)
    return written.id


async def limit(hub: Hub, case: str, referral: str) -> None:
    values = {
        "subject": referral,
        "case": case,
        "referral": referral,
        "rule": LimitRule.ASSIGNMENT_RESPONSE,
        "state": DeadlineState.RUNNING,
        "days": 3,
        "unit": DayUnit.WORKING,
        "basis": "试验 · A test",
        "local_default": True,
        "started_on": DAY,
        "counting_since": DAY,
        "due_on": DAY + dt.timedelta(3),
        "provisional": False,
        "elapsed": 0,
    }
    await hub.base.ledger.write([Insert(Deadline, values)], actor="divert", now=hub.now)


async def of_case(hub: Hub, case: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in await hub.rows("deadlines") if row["case_id"] == case["id"]]


@contextmanager
def selects(base: Base) -> Iterator[list[str]]:
    """What is looked up meanwhile."""
    asked: list[str] = []

    def seen(_: Any, __: Any, statement: str, *rest: Any) -> None:
        del rest
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append(statement)

    engine = base.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", seen)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", seen)


async def test_the_case_that_stays_goes_on_from_the_furthest_state_and_has_its_own_again(hub: Hub) -> None:
    """R69 并案 · The survivor keeps the furthest state; un-merging gives both states back."""
    one, other = await two(hub)
    await comes_to(hub, other["id"], CaseState.HANDLING)

    await joined(hub)
    assert await states(hub, one, other) == ["HANDLING", "MERGED"]
    await parted(hub)
    assert await states(hub, one, other) == ["REGISTERED", "HANDLING"]


async def test_what_came_of_a_case_after_a_merge_is_its_own(hub: Hub) -> None:
    one, other = await two(hub)
    await comes_to(hub, other["id"], CaseState.HANDLING)
    await joined(hub)
    await comes_to(hub, one["id"], CaseState.FAILED)

    await hub.takes(HOTLINE, matter("GD1", A, B, minute=1, amount=100))
    assert await states(hub, one, other) == ["FAILED", "MERGED"]
    await parted(hub)
    assert await states(hub, one, other) == ["FAILED", "HANDLING"]


async def test_the_events_say_which_action_led_from_where_to_where(hub: Hub) -> None:
    one, other = await two(hub)
    await comes_to(hub, other["id"], CaseState.HANDLING)
    await joined(hub)
    await parted(hub)

    told = [(row["subject_id"], row["type"], row["facts"]) for row in await hub.rows("events") if '"action"' in row["facts"]]

    def said(case: dict[str, Any], action: str) -> list[str]:
        return [facts for subject, _, facts in told if subject == case["id"] and f'"{action}"' in facts]

    assert [len(said(one, action)) for action in ("ABSORB", "UNMERGE")] == [1, 1]
    assert [len(said(other, action)) for action in ("MERGE", "UNMERGE")] == [1, 1]
    assert '"HANDLING"' in said(other, "MERGE")[0]
    assert one["id"] in said(other, "MERGE")[0]


async def test_referrals_go_to_the_case_that_stays_with_their_limits_and_come_back(hub: Hub) -> None:
    """R69 · Both cases' referrals and deadlines go on: what records brought and what the hub's people issued."""
    one, other = await two(hub)
    mine, theirs = await assigned(hub, one["id"]), await assigned(hub, other["id"])
    await limit(hub, other["id"], theirs)
    await supervise(sweep_of(hub.base, hub.seal, hub.now))
    assert (await hub.one("supervision_alerts", subject_id=theirs))["case_id"] == other["id"]

    await joined(hub)
    assert (await hub.one("supervision_alerts", subject_id=theirs))["case_id"] == one["id"]
    assert {row["case_id"] for row in await hub.rows("referrals")} == {one["id"]}
    assert (await hub.one("deadlines", referral_id=theirs))["case_id"] == one["id"]
    assert sorted(row["rule"] for row in await of_case(hub, other)) == ["FIRST_RESPONSE", "SUPPLEMENT_NOTICE", UNDOING]

    await parted(hub)
    where = {row["id"]: row["case_id"] for row in await hub.rows("referrals")}
    assert (where[mine], where[theirs]) == (one["id"], other["id"])
    assert sorted(where.values()) == sorted([one["id"], other["id"], other["id"]])
    assert (await hub.one("deadlines", referral_id=theirs))["case_id"] == other["id"]
    assert (await hub.one("supervision_alerts", subject_id=theirs))["case_id"] == other["id"]


async def test_the_days_for_undoing_run_from_the_merge_and_end_when_it_is_undone(hub: Hub) -> None:
    """R69 · 30 calendar days."""
    _, other = await two(hub)
    await joined(hub)
    running = await hub.one("deadlines", rule=UNDOING)
    assert (running["case_id"], running["state"], running["due_on"]) == (other["id"], "RUNNING", dt.date(2026, 7, 30))

    await parted(hub)
    ended = await hub.one("deadlines", rule=UNDOING)
    assert (ended["id"], ended["state"], ended["ended_on"]) == (running["id"], "ENDED", dt.date(2026, 6, 30))
    await joined(hub, minute=2)
    assert sorted(row["state"] for row in await hub.rows("deadlines") if row["rule"] == UNDOING) == [
        "ENDED",
        "RUNNING",
        "RUNNING",
    ]


async def test_after_the_days_no_person_undoes_a_merge_but_a_correction_does(hub: Hub) -> None:
    """R69 · The 30 days bind persons; sources may correct at any time."""
    one, other = await two(hub)
    await joined(hub)
    merge = await hub.one("merges")
    with pytest.raises(ActionNotYours):
        await hub.does("undo_merge", merge, "dispatch")
    hub.now += dt.timedelta(days=31)
    await mark_overdue(sweep_of(hub.base, hub.seal, hub.now))

    with pytest.raises(ConditionUnmet):
        await hub.does("undo_merge", merge, "intake")
    await parted(hub)
    assert await states(hub, one, other) == ["REGISTERED", "REGISTERED"]


async def test_a_merge_asks_the_base_as_often_for_twenty_cases_as_for_two(hub: Hub) -> None:
    """No statement per row: what merging reads is read at once."""
    counts = []
    for run, size in enumerate((2, 20)):
        people = [(person(f"甲{run}{n}", f"z{run}a{n}"), person(f"乙{run}{n}", f"z{run}b{n}")) for n in range(size)]
        old = [matter(f"{run}GD{n}", *pair) for n, pair in enumerate(people)]
        new = [delegated(f"{run}WP{n}", *pair, happened_on=DAY + dt.timedelta(300)) for n, pair in enumerate(people)]
        await hub.takes(HOTLINE, *old)
        await hub.takes(COURT, *new)
        between = [matter(f"{run}XF{n}", *pair, happened_on=DAY + dt.timedelta(150)) for n, pair in enumerate(people)]
        with selects(hub.base) as asked:
            await hub.takes(PETITION, *between)
        counts.append(len(asked))
    assert len(await hub.rows("merges")) == 22
    assert counts[0] == counts[1]
