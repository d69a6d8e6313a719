"""Retention: what is kept for a time only is removed when that time is over."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import BadConfiguration
from hub.jobs.contract import Routine, Work
from hub.schema.receipts import Receipt
from hub.store.ledger import MOST

MOST_DEEDS = 2000
"""Deeds of one run: a million rows. What is left is removed the next night."""


@dataclass(frozen=True, slots=True)
class Options:
    """How many days a repeat of a request is recognised."""

    receipts_days: int = 30

    def __post_init__(self) -> None:
        if not 7 <= self.receipts_days <= 3660:
            raise BadConfiguration(reason="job retention: receipts_days is between 7 and 3660")


async def remove(work: Work, options: Options) -> Mapping[str, int]:
    """Remove receipts that are older, the oldest first, 500 a deed: other writers wait for one of them at most."""
    before, removed = work.as_of - dt.timedelta(options.receipts_days), 0
    for _ in range(MOST_DEEDS):
        found = await work.forget(Receipt, "done_at", before=before)
        removed += found
        if found < MOST:
            break
    return {"receipts": removed}


ROUTINE = Routine(
    "保存期限：删除逾期的办理回执 · Retention: receipts of requests are removed when nobody can repeat them any more",
    remove,
    clause="最小范围 · Minimum scope (PIPL art. 6); the days are a local default [D]",
    schedule="daily 03:10",
    options=Options,
)
