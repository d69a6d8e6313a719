"""Termination: mediations end whose limit passed without an extension."""

from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.sweeps import end_mediations, mark_overdue


async def end(work: Work, options: NoOptions) -> Mapping[str, int]:
    """End them, reason 6: the limit has passed."""
    del options
    sweep = sweep_of(work)
    return {"overdue": await mark_overdue(sweep), "ended": await end_mediations(sweep)}


ROUTINE = Routine(
    "期满终结：期限届满未延长的调解终结 · Termination: mediations end whose limit passed without an extension",
    end,
    clause="法释〔2021〕23号第25条 · Online Mediation Rules art. 25, reason 6",
    schedule="daily 00:25",
)
