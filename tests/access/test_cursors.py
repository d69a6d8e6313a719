"""Cursors of the log: only what was given, to whom it was given, as long as what it names still is."""

import base64
import dataclasses

import pytest
import sqlalchemy as sa
from tests.conftest import Base
from tests.store.conftest import ledger, town
from tests.store.town import NOW, Town, org

from hub.access.cursors import LENGTH, Cursors, Place, owner_of
from hub.access.viewers import PUBLIC, Scope, Viewer
from hub.errors import BadLogCursor, LostEpoch, ResyncNeeded
from hub.schema.model import Model
from hub.store import epochs
from hub.store.log import BEGINNING, Entry, Log, Position
from hub.store.seal import Keys

__all__ = ["ledger", "town"]


@pytest.fixture
def log(base: Base, model: Model) -> Log:
    return Log(base.engine, base.metadata, model)


@pytest.fixture
def cursors(log: Log, keys: Keys) -> Cursors:
    return Cursors(keys.signing, log, 1)


async def entries_of(town: Town, log: Log) -> list[Entry]:
    await epochs.settle(town.base.engine, town.base.metadata, town.ledger._model, now=NOW)
    for _ in range(3):
        await town.write(town.case())
    return await log.after(BEGINNING)


async def test_a_cursor_is_short_and_says_where_it_was_given(cursors: Cursors, log: Log, town: Town) -> None:
    first, *_ = await entries_of(town, log)

    cursor = cursors.sign(first.position, first.id, org(1))

    assert len(cursor) == LENGTH
    assert await cursors.read(cursor, org(1)) == Place(first.position, first.id)


async def test_whoever_it_was_not_given_to_cannot_use_it(cursors: Cursors, log: Log, town: Town) -> None:
    first, *_ = await entries_of(town, log)
    cursor = cursors.sign(first.position, first.id, org(1))

    with pytest.raises(BadLogCursor):
        await cursors.read(cursor, org(2))
    with pytest.raises(BadLogCursor):
        await Cursors(b"x" * 32, log, 1).read(cursor, org(1))


async def test_a_cursor_of_which_one_bit_is_another_is_refused(cursors: Cursors, log: Log, town: Town) -> None:
    first, *_ = await entries_of(town, log)
    whole = bytearray(base64.urlsafe_b64decode(cursors.sign(first.position, first.id, org(1))))

    for place in range(len(whole)):
        whole[place] ^= 1
        with pytest.raises(BadLogCursor):
            await cursors.read(base64.urlsafe_b64encode(whole).decode(), org(1))
        whole[place] ^= 1


@pytest.mark.parametrize("text", ["", "x", "0" * LENGTH, "é" * LENGTH, "=" * LENGTH, "\n" * LENGTH, "A" * 100_000])
async def test_what_never_was_a_cursor_is_refused(cursors: Cursors, town: Town, text: str) -> None:
    with pytest.raises(BadLogCursor):
        await cursors.read(text, org(1))


async def test_a_cursor_of_an_epoch_that_is_lost_is_refused(cursors: Cursors, log: Log, town: Town, keys: Keys) -> None:
    first, *_ = await entries_of(town, log)
    cursor = cursors.sign(first.position, first.id, org(1))
    later = Cursors(keys.signing, log, 2)

    with pytest.raises(LostEpoch):
        await later.read(cursor, org(1))
    # What was written before can still be read from, by who asks in the new epoch.
    assert await later.read(later.sign(first.position, first.id, org(1)), org(1)) == Place(first.position, first.id)


async def test_a_copy_written_over_the_base_is_told_by_the_event_that_is_missing(
    cursors: Cursors, log: Log, town: Town
) -> None:
    *_, last = await entries_of(town, log)
    cursor = cursors.sign(last.position, last.id, org(1))
    async with town.base.engine.begin() as connection:
        await connection.execute(
            sa.text("UPDATE events SET id = 'evt_ffffffffffffffffffffffffffffffff' WHERE id = :id"), {"id": last.id}
        )

    with pytest.raises(LostEpoch):
        await cursors.read(cursor, org(1))
    with pytest.raises(LostEpoch):
        await cursors.read(cursors.sign(Position(1, 2**40, 2**40), last.id, org(1)), org(1))


async def test_before_the_mark_of_retention_everything_has_to_be_read_anew(
    cursors: Cursors, log: Log, town: Town, model: Model
) -> None:
    first, second, third = await entries_of(town, log)
    given = [cursors.sign(entry.position, entry.id, org(1)) for entry in (first, second, third)]

    await epochs.remove(town.base.engine, town.base.metadata, model, until=second.position, now=NOW)

    with pytest.raises(ResyncNeeded):
        await cursors.read(given[0], org(1))
    assert (await cursors.read(given[1], org(1))).position == second.position
    assert (await cursors.read(given[2], org(1))).position == third.position
    assert await cursors.first() == second.position


def test_an_owner_is_the_one_body_of_a_viewer_or_the_viewer() -> None:
    court = Viewer("court", "court", Scope(courts=("court_1",)))
    both = dataclasses.replace(court, scope=Scope(courts=("court_1",), organisations=("org_1",)))

    assert [owner_of(viewer) for viewer in (court, both, PUBLIC)] == ["court_1", "viewer court", "viewer public"]
