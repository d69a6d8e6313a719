"""Deliveries: files of agencies are taken in, or refused as a whole and recorded; a folder is watched for them."""

import asyncio
import datetime as dt
import glob
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from hub.connectors.base import open_delivery
from hub.connectors.deliveries import flag_of, stamp
from hub.connectors.formats.encoding import sha256
from hub.errors import AgencyError, BadFileName, HubError, NoSuchFile, Unavailable
from hub.exchange_settings import Exchange
from hub.procedures.configuration import Base
from hub.procedures.directory import read_directory
from hub.procedures.intake import Outcome, apply, refuse
from hub.store.folders import private
from hub.store.seal import Seal

LONGEST_SECONDS = 3600.0
"""How long one file may take at most; what it applied until then stays, and sent again it goes on."""
READING_SECONDS = 120.0
"""How long looking at a whole file may take."""

_MOST_FILES = 10_000
_OWN = frozenset({"taken", "refused"})
_SHANGHAI = dt.timezone(dt.timedelta(hours=8))

log: Any = structlog.get_logger("hub.deliveries")


@dataclass(frozen=True, slots=True)
class Counter:
    """Where files are taken in, by whom, and what time it is there."""

    base: Base
    seal: Seal
    agreements: Mapping[str, Exchange]
    clock: Callable[[], dt.datetime]
    actor: str = "system"

    async def take(self, record: str, path: Path, *, told: Callable[[int, int], None] | None = None) -> Outcome:
        """Take in a file of a record; `told` hears how many of its rows are done, and how many there are.

        AgencyError (HUB-310 to HUB-324) when it is refused: that is recorded too, unless there is no such file, and
        nothing of it is applied.
        """
        exchange, now = self.agreements[record], self.clock()
        today = now.astimezone(_SHANGHAI).date()
        places = (await read_directory(self.base)).places
        who: dict[str, Any] = {"seal": self.seal, "now": now, "actor": self.actor}
        try:
            async with asyncio.timeout(READING_SECONDS):
                reading = await asyncio.to_thread(open_delivery, path, exchange, today=today, places=places)
            rows = reading.delivery.rows
            hears = None if told is None else partial(_hears, told, rows)
            async with asyncio.timeout(LONGEST_SECONDS):
                return await apply(self.base, reading, told=hears, **who)
        except AgencyError as error:
            if exchange.in_force and not isinstance(error, NoSuchFile):
                digest = await asyncio.to_thread(_digest, path)
                await refuse(self.base, exchange, name=path.name, sha256=digest, error=error, **who)
            raise
        except TimeoutError:
            raise Unavailable(reason="a file took too long") from None


@dataclass(slots=True)
class Watch:
    """A folder into which agencies put files, and flags beside those that are whole.

    What was taken in moves to `taken/`, what was refused to `refused/`; what could not be taken in for now stays. So
    does what has no flag: it is not whole yet. Refused is also what has a flag and cannot be any record's file, and a
    flag whose file did not come until the next look.
    """

    counter: Counter
    folder: Path
    poll_seconds: float
    _known: dict[str, tuple[int, int]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Look again and again until cancelled."""
        await asyncio.to_thread(private, self.folder)
        while True:
            try:
                await self.look()
            except (HubError, OSError) as error:
                log.warning("watched folder", error=getattr(error, "code", type(error).__name__))
            await asyncio.sleep(self.poll_seconds)

    async def look(self) -> int:
        """Take in what is there and whole, by name; how many files that were."""
        files = await asyncio.to_thread(self._whole)
        for record, path in files:
            await self._take(record, path)
        return len(files)

    def _whole(self) -> list[tuple[str, Path]]:
        paths = sorted(path for path in islice(self.folder.iterdir(), _MOST_FILES) if path.name not in _OWN)
        found = list[tuple[str, Path]]()
        named = {name for path in paths if path.suffix != ".ok" for name in (path.name, path.stem)}
        for path in paths:
            is_flag = path.suffix == ".ok"
            if (path.stem in named and _is_flag(path)) if is_flag else flag_of(path) is None:
                continue
            try:
                mark = stamp(path)
                if is_flag:
                    self._hold_awaited(path, mark)
                elif (record := _record(path)) not in self.counter.agreements:
                    raise BadFileName
                elif self._known.get(path.name) != mark:
                    found.append((record, path))
            except AgencyError as error:
                self._refuse(path, error)
        return found

    def _hold_awaited(self, flag: Path, mark: tuple[int, int]) -> None:
        """NoSuchFile (HUB-322) for a flag that has waited since the last look: its file may be on its way."""
        if self._known.get(flag.name) == mark:
            raise NoSuchFile
        self._known[flag.name] = mark

    def _refuse(self, path: Path, error: AgencyError) -> None:
        """Put away what is nobody's; told once, also where it cannot be moved."""
        if path.name not in self._told:
            self._told.add(path.name)
            log.warning("file refused", file=path.name, error=error.code)
        _put_away(path, "refused")
        self._told.discard(path.name)
        self._known.pop(path.name, None)

    async def _take(self, record: str, path: Path) -> None:
        self._known[path.name] = stamp(path)
        try:
            outcome = await self.counter.take(record, path)
        except AgencyError as error:
            log.warning("file refused", file=path.name, error=error.code)
            await asyncio.to_thread(_put_away, path, "refused")
        except HubError as error:
            # The base's fault, not the file's: it is looked at again the next time.
            del self._known[path.name]
            log.warning("file not taken", file=path.name, error=error.code)
        else:
            log.info("file taken", file=path.name, batch=outcome.batch, received=outcome.received)
            await asyncio.to_thread(_put_away, path, "taken")


def _is_flag(path: Path) -> bool:
    """Whether it is a flag, or was one until it was put away with its file."""
    return not path.is_symlink() and (path.is_file() or not path.exists())


def _record(path: Path) -> str:
    return path.name.partition("_")[0].partition(".")[0]


def _hears(told: Callable[[int, int], None], rows: int, count: int) -> None:
    told(count, rows)


def _digest(path: Path) -> str:
    try:
        stamp(path)
        return sha256(path)
    except (OSError, HubError):
        return ""


def _put_away(path: Path, name: str) -> None:
    """Move the file and its flag; an earlier file of the same name stays beside it."""
    flag, folder = flag_of(path), private(path.parent / name)
    number = sum(1 for _ in folder.glob(f"{glob.escape(path.name)}*"))
    ending = f".{number}" if number else ""
    for each in dict.fromkeys((path, flag)):
        if each is not None:
            each.rename(folder / f"{each.name}{ending}")
