"""Reloading: what configuration and policy say now is composed beside what runs, and then takes over from it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import fields
from typing import Any

import orjson
import structlog

from hub.app import Composition
from hub.errors import HubError, RestartNeeded
from hub.logs import failure
from hub.procedures.reloads import FACT, Outcome, tell_outcome
from hub.schema.events import EventType
from hub.settings import Settings
from hub.store.log import Entry

FIXED = ("server.host", "server.port", "database", "keys", "jobs", "outlets")
"""Settings that are used once, when a process begins."""

log: Any = structlog.get_logger("hub.reloading")


class Reloading:
    """Reloads one process whenever the log says so, one time after the other.

    `read` gives the settings as they are said now, `composed` the composition of them; `take_over` hands it over, and
    must not fail. Whatever fails before that leaves everything as it was.
    """

    def __init__(
        self,
        composition: Composition,
        *,
        read: Callable[[], Settings],
        composed: Callable[[Settings, Composition], Awaitable[Composition]],
        take_over: Callable[[Composition], Awaitable[None]],
    ) -> None:
        self._composition = composition
        self._read, self._composed, self._take_over = read, composed, take_over
        self._wanted: list[str] = []
        self._rung = asyncio.Event()
        self.process = composition.foundation.process

    def heard(self, entries: Sequence[Entry]) -> None:
        """Events of the log."""
        for entry in entries:
            if entry.type == EventType.RELOAD_REQUESTED.name:
                self._wanted += [fact["id"] for fact in orjson.loads(entry.facts) if fact["name"] == FACT]
                self._rung.set()

    async def run(self) -> None:
        """Reload for ever. What is asked for several times meanwhile is done once."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            wanted, self._wanted = self._wanted, []
            outcome = await self.reload()
            for each in wanted:
                await self._tell(each, outcome)

    async def reload(self) -> Outcome:
        """Do it now; what came of it."""
        try:
            settings = await asyncio.to_thread(self._read)
            check_fixed(self._composition.settings, settings)
            following = await self._composed(settings, self._composition)
        except HubError as error:
            log.warning("reload refused", action="reload", code=error.code)
            return Outcome(self.process, error.code, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the process goes on as it was
            log.error("reload failed", action="reload", failure=failure(error))  # noqa: TRY400 - no text of others
            return Outcome(self.process, HubError.code, str(HubError()))
        await self._take_over(following)
        self._composition = following
        log.info("reloaded", action="reload")
        return Outcome(self.process)

    async def _tell(self, reload: str, outcome: Outcome) -> None:
        foundation = self._composition.foundation
        try:
            await tell_outcome(foundation.base, reload, outcome, now=foundation.clock())
        except HubError as error:
            log.warning("nobody was told of a reload", action="reload", code=error.code)


def check_fixed(before: Settings, after: Settings) -> None:
    """RestartNeeded (HUB-630) where a setting differs that a running process cannot change."""
    names = [name for name in FIXED if _at(before, name) != _at(after, name)]
    if names:
        raise RestartNeeded(names=", ".join(part for name in names for part in _differing(before, after, name)))


def _at(settings: Settings, name: str) -> Any:
    found: Any = settings
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _differing(before: Settings, after: Settings, name: str) -> list[str]:
    """The name, or those of its parts that differ."""
    one, other = _at(before, name), _at(after, name)
    if "." in name:
        return [name]
    return [f"{name}.{each.name}" for each in fields(one) if getattr(one, each.name) != getattr(other, each.name)]


@asynccontextmanager
async def reloading(found: Reloading, composition: Composition) -> AsyncIterator[None]:
    """Meanwhile the log is listened to."""
    follower = composition.news.follower
    follower.listen(found.heard)
    task = asyncio.create_task(found.run())
    try:
        yield
    finally:
        follower.leave(found.heard)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
