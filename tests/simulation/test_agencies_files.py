"""Files are what they claim to be: other means than ours read out of them what was written, and find every quirk."""

import base64
import csv
import datetime as dt
import hashlib
import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hub.simulation.agencies.cells import DateNumber, Number, Pen
from hub.simulation.agencies.files import File
from hub.simulation.agencies.formats.xml import tag
from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.meanings import Dispute, Side
from hub.simulation.agencies.quirks import CLEAN, Quirks
from hub.simulation.agencies.samples import sample
from hub.simulation.agencies.supply import deliveries
from hub.simulation.chance import Chance
from hub.simulation.identifiers import resident_check
from hub.simulation.seeds import Seeds

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LOUD = Quirks().but(
    rare_names=0.3, merged_cells=1, totals=1, signatures=1, repeated_headings=1, folded_headings=0.5, reordered=0.5,
    extra_columns=1, mangled=0.5, legacy=0.2, date_forms=0.9, money_forms=0.8, phone_forms=0.8, duplicates=0.0,
)  # fmt: skip


def plain(heading: str) -> str:
    return re.sub(r"\s", "", heading).replace("（", "(").replace("）", ")")


def sheet(content: bytes) -> tuple[list[list[str]], list[str]]:
    """Lines of a sheet by place, and the merged ranges."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - written by ourselves
    lines: list[list[str]] = []
    for row in root.iter(f"{MAIN}row"):
        line = [""] * 26
        for cell in row:
            line[ord(cell.attrib["r"][0]) - 65] = "".join(cell.itertext())
        lines.append(line)
    return lines, [merge.attrib["ref"] for merge in root.iter(f"{MAIN}mergeCell")]


def filled(lines: list[list[str]], merges: list[str]) -> list[list[str]]:
    for merge in merges:
        first, last = merge.split(":")
        column, top, bottom = ord(first[0]) - 65, int(first[1:]), int(last[1:])
        for number in range(top, bottom):
            assert lines[number][column] == ""
            lines[number][column] = lines[top - 1][column]
    return lines


def documents(content: bytes) -> list[dict[str, str]]:
    prolog = re.match(rb'<\?xml version="1.0" encoding="([\w-]+)"\?>', content)
    assert prolog is not None
    text = content.decode(prolog[1].decode())
    return [{cell.tag: cell.text or "" for cell in one} for one in ET.fromstring(text.split("?>", 1)[1])]  # noqa: S314


def read(file: File) -> Iterator[dict[str, str]]:
    """The rows of a file by heading, read with the standard library."""
    content, columns = file.content(), file.layout.columns
    match file.form:
        case "csv":
            text = content.decode("utf-8-sig" if file.layout.encoding.startswith("utf") else "gb18030")
            for row in csv.DictReader(io.StringIO(text, newline="")):
                yield {plain(heading): cell for heading, cell in row.items()}
        case "xlsx":
            lines, merges = sheet(content)
            header = (file.layout.header or 0) - 1
            headings = [plain(cell) for cell in lines[header]]
            for line in filled(lines, [m for m in merges if int(re.findall(r"\d+", m)[0]) > header])[header + 1 :]:
                if [plain(cell) for cell in line] != headings and line[0] != "合计" and not line[0].startswith("填表人"):
                    yield {heading: cell for heading, cell in zip(headings, line, strict=True) if heading}
        case "xml" | "soap":
            if file.form == "soap":
                found = re.search(rb"<return>(.*)</return>", content)
                assert found is not None
                content = base64.b64decode(found[1], validate=True)
            named = {tag(column): column for column in (*columns, "备注", "导出人")}
            for one in documents(content):
                yield {named[heading]: cell for heading, cell in one.items()}
        case _:
            told = json.loads(content, parse_int=str, parse_float=str)
            for one in told["data"] if file.form == "envelope" else told:
                yield {heading: cell or "" for heading, cell in one.items()}


def same(found: str, written: str) -> bool:
    return found == written or (bool(re.search(r"\d[.E]", written)) and float(found) == float(written))


@pytest.mark.parametrize("quirks", [CLEAN, LOUD], ids=["clean", "loud"])
@pytest.mark.parametrize("record", LAYOUTS)
def test_other_means_read_what_was_written(seeds: Seeds, record: str, quirks: Quirks) -> None:
    file = sample(seeds, record, rows=60, quirks=quirks)

    rows = list(read(file))

    assert len(rows) == len(file.rows) == 60
    for found, row in zip(rows, file.rows, strict=True):
        assert {heading for heading in found if heading} == set(row.raw)
        assert all(same(found[heading], row.raw[heading]) for heading in row.raw), (found, row.raw)


def test_a_court_pushes_json_where_no_court_is_named(seeds: Seeds) -> None:
    files = [file for file in deliveries(seeds, disputes=2_000, days=20) if file.record == "court-referral"]

    forms = {(file.form, file.code is None) for file in files}

    assert forms == {("xml", False), ("json", True)}
    assert all(len(list(read(file))) == len(file.rows) for file in files)


def test_plain_values_mean_what_they_say(seeds: Seeds) -> None:
    for record, layout in LAYOUTS.items():
        for row in sample(seeds, record, rows=40).rows:
            meaning, cells, fields = row.meaning, row.raw, layout.fields
            assert dt.date.fromisoformat(cells[fields["date"]])
            if not isinstance(meaning, Dispute):
                continue
            assert cells[fields["date"]] == f"{meaning.happened_on}"
            if "amount" in fields:
                scale = 1_000_000 if layout.unit == "万元" else 100
                assert meaning.amount == (int(Decimal(cells[fields["amount"]]) * scale) if cells[fields["amount"]] else None)
            if "Aid" in fields:
                assert cells[fields["Aid"]].split("、")[0] == (meaning.applicants[0].identity or "")
            if "phone" in fields:
                assert cells[fields["phone"]].replace("-", "") == (meaning.applicants[0].phone or "")
            if "type" in fields:
                assert layout.words[cells[fields["type"]]] == meaning.dispute_type


def test_a_town_ledger_has_its_title_headings_totals_and_signatures(seeds: Seeds) -> None:
    file = sample(seeds, "town-ledger", rows=40, quirks=LOUD.but(folded_headings=0, reordered=0))

    lines, merges = sheet(file.content())

    assert lines[0][0] == "市中区中心街街道矛盾纠纷排查化解台账（2025年上半年）"
    assert lines[3][:3] == ["序号", "村居", "排查日期"]
    assert sum(line[:3] == ["序号", "村居", "排查日期"] for line in lines) == 2
    assert lines[-2][0] == "合计"
    assert lines[-1][0].startswith("填表人：")
    assert "A1:N1" in merges
    dates = {line[2] for line in lines}
    assert any(re.fullmatch(r"\d{1,2}\.\d{1,2}", date) for date in dates)


def test_merged_cells_keep_their_text_in_the_uppermost_only(seeds: Seeds) -> None:
    file = sample(seeds, "chamber", rows=40, quirks=CLEAN.but(merged_cells=1))

    _, merges = sheet(file.content())

    inner = [merge for merge in merges if not merge.startswith("A") or int(merge[1:].split(":")[0]) > 3]
    assert any(merge.startswith("B") for merge in inner)


def test_a_system_that_says_gbk_writes_gb18030_for_names_that_need_it(seeds: Seeds) -> None:
    file = sample(seeds, "police-traffic", rows=60, quirks=LOUD)

    with pytest.raises(UnicodeDecodeError):
        file.content().decode("gbk")
    assert re.search("[䶮㛃𬭎𠮷]", file.content().decode("gb18030"))
    assert sample(seeds, "police-traffic", rows=60).content().decode("gbk")


def test_encodings_are_those_that_were_agreed(seeds: Seeds) -> None:
    assert sample(seeds, "hotline-12345", rows=3).content().startswith(b"\xef\xbb\xbf")
    assert sample(seeds, "petition", rows=3).content().decode().startswith("信访件编号")
    assert sample(seeds, "court-referral", rows=3).content().startswith(b'<?xml version="1.0" encoding="GB18030"?>')
    with pytest.raises(UnicodeDecodeError):
        sample(seeds, "police-order", rows=30).content().decode()


def test_a_large_file_is_one_encoding_from_end_to_end(seeds: Seeds) -> None:
    file = sample(seeds, "hotline-12345", rows=4_100)

    assert file.content().count("\ufeff".encode()) == 1
    assert sum(1 for _ in read(file)) == 4_100


def test_flags_hold_count_and_hash_or_nothing(seeds: Seeds, tmp_path: Path) -> None:
    counted, silent = (sample(seeds, "market", rows=9, quirks=CLEAN.but(counted_flags=share)) for share in (1, 0))

    path = counted.write(tmp_path)

    assert path.name == "market_20250630.json"
    said = (tmp_path / "market_20250630.json.ok").read_text().split()
    assert said == ["9", hashlib.sha256(path.read_bytes()).hexdigest()]
    assert silent.flag(silent.content()) == b""
    counted.write(tmp_path / ".", flagged=False)


def test_town_and_court_codes_are_in_file_names(seeds: Seeds) -> None:
    assert sample(seeds, "town-ledger", rows=1).name == "town-ledger_370402001_20250630.xlsx"
    assert sample(seeds, "court-confirm", rows=1).name == "court-confirm_鲁0402_20250630.json"
    assert sample(seeds, "health", rows=1).name == "health_20250630.xml"


class TestCells:
    """Forms of single values, drawn often enough to see each."""

    number = "37040219590101001" + resident_check("37040219590101001")
    side = Side("张三丰", number, "resident", "13806321234")

    def pen(self, form: str = "xlsx", **rates: float) -> list[Pen]:
        return [Pen(Chance(seed), CLEAN.but(**rates), form) for seed in range(300)]

    def test_dates(self) -> None:
        day = dt.date(2025, 6, 1)

        cells = {pen.date(day, title_year=2025) for pen in self.pen(date_forms=1.0)}

        assert {"2025-6-1", "20250601", "2025年6月1日", "２０２５年６月１日", "6.1", "45809"} <= cells
        assert any(re.fullmatch(r"2025/6/1 \d{1,2}:\d\d", cell) for cell in cells)
        assert {type(cell) for cell in cells} == {str, Number, DateNumber}
        assert dt.date(1899, 12, 30) + dt.timedelta(days=45809) == day
        assert "6.1" not in {pen.date(day, title_year=2026) for pen in self.pen(date_forms=1.0)}
        assert not {type(pen.date(day)) for pen in self.pen("csv", date_forms=1.0)} & {Number, DateNumber}

    def test_money(self) -> None:
        yuan = {pen.money(8_500_000, "元") for pen in self.pen(money_forms=1.0)}
        tens = {pen.money(8_500_000, "万元") for pen in self.pen(money_forms=1.0)}

        assert {"85000.00", "85,000.00", "￥85000", "8.5万", "8.5万元", "85000元", "８５０００"} <= yuan
        assert {"８.５", "8.5万元", "85000元", "85，000.00元"} <= tens
        assert not {"85000", "￥85000", "85000.00"} & tens

    def test_identifiers(self) -> None:
        forms = {pen.identity(self.side, alone=True) for pen in self.pen(mangled=0.9, legacy=0.2)}
        inside = {pen.identity(self.side, alone=False) for pen in self.pen(mangled=1.0)}

        tail = self.number[14:]
        assert {f"'{self.number}", f'="{self.number}"', f"370402 19590101 {tail}", "370402590101001"} <= forms
        assert any(cell.startswith("３７０４０２１９５９") for cell in forms)
        assert not any(sign in cell for cell in inside for sign in "'=\"")

    def test_lost_and_bad_identifiers(self) -> None:
        lost = {pen.lost_identity(self.side) for pen in self.pen()}
        bad = {pen.bad_identity(self.side) for pen in self.pen()}

        assert "3.70402E+17" in lost
        assert all("E+17" in cell for cell in lost)
        assert all(resident_check(cell[:17]) != cell[17] for cell in bad)

    def test_telephones(self) -> None:
        cells = {pen.phone("13806321234") for pen in self.pen(phone_forms=1.0)}

        assert {"138 0632 1234", "1380632 1234", "+8613806321234", "１３８０６３２１２３４"} <= cells

    def test_blanks(self) -> None:
        assert {pen.blank() for pen in self.pen(odd_blanks=0.5)} == {"", "无", "/", "—"}

    def test_impossible_dates_are_impossible(self) -> None:
        for cell in {pen.no_date() for pen in self.pen()}:
            year, month, day = re.match(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})", cell).groups()  # type: ignore[union-attr]
            with pytest.raises(ValueError, match=r"month|day"):
                dt.date(int(year), int(month), int(day))
