"""What a file's bytes are: their hash, and the encoding that all of them fit; never a guess from a part."""

import codecs
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

from hub.errors import BadEncoding

CHUNK = 1 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HAN_THAT_ARE_NO_CHANCE = 3


def sha256(path: Path) -> str:
    """The SHA-256 of the whole file in lower-case hex."""
    found = hashlib.sha256()
    for chunk in _chunks(path):
        found.update(chunk)
    return found.hexdigest()


def encoding_of(path: Path) -> str:
    """The codec that the whole file fits: by its byte order mark, else UTF-8, else GB18030 (which holds GBK).

    What the file or its agreement claims does not count. BadEncoding (HUB-316) where none fits, where a character
    is cut off at the end, and where some lines are in UTF-8 and others are not.
    """
    with path.open("rb") as file:
        begin = file.read(3)
    marked = next((codec for mark, codec in _BOMS if begin.startswith(mark)), None)
    for codec in [marked] if marked else ["utf-8", "gb18030"]:
        if _fits(path, codec):
            if codec == "gb18030" and _holds_utf8(path):
                break
            return codec
    raise BadEncoding


class Utf8(io.RawIOBase):
    """The text of a file as bytes in UTF-8, whatever its encoding is, as it is read."""

    def __init__(self, path: Path, codec: str) -> None:
        super().__init__()
        self._chunks = _chunks(path)
        self._decoder = codecs.getincrementaldecoder(codec)()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002 - readers take what they are given
        """The next bytes; none at the end only."""
        for chunk in self._chunks:
            found = self._decoder.decode(chunk)
            if found:
                return found.encode()
        return self._decoder.decode(b"", final=True).encode()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _fits(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for chunk in _chunks(path):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _holds_utf8(path: Path) -> bool:
    """Whether a line of a file that is not UTF-8 is: GB18030 would read it as other characters without complaint."""
    with path.open("rb") as file:
        return any(not line.isascii() and _is_chinese(line) for line in iter(lambda: file.readline(CHUNK), b""))


def _is_chinese(line: bytes) -> bool:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return False
    return sum("\u4e00" <= character <= "\u9fff" for character in text) >= _HAN_THAT_ARE_NO_CHANCE
