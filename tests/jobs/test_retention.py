"""Receipts are removed when nobody can repeat their request any more, revocations with their tokens, nothing else."""

import datetime as dt
from typing import Any

import pytest
from tests.jobs.offices import Clock, process, runs_of
from tests.procedures.agencies import Hub

from hub.errors import BadConfiguration
from hub.jobs.contract import check
from hub.jobs.retention import ROUTINE, Options
from hub.procedures.enrolment import Override
from hub.schema.cases import Case
from hub.schema.receipts import Receipt
from hub.schema.revocations import Revocation, RevocationReason
from hub.store.ledger import Insert


async def test_receipts_older_than_their_days_are_removed_and_the_others_stay(hub: Hub) -> None:
    clock = Clock()
    ages = [0, 29, 31, 400, *(40 for _ in range(600))]
    for number, age in enumerate(ages):
        at = clock.moment - dt.timedelta(days=age)
        values = {"principal": "p", "key": f"{number}", "verb": "v", "payload": "x", "outcome": "{}", "done_at": at}
        await hub.base.ledger.write([Insert(Receipt, values, event=None)], actor="system", now=at)
    for number, hours in enumerate((-1, 3, 5)):
        until = clock.moment + dt.timedelta(hours=hours)
        values = {"jti": f"{number}", "reason": RevocationReason.LOST, "viewer": "guard", "principal": "", "until": until}
        values |= {"revoked_at": clock.moment}
        await hub.base.ledger.write([Insert(Revocation, values, event=None)], actor="admin", now=clock.moment)
    one = process(hub, clock, retention=ROUTINE)
    await one.run_due()
    before = await hub.rows("cases")

    clock.passes(hours=4)
    assert await one.run_due() == 1

    assert sorted(row["key"] for row in await hub.rows("receipts")) == ["0", "1"]
    assert [row["jti"] for row in await hub.rows("revocations")] == ["2"]
    said = '[{"name":"receipts","count":"602"},{"name":"revocations","count":"2"}]'
    assert [run["outcome"] for run in await runs_of(hub, "retention")] == [said]
    assert await hub.rows("cases") == before


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
        ("retention", Override(options={"receipt_days": 30})),
        ("retention", Override(options={"receipts_days": "30"})),
    ],
)
def test_policies_that_fit_no_job_are_refused(name: str, said: Override) -> None:
    with pytest.raises(BadConfiguration):
        check({"retention": ROUTINE}, {name: said})
    check({"retention": ROUTINE}, {"retention": Override("daily 04:00", options={"receipts_days": 7})})
    assert Options().receipts_days == 30
