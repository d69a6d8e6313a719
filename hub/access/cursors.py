"""Cursors of the log: a position that is signed, bound to whom it was given, and names the event that stands there.

A cursor is a position, not a permission: what is read from there is authorised as of now.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import Viewer
from hub.errors import BadLogCursor, LostEpoch, ResyncNeeded
from hub.store.log import Log, Position

LENGTH = 52
"""Characters of a cursor."""

_FORM = struct.Struct(">BHHQQ4s")
_VERSION = 1
_TAG = 14
_PURPOSE = b"hub cursor 1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cursor points: after this event."""

    position: Position
    event: str


def owner_of(viewer: Viewer) -> str:
    """On whose behalf a viewer reads: its one organisation or court, otherwise the viewer itself."""
    held = (*viewer.scope.organisations, *viewer.scope.courts)
    return held[0] if len(held) == 1 else f"viewer {viewer.name}"


class Cursors:
    """Makes and reads cursors; `signing` is the token key of the keys file, `epoch` the one that the base is in."""

    def __init__(self, signing: bytes, log: Log, epoch: int) -> None:
        self._key = hmac.digest(signing, _PURPOSE, hashlib.sha256)
        self._log, self._epoch = log, epoch

    def sign(self, position: Position, event: str, owner: str) -> str:
        """The cursor behind an event, for its owner only."""
        place = (position.epoch, position.xid, position.seq)
        said = _FORM.pack(_VERSION, self._epoch, *place, _mark(event))
        return base64.urlsafe_b64encode(said + self._tag(said, owner)).decode()

    async def read(self, cursor: str, owner: str, connection: AsyncConnection | None = None) -> Place:
        """Where reading goes on, as seen by this connection; by one of its own where none is given.

        BadLogCursor for what we did not make for this owner; LostEpoch when the base was restored or moved since, or
        another event stands there; ResyncNeeded when retention has removed what follows.
        """
        said = self._opened(cursor, owner)
        _, given_in, epoch, xid, seq, mark = _FORM.unpack(said)
        if given_in != self._epoch:
            raise LostEpoch
        position = Position(epoch, xid, seq)
        event, removed = await self._log.look(position, connection)
        if position < removed:
            raise ResyncNeeded
        if event is None and position == removed:
            return Place(position, "")
        if event is None or not hmac.compare_digest(_mark(event), mark):
            # A base that went back to an older copy under the same name: what the reader has seen never was.
            raise LostEpoch
        return Place(position, event)

    def position(self, cursor: str, owner: str) -> Position:
        """Where a cursor that was made for this owner points, whatever stands there by now. BadLogCursor."""
        _, _, epoch, xid, seq, _ = _FORM.unpack(self._opened(cursor, owner))
        return Position(epoch, xid, seq)

    async def first(self, connection: AsyncConnection | None = None) -> Position:
        """Before the first event that retention has left."""
        return await self._log.removed(connection)

    async def newest(self, connection: AsyncConnection | None = None) -> Position:
        """Behind the newest event."""
        return await self._log.newest(connection)

    def _opened(self, cursor: str, owner: str) -> bytes:
        try:
            whole = base64.b64decode(cursor, altchars=b"-_", validate=True) if len(cursor) == LENGTH else b""
        except (binascii.Error, ValueError):
            raise BadLogCursor from None
        said, tag = whole[: _FORM.size], whole[_FORM.size :]
        if not hmac.compare_digest(tag, self._tag(said, owner)) or said[0] != _VERSION:
            raise BadLogCursor
        return said

    def _tag(self, said: bytes, owner: str) -> bytes:
        return hmac.digest(self._key, said + owner.encode(), hashlib.sha256)[:_TAG]


def _mark(event: str) -> bytes:
    return hashlib.sha256(event.encode()).digest()[:4]
