"""One reader of the log: it is pulled from as fast as its client reads, and has no queue."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from hub.access.viewers import Viewer
from hub.errors import HubError, LiveError, Unavailable
from hub.live.evidence import Evidence, Recipient
from hub.live.groups import RETRY_SECONDS, Group, Shown
from hub.store.log import Position

log: Any = structlog.get_logger("hub.live")

BEHIND = -1
"""The number in its group of a reader that has to find its place there first."""


class Place(Protocol):
    """Where a reader's group comes from, and where it is known by its consumer."""

    def join(self, reader: "Reader", viewer: Viewer) -> Group: ...
    def leave(self, reader: "Reader") -> None: ...
    def gone(self, reader: "Reader") -> None: ...
    def admitted(self, reader: "Reader", viewer: Viewer) -> Viewer: ...
    def ended(self, error: HubError) -> Any: ...


class Reader:
    """What a transport pulls frames from: `attend` once, then `pull` as long as it gives something, `close` at the end.

    A frame that was pulled counts as given. What is not pulled is not kept: it is read again by its position.
    """

    __slots__ = (
        "_ahead",
        "_ended",
        "_evidence",
        "_filling",
        "_given",
        "_number",
        "_place",
        "_ready",
        "group",
        "position",
        "recipient",
        "term",
        "viewer",
    )

    def __init__(
        self,
        place: Place,
        evidence: Evidence,
        viewer: Viewer,
        *,
        position: Position,
        recipient: Recipient,
        term: int = 0,
    ) -> None:
        self._place, self._evidence = place, evidence
        self.viewer, self.position, self.recipient, self.term = viewer, position, recipient, term
        self._given, self._number = evidence.recording(recipient), BEHIND
        self._ready: Callable[[], None] = _nobody
        self._ahead: deque[Shown] = deque()
        self._filling: asyncio.Task[None] | None = None
        self._ended: Any = None
        self.group: Group | None = None

    @property
    def waiting(self) -> int | None:
        """Frames that wait to be pulled; None where they are more than the group keeps, or it has yet to find out."""
        group, number = self.group, self._number
        if group is None or (number < group.first and self.position >= group.position):
            return 0
        if number < group.first:
            return None
        while group.at(number) is not None:
            number += 1
        return number - self._number

    def attend(self, ready: Callable[[], None]) -> None:
        """Call `ready` whenever there is something to pull after there was nothing."""
        self._ready = ready
        if self._ended is None:
            # Since the stream was asked for its viewer may have become another.
            self._join()

    def pull(self) -> Any:
        """The next frame; None where there is none yet; the end, once."""
        if self._ended is not None:
            return self._ended
        group = self.group
        if group is None or self._evidence.is_full:
            return None
        if self._number < group.first:
            return self._pull_behind(group)
        found = group.at(self._number)
        if found is None:
            return None
        self._number += 1
        return self._give(found)

    def close(self) -> None:
        """Nobody pulls any more."""
        self._place.leave(self)
        self._place.gone(self)
        self._forget()
        self.group = None

    def more(self) -> None:
        """The group has read on."""
        if self._filling is None and not self._ahead:
            self._ready()

    def revise(self) -> None:
        """Read on as what the viewer is by now; one that is none any more, or lost its consumer, reads no further."""
        self._forget()
        self._place.leave(self)
        self._join()
        self._ready()

    def move(self) -> None:
        """Read on in another group, from where this one is by now."""
        group = self.group
        if group is not None and self._number >= group.first and group.at(self._number) is None:
            # What it was not given did not concern it: to read all of that again could be long, or past retention.
            self.position = max(self.position, group.position)
        self.revise()

    def end(self, error: HubError) -> None:
        """Read no further: the transport is told why when it pulls next."""
        if self._ended is None:
            self.close()
            self._ended = self._place.ended(error)
            self._ready()

    def _join(self) -> None:
        try:
            self.viewer = self._place.admitted(self, self.viewer)
        except HubError as error:
            self.end(error)
        else:
            self.group = self._place.join(self, self.viewer)

    def _pull_behind(self, group: Group) -> Any:
        """The next frame for who has no place in the group, or has it no more."""
        self._number = BEHIND
        if self._ahead:
            return self._give(self._ahead.popleft())
        if self.position > group.position:
            # It comes from a process that had read further: what the group has yet to read it knows already.
            return None
        if group.covers(self.position):
            self._number = group.number_after(self.position)
            return self.pull()
        if self._filling is None:
            self._filling = asyncio.create_task(self._fill(group))
        return None

    def _give(self, shown: Shown) -> Any:
        entry = shown.entry
        self.position = entry.position
        self._given(entry)
        return shown.frame

    def _forget(self) -> None:
        self._number = BEHIND
        self._ahead.clear()
        if self._filling is not None:
            self._filling.cancel()
            self._filling = None

    async def _fill(self, group: Group) -> None:
        """Read ahead one piece of what the group no longer keeps."""
        try:
            await self._read_ahead(group)
        except HubError as error:
            self._filling = None
            self.end(error)
        except Exception:
            log.exception("a frame could not be made", action="stream")
            self._filling = None
            self.end(LiveError())
        else:
            self._filling = None
            self._ready()

    async def _read_ahead(self, group: Group) -> None:
        retry, position = RETRY_SECONDS[0], self.position
        while not group.covers(position):
            try:
                part = await group.replay(position)
            except Unavailable:
                await asyncio.sleep(retry)
                retry = min(2 * retry, RETRY_SECONDS[1])
                continue
            position = part.until
            if part.shown:
                self._ahead.extend(part.shown)
                return
            # Nothing of it concerned this reader: there is no frame to wait for before reading on.
            self.position = position


def _nobody() -> None:
    """Before anybody attends."""
