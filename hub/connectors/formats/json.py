"""JSON: a list of rows, or an envelope `{code, msg, data}` around one, read piece by piece."""

import json
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from hub.connectors.formats.encoding import encoding_of
from hub.connectors.formats.sheet import Found, Sheet, known
from hub.errors import BrokenFile, DeliveryTooLarge, ErrorReply
from hub.exchange_settings import Exchange
from hub.rules.values import heading

PIECE = 1 << 16
LONGEST_ROW = 1 << 21
DEEPEST = 8
MOST_WORDS = 1_000
HOLDERS = frozenset({"data", "rows", "list", "records", "result", "results", "items", "content", "body"})
CODES = frozenset({"code", "errcode", "errorcode", "resultcode", "retcode", "success"})
GOOD_CODES = frozenset({"", "0", "00", "000", "0000", "00000", "200", "success", "ok", "true", "是"})


def read(path: Path, exchange: Exchange) -> Sheet:
    """The rows of a JSON file; each at most two million characters.

    ErrorReply (HUB-321) for an envelope that says so or holds no data; BrokenFile (HUB-317) for what is no JSON or
    goes on after its end, for data that is no list, and for agreed columns that hold anything but a text, a number
    or null.
    """
    sheet = Sheet(iter(()))
    sheet.rows = _rows(_Text(path, encoding_of(path)), sheet, known(exchange))
    return sheet


class _Text:
    """JSON text through a window that moves on and never grows beyond the longest row."""

    def __init__(self, path: Path, codec: str) -> None:
        self._pieces = _pieces(path, codec)
        self._window = ""
        self._at = 0
        self._decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)

    def sign(self) -> str:
        """The next sign that is no space, which stays; empty at the end."""
        while True:
            while self._at < len(self._window):
                if self._window[self._at] not in " \t\r\n":
                    return self._window[self._at]
                self._at += 1
            if not self._more():
                return ""

    def take(self, *signs: str) -> str:
        """The next sign, which must be one of these."""
        found = self.sign()
        if found not in signs or not found:
            raise BrokenFile(place="JSON")
        self._at += 1
        return found

    def value(self) -> Any:
        """The next value, whole. Numbers stay the text that they are."""
        self.sign()
        while True:
            try:
                found, end = self._decoder.raw_decode(self._window, self._at)
            except (json.JSONDecodeError, RecursionError) as error:
                if isinstance(error, RecursionError) or not self._more():
                    raise BrokenFile(place="JSON") from None
                continue
            if end < len(self._window) or not self._more():
                self._at = end
                return found

    def _more(self) -> bool:
        piece = next(self._pieces, "")
        self._window, self._at = self._window[self._at :] + piece, 0
        if len(self._window) > LONGEST_ROW:
            raise DeliveryTooLarge(what="characters of a row", limit=LONGEST_ROW)
        return bool(piece)


def _pieces(path: Path, codec: str) -> Iterator[str]:
    with path.open(encoding=codec) as text:
        size = PIECE
        while piece := text.read(size):
            yield piece
            # A long value is tried again with each piece: ever larger ones keep that from being felt.
            size = min(size * 2, LONGEST_ROW // 2)


def _rows(text: _Text, sheet: Sheet, columns: Mapping[str, str]) -> Iterator[Found]:
    found = _list(text) if text.sign() == "[" else _envelope(text, columns, 1)
    for place, row in enumerate(found, 1):
        named = {columns.get(heading(name), name): value for name, value in row.items()}
        if any(column in named and isinstance(named[column], bool | dict | list) for column in columns.values()):
            raise BrokenFile(place=f"JSON, row {place}")
        cells = {name: _cell(value) for name, value in named.items()}
        sheet.seen.update(column for column in columns.values() if column in cells)
        yield Found(place, cells)
    if text.sign():
        raise BrokenFile(place="JSON")


def _list(text: _Text) -> Iterator[dict[str, Any]]:
    text.take("[")
    if text.sign() == "]":
        text.take("]")
        return
    ended = ","
    while ended == ",":
        row = text.value()
        if not isinstance(row, dict):
            raise BrokenFile(place="JSON")
        yield row
        ended = text.take(",", "]")


def _envelope(text: _Text, columns: Mapping[str, str], depth: int) -> Generator[dict[str, Any], None, bool]:
    """The rows inside, or the object itself where it is one; afterwards what an envelope says of itself decides.

    Gives back whether it held rows, or a list that could have.
    """
    said, held, hollow = dict[str, Any](), False, False
    ended = text.take("{")
    if text.sign() == "}":
        ended = text.take("}")
    while ended != "}":
        if text.sign() != '"':
            raise BrokenFile(place="JSON")
        name = text.value()
        text.take(":")
        if name in HOLDERS and text.sign() in {"[", "{"} and depth < DEEPEST:
            if text.sign() == "[":
                yield from _list(text)
                held = True
            elif (yield from _envelope(text, columns, depth + 1)):
                held = True
            else:
                hollow = True
        else:
            said[name] = text.value()
        if len(said) > MOST_WORDS:
            raise DeliveryTooLarge(what="words of an envelope", limit=MOST_WORDS)
        ended = text.take(",", "}")
    if sum(heading(name) in columns for name in said) > 1:
        yield said
        held = True
    elif depth == 1:
        _hold_success(said, held=held, hollow=hollow)
    return held


def _hold_success(said: Mapping[str, Any], *, held: bool, hollow: bool) -> None:
    """A good code beside data that is no list says nothing: only an explicit empty list is an empty file."""
    codes = [_cell(value).casefold() for name, value in said.items() if name.casefold() in CODES]
    if any(code not in GOOD_CODES for code in codes):
        raise ErrorReply
    if not held:
        empty = any(name in said and not _is_message(said[name]) for name in HOLDERS)
        raise BrokenFile(place="JSON, data") if hollow or empty else ErrorReply


def _is_message(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _cell(value: Any) -> str:
    """A value as the text that a table would hold."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case str() if value.isprintable():
            return value
        case str():
            # Escapes can spell halves of characters, which no text may hold.
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case _:
            return json.dumps(value, ensure_ascii=False)


def _no_constant(_: str) -> Any:
    raise BrokenFile(place="JSON")
