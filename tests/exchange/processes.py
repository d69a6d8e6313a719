"""`hub` as processes of their own, on a configured base, with what each of them took: seconds and memory."""

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a process ended: what it said, how long it took and what it held at most (MiB)."""

    code: int
    stdout: str
    stderr: str
    seconds: float
    mebibytes: float

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its lines of JSON."""
        return [json.loads(line) for line in self.stdout.splitlines()]


@dataclass(frozen=True)
class Office:
    """A folder with keys, and a base at this address."""

    folder: Path
    url: str

    def run(self, *arguments: str, within: float = 120, config: Path | None = None) -> Ended:
        """Run `hub` with these arguments and this folder of configuration; it is killed after that many seconds."""
        clean = {name: text for name, text in os.environ.items() if not name.startswith("HUB_")}
        environment = {**clean, "HUB_DATABASE_URL": self.url, "HUB_KEYS_FILE": str(self.folder / "keys.json")}
        environment |= {"HUB_CONFIG": str(config)} if config else {}
        out, err = self.folder / "out", self.folder / "err"
        command = [sys.executable, "-m", "hub", *arguments]
        started = time.monotonic()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=stdout, stderr=stderr)
        status, most = _waited(process, started + within)
        seconds = time.monotonic() - started
        return Ended(status, out.read_text(), err.read_text(), seconds, most / 1024)

    def takes(self, record: str, paths: Iterable[Path], *, within: float = 120) -> Ended:
        """`hub import` of some files of a record."""
        return self.run("import", record, *map(str, paths), "--json", within=within)


def configured(office: Office) -> Office:
    """The office with keys, tables and configuration. A base that is a file is a copy of one that is made once."""
    if not office.url.startswith("sqlite"):
        return _commanded(office)
    first = _first()
    shutil.copy(first / "keys.json", office.folder / "keys.json")
    shutil.copy(first / "hub.db", office.url.removeprefix("sqlite:///"))
    return office


@cache
def _first() -> Path:
    """A folder with keys and a base as three commands leave them; it goes when this process does."""
    folder = Path(tempfile.mkdtemp(prefix="office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _commanded(Office(folder, f"sqlite:///{folder}/hub.db"))
    return folder


def _commanded(office: Office) -> Office:
    for arguments in (("keys", "init"), ("migrate",), ("config", "apply")):
        done = office.run(*arguments)
        assert done.code == 0, done.stderr
    return office


def _waited(process: "subprocess.Popen[bytes]", until: float) -> tuple[int, int]:
    """Exit code and the most memory in KiB: what the system tells at the end would count the memory of who started it."""
    most = 0
    while process.poll() is None:
        most = max(most, _peak(process.pid))
        if time.monotonic() > until:
            process.kill()
        time.sleep(0.01)
    return process.returncode, most


def _peak(pid: int) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s*(\d+) kB", told)
    return int(found[1]) if found else 0
