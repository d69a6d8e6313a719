"""Bulletin: on the first of each month what is red or listed is named."""

import datetime as dt
from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.bulletins import issue_bulletin
from hub.rules.values import SHANGHAI


async def issue(work: Work, options: NoOptions) -> Mapping[str, int]:
    """The bulletin of the month before the period; a missed month is made up."""
    del options
    after = work.as_of.astimezone(SHANGHAI).date().replace(day=1)
    first = (after - dt.timedelta(1)).replace(day=1)
    return await issue_bulletin(sweep_of(work), first, after)


ROUTINE = Routine(
    "督办通报：每月通报红色和挂牌督办事项 · Bulletin: each month red and listed supervision is named",
    issue,
    clause="枣法委发〔2021〕7号2.1.2调度督办 · Zaozhuang Opinions (2021) No. 7, 2.1.2 (R24); monthly [D]",
    schedule="monthly 1 08:00",
    each_period=True,
)
