"""Deeds: versions, refusals and faults; nothing is ever half written."""

import asyncio
import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from tests.conftest import Base
from tests.store.town import NOW, OTHER_TOWN, Town, org

from hub.errors import ListTooLong, Refused, Unavailable, VersionConflict
from hub.schema.cases import Case, CaseState, Party
from hub.schema.model import Model
from hub.schema.policies import Policy
from hub.store import ledger as ledgers
from hub.store.changes import MOST, Insert, Update, batches, uuid7
from hub.store.ledger import Ledger
from hub.store.seal import Seal

LATER = NOW + dt.timedelta(hours=1)


async def test_a_change_bumps_the_version_and_the_time(town: Town) -> None:
    [case] = await town.write(town.case())

    [written] = await town.write(Update(Case, case.id, 1, {"state": CaseState.ACCEPTED}), now=LATER)

    row = await town.row("cases", case.id)
    assert (written.version, row["version"], row["state"]) == (2, 2, "ACCEPTED")
    assert (row["created_at"], row["updated_at"]) == ("2025-06-01T04:30:00.000000Z", "2025-06-01T05:30:00.000000Z")


@pytest.mark.parametrize("expected", [0, 2, 7])
async def test_another_version_is_a_conflict(town: Town, expected: int) -> None:
    [case] = await town.write(town.case())
    before = await town.everything()

    with pytest.raises(VersionConflict):
        await town.write(town.case(), Update(Case, case.id, expected, {"cause": "x"}))
    assert await town.everything() == before


async def test_a_row_that_is_not_there_is_a_conflict(town: Town) -> None:
    with pytest.raises(VersionConflict):
        await town.write(Update(Case, f"case_{9:032x}", 1, {"cause": "x"}))


async def test_one_of_many_writers_of_one_version_wins(town: Town) -> None:
    [case] = await town.write(town.case())
    deeds = [town.write(Update(Case, case.id, 1, {"cause": str(number)})) for number in range(20)]

    outcomes = await asyncio.gather(*deeds, return_exceptions=True)

    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert {type(outcome) for outcome in outcomes} == {list, VersionConflict}
    assert len(await town.rows("events")) == 2


async def test_broken_constraints_are_named(town: Town) -> None:
    await town.write(town.case(number="ZZF-1"))
    before = await town.everything()

    with pytest.raises(Refused) as refused:
        await town.write(town.case(), town.case(number="ZZF-1"))
    assert refused.value.facts == {"constraint": "uq_cases_number"}
    assert "ZZF-1" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert await town.everything() == before


async def test_a_link_that_leads_nowhere_is_refused(town: Town) -> None:
    before = await town.everything()

    with pytest.raises(Refused) as refused:
        await town.write(town.case(organisation=org(77)))
    assert refused.value.facts["constraint"] in ("foreign_key", "fk_cases_organisation_id_organisations")
    assert await town.everything() == before


async def test_a_deed_has_at_most_500_changes(town: Town) -> None:
    changes = [town.case() for _ in range(MOST + 1)]

    with pytest.raises(ListTooLong):
        await town.write(*changes)
    assert await town.rows("cases") == []
    assert [len(batch) for batch in batches(changes)] == [500, 1]
    assert len(await town.write(*changes[:MOST])) == 500


async def test_an_empty_deed_writes_nothing(town: Town) -> None:
    assert await town.write() == []


async def test_a_row_keeps_its_id_and_is_changed_once(town: Town) -> None:
    [case] = await town.write(town.case())

    with pytest.raises(TypeError):
        await town.write(Update(Case, case.id, 1, {"id": f"case_{5:032x}"}))
    with pytest.raises(TypeError):
        await town.write(Update(Case, case.id, 1, {"cause": "x"}), Update(Case, case.id, 1, {"cause": "y"}))
    with pytest.raises(TypeError):
        await town.write(town.case(), actor=5)


async def test_a_policy_is_written_like_any_row(town: Town) -> None:
    [written] = await town.write(Insert(Policy, {"kind": "viewer", "name": "admin", "body": "{}"}))

    assert (written.noun, (await town.rows("events"))[0]["type"]) == ("Policy", "CONFIGURATION_APPLIED")


async def test_a_deed_waits_for_its_turn_only_so_long(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "WAIT_SECONDS", 0.01)
    town.ledger._turn = asyncio.Semaphore(0)

    with pytest.raises(Unavailable):
        await town.write(town.case())
    assert await town.rows("cases") == []


async def test_seeded_ids_make_a_repeatable_base(base: Base, model: Model, seal: Seal) -> None:
    numbers = iter(range(100))
    ledger = Ledger(base.engine, base.metadata, model, seal, new_id=lambda: f"{next(numbers):032x}")

    [written] = await ledger.write([Insert(Policy, {"kind": "viewer", "name": "admin", "body": "{}"})], actor="system", now=NOW)

    assert (written.id, written.event) == (f"pol_{0:032x}", f"evt_{1:032x}")


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    ids = [uuid7() for _ in range(1000)]

    assert {(uuid.UUID(id_).version, uuid.UUID(id_).variant) for id_ in ids} == {(7, uuid.RFC_4122)}
    assert len(set(ids)) == 1000
    assert [id_[:12] for id_ in ids] == sorted(id_[:12] for id_ in ids)


async def test_a_deed_given_up_before_its_turn_writes_nothing(town: Town) -> None:
    turn, town.ledger._turn = town.ledger._turn, asyncio.Semaphore(0)
    deed = asyncio.create_task(town.write(town.case()))
    await asyncio.sleep(0.01)

    deed.cancel()
    await asyncio.gather(deed, return_exceptions=True)

    town.ledger._turn = turn
    await town.ledger.settled()
    assert await town.rows("cases") == []


async def test_a_deed_nobody_waits_for_any_more_is_whole_or_nothing(town: Town) -> None:
    for milliseconds in (*range(12), 40, 80):
        id_ = f"case_{milliseconds + 100:032x}"
        deed = asyncio.create_task(town.write(town.case(id=id_), town.party(id_, "张三"), town.referral(id_)))
        await asyncio.sleep(milliseconds / 1000)
        deed.cancel()
        await asyncio.gather(deed, return_exceptions=True)
        await town.ledger.settled()

        counts = [len(await town.rows(table, f"case_id = '{id_}'")) for table in ("parties", "referrals", "events")]
        begun = milliseconds > 0
        assert (len(await town.rows("cases", f"id = '{id_}'")), *counts) in {(0, 0, 0, 0), (1, 1, 1, 3)}
        assert not begun or sum(counts) == 5
    await town.write(town.case())


async def test_a_deed_whose_nth_statement_fails_is_not_half_written(town: Town) -> None:
    """As SQLite tests itself: fail the n-th statement for n = 1, 2, ... until a run has no failure."""
    [case] = await town.write(town.case(title="张三与李四"))
    [party] = await town.write(town.party(case.id, "张三"))
    [referral] = await town.write(town.referral(case.id, note="李四"))
    before = await town.everything()

    for number in range(1, 100):
        try:
            with _failing(town.base, number):
                await town.write(
                    town.case(title="新"),
                    town.party(case.id, "李四"),
                    Update(Party, party.id, 1, {"name": "王五"}),
                    Update(Case, case.id, 1, {"region": f"region_{OTHER_TOWN}"}),
                    town.member(referral.id),
                )
        except Unavailable:
            assert await town.everything() == before
        else:
            break

    assert number > 10
    row = await town.row("cases", case.id)
    assert (row["title"], row["town"], row["version"]) == ("张三与李*", OTHER_TOWN, 2)
    assert len(await town.rows("events")) == len(before["events"]) + 5


class _failing:  # noqa: N801 - reads as the sentence it is in
    """Lets the n-th statement of the base fail, BEGIN and COMMIT included."""

    def __init__(self, base: Base, number: int) -> None:
        self.engine, self.left = base.engine.sync_engine, number

    def __enter__(self) -> None:
        sa.event.listen(self.engine, "before_cursor_execute", self.fail)
        sa.event.listen(self.engine, "commit", self.fail)

    def __exit__(self, *_: object) -> None:
        sa.event.remove(self.engine, "before_cursor_execute", self.fail)
        sa.event.remove(self.engine, "commit", self.fail)

    def fail(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise OSError("the disk is gone")
