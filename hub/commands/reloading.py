"""`hub reload`: every process of the base is asked to read configuration and policy anew, and says what came of it."""

import asyncio

from hub.app import now
from hub.commands.opening import opened
from hub.errors import NobodyReloaded
from hub.exchange_settings import read_agreements
from hub.procedures.configuration import Base
from hub.procedures.reloads import Outcome, ask_reload, outcomes_of
from hub.settings import Settings

_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 1.0
"""Nobody knows how many processes there are: when no other has answered for so long, all are taken to have."""


async def reload(settings: Settings, seconds: float) -> list[Outcome]:
    """What came of it in each process that answered within these seconds.

    BadConfiguration where our own copy of the configuration is not acceptable: then nobody is asked. NobodyReloaded.
    """
    read_agreements(settings.config)
    async with opened(settings) as base:
        found = await _answers(base, await ask_reload(base, actor="admin", now=now()), seconds)
    if not found:
        raise NobodyReloaded(seconds=f"{seconds:g}")
    return found


async def _answers(base: Base, reload_: str, seconds: float) -> list[Outcome]:
    loop = asyncio.get_running_loop()
    found: list[Outcome] = []
    end = loop.time() + seconds
    while loop.time() < end:
        await asyncio.sleep(_LOOK_SECONDS)
        heard = await outcomes_of(base, reload_)
        if len(heard) > len(found):
            found, end = heard, min(end, loop.time() + _QUIET_SECONDS)
    return found
