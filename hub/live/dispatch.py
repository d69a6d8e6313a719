"""Dispatch: a courier for each outlet that the policies name, begun and ended as they change."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import orjson
import structlog

from hub.errors import BadConfiguration, HubError
from hub.live.couriers import RETRY_SECONDS, Courier
from hub.live.works import Office, Work
from hub.logs import failure
from hub.procedures import outbound
from hub.procedures.outlet_policies import OUTLET
from hub.procedures.outlet_seeds import Outgoing
from hub.procedures.outlets import enrol
from hub.rules.values import SHANGHAI
from hub.schema.events import EventType
from hub.schema.outlets import OutletState
from hub.store.log import Entry

log: Any = structlog.get_logger("hub.live")


class Dispatch:
    """The couriers of one process. `work` is how events are brought; what it raises keeps that outlet waiting."""

    def __init__(self, office: Office, work: Callable[[Outgoing], Work]) -> None:
        self.couriers: dict[str, Courier] = {}
        self._office, self._work = office, work
        self._changed = asyncio.Event()
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled; a base that is away is asked again."""
        retry = RETRY_SECONDS[0]
        self._office.follower.listen(self._heard)
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                try:
                    await self._enrol()
                    retry = RETRY_SECONDS[0]
                except Exception as error:  # noqa: BLE001 - whatever it is: the others go on, and it is tried again
                    code = error.code if isinstance(error, HubError) else HubError.code
                    log.warning("outlets are not looked at", action="bring", code=code, failure=failure(error))
                    self._changed.set()
                    await asyncio.sleep(retry)
                    retry = min(2 * retry, RETRY_SECONDS[1])
        finally:
            self._office.follower.leave(self._heard)

    async def end(self) -> None:
        """Every courier ends; what they held is free."""
        await asyncio.gather(*(courier.end() for courier in self.couriers.values()))
        self.couriers.clear()

    async def _enrol(self) -> None:
        now = self._office.now()
        said = {each.id: each for each in await enrol(self._office.base, _today(now), now)}
        gone = [courier for id_, courier in self.couriers.items() if said.get(id_) != courier.said]
        await asyncio.gather(*(courier.end() for courier in gone))
        for courier in gone:
            del self.couriers[courier.said.id]
        for each in said.values():
            if each.id not in self.couriers:
                await self._begin(each)

    async def _begin(self, said: Outgoing) -> None:
        try:
            courier = Courier(self._office, said, self._work(said))
        except (HubError, OSError) as error:
            # The file of an authority that is not there, too.
            code = error.code if isinstance(error, HubError) else BadConfiguration.code
            log.warning("an outlet cannot be served here", action="bring", outlet=said.id, code=code)
            await self._say(said, code)
            return
        self.couriers[said.id] = courier
        courier.begin()

    async def _say(self, said: Outgoing, code: str) -> None:
        """Why it waits; another process may be able to serve it, and then says how it stands."""
        standing = await outbound.look(self._office.base, said)
        if standing is not None and standing.outlet["state"] == OutletState.WAITING.name:
            await outbound.mark(self._office.base, said, OutletState.WAITING, code, now=self._office.now())

    def _heard(self, entries: Sequence[Entry]) -> None:
        # Nothing was told of some that retention removed unread.
        if not entries or any(map(_is_of_outlets, entries)):
            self._changed.set()


@asynccontextmanager
async def dispatching(office: Office, work: Callable[[Outgoing], Work]) -> AsyncIterator[Dispatch]:
    """Meanwhile the events of every outlet are brought by some process."""
    found = Dispatch(office, work)
    running = asyncio.create_task(found.run())
    try:
        yield found
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await found.end()


def _is_of_outlets(entry: Entry) -> bool:
    if entry.type != EventType.CONFIGURATION_APPLIED.name:
        return False
    kinds = [fact["name"] for fact in orjson.loads(entry.facts)]
    return not kinds or OUTLET in kinds


def _today(now: dt.datetime) -> dt.date:
    return now.astimezone(SHANGHAI).date()
