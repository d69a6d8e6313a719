"""SOAP: an envelope whose body holds the rows' XML in base64, unwrapped as it is read."""

import binascii
import tempfile
from pathlib import Path
from typing import IO, Any

from lxml import etree

from hub.connectors.formats import xml
from hub.connectors.formats.encoding import encoding_of
from hub.connectors.formats.sheet import Sheet
from hub.errors import BrokenFile, DeliveryTooLarge, ErrorReply, HostileFile
from hub.exchange_settings import Exchange

LARGEST_BODY = 512 << 20
PIECE = 1 << 16


def read(path: Path, exchange: Exchange) -> Sheet:
    """The rows inside the envelope. ErrorReply (HUB-321) for a fault, or where the body holds no base64."""
    body = tempfile.NamedTemporaryFile(prefix="hub-", suffix=".xml")  # noqa: SIM115 - it lives as long as its rows
    try:
        _unwrap(path, body)
        sheet = xml.read(Path(body.name), exchange)
    except BaseException:
        body.close()
        raise
    sheet.rows = _closing(sheet.rows, body)
    return sheet


def _closing(rows: Any, body: IO[bytes]) -> Any:
    with body:
        yield from rows


def _unwrap(path: Path, body: IO[bytes]) -> None:
    target = _Envelope(body)
    parser = etree.XMLParser(target=target, encoding="utf-8", **xml.SAFE)
    source = xml.Bounded(path, encoding_of(path))
    try:
        while piece := source.read():
            parser.feed(piece)
        parser.close()
    except etree.XMLSyntaxError as error:
        raise BrokenFile(place=f"SOAP, line {error.lineno or 0}") from None
    if not target.size:
        raise ErrorReply
    body.flush()


class _Envelope:
    """Writes down what the one text in base64 decodes to; other texts are the envelope's own words."""

    def __init__(self, body: IO[bytes]) -> None:
        self.size = 0
        self._body = body
        self._begin()

    def doctype(self, *_: Any) -> None:
        """Refuse it before anything that it declares could be used."""
        raise HostileFile(what="DOCTYPE")

    def start(self, tag: Any, _: Any) -> None:
        """A fault is no answer; anything else begins a new text."""
        if xml.name_of(tag) == "Fault":
            raise ErrorReply
        self._begin()

    def data(self, text: str) -> None:
        """Decode what is complete of it."""
        if not self._passing:
            self._pending += "".join(text.split())
            if len(self._pending) >= PIECE:
                self._write(len(self._pending) // 4 * 4)

    def end(self, _: Any) -> None:
        """Decode the rest."""
        if self._pending and not self._passing:
            self._write(len(self._pending))
        self._begin()

    def close(self) -> None:
        """Nothing more comes."""

    def _begin(self) -> None:
        self._pending, self._length, self._passing = "", 0, False

    def _write(self, end: int) -> None:
        text, self._pending = self._pending[:end], self._pending[end:]
        try:
            decoded = binascii.a2b_base64(text, strict_mode=True)
        except ValueError:  # binascii.Error is one, and so is what text beyond ASCII raises
            decoded = b""
        if not self._length and not decoded.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            self._passing = True
            return
        if not decoded or (self.size and not self._length):
            raise BrokenFile(place="SOAP, base64")
        self._length += len(text)
        self.size += self._body.write(decoded)
        if self.size > LARGEST_BODY:
            raise DeliveryTooLarge(what="bytes of the body", limit=LARGEST_BODY)
