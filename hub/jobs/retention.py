"""Retention: what is kept for a time only is removed when that time is over."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import BadConfiguration
from hub.jobs.contract import Routine, Work
from hub.schema.declare import Entity
from hub.schema.receipts import Receipt
from hub.schema.reloads import Reload, ReloadOutcome
from hub.schema.revocations import Revocation
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
    """Remove receipts that are older, as are requests to reload, and revocations of tokens that have all expired."""
    before = work.as_of - dt.timedelta(options.receipts_days)
    receipts = await _removed(work, Receipt, "done_at", before)
    await _removed(work, ReloadOutcome, "told_at", before)
    await _removed(work, Reload, "asked_at", before)
    return {"receipts": receipts, "revocations": await _removed(work, Revocation, "until", work.as_of)}


async def _removed(work: Work, noun: type[Entity], member: str, before: dt.datetime) -> int:
    """The oldest first, 500 a deed: other writers wait for one of them at most."""
    removed = 0
    for _ in range(MOST_DEEDS):
        found = await work.forget(noun, member, before=before)
        removed += found
        if found < MOST:
            break
    return removed


ROUTINE = Routine(
    "保存期限：删除逾期的办理回执和令牌撤销记录 · Retention: receipts nobody can repeat, revocations of expired tokens",
    remove,
    clause="最小范围 · Minimum scope (PIPL art. 6); the days are a local default [D]",
    schedule="daily 03:10",
    options=Options,
)
