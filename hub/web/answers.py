"""Answers as streams: one that does not change, one that was refused, the last word; and what events are named by."""

from typing import Any

import orjson

from hub.errors import HubError
from hub.web.contract import End, Frame, event_of

COMPLETE = b"event: complete\ndata: \n\n"


class Single:
    """The stream of an answer that does not change."""

    def __init__(self, payload: bytes) -> None:
        self._left: list[Frame | End] = [End(), Frame(payload)]

    def attend(self, ready: Any) -> None:
        """It is ready from the beginning."""

    def pull(self) -> Frame | End | None:
        """The answer, then the end."""
        return self._left.pop()

    def close(self) -> None:
        """There is nothing to let go."""


class Last(Single):
    """The stream of somebody who may not see any more of it."""

    def __init__(self, error: HubError) -> None:
        self._left = [End(orjson.dumps([error.entry()]))]


class Names:
    """The ids of one response's events: cursors where there are some, otherwise numbers."""

    __slots__ = ("_cursor", "_number")

    def __init__(self) -> None:
        self._number = 0
        self._cursor = ""

    def frame(self, frame: Frame) -> bytes:
        """The next event, of a frame."""
        if not frame.cursor:
            return self.document(frame.payload)
        self._number += 1
        self._cursor = frame.cursor
        return frame.event()

    def document(self, payload: bytes) -> bytes:
        """The next event, of a document."""
        self._number += 1
        # What has no cursor must not make a client forget the last one that it saw.
        return event_of(payload, self._cursor.encode() or b"%d" % self._number)


def alone(payload: bytes) -> bytes:
    """A stream of one document: what was refused before it began."""
    return event_of(payload, b"1") + COMPLETE
