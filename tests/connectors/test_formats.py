"""Formats: what spreadsheets, services and databases make of a table, and which part of it is rows."""

import base64
import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.connectors.writing import AGREEMENTS, enveloped

from hub.connectors.formats import csv, soap, xlsx, xml
from hub.connectors.formats import json as json_rows
from hub.connectors.formats.sheet import Found, Sheet
from hub.errors import BadEncoding, BrokenFile, DeliveryTooLarge, ErrorReply, HostileFile, MissingHeading

SMALL = replace(
    AGREEMENTS["petition"],
    format="csv",
    columns=("编号", "甲方(姓名)", "日期"),
    required=("编号", "日期"),
    source_key=("编号",),
    fields={"id": "编号", "A": "甲方(姓名)", "date": "日期"},
)
HEAD = "编号,甲方(姓名),日期\r\n"


def cells(sheet: Sheet) -> list[tuple[str, ...]]:
    return [tuple(found.cells.values()) for found in sheet.rows]


def of_text(folder: Path, text: str, codec: str = "utf-8") -> list[tuple[str, ...]]:
    (path := folder / "a.csv").write_bytes(text.encode(codec))
    return cells(csv.read(path, SMALL))


def of_book(folder: Path, lines: list[list[Any]], *merged: str, more: Any = None) -> Sheet:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    for area in merged:
        book.active.merge_cells(area)
    if more is not None:
        more(book)
    book.save(path := folder / "a.xlsx")
    return xlsx.read(path, SMALL)


def of_json(folder: Path, text: str) -> list[tuple[str, ...]]:
    (path := folder / "a.json").write_text(text, "utf-8")
    return cells(json_rows.read(path, SMALL))


def of_xml(folder: Path, content: str | bytes) -> list[tuple[str, ...]]:
    (path := folder / "a.xml").write_bytes(content if isinstance(content, bytes) else content.encode())
    return cells(xml.read(path, SMALL))


def of_soap(folder: Path, content: bytes) -> list[tuple[str, ...]]:
    (path := folder / "a.xml").write_bytes(content)
    return cells(soap.read(path, SMALL))


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_table_is_read_whatever_parts_its_cells(delimiter: str, tmp_path: Path) -> None:
    text = f"{HEAD}1,张三,2026-6-1\r\n".replace(",", delimiter)

    assert of_text(tmp_path, text) == [("1", "张三", "2026-6-1")]


def test_quotes_hold_commas_and_lines_and_formulas_keep_theirs(tmp_path: Path) -> None:
    text = HEAD + '"=""007""","张三,\n李四",2026-6-1\r\n="008",王五,2026-6-2'

    assert of_text(tmp_path, text) == [('="007"', "张三,\n李四", "2026-6-1"), ('="008"', "王五", "2026-6-2")]


def test_a_row_with_more_cells_than_headings_is_told(tmp_path: Path) -> None:
    (path := tmp_path / "a.csv").write_text(f"{HEAD}1,张三,又名李四,2026-6-1\n2,王五,2026-6-1,\n3\n", "utf-8")

    found = list(csv.read(path, SMALL).rows)

    assert [row.askew for row in found] == [True, False, False]
    assert found[0].cells["#4"] == "2026-6-1"
    assert found[2] == Found(4, {"编号": "3"})


@pytest.mark.parametrize("name", ["孙䶮", "李㛃", "王𬭎", "陈𠮷"])
def test_rare_names_survive_gb18030_that_calls_itself_gbk(name: str, tmp_path: Path) -> None:
    assert of_text(tmp_path, f"{HEAD}1,{name},2026-6-1\n", "gb18030") == [("1", name, "2026-6-1")]


def test_the_encoding_is_that_of_the_whole_file(tmp_path: Path) -> None:
    rows = "".join(f"{number},Zhang San,2026-6-1\r\n" for number in range(60_000))

    assert len(of_text(tmp_path, f"{HEAD}{rows}60000,孙䶮,2026-6-1\r\n", "gb18030")) == 60_001
    (path := tmp_path / "b.csv").write_bytes(f"{HEAD}{rows}60000,孙".encode("gb18030") + b"\x81")
    with pytest.raises(BadEncoding):
        csv.read(path, SMALL)


def test_more_columns_than_a_table_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DeliveryTooLarge):
        of_text(tmp_path, HEAD.strip() + "," * 200_000 + "\n1,张三,2026-6-1\n")


def test_titles_are_kept_and_years_may_be_in_them(tmp_path: Path) -> None:
    sheet = of_book(
        tmp_path, [["2026年上半年台账"], [], ["单位：某镇"], ["编号", "甲方（姓名）", "日期"], ["1", "张三", "6.1"]]
    )

    assert sheet.titles == ("2026年上半年台账", "单位：某镇")
    assert list(sheet.rows) == [Found(5, {"编号": "1", "甲方(姓名)": "张三", "日期": "6.1"})]


def test_cells_are_what_their_sender_sees(tmp_path: Path) -> None:
    lines: list[list[Any]] = [
        ["编号", "甲方(姓名)", "日期"],
        [7, True, dt.datetime(2026, 6, 1)],  # noqa: DTZ001
        [7.5, 370402199001010016, dt.datetime(2026, 6, 1, 9, 5)],  # noqa: DTZ001
        ["007", 370402900101001, 46174],
    ]

    assert cells(of_book(tmp_path, lines)) == [
        ("7", "是", "2026-06-01"),
        ("7.5", "3.7040219900101e+17", "2026-06-01 09:05:00"),
        ("007", "370402900101001", "46174"),
    ]


def test_merged_cells_are_filled_down_and_not_across(tmp_path: Path) -> None:
    lines: list[list[Any]] = [
        ["编号", "甲方(姓名)", "日期"],
        ["1", "张三", "6.1"],
        ["2", None, "6.2"],
        ["3", None, "6.3"],
        ["合计", None, None],
    ]

    sheet = of_book(tmp_path, lines, "B2:B4", "A5:C5")

    assert cells(sheet) == [("1", "张三", "6.1"), ("2", "张三", "6.2"), ("3", "张三", "6.3")]


def test_a_table_may_begin_anywhere_and_headings_may_take_two_rows(tmp_path: Path) -> None:
    lines: list[list[Any]] = [
        [],
        [None, "编号", "当事人", None, "日期"],
        [None, None, "甲方(姓名)", "乙方", None],
        [None, "1", "张三", "李四", "6.1"],
    ]

    sheet = of_book(tmp_path, lines, "B2:B3", "C2:D2", "E2:E3")

    assert list(sheet.rows) == [Found(4, {"编号": "1", "甲方(姓名)": "张三", "乙方": "李四", "日期": "6.1"})]


def test_every_visible_sheet_with_the_headings_counts(tmp_path: Path) -> None:
    def more(book: Any) -> None:
        for name, number in (("二月", "2"), ("隐藏", "3")):
            sheet = book.create_sheet(name)
            sheet.append(["编号", "甲方(姓名)", "日期"])
            sheet.append([number, "李四", "6.2"])
        book.create_sheet("说明").append(["填表说明"])
        book["隐藏"].sheet_state = "hidden"

    sheet = of_book(tmp_path, [["编号", "甲方(姓名)", "日期"], ["1", "张三", "6.1"]], more=more)

    assert [(found.place, found.cells["编号"]) for found in sheet.rows] == [(2, "1"), (4, "2")]


def test_rows_that_only_look_like_a_sum_are_rows(tmp_path: Path) -> None:
    lines = [["编号", "甲方(姓名)", "日期"], ["1", "合计公司", "6.1"], ["说明1", "张三", "6.1"]]

    assert len(cells(of_book(tmp_path, lines))) == 2


@pytest.mark.parametrize(
    "text",
    [
        '[{"编号": 1, "甲方(姓名)": "张三", "日期": null}]',
        '{"code": 0, "msg": "ok", "data": [{"编号": 1, "甲方（姓名）": "张三", "日期": ""}], "total": 1}',
        '{"data": {"total": 1, "list": [{"编号": "1", "甲方(姓名)": "张三", "日期": ""}]}, "code": "200", "success": true}',
        '{"编号": 1, "甲方(姓名)": "张三", "日期": ""}',
        '{"code": 0, "data": {"编号": 1, "甲方(姓名)": "张三", "日期": ""}}',
    ],
)
def test_json_is_a_list_an_envelope_or_one_row(text: str, tmp_path: Path) -> None:
    assert of_json(tmp_path, text) == [("1", "张三", "")]


@pytest.mark.parametrize(
    "text", ["[]", '{"code": 0, "data": []}', '{"code": 0, "data": {"list": []}}', '{"data": null, "rows": []}']
)
def test_an_empty_answer_has_no_rows(text: str, tmp_path: Path) -> None:
    assert of_json(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        '{"code": 500, "msg": "系统维护中"}',
        '{"code": 500, "msg": "错误", "data": []}',
        '{"data": [{"编号": 1, "日期": "2026-6-1"}], "code": "E01"}',
        '{"success": false, "data": []}',
        '{"code": 0, "data": "稍后再试"}',
        '{"error": "unauthorized"}',
        "{}",
    ],
)
def test_an_error_is_no_answer_though_its_status_was_200(text: str, tmp_path: Path) -> None:
    with pytest.raises(ErrorReply):
        of_json(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    ["[1]", "[[]]", "[{}", '[{"编号": 1},]', "[] []", '{"data": [}', '[{"编号": NaN}]', "[" * 100_000, "{1: 2}", '[{"编号"}]'],
)
def test_broken_json_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BrokenFile):
        of_json(tmp_path, text)


@pytest.mark.parametrize("data", ['{"x": 1}', "{}", "null", '""', "false", '{"total": 0, "list": null}', '{"data": {"x": 1}}'])
def test_data_that_is_no_list_is_no_empty_answer(data: str, tmp_path: Path) -> None:
    with pytest.raises(BrokenFile):
        of_json(tmp_path, f'{{"code": 0, "data": {data}}}')


@pytest.mark.parametrize("value", ['{"a": 1}', '["x", "y"]', "[]", "true", "false"])
def test_a_value_that_no_table_could_hold_breaks_the_file(value: str, tmp_path: Path) -> None:
    with pytest.raises(BrokenFile):
        of_json(tmp_path, f'[{{"编号": {value}, "甲方(姓名)": "张三", "日期": "2026-6-1"}}]')


def test_columns_that_nobody_agreed_on_may_hold_anything(tmp_path: Path) -> None:
    text = '[{"编号": 1, "甲方(姓名)": "张三", "日期": null, "附": {"a": [true]}}]'

    assert of_json(tmp_path, text) == [("1", "张三", "", '{"a": [true]}')]


def test_json_numbers_stay_the_text_that_they_are_and_halves_of_characters_do_not_stay(tmp_path: Path) -> None:
    text = '[{"编号": 370402199001010016, "甲方(姓名)": "\\ud867\\ud83d\\ude00", "日期": 3.70402E+17}]'

    assert of_json(tmp_path, text) == [("370402199001010016", "\ufffd\U0001f600", "3.70402E+17")]


def test_long_lists_go_through_a_small_window(tmp_path: Path) -> None:
    rows = [{"编号": number, "甲方(姓名)": "张三" * 40, "日期": "2026-6-1"} for number in range(20_000)]

    found = of_json(tmp_path, json.dumps({"data": rows, "code": 0}, ensure_ascii=False, indent=1))

    assert [row[0] for row in found] == [str(number) for number in range(20_000)]


@pytest.mark.parametrize("tag", ["甲方姓名", "甲方"])
def test_tags_are_headings_without_brackets(tag: str, tmp_path: Path) -> None:
    row = f"<x:row xmlns:x='urn:x'><编号>1</编号><x:{tag}>张三</x:{tag}><日期><![CDATA[2026-6-1]]></日期></x:row>"

    assert of_xml(tmp_path, f"<rows><head><total>1</total></head><body>{row}</body></rows>") == [("1", "张三", "2026-6-1")]
    assert of_xml(tmp_path, "<rows><row 编号='1' 甲方='张三' 日期='6.1'><x/></row></rows>") == [("1", "张三", "6.1", "")]


def test_an_empty_list_has_no_rows_and_a_message_is_an_error(tmp_path: Path) -> None:
    assert of_xml(tmp_path, "<rows/>") == []
    for text in ("<reply><code>500</code><msg>维护</msg></reply>", "<html><body><p>系统维护中</p></body></html>"):
        with pytest.raises(ErrorReply):
            of_xml(tmp_path, text)


def test_a_document_type_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    document = '<!DOCTYPE rows [<!ENTITY e "x">]><rows><row><编号>&e;</编号><日期>6.1</日期></row></rows>'

    with pytest.raises(HostileFile):
        of_xml(tmp_path, document)
    with pytest.raises(HostileFile):
        of_soap(tmp_path, enveloped(document.encode()))
    with pytest.raises(HostileFile):
        of_soap(tmp_path, b"<!DOCTYPE x><x/>")


def test_an_undeclared_entity_is_broken(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile):
        of_xml(tmp_path, "<rows><row><编号>&e;</编号><日期>6.1</日期></row></rows>")


def test_a_large_body_is_unwrapped_piece_by_piece(tmp_path: Path) -> None:
    rows = "".join(f"<r><编号>{number}</编号><日期>6.1</日期></r>" for number in range(30_000))

    assert len(of_soap(tmp_path, enveloped(f"<rows>{rows}</rows>".encode()))) == 30_000


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<e><Fault><reason>x</reason></Fault></e>", ErrorReply),
        (b"<e><b>" + "系统维护中，请稍后".encode() + b"</b></e>", ErrorReply),
        (b"<e><b>success</b></e>", ErrorReply),
        (b"<e><b>" + base64.b64encode(b"<rows>" + b" " * 90_000)[:-7] + b"</b></e>", BrokenFile),
        (b"<e><b>" + base64.b64encode(b"<rows>") + b"</b></e>", BrokenFile),
        (b"<e><b>" + base64.b64encode(b"<rows/>") + b"</b><c>" + base64.b64encode(b"<rows/>") + b"</c></e>", BrokenFile),
        (b"<e><b>", BrokenFile),
    ],
)
def test_what_is_no_answer_in_an_envelope_is_refused(content: bytes, error: type[Exception], tmp_path: Path) -> None:
    with pytest.raises(error):
        of_soap(tmp_path, content)


@pytest.mark.parametrize("text", ["", "\n\n", "系统维护中", "<html></html>"])
def test_what_has_no_headings_is_no_table(text: str, tmp_path: Path) -> None:
    with pytest.raises(MissingHeading):
        of_text(tmp_path, text)
