"""What is stored unsealed names nobody by a number: the columns of a base after a roster was taken in."""

import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from tests.connectors.writing import AGREEMENTS, PERSON, TODAY, good_row, places
from tests.exchange.processes import Office, configured

from hub.connectors.base import open_delivery
from hub.connectors.records import Row

PEOPLE = (PERSON, "370481197806151234", "370403198512310020")
_RESIDENT = re.compile(r"(?<!\w)[1-9]\d{5}(?:19|20)\d{9}[\dXx](?!\w)")


def roster(path: Path, *rows: dict[str, str]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["机构人员名册"])
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)
    return path


def test_no_resident_id_of_a_roster_stands_in_clear_in_the_base(tmp_path: Path) -> None:
    """PIPL art. 51 · good rows, rows in quarantine, the same again and repaired ones."""
    office = configured(Office(tmp_path, f"sqlite:///{tmp_path}/hub.db"))
    good, bad, worse = (good_row("justice-register") | {"身份证号": number} for number in PEOPLE)
    file = roster(
        tmp_path / "justice-register_20260629.xlsx", good, bad | {"行政区划代码": "999999"}, worse | {"聘任日期": "2026-02-30"}
    )
    repaired = roster(tmp_path / "justice-register_20260630.xlsx", good | {"学历": "博士"}, bad, worse)

    done = office.takes("justice-register", [file, file, repaired])

    assert done.code == 0, done.stderr
    counts = [(line["applied"], line["corrected"], line["unchanged"], sum(line["quarantined"].values())) for line in done.lines]
    assert counts == [(1, 0, 0, 2), (0, 0, 1, 2), (2, 1, 0, 0)]
    with sqlite3.connect(tmp_path / "hub.db") as base:
        assert base.execute("SELECT DISTINCT state FROM quarantined_rows").fetchall() == [("REPAIRED",)]
        assert base.execute("SELECT count(*) FROM source_records").fetchone() == (3,)
        for (table,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in base.execute(f'SELECT * FROM "{table}"'):
                text = "\n".join(cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell) for cell in row)
                assert not [number for number in PEOPLE if number in text], table
                assert not _RESIDENT.search(text), (table, text)


@pytest.mark.parametrize(("role", "said"), [("A", "张三丰"), ("phone", "13812341234"), ("Bid", "370481197806151234")])
def test_whatever_of_a_key_is_personal_is_told(role: str, said: str, tmp_path: Path) -> None:
    record = "hotline-12345"
    agreed = AGREEMENTS[record]
    exchange = replace(agreed, source_key=(agreed.fields["id"], agreed.fields[role]))
    row = good_row(record) | {agreed.fields[role]: said}
    path = tmp_path / f"{record}_20260629.csv"
    path.write_text("\n".join(",".join(cells) for cells in (row, row.values())) + "\n", "utf-8")

    (found,) = open_delivery(path, exchange, today=TODAY, places=places()).rows()

    assert isinstance(found, Row)
    assert (found.key, found.personal) == (f"{row[agreed.fields['id']]}+{said}", (said,))
