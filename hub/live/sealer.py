"""The sealer: evidence and openings are sealed into the chain within a second of being written."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from hub.errors import HubError
from hub.schema.scalars import show_instant
from hub.store.chain import MOST, Chain
from hub.store.changes import Written

log: Any = structlog.get_logger("hub.live")

GATHER_SECONDS = 0.25
"""How long rows are gathered before they are sealed together."""

RETRY_SECONDS = (0.1, 5.0)


class Sealer:
    """Seals when something was written that has to be, and does nothing otherwise."""

    def __init__(self, chain: Chain, now: Callable[[], dt.datetime]) -> None:
        self._chain, self._now = chain, now
        self._rung = asyncio.Event()
        self._rung.set()
        self._since: float | None = None

    def written(self, rows: Sequence[Written]) -> None:
        """A deed of this process wrote these rows."""
        if any(row.noun in self._chain.nouns for row in rows):
            self._since = self._since or asyncio.get_running_loop().time()
            self._rung.set()

    @property
    def lag_seconds(self) -> float:
        """For how long the oldest row that this process wrote has not been sealed; 0 where none waits."""
        return asyncio.get_running_loop().time() - self._since if self._since is not None else 0.0

    async def run(self) -> None:
        """Seal for ever; at first what an earlier process left."""
        while True:
            await self._rung.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._rung.clear()
            await self._seal_all()

    async def _seal_all(self) -> None:
        retry = RETRY_SECONDS[0]
        while True:
            began = self._since
            try:
                sealed = await self._chain.seal(at=show_instant(self._now()))
            except HubError as error:
                log.warning("cannot seal", action="seal", code=error.code)
                sealed = None
            except Exception:
                # Whatever it is: nobody else seals what this process wrote.
                log.exception("cannot seal", action="seal")
                sealed = None
            if sealed is not None and sealed < MOST:
                self._since = None if self._since == began else self._since
                return
            if sealed is None:
                # Another process is at it, or the base is away: our rows may not have been in its sight.
                await asyncio.sleep(retry)
                retry = min(2 * retry, RETRY_SECONDS[1])
