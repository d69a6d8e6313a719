"""Deliveries as files: what their names say, the flags beside them, and which format they are in."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from stat import S_ISREG

from hub.connectors.formats import csv, json, soap, xlsx, xml
from hub.connectors.formats.encoding import sha256
from hub.connectors.formats.sheet import Sheet
from hub.connectors.formats.workbook import inspect
from hub.errors import BadFileName, BrokenFile, DeliveryTooLarge, FlagMismatch, NoSuchFile, NotAFile, NotTheFormat
from hub.exchange_settings import FILE_KEYS, Exchange

FORMATS: dict[str, Callable[[Path, Exchange], Sheet]] = {
    "csv": csv.read,
    "json": json.read,
    "soap": soap.read,
    "xlsx": xlsx.read,
    "xml": xml.read,
}
LARGEST_FLAG = 4096

_NAME = re.compile(r"(?P<record>[a-z][a-z0-9-]*)(?:_(?P<place>\d{6}(?:\d{3}){0,2}|\D\d{2,6}))?_(?P<on>\d{8})(?:\D.*)?")
_DIGEST = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_COUNT = re.compile(r"(?<![\w.-])\d{1,9}(?![\w.-])")
_SIGNS = {b"<": ("xml", "soap"), b"{": ("json",), b"[": ("json",)}


def flag_of(path: Path) -> Path | None:
    """The flag beside a file that says it is whole: `name.xlsx.ok` or `name.ok`; None where none is (no link is)."""
    flags = (path.with_name(f"{path.name}.ok"), path.with_suffix(".ok"))
    return next((flag for flag in flags if flag.is_file() and not flag.is_symlink()), None)


def stamp(path: Path) -> tuple[int, int]:
    """What tells that a file is no longer the one it was: its size and when it was written.

    NoSuchFile (HUB-322) where there is none, NotAFile (HUB-323) for anything else: links are not followed, and
    nothing waits for a pipe.
    """
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        raise NoSuchFile from None
    except OSError as error:
        raise BrokenFile(place="the folder") from error
    if not S_ISREG(found.st_mode):
        raise NotAFile
    return found.st_size, found.st_mtime_ns


def named(path: Path, exchange: Exchange) -> tuple[str | None, dt.date | None]:
    """The code of the town or court and the day in `<record>_<code>_<yyyymmdd>.<ending>`, each where it is there.

    BadFileName (HUB-312) for another record's name, and for a name without what the row's keys are made of.
    """
    found = _NAME.fullmatch(path.stem)
    if found and found["record"] != exchange.record:
        raise BadFileName
    place = found["place"] if found else None
    on = _day(found["on"]) if found else None
    if set(FILE_KEYS) & set(exchange.source_key) and (place is None or on is None):
        raise BadFileName
    return place, on


def checked(path: Path) -> tuple[int | None, str]:
    """The rows that the flag declares, and the file's SHA-256. FlagMismatch (HUB-313) where it declares another."""
    digest, flag = sha256(path), flag_of(path)
    if flag is None:
        return None, digest
    if flag.stat().st_size > LARGEST_FLAG:
        raise DeliveryTooLarge(what="bytes of a flag", limit=LARGEST_FLAG)
    said = flag.read_bytes().decode("ascii", "replace")
    claimed = _DIGEST.search(said)
    if claimed and claimed[0].lower() != digest:
        raise FlagMismatch(what="SHA-256")
    count = _COUNT.search(_DIGEST.sub(" ", said))
    return int(count[0]) if count else None, digest


def hold_declared(declared: int | None, count: int) -> None:
    """FlagMismatch (HUB-313) where the flag declares another number of rows."""
    if declared is not None and declared != count:
        raise FlagMismatch(what="rows")


def inspected(path: Path, exchange: Exchange) -> None:
    """Refuse what must not even be opened: a workbook that would not fit, or is none."""
    if exchange.format == "xlsx":
        inspect(path)


def sheet_of(path: Path, exchange: Exchange) -> Sheet:
    """The rows of a file in whichever of the agreed formats it is. NotTheFormat (HUB-315) where it is in none."""
    if len(exchange.formats) == 1 and exchange.format in {"csv", "xlsx"}:
        return FORMATS[exchange.format](path, exchange)
    found = [name for name in _SIGNS.get(_first_sign(path), ()) if name in exchange.formats]
    if not found:
        raise NotTheFormat(format=exchange.format)
    return FORMATS[found[0]](path, exchange)


def _first_sign(path: Path) -> bytes:
    with path.open("rb") as file:
        begin = file.read(64).removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    return begin.lstrip(b" \t\r\n\0")[:1]


def _day(digits: str) -> dt.date:
    try:
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise BadFileName from None
