"""Files that no hub may choke on, nor take in part: bombs, lies about themselves, halves, errors dressed as answers."""

import base64
import datetime as dt
import enum
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.simulation.agencies.files import File
from hub.simulation.agencies.formats import csv, xlsx
from hub.simulation.agencies.formats.xml import tag
from hub.simulation.agencies.layouts import LAYOUTS

_DAY = dt.date(2025, 6, 30)
_BLOCK = 1 << 20
_KINDS = {"csv": "csv", "xlsx": "xlsx", "xml": "xml", "soap": "xml", "json": "json", "envelope": "json"}


class Outcome(enum.Enum):
    """What must become of a hostile file as a whole."""

    REFUSED = "refused with a code, nothing of it applied"
    TAKEN = "taken, with what is dangerous in it made harmless"
    EITHER = "refused, or taken whole as what it really is; never in part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A file that is made while it is written, as some are large. `flag` is what its `.ok` holds."""

    kind: str
    record: str
    outcome: Outcome
    pieces: Callable[[], Iterable[bytes]]
    flag: bytes = b""
    code: str = ""

    @property
    def name(self) -> str:
        return f"{self.record}{self.code}_{_DAY:%Y%m%d}.{_KINDS[LAYOUTS[self.record].form]}"

    def write(self, folder: Path) -> Path:
        """Drop it with its flag; the folder is its own, as names repeat."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.name
        with path.open("wb") as stream:
            stream.writelines(self.pieces())
        path.with_name(f"{path.name}.ok").write_bytes(self.flag)
        return path


def hostile(honest: Mapping[str, File], *, size: int = 200 << 20) -> Iterator[Hostile]:
    """Every kind. `honest` holds a good file per record that is to be spoilt: petition (utf-8 CSV), police-order
    (GB18030 CSV), market, health, court-referral (XML), appraisal, finance (XLSX). `size` is what bombs unpack to.
    """
    yield from _archives(honest["finance"], size)
    yield from _entities(honest["health"])
    yield from _encodings(honest["petition"], honest["police-order"], honest["court-referral"])
    yield from _halves(honest)
    yield from _answers()
    yield from _cells(size)
    yield from _headings(honest["petition"])
    yield from _flags(honest["petition"])


def _archives(honest: File, size: int) -> Iterator[Hostile]:
    record, whole = honest.record, honest.content()
    sheet = "xl/worksheets/sheet1.xml"
    good = zipfile.ZipFile(io.BytesIO(whole)).read(sheet).decode().removeprefix(xlsx.PROLOG)
    corner = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    far = good.replace("</sheetData>", corner)
    broad = good.replace("<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>')
    doctype = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xlsx.sheet([["&e;"]])
    many: dict[str, str] = {f"xl/media/part{number}.xml": "x" for number in range(20_000)}
    yield _refused("zip bomb", record, lambda: _bomb(sheet, size))
    yield _either("cell in the far corner", record, lambda: [xlsx.zipped(xlsx.PARTS | {sheet: far})])
    yield _either("dimension of the whole sheet", record, lambda: [xlsx.zipped(xlsx.PARTS | {sheet: broad})])
    yield _refused("doctype in a sheet", record, lambda: [xlsx.zipped(xlsx.PARTS | {sheet: doctype})])
    yield _refused("twenty thousand parts", record, lambda: [xlsx.zipped(xlsx.PARTS | many)])
    yield _refused(
        "page of a browser", record, _given("<html><table><tr><td>纠纷编号</td></tr></table></html>".encode())
    )
    yield _refused("locked workbook", record, _given(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096)))
    yield _refused("half a workbook", record, _given(whole[: len(whole) // 2]))
    yield _refused("workbook without a sheet", record, lambda: [xlsx.zipped(xlsx.PARTS)])


def _entities(honest: File) -> Iterator[Hostile]:
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]><records><record>&a9;</record></records>'
    outside = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><records/>'
    reading = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><records>&e;</records>'
    square = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "{"x" * 50_000}">]><records>{"&a;" * 50_000}</records>'
    text = {"entity expansion": bomb, "outside doctype": outside, "entity of a file": reading, "long entity": square}
    for kind, document in text.items():
        yield _refused(kind, "appraisal", _given(document.encode()))
        body = honest.content().split(b"<return>")[0] + b"<return>" + base64.b64encode(document.encode())
        yield _refused(f"{kind} in the body", "health", _given(body, _TAIL))
    deep = 200_000
    yield _refused("deep tags", "appraisal", lambda: [b"<records>", b"<a>" * deep, b"</a>" * deep, b"</records>"])
    yield _refused("body that is no base64", "health", _given(_HEAD, "不是编码".encode(), _TAIL))


_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope '
    b'xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header/><soapenv:Body>'
    b'<ns1:pushResponse xmlns:ns1="http://service.exchange/"><return>'
)
_TAIL = b"</return></ns1:pushResponse></soapenv:Body></soapenv:Envelope>"


def _encodings(plain: File, chinese: File, document: File) -> Iterator[Hostile]:
    utf8, gb, tree = plain.content(), chinese.content(), document.content()
    other = utf8.decode().encode("gb18030")
    lying = tree.replace(b"GB18030", b"UTF-8", 1)
    yield _either("GB18030 that claims UTF-8", plain.record, _given(other))
    yield _either("UTF-8 that claims GB18030", chinese.record, _given(gb.decode("gb18030").encode()))
    yield _either("UTF-16", plain.record, _given(utf8.decode().encode("utf-16")))
    yield _either("prolog that lies", document.record, _given(lying), code="_鲁0402")
    yield _refused("one bad byte at the end", plain.record, lambda: [utf8 * 200, b"\xff\xfe\xff\xff\x80"])
    yield _refused("half a character at the end", plain.record, _given(utf8.rstrip(), "一".encode()[:2]))
    yield _refused("null bytes", plain.record, _given(utf8[:80], bytes(4096), utf8[80:]))


def _halves(honest: Mapping[str, File]) -> Iterator[Hostile]:
    for record in ("appraisal", "health", "market"):
        whole = honest[record].content()
        yield _refused("half a file", record, _given(whole[: len(whole) // 2]))
    whole = honest["petition"].content()
    half = whole[: len(whole) // 2]
    yield _refused("half a file", "petition", _given(half), flag=_flag(len(honest["petition"].rows), whole))
    yield _refused("open quotation", "petition", lambda: [whole, b'"XF1,2025-06-01,', b"x," * 50])
    yield _refused("nothing at all", "petition", _given(b""))


def _answers() -> Iterator[Hostile]:
    told = {
        "error envelope": '{"code":500,"msg":"系统繁忙，请稍后再试","data":null}',
        "error envelope with rows": '{"code":"E0401","msg":"签名错误","data":[]}',
        "page of maintenance": "<!DOCTYPE html><html><body>系统维护中</body></html>",
        "null": "null",
        "number": "42",
        "data that is text": '{"code":0,"msg":"success","data":"MTIz"}',
        "rows that are lists": '{"code":0,"msg":"success","data":[["TS1","2025-06-01"]]}',
        "cells that are objects": '{"code":0,"msg":"success","data":[{"投诉编号":{"$gt":""},"投诉人":[1]}]}',
        "not a number": '{"code":0,"msg":"success","data":[{"投诉编号":NaN}]}',
    }
    for kind, text in told.items():
        yield _refused(kind, "market", _given(text.encode()))
    yield _refused("deep lists", "market", lambda: [b'{"code":0,"data":', b"[" * 200_000, b"]" * 200_000, b"}"])
    fault = b"<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>timeout</faultstring></soapenv:Fault>"
    yield _refused("fault", "health", _given(_HEAD.split(b"<ns1:")[0], fault, b"</soapenv:Body></soapenv:Envelope>"))


def _cells(size: int) -> Iterator[Hostile]:
    petition, market, appraisal = (LAYOUTS[record] for record in ("petition", "market", "appraisal"))
    line = ",".join(petition.columns).encode() + b"\r\n"
    row = b'XF1,2025-06-01,"'
    named = f'{{"code":0,"msg":"success","data":[{{"{market.columns[0]}":"'.encode()
    open_, close = (
        f"<records><record><{tag(appraisal.columns[0])}>",
        f"</{tag(appraisal.columns[0])}></record></records>",
    )
    yield _refused("cell of that size", "petition", lambda: [line, row, *_filling(size), b'"\r\n'])
    yield _refused("line without an end", "petition", lambda: _filling(size))
    yield _refused("cell of that size", "market", lambda: [named, *_filling(size), b'"}]}'])
    yield _refused("cell of that size", "appraisal", lambda: [open_.encode(), *_filling(size), close.encode()])
    yield Hostile(kind="formula cells", record="petition", outcome=Outcome.TAKEN, pieces=_formulas)
    yield Hostile(kind="formulas of a sheet", record="finance", outcome=Outcome.TAKEN, pieces=_formula_sheet)


def _headings(honest: File) -> Iterator[Hostile]:
    columns = honest.look.columns
    renamed = ["信访人姓名" if one == "信访人" else one for one in columns]
    without = [one for one in columns if one != "登记日期"]
    yield _refused("mandatory heading renamed", honest.record, lambda: _lines(honest, renamed, columns))
    yield _refused("mandatory heading missing", honest.record, lambda: _lines(honest, without, without))
    yield _either("heading twice", honest.record, lambda: _lines(honest, [*columns, "信访人"], [*columns, "信访人"]))
    yield _refused("another record's file", "hotline-12345", lambda: _lines(honest, columns, columns))


def _flags(honest: File) -> Iterator[Hostile]:
    whole, count = honest.content(), len(honest.rows)
    yield _refused("flag of more rows", honest.record, _given(whole), flag=_flag(count + 1, whole))
    yield _refused("flag of another file", honest.record, _given(whole), flag=_flag(count, whole + b" "))


def _lines(honest: File, headings: Iterable[str], columns: Iterable[str]) -> Iterator[bytes]:
    return csv.pieces(tuple(headings), tuple(columns), honest.cells, encoding=honest.layout.encoding)


def _flag(rows: int, content: bytes) -> bytes:
    return f"{rows} {hashlib.sha256(content).hexdigest()}\n".encode()


def _refused(
    kind: str, record: str, pieces: Callable[[], Iterable[bytes]], *, flag: bytes = b"", code: str = ""
) -> Hostile:
    return Hostile(kind=kind, record=record, outcome=Outcome.REFUSED, pieces=pieces, flag=flag, code=code)


def _either(kind: str, record: str, pieces: Callable[[], Iterable[bytes]], *, code: str = "") -> Hostile:
    return Hostile(kind=kind, record=record, outcome=Outcome.EITHER, pieces=pieces, code=code)


def _given(*parts: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: parts


def _filling(size: int) -> Iterator[bytes]:
    for _ in range(size // _BLOCK):
        yield b"x" * _BLOCK


def _bomb(part: str, size: int) -> Iterator[bytes]:
    """A workbook of some hundred kilobytes whose sheet is as large as said."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in xlsx.PARTS.items():
            archive.writestr(name, xlsx.PROLOG + text)
        with archive.open(part, "w") as sheet:
            sheet.write(xlsx.sheet([]).split("</sheetData>")[0].encode())
            sheet.writelines(b" " * _BLOCK for _ in range(size // _BLOCK))
            sheet.write(b"</sheetData></worksheet>")
    yield held.getvalue()


def _formulas() -> Iterator[bytes]:
    """Names and texts that a spreadsheet would run; the row itself is in order."""
    layout = LAYOUTS["petition"]
    told = ('=HYPERLINK("http://127.0.0.1/")', "+1+1", "-2+3", "@SUM(1)", "\t=1", "\uff1d1+1")
    rows = [
        dict.fromkeys(layout.columns, "")
        | {"信访件编号": f"XF{n}", "信访人": text, "登记日期": "2025-06-01", "反映问题": text, "问题属地": "370402"}
        | {"gxsj": "2025-06-01 09:00:00"}
        for n, text in enumerate(told)
    ]
    return csv.pieces(layout.columns, layout.columns, rows, encoding=layout.encoding)


def _formula_sheet() -> Iterator[bytes]:
    """Cells that are formulas with a value beside them."""
    layout = LAYOUTS["finance"]
    row = {"纠纷编号": "JR1", "借款人": "张三丰", "受理日期": "2025-06-01", "更新时间": "2025-06-01 09:00:00"}
    lines = [(layout.title,), layout.columns, [row.get(column, "") for column in layout.columns]]
    formula = '<c r="K3" t="str"><f>HYPERLINK("http://127.0.0.1/","点")</f><v>点</v></c></row></sheetData>'
    sheet = xlsx.sheet(lines).replace("</row></sheetData>", formula)
    yield xlsx.zipped(xlsx.PARTS | {"xl/worksheets/sheet1.xml": sheet})
