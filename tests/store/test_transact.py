"""Deeds that look before they write: what is judged under the locks is what is written, or nothing is."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.store.test_ledger import _failing
from tests.store.town import BY, Town

from hub.errors import Deadline, ListTooLong, NoSuchRow, Unavailable, VersionConflict
from hub.schema.cases import Case
from hub.store import ledger as ledgers
from hub.store.changes import Update
from hub.store.ledger import Change, Decide


def counting(case: str, wait: float = 0.0) -> Decide:
    """Raises the number that is the case's cause by one, whatever version it is at."""

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        row = (await connection.execute(text(f"SELECT version, cause FROM cases WHERE id = '{case}'"))).one()
        await asyncio.sleep(wait)
        return [Update(Case, case, row.version, {"cause": str(int(row.cause) + 1)})]

    return decide


async def test_what_is_looked_at_under_the_lock_is_what_is_changed(town: Town) -> None:
    [case] = await town.write(town.case(cause="0"))

    deeds = [town.ledger.transact(counting(case.id, 0.01), cases=[case.id], **BY) for _ in range(12)]
    done = await asyncio.gather(*deeds)

    row = await town.row("cases", case.id)
    assert (row["cause"], row["version"]) == ("12", 13)
    assert sorted(written.version for [written] in done) == list(range(2, 14))


async def test_a_decision_that_is_refused_changes_nothing(town: Town) -> None:
    [case] = await town.write(town.case(cause="0"))
    before = await town.everything()

    async def refused(connection: AsyncConnection) -> Sequence[Change]:
        await counting(case.id)(connection)
        raise NoSuchRow

    with pytest.raises(NoSuchRow):
        await town.ledger.transact(refused, cases=[case.id], **BY)
    assert await town.everything() == before
    await town.ledger.transact(counting(case.id), cases=[case.id], **BY)


async def test_a_decision_that_changes_nothing_writes_nothing(town: Town) -> None:
    async def idle(_: AsyncConnection) -> Sequence[Change]:
        return []

    assert await town.ledger.transact(idle, **BY) == []
    assert await town.rows("events") == []


async def test_a_decision_is_larger_than_a_bulk_deed_and_has_its_bound(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def many(_: AsyncConnection) -> Sequence[Change]:
        return [town.case() for _ in range(501)]

    assert len(await town.ledger.transact(many, **BY)) == 501
    monkeypatch.setattr(ledgers, "MOST_DECIDED", 500)
    with pytest.raises(ListTooLong):
        await town.ledger.transact(many, **BY)
    assert len(await town.rows("cases")) == 501


async def test_a_decision_takes_only_so_long(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "DECIDE_SECONDS", 0.05)
    [case] = await town.write(town.case(cause="0"))

    with pytest.raises(Deadline):
        await town.ledger.transact(counting(case.id, 5), cases=[case.id], **BY)
    monkeypatch.undo()
    await town.ledger.transact(counting(case.id), cases=[case.id], **BY)
    assert (await town.row("cases", case.id))["cause"] == "1"


async def test_who_stops_waiting_does_not_stop_the_deed(town: Town) -> None:
    [case] = await town.write(town.case(cause="0"))
    deed = asyncio.create_task(town.ledger.transact(counting(case.id, 0.1), cases=[case.id], **BY))
    await asyncio.sleep(0.03)

    deed.cancel()
    await asyncio.gather(deed, return_exceptions=True)
    await town.ledger.settled()

    assert (await town.row("cases", case.id))["cause"] == "1"


async def test_a_decision_whose_nth_statement_fails_is_not_half_written(town: Town) -> None:
    [case] = await town.write(town.case(cause="0"))
    before = await town.everything()

    for number in range(1, 100):
        try:
            with _failing(town.base, number):
                await town.ledger.transact(counting(case.id), cases=[case.id], **BY)
        except Unavailable:
            assert await town.everything() == before
        else:
            break

    assert number > 4
    assert (await town.row("cases", case.id))["cause"] == "1"


async def test_two_deeds_that_wait_for_each_other_are_both_done(town: Town) -> None:
    """Each holds one case and then changes the other: the base ends one of them, which begins anew."""
    [one, other] = await town.write(town.case(cause="0"), town.case(cause="0"))

    def crossing(held: str, wanted: str) -> Decide:
        async def decide(connection: AsyncConnection) -> Sequence[Change]:
            return [*await counting(held, 0.05)(connection), *await counting(wanted, 0.05)(connection)]

        return decide

    ways = ((one.id, other.id), (other.id, one.id))
    deeds = [town.ledger.transact(crossing(*way), cases=[way[0]], **BY) for way in ways]
    done = await asyncio.gather(*deeds, return_exceptions=True)

    refused = [each for each in done if isinstance(each, BaseException)]
    rows = [await town.row("cases", case.id) for case in (one, other)]
    assert all(isinstance(each, VersionConflict) for each in refused)
    assert {row["cause"] for row in rows} == {str(len(done) - len(refused))}
