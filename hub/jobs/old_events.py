"""Old events: from a time on nobody begins to read the log at them any more; the history of cases stays."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import BadConfiguration
from hub.jobs.contract import Routine, Work
from hub.procedures.retention import pass_over


@dataclass(frozen=True, slots=True)
class Options:
    """For how many days events may be read from, and for how many what a consumer has not acknowledged; 0: always."""

    days: int = 730
    unacknowledged_days: int = 0

    def __post_init__(self) -> None:
        if not 7 <= self.days <= 36_600:
            raise BadConfiguration(reason="job old_events: days is between 7 and 36600")
        if self.unacknowledged_days and not self.days <= self.unacknowledged_days <= 36_600:
            raise BadConfiguration(reason="job old_events: unacknowledged_days is 0, or between days and 36600")


async def leave(work: Work, options: Options) -> Mapping[str, int]:
    """Move the mark of retention. A run that comes again goes on where the last one ended."""
    before = work.as_of - dt.timedelta(options.days)
    hard = options.unacknowledged_days
    at_last = work.as_of - dt.timedelta(hard) if hard else None
    return {"events": await pass_over(work.base, before=before, at_last=at_last, now=work.now)}


ROUTINE = Routine(
    "消息期限：逾期事件不再补发，案件记录照旧 · Retention of news: old events are not replayed, case histories stay",
    leave,
    clause="最小范围 · Minimum scope (PIPL art. 6); the days are a local default [D]",
    schedule="daily 03:20",
    options=Options,
)
