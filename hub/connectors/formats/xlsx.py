"""XLSX: the visible sheets that have the agreement's headings, merged cells filled down."""

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from hub.connectors.formats.sheet import Found, Sheet, table
from hub.errors import BrokenFile, DeliveryTooLarge, MissingHeading
from hub.exchange_settings import Exchange

MOST_MERGED = 200_000
FIRST_INEXACT = 1e16
"""Whole numbers of a spreadsheet are exact below; from here on their text shows that digits were lost."""


def read(path: Path, exchange: Exchange) -> Sheet:
    """The rows of every visible sheet that has the mandatory headings; MissingHeading where none has.

    A row's place is its number in its sheet, counted on from one sheet to the next. All cells are held in memory:
    `workbook.inspect` has to say first that they fit.
    """
    try:
        book = CalamineWorkbook.from_path(path)
        sheets = [book.get_sheet_by_name(name) for name in _visible(book)]
    except (CalamineError, OSError, ValueError) as error:
        raise BrokenFile(place="workbook") from error
    return _joined(sheets, exchange)


def _visible(book: CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]


def _joined(sheets: Iterable[CalamineSheet], exchange: Exchange) -> Sheet:
    tables: list[Sheet] = []
    refusals: list[MissingHeading] = []
    height = 0
    for sheet in sheets:
        try:
            tables.append(table(_grid(sheet, height), exchange))
        except MissingHeading as error:
            refusals.append(error)
        height += (sheet.end or (0, 0))[0] + 1
    if not tables:
        raise refusals[0] if refusals else MissingHeading(headings="、".join(exchange.mandatory))
    titles = tuple(title for found in tables for title in found.titles)
    return Sheet(_rows(tables), titles, set().union(*(found.seen for found in tables)))


def _rows(tables: Iterable[Sheet]) -> Iterator[Found]:
    for found in tables:
        yield from found.rows


def _grid(sheet: CalamineSheet, height: int) -> Iterator[tuple[int, list[str]]]:
    below = _merged_below(sheet, left=(sheet.start or (0, 0))[1])
    above: list[str] = []
    for number, values in enumerate(sheet.iter_rows()):
        cells = [_text(value) for value in values]
        for column in below.get(number, ()):
            if column < len(cells) and not cells[column] and column < len(above):
                cells[column] = above[column]
        above = cells
        yield height + number + 1, cells


def _merged_below(sheet: CalamineSheet, *, left: int) -> dict[int, list[int]]:
    """The cells of merged ranges that stand below their first: columns by row. Rows that are joined across stay."""
    below: dict[int, list[int]] = {}
    last, count = (sheet.end or (0, 0))[0], 0
    for (first, column), (end, _) in sheet.merged_cell_ranges or []:
        count += max(0, min(end, last) - first)
        if count > MOST_MERGED:
            raise DeliveryTooLarge(what="merged cells", limit=MOST_MERGED)
        for row in range(first + 1, min(end, last) + 1):
            below.setdefault(row, []).append(column - left)
    return below


def _text(value: Any) -> str:
    """A cell as its sender sees it: numbers without a needless point, days without midnight."""
    match value:
        case str():
            return value
        case bool():
            return "是" if value else "否"
        case float() if value.is_integer() and abs(value) < FIRST_INEXACT:
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime():
            return value.isoformat(" ", "seconds")
        case _:
            return str(value)
