"""Files as agencies write them, for tests: rows by heading in each format, and the places of the shipped configuration."""

import base64
import csv
import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

from hub.exchange_settings import Exchange, read_agreements
from hub.rules.gazetteer import Gazetteer, gazetteer
from hub.settings import read

CHECKOUT = Path(__file__).parent.parent.parent / "config"
AGREEMENTS = read_agreements(CHECKOUT)
TODAY = dt.date(2026, 6, 30)
PLACE = {"town-ledger": "370404103", "court-referral": "鲁0402"}
ENDINGS = {"csv": "csv", "xlsx": "xlsx", "xml": "xml", "soap": "xml", "json": "json"}

PERSON, OTHER_PERSON, COMPANY = "370402199001010016", "370481197806151234", "91370481MA3TETT094"
_BRACKETS = re.compile(r"[()/]")

Rows = Sequence[Mapping[str, Any]]


def places() -> Gazetteer:
    """Those of config/."""
    return gazetteer(
        [(item["code"], item["name"]) for item in read(CHECKOUT, "regions")["regions"]],
        became={item["code"]: tuple(item["became"]) for item in read(CHECKOUT, "crosswalk")["codes"]},
        bodies=[(item["name"], item["region"]) for item in read(CHECKOUT, "organisations")["organisations"]],
        courts=[(item["code"], item["name"], item["region"]) for item in read(CHECKOUT, "courts")["courts"]],
    )


def good_row(record: str, number: int = 1) -> dict[str, str]:
    """A row that says something in every column that means anything."""
    exchange = AGREEMENTS[record]
    row = dict.fromkeys(exchange.columns, "—")
    row |= dict.fromkeys(exchange.dates.values(), "2026-06-01")
    row |= {column: f"某{column}" for column in exchange.values.values()}
    roles = {
        "id": str(number) if record == "town-ledger" else f"ZZ2026{number:06d}",
        "date": "2026-06-01",
        "upd": "2026-06-02 09:05:07",
        "state": "正常",
        "A": "枣庄某商贸有限公司" if exchange.identities.get("A") == "credit" else "张三丰",
        "Aid": COMPANY if exchange.identities.get("A") == "credit" else PERSON,
        "Atype": "居民身份证",
        "B": "枣庄某商贸有限公司" if exchange.identities.get("B") == "credit" else "李四",
        "Bid": COMPANY if exchange.identities.get("B") == "credit" else OTHER_PERSON,
        "AB": f"张三丰({PERSON})、李四({OTHER_PERSON})",
        "type": next(iter(exchange.type_map), ""),
        "amount": "85000",
        "region": "370404103",
        "phone": "13806321234",
        "agreement": f"XY2026{number:06d}",
        "ref": f"XY2026{number:06d}",
        "text": "因浇地发生口角",
        "organisation": f"榴园镇第{number}人民调解委员会",
        "term_to": "2029-05-31",
        "employment": "专职",
        "status": "在册",
        "expertise": "邻里、婚姻家庭",
        "court": "枣庄市市中区人民法院",
        "referral_type": "委派",
        "court_number": f"（2026）鲁0402诉前调{number}号",
        "due": "2026-07-01",
        "cause": next(iter(exchange.type_map), ""),
    }
    row |= {column: roles[role] for role, column in exchange.fields.items() if role in roles}
    if "name(identifier)" in exchange.parties:
        sides = {"A": f"张三丰({PERSON})", "B": f"枣庄某商贸有限公司({COMPANY})"}
        row |= {exchange.fields[side]: text for side, text in sides.items() if side in exchange.fields}
    return row


def named(folder: Path, record: str, form: str | None = None, *, on: str = "20260630") -> Path:
    """A file's path by the rule of names."""
    place = f"_{PLACE[record]}" if record in PLACE else ""
    return folder / f"{record}{place}_{on}.{ENDINGS[form or AGREEMENTS[record].formats[0]]}"


def write(
    path: Path,
    exchange: Exchange,
    rows: Rows,
    *,
    form: str | None = None,
    columns: Sequence[str] | None = None,
    codec: str = "",
) -> Path:
    """The rows in a format of the agreement, the first unless another is named."""
    columns = list(rows[0]) if columns is None and rows else list(columns or exchange.columns)
    form, codec = form or exchange.formats[0], codec or exchange.encoding or "utf-8"
    if form == "xlsx":
        workbook(exchange, rows, columns).save(path)
    elif form == "csv":
        path.write_bytes(table_text(rows, columns).encode(codec))
    elif form == "json":
        listed = [{column: row[column] for column in columns if column in row} for row in rows]
        path.write_text(json.dumps({"code": 0, "msg": "ok", "data": listed}, ensure_ascii=False), "utf-8")
    else:
        text = xml_text(rows, columns, codec)
        path.write_bytes(enveloped(text.encode(codec)) if form == "soap" else text.encode(codec))
    return path


def table_text(rows: Rows, columns: Sequence[str]) -> str:
    """CSV as a database writes it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def xml_text(rows: Rows, columns: Sequence[str], codec: str = "utf-8") -> str:
    """XML whose tags are headings without brackets."""
    tags = {column: _BRACKETS.sub("", column) for column in columns}
    body = "".join(
        "<row>" + "".join(f"<{tag}>{escape(str(row.get(name, '')))}</{tag}>" for name, tag in tags.items()) + "</row>"
        for row in rows
    )
    return f'<?xml version="1.0" encoding="{codec}"?>\n<rows>{body}</rows>'


def enveloped(body: bytes) -> bytes:
    """A SOAP envelope around a body in base64, with words of its own."""
    return (
        b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>'
        b"<ticket>2026-06-30T09:00:00Z-0001</ticket></s:Header><s:Body><pushResponse><msg>success</msg><data>"
        + base64.encodebytes(body)
        + b"</data></pushResponse></s:Body></s:Envelope>"
    )


def workbook(
    exchange: Exchange, rows: Rows, columns: Sequence[str], *, below: Iterable[Sequence[str]] = ()
) -> openpyxl.Workbook:
    """A sheet with a title, the headings in the agreement's row, the rows, and what is signed below."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.cell(1, 1, "2026年上半年一览表")
    top = exchange.header_row or 1
    for number, column in enumerate(columns, 1):
        sheet.cell(top, number, column)
    for row in rows:
        sheet.append([row.get(column, "") for column in columns])
    for cells in below:
        sheet.append(list(cells))
    return book


def flag(path: Path, *, rows: int | None = None, digest: str | None = "") -> Path:
    """The flag beside a file; its true digest unless another is given."""
    said = hashlib.sha256(path.read_bytes()).hexdigest() if digest == "" else digest
    found = path.with_name(f"{path.name}.ok")
    found.write_text("\n".join(str(part) for part in (rows, said) if part is not None))
    return found
