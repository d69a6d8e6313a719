"""Midnight: whatever begins or ends by date becomes an event, and limits whose day has passed are overdue."""

import datetime as dt
from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.dated import mark_validity
from hub.procedures.sweeps import mark_overdue
from hub.rules.values import SHANGHAI


async def pass_over(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Tell of everything since the last run, in order of its day; after an outage one run makes all of it up."""
    del options
    sweep, since = sweep_of(work), work.claim.since or work.as_of - dt.timedelta(1)
    told = await mark_validity(sweep, since.astimezone(SHANGHAI).date(), work.as_of)
    return {**told, "overdue": await mark_overdue(sweep)}


ROUTINE = Routine(
    "零点：按日期生效、失效和逾期的事项成为事件 · Midnight: what begins, ends or falls due by date becomes an event",
    pass_over,
    clause="民事诉讼法第85条 · Civil Procedure Law art. 85: a period ends with its last day",
    schedule="daily 00:01",
)
