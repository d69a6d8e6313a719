"""The ceiling of news: a bare socket broadcast. What is posted to /publish goes to every socket, under its own id.

python -m benchmarks.broadcast --port 8001

No log, no base, no GraphQL, no tokens: a handshake, a `subscribe`, and one non-waiting write per socket and frame.
"""

import argparse
import asyncio
import base64
import hashlib
import struct
from collections.abc import Callable
from typing import Any

import orjson
import uvloop

ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
DONE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Hall:
    """Everybody who listens."""

    def __init__(self) -> None:
        self.sockets: dict[Connection, bytes] = {}
        self.streams: set[Connection] = set()
        self.number = 0

    def publish(self, payload: bytes) -> None:
        """To everybody, without waiting for anybody."""
        self.number += 1
        tail = payload + b"}"
        for socket, head in self.sockets.items():
            socket.write_frame(head, tail)
        event = b"id: %d\nevent: next\ndata: %s\n\n" % (self.number, payload)
        chunk = b"%x\r\n%s\r\n" % (len(event), event)
        for stream in self.streams:
            stream.transport.write(chunk)


class Connection(asyncio.Protocol):
    """One client: who listens over WebSocket, who listens to events, or who publishes."""

    transport: asyncio.Transport

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._held = b""
        self._take: Callable[[], bool] = self._request

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._hall.sockets.pop(self, None)
        self._hall.streams.discard(self)

    def data_received(self, data: bytes) -> None:
        self._held += data
        while self._held and self._take():
            pass

    def write_frame(self, head: bytes, tail: bytes) -> None:
        """One text frame."""
        size = len(head) + len(tail)
        start = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
        self.transport.writelines((start, head, tail))

    def _request(self) -> bool:
        head, end, rest = self._held.partition(b"\r\n\r\n")
        if not end:
            return False
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if b"upgrade" in lines:
            key = next(line[19:] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key: "))
            mark = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
            self.transport.write(ACCEPTED % mark)
            self._held, self._take = rest, self._message
            return True
        size = int(lines.get(b"content-length", b"0"))
        if len(rest) < size:
            return False
        self._held = rest[size:]
        if head.startswith(b"POST /publish"):
            for payload in rest[:size].split(b"\n"):
                self._hall.publish(payload)
            self.transport.write(DONE)
        else:
            self._hall.streams.add(self)
            self.transport.write(STREAM)
        return True

    def _message(self) -> bool:
        """One masked message of a client."""
        held = self._held
        size, at = (held[1] & 127, 2) if len(held) > 1 else (0, 9)
        if size == 126 and len(held) > 3:
            size, at = struct.unpack(">H", held[2:4])[0], 4
        if len(held) < at + 4 + size:
            return False
        mask, body = held[at : at + 4], held[at + 4 : at + 4 + size]
        self._held = held[at + 4 + size :]
        if held[0] & 15 == 1:
            said = orjson.loads(bytes(byte ^ mask[n % 4] for n, byte in enumerate(body)))
            if said["type"] == "connection_init":
                self.write_frame(b'{"type":', b'"connection_ack"}')
            elif said["type"] == "subscribe":
                self._hall.sockets[self] = b'{"id":%s,"type":"next","payload":' % orjson.dumps(said["id"])
        return True


async def serve(port: int) -> None:
    """Serve until ended."""
    hall = Hall()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(hall), "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))
