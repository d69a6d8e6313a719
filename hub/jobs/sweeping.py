"""Sweeps as jobs: at the moment of the run, each of its deeds written only while the run is this process's."""

from collections.abc import Sequence

from hub.jobs.contract import Work
from hub.procedures.sweeps import Sweep, again
from hub.store.ledger import Decide


def sweep_of(work: Work) -> Sweep:
    """The sweep that a run does. A run that comes again finds what is left; no job waits for what another marked."""

    async def transact(decide: Decide, cases: Sequence[str]) -> int:
        return await again(lambda: work.transact(decide, cases=cases))

    return Sweep(work.base, work.base.ledger.seal, work.now, transact)
