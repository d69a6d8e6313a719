"""What rows mean: sides, types, amounts, regions, references, referrals, registers; record by record."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.writing import AGREEMENTS, COMPANY, PERSON, TODAY, good_row, named, places, write

from hub.connectors.base import open_delivery
from hub.connectors.records import AttachmentRow, Bad, CaseRow, RegionFlag, RegisterRow, Row
from hub.errors import BadFileName
from hub.schema.mediators import Employment, MediatorState
from hub.schema.referrals import ReferralType


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """The one row that a file of this record holds, with some cells changed."""

    def read_it(record: str, *, path: Path | None = None, **changed: str) -> Row:
        exchange = AGREEMENTS[record]
        cells = {exchange.fields.get(name, name): cell for name, cell in changed.items()}
        written = write(path or named(tmp_path, record), exchange, [good_row(record) | cells])
        (row,) = open_delivery(written, exchange, today=TODAY, places=places()).rows()
        assert isinstance(row, Row), row
        return row

    return read_it


def case(row: Row) -> CaseRow:
    assert isinstance(row.content, CaseRow)
    return row.content


def test_a_courts_row_opens_a_referral(read: Any) -> None:
    found = case(read("court-referral"))

    assert found.cause == "买卖合同纠纷"
    assert found.dispute_type == "04"
    assert found.title == "张三丰与枣庄某商贸有限公司买卖合同纠纷"
    assert found.channel == "08"
    assert found.amount == 8_500_000
    assert (found.region, found.region_flag) == ("370402", RegionFlag.FILE)
    assert found.referral is not None
    assert (found.referral.type, found.referral.court) == (ReferralType.DELEGATE, "鲁0402")
    assert found.referral.issued_on == dt.date(2026, 6, 1)
    entrusted = case(read("court-referral", referral_type="委托")).referral
    assert entrusted
    assert entrusted.type is ReferralType.ENTRUST


def test_a_petition_is_forwarded_and_its_document_says_what_it_is(read: Any) -> None:
    found = case(read("petition", Atype="护照", Aid="E12345678", due="15个工作日", receiver="市信访局"))

    assert (found.applicants[0].identity, found.applicants[0].identity_kind) == ("E12345678", "other")
    assert found.referral is not None
    assert (found.referral.type, found.referral.receiver, found.referral.due_on) == (ReferralType.FORWARD, "市信访局", None)
    assert found.text == "因浇地发生口角"


@pytest.mark.parametrize(("record", "code"), [("police-traffic", "13"), ("health", "12"), ("market", "19"), ("finance", "22")])
def test_a_record_without_types_is_about_one(record: str, code: str, read: Any) -> None:
    assert (case(read(record)).dispute_type, case(read(record)).raw_type) == (code, None)


def test_an_unknown_type_is_another_and_its_word_is_kept(read: Any) -> None:
    found = case(read("hotline-12345", type="宠物扰民"))

    assert (found.dispute_type, found.raw_type) == ("99", "宠物扰民")


@pytest.mark.parametrize(("cell", "fen"), [("8.5", 8_500_000), ("8.5万元", 8_500_000), ("85000元", 8_500_000), ("无", None)])
def test_the_unit_in_a_cell_wins_over_that_of_the_column(cell: str, fen: int | None, read: Any) -> None:
    assert case(read("chamber", amount=cell)).amount == fen


def test_both_sides_in_one_cell_are_told_apart(read: Any) -> None:
    found = case(read("town-ledger", AB=f"孙䶮、某公司({COMPANY})、赵某", phone="1380632 1234"))

    assert [side.name for side in found.applicants] == ["孙䶮"]
    assert [side.name for side in found.respondents] == ["某公司", "赵某"]
    assert found.applicants[0].phone == "13806321234"
    assert found.title == "孙䶮与某公司等邻里纠纷"


def test_a_towns_ledger_counts_by_half_years_and_its_title_says_the_year(read: Any) -> None:
    row = read("town-ledger", id="7", date="6.11")

    assert row.key == "370404103/2026H1/7"
    assert row.updated == "2026-06-29T16:00:00.000000Z"
    assert case(row).happened_on == dt.date(2026, 6, 11)
    assert (case(row).region, case(row).region_flag) == ("370404103", RegionFlag.FILE)


def test_a_ledger_without_town_or_day_in_its_name_is_refused(tmp_path: Path) -> None:
    exchange = AGREEMENTS["town-ledger"]
    for name in ("town-ledger_20260630.xlsx", "台账.xlsx", "town-ledger_370404103_20261345.xlsx", "petition_20260630.xlsx"):
        path = write(tmp_path / name, exchange, [good_row("town-ledger")])

        with pytest.raises(BadFileName):
            open_delivery(path, exchange, today=TODAY, places=places())


@pytest.mark.parametrize(
    ("cells", "code", "flag"),
    [
        ({"region": "370404103"}, "370404103", RegionFlag.COLUMN),
        ({"region": "370421"}, "370481", RegionFlag.COLUMN),
        ({"region": "枣庄市滕州市"}, "370481", RegionFlag.COLUMN),
        ({"region": "无", "body": "榴园派出所"}, "370404103", RegionFlag.BODY),
        ({"region": "某地", "body": "无"}, "370400", RegionFlag.DEFAULT),
    ],
)
def test_a_region_is_the_column_else_the_body_else_the_default(cells: Any, code: str, flag: RegionFlag, read: Any) -> None:
    found = case(read("police-order", **cells))

    assert (found.region, found.region_flag) == (code, flag)


def test_a_side_that_is_not_mandatory_may_be_missing(read: Any) -> None:
    found = case(read("finance", A="无", Aid="无"))

    assert (found.applicants, found.title) == ((), "李四金融纠纷")
    assert case(read("petition", B="/", Bid="")).respondents == ()


@pytest.mark.parametrize(("cell", "void"), [("作废", True), ("已作废", True), ("正常", False), ("", False)])
def test_void_is_a_version_of_a_record(cell: str, void: bool, read: Any) -> None:
    assert read("market", state=cell).void is void


def test_without_an_update_time_the_day_of_the_file_serves(read: Any, tmp_path: Path) -> None:
    assert read("market").updated == "2026-06-02T01:05:07.000000Z"
    assert read("market", upd="").updated == "2026-06-29T16:00:00.000000Z"
    assert read("market", upd="", path=tmp_path / "any.json").updated is None


def test_attachments_hang_on_a_reference(read: Any) -> None:
    found = read("court-confirm").content

    assert isinstance(found, AttachmentRow)
    assert (found.kind, found.reference) == ("confirmation", "XY2026000001")
    assert found.dates == dict.fromkeys(("applied_on", "accepted_on", "ruled_on"), dt.date(2026, 6, 1))
    assert found.values["court"] == "某受理法院"
    assert read("notary", amount="300元").content.amount == 30_000
    assert read("appraisal").content.reference == "XY2026000001"


def test_a_register_names_a_mediator_and_its_body(read: Any) -> None:
    row = read(
        "justice-register",
        Aid=" 370402900101001",
        employment="兼职人员",
        status="已解聘",
        term_to="长期",
        expertise="物业、邻里",
    )

    assert row.key == f"榴园镇第1人民调解委员会+{PERSON}"
    assert isinstance(row.content, RegisterRow)
    assert row.content.identity == PERSON
    assert row.content.organisation_kind == "TOWN_COMMITTEE"
    assert (row.content.employment, row.content.state) == (Employment.PART_TIME, MediatorState.REMOVED)
    assert (row.content.expertise, row.content.term_to) == ("14", None)


def test_a_number_that_no_index_could_hold_names_nothing(tmp_path: Path) -> None:
    exchange = AGREEMENTS["market"]
    path = write(named(tmp_path, "market"), exchange, [good_row("market") | {"投诉编号": "长" * 300}])

    (row,) = open_delivery(path, exchange, today=TODAY, places=places()).rows()

    assert isinstance(row, Bad)
    assert row.key is None


@pytest.mark.long
def test_a_csv_of_a_gigabyte_is_read_in_little_memory(tmp_path: Path) -> None:
    exchange, size = AGREEMENTS["hotline-12345"], 0
    with (path := named(tmp_path, "hotline-12345")).open("w", encoding="utf-8-sig", newline="") as file:
        file.write(",".join(exchange.columns) + "\r\n")
        row = good_row("hotline-12345") | {exchange.fields["text"]: "因浇地发生口角" * 100}
        number = 0
        while size < 1 << 30:
            number += 1
            row[exchange.fields["id"]] = f"GD{number:09d}"
            line = ",".join(row.values()) + "\r\n"
            size += len(line.encode())
            file.write(line)

    reading = open_delivery(path, exchange, today=TODAY, places=places())
    assert sum(isinstance(found, Row) for found in reading.rows()) == number == reading.delivery.rows

    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) < 300 << 10
