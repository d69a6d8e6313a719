"""Acknowledgement files of batch files that wait: found by name, judged once as they are, in the batches' order."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from hub.access.cursors import Place
from hub.errors import AckOfAnother, HubError
from hub.procedures import parcels as rows
from hub.procedures.parcels import Stock
from hub.schema.outlets import ParcelState
from hub.store.changes import Change
from hub.store.log import Position
from hub.store.parcels import MOST_OF_ACK, judged, read
from hub.store.signing import Secrets

FOLDER = "acks"
"""The folder within an outlet's in which they are looked for: who writes there need not be able to write beside."""

Mark = tuple[int, int, int]
"""By what a file is known not to have changed: its inode, size and time."""

log: Any = structlog.get_logger("hub.live")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows for batches from the files that were looked at, and the last batch that is acknowledged now."""

    changes: tuple[Change, ...]
    last: Mapping[Any, Any] | None
    marks: Mapping[int, Mark]

    @property
    def reached(self) -> Place | None:
        """How far the consumer is by it."""
        if self.last is None or self.last["last"] is None:
            return None
        return Place(Position.of(self.last["last"]), self.last["last_event"] or "")


class Acks:
    """The acknowledgement files of one outlet; `waiting` are the numbers of the batches that wait for theirs."""

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        self.waiting: tuple[int, ...] = ()
        self._folder, self._secrets = folder / FOLDER, secrets
        self._known: dict[int, Mark] = {}

    def changed(self) -> bool:
        """Whether there is one that was not judged as it is now; no base is asked."""
        marks = ((number, self._mark(number)) for number in self.waiting)
        return any(mark is not None and mark != self._known.get(number) for number, mark in marks)

    def keep(self, judgement: Judgement) -> None:
        """What was judged is on record: it is not looked at again unless it changes."""
        self._known |= judgement.marks

    def judge(self, stock: Stock, consumer: str, now: dt.datetime) -> Judgement:
        """What those that are there say. What is wrong with one stands with its batch, by its code."""
        known, changes, last, marks = stock.known, list[Change](), None, dict[int, Mark]()
        for number in self.waiting:
            mark, content = self._mark(number), read(self._file(number), MOST_OF_ACK) or b""
            if mark is None:
                continue
            row, marks[number] = stock.rows[number], mark
            code = self._refused(content, consumer, number, known)
            if code is None:
                last, known[number] = row, (row["sha256"], ParcelState.ACKNOWLEDGED)
                changes.append(rows.acknowledged(row, now))
            elif code != row["refused"]:
                log.warning("no acknowledgement", action="bring", batch=number, code=code)
                changes.append(rows.refused(row, code))
        return Judgement(tuple(changes), last, marks)

    def _refused(
        self, content: bytes, consumer: str, number: int, known: Mapping[int, tuple[str, ParcelState]]
    ) -> str | None:
        try:
            if judged(content, self._secrets, consumer, known) != number:
                return AckOfAnother.code
        except HubError as error:
            return error.code
        return None

    def _file(self, number: int) -> Path:
        return self._folder / f"{number:08d}.ack"

    def _mark(self, number: int) -> Mark | None:
        try:
            found = self._file(number).stat(follow_symlinks=False)
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
