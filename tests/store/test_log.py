"""The log: nothing is missed by who reads on, and the events of a case keep their order."""

import asyncio
import random
from collections import defaultdict
from itertools import cycle
from typing import Any

import pytest
import sqlalchemy as sa
from tests.conftest import Base
from tests.store.town import NOW, Town, org

from hub.errors import VersionConflict
from hub.schema.cases import Case
from hub.schema.model import Model
from hub.store.changes import Update, Written
from hub.store.ledger import Ledger
from hub.store.log import BEGINNING, Entry, Log, Position
from hub.store.seal import Seal
from hub.store.writing import Writing

WRITERS, ROUNDS = 8, 12


@pytest.fixture
def log(base: Base, model: Model) -> Log:
    return Log(base.engine, base.metadata, model)


async def test_an_empty_log_has_no_newest_event(log: Log, town: Town) -> None:
    assert await log.newest() == BEGINNING
    assert await log.after(BEGINNING) == []


async def test_events_are_read_in_the_order_they_were_written(log: Log, town: Town) -> None:
    [case] = await town.write(town.case())
    written = await town.write(town.party(case.id, "张三"), town.mode(case.id), town.referral(case.id))

    entries = await log.after(BEGINNING)

    assert [entry.id for entry in entries] == [case.event, *(each.event for each in written)]
    assert [entry.type for entry in entries] == ["CASE_REGISTERED", "PARTY_ADDED", "MODE_STARTED", "REFERRAL_ISSUED"]
    assert [entry.subject for entry in entries] == [case.id, *(each.id for each in written)]
    assert {entry.case for entry in entries} == {case.id}
    assert [entry.position for entry in entries] == sorted(entry.position for entry in entries)
    assert await log.newest() == entries[-1].position
    assert entries[0].routing_before is None
    assert entries[1].routing_before == entries[1].routing_after == entries[0].routing_after


async def test_the_tail_reads_on_when_the_server_ended_its_connection(log: Log, base: Base, town: Town) -> None:
    """What is kept may be gone: it is noticed, replaced and in the end given back."""
    tail = log.tail()
    [case] = await town.write(town.case())
    assert [entry.id for entry in await tail.after(BEGINNING)] == [case.event]
    if base.engine.dialect.name == "postgresql":
        async with base.engine.connect() as connection:
            ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            assert await connection.scalar(sa.text(f"{ended} AND datname = current_database()"))

    [other] = await town.write(town.case())

    assert [entry.id for entry in await tail.after(BEGINNING)] == [case.event, other.event]
    await tail.close()
    pool: Any = base.engine.pool
    assert pool.checkedout() == 0


async def test_reading_on_from_any_position_misses_nothing(log: Log, town: Town) -> None:
    for _ in range(3):
        await town.write(town.case(), town.case())
    entries = await log.after(BEGINNING)

    for number, entry in enumerate(entries):
        assert await log.after(entry.position) == entries[number + 1 :]
    assert await log.after(entries[1].position, most=2) == entries[2:4]


async def test_positions_of_another_epoch_are_before_or_after_all_of_this_one(log: Log, town: Town) -> None:
    await town.write(town.case())

    assert len(await log.after(Position(0, 10**9, 10**9))) == 1
    assert await log.after(Position(2, 0, 0)) == []


async def test_to_read_on_looks_at_nothing_that_was_read(log: Log, base: Base, town: Town, database: str) -> None:
    """The index leads to the position: whatever stands before it in the same epoch costs nothing."""
    await town.write(town.case())
    names = {"after_epoch": 1, "after_xid": 1, "after_seq": 1, "most": 500}
    async with base.engine.connect() as connection:
        if database == "postgresql":
            await connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        compiled = log._later.compile(dialect=base.engine.dialect)
        values = tuple(names.get(name, compiled.params.get(name)) for name in compiled.positiontup or ())
        explain = "EXPLAIN" if database == "postgresql" else "EXPLAIN QUERY PLAN"
        rows = (await connection.exec_driver_sql(f"{explain} {compiled}", values)).all()

    found = "\n".join(str(part) for row in rows for part in row)

    expected = "> ROW(" if database == "postgresql" else "SEARCH events USING INTEGER PRIMARY KEY (rowid>?)"
    assert expected in found


async def test_what_an_open_transaction_could_precede_waits_for_it(log: Log, town: Town, database: str) -> None:
    if database == "sqlite":
        pytest.skip("SQLite has one writer")
    async with town.base.engine.begin() as slow:
        await slow.execute(sa.text("SELECT pg_current_xact_id()"))
        [case] = await town.write(town.case())

        assert await log.after(BEGINNING) == []
        assert await log.newest() == BEGINNING

    assert [entry.id for entry in await log.after(BEGINNING)] == [case.event]


async def test_eight_writers_and_a_reader_miss_nothing(log: Log, town: Town, model: Model, seal: Seal) -> None:
    """Seen with a reader that trusts numbers alone: 41 % of the events missed."""
    cases = [written.id for written in await town.write(*(town.case() for _ in range(4)))]
    start = await log.newest()
    done = asyncio.Event()
    seen: list[Entry] = []
    reader = asyncio.create_task(_follow(log, start, seen, done))

    deeds = await asyncio.gather(*(_writer(town, model, seal, cases, number) for number in range(WRITERS)))
    written = [each for done_by_one in deeds for each in done_by_one]
    done.set()
    await reader

    assert sorted(entry.id for entry in seen) == sorted(each.event or "" for each in written)
    assert len(written) == WRITERS * ROUNDS * 2
    versions = {each.event: each.version for each in written if each.noun == "Case"}
    by_case = defaultdict(list)
    for entry in seen:
        by_case[entry.case].append(entry)
    assert set(by_case) == set(cases)
    for entries in by_case.values():
        told = [versions[entry.id] for entry in entries if entry.id in versions]
        assert told == list(range(2, len(told) + 2))


async def test_what_a_case_tells_follows_from_what_it_told_before(log: Log, town: Town, model: Model, seal: Seal) -> None:
    """Without the lock on the case, two deeds at once would each read what the other is about to change."""
    [case] = await town.write(town.case(title="张三、李四、王五、赵六、钱七、孙八、周九、吴十来访"))
    names = ("张三", "李四", "王五", "赵六", "钱七", "孙八", "周九", "吴十")
    ledgers = [Uneven(town.base.engine, town.base.metadata, model, seal) for _ in names]

    await asyncio.gather(
        *(
            ledger.write(
                [town.party(case.id, name), town.source(case.id, organisation=org(number % 3 + 1))], actor="intake", now=NOW
            )
            for number, (ledger, name) in enumerate(zip(ledgers, names, strict=True))
        )
    )

    assert (await town.row("cases", case.id))["title"] == "张*、李*、王*、赵*、钱*、孙*、周*、吴*来访"
    deeds = (await log.after(BEGINNING))[1::2]
    known = [(deed.routing_before, deed.routing_after) for deed in deeds]
    assert len(known) == len(names)
    assert [before for before, _ in known[1:]] == [after for _, after in known[:-1]]


async def _follow(log: Log, position: Position, seen: list[Entry], done: asyncio.Event) -> None:
    while True:
        last = done.is_set()
        for entry in await log.after(position, most=50):
            seen.append(entry)
            position = entry.position
        if last and position == await log.newest():
            return
        await asyncio.sleep(0.003)


async def _writer(town: Town, model: Model, seal: Seal, cases: list[str], number: int) -> list[Written]:
    """Changes cases that others change as well, like a process of its own."""
    rng = random.Random(number)  # noqa: S311 - repeatable, not secret
    ledger = Uneven(town.base.engine, town.base.metadata, model, seal)
    done: list[Written] = []
    while len(done) < ROUNDS * 2:
        case = rng.choice(cases)
        version = (await town.row("cases", case))["version"]
        change = Update(Case, case, version, {"cause": f"{number}"})
        try:
            done += await ledger.write([change, town.mode(case)], actor="intake", now=NOW)
        except VersionConflict:
            continue
    return done


_UNEVEN = cycle((0, 0.05, 0.01, 0, 0.02))


class Slowly(Writing):
    """Some deeds take long between their events and their commit."""

    def _events(self, connection: sa.Connection, *deed: Any) -> list[str | None]:
        events = super()._events(connection, *deed)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_sleep({next(_UNEVEN)})")
        return events


class Uneven(Ledger):
    """Whose deeds commit in another order than they began."""

    writing = Slowly
