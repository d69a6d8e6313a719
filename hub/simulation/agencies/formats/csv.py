"""Comma-separated text in whatever encoding the agency's system has."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

_LINES = 2_000


def pieces(
    headings: Sequence[str], columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, encoding: str
) -> Iterator[bytes]:
    """The file, some thousand lines at a time. `headings` are as shown, `columns` as the rows name them."""
    first = True
    for block in _blocks(rows):
        text = io.StringIO()
        writer = csv.writer(text)
        if first:
            writer.writerow(headings)
        writer.writerows([str(row.get(column, "")) for column in columns] for row in block)
        yield encoded(text.getvalue(), encoding if first else encoding.removesuffix("-sig"))
        first = False


def encoded(text: str, encoding: str) -> bytes:
    """A system that says GBK writes GB18030 when a name needs it: the first knows fewer signs than people have."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode("gb18030")


def _blocks(rows: Iterable[Mapping[str, str]]) -> Iterator[list[Mapping[str, str]]]:
    block: list[Mapping[str, str]] = []
    for row in rows:
        block.append(row)
        if len(block) == _LINES:
            yield block
            block = []
    yield block
