"""Sheets: the few parts of a workbook that every reader asks for, zipped."""

import html
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.simulation.agencies.cells import DateNumber, Number

_MADE = (2025, 1, 1, 0, 0, 0)
"""The moment of every part, so that the same rows are the same bytes."""

_PLACES = ["", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U"]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PROLOG = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
        '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" xfId="0"/><xf numFmtId="14" xfId="0" applyNumberFormat="1"/></cellXfs>'
        "</styleSheet>"
    ),
}
"""Every part but the sheet; style 1 is a date."""


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells of one column that are one; rows and columns count from 1."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def __str__(self) -> str:
        return f"{_PLACES[self.first_column]}{self.first_row}:{_PLACES[self.last_column]}{self.last_row}"


def workbook(lines: Iterable[Sequence[str]], merges: Sequence[Merge] = ()) -> bytes:
    """A workbook of one sheet; an empty cell is left out, as spreadsheets do."""
    return zipped(PARTS | {"xl/worksheets/sheet1.xml": sheet(lines, merges)})


def sheet(lines: Iterable[Sequence[str]], merges: Sequence[Merge] = ()) -> str:
    """The part that holds the cells."""
    rows = "".join(_row(number, line) for number, line in enumerate(lines, 1))
    merged = "".join(f'<mergeCell ref="{merge}"/>' for merge in merges)
    merged = f'<mergeCells count="{len(merges)}">{merged}</mergeCells>' if merges else ""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{merged}</worksheet>'


def zipped(parts: dict[str, str]) -> bytes:
    """The parts as a zip archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _MADE), PROLOG + text, zipfile.ZIP_DEFLATED)
    return held.getvalue()


def _row(number: int, line: Sequence[str]) -> str:
    cells = "".join(_cell(f"{_PLACES[at]}{number}", cell) for at, cell in enumerate(line, 1) if cell)
    return f'<row r="{number}">{cells}</row>'


def _cell(where: str, cell: str) -> str:
    if isinstance(cell, Number):
        style = ' s="1"' if isinstance(cell, DateNumber) else ""
        return f'<c r="{where}"{style}><v>{cell}</v></c>'
    text = html.escape(cell, quote=False)
    return f'<c r="{where}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
