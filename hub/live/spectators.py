"""Who watches a live query: it is pulled from as fast as its client reads, and is given the newest answer."""

from collections.abc import Callable
from typing import Any, Protocol

from hub.access.viewers import Viewer
from hub.errors import HubError
from hub.live.answers import Answers, Live


class Place(Protocol):
    """Where a spectator's group comes from."""

    def join(self, spectator: "Spectator") -> Answers: ...
    def leave(self, spectator: "Spectator") -> None: ...
    def gone(self, spectator: "Spectator") -> None: ...
    def ended(self, error: HubError) -> Any: ...


class Spectator:
    """What a transport pulls frames from: `attend` once, then `pull`, `close` at the end.

    Without `patches` each frame is a whole answer. With them the first is `{data, revision: 1}`, the next ones are
    `{patch, revision}`; whoever missed one, or whose patch would be longer, is given `{data, revision: 1}` again.
    """

    __slots__ = ("_ended", "_place", "_ready", "_revision", "_seen", "group", "live", "patches", "principal", "viewer")

    def __init__(self, place: Place, viewer: Viewer, live: Live, *, patches: bool, principal: str) -> None:
        self._place, self.viewer, self.live = place, viewer, live
        self.patches, self.principal = patches, principal
        self._ready: Callable[[], None] = _nobody
        self._ended: Any = None
        self._seen = self._revision = 0
        self.group: Answers | None = place.join(self)

    def attend(self, ready: Callable[[], None]) -> None:
        """Call `ready` whenever there is something to pull after there was nothing."""
        self._ready = ready

    def pull(self) -> Any:
        """The newest answer, if it was not given yet; None where it was; the end, once."""
        group = self.group
        if group is None or group.version == self._seen:
            return self._ended
        missed, self._seen = group.version - self._seen - 1, group.version
        return self._revised(group, missed) if self.patches else group.whole()

    def close(self) -> None:
        """Nobody pulls any more."""
        if self.group is not None:
            self._place.leave(self)
            self.group = None
            self._place.gone(self)

    def more(self) -> None:
        """The group has another answer."""
        self._ready()

    def end(self, error: HubError) -> None:
        """Watch no longer: the transport is told why when it pulls next."""
        if self._ended is None:
            self.close()
            self._ended = self._place.ended(error)
            self._ready()

    def become(self, viewer: Viewer) -> None:
        """Watch on as what the viewer is by now: nothing more is given of what it was."""
        self._place.leave(self)
        self.viewer, self._seen, self._revision = viewer, 0, 0
        self.group = self._place.join(self)
        self._ready()

    def _revised(self, group: Answers, missed: int) -> Any:
        if not group.has_data:
            # Such a result has no revision, and breaks the chain.
            self._revision = 0
            return group.whole()
        if self._revision and not missed and (frame := group.next(self._revision + 1)) is not None:
            self._revision += 1
            return frame
        self._revision = 1
        return group.first()


def _nobody() -> None:
    """Before anybody attends."""
