"""Retention: what is kept for a time only is removed when that time is over."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import BadConfiguration
from hub.jobs.contract import Routine, Work
from hub.schema.receipts import Receipt
from hub.store import epochs
from hub.store.ledger import MOST

MOST_DEEDS = 2000
"""Deeds of one run: a million rows. What is left is removed the next night."""


@dataclass(frozen=True, slots=True)
class Options:
    """How many days a repeat of a request is recognised, and events are kept: cases lose their history with them."""

    receipts_days: int = 30
    events_days: int = 0
    """0: for ever."""

    def __post_init__(self) -> None:
        if not 7 <= self.receipts_days <= 3660:
            raise BadConfiguration(reason="job retention: receipts_days is between 7 and 3660")
        if self.events_days and not 30 <= self.events_days <= 36_600:
            raise BadConfiguration(reason="job retention: events_days is 0 (for ever) or between 30 and 36600")


async def remove(work: Work, options: Options) -> Mapping[str, int]:
    """Remove what is older, the oldest first, 500 rows a deed: other writers wait for one of them at most."""
    return {"receipts": await _receipts(work, options), "events": await _events(work, options)}


async def _receipts(work: Work, options: Options) -> int:
    before, removed = work.as_of - dt.timedelta(options.receipts_days), 0
    for _ in range(MOST_DEEDS):
        found = await work.forget(Receipt, "done_at", before=before)
        removed += found
        if found < MOST:
            break
    return removed


async def _events(work: Work, options: Options) -> int:
    """What is left of the log begins later; who has not read what is removed is told so (HUB-611).

    Two processes at it do no harm: the mark never goes back, and what is removed twice is removed once.
    """
    if not options.events_days:
        return 0
    base = work.base
    place = (base.engine, base.metadata, base.model)
    until = await epochs.last_before(*place, work.as_of - dt.timedelta(options.events_days))
    if until is None:
        return 0
    return await epochs.remove(*place, until=".".join(map(str, until)), now=work.now)


ROUTINE = Routine(
    "保存期限：删除逾期的办理回执，设定后亦删除逾期的事件 · Retention: receipts, and events where days are set",
    remove,
    clause="最小范围 · Minimum scope (PIPL art. 6); the days are a local default [D]",
    schedule="daily 03:10",
    options=Options,
)
