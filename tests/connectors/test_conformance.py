"""What every connector does with a file, whatever agency sends it (DOMAIN 8, failure modes; EXCHANGE)."""

from pathlib import Path
from typing import Any

import pytest
from tests.connectors.writing import (
    AGREEMENTS,
    COMPANY,
    PERSON,
    TODAY,
    flag,
    good_row,
    named,
    places,
    table_text,
    workbook,
    write,
    xml_text,
)

from hub.connectors.base import Reading, connectors, open_delivery
from hub.connectors.deliveries import flag_of
from hub.connectors.records import AttachmentRow, Bad, CaseRow, Reason, RegisterRow, Row
from hub.errors import AgencyError, BadEncoding, BrokenFile, FlagMismatch, MissingHeading, NoAgreement, NotTheFormat
from hub.exchange_settings import Exchange
from hub.rules.gazetteer import Gazetteer

RECORDS = sorted(AGREEMENTS)
KINDS = {"case": CaseRow, "attachment": AttachmentRow, "register": RegisterRow}
TEXTS = [record for record in RECORDS if AGREEMENTS[record].formats[0] in {"csv", "xml"}]
EVERY_FORM = [(record, form) for record in RECORDS for form in AGREEMENTS[record].formats]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return places()


@pytest.fixture
def opened(gazetteer: Gazetteer) -> Any:
    def open_it(path: Path, exchange: Exchange) -> Reading:
        return open_delivery(path, exchange, today=TODAY, places=gazetteer)

    return open_it


def contents(reading: Reading) -> list[tuple[Any, ...]]:
    """What rows say, wherever they stand."""
    return [
        (row.key, row.updated, row.void, row.content) if isinstance(row, Row) else (row.key, row.reason)
        for row in reading.rows()
    ]


def bad(reading: Reading) -> list[Reason]:
    return [row.reason for row in reading.rows() if isinstance(row, Bad)]


def test_every_agreement_has_its_connector_and_every_connector_its_title() -> None:
    assert sorted(connectors()) == RECORDS
    for connector in connectors().values():
        chinese, separator, english = connector.title.partition(" · ")
        assert chinese
        assert separator
        assert english


@pytest.mark.parametrize(("record", "form"), EVERY_FORM)
def test_a_good_file_becomes_records_and_a_second_reading_is_equal(record: str, form: str, tmp_path: Path, opened: Any) -> None:
    exchange = AGREEMENTS[record]
    path = write(named(tmp_path, record, form), exchange, [good_row(record, number) for number in (1, 2, 3)], form=form)

    reading = opened(path, exchange)
    rows = list(reading.rows())

    assert bad(reading) == []
    assert reading.delivery.rows == 3
    assert len({row.key for row in rows}) == 3
    assert all(isinstance(row.content, KINDS[exchange.kind]) for row in rows)
    assert rows == list(reading.rows()) == list(opened(path, exchange).rows())


@pytest.mark.parametrize("record", RECORDS)
def test_columns_may_stand_in_any_order_and_unknown_ones_are_kept_raw(record: str, tmp_path: Path, opened: Any) -> None:
    exchange, rows = AGREEMENTS[record], [good_row(record, number) for number in (1, 2)]
    plain = opened(write(named(tmp_path, record), exchange, rows), exchange)
    expected = contents(plain)

    turned = [*reversed(exchange.columns), "内部备注"]
    more = [{**row, "内部备注": "另见他案"} for row in rows]
    reading = opened(write(named(tmp_path, record), exchange, more, columns=turned), exchange)

    assert contents(reading) == expected
    assert all(row.raw["内部备注"] == "另见他案" for row in reading.rows())


@pytest.mark.parametrize("record", [record for record in RECORDS if AGREEMENTS[record].format in {"csv", "xlsx", "json"}])
def test_headings_may_be_folded_spaced_and_wide(record: str, tmp_path: Path, opened: Any) -> None:
    exchange, row = AGREEMENTS[record], good_row(record)
    expected = contents(opened(write(named(tmp_path, record), exchange, [row]), exchange))

    wide = {f" {name[:1]}\n{name[1:]}　".replace("(", "（").replace(")", "）"): cell for name, cell in row.items()}

    assert contents(opened(write(named(tmp_path, record), exchange, [wide]), exchange)) == expected


@pytest.mark.parametrize("record", RECORDS)
def test_a_missing_mandatory_heading_refuses_the_file(record: str, tmp_path: Path, opened: Any) -> None:
    exchange = AGREEMENTS[record]
    for column in exchange.mandatory:
        renamed = {("原" + name if name == column else name): cell for name, cell in good_row(record).items()}
        path = write(named(tmp_path, record), exchange, [renamed])

        with pytest.raises(MissingHeading) as error:
            opened(path, exchange)

        assert error.value.facts["headings"] == column


@pytest.mark.parametrize("record", RECORDS)
def test_another_heading_for_a_column_needs_an_agreement_and_no_code(record: str, tmp_path: Path, opened: Any) -> None:
    exchange = AGREEMENTS[record]
    expected = contents(opened(write(named(tmp_path, record), exchange, [good_row(record)]), exchange))

    (folder := tmp_path / "other" / "agreements").mkdir(parents=True)
    text = (Path(__file__).parents[2] / "config" / "agreements" / f"{record}.toml").read_text("utf-8")
    for column in exchange.columns:
        text = text.replace(f'"{column}"', f'"甲市{column}"')
    (folder / f"{record}.toml").write_text(text, "utf-8")
    from hub.exchange_settings import read_agreements  # noqa: PLC0415

    other = read_agreements(folder.parent)[record]
    renamed = {f"甲市{name}": cell for name, cell in good_row(record).items()}

    assert contents(opened(write(named(tmp_path, record), other, [renamed]), other)) == expected


@pytest.mark.parametrize("record", RECORDS)
def test_a_row_without_a_mandatory_value_is_quarantined_and_the_others_are_not(
    record: str, tmp_path: Path, opened: Any
) -> None:
    exchange = AGREEMENTS[record]
    for column in exchange.mandatory:
        rows = [good_row(record, 1), {**good_row(record, 2), column: "无"}, good_row(record, 3)]
        reading = opened(write(named(tmp_path, record), exchange, rows), exchange)

        found = list(reading.rows())

        assert [type(row) for row in found] == [Row, Bad, Row]
        assert bad(reading) == [Reason.MISSING_VALUE]


def spoilt(record: str) -> list[tuple[str, str, Reason]]:
    """Every bad value that the record has a column for."""
    fields, exchange = AGREEMENTS[record].fields, AGREEMENTS[record]
    found = [
        ("date", "2026-02-30", Reason.IMPOSSIBLE_DATE),
        ("date", "昨天", Reason.IMPOSSIBLE_DATE),
        ("date", "2026-07-02", Reason.FUTURE_DATE),
        ("upd", "2026-13-01", Reason.IMPOSSIBLE_DATE),
        ("upd", "2027-01-01", Reason.FUTURE_DATE),
        ("region", "999999", Reason.UNKNOWN_REGION),
        ("amount", "约五万", Reason.BAD_AMOUNT),
        ("Aid", PERSON[:-1] + "7", Reason.BAD_CHECK_DIGIT),
        ("Aid", COMPANY[:-1] + "5", Reason.BAD_CHECK_DIGIT),
        ("Aid", "3.70402E+17", Reason.LOST_IDENTIFIER),
        ("Bid", PERSON[:-1] + "7", Reason.BAD_CHECK_DIGIT),
        ("Bid", "3.70402E+17", Reason.LOST_IDENTIFIER),
        ("AB", f"张三({PERSON[:-1]}7)、李四", Reason.BAD_CHECK_DIGIT),
        ("AB", "张三(3.70402E+17)、李四", Reason.LOST_IDENTIFIER),
        ("id", "3.70402E+17", Reason.LOST_IDENTIFIER),
    ]
    if "name(identifier)" in exchange.parties:
        found += [(side, f"张三（{PERSON[:-1]}7）", Reason.BAD_CHECK_DIGIT) for side in "AB"]
        found += [(side, "张三(3.70402E+17)", Reason.LOST_IDENTIFIER) for side in "AB"]
    if "credit" in exchange.identities.values():
        side = next(side for side, kind in exchange.identities.items() if kind == "credit")
        found.append((f"{side}id", PERSON, Reason.BAD_CHECK_DIGIT))
    return [(fields[role], cell, reason) for role, cell, reason in found if role in fields]


@pytest.mark.parametrize("record", RECORDS)
def test_a_bad_value_of_each_kind_is_told_with_its_reason(record: str, tmp_path: Path, opened: Any) -> None:
    exchange, cases = AGREEMENTS[record], spoilt(record)
    rows = [{**good_row(record, number), column: cell} for number, (column, cell, _) in enumerate(cases, 1)]

    reading = opened(write(named(tmp_path, record), exchange, [*rows, good_row(record, 99)]), exchange)

    found = list(reading.rows())
    assert [row.reason for row in found if isinstance(row, Bad)] == [reason for *_, reason in cases]
    assert isinstance(found[-1], Row)
    assert all(row.raw[column] == cell for row, (column, cell, _) in zip(found, cases, strict=False))
    assert all(row.key for row, (column, *_) in zip(found, cases, strict=False) if column not in exchange.source_key)


@pytest.mark.parametrize("record", TEXTS)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_a_file_is_decoded_as_what_it_is_whatever_it_claims(record: str, codec: str, tmp_path: Path, opened: Any) -> None:
    exchange = AGREEMENTS[record]
    row = good_row(record) | {column: "某名" for column in exchange.columns if column == "当事人甲"}
    claimed = exchange.encoding or "utf-8"
    text = xml_text([row], list(row), claimed) if exchange.formats[0] == "xml" else table_text([row], list(row))
    expected = contents(opened(write(named(tmp_path, record), exchange, [row]), exchange))

    (path := named(tmp_path, record)).write_bytes(text.encode(codec))

    assert contents(opened(path, exchange)) == expected


@pytest.mark.parametrize("record", TEXTS)
def test_a_file_in_two_encodings_or_none_is_refused(record: str, tmp_path: Path, opened: Any) -> None:
    exchange = AGREEMENTS[record]
    rows = [good_row(record, number) for number in range(1, 40)]
    text = (
        xml_text(rows, list(rows[0])).replace("<row>", "\n<row>")
        if exchange.formats[0] == "xml"
        else table_text(rows, list(rows[0]))
    ).splitlines()
    half = len(text) // 2
    mixed = "\n".join(text[:half]).encode() + b"\n" + "\n".join(text[half:]).encode("gb18030")
    wrong = "\n".join(text).encode()[:-400] + b"\xff\xfe\xff" + "\n".join(text).encode()[-400:]

    for content in (mixed, wrong, b"\xff" * 100):
        (path := named(tmp_path, record)).write_bytes(content)
        with pytest.raises((BadEncoding, NotTheFormat)):
            opened(path, exchange)


@pytest.mark.parametrize(("record", "form"), EVERY_FORM)
def test_half_a_file_is_refused_or_its_flag_refuses_it(record: str, form: str, tmp_path: Path, opened: Any) -> None:
    exchange = AGREEMENTS[record]
    rows = [good_row(record, number) for number in range(1, 60)]
    path = write(named(tmp_path, record, form), exchange, rows, form=form)
    flag(path)
    whole = path.read_bytes()

    path.write_bytes(whole[: len(whole) // 2])
    assert flag_of(path) is not None
    with pytest.raises(FlagMismatch):
        opened(path, exchange)

    path.with_name(f"{path.name}.ok").unlink()
    assert flag_of(path) is None
    if form != "csv":
        with pytest.raises(AgencyError):
            opened(path, exchange)


@pytest.mark.parametrize("record", ["police-order", "petition"])
def test_a_table_that_ends_within_a_row_or_a_quote_is_refused(record: str, tmp_path: Path, opened: Any) -> None:
    exchange, row = AGREEMENTS[record], good_row(record)
    text = table_text([row, row], list(row))
    codec = exchange.encoding or ""

    for content in (text.rstrip()[:-60], text + '"未完'):
        (path := named(tmp_path, record)).write_bytes(content.encode(codec))
        with pytest.raises(BrokenFile):
            opened(path, exchange)


@pytest.mark.parametrize("record", RECORDS)
def test_a_flag_with_other_rows_or_another_hash_refuses_the_file(record: str, tmp_path: Path, opened: Any) -> None:
    exchange = AGREEMENTS[record]
    path = write(named(tmp_path, record), exchange, [good_row(record, 1), good_row(record, 2)])

    flag(path, rows=2)
    assert opened(path, exchange).delivery.declared == 2
    flag(path, digest=None)
    assert opened(path, exchange).delivery.declared is None
    for rows, digest in ((3, ""), (None, "0" * 64), (3, None)):
        flag(path, rows=rows, digest=digest)
        with pytest.raises(FlagMismatch):
            opened(path, exchange)


@pytest.mark.parametrize("record", [record for record in RECORDS if AGREEMENTS[record].format == "xlsx"])
def test_what_stands_around_a_table_is_no_row(record: str, tmp_path: Path, opened: Any) -> None:
    exchange, rows = AGREEMENTS[record], [good_row(record, number) for number in (1, 2)]
    columns = list(exchange.columns)
    below = [
        columns,
        [rows[0][column] for column in columns],
        ["合计", *[""] * (len(columns) - 2), "3"],
        ["", "总 计：3 件"],
        ["填表人：王某", "", "审核人：李某"],
        ["负责人（签字）：", "", "", "单位（盖章）"],
        ["填报日期：2026年6月30日"],
    ]
    workbook(exchange, rows, columns, below=below).save(path := named(tmp_path, record))

    reading = opened(path, exchange)

    assert bad(reading) == []
    assert reading.delivery.rows == 3


@pytest.mark.parametrize("record", RECORDS)
def test_without_an_agreement_in_force_nothing_is_read(record: str, tmp_path: Path, opened: Any) -> None:
    from dataclasses import replace  # noqa: PLC0415

    with pytest.raises(NoAgreement):
        opened(named(tmp_path, record), replace(AGREEMENTS[record], in_force=False))
