"""In force: viewers whose first or last day it was are told of, so that no process goes on by what they were."""

import datetime as dt
from collections.abc import Mapping

from hub.jobs.contract import NoOptions, Routine, Work
from hub.procedures.validity import turned
from hub.rules.values import SHANGHAI
from hub.store.ledger import MOST


async def tell(work: Work, options: NoOptions) -> Mapping[str, int]:
    """Tell of them; a run that comes again may tell once more, which changes nothing."""
    del options
    today = work.as_of.astimezone(SHANGHAI).date()
    since = (work.claim.since or work.as_of - dt.timedelta(1)).astimezone(SHANGHAI).date()
    changes = await turned(work.base, since, today)
    for start in range(0, len(changes), MOST):
        await work.write(changes[start : start + MOST])
    return {"viewers": len(changes)}


ROUTINE = Routine(
    "策略生效与失效：到期的访问主体即时停止 · In force: viewers begin and end with their days, in every process",
    tell,
    clause="最小授权 · Least privilege (PIPL art. 51); the days are those of config/viewers.toml",
    schedule="daily 00:01",
)
