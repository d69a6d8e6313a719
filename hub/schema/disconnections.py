"""Disconnections: connections that somebody ended, in whichever process they were, on record (DESIGN section 7)."""

import datetime as dt
import enum

from hub.schema.declare import Entity, Field, internal


class DisconnectionReason(enum.Enum):
    """断开原因 · Why a connection was ended"""

    MISUSED = "滥用 · It was misused, or asked for too much"
    SUSPECTED = "可疑 · It may be somebody else's"
    REQUESTED = "应请求 · Its holder asked for it"
    MAINTENANCE = "维护 · Something is being mended"


class Disconnection(
    Entity,
    prefix="disc",
    doc="断开记录 · That a connection was ended by somebody",
    roots=(),
):
    connection: Field[str] = internal("连接 · The connection's id", index=True)
    reason: Field[DisconnectionReason] = internal("原因 · Why")
    viewer: Field[str] = internal("断开者 · The viewer that ended it (policy name)")
    principal: Field[str] = internal("主体 · The subject of that viewer's token")
    asked_at: Field[dt.datetime] = internal("断开时间 · When")
