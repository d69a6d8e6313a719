"""Streams: replay and then live without a gap, each event authorised as of now, identical ones served once."""

import asyncio
import dataclasses
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from tests.conftest import Base as Opened
from tests.live.test_follower import until
from tests.store.town import DISTRICT, NOW, OTHER_TOWN, TOWN, Town, org

from hub.access.cursors import Cursors, Place
from hub.access.reach import Filter
from hub.access.viewers import Scope, Viewer
from hub.errors import (
    BadLogCursor,
    BadText,
    BadToken,
    ConsumerNameTaken,
    ConsumerRewound,
    ConsumerTaken,
    HubError,
    LiveError,
    NoSuchRow,
    OwnerNeeded,
    ResyncNeeded,
    TooManyConsumers,
    Unavailable,
)
from hub.live import groups
from hub.live.evidence import Evidence
from hub.live.follower import Follower
from hub.live.readers import Reader
from hub.live.streams import Operation, Streams
from hub.procedures import acknowledging, consumers, terms
from hub.procedures.configuration import Base
from hub.schema.cases import Case
from hub.schema.consumers import Way
from hub.schema.model import Model
from hub.store import epochs
from hub.store.changes import Update
from hub.store.ledger import Ledger
from hub.store.log import BEGINNING, Entry
from hub.store.seal import Keys, Seal

AGENCY = Viewer("agency", "agency", Scope(organisations=(org(1),)), subject="a")
FOREIGN = Viewer("foreign", "agency", Scope(organisations=(org(3),)), subject="f")
POST = Viewer("district", "dispatch", Scope(district=(DISTRICT,)), subject="d")


@dataclass(frozen=True)
class Ended:
    error: HubError


@dataclass
class Maker:
    """Makes a frame of an event: its id and its cursor."""

    cursors: Cursors
    calls: list[list[str]] = field(default_factory=list)
    failing: list[Exception] = field(default_factory=list)

    async def __call__(self, viewer: Viewer, owner: str, entries: Sequence[Entry]) -> list[tuple[str, str]]:
        del viewer
        if self.failing:
            raise self.failing.pop(0)
        await asyncio.sleep(0)
        self.calls.append([entry.id for entry in entries])
        return [(entry.id, self.cursors.sign(entry.position, entry.id, owner)) for entry in entries]


class Client:
    """A transport that reads everything at once, unless it stopped reading."""

    def __init__(self, reader: Reader, *, reads: bool = True) -> None:
        self.reader, self.frames, self.ended, self.reads = reader, list[tuple[str, str]](), list[HubError](), reads
        reader.attend(self.ready)
        self.ready()

    @property
    def ids(self) -> list[str]:
        return [id_ for id_, _ in self.frames]

    def ready(self) -> None:
        while self.reads and not self.ended and (found := self.reader.pull()) is not None:
            if isinstance(found, Ended):
                self.ended.append(found.error)
            else:
                self.frames.append(found)


@dataclass
class Hub:
    """What one process has of it."""

    base: Base
    streams: Streams
    follower: Follower
    maker: Maker
    viewers: dict[str, Viewer]

    def operation(self, asked: str = "q", **wanted: Any) -> Operation:
        return Operation(asked, self.maker, Filter(**wanted), Way.WEBSOCKET)

    async def client(self, viewer: Viewer, asked: str = "q", reads: bool = True, **options: Any) -> Client:
        wanted = options.pop("wanted", {})
        return Client(await self.streams.open(viewer, self.operation(asked, **wanted), **options), reads=reads)

    async def consumer(self, viewer: Viewer = AGENCY, name: str = "outbox", **options: Any) -> str:
        start = options.pop("start", Place(self.follower.newest, ""))
        return await consumers.create_consumer(self.base, viewer, name, start=start, now=NOW, **options)

    async def ack(self, viewer: Viewer, consumer: str, cursor: str) -> Any:
        return await acknowledging.ack_events(self.base, viewer, consumer, cursor, cursors=self.streams.cursors, now=NOW)


def hub_of(opened: Opened, model: Model, ledger: Ledger, follower: Follower, keys: Keys) -> Hub:
    base = Base(opened.engine, opened.metadata, model, ledger)
    cursors = Cursors(keys.signing, follower.log, 1)
    viewers = {viewer.name: viewer for viewer in (AGENCY, FOREIGN, POST)}
    evidence = Evidence(ledger, lambda: NOW)
    streams = Streams(base, follower, cursors, evidence=evidence, now=lambda: NOW, current=viewers.get, ended=Ended)
    return Hub(base, streams, follower, Maker(cursors), viewers)


@pytest_asyncio.fixture
async def hub(base: Opened, model: Model, ledger: Ledger, follower: Follower, keys: Keys, town: Town) -> AsyncIterator[Hub]:
    await epochs.settle(base.engine, base.metadata, model, now=NOW)
    hub = hub_of(base, model, ledger, follower, keys)
    yield hub
    hub.streams.close()
    await hub.streams.evidence.close()
    assert hub.streams.groups == {}


async def test_a_stream_is_given_what_is_committed_from_now_on(hub: Hub, town: Town) -> None:
    await town.write(town.case())
    await until(lambda: hub.follower.newest.seq >= 1)
    client = await hub.client(AGENCY)

    written = await town.write(town.case(), town.case())

    await until(lambda: len(client.ids) == 2)
    assert client.ids == [each.event for each in written]


async def test_a_stream_replays_from_its_cursor_and_goes_on_live(hub: Hub, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pieces of two events: between any two of them something is committed."""
    monkeypatch.setattr(groups, "REPLAYED", 2)
    for _ in range(6):
        await town.write(town.case())
    before = await hub.follower.log.after(BEGINNING)
    cursor = hub.streams.cursors.sign(before[0].position, before[0].id, org(1))

    client = await hub.client(AGENCY, after=cursor)
    for _ in range(6):
        await town.write(town.case())

    await until(lambda: len(client.ids) >= 11)
    every = await hub.follower.log.after(BEGINNING)
    assert client.ids == [entry.id for entry in every[1:]]
    again = await hub.client(AGENCY, after=client.frames[3][1])
    await until(lambda: len(again.ids) >= 7)
    assert again.ids == client.ids[4:]


async def test_a_process_that_has_not_read_so_far_gives_nothing_from_before_the_cursor(
    hub: Hub, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen on a loaded machine: a cursor that another process gave is ahead of this one's follower."""
    behind, read_on = asyncio.Event(), hub.follower._read_on
    # It has begun, and reads nothing at the moment.
    await town.write(town.case())
    await until(lambda: hub.follower.newest > BEGINNING)

    async def slow() -> None:
        await behind.wait()
        await read_on()

    monkeypatch.setattr(hub.follower, "_read_on", slow)
    first, second = await town.write(town.case(), town.case())
    seen, _ = await hub.follower.log.after(hub.follower.newest)
    client = await hub.client(AGENCY, after=hub.streams.cursors.sign(seen.position, seen.id, org(1)))
    assert (seen.id, client.reader.position > hub.follower.newest) == (first.event, True)

    behind.set()
    [later] = await town.write(town.case())

    await until(lambda: len(client.ids) >= 2)
    assert client.ids == [second.event, later.event]


async def test_each_event_is_told_to_those_whom_it_concerns_before_or_after(hub: Hub, town: Town) -> None:
    agency, foreign, post = [await hub.client(viewer) for viewer in (AGENCY, FOREIGN, POST)]
    [case] = await town.write(town.case())
    [other] = await town.write(town.case(region=f"region_{OTHER_TOWN}", organisation=org(3)))
    [moved] = await town.write(Update(Case, case.id, 1, {"region": f"region_{OTHER_TOWN}"}))
    [gone] = await town.write(Update(Case, case.id, 2, {"cause": "另一区"}))

    await until(lambda: len(agency.ids) == 3)
    await until(lambda: len(post.ids) == 2 and len(foreign.ids) == 1)

    assert agency.ids == [case.event, moved.event, gone.event]
    assert post.ids == [case.event, moved.event]
    assert foreign.ids == [other.event]


async def test_a_filter_lets_through_what_it_names(hub: Hub, town: Town) -> None:
    [case] = await town.write(town.case())
    await until(lambda: hub.follower.newest > BEGINNING)
    types = await hub.client(AGENCY, wanted={"types": frozenset({"PARTY_ADDED"})})
    one = await hub.client(AGENCY, wanted={"case": case.id})
    region = await hub.client(AGENCY, wanted={"region": TOWN})
    elsewhere = await hub.client(AGENCY, wanted={"region": OTHER_TOWN})

    await town.write(town.case())
    [party] = await town.write(town.party(case.id, "张三"))

    await until(lambda: len(region.ids) == 2 and types.ids == one.ids == [party.event])
    assert elsewhere.ids == []


async def test_identical_streams_are_one_execution_and_one_frame(hub: Hub, town: Town) -> None:
    clients = [await hub.client(AGENCY) for _ in range(50)]
    others = [await hub.client(AGENCY, asked="another") for _ in range(2)]
    assert len(hub.streams.groups) == 2

    for _ in range(3):
        await town.write(town.case())
    await until(lambda: all(len(client.ids) == 3 for client in (*clients, *others)))

    assert sum(len(call) for call in hub.maker.calls) == 6
    assert all(one is other for client in clients for one, other in zip(client.frames, clients[0].frames, strict=True))


async def test_those_who_resume_at_one_place_share_its_replay(hub: Hub, town: Town) -> None:
    for _ in range(5):
        await town.write(town.case())
    await until(lambda: hub.follower.newest.seq >= 5)
    first, *_ = await hub.follower.log.after(BEGINNING)
    cursor = hub.streams.cursors.sign(first.position, first.id, org(1))

    clients = [await hub.client(AGENCY, after=cursor) for _ in range(20)]

    await until(lambda: all(len(client.ids) == 4 for client in clients))
    assert hub.maker.calls == [clients[0].ids]


async def test_who_does_not_read_harms_nobody_and_misses_nothing(hub: Hub, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "KEPT", 4)
    stalled = await hub.client(AGENCY, reads=False)
    client = await hub.client(AGENCY)
    for _ in range(12):
        await town.write(town.case())
    await until(lambda: len(client.ids) == 12)
    [group] = hub.streams.groups.values()
    assert len(group._shown) == 4

    stalled.reads = True
    stalled.ready()

    await until(lambda: len(stalled.ids) == 12)
    assert stalled.ids == client.ids


async def test_a_viewer_who_is_narrowed_or_revoked_sees_no_further(hub: Hub, town: Town) -> None:
    narrowed, revoked = await hub.client(AGENCY), await hub.client(POST)
    await town.write(town.case())
    await until(lambda: len(narrowed.ids) == len(revoked.ids) == 1)

    hub.viewers["agency"] = dataclasses.replace(AGENCY, scope=Scope(organisations=(org(2),)))
    del hub.viewers["district"]
    [case] = await town.write(town.case())
    [sent] = await town.write(town.case(organisation=org(2)))

    await until(lambda: bool(revoked.ended) and len(narrowed.ids) == 2)
    assert isinstance(revoked.ended[0], BadToken)
    assert (len(revoked.ids), narrowed.ids[1]) == (1, sent.event)
    assert case.event not in narrowed.ids


async def test_who_is_revoked_while_its_stream_opens_is_given_nothing(hub: Hub, town: Town) -> None:
    opening = await hub.streams.open(AGENCY, hub.operation(), after=None)
    del hub.viewers["agency"]

    client = Client(opening)
    await town.write(town.case())
    await asyncio.sleep(0.2)

    assert (client.ids, [type(error) for error in client.ended]) == ([], [BadToken])


async def test_who_is_of_another_body_by_now_reads_no_consumer_of_the_old_one(hub: Hub, town: Town) -> None:
    client, other = await hub.client(AGENCY, consumer=await hub.consumer()), await hub.client(AGENCY)
    hub.viewers["agency"] = dataclasses.replace(AGENCY, scope=Scope(organisations=(org(2),)))

    hub.streams.revise()
    [sent] = await town.write(town.case(organisation=org(2)))

    await until(lambda: other.ids == [sent.event])
    assert (client.ids, [type(error) for error in client.ended]) == ([], [NoSuchRow])


async def test_what_was_made_for_a_viewer_is_not_given_to_what_it_is_by_now(hub: Hub, town: Town) -> None:
    """A slow client has frames before it that it never pulled: they are made anew, for the scope that is left."""
    slow = await hub.client(AGENCY, reads=False)
    mine, others = await town.write(town.case(), town.case(organisation=org(2)))
    await until(lambda: len(hub.maker.calls) == 1)
    hub.viewers["agency"] = dataclasses.replace(AGENCY, scope=Scope(organisations=(org(2),)))

    hub.streams.revise()
    slow.reads = True
    slow.ready()

    await until(lambda: slow.ids == [others.event])
    assert mine.event not in slow.ids


async def test_a_frame_that_cannot_be_made_ends_its_group_only(hub: Hub, town: Town) -> None:
    broken, waiting = await hub.client(AGENCY, asked="broken"), await hub.client(POST)
    hub.maker.failing.append(Unavailable())
    await town.write(town.case())
    await until(lambda: len(waiting.ids) == len(broken.ids) == 1)

    failing = Maker(hub.streams.cursors, failing=[ZeroDivisionError()])
    doomed = Client(await hub.streams.open(AGENCY, Operation("doomed", failing, Filter(), Way.SSE)))
    await town.write(town.case())

    await until(lambda: bool(doomed.ended) and len(waiting.ids) == len(broken.ids) == 2)
    assert type(doomed.ended[0]) is LiveError


async def test_a_consumer_goes_on_from_what_it_acknowledged(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer()
    written = [(await town.write(town.case()))[0].event for _ in range(5)]
    client = await hub.client(AGENCY, consumer=consumer)
    await until(lambda: len(client.ids) == 5)
    assert client.ids == written

    await hub.ack(AGENCY, consumer, client.frames[2][1])
    assert await hub.ack(AGENCY, consumer, client.frames[0][1]) == await hub.ack(AGENCY, consumer, client.frames[2][1])
    client.reader.close()

    # Clients send their first cursor again: what is acknowledged is later.
    again = await hub.client(AGENCY, consumer=consumer, after=client.frames[0][1])
    await until(lambda: len(again.ids) == 2)
    assert again.ids == written[3:]


async def test_the_newest_stream_has_the_consumer(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer()
    older = await hub.client(AGENCY, consumer=consumer)
    newer = await hub.client(AGENCY, consumer=consumer)

    await town.write(town.case())

    await until(lambda: len(newer.ids) == 1)
    assert [type(error) for error in older.ended] == [ConsumerTaken]
    assert (older.ids, newer.ended, hub.streams.consumers) == ([], [], 1)


async def test_a_stream_that_cannot_be_opened_ends_nobodys(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer()
    client = await hub.client(AGENCY, consumer=consumer)

    with pytest.raises(BadLogCursor):
        await hub.client(AGENCY, consumer=consumer, after="x")

    [case] = await town.write(town.case())
    await until(lambda: client.ids == [case.event])
    assert client.ended == []


async def test_a_stream_of_another_process_takes_the_consumer(
    hub: Hub, base: Opened, model: Model, keys: Keys, seal: Seal, town: Town
) -> None:
    """Another follower and ledger over the same base: they meet in the log only."""
    from hub.store.base import doorbell_of  # noqa: PLC0415
    from hub.store.log import Log  # noqa: PLC0415

    consumer = await hub.consumer()
    older = await hub.client(AGENCY, consumer=consumer)
    follower = Follower(Log(base.engine, base.metadata, model), doorbell_of(base.url))
    await follower.start()
    running = asyncio.create_task(follower.run())
    other = hub_of(base, model, Ledger(base.engine, base.metadata, model, seal), follower, keys)

    newer = await other.client(AGENCY, consumer=consumer)
    await until(lambda: bool(older.ended))
    [case] = await town.write(town.case())

    await until(lambda: newer.ids == [case.event])
    assert [type(error) for error in older.ended] == [ConsumerTaken]
    assert newer.ended == []
    other.streams.close()
    await other.streams.evidence.close()
    running.cancel()


async def test_rewinding_ends_the_stream_and_reads_again(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer()
    await town.write(town.case(), town.case(), town.case())
    client = await hub.client(AGENCY, consumer=consumer)
    await until(lambda: len(client.ids) == 3)
    await hub.ack(AGENCY, consumer, client.frames[2][1])

    def rewind(cursor: str | None) -> Any:
        return acknowledging.rewind_consumer(hub.base, AGENCY, consumer, cursor, cursors=hub.streams.cursors, now=NOW)

    await rewind(client.frames[0][1])

    await until(lambda: bool(client.ended))
    assert [type(error) for error in client.ended] == [ConsumerRewound]
    again = await hub.client(AGENCY, consumer=consumer)
    await until(lambda: again.ids == client.ids[1:])
    with pytest.raises(BadLogCursor):
        await rewind(client.frames[2][1])
    await rewind(None)
    whole = await hub.client(AGENCY, consumer=consumer)
    await until(lambda: whole.ids == client.ids)
    told = await town.rows("acknowledgements")
    assert [row["rewound"] for row in told] == [False, True, True]


async def test_a_deleted_consumer_ends_and_its_name_is_free(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer()
    client = await hub.client(AGENCY, consumer=consumer)

    await terms.delete_consumer(hub.base, AGENCY, consumer, now=NOW)

    await until(lambda: bool(client.ended))
    with pytest.raises(NoSuchRow):
        await hub.client(AGENCY, consumer=consumer)
    assert await hub.consumer() != consumer


async def test_a_consumer_is_its_owners_alone(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer()
    await town.write(town.case())
    client = await hub.client(AGENCY, consumer=consumer)
    await until(lambda: len(client.ids) == 1)

    for deed in (
        hub.client(FOREIGN, consumer=consumer),
        hub.ack(FOREIGN, consumer, client.frames[0][1]),
        terms.delete_consumer(hub.base, FOREIGN, consumer, now=NOW),
        hub.streams.pending(FOREIGN, consumer, 1),
    ):
        with pytest.raises(NoSuchRow):
            await deed
    with pytest.raises(BadLogCursor):
        await hub.client(FOREIGN, after=client.frames[0][1])
    assert client.ended == []


async def test_what_a_consumer_may_not_be_is_refused(hub: Hub, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    [case] = await town.write(town.case(organisation=org(2)))
    monkeypatch.setattr(consumers, "MOST_CONSUMERS", 2)
    await hub.consumer()
    for options, error in [
        ({}, ConsumerNameTaken),
        ({"name": ""}, BadText),
        ({"name": " a"}, BadText),
        ({"name": "a" * 65}, BadText),
        ({"name": "a\x00b"}, BadText),
        ({"name": "b", "wanted": Filter(types=frozenset({"NEVER"}))}, BadText),
        ({"name": "b", "wanted": Filter(case=case.id)}, NoSuchRow),
        ({"name": "b", "wanted": Filter(region="999999")}, NoSuchRow),
        ({"name": "b", "owner": org(2)}, OwnerNeeded),
        ({"viewer": POST}, OwnerNeeded),
    ]:
        with pytest.raises(error):
            await hub.consumer(**options)  # type: ignore[arg-type]
    await hub.consumer(name="b", wanted=Filter(region=TOWN, types=frozenset({"CASE_REGISTERED"})))
    with pytest.raises(TooManyConsumers):
        await hub.consumer(name="c")
    assert len(await town.rows("consumers")) == 2


async def test_a_consumers_own_filter_counts_too(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer(wanted=Filter(types=frozenset({"PARTY_ADDED"})))
    client = await hub.client(AGENCY, consumer=consumer, wanted={"region": TOWN})
    [case] = await town.write(town.case())
    [party] = await town.write(town.party(case.id, "张三"))

    await until(lambda: client.ids == [party.event])


async def test_a_plain_question_is_given_what_is_not_acknowledged(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer()
    written = [(await town.write(town.case()))[0].event for _ in range(4)]
    await until(lambda: hub.follower.newest.seq >= 5)

    owner, found = await hub.streams.pending(AGENCY, consumer, 3)
    assert owner == org(1)
    assert [entry.id for entry in found] == written[:3]
    await hub.ack(AGENCY, consumer, hub.streams.cursors.sign(found[1].position, found[1].id, org(1)))

    assert [entry.id for entry in (await hub.streams.pending(AGENCY, consumer, 10))[1]] == written[2:]


async def test_a_consumer_from_before_retention_has_to_read_everything_anew(
    hub: Hub, base: Opened, town: Town, model: Model
) -> None:
    consumer = await hub.consumer(start=Place(BEGINNING, ""))
    await town.write(town.case())
    await town.write(town.case())
    entries = await hub.follower.log.after(BEGINNING)
    await epochs.remove(base.engine, base.metadata, model, until=entries[1].position, now=NOW)

    for asked in (hub.client(AGENCY, consumer=consumer), hub.streams.pending(AGENCY, consumer, 10)):
        with pytest.raises(ResyncNeeded):
            await asked
    await rewind(hub, consumer)
    await until(lambda: hub.follower.newest > entries[1].position)
    [case] = await town.write(town.case())
    again = await hub.client(AGENCY, consumer=consumer)
    await until(lambda: again.ids == [entries[2].id, case.event])


async def test_a_consumer_of_whose_events_none_is_left_is_told_so_too(hub: Hub, base: Opened, town: Town, model: Model) -> None:
    """An answer of nothing would say that there was nothing."""
    consumer = await hub.consumer(start=Place(BEGINNING, ""))
    await town.write(town.case())
    newest = await hub.follower.log.newest()
    await until(lambda: hub.follower.newest >= newest)
    await epochs.remove(base.engine, base.metadata, model, until=newest, now=NOW)

    for asked in (hub.client(AGENCY, consumer=consumer), hub.streams.pending(AGENCY, consumer, 10)):
        with pytest.raises(ResyncNeeded):
            await asked
    hub.follower._forget(newest)
    with pytest.raises(ResyncNeeded):
        await hub.follower.after(BEGINNING)


async def rewind(hub: Hub, consumer: str, cursor: str | None = None) -> Any:
    cursors = hub.streams.cursors
    return await acknowledging.rewind_consumer(hub.base, AGENCY, consumer, cursor, cursors=cursors, now=NOW)


async def test_what_was_given_to_whom_is_on_record_as_ranges(hub: Hub, town: Town) -> None:
    consumer = await hub.consumer()
    client = await hub.client(AGENCY, consumer=consumer)
    watchers = [await hub.client(POST) for _ in range(3)]
    for _ in range(4):
        await town.write(town.case())
    await until(lambda: all(len(each.ids) == 4 for each in (client, *watchers)))

    await hub.streams.evidence.flush()

    rows = {row["consumer_id"]: row for row in await town.rows("deliveries")}
    assert len(rows) == len(await town.rows("deliveries")) == 2
    for row, readers, owner in ((rows[consumer], 1, org(1)), (rows[None], 3, None)):
        assert (row["events"], row["readers"], row["owner_id"], row["way"]) == (4, readers, owner, "WEBSOCKET")
        assert (row["first_event"], row["last_event"]) == (client.ids[0], client.ids[-1])
        assert row["digest"] == hashlib.sha256("".join(f"{id_}\n" for id_ in client.ids).encode()).hexdigest()


async def test_evidence_is_written_within_about_a_second_and_then_nothing_is(hub: Hub, town: Town) -> None:
    client = await hub.client(POST)
    await town.write(town.case())
    await until(lambda: len(client.ids) == 1)

    for _ in range(100):
        if await town.rows("deliveries"):
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError("no evidence")
    assert hub.streams.evidence._timer is None


async def test_evidence_that_cannot_be_written_is_kept(hub: Hub, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await hub.client(POST)
    await town.write(town.case())
    await until(lambda: len(client.ids) == 1)
    write = hub.base.ledger.write

    async def failing(*_: Any, **__: Any) -> Any:
        raise Unavailable

    monkeypatch.setattr(hub.base.ledger, "write", failing)
    with pytest.raises(Unavailable):
        await hub.streams.evidence.flush()
    monkeypatch.setattr(hub.base.ledger, "write", write)

    await hub.streams.evidence.flush()

    assert [row["events"] for row in await town.rows("deliveries")] == [1]
