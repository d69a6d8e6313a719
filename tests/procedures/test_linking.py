"""Linking: one dispute is one case, whoever sent it; merges and partings with both histories; what a person decides."""

import datetime as dt
from typing import Any

import pytest
from tests.procedures.agencies import DAY, LI, WANG, ZHANG, Hub, bad, delegated, matter, person, told

from hub.connectors.records import Reason
from hub.errors import NoSuchRow, Settled, StillUnfit, VersionConflict
from hub.procedures.repairs import Cell

HOTLINE, PETITION, COURT, MARKET = "hotline-12345", "petition", "court-referral", "market"
A, B, C = person("张三", ZHANG), person("李四", LI), person("王五", WANG)


async def test_the_same_quarrel_from_two_agencies_is_one_case_with_both_records(hub: Hub) -> None:
    """R7、R69 归并规则 · Same pair, type and window: one case, two source records."""
    await hub.takes(HOTLINE, matter("GD1", A, B))
    assert told(await hub.takes(PETITION, matter("XF1", B, A, happened_on=DAY + dt.timedelta(180)))) == {
        "received": 1,
        "merged": 1,
    }

    (case,) = await hub.live()
    assert (await hub.case_of("GD1"))["id"] == (await hub.case_of("XF1"))["id"] == case["id"]
    assert await hub.names(case["id"]) == ["张三", "李四"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ((A, B), {"happened_on": DAY + dt.timedelta(181)}),
        ((A, B), {"dispute_type": "16"}),
        ((A, C), {}),
        ((person("张三", WANG), B), {}),
        ((person("张三"), person("李四")), {}),
    ],
    ids=["beyond the window", "another type", "another pair", "equal names, other identity", "no identities"],
)
async def test_what_the_rule_does_not_link_stays_two_cases(hub: Hub, other: Any, said: Any) -> None:
    """R69 · Auto-link only on pair + type + window; equal names with other identifiers never."""
    await hub.takes(HOTLINE, matter("GD1", A, B))
    assert told(await hub.takes(PETITION, matter("XF1", *other, **said))) == {"received": 1, "applied": 1}
    assert len(await hub.live()) == 2


async def test_a_record_that_joins_two_cases_merges_them_and_the_older_number_stays(hub: Hub) -> None:
    """R65、R69 · Merge: the older number stays, the other keeps its history."""
    await hub.takes(HOTLINE, matter("GD1", A, B))
    await hub.takes(COURT, delegated("WP1", A, B, happened_on=DAY + dt.timedelta(300)))
    one, other = await hub.case_of("GD1"), await hub.case_of("WP1")

    await hub.takes(PETITION, matter("XF1", A, B, happened_on=DAY + dt.timedelta(150)))

    merged = await hub.one("cases", id=other["id"])
    assert (merged["state"], merged["number"]) == ("MERGED", other["number"])
    assert {(await hub.case_of(number))["id"] for number in ("GD1", "WP1", "XF1")} == {one["id"]}
    (merge,) = await hub.rows("merges")
    assert (merge["survivor_id"], merge["merged_id"], merge["basis"], merge["undone_at"]) == (
        one["id"],
        other["id"],
        "RULE",
        None,
    )
    (referral,) = await hub.rows("referrals")
    assert referral["case_id"] == one["id"]
    assert {"CASES_MERGED"} <= {event["type"] for event in await hub.rows("events")}


async def test_a_correction_that_breaks_the_rule_parts_the_cases_again(hub: Hub) -> None:
    """EXCHANGE 更正拆分 · A correction un-links; number, state and referral are the case's own again."""
    await test_a_record_that_joins_two_cases_merges_them_and_the_older_number_stays(hub)
    other = (await hub.one("merges"))["merged_id"]

    await hub.takes(PETITION, matter("XF1", A, C, happened_on=DAY + dt.timedelta(150), minute=1))

    again = await hub.one("cases", id=other)
    assert again["state"] == "REGISTERED"
    assert (await hub.case_of("WP1"))["id"] == (await hub.one("referrals"))["case_id"] == other
    assert (await hub.one("merges"))["undone_at"] is not None
    assert len(await hub.live()) == 3
    assert await hub.names((await hub.case_of("XF1"))["id"]) == ["张三", "王五"]
    assert await hub.names((await hub.case_of("GD1"))["id"]) == ["张三", "李四"]


async def test_two_cases_that_a_file_opens_and_joins_in_one_go_are_two_numbers_and_one_case(hub: Hub) -> None:
    rows = [matter("1", A, B), matter("2", A, B, happened_on=DAY + dt.timedelta(300))]
    rows.append(matter("3", A, B, happened_on=DAY + dt.timedelta(150)))
    assert told(await hub.takes(HOTLINE, *rows)) == {"received": 3, "applied": 2, "merged": 1}
    assert [len(await hub.rows("cases")), len(await hub.live()), len(await hub.rows("merges"))] == [2, 1, 1]


class TestAPerson:
    async def candidate(self, hub: Hub) -> dict[str, Any]:
        one, other = person("张三", None, "13812341234"), person("李四")
        await hub.takes(HOTLINE, matter("GD1", one, other, text="因浇地发生口角"))
        await hub.takes(PETITION, matter("XF1", one, other, text="因浇地发生口角，双方互殴"))
        return await hub.one("candidates")

    async def decide(self, hub: Hub, candidate: dict[str, Any], *, confirmed: bool) -> None:
        await hub.does("decide_candidate", candidate, confirmed=confirmed)

    async def test_cases_without_identities_are_proposed_ranked(self, hub: Hub) -> None:
        """R69 候选 · Without identifiers nothing links; candidates are proposed for a person."""
        candidate = await self.candidate(hub)

        assert len(await hub.live()) == 2
        assert (candidate["state"], candidate["grounds"]) == ("PROPOSED", "name phone place text")
        assert candidate["score"] > 90
        assert (candidate["case_id"], candidate["other_id"]) == (
            (await hub.case_of("GD1"))["id"],
            (await hub.case_of("XF1"))["id"],
        )

    async def test_strangers_are_not_proposed(self, hub: Hub) -> None:
        await hub.takes(HOTLINE, matter("GD1", person("张三"), person("李四")))
        await hub.takes(PETITION, matter("XF1", person("张三"), person("王五"), dispute_type="16"))
        await hub.takes(PETITION, matter("XF2", person("赵六"), person("王五"), happened_on=DAY - dt.timedelta(200)))
        assert await hub.rows("candidates") == []

    async def test_what_a_person_confirms_is_one_case_and_stays_one_after_corrections(self, hub: Hub) -> None:
        """EXCHANGE · A correction un-links, unless a person confirmed."""
        candidate = await self.candidate(hub)
        await self.decide(hub, candidate, confirmed=True)

        assert len(await hub.live()) == 1
        assert ((await hub.one("merges"))["basis"], (await hub.one("candidates"))["state"]) == ("PERSON", "CONFIRMED")
        await hub.takes(PETITION, matter("XF1", person("张三"), person("李四"), dispute_type="16", minute=1))
        assert len(await hub.live()) == 1

    async def test_what_a_person_rejects_no_record_brings_together(self, hub: Hub) -> None:
        await self.decide(hub, await self.candidate(hub), confirmed=False)
        assert (await hub.one("candidates"))["state"] == "REJECTED"

        await hub.takes(HOTLINE, matter("GD1", A, B, minute=1))
        await hub.takes(PETITION, matter("XF1", A, B, minute=1))
        assert len(await hub.live()) == 2

    async def test_an_unmerge_is_final(self, hub: Hub) -> None:
        """R69 撤销并案 · Merge two, un-merge: both histories intact, and no later record joins them again."""
        await test_a_record_that_joins_two_cases_merges_them_and_the_older_number_stays(hub)
        merge = await hub.one("merges")

        done = await hub.does("undo_merge", merge, "analyst")

        ended = await hub.one("merges")
        assert (ended["undone_by"], ended["survivor_id"]) == ("analyst", merge["survivor_id"])
        assert (await hub.one("cases", id=merge["merged_id"]))["state"] == "REGISTERED"
        assert done.given == {"Merge": merge["id"], "Case": merge["merged_id"]}
        assert len(await hub.live()) == 2
        await hub.takes(MARKET, matter("TS1", A, B, happened_on=DAY + dt.timedelta(160)))
        assert len(await hub.live()) == 2
        assert (await hub.case_of("WP1"))["id"] != (await hub.case_of("GD1"))["id"]

    async def test_a_decision_about_what_has_changed_is_refused(self, hub: Hub) -> None:
        candidate = await self.candidate(hub)
        await self.decide(hub, candidate, confirmed=False)
        with pytest.raises(VersionConflict):
            await self.decide(hub, candidate, confirmed=True)
        with pytest.raises(Settled):
            await self.decide(hub, await hub.one("candidates"), confirmed=True)
        with pytest.raises(NoSuchRow):
            await self.decide(hub, candidate | {"id": "cand_" + "0" * 32}, confirmed=True)

    async def test_a_row_in_quarantine_that_a_person_fixes_is_applied(self, hub: Hub) -> None:
        """EXCHANGE · A quarantined row is applied when a person fixes it."""
        cells = {"受理时间": "2026-13-01", "诉求人": "张三", "诉求人证件号": ZHANG, "被诉求方": "李四", "属地代码": "370402001"}
        await hub.takes(HOTLINE, bad("GD1", Reason.IMPOSSIBLE_DATE, **cells, 更新时间="2026-06-02 10:00"))
        kept = await hub.one("quarantined_rows")

        with pytest.raises(StillUnfit):
            await hub.does("fix_row", kept, cells=(Cell("受理时间", "2026-02-30"),))
        assert await hub.rows("cases") == await hub.rows("receipts") == []
        done = await hub.does("fix_row", kept, cells=(Cell("受理时间", "2026-05-01"),))

        fixed, case = await hub.one("quarantined_rows"), await hub.case_of("GD1")
        assert done.given == {"QuarantinedRow": kept["id"], "Case": case["id"]}
        assert (fixed["state"], fixed["case_id"]) == ("FIXED", case["id"])
        record = await hub.record("GD1")
        assert (record["fate"], record["happened_on"]) == ("APPLIED", dt.date(2026, 5, 1))
        with pytest.raises(VersionConflict):
            await hub.does("fix_row", kept, cells=())
        with pytest.raises(Settled):
            await hub.does("fix_row", fixed, cells=())
