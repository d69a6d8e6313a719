"""Who is admitted: viewers as their policy rows say and tokens that were not revoked, read anew before what came after.

Whoever gives somebody anything, now and then or for long, asks here whom it gives it to: `current` is the one door.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from hub.access.viewers import KIND, PUBLIC, Viewer
from hub.errors import BadToken
from hub.schema.events import EventType
from hub.settings import LONGEST_TOKEN_SECONDS
from hub.store.log import Entry

Read = Callable[[], Awaitable[tuple[Mapping[str, Viewer], frozenset[str]]]]
"""Reads the viewers whose policy rows are in force, and the ids of revoked tokens."""

_KEPT_SECONDS = LONGEST_TOKEN_SECONDS + 60


class Admission:
    """The viewers there are, and the tokens that are none any more, as of the event that was read last.

    `viewers` and `revoked` are one mapping each for as long as the process lives: tokens are read by them. What is
    revoked stays so here until no token of its id can be good, whatever becomes of its row.
    """

    def __init__(self, read: Read, *, clock: Callable[[], float] = time.time) -> None:
        self.viewers: dict[str, Viewer] = {}
        self.revoked: dict[str, float] = {}
        self._read = read
        self._clock = clock
        self._listeners: list[Callable[[], None]] = []

    def listen(self, revised: Callable[[], None]) -> None:
        """Call it whenever viewers have changed or tokens were revoked: it must not wait, nor fail."""
        self._listeners.append(revised)

    def get(self, name: str) -> Viewer | None:
        """The viewer of this name as it is by now; None where there is none any more."""
        return PUBLIC if name == PUBLIC.name else self.viewers.get(name)

    def current(self, viewer: Viewer) -> Viewer:
        """The viewer of a token as it is by now. BadToken where it is none any more, or the token was revoked."""
        found = self.get(viewer.name)
        if found is None or viewer.jti in self.revoked:
            raise BadToken
        if viewer.scope is found.scope and viewer.masks is found.masks and viewer.permissions is found.permissions:
            # Read from the base together with the rest of it.
            return viewer
        return found.carried_by(viewer.subject, viewer.jti, viewer.exp) if viewer.subject else found

    def claims(self, viewer: Viewer) -> list[Any]:
        """What a viewer that was identified is known by, as JSON."""
        return [viewer.name, viewer.subject, viewer.jti, viewer.exp]

    def recalled(self, claims: Sequence[Any]) -> Viewer:
        """Whom the claims are those of, as it is by now. BadToken as of `current`."""
        name, subject, jti, exp = claims
        return self.current(replace(PUBLIC, name=name, subject=subject, jti=jti, exp=exp))

    async def read(self) -> None:
        """Read them from the base. Unavailable and the like when it cannot be asked: then they stay what they were."""
        viewers, revoked = await self._read()
        fresh = revoked - self.revoked.keys()
        if viewers == self.viewers and not fresh:
            return
        # Between these lines nobody is given anything: nothing waits here.
        self.viewers.clear()
        self.viewers.update(viewers)
        self._revoke(fresh)
        for listener in self._listeners:
            listener()

    async def ahead(self, entries: Sequence[Entry] | None) -> None:
        """Events that nobody was told yet; None: any may have been among them. Who changed is read before."""
        if entries is None or any(map(_is_of_standing, entries)):
            await self.read()

    def _revoke(self, fresh: frozenset[str]) -> None:
        now = self._clock()
        for jti in [jti for jti, until in self.revoked.items() if until <= now]:
            del self.revoked[jti]
        self.revoked.update(dict.fromkeys(fresh, now + _KEPT_SECONDS))


def _is_of_standing(entry: Entry) -> bool:
    """Whether a viewer's policy row was written, or a token revoked. What says nothing of its kind may be one."""
    if entry.type == EventType.ACCESS_REVOKED.name:
        return True
    if entry.type != EventType.CONFIGURATION_APPLIED.name:
        return False
    kinds = [fact["name"] for fact in orjson.loads(entry.facts)]
    return not kinds or KIND in kinds
