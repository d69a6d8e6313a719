"""What a workbook is before anybody opens it: a zip archive whose parts are XML of a bounded size."""

import sys
import zipfile
from array import array
from pathlib import Path
from typing import IO, Any

from lxml import etree

from hub.connectors.formats.xml import SAFE, name_of
from hub.errors import BrokenFile, DeliveryTooLarge, HostileFile, NotTheFormat

MOST_PARTS = 500
LARGEST_PART = 96 << 20
LARGEST_BOOK = 128 << 20
LONGEST_TEXT = 1 << 20
MOST_CELLS = 4_000_000
"""Of the rectangle that a sheet's cells span: the reader keeps all of it in memory."""

MOST_CHARACTERS = 48 << 20
"""Of all cells that share texts: the reader writes each text out for each cell."""

_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".emf", ".wmf", ".bin", ".tiff", ".svg")
_READ = ("/worksheet", "/sharedStrings", "/styles", "/officeDocument", "/table")
_COLUMN = {letter: number for number, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 1)}


def inspect(path: Path) -> None:
    """Refuse a workbook that is none, is broken or encrypted, or would not fit: HUB-315, HUB-317, HUB-319, HUB-320."""
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
            _hold_bounds(parts)
            shares = _Shares()
            for part in parts:
                if not part.filename.lower().endswith(_PICTURES) and not part.is_dir():
                    with book.open(part) as text:
                        _scan(text, shares)
            shares.hold()
    except zipfile.BadZipFile:
        raise (BrokenFile(place="zip") if _begins_as_zip(path) else NotTheFormat(format="xlsx")) from None
    except (NotImplementedError, EOFError, RuntimeError, OSError, ValueError) as error:
        raise BrokenFile(place="zip") from error


def _begins_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _hold_bounds(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS:
        raise DeliveryTooLarge(what="parts", limit=MOST_PARTS)
    if len({part.filename for part in parts}) < len(parts):
        raise HostileFile(what="two parts of one name")
    if any(part.flag_bits & 1 for part in parts):
        raise HostileFile(what="encryption")
    # The sizes may lie: reading stops at what a part claims, and the checksum of what was cut off fails.
    sizes = [part.file_size for part in parts]
    if max(sizes, default=0) > LARGEST_PART or sum(sizes) > LARGEST_BOOK:
        raise DeliveryTooLarge(what="unpacked bytes", limit=LARGEST_BOOK)


def _scan(text: IO[bytes], shares: "_Shares") -> None:
    parser = etree.XMLParser(target=_Part(shares), **SAFE)
    try:
        while piece := text.read(1 << 18):
            parser.feed(piece)
        parser.close()
    except etree.XMLSyntaxError:
        raise BrokenFile(place="XML of a sheet") from None


class _Shares:
    """The lengths of the texts that cells share, and which of them cells ask for, by number."""

    def __init__(self) -> None:
        self.lengths = array("L")
        self.asked = array("L")

    def hold(self) -> None:
        """Refuse what would be too long once it is written out."""
        known = len(self.lengths)
        if sum(self.lengths[number] for number in self.asked if number < known) > MOST_CHARACTERS:
            raise DeliveryTooLarge(what="characters of cells", limit=MOST_CHARACTERS)


class _Part:
    """Looks at one part's elements and keeps none."""

    def __init__(self, shares: _Shares) -> None:
        self._shares = shares
        self._cell = ""
        self._number_of_text: str | None = None
        self._is_shared = False
        self._length = self._shared = 0
        self._numbers: dict[str, int] = {}
        self._top = self._left = sys.maxsize
        self._bottom = self._right = 0

    def doctype(self, *_: Any) -> None:
        """No part of a workbook needs one."""
        raise HostileFile(what="DOCTYPE")

    def start(self, tag: Any, attributes: Any) -> None:
        """Remember where a cell is and, once it has a value, count its place in."""
        self._length = 0
        name = name_of(tag)
        if name == "c":
            self._cell, self._is_shared = attributes.get("r", ""), attributes.get("t") == "s"
        elif name in {"v", "is"}:
            self._span()
            self._number_of_text = "" if self._is_shared else None
        elif name == "si":
            self._shared = 0
        elif name == "Relationship":
            _hold_xml(attributes)

    def data(self, text: str) -> None:
        """No text is longer than a cell could be."""
        self._length += len(text)
        self._shared += len(text)
        if self._number_of_text is not None:
            self._number_of_text += text
        if self._length > LONGEST_TEXT:
            raise DeliveryTooLarge(what="characters of a cell", limit=LONGEST_TEXT)

    def end(self, tag: Any) -> None:
        """Note the length of a shared text, or that a cell asks for one."""
        if self._number_of_text is not None:
            said, self._number_of_text = self._number_of_text.strip(), None
            if said.isdecimal() and len(said) <= len(str(MOST_CELLS)) + 1:
                self._shares.asked.append(int(said))
        elif name_of(tag) == "si":
            self._shares.lengths.append(self._shared)

    def close(self) -> None:
        """Nothing to give."""

    def _span(self) -> None:
        letters = self._cell.rstrip("0123456789")
        row = self._cell[len(letters) :]
        if not row or len(row) > 7 or not 0 < len(letters) <= 3:
            return
        at, column = int(row), self._numbers.get(letters) or self._number(letters)
        if self._top <= at <= self._bottom and self._left <= column <= self._right:
            return
        self._top, self._bottom = min(self._top, at), max(self._bottom, at)
        self._left, self._right = min(self._left, column), max(self._right, column)
        if (self._bottom - self._top + 1) * (self._right - self._left + 1) > MOST_CELLS:
            raise DeliveryTooLarge(what="cells", limit=MOST_CELLS)

    def _number(self, letters: str) -> int:
        """`A` is 1, `XFD` 16384."""
        number = 0
        for letter in letters.upper():
            number = number * 26 + _COLUMN.get(letter, 0)
        self._numbers[letters] = number
        return number


def _hold_xml(attributes: Any) -> None:
    """What is read as XML later was looked at as XML here."""
    if attributes.get("Type", "").endswith(_READ) and not attributes.get("Target", "").lower().endswith(".xml"):
        raise HostileFile(what="a sheet that is no XML")
