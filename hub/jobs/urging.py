"""Urging: what is late or in danger is urged and supervised, and what nobody answers goes to the next level."""

from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.sweeps import mark_overdue
from hub.procedures.watching import supervise


async def watch(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Mark what has passed, also by the minute; raise, bring to the next level and end alerts, by today's policy."""
    del options
    sweep = sweep_of(work)
    return {"overdue": await mark_overdue(sweep), **await supervise(sweep)}


ROUTINE = Routine(
    "督办：临期提醒、逾期督办、无答复升级、办结解除 · Urging: notices, alerts, their escalation and their end",
    watch,
    clause="枣法委发〔2021〕7号2.1.2调度督办 · Zaozhuang Opinions (2021) No. 7, 2.1.2 (R24); thresholds [D]",
    schedule="every 5 minutes",
)
