"""What every way of an outlet needs for a round: what is ahead, bodies of it, evidence, and writing what came of it."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from hub.access.reach import Reach, Sieve
from hub.errors import AnswerTooLarge, HubError, LiveError, Refused, VersionConflict
from hub.live.evidence import Range, Recipient
from hub.live.works import Office, View
from hub.procedures import outbound
from hub.procedures.outbound import Claim, Outcome
from hub.procedures.outlet_seeds import Outgoing
from hub.store.changes import Insert
from hub.store.log import BEGINNING, Entry, Position

RETRY_SECONDS = (0.1, 2.0)

log: Any = structlog.get_logger("hub.live")


class Ahead:
    """Reads what is wanted behind a position; what was looked through in vain is not looked through again."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._key: tuple[Position, Reach] | None = None
        self._scanned = BEGINNING
        self._head: tuple[str, dt.datetime] | None = None

    async def wanted(self, position: Position, reach: Reach, most: int) -> list[Entry]:
        """The first of them, in the log's order. ResyncNeeded when retention has removed some."""
        if self._key != (position, reach):
            self._key, self._scanned = (position, reach), position
        sieve, at = Sieve(reach), self._scanned
        found: list[Entry] = []
        while len(found) < most and (entries := await self._office.follower.after(at)):
            found += [entry for entry in entries if sieve.lets(entry)]
            at = entries[-1].position
            self._scanned = self._scanned if found else at
            await asyncio.sleep(0)
        return found[:most]

    def since(self, first: Entry) -> dt.datetime:
        """Since when the first of them waits: as it says itself, or since it was seen where it is dated ahead."""
        if self._head is None or self._head[0] != first.id:
            self._head = first.id, self._office.now()
        return min(self._head[1], dt.datetime.fromisoformat(first.occurred_at))


async def bodies(view: View, entries: Sequence[Entry]) -> dict[str, bytes | HubError]:
    """A body of each event, or what keeps it from being made; what concerns all of them is raised."""
    if not entries:
        return {}
    try:
        frames = await view.make(view.viewer, view.held.owner, entries)
    except AnswerTooLarge as error:
        if len(entries) == 1:
            return {entries[0].id: error}
    except HubError:
        raise
    except Exception:
        if len(entries) == 1:
            log.exception("a frame could not be made", action="bring")
            return {entries[0].id: LiveError()}
    else:
        return {entry.id: frame.payload for entry, frame in zip(entries, frames, strict=True)}
    half = len(entries) // 2
    return {**await bodies(view, entries[:half]), **await bodies(view, entries[half:])}


def evidence(
    view: View, said: Outgoing, entries: Sequence[Entry], began: dt.datetime, now: dt.datetime
) -> Insert | None:
    """That the events were given, as one range in the log's order; None where there are none."""
    if not entries:
        return None
    ordered = sorted(entries, key=lambda entry: entry.position)
    to = Recipient(view.held.id, view.held.owner, view.viewer.name, said.way, said.id)
    found = Range(to, ordered[0], ordered[-1], began, began)
    for entry in ordered:
        found.add(entry, now)
    return found.row()


async def settled(
    office: Office, said: Outgoing, view: View, claim: Claim, outcome: Outcome, *, ends: Callable[[], bool]
) -> bool:
    """Whether the outlet is still this process's. What was brought is on record before anything else is."""
    retry = RETRY_SECONDS[0]
    while True:
        try:
            return await outbound.settle(office.base, said, claim, outcome, viewer=view.viewer, now=office.now())
        except (Refused, VersionConflict):
            # Somebody else was at it: what is true is looked at anew.
            raise
        except HubError as error:
            log.warning("what was brought waits for the base", action="bring", code=error.code)
            if ends():
                raise
        await asyncio.sleep(retry)
        retry = min(2 * retry, RETRY_SECONDS[1])
