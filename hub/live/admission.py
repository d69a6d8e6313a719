"""Who is admitted: viewers as their policy rows say, read anew before anything is told that came after a change."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import orjson

from hub.access.viewers import KIND, PUBLIC, Viewer
from hub.errors import BadToken
from hub.schema.events import EventType
from hub.store.log import Entry

Read = Callable[[], Awaitable[Mapping[str, Viewer]]]
"""Reads the viewers whose policy rows are in force."""


class Admission:
    """The viewers there are. Whoever asks is given them as of the event that was read last, in every process.

    `viewers` is one mapping for as long as the process lives: tokens are read by it.
    """

    def __init__(self, read: Read) -> None:
        self.viewers: dict[str, Viewer] = {}
        self._read = read
        self._listeners: list[Callable[[], None]] = []

    def listen(self, revised: Callable[[], None]) -> None:
        """Call it whenever viewers have changed: it must not wait, nor fail."""
        self._listeners.append(revised)

    def get(self, name: str) -> Viewer | None:
        """The viewer of this name as it is by now; None where there is none any more."""
        return PUBLIC if name == PUBLIC.name else self.viewers.get(name)

    def claims(self, viewer: Viewer) -> list[Any]:
        """What a viewer that was identified is known by, as JSON."""
        return [viewer.name, viewer.subject, viewer.jti, viewer.exp]

    def recalled(self, claims: Sequence[Any]) -> Viewer:
        """Whom the claims are those of, as it is by now. BadToken where it is none any more.

        Tokens that were revoked by themselves are refused here, by their `jti`, once there are such.
        """
        name, subject, jti, exp = claims
        viewer = self.get(name)
        if viewer is None:
            raise BadToken
        return viewer.carried_by(subject, jti, exp) if subject else viewer

    async def read(self) -> None:
        """Read them from the base. Unavailable and the like when it cannot be asked: then they stay what they were."""
        found = await self._read()
        if found == self.viewers:
            return
        # Between these lines nobody is given anything: nothing waits here.
        self.viewers.clear()
        self.viewers.update(found)
        for listener in self._listeners:
            listener()

    async def ahead(self, entries: Sequence[Entry] | None) -> None:
        """Events that nobody was told yet; None: any may have been among them. A changed viewer is read first."""
        if entries is None or any(map(_is_of_viewers, entries)):
            await self.read()


def _is_of_viewers(entry: Entry) -> bool:
    """Whether a viewer's policy row was written. What says nothing of its kind may be one."""
    if entry.type != EventType.CONFIGURATION_APPLIED.name:
        return False
    kinds = [fact["name"] for fact in orjson.loads(entry.facts)]
    return not kinds or KIND in kinds
