"""CSV: rows of text in whatever encoding the whole file fits."""

import csv
from collections.abc import Iterator
from pathlib import Path

from hub.connectors.formats.encoding import encoding_of
from hub.connectors.formats.sheet import Found, Sheet, table
from hub.errors import BrokenFile, DeliveryTooLarge, MissingHeading
from hub.exchange_settings import Exchange

DELIMITERS = (",", "\t", ";", "|")
LONGEST_LINE = 1 << 20


def read(path: Path, exchange: Exchange) -> Sheet:
    """The rows of a CSV file; cells of at most 128 KiB, lines of at most a mebibyte.

    BadEncoding, MissingHeading, BrokenFile (HUB-317) for quotes left open and for a last row that is cut off.
    """
    codec, refusals = encoding_of(path), list[MissingHeading]()
    for delimiter in DELIMITERS:
        lines = _Lines(path, codec)
        try:
            sheet = table(_grid(lines, delimiter), exchange)
        except MissingHeading as error:
            refusals.append(error)
        else:
            return Sheet(_whole(sheet, lines), sheet.titles, sheet.seen, sheet.width)
    raise refusals[0]


class _Lines:
    """The lines of a text, and whether the last one was ended."""

    def __init__(self, path: Path, codec: str) -> None:
        self._path = path
        self._codec = codec
        self.ended = True

    def __iter__(self) -> Iterator[str]:
        with self._path.open(encoding=self._codec, newline="") as text:
            while line := text.readline(LONGEST_LINE + 1):
                if len(line) > LONGEST_LINE:
                    raise DeliveryTooLarge(what="characters of a line", limit=LONGEST_LINE)
                self.ended = line.endswith(("\n", "\r"))
                yield line


def _grid(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        yield from enumerate(rows, 1)
    except csv.Error as error:
        if "limit" in str(error):
            raise DeliveryTooLarge(what="characters of a cell", limit=csv.field_size_limit()) from None
        raise BrokenFile(place=f"line {rows.line_num}") from None


def _whole(sheet: Sheet, lines: _Lines) -> Iterator[Found]:
    """The rows, unless the file ends within one."""
    last: Found | None = None
    for last in sheet.rows:
        yield last
    if last is not None and not lines.ended and len(last.cells) < sheet.width:
        raise BrokenFile(place="its last row")
