"""Ending a connection, in whichever process it is: the log tells all of them, and the deed stays on record."""

import re
from typing import Annotated

from hub.access.viewers import END
from hub.errors import MalformedId
from hub.procedures.deeds import Deed, verb
from hub.schema.disconnections import Disconnection, DisconnectionReason
from hub.schema.events import EventType, Fact
from hub.schema.verbs import Text

FACT = "connection"
"""The fact of the event that names it."""

_ID = re.compile(r"conn_[0-9a-f]{32}")


@verb(
    "断开连接：无论在哪个进程 · End a connection, in whichever process it is",
    gives=(),
    permission=END,
)
async def disconnect(
    deed: Deed,
    *,
    connection: Annotated[str, Text(64), "连接标识，见 connections · The connection's id, as `connections` shows it"],
    reason: Annotated[DisconnectionReason, "原因 · Why"],
) -> None:
    """One that is gone by now is on record all the same. MalformedId (HUB-208) for what is no connection's id."""
    if not _ID.fullmatch(connection):
        raise MalformedId
    deed.insert(
        Disconnection,
        event=EventType.CONNECTION_ENDED,
        facts=[Fact(FACT, code=connection), Fact("reason", code=reason.name)],
        connection=connection,
        reason=reason,
        viewer=deed.viewer.name,
        principal=deed.viewer.subject,
        asked_at=deed.now,
    )
