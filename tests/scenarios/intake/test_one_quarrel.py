"""一事一档 · One quarrel that five agencies know of, told from the first call to what the court confirms.

Files as agencies send them, through the importers, into one case (枣法委发〔2021〕7号 2.2.4: 统一完整、不重不漏、信息真实、更新及时).
"""

from pathlib import Path

import orjson
import pytest
from tests.procedures.agencies import AGREEMENTS, LI, NOW, ZHANG, Hub

from hub.procedures.deliveries import Counter
from hub.procedures.intake import Outcome

A, B = f"张三丰({ZHANG})", f"李四({LI})"


class Folder:
    """Where the agencies put their files."""

    def __init__(self, hub: Hub, path: Path) -> None:
        self.path = path
        self.counter = Counter(hub.base, hub.seal, AGREEMENTS, lambda: NOW)

    async def lines(self, record: str, day: str, *rows: dict[str, str], encoding: str = "utf-8") -> Outcome:
        """A CSV file."""
        columns = AGREEMENTS[record].columns
        text = "\r\n".join([",".join(columns), *(",".join(row.get(each, "") for each in columns) for row in rows), ""])
        path = self.path / f"{record}_{day}.csv"
        path.write_bytes(text.encode(encoding))
        return await self.counter.take(record, path)

    async def documents(self, record: str, day: str, *rows: dict[str, str]) -> Outcome:
        """A JSON file."""
        path = self.path / f"{record}_{day}.json"
        path.write_bytes(orjson.dumps({"code": 0, "msg": "ok", "data": list(rows)}))
        return await self.counter.take(record, path)


@pytest.fixture
def folder(hub: Hub, tmp_path: Path) -> Folder:
    return Folder(hub, tmp_path)


def call(time: str = "2026-06-02 10:00", **cells: str) -> dict[str, str]:
    usual = {"工单编号": "GD1", "受理时间": "2026/6/1 9:05", "诉求人": "张三丰", "诉求人证件号": ZHANG, "属地代码": "370402001"}
    return usual | {"分类": "邻里关系", "被诉求方": "李四", "被诉求方证件号": LI, "更新时间": time} | cells


def police(**cells: str) -> dict[str, str]:
    usual = {"警情编号": "JQ1", "报警时间": "20260603", "纠纷类型": "邻里纠纷", "当事人甲": B, "当事人乙": A}
    return usual | {"辖区代码": "370402001", "更新时间": "2026-06-03 23:00"} | cells


async def test_a_quarrel_that_three_agencies_report_is_one_case(hub: Hub, folder: Folder) -> None:
    """R65、R69 不重不漏 · 12345, police and petition office report one quarrel: one case, three source records."""
    await folder.lines("hotline-12345", "20260602", call(), encoding="utf-8-sig")
    await folder.lines("police-order", "20260604", police(), encoding="gb18030")
    petition = {"信访件编号": "XF1", "登记日期": "2026年6月5日", "信访人": "李四", "证件号码": LI, "问题属地": "370402001"}
    petition |= {"内容分类": "邻里纠纷", "被反映方": "张三丰", "被反映方证件号码": ZHANG, "gxsj": "2026-06-05 12:00"}
    found = await folder.lines("petition", "20260605", petition)

    assert (found.received, found.merged) == (1, 1)
    (case,) = await hub.live()
    records = await hub.rows("source_records")
    assert {record["case_id"] for record in records} == {case["id"]}
    assert sorted(record["system"] for record in records) == ["hotline-12345", "petition", "police-order"]
    assert await hub.names(case["id"]) == ["张三丰", "李四"]


async def test_a_file_that_is_sent_again_makes_no_new_rows(hub: Hub, folder: Folder) -> None:
    """R66 重放 · Replay a file: no new rows, and the account says so."""
    await folder.lines("hotline-12345", "20260602", call())
    before = [(row["id"], row["version"]) for row in await hub.rows("cases")]
    again = await folder.lines("hotline-12345", "20260602", call())

    assert (again.received, again.unchanged) == (1, 1)
    assert [(row["id"], row["version"]) for row in await hub.rows("cases")] == before


async def test_the_sums_of_every_batch_are_what_was_received(hub: Hub, folder: Folder) -> None:
    """R67 整体与分项 · Received equals the sum of its parts, per file and per source."""
    wrong = call(工单编号="GD2", 受理时间="2026-13-01")
    await folder.lines("hotline-12345", "20260602", call(), wrong, call("2026-06-01 08:00"))
    await folder.lines("hotline-12345", "20260603", call("2026-06-03 08:00", 诉求内容="又吵"), call())

    parts = ("applied", "merged", "corrected", "unchanged", "superseded", "quarantined")
    batches = await hub.rows("batches")
    assert [batch["received"] for batch in batches] == [sum(batch[name] for name in parts) for batch in batches] == [3, 2]
    assert sum(batch["quarantined"] for batch in batches) == len(await hub.rows("quarantined_rows")) == 1


async def test_a_confirmation_without_its_case_waits_and_a_delegation_opens_a_referral(hub: Hub, folder: Folder) -> None:
    """R31 委派；EXCHANGE 附件 · An attachment never makes a case; a delegation opens case and referral."""
    asked = {"申请编号": "SQ1", "协议编号": "RT2026-7", "受理法院": "枣庄市市中区人民法院", "申请日期": "2026-06-20"}
    await folder.documents("court-confirm", "20260621", asked | {"裁定结果": "准予确认", "更新时间": "2026-06-21 09:00"})
    assert (await hub.one("confirmations", number="SQ1"))["case_id"] is None

    row = {"委派编号": "WP1", "委派法院": "枣庄市市中区人民法院", "案由": "相邻关系纠纷", "申请人": A, "被申请人": B}
    row |= {"委派日期": "2026-06-10", "更新时间": "2026-06-10 09:00", "案号": "（2026）鲁0402诉前调1号"}
    await folder.documents("court-referral", "20260610", row)
    (case,) = await hub.live()

    (referral,) = await hub.rows("referrals")
    assert (referral["case_id"], referral["state"], referral["court_id"]) == (case["id"], "ISSUED", "court_鲁0402")


async def test_a_case_that_two_bodies_have_taken_shows_at_the_second(hub: Hub, folder: Folder) -> None:
    """R68 平行受理核查 · The second body's row is merged: both are sources of the case, and each can see the other."""
    await folder.lines("hotline-12345", "20260602", call())
    found = await folder.lines("police-order", "20260604", police(), encoding="gb18030")

    assert found.merged == 1
    organisations = {record["organisation_id"] for record in await hub.rows("source_records")}
    assert len(organisations) == 2
