"""Investigation rounds: campaigns of every cycle begin, each with a task for every body; planned ones begin, too."""

from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.jobs.sweeping import sweep_of
from hub.procedures.rounds import open_rounds, start_planned


async def begin(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Open what has begun by now; periods that passed meanwhile are made up, each once."""
    del options
    sweep = sweep_of(work)
    return {**await open_rounds(sweep), "planned": await start_planned(sweep)}


ROUTINE = Routine(
    "启动排查：按周期和重点时段下达排查任务 · Investigation rounds: campaigns begin, each body gets its task",
    begin,
    clause="枣法委发〔2021〕7号2.3.1；周期为本地默认 · Zaozhuang Opinions (2021) No. 7, 2.3.1 (R75, R76), cycles [D]",
    schedule="daily 00:01",
)
