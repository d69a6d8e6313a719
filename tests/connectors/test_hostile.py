"""Files made to hurt: refused with a code or made harmless, within a minute and 300 MiB, never taken in part."""

import base64
import multiprocessing
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.connectors.writing import AGREEMENTS, TODAY, enveloped, good_row, named, places, table_text, write, xml_text

from hub.connectors.base import open_delivery
from hub.connectors.records import CaseRow, Row
from hub.errors import AgencyError, BrokenFile, DeliveryTooLarge, HostileFile

MIB = 1 << 20
MOST_MEMORY = 300 * MIB
MOST_SECONDS = 60
SIZE = 200 * MIB
SHEET = "xl/worksheets/sheet1.xml"


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


def rezipped(path: Path, **changed: bytes) -> None:
    held = parts(path) | {SHEET: changed.pop("sheet")} if "sheet" in changed else parts(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in {**held, **changed}.items():
            book.writestr(name, content)


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book, book.open("xl/media/a.xml", "w", force_zip64=True) as part:
        for _ in range(SIZE // MIB):
            part.write(b" " * MIB)


def far_cell(path: Path) -> None:
    rezipped(
        path, sheet=parts(path)[SHEET].replace(b'r="B1"', b'r="XFD1048576"').replace(b"</sheetData>", FAR + b"</sheetData>")
    )


def sheet_of_one_text(path: Path) -> None:
    text = b"<is><t>" + b"x" * (90 * MIB) + b"</t></is>"
    rezipped(
        path,
        sheet=parts(path)[SHEET].replace(
            b"</sheetData>", b'<row r="9"><c r="A9" t="inlineStr">' + text + b"</c></row></sheetData>"
        ),
    )


def doctype_in_a_sheet(path: Path) -> None:
    rezipped(path, sheet=b'<!DOCTYPE x [<!ENTITY e "x">]>' + parts(path)[SHEET])


def sheet_that_is_a_picture(path: Path) -> None:
    held = parts(path)
    relations = held["xl/_rels/workbook.xml.rels"].replace(b"sheet1.xml", b"sheet1.png")
    rezipped(path, **{"xl/_rels/workbook.xml.rels": relations, "xl/worksheets/sheet1.png": held[SHEET]})


def lying_size(path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = content.rfind(SHEET.encode()) - 46 + 24
    content[at : at + 4] = (100).to_bytes(4, "little")
    path.write_bytes(content)


def shared_text(path: Path) -> None:
    """One long text that a hundred thousand cells share."""
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(9, 100_000))
    shared = b"<sst><si><t>" + b"x" * 900_000 + b"</t></si></sst>"
    rezipped(
        path, **{"xl/sharedStrings.xml": shared, SHEET: parts(path)[SHEET].replace(b"</sheetData>", rows + b"</sheetData>")}
    )


def merged_over_and_over(path: Path) -> None:
    merged = b'<mergeCells count="9">' + b'<mergeCell ref="A1:A1048576"/>' * 500_000 + b"</mergeCells>"
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>0</v></c></row>' % (n, n) for n in range(9, 50_000))
    rezipped(path, sheet=parts(path)[SHEET].replace(b"</sheetData>", rows + b"</sheetData>" + merged))


FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]><rows><row>&a9;</row></rows>'.encode()
BOOKS: dict[str, Callable[[Path], None]] = {
    "zip bomb": zip_bomb,
    "far cell": far_cell,
    "one long text": sheet_of_one_text,
    "doctype": doctype_in_a_sheet,
    "sheet as picture": sheet_that_is_a_picture,
    "lying size": lying_size,
    "shared text": shared_text,
    "merged over and over": merged_over_and_over,
}
TEXTS: dict[str, tuple[str, Callable[[], Iterator[bytes]]]] = {
    "CSV cell": (
        "petition",
        lambda: around(table_text([good_row("petition")], list(good_row("petition"))).encode(), b'"', b"x", b'"'),
    ),
    "CSV cell of lines": ("petition", lambda: around(table_text([], list(good_row("petition"))).encode(), b'"', b"x\n", b'"')),
    "CSV heading": ("petition", lambda: around("信访件编号,信访人,登记日期".encode(), b"", b",", b"\n")),
    "JSON cell": ("market", lambda: around(b'[{"a":"', b"", b"x", b'"}]')),
    "JSON depth": ("market", lambda: around(b"", b"", b"[", b"")),
    "JSON envelope": ("market", lambda: (b'{"a%d":0,' % n if not n else b'"a%d":0,' % n for n in range(SIZE // 40))),
    "JSON keys": ("market", lambda: around(b'[{"a":0', b"", b',"a":0', b"}]")),
    "XML cell": ("appraisal", lambda: around(b"<rows><row><a>", b"", b"x", b"</a></row></rows>")),
    "XML depth": ("appraisal", lambda: around(b"", b"", b"<a>", b"")),
    "XML leaves": ("appraisal", lambda: around(b"<rows>", b"", b"<a/>", b"</rows>")),
    "XML attributes": ("appraisal", lambda: (b"<rows " if not n else b'a%d="" ' % n for n in range(SIZE // 100))),
    "XML attributes of many": (
        "appraisal",
        lambda: around(b"<rows>", b"", b"<a " + b" ".join(b'b%d=""' % n for n in range(199)) + b"/>", b"</rows>"),
    ),
    "SOAP attributes": ("health", lambda: (b"<rows " if not n else b'a%d=">" ' % n for n in range(SIZE // 100))),
    "XML comment": ("appraisal", lambda: around(b"<rows><!--", b"", b"x", b"--></rows>")),
    "XML entities": ("appraisal", lambda: iter([BOMB])),
    "SOAP entities": ("health", lambda: iter([enveloped(BOMB)])),
    "SOAP text": ("health", lambda: around(b"<e><b>", b"", b"x", b"</b></e>")),
    "SOAP cell": ("health", lambda: around(b"<e><b>", base64.b64encode(b"<rows><row><a>xx"), b"eHh4", b"</b></e>")),
    "binary": ("petition", lambda: around(b"", b"", b"\x00", b"")),
}


def around(begin: bytes, before: bytes, filling: bytes, end: bytes) -> Iterator[bytes]:
    yield begin
    yield before
    block = filling * (MIB // len(filling))
    for _ in range(SIZE // MIB):
        yield block
    yield end


def refused(record: str, path: Path) -> str:
    try:
        list(open_delivery(path, AGREEMENTS[record], today=TODAY, places=places()).rows())
    except AgencyError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def watched(record: str, path: Path, told: "multiprocessing.Queue[tuple[str, float, int]]") -> None:
    """In a process of its own: what became of the file, the seconds and the bytes it took at most."""
    begun = time.monotonic()
    outcome = refused(record, path)
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    told.put((outcome, time.monotonic() - begun, int(peak.split()[1]) << 10))


def hold_bounds(record: str, path: Path) -> None:
    spawned = multiprocessing.get_context("spawn")
    told = spawned.Queue()
    process = spawned.Process(target=watched, args=(record, path, told))
    process.start()
    outcome, seconds, peak = told.get(timeout=2 * MOST_SECONDS)
    process.join()

    assert outcome
    assert seconds < MOST_SECONDS
    assert peak < MOST_MEMORY


@pytest.mark.long
@pytest.mark.parametrize("kind", BOOKS)
def test_a_hostile_workbook_costs_little(kind: str, tmp_path: Path) -> None:
    path = write(named(tmp_path, "finance"), AGREEMENTS["finance"], [good_row("finance")])
    BOOKS[kind](path)

    hold_bounds("finance", path)


@pytest.mark.long
@pytest.mark.parametrize("kind", TEXTS)
def test_a_hostile_text_costs_little(kind: str, tmp_path: Path) -> None:
    record, content = TEXTS[kind]
    with (path := named(tmp_path, record)).open("wb") as file:
        file.writelines(content())

    hold_bounds(record, path)


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (far_cell, DeliveryTooLarge),
        (doctype_in_a_sheet, HostileFile),
        (sheet_that_is_a_picture, HostileFile),
        (lying_size, BrokenFile),
    ],
)
def test_a_hostile_workbook_is_refused(spoil: Callable[[Path], None], error: type[AgencyError], tmp_path: Path) -> None:
    path = write(named(tmp_path, "finance"), AGREEMENTS["finance"], [good_row("finance")])
    spoil(path)

    with pytest.raises(error):
        open_delivery(path, AGREEMENTS["finance"], today=TODAY, places=places())


@pytest.mark.parametrize("record", ["petition", "market", "appraisal", "finance", "health"])
def test_entities_and_archives_in_the_wrong_place_are_refused(record: str, tmp_path: Path) -> None:
    for content in (BOMB, enveloped(BOMB), b"PK\x03\x04" + bytes(99), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x1f\x8b"):
        (path := named(tmp_path, record)).write_bytes(content)

        assert refused(record, path)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_a_formula_in_a_cell_is_text_and_its_row_counts(sign: str, tmp_path: Path) -> None:
    formula = f"{sign}HYPERLINK(A1)"
    row = good_row("petition") | {"信访人": formula, "反映问题": formula, "被反映方": formula, "内容分类": formula}
    path = write(named(tmp_path, "petition"), AGREEMENTS["petition"], [row])

    (found,) = open_delivery(path, AGREEMENTS["petition"], today=TODAY, places=places()).rows()

    assert isinstance(found, Row)
    assert isinstance(found.content, CaseRow)
    shown = [found.content.text, found.content.title, found.content.raw_type, found.content.applicants[0].name]
    assert all(text and text.startswith("'") for text in shown)
    assert found.content.dispute_type == "99"
    assert found.raw["信访人"] == formula


def test_one_bad_row_at_the_end_takes_nothing_from_the_others(tmp_path: Path) -> None:
    rows = [good_row("appraisal", number) for number in range(50)]
    (path := named(tmp_path, "appraisal")).write_text(xml_text(rows, list(rows[0])).replace("</rows>", "<row>"), "utf-8")

    assert refused("appraisal", path).startswith("BrokenFile")
