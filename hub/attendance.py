"""Who is connected to this process, as the graph shows it: no address, and a subject's first character only."""

import datetime as dt
import os
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from hub.access.viewers import Viewer
from hub.live.readers import Reader
from hub.procedures.disconnections import FACT
from hub.rules.masking import STARS
from hub.schema.consumers import Way
from hub.schema.events import EventType
from hub.schema.scalars import show_instant
from hub.store.log import Entry
from hub.web.crowd import Crowd, Present


def process_name() -> str:
    """What this process is called in the graph and by commands."""
    return f"{socket.gethostname()}:{os.getpid()}"


def attendance(crowd: Crowd, process: str) -> list[dict[str, Any]]:
    """Every connection that said who it is, the oldest first."""
    return [_shown(present, process) for present in crowd.present()]


def end_those(crowd: Crowd, entries: Sequence[Entry]) -> None:
    """End the connections that events of the log say are to be ended."""
    for entry in entries:
        if entry.type == EventType.CONNECTION_ENDED.name:
            for name in _named(entry):
                crowd.disconnect(name)


def _named(entry: Entry) -> Iterator[str]:
    for fact in orjson.loads(entry.facts):
        if fact["name"] == FACT and fact["code"]:
            yield fact["code"]


def _shown(present: Present, process: str) -> dict[str, Any]:
    seen = present.seen
    viewer: Viewer = seen.viewer
    readers = [each for each in seen.streams if isinstance(each, Reader)]
    waiting = [each.waiting for each in readers]
    return {
        "id": present.id,
        "process": process,
        "viewer": viewer.name,
        "subject": f"{viewer.subject[:1]}{STARS}" if viewer.subject else None,
        "transport": (Way.WEBSOCKET if seen.socket else Way.SSE).name,
        "since": _instant(present.since),
        "expiresAt": _instant(viewer.exp) if viewer.exp else None,
        "operations": seen.operations,
        "consumers": sorted({each.recipient.consumer for each in readers if each.recipient.consumer}),
        "waiting": None if None in waiting else sum(filter(None, waiting)),
    }


def _instant(seconds: float) -> str:
    return show_instant(dt.datetime.fromtimestamp(seconds, dt.UTC))
