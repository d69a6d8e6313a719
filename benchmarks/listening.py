"""The listeners, in a process of their own: as many sockets as asked for; what each got, and when.

Reads JSON lines from stdin: a job, then {"until": frames} each time that so many frames per listener are to be waited
for, {"times": [...]} with the moments at which the events were committed; tells JSON lines. Each frame is compared with
what the first listener got at that place: nothing is lost, doubled or out of order without being noticed.
"""

import asyncio
import base64
import os
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import orjson
import uvloop

from benchmarks.heard import Told

PER_PRINCIPAL = 20
"""Sockets of one principal."""
OPENED_AT_ONCE = 50
_UPGRADE = "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"  # noqa: E501 - a request
_POST = "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: %d\r\n\r\n"  # noqa: E501 - a request
_DATA, _PAYLOAD = b"\ndata: {", b'"payload":'


class Listener(asyncio.Protocol):
    """One subscriber."""

    transport: asyncio.Transport

    def __init__(self, told: Told, job: dict[str, Any], number: int) -> None:
        self._told, self._job, self._number = told, job, number
        self._held = b""
        self._end = job["line"].encode() * 2
        self.place = 0
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take = self._answer

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        port = self._job["port"]
        if self._job["carrier"] == "ws":
            transport.write((_UPGRADE % (port, base64.b64encode(os.urandom(16)).decode())).encode())
        else:
            body = orjson.dumps(self._question())
            transport.write((_POST % (port, self._token, len(body))).encode() + body)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError(f"the server closed the connection: {self._held[:300]!r}"))

    def data_received(self, data: bytes) -> None:
        self._held = self._held + data if self._held else data
        self._take()

    @property
    def _token(self) -> str:
        token: str = self._job["tokens"][self._number // self._job.get("each", PER_PRINCIPAL)]
        return token

    def _question(self) -> dict[str, Any]:
        variables = self._job["variables"]
        said = {"query": self._job["query"], "variables": variables[self._number % len(variables)]}
        return said | ({"extensions": self._job["extensions"]} if "extensions" in self._job else {})

    def _answer(self) -> None:
        head, end, rest = self._held.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith((b"HTTP/1.1 101", b"HTTP/1.1 200")):
            raise SystemExit(f"not a good answer: {head[:200]!r}")
        self._held, self._take = rest, self._frames if self._job["carrier"] == "ws" else self._events
        if self._job["carrier"] == "sse":
            self.ready.set_result(None)
        else:
            self.transport.write(_masked({"type": "connection_init", "payload": {"token": self._token}}))
        self._take()

    def _events(self) -> None:
        held = self._held
        while (end := held.find(self._end)) >= 0:
            at = held.find(_DATA, 0, end)
            if at >= 0:
                self._told.take(self.place, held[at + 7 : end])
                self.place += 1
            held = held[end + len(self._end) :]
        self._held = held

    def _frames(self) -> None:
        at = 0
        for start, end, kind in _frames_in(self._held):
            at = end
            if kind == 9:
                self.transport.write(b"\x8a\x80\x00\x00\x00\x00")
            elif kind == 1:
                self._message(self._held[start:end])
        self._held = self._held[at:]

    def _message(self, message: bytes) -> None:
        if self.ready.done():
            self._told.size += len(message)
            self._told.take(self.place, message[message.index(_PAYLOAD) :])
            self.place += 1
        elif b"connection_ack" in message:
            question = {"id": str(uuid.UUID(int=self._number)), "type": "subscribe", "payload": self._question()}
            self.transport.write(_masked(question))
            self.ready.set_result(None)


def _frames_in(held: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each complete frame's content begins and ends, and its kind."""
    at, length = 0, len(held)
    while length - at >= 2:
        size, start = held[at + 1] & 127, at + 2
        if size >= 126:
            wide = 2 if size == 126 else 8
            if length - start < wide:
                return
            size, start = int.from_bytes(held[start : start + wide], "big"), start + wide
        if length - start < size:
            return
        yield start, start + size, held[at] & 15
        at = start + size


def _masked(message: object) -> bytes:
    body = orjson.dumps(message)
    size = len(body)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + body


class Crowd:
    """All listeners of this process."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self.told = Told(marked=job.get("marked", True), same=job.get("same", True))
        self.listeners: list[Listener] = []

    async def open(self) -> None:
        """Open them, some at a time."""
        for start in range(0, self._job["sockets"], OPENED_AT_ONCE):
            some = range(start, min(start + OPENED_AT_ONCE, self._job["sockets"]))
            opened = await asyncio.gather(*(self._open(number) for number in some))
            await asyncio.gather(*(each.ready for each in opened))
            self.listeners += opened

    async def _open(self, number: int) -> Listener:
        wire = socket.socket()
        wire.setblocking(False)
        if self._stalls(number):
            # What it does not read is held by the server, not by this side of the kernel.
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await asyncio.get_running_loop().sock_connect(wire, ("127.0.0.1", self._job["port"]))
        make = lambda: Listener(self.told, self._job, number)  # noqa: E731 - what a connection is made by
        _, listener = await asyncio.get_running_loop().create_connection(make, sock=wire)
        return listener

    def _stalls(self, number: int) -> bool:
        every = self._job.get("stalled", 0)
        return bool(every) and number % every == every - 1

    @property
    def reading(self) -> list[Listener]:
        """Those that read."""
        return [each for number, each in enumerate(self.listeners) if not self._stalls(number)]

    @property
    def stalled(self) -> list[Listener]:
        """Those that do not."""
        return [each for number, each in enumerate(self.listeners) if self._stalls(number)]

    async def until(self, frames: int, among: list[Listener], seconds: float) -> dict[str, Any]:
        """Wait until each of them has so many frames; how many are missing when it takes too long."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and any(each.place < frames for each in among):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        missing = sum(max(0, frames - each.place) for each in among)
        extra = sum(max(0, each.place - frames) for each in among)
        return {"missing": missing, "extra": extra, "wrong": self.told.wrong, "frames": self.told.frames}


async def run() -> None:
    """Do what the lines say."""
    reader = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    crowd = Crowd(orjson.loads(await reader.readline()))
    await crowd.open()
    _tell({"open": len(crowd.listeners)})
    while line := await reader.readline():
        _tell(await _done(crowd, orjson.loads(line)))


async def _done(crowd: Crowd, said: dict[str, Any]) -> dict[str, Any]:
    if "until" in said:
        return await crowd.until(said["until"], crowd.reading, said["seconds"])
    if "stall" in said:
        for each in crowd.stalled:
            each.transport.pause_reading()
        return {"stalled": len(crowd.stalled)}
    if "resume" in said:
        for each in crowd.stalled:
            each.transport.resume_reading()
        return await crowd.until(said["resume"], crowd.listeners, said["seconds"])
    if "size" in said:
        return {"bytes": crowd.told.size, "frames": crowd.told.frames}
    if "show" in said:
        return {"frame": crowd.told.events[-1].decode()}
    return crowd.told.latencies(said["first"], said["times"])


def _tell(said: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(run())
