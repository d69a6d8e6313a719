"""Real `hub serve` processes on one base, with a configuration of their own that a test can change and apply."""

import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.app.conftest import run
from tests.exchange.processes import ROOT, Ended
from tests.exchange.processes import Office as Commands
from tests.test_demo import Running, started

from hub.access.tokens import DevelopmentTokens
from hub.access.viewers import Scope, Viewer
from hub.demo import serving
from hub.demo.progress import Progress
from hub.settings import load
from hub.store.seal import read_keys

VIEWERS = """
[desk]
role = "intake"
regions = ["370402"]
organisations = ["market-regulation"]
permissions = ["sealed.open", "cases.handle", "consumers.hold", "system.read"]

[wall]
role = "intake"
regions = ["370402"]
organisations = ["market-regulation"]
permissions = ["sealed.open", "cases.handle", "consumers.hold"]

[guard]
role = "admin"
regions = ["370400"]
permissions = ["system.read", "tokens.revoke", "connections.end"]
"""
_NUMBERS = count(1)


@dataclass
class Process:
    """One `hub serve`, and where it listens."""

    running: Running
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    @property
    def alive(self) -> bool:
        return self.running.process.poll() is None

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 40) -> int:
        """Send the signal and wait for its end."""
        self.running.process.send_signal(number)
        return self.running.process.wait(seconds)

    def signalled(self, number: signal.Signals) -> None:
        self.running.process.send_signal(number)

    @property
    def log(self) -> str:
        return self.running.err.read_text("utf-8")


@dataclass
class Inside:
    """A hub within the test's own process."""

    url: str
    alive: bool = True

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])


@dataclass(frozen=True)
class Office:
    """A folder with keys and configuration, the base at `url`, and the processes that were started on it."""

    folder: Path
    url: str
    processes: list[Process] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HUB_DATABASE_URL": self.url,
            "HUB_KEYS_FILE": str(self.folder / "keys.json"),
            "HUB_CONFIG": str(self.config),
        }

    def command(self, *arguments: str, url: str = "") -> Ended:
        """Run `hub` to its end, on the office's base unless another is said."""
        return Commands(self.folder, url or self.url).run(*arguments, config=self.config)

    def apply(self) -> None:
        """What `hub config apply` does with what the folder says now, without a process of its own."""
        run(fill(self))

    def says(self, viewers: str) -> None:
        """The viewers from now on, once they are applied."""
        (self.config / "viewers.toml").write_text(viewers, "utf-8")

    def token(
        self, viewer: str = "desk", subject: str = "", seconds: int = 3600, clock: Callable[[], float] = time.time
    ) -> str:
        """A token of a viewer for somebody of their own."""
        known = {viewer: Viewer(viewer, "intake", Scope())}
        tokens = DevelopmentTokens(read_keys(self.folder / "keys.json").signing, known, loopback=True, clock=clock)
        return tokens.issue(viewer, subject=subject or f"somebody-{next(_NUMBERS)}", life_seconds=seconds)

    def begin(self, port: int = 0, **more: str) -> Process:
        """Start a process and wait until it listens, or has ended."""
        folder = self.folder / f"process-{next(_NUMBERS)}"
        folder.mkdir()
        running = started(folder, "serve", **{**self.environment, "HUB_SERVER_PORT": str(port), **more})
        found = re.search(r"http://127\.0\.0\.1:(\d+)/graphql", running.err.read_text("utf-8"))
        process = Process(running, int(found[1]) if found else 0)
        self.processes.append(process)
        return process

    def end(self) -> None:
        """Nobody is left behind."""
        for process in self.processes:
            if process.alive:
                process.end(signal.SIGKILL)


def furnished(folder: Path, url: str, like: "Office | None" = None) -> Office:
    """The folder with its configuration, and the keys of another one whose base was copied."""
    office = Office(folder, url)
    shutil.copytree(like.config if like else ROOT / "config", office.config)
    if like:
        shutil.copy(like.folder / "keys.json", folder)
        return office
    with (office.config / "viewers.toml").open("a", encoding="utf-8") as file:
        file.write(VIEWERS)
    return office


async def fill(office: Office) -> None:
    """Keys, tables and configuration, and no case."""
    settings = load(office.environment)
    await serving.prepared(settings)
    async with serving.opened(settings) as base:
        await serving.configured(settings, base, Progress())


@contextmanager
def attended(office: Office) -> Iterator[Office]:
    """The office; whatever is started in it is ended with it."""
    try:
        yield office
    finally:
        office.end()


def codes_of(document: Any) -> list[str]:
    """The numbers of a document's errors."""
    return [error["extensions"]["hub"] for error in document.get("errors") or ()]
