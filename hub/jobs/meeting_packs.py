"""Meeting packs: analysis meetings are planned for every period, and their figures are frozen when it is over."""

from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.packs import build_packs, plan_meetings


async def prepare(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Plan them, then build what can be built; what was frozen once is never counted again."""
    del options
    sweep = sweep_of(work)
    return {"planned": await plan_meetings(sweep), **await build_packs(sweep, work.find)}


ROUTINE = Routine(
    "研判材料：按期计划会议，期满冻结数据 · Meeting packs: meetings are planned, their figures frozen",
    prepare,
    clause="枣法委发〔2021〕7号2.2.5；周期为本地默认 · Zaozhuang Opinions (2021) No. 7, 2.2.5 (R70, R71); periods [D]",
    schedule="daily 00:15",
)
