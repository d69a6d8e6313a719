"""Two processes on one base, one killed in the middle of a run: every period is run once, in order, and whole."""

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.jobs.clerk import STEPS
from tests.jobs.offices import runs_of
from tests.procedures.agencies import Hub

from hub.store.seal import Keys, write_keys

ROOT = Path(__file__).parents[2]
PERIODS = 8


@dataclass(frozen=True)
class Line:
    """What a process wrote into its diary."""

    process: str
    period: str
    attempt: int
    what: str
    at: float


@dataclass
class Office:
    """The processes over one base."""

    url: str
    folder: Path
    since: str
    processes: dict[str, "subprocess.Popen[bytes]"]

    def start(self, name: str) -> None:
        clean = {key: text for key, text in os.environ.items() if not key.startswith("HUB_")}
        command = [sys.executable, "-m", "tests.jobs.clerk", self.url, str(self.folder / "keys.json"), name]
        process = subprocess.Popen([*command, str(self.folder), self.since], cwd=ROOT, env=clean, stderr=subprocess.DEVNULL)
        self.processes[name] = process

    def lines(self) -> list[Line]:
        return sorted(self._read(), key=lambda line: line.at)

    async def until(self, holds: Callable[[list[Line]], bool], seconds: float = 60) -> None:
        begun = time.monotonic()
        while not holds(self.lines()):
            assert time.monotonic() - begun < seconds, self.lines()
            await asyncio.sleep(0.02)

    def _read(self) -> Iterator[Line]:
        for path in self.folder.glob("*.txt"):
            for text in path.read_text().splitlines():
                period, attempt, what, at = text.split()
                yield Line(path.stem, period, int(attempt), what, float(at))


@pytest.fixture
def office(hub: Hub, keys: Keys, tmp_path: Path) -> Iterator[Office]:
    write_keys(tmp_path / "keys.json", keys)
    since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=PERIODS, seconds=1)
    url = hub.base.engine.url.render_as_string(hide_password=False)
    found = Office(url, tmp_path, since.isoformat(), {})
    yield found
    for process in found.processes.values():
        process.kill()
        process.wait()


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
async def test_a_process_that_is_killed_or_stands_still_in_a_run_is_replaced_and_no_period_is_run_twice(
    hub: Hub, office: Office, blow: signal.Signals
) -> None:
    """A process that only stood still writes nothing more of a run that was taken over when it wakes up."""
    office.start("one")
    await office.until(lambda lines: any(line.what == "step1" for line in lines))
    office.start("two")
    await office.until(lambda lines: len([line for line in lines if line.what == "end"]) >= 2)
    await office.until(lambda lines: lines[-1].process == "one" and lines[-1].what in ("step0", "step1"))

    office.processes["one"].send_signal(blow)
    await office.until(lambda lines: len({line.period for line in lines if line.what == "end"}) >= PERIODS)
    if blow == signal.SIGSTOP:
        office.processes["one"].send_signal(signal.SIGCONT)
    await asyncio.sleep(0.5)

    runs = (await runs_of(hub, "slow"))[:PERIODS]
    assert {run["state"] for run in runs} == {"DONE"}
    assert [run["since"] for run in runs[1:]] == [run["period"] for run in runs[:-1]]
    assert sorted(run["attempts"] for run in runs)[-2:] in ([1, 2], [1, 1]) or blow == signal.SIGSTOP
    steps = [row["name"] for row in await hub.rows("policies") if row["kind"] == "step"]
    wanted = {f"{dt.datetime.fromisoformat(str(run['period'])).isoformat()} {step}" for run in runs for step in range(STEPS)}
    assert wanted <= set(steps)
    assert len(steps) == len(set(steps))
    ends = [line for line in office.lines() if line.what == "end"]
    assert [line.period for line in ends] == sorted({line.period for line in ends})
