"""Attendance: who is connected to a process and which groups its streams share, as the graph shows it."""

from collections.abc import Iterator
from typing import Any

import strawberry

from hub.schema.consumers import Way
from hub.schema.scalars import Kind
from hub.schema.shells import SCALARS, Made, Shells

CONNECTIONS, PRESENCE = "connections", "Presence"
GROUPS, GROUP = "streamGroups", "StreamGroup"
ATTENDANCE = {CONNECTIONS: PRESENCE, GROUPS: GROUP}
"""The roots, and the types of what they list."""


def attendance_roots(shells: Shells) -> Iterator[Made]:
    """What can be asked of the process that answers."""
    presence: Any = shells.fill(PRESENCE, "在线连接 · A connection that stays", _presence(shells))
    doc = "本进程的在线连接，需 system.read · Connections that stay, of the process that answers; needs system.read"
    yield Made(CONNECTIONS, list[presence] | None, doc)
    group: Any = shells.fill(GROUP, "流的分组 · Streams that share one execution and one frame per event", _group())
    doc = "本进程的流分组，需 system.read · Groups of streams, of the process that answers; needs system.read"
    yield Made(GROUPS, list[group] | None, doc)


def _presence(shells: Shells) -> list[Made]:
    instant: Any = SCALARS[Kind.INSTANT]
    return [
        Made("id", strawberry.ID, "连接标识，断开时用 · Its id, by which it can be ended"),
        Made("process", str, "进程 · The process that holds it"),
        Made("viewer", str, "身份 · The viewer (policy name); `public` without a token"),
        Made("subject", str | None, "主体（已脱敏） · The token's subject, masked"),
        Made("transport", shells.told(Way), "方式 · WebSocket or event stream"),
        Made("since", instant, "建立时间 · Since when"),
        Made("expiresAt", instant | None, "令牌到期 · When its token expires; it is closed then unless renewed"),
        Made("operations", int, "进行中的操作 · Operations under way"),
        Made("consumers", list[str], "订阅方标识 · Ids of the consumers that it reads"),
        Made(
            "waiting", int | None, "待取的帧；多于所存时为空 · Frames it has yet to take; null where more than are kept"
        ),
    ]


def _group() -> list[Made]:
    return [
        Made("document", str, "查询文本的 SHA-256 · SHA-256 of the document, as for persisted queries"),
        Made("role", str, "角色 · The role of its viewers"),
        Made("streams", int, "流 · Streams that share it"),
        Made("runs", int, "执行批次 · Waves that its frames were made in, so far"),
        Made("current", bool, "是否读至最新 · Whether it has read everything that the process has"),
    ]
