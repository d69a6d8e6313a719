"""Expiry: referrals that nobody answered in time go back to their sender."""

from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.sweeps import expire_referrals, mark_overdue


async def expire(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Let them expire: the sender designates again."""
    del options
    sweep = sweep_of(work)
    return {"overdue": await mark_overdue(sweep), "expired": await expire_referrals(sweep)}


ROUTINE = Routine(
    "流转逾期：无人答复的退回发出方重新指定 · Expiry: referrals nobody answered in time are designated again",
    expire,
    clause="法释〔2021〕23号第12条 · Online Mediation Rules art. 12",
    schedule="daily 00:15",
)
