"""XML: rows are elements whose children are named like the agreement's columns. No document type, no entities."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

from hub.connectors.formats.encoding import Utf8, encoding_of
from hub.connectors.formats.sheet import Found, Sheet, known_tags
from hub.errors import BrokenFile, DeliveryTooLarge, ErrorReply, HostileFile
from hub.exchange_settings import Exchange
from hub.rules.values import heading

DEEPEST = 64
MOST_LEAVES = 2_000
MOST_ATTRIBUTES = 200
"""Of an element: it is read whole before anybody can look at it, and each attribute costs thirty times its text."""

_ATTRIBUTE = re.compile(rb"=\s*[\"']")
SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""Never loads, expands or fetches anything; a text may have ten million characters (libxml2's own limit)."""


def read(path: Path, exchange: Exchange) -> Sheet:
    """The rows of an XML file, streamed. What the prolog says of the encoding does not count: the bytes do.

    HostileFile (HUB-320) for a document type, BrokenFile for what is no XML to its end, ErrorReply for a document
    that says something and holds no row.
    """
    sheet = Sheet(iter(()))
    sheet.rows = _rows(path, encoding_of(path), sheet, known_tags(exchange))
    return sheet


class Bounded(Utf8):
    """The bytes of a document, as long as no element has more attributes than it could need."""

    _attributes = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes; DeliveryTooLarge (HUB-319) for those of a tag that goes on and on."""
        found = super().read(size)
        first, *others = found.split(b"<")
        self._attributes += len(_ATTRIBUTE.findall(first))
        for piece in others:
            self._hold()
            self._attributes = len(_ATTRIBUTE.findall(piece)) if b"=" in piece else 0
        self._hold()
        return found

    def _hold(self) -> None:
        if self._attributes > MOST_ATTRIBUTES:
            raise DeliveryTooLarge(what="attributes", limit=MOST_ATTRIBUTES)


def name_of(tag: Any) -> str:
    """A tag or an attribute's name without its namespace."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _rows(path: Path, codec: str, sheet: Sheet, tags: dict[str, str]) -> Iterator[Found]:
    depth = leaves = place = 0
    spoke = False
    for event, element in _events(path, codec):
        if event == "start":
            depth += 1
            _hold_bounds(element, depth, leaves)
            continue
        depth -= 1
        if not len(element):
            leaves += 1
            spoke = spoke or bool(element.text and element.text.strip())
            continue
        cells, agreed = _cells(element, tags)
        if agreed > 1:
            place += 1
            sheet.seen.update(column for column in tags.values() if column in cells)
            yield Found(place, cells)
        if agreed > 1 or depth == 0:
            leaves = 0
            _forget(element)
    if spoke and not place:
        raise ErrorReply


def _events(path: Path, codec: str) -> Iterator[tuple[str, Any]]:
    try:
        yield from etree.iterparse(Bounded(path, codec), events=("start", "end"), encoding="utf-8", **SAFE)
    except etree.XMLSyntaxError as error:
        raise BrokenFile(place=f"XML, line {error.lineno or 0}") from None


def _hold_bounds(element: Any, depth: int, leaves: int) -> None:
    if depth == 1 and element.getroottree().docinfo.doctype:
        raise HostileFile(what="DOCTYPE")
    if depth > DEEPEST:
        raise DeliveryTooLarge(what="levels", limit=DEEPEST)
    if leaves > MOST_LEAVES:
        raise DeliveryTooLarge(what="elements of a row", limit=MOST_LEAVES)


def _cells(element: Any, tags: dict[str, str]) -> tuple[dict[str, str], int]:
    """What an element's attributes and children say, by column where the agreement has one; how many it has."""
    said = [(name_of(name), text) for name, text in element.attrib.items()]
    said += [(name_of(child.tag), child.text or "") for child in element if not len(child)]
    cells: dict[str, str] = {}
    agreed = 0
    for name, text in said:
        column = tags.get(heading(name))
        agreed += column is not None
        cells[column or name] = text
    return cells, agreed


def _forget(element: Any) -> None:
    """Drop a row that was read, and what stands before it, or the tree grows with the file."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
