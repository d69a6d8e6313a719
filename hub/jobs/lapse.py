"""Lapse: cases whose missing papers never came count as withdrawn."""

from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.sweeps import lapse_supplements, mark_overdue


async def lapse(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Let them lapse: they count as withdrawn."""
    del options
    sweep = sweep_of(work)
    return {"overdue": await mark_overdue(sweep), "lapsed": await lapse_supplements(sweep)}


ROUTINE = Routine(
    "逾期未补正：视为撤回 · Lapse: cases whose missing papers never came count as withdrawn",
    lapse,
    clause="枣法委发〔2021〕7号2.3.3；天数为本地默认 · Zaozhuang Opinions (2021) No. 7, 2.3.3 (R86); days [D]",
    schedule="daily 00:35",
)
