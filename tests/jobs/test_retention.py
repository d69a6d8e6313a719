"""Receipts are removed when nobody can repeat their request any more, and nothing else is."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.jobs.offices import Clock, process, runs_of
from tests.procedures.agencies import Hub

from hub.errors import BadConfiguration, ResyncNeeded
from hub.jobs.contract import check
from hub.jobs.retention import ROUTINE, Options
from hub.procedures.enrolment import Override
from hub.schema.cases import Case
from hub.schema.events import EventType
from hub.schema.policies import Policy
from hub.schema.receipts import Receipt
from hub.store import epochs
from hub.store.ledger import Insert
from hub.store.log import BEGINNING, Log


async def test_receipts_older_than_their_days_are_removed_and_the_others_stay(hub: Hub) -> None:
    clock = Clock()
    ages = [0, 29, 31, 400, *(40 for _ in range(600))]
    for number, age in enumerate(ages):
        at = clock.moment - dt.timedelta(days=age)
        values = {"principal": "p", "key": f"{number}", "verb": "v", "payload": "x", "outcome": "{}", "done_at": at}
        await hub.base.ledger.write([Insert(Receipt, values, event=None)], actor="system", now=at)
    one = process(hub, clock, retention=ROUTINE)
    await one.run_due()
    before = await hub.rows("cases")

    clock.passes(hours=4)
    assert await one.run_due() == 1

    assert sorted(row["key"] for row in await hub.rows("receipts")) == ["0", "1"]
    assert [run["outcome"] for run in await runs_of(hub, "retention")] == [
        '[{"name":"receipts","count":"602"},{"name":"events","count":"0"}]'
    ]
    assert await hub.rows("cases") == before


async def test_events_older_than_their_days_are_removed_when_days_are_set(hub: Hub) -> None:
    """Only what lies before the first event that is kept goes: what is left of the log has no holes."""
    clock, base = Clock(), hub.base
    await epochs.settle(base.engine, base.metadata, base.model, now=clock.moment)
    log = Log(base.engine, base.metadata, base.model)
    # What the town itself wrote is of another day.
    await epochs.remove(base.engine, base.metadata, base.model, until=await log.newest(), now=clock.moment)
    ages = [400, 90, 10, 90, 0]
    for number, age in enumerate(ages):
        values = {"kind": "step", "name": f"{number}", "body": "{}"}
        at = clock.moment - dt.timedelta(days=age)
        await base.ledger.write([Insert(Policy, values, event=EventType.CONFIGURATION_APPLIED)], actor="admin", now=at)
    one = process(hub, clock, retention=replace(ROUTINE, options=Short))
    await one.run_due()
    steps = base.metadata.tables["events"].c.actor == "admin"
    kept = [row["id"] for row in await hub.rows("events", steps)][2:]

    clock.passes(hours=4)
    assert await one.run_due() == 1

    assert sorted(row["id"] for row in await hub.rows("events", steps)) == sorted(kept)
    assert '{"name":"events","count":"2"}' in str((await runs_of(hub, "retention"))[0]["outcome"])
    with pytest.raises(ResyncNeeded):
        await log.after(BEGINNING)
    assert [entry.id for entry in await log.after(await log.removed())][:3] == kept


@dataclass(frozen=True, slots=True)
class Short(Options):
    """As a policy would have it."""

    events_days: int = 60


async def test_rows_of_the_graph_cannot_be_removed(hub: Hub) -> None:
    async def nothing(_: Any) -> None: ...

    with pytest.raises(TypeError, match="Case are kept"):
        await hub.base.ledger.forget(Case, "registered_at", hub.now, first=nothing)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("retension", Override()),
        ("retention", Override(schedule="0 3 * * *")),
        ("retention", Override(options={"receipts_days": 0})),
        ("retention", Override(options={"events_days": 29})),
        ("retention", Override(options={"receipt_days": 30})),
        ("retention", Override(options={"receipts_days": "30"})),
    ],
)
def test_policies_that_fit_no_job_are_refused(name: str, said: Override) -> None:
    with pytest.raises(BadConfiguration):
        check({"retention": ROUTINE}, {name: said})
    check({"retention": ROUTINE}, {"retention": Override("daily 04:00", options={"receipts_days": 7})})
    assert Options().receipts_days == 30
