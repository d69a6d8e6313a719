"""Intake: what an agency sent becomes cases, attachments and register entries; every row is accounted for (R65, R66).

reading = open_delivery(path, exchange, today=today, places=directory.places)
outcome = await apply(base, reading, seal=seal, now=now, actor="system")

received = applied + merged + corrected + unchanged + superseded + quarantined, whatever happens. Sending something
again changes nothing; the order of deliveries does not matter for what is known in the end.
"""

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from hub.connectors.base import Reading
from hub.connectors.records import Bad, CaseRow, Delivery, RegionFlag, Row
from hub.errors import HubError, NoAgreement, Refused, VersionConflict
from hub.exchange_settings import Exchange
from hub.procedures.arrivals import Desk, content_of
from hub.procedures.beginnings import limits_at
from hub.procedures.candidates import propose
from hub.procedures.configuration import Base
from hub.procedures.directory import directory_at
from hub.procedures.drafts import Draft
from hub.procedures.landing import UNKNOWN_TYPE, Lot, plan_rows
from hub.procedures.quarantines import Origin
from hub.procedures.readings import clean
from hub.procedures.rows import organisation_id
from hub.schema.batches import Batch, BatchState
from hub.schema.quarantines import QuarantineReason
from hub.store.base import faults
from hub.store.ledger import MOST, batches
from hub.store.seal import Seal

ROWS = 115
"""Rows that are taken in one deed: a case with two parties and two limits is six changes."""

_ROOM = MOST - 5
_SPARE = 20
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a delivery's rows; `received` is the sum of the rest."""

    batch: str
    received: int = 0
    applied: int = 0
    merged: int = 0
    corrected: int = 0
    unchanged: int = 0
    superseded: int = 0
    quarantined: Mapping[QuarantineReason, int] = field(default_factory=dict)


async def apply(
    base: Base,
    reading: Reading,
    *,
    seal: Seal,
    now: dt.datetime,
    actor: str,
    told: Callable[[int], None] | None = None,
) -> Outcome:
    """Take in a delivery that may be applied; `told` hears how many rows are done.

    NoAgreement (HUB-311) without an agreement in force. A delivery that breaks off keeps what it applied: sent again,
    those rows are unchanged.
    """
    desk = await desk_of(base, reading.context.exchange, seal=seal, now=now, actor=actor)
    intake = _Intake(desk, reading.delivery)
    await intake.begin()
    try:
        async for items in lots(reading.rows(), lambda: intake.fitting):
            await intake.take(items)
            if told is not None:
                told(intake.count)
    except BaseException:
        with suppress(HubError):
            await asyncio.shield(intake.end(BatchState.BROKEN))
        raise
    await intake.end(BatchState.RECEIVED)
    return intake.outcome()


async def desk_of(base: Base, exchange: Exchange, *, seal: Seal, now: dt.datetime, actor: str) -> Desk:
    """Where rows of the agreement are taken in, with the registers and the limits as they are now."""
    if not exchange.in_force:
        raise NoAgreement(record=exchange.record)
    tables, agency = base.metadata.tables, organisation_id(exchange.organisation)
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            directory = await directory_at(connection, tables)
            limits = await limits_at(connection, tables, now)
    return Desk(base, seal, exchange, agency, directory, limits, now, actor)


async def refuse(
    base: Base,
    exchange: Exchange,
    *,
    name: str,
    sha256: str,
    error: HubError,
    seal: Seal,
    now: dt.datetime,
    actor: str,
) -> str:
    """Record that a file was refused as a whole, and why; the id of its batch."""
    desk = await desk_of(base, exchange, seal=seal, now=now, actor=actor)
    intake = _Intake(desk, Delivery(exchange.record, clean(name)[:300], None, None, None, 0, sha256))
    await intake.begin(state=BatchState.REFUSED, refusal=error.code)
    return intake.origin.batch


async def lots(rows: Iterator[Row | Bad], most: Callable[[], int] = lambda: ROWS) -> AsyncIterator[list[Row | Bad]]:
    """The rows in lots of at most so many; the next lot is read while the last one is written.

    One thread reads all of a delivery: a parser that goes on in another thread than it began in ends the process.
    """
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "reading") as thread:

        def ahead() -> asyncio.Future[list[Row | Bad]]:
            count = most()
            return loop.run_in_executor(thread, lambda: list(islice(rows, count)))

        waiting = ahead()
        try:
            while items := await waiting:
                waiting = ahead()
                yield items
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


class _Intake:
    """One delivery on its way in."""

    def __init__(self, desk: Desk, delivery: Delivery) -> None:
        self.desk, self._delivery = desk, delivery
        region = desk.directory.places.of_file(delivery.place) or desk.exchange.default_region
        self.origin = Origin(desk.base.ledger.new_id(Batch), f"region_{region}")
        self.count = 0
        self.fitting = ROWS * 3 // 4
        self._version = 1
        self._sums: Counter[str] = Counter()
        self._reasons: Counter[QuarantineReason] = Counter()

    async def begin(self, *, state: BatchState = BatchState.RECEIVING, refusal: str | None = None) -> None:
        """Write the batch."""
        desk, delivery = self.desk, self._delivery
        values = {
            "id": self.origin.batch,
            "record": desk.exchange.record,
            "organisation": desk.organisation,
            "region": self.origin.region,
            "file": clean(delivery.name)[:300],
            "file_date": delivery.on,
            "sha256": delivery.sha256,
            "received_at": desk.now,
            "received_on": desk.today,
            "state": state,
            "refusal": refusal,
            "announced": delivery.declared,
            **dict.fromkeys(_COUNTS, 0),
        }
        draft = Draft(desk.base)
        draft.insert(Batch, values)
        await self._write(draft)

    async def end(self, state: BatchState) -> None:
        """Write how it ended."""
        draft = Draft(self.desk.base)
        draft.update(Batch, self.origin.batch, self._version, {"state": state})
        await self._write(draft)

    def outcome(self) -> Outcome:
        sums = self._sums
        return Outcome(
            self.origin.batch,
            received=sums["received"],
            applied=sums["applied"],
            merged=sums["merged"],
            corrected=sums["corrected"],
            unchanged=sums["unchanged"],
            superseded=sums["superseded"],
            quarantined=dict(self._reasons),
        )

    async def take(self, items: Sequence[Row | Bad]) -> None:
        """Take in some rows in one deed, or in several where one would be too large."""
        for attempt in range(_TRIES):
            try:
                lot = await self._plan(items)
                if len(lot.draft) > _ROOM and len(items) > 1:
                    break
                await self._commit(lot)
                return
            except (VersionConflict, Refused):
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
        half = len(items) // 2
        await self.take(items[:half])
        await self.take(items[half:])

    async def _commit(self, lot: Lot) -> None:
        counts = _counted(lot)
        sums = self._sums + counts
        lot.draft.update(Batch, self.origin.batch, self._version, {name: sums[name] for name in _COUNTS}, event=None)
        await self._write(lot.draft)
        self._sums = sums
        self._reasons.update(bad.reason for bad in lot.arrivals.bad)
        self.count += len(lot.arrivals.fates)
        # As many rows as fit into one deed, by what the last ones took: a lot that does not fit is planned in vain.
        self.fitting = max(1, min(ROWS, len(lot.arrivals.fates) * (_ROOM - _SPARE) // len(lot.draft)))
        await self._propose(lot)

    async def _propose(self, lot: Lot) -> None:
        """Candidates for the cases that nothing links by itself; they are a help, and a deed of their own."""
        alone = [each.opened for each in lot.arrivals.changed.values() if each.opened and not each.links]
        desk = self.desk
        draft = Draft(desk.base)
        with faults(desk.base.metadata):
            async with desk.base.engine.connect() as connection:
                await propose(desk, connection, draft, alone)
        try:
            await self._write(draft)
        except Refused:
            # Another intake has proposed the same pair.
            return

    async def _write(self, draft: Draft) -> None:
        desk = self.desk
        for changes in batches(draft.changes()):
            await desk.base.ledger.write(changes, actor=desk.actor, now=desk.now, organisation=desk.organisation)
        if self.origin.batch in draft.updates:
            self._version += 1

    async def _plan(self, items: Sequence[Row | Bad]) -> Lot:
        with faults(self.desk.base.metadata):
            async with self.desk.base.engine.connect() as connection:
                return await plan_rows(self.desk, connection, items, self.origin)


_COUNTS = (
    *("received", "applied", "merged", "corrected", "unchanged", "superseded", "quarantined"),
    *("unknown_types", "default_regions"),
)


def _counted(lot: Lot) -> Counter[str]:
    counts: Counter[str] = Counter(fate.name.lower() for fate in lot.arrivals.fates)
    counts["received"] = len(lot.arrivals.fates)
    for record in lot.arrivals.changed.values():
        content = content_of(record)
        if isinstance(content, CaseRow):
            counts["unknown_types"] += content.dispute_type == UNKNOWN_TYPE
            counts["default_regions"] += content.region_flag is RegionFlag.DEFAULT
    return counts
