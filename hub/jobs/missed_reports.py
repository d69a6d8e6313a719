"""Missed reports: tasks whose day passed without a report are found missed."""

from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.rounds import miss_reports


async def miss(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Find them; what is due today is not missed yet, and a late report is still taken."""
    del options
    return {"missed": await miss_reports(sweep_of(work))}


ROUTINE = Routine(
    "逾期未报：认定到期未报送的任务 · Missed reports: tasks whose day passed without a report",
    miss,
    clause="枣法委发〔2021〕7号2.3.1 · Zaozhuang Opinions (2021) No. 7, 2.3.1: what was not reported shows (R75)",
    schedule="daily 00:06",
)
