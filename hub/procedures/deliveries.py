"""Deliveries: files of agencies are taken in, or refused as a whole and recorded; a folder is watched for them."""

import asyncio
import datetime as dt
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
from hub.errors import AgencyError, HubError, Unavailable
from hub.exchange_settings import Exchange
from hub.procedures.configuration import Base
from hub.procedures.directory import read_directory
from hub.procedures.intake import Outcome, apply, refuse
from hub.store.seal import Seal

LONGEST_SECONDS = 3600.0
"""How long one file may take at most; what it applied until then stays, and sent again it goes on."""
READING_SECONDS = 120.0
"""How long looking at a whole file may take."""

_MOST_FILES = 10_000
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

        AgencyError (HUB-310 to HUB-321) when it is refused: that is recorded too, and nothing of it is applied.
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
            if exchange.in_force:
                digest = await asyncio.to_thread(_digest, path)
                await refuse(self.base, exchange, name=path.name, sha256=digest, error=error, **who)
            raise
        except TimeoutError:
            raise Unavailable(reason="a file took too long") from None


@dataclass(slots=True)
class Watch:
    """A folder into which agencies put files, and flags beside those that are whole.

    What was taken in moves to `taken/`, what was refused to `refused/`; what could not be taken in for now stays.
    """

    counter: Counter
    folder: Path
    poll_seconds: float
    _known: dict[str, tuple[int, int]] = field(default_factory=dict)

    async def run(self) -> None:
        """Look again and again until cancelled."""
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
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
        found = []
        for path in sorted(islice(self.folder.iterdir(), _MOST_FILES)):
            record = path.name.partition("_")[0].partition(".")[0]
            agreement = self.counter.agreements.get(record)
            if agreement is None or path.suffix == ".ok" or not path.is_file() or flag_of(path) is None:
                continue
            if self._known.get(path.name) != stamp(path):
                found.append((record, path))
        return found

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


def _hears(told: Callable[[int, int], None], rows: int, count: int) -> None:
    told(count, rows)


def _digest(path: Path) -> str:
    try:
        return sha256(path)
    except (OSError, HubError):
        return ""


def _put_away(path: Path, name: str) -> None:
    """Move the file and its flag; an earlier file of the same name stays beside it."""
    flag, folder = flag_of(path), path.parent / name
    folder.mkdir(exist_ok=True)
    number = sum(1 for _ in folder.glob(f"{path.name}*"))
    ending = f".{number}" if number else ""
    for each in (path, flag):
        if each is not None:
            each.rename(folder / f"{each.name}{ending}")
