"""A file as an agency drops it: its name, its bytes, its flag, and the truth about each of its rows."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub.simulation import names
from hub.simulation.agencies.formats import csv, json, xlsx, xml
from hub.simulation.agencies.layouts import Layout
from hub.simulation.agencies.meanings import Row
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.chance import Chance

_ENDINGS = {"csv": "csv", "xlsx": "xlsx", "xml": "xml", "soap": "xml", "json": "json", "envelope": "json"}
_MERGED = frozenset({"村居", "商会名称", "调解组织"})
_EXTRA = (("备注", ("", "已核", "见附件")), ("导出人", ("系统管理员", "admin")))
_WIDE_BRACKETS = str.maketrans("()", "（）")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a file looks: columns in order, headings as shown, and what stands around its rows."""

    columns: tuple[str, ...]
    headings: tuple[str, ...]
    titles: tuple[str, ...] = ()
    merged: bool = False
    repeated: bool = False
    closing: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """`code` is the town's or court's in its name; `cells` and `rows` stand in the same order."""

    layout: Layout
    form: str
    day: dt.date
    code: str | None
    look: Look
    cells: Sequence[Mapping[str, str]]
    rows: Sequence[Row]
    counted: bool = True
    tag: str = field(default="")

    @property
    def record(self) -> str:
        return self.layout.record

    @property
    def name(self) -> str:
        """`town-ledger_370402101_20260630.xlsx`."""
        parts = [self.record, *([self.code] if self.code else []), f"{self.day:%Y%m%d}{self.tag}"]
        return f"{'_'.join(parts)}.{_ENDINGS[self.form]}"

    def content(self) -> bytes:
        """The bytes, the same each time."""
        columns = self.look.columns
        match self.form:
            case "csv":
                headings, encoding = self.look.headings, self.layout.encoding
                return b"".join(csv.pieces(headings, columns, self.cells, encoding=encoding))
            case "xlsx":
                return self._workbook()
            case "xml":
                return xml.document(columns, self.cells, encoding=self.layout.encoding)
            case "soap":
                return xml.soap(columns, self.cells)
            case "envelope":
                return json.enveloped(columns, self.cells)
            case _:
                return json.listed(columns, self.cells)

    def flag(self, content: bytes) -> bytes:
        """What the `.ok` file holds: rows and SHA-256, or nothing."""
        if not self.counted:
            return b""
        return f"{len(self.rows)} {hashlib.sha256(content).hexdigest()}\n".encode()

    def write(self, folder: Path, *, flagged: bool = True) -> Path:
        """Drop the file, and its flag after it."""
        path, content = folder / self.name, self.content()
        path.write_bytes(content)
        if flagged:
            path.with_name(f"{path.name}.ok").write_bytes(self.flag(content))
        return path

    def _workbook(self) -> bytes:
        look = self.look
        lines: list[Sequence[str]] = [(title,) for title in look.titles]
        merges = [xlsx.Merge(number, number, 1, len(look.columns)) for number in range(1, len(lines) + 1)]
        lines.append(look.headings)
        middle = len(self.cells) // 2 if look.repeated and len(self.cells) > 5 else None
        for number, cells in enumerate(self.cells):
            if number == middle:
                lines.append(look.headings)
            lines.append([cells.get(column, "") for column in look.columns])
        if look.merged:
            first = len(look.titles) + 2
            merges += _merges(lines, look, first)
        return xlsx.workbook([*lines, *look.closing], merges)


def look_of(
    layout: Layout,
    form: str,
    cells: Sequence[Mapping[str, str]],
    chance: Chance,
    quirks: Quirks,
    titles: tuple[str, ...] = (),
) -> Look:
    """How this file looks under these titles."""
    columns = list(cells[0]) if cells else list(layout.columns)
    if chance.happens(quirks.reordered):
        chance.shuffle(columns)
    flat = form in {"csv", "xlsx"}
    headings = [_folded(one, chance, quirks) if flat else one for one in columns]
    sheet = form == "xlsx"
    return Look(
        columns=tuple(columns),
        headings=tuple(headings),
        titles=titles,
        merged=sheet and chance.happens(quirks.merged_cells),
        repeated=sheet and chance.happens(quirks.repeated_headings),
        closing=tuple(_closing(len(columns), len(cells), chance, quirks)) if sheet else (),
    )


def extended(cells: Sequence[dict[str, str]], rows: Sequence[Row], system: str) -> None:
    """Add the column that this system has beyond the agreement, to the cells and to what the rows hold raw."""
    heading, options = Chance(system).choice(_EXTRA)
    for line, row in zip(cells, rows, strict=True):
        line[heading] = Chance(f"{system}/{row.key}").choice(options)
        if isinstance(row.raw, dict):
            row.raw[heading] = line[heading]


def _folded(heading: str, chance: Chance, quirks: Quirks) -> str:
    """A heading as people type it."""
    if not chance.happens(quirks.folded_headings):
        return heading
    middle = len(heading) // 2
    return chance.choice(
        (f" {heading} ", heading.translate(_WIDE_BRACKETS), f"{heading[:middle]}\n{heading[middle:]}", f"{heading}　")
    )


def _closing(width: int, count: int, chance: Chance, quirks: Quirks) -> Iterator[tuple[str, ...]]:
    if chance.happens(quirks.totals):
        yield "合计", f"{count}件", *[""] * (width - 2)
    if chance.happens(quirks.signatures):
        writer, reader = (names.person(chance, male=chance.happens(0.5)) for _ in range(2))
        yield f"填表人：{writer}", "", f"审核人：{reader}", *[""] * (width - 3)


def _merges(lines: list[Sequence[str]], look: Look, first: int) -> Iterator[xlsx.Merge]:
    """Equal cells below each other become one; only the uppermost keeps its text. Row numbers count from 1."""
    for at, column in enumerate(look.columns):
        if column not in _MERGED:
            continue
        top = first
        for number in range(first + 1, len(lines) + 2):
            ended = number > len(lines) or not lines[top - 1][at] or lines[number - 1][at] != lines[top - 1][at]
            if not ended:
                continue
            if number - top > 1:
                yield xlsx.Merge(top, number - 1, at + 1, at + 1)
                for inner in range(top, number - 1):
                    lines[inner] = [cell if place != at else "" for place, cell in enumerate(lines[inner])]
            top = number
