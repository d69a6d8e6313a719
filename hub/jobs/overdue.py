"""Overdue: limits whose last day has passed are marked."""

from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.sweeps import mark_overdue


async def mark(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Mark them; what is due today is not overdue yet."""
    del options
    sweep = sweep_of(work)
    return {"overdue": await mark_overdue(sweep)}


ROUTINE = Routine(
    "逾期认定：标记到期日已过的期限 · Overdue: limits whose last day has passed are marked",
    mark,
    clause="民事诉讼法第85条 · Civil Procedure Law art. 85: a period ends with its last day",
    schedule="daily 00:05",
)
