"""A process beside the one that measures, which answers JSON lines with JSON lines."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks import farm


@dataclass(frozen=True, slots=True)
class Companion:
    """It does what a line says, and tells what came of it."""

    name: str
    process: asyncio.subprocess.Process

    async def ask(self, **said: Any) -> dict[str, Any]:
        """What it tells of it; SystemExit when it has ended."""
        assert self.process.stdin
        self.process.stdin.write(orjson.dumps(said) + b"\n")
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        """What it tells next."""
        assert self.process.stdout
        line = await self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {await self.process.wait()}")
        found: dict[str, Any] = orjson.loads(line)
        return found

    @property
    def cpu(self) -> float:
        """Seconds of CPU it has used."""
        return farm.tree_cpu(self.process.pid)


@asynccontextmanager
async def companion(module: str, job: Mapping[str, Any]) -> AsyncIterator[Companion]:
    """The module as a process, once it has said that it is ready; it is ended with the block."""
    pipe = asyncio.subprocess.PIPE
    command = [sys.executable, "-W", "ignore", "-m", module]
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=2**26)
    found = Companion(module, process)
    try:
        await found.ask(**job)
        yield found
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
