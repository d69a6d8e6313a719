"""A hub that could lose what it acknowledged does not start, and what keeps its news back is told."""

import asyncio
import contextlib
import datetime as dt
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import _database, _run
from tests.faults.crowds import Town
from tests.faults.offices import Office, Process

from hub.parts import hub_model
from hub.procedures.inspection import LONGEST_WRITER_SECONDS, Finding, inspect
from hub.settings import load
from hub.store.dialects import async_url

WEAK = "HUB-511"


@contextlib.contextmanager
def weakened(request: pytest.FixtureRequest, office: Office) -> Iterator[None]:
    """Deeds of the office's database may be lost with the power, whatever the hub says."""
    server, name = request.getfixturevalue("postgres"), async_url(office.url).database
    _run(_database(server, f"ALTER DATABASE {name} SET synchronous_commit = off"))
    yield
    _run(_database(server, f"ALTER DATABASE {name} RESET synchronous_commit"))


def test_weakened_durability_is_refused_unless_it_is_allowed(
    request: pytest.FixtureRequest, office: Office, database: str
) -> None:
    """Issue 5, 1. TRUST 1: JetStream lost 14 % of what it had acknowledged."""
    if database == "sqlite":
        # `synchronous` and the write-ahead log are set by each connection of the hub; what is no file has neither.
        refused = office.command("serve", url="sqlite:///:memory:")
        assert (refused.code, WEAK in refused.stderr, "(url)" in refused.stderr) == (1, True, True)
        return
    with weakened(request, office):
        told = office.command("serve")
        assert (told.code, WEAK in told.stderr, "synchronous_commit" in told.stderr) == (1, True, True)
        allowed = office.begin(HUB_DATABASE_WEAK_DURABILITY="true")
        assert allowed.alive, allowed.log


@pytest.mark.long
async def test_each_acknowledged_deed_of_a_file_is_on_the_disk_first(office: Office, database: str) -> None:
    """TRUST 3, fsync: kill -9 cannot show it, the system calls can."""
    if database == "postgresql":
        pytest.skip("the server's own; its settings are looked at")
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    town = Town(office, [await asyncio.to_thread(office.begin)])
    await town.furnish(1)
    with traced(town.processes[0], office.folder / "trace") as reason:
        if reason:
            pytest.skip(f"processes cannot be traced here: {reason}")
        async with town.writing(1):
            for _ in range(10):
                await town.next_done()
    synced = [line for line in (office.folder / "trace").read_text().splitlines() if "sync(" in line and "= 0" in line]

    assert len(synced) >= len(town.done) >= 10


@contextlib.contextmanager
def traced(process: Process, file: Path) -> Iterator[str]:
    """Its `fsync` and `fdatasync`, written to a file; the reason where that is not allowed."""
    command = ["strace", "-f", "-q", "-e", "trace=fsync,fdatasync", "-o", str(file), "-p", str(process.running.process.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        time.sleep(0.5)
        yield tracer.communicate()[1] or "it ended" if tracer.poll() is not None else ""
        tracer.terminate()


async def test_check_says_that_another_database_of_the_cluster_holds_the_news_back(
    request: pytest.FixtureRequest, office: Office, database: str
) -> None:
    """DESIGN 6: the hub has its own cluster; an open write in another database of it stalls delivery."""
    if database == "sqlite":
        pytest.skip("a file has no neighbours")
    other = create_async_engine(request.getfixturevalue("postgres"))
    async with other.connect() as neighbour:
        await neighbour.execute(sa.text("SELECT pg_current_xact_id()"))
        await asyncio.sleep(LONGEST_WRITER_SECONDS + 0.5)
        done = await asyncio.to_thread(office.command, "check", "--json")
        await neighbour.rollback()
    await other.dispose()

    assert "HUB-619" in done.stdout + done.stderr
    assert await inspect(load(office.environment), hub_model(), today=dt.datetime.now(dt.UTC).date()) == [
        Finding(name) for name in ("database", "version", "configuration", "log", "keys")
    ]
