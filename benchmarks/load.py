"""The load, in a process of its own: kept connections over plain sockets, one principal for every eight of them.

Reads one JSON job from stdin, prints one JSON result: requests, seconds, latencies in milliseconds.
"""

import asyncio
import sys
import time
from itertools import cycle
from typing import Any

import orjson
import uvloop

PER_PRINCIPAL = 8


class Channel:
    """One kept connection that sends a request and reads the whole response."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer; SystemExit unless it is a 200."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"not a good answer: {head[:200]!r}")
        lower = head.lower()
        at = lower.index(b"content-length:") + 15
        return await self.reader.readexactly(int(lower[at : lower.index(b"\r", at)]))


def request_of(port: int, token: str, body: bytes) -> bytes:
    """The bytes of a request."""
    lines = ["POST /graphql HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {token}"]
    lines += ["Content-Type: application/json", "Accept: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode() + body


async def run(job: dict[str, Any]) -> dict[str, Any]:
    """Keep every connection busy for so many seconds, or until so many requests are done."""
    port, bodies = job["port"], [body.encode() for body in job["bodies"]]
    ends, left = time.perf_counter() + job.get("seconds", 1e9), [job.get("requests", 10**12)]
    taken: list[float] = []

    async def keep_busy(number: int) -> None:
        token = job["tokens"][number // PER_PRINCIPAL]
        requests = cycle([request_of(port, token, body) for body in bodies[number:] + bodies[:number]])
        channel = Channel(*await asyncio.open_connection("127.0.0.1", port, limit=2**24))
        while (begun := time.perf_counter()) < ends and left[0] > 0:
            left[0] -= 1
            await channel.ask(next(requests))
            taken.append(time.perf_counter() - begun)
        channel.writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(keep_busy(number) for number in range(job["connections"])))
    taken.sort()
    seconds = time.perf_counter() - begun
    return {"requests": len(taken), "seconds": seconds, "p50": _at(taken, 0.5), "p95": _at(taken, 0.95)}


def _at(taken: list[float], share: float) -> float:
    return taken[min(len(taken) - 1, int(len(taken) * share))] * 1000 if taken else 0.0


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        result = runner.run(run(orjson.loads(sys.stdin.buffer.read())))
    sys.stdout.buffer.write(orjson.dumps(result))
