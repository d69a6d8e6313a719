"""What wakes live queries: what the log tells, against what each answer was read from."""

from collections import deque
from collections.abc import Callable, Sequence

from hub.live.answers import Answers
from hub.live.touches import Heard, heard_of
from hub.live.watched import Watch, Watchers
from hub.store.log import Entry

KEPT = 4096
"""What was touched last is kept for runs under way: what they did not see yet wakes their groups again."""


class Waking:
    """Hears the log for all groups; `wake` is told each group that may have another answer by now."""

    def __init__(self, wake: Callable[[Answers], None]) -> None:
        self._wake = wake
        self._watchers: Watchers[Answers] = Watchers()
        self._recent: deque[Heard] = deque(maxlen=KEPT)
        self._heard = 0

    def hear(self, entries: Sequence[Entry]) -> None:
        """Some events; of none it is not known what was passed over."""
        for heard in [each for entry in entries for each in heard_of(entry)] if entries else [None]:
            self._recent.append(heard)
            self._heard += 1
            for group in self._watchers.touched(heard):
                self._wake(group)

    @property
    def mark(self) -> int:
        """How far the log was heard when a run began."""
        return self._heard

    def watch(self, group: Answers, watch: Watch, since: int) -> bool:
        """The group's answer was read from this; whether something has touched it since its run began."""
        self._watchers.watch(group, watch)
        missed = self._heard - since
        return missed > len(self._recent) or any(map(watch.touches, list(self._recent)[len(self._recent) - missed :]))

    def forget(self, group: Answers) -> None:
        """Nobody asks it any more."""
        self._watchers.forget(group)
