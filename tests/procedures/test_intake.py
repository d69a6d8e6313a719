"""Intake: the fate of every row, the sums, what a case is made of, quarantine, attachments and registers."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.procedures.agencies import (
    DAY,
    LI,
    NOW,
    SHOP,
    WANG,
    ZHANG,
    Hub,
    Sent,
    attached,
    bad,
    delegated,
    matter,
    mediator,
    person,
    sent,
    told,
)

from hub.connectors.records import Reason, RegionFlag
from hub.errors import NoAgreement
from hub.procedures import intake
from hub.procedures.intake import apply
from hub.store.seal import Seal, context_of

HOTLINE, PETITION, COURT = "hotline-12345", "petition", "court-referral"


class Breaking(Sent):
    """A delivery that cannot be read to its end."""

    def rows(self) -> Iterator[Any]:
        yield from self.items
        raise OSError("gone")


def quarrel(key: str = "GD1", **said: Any) -> Any:
    return matter(key, person("张三", ZHANG, "13812341234"), person("李四", LI), **said)


class TestFates:
    async def test_a_new_row_is_applied_and_the_same_again_changes_nothing(self, hub: Hub) -> None:
        """EXCHANGE 行去向；R66 重放 · Replaying a file makes no new rows."""
        assert told(await hub.takes(HOTLINE, quarrel())) == {"received": 1, "applied": 1}
        before = {name: len(await hub.rows(name)) for name in ("cases", "parties", "source_records")}
        versions = [(row["id"], row["version"]) for row in await hub.rows("cases")]

        assert told(await hub.takes(HOTLINE, quarrel())) == {"received": 1, "unchanged": 1}

        assert {name: len(await hub.rows(name)) for name in before} == before == {"cases": 1, "parties": 2, "source_records": 1}
        assert [(row["id"], row["version"]) for row in await hub.rows("cases")] == versions

    async def test_a_newer_row_corrects_and_an_older_one_is_superseded(self, hub: Hub) -> None:
        """EXCHANGE 更正、过期 · Newer update time corrects; older is ignored."""
        await hub.takes(HOTLINE, quarrel(minute=1, amount=100))

        assert told(await hub.takes(HOTLINE, quarrel(minute=2, amount=200))) == {"received": 1, "corrected": 1}
        assert told(await hub.takes(HOTLINE, quarrel(amount=300))) == {"received": 1, "superseded": 1}
        assert (await hub.case_of("GD1"))["amount"] == 200

    async def test_of_equal_times_the_greater_content_counts_whichever_came_first(self, hub: Hub) -> None:
        one, other = quarrel("GD1", amount=1), quarrel("GD1", amount=2)
        first = await hub.takes(HOTLINE, one, other)
        again = await hub.takes(HOTLINE, other, one)

        assert first.corrected + first.superseded == again.superseded == 1
        assert again.unchanged == 1

    async def test_duplicates_inside_one_file_follow_the_same_rules(self, hub: Hub) -> None:
        found = await hub.takes(HOTLINE, quarrel(minute=1), quarrel(minute=1), quarrel(minute=3, amount=9), quarrel())

        assert told(found) == {"received": 4, "applied": 1, "unchanged": 1, "corrected": 1, "superseded": 1}
        assert (await hub.case_of("GD1"))["amount"] == 9

    async def test_void_is_a_newer_version_and_the_case_stays_marked(self, hub: Hub) -> None:
        """EXCHANGE 作废 · Void marks the case, it does not take it away."""
        await hub.takes(HOTLINE, quarrel())
        await hub.takes(HOTLINE, quarrel(minute=1, void=True))
        case = await hub.case_of("GD1")
        assert (case["void"], case["state"]) == (True, "REGISTERED")

        await hub.takes(HOTLINE, quarrel(minute=2))
        assert (await hub.case_of("GD1"))["void"] is None

    async def test_every_rows_fate_is_kept_in_its_order(self, hub: Hub) -> None:
        await hub.takes(HOTLINE, quarrel(minute=1), bad("GD2"), quarrel(), matter("GD3", person("王五", WANG)))
        (part,) = await hub.rows("batch_parts")
        assert (part["fates"], part["first"], part["places"]) == ("AQSA", 1, None)

    async def test_an_unknown_dispute_type_is_99_and_its_word_is_kept_and_counted(self, hub: Hub) -> None:
        outcome = await hub.takes(HOTLINE, quarrel(dispute_type="99", raw_type="噪音"), quarrel("GD2", raw_type="邻里关系"))

        assert (await hub.record("GD1"))["raw_type"] == "噪音"
        assert (await hub.record("GD2"))["raw_type"] is None
        assert (await hub.one("batches", id=outcome.batch))["unknown_types"] == 1

    async def test_without_an_agreement_in_force_nothing_is_taken(self, hub: Hub, seal: Seal) -> None:
        """R63 协议登记 · Denied by default."""
        delivery = sent(HOTLINE, [quarrel()])
        off = replace(delivery, context=replace(delivery.context, exchange=replace(delivery.context.exchange, in_force=False)))
        with pytest.raises(NoAgreement):
            await apply(hub.base, off, seal=seal, now=NOW, actor="system")
        assert await hub.rows("source_records") == await hub.rows("batches") == []


class TestCases:
    async def test_a_case_is_registered_where_its_row_says_with_the_centre_in_charge(self, hub: Hub) -> None:
        """R26 一体受理；EXCHANGE 区划 · One number, the region's own centre in charge."""
        await hub.takes(HOTLINE, quarrel(region="370402101"), quarrel("GD2", region="370400", dispute_type="16"))
        case, wide = await hub.case_of("GD1"), await hub.case_of("GD2")

        assert case["number"] == "ZZF-370402101-2026-000001"
        assert wide["number"] == "ZZF-370400000-2026-000001"
        centre = await hub.one("organisations", id=case["organisation_id"])
        assert (centre["kind"], centre["region_id"]) == ("TOWN_CENTRE", "region_370402101")
        assert (case["state"], case["channel"], case["start"]) == ("REGISTERED", "05", "ON_APPLICATION")

    async def test_names_identities_and_telephones_are_masked_and_sealed(self, hub: Hub, seal: Seal) -> None:
        await hub.takes(HOTLINE, quarrel(text="张三称李四打人，电话13812341234"))
        case, record = await hub.case_of("GD1"), await hub.record("GD1")

        assert case["title"] == "张*与李*邻里纠纷"
        assert case["narrative"] == "张*称李*打人，电话138****1234"
        assert record["content"] is record["reading"] is None
        assert "张三" in seal.open(record["content_sealed"], context_of("source_records", "content", record["id"]))

    async def test_a_region_that_was_only_assumed_is_flagged(self, hub: Hub) -> None:
        outcome = await hub.takes(HOTLINE, quarrel(region="370400", region_flag=RegionFlag.DEFAULT))
        assert (await hub.record("GD1"))["region_from"] == "DEFAULT"
        assert (await hub.one("batches", id=outcome.batch))["default_regions"] == 1

    async def test_a_court_s_row_issues_a_referral_and_its_correction_corrects_it(self, hub: Hub) -> None:
        """R31 委派 · A delegation opens a referral, issued, once."""
        row = delegated("WP1", person("张三", ZHANG), person("某店", SHOP), receiver="甲调委会")
        await hub.takes(COURT, row)
        (referral,) = await hub.rows("referrals")
        assert (referral["state"], referral["type"], referral["court_id"]) == ("ISSUED", "DELEGATE", "court_鲁0402")
        assert (referral["number"], referral["receiver_id"]) == ("ZZR-2026-0000001", None)
        assert (await hub.record("WP1"))["subject_id"] == referral["id"]

        await hub.takes("justice-register", mediator("甲调委会", "周正", WANG))
        (referral,) = await hub.rows("referrals")
        assert referral["receiver_id"] == (await hub.one("organisations", name="甲调委会"))["id"]

    async def test_a_corrected_party_leaves_and_the_right_one_comes(self, hub: Hub) -> None:
        await hub.takes(HOTLINE, quarrel())
        await hub.takes(HOTLINE, matter("GD1", person("张三", ZHANG), person("王五", WANG), minute=1))
        case = await hub.case_of("GD1")

        assert await hub.names(case["id"]) == ["张三", "王五"]
        assert case["title"] == "张*与王*邻里纠纷"
        assert (await hub.one("parties", name="李四"))["left_at"] is not None


class TestQuarantine:
    async def test_a_bad_row_is_sealed_shown_masked_and_counted_and_the_others_are_applied(self, hub: Hub, seal: Seal) -> None:
        """EXCHANGE 隔离；R65 · Quarantine holds what cannot be applied, masked."""
        row = bad("GD9", Reason.FUTURE_DATE, 诉求人="张三", 诉求人证件号=ZHANG, 联系电话="138 1234 1234", 诉求内容="张三来电")
        outcome = await hub.takes(HOTLINE, row, quarrel())

        assert told(outcome) == {"received": 2, "applied": 1, "quarantined": 1}
        assert outcome.quarantined == {Reason.FUTURE_DATE: 1}
        (kept,) = await hub.rows("quarantined_rows")
        assert (kept["state"], kept["reason"], kept["source_number"], kept["place"]) == ("OPEN", "FUTURE_DATE", "GD9", 1)
        assert "诉求人：张*" in kept["shown"]
        assert not any(secret in kept["shown"] for secret in ("张三", ZHANG, "12341234"))
        assert ZHANG in seal.open(kept["content_sealed"], context_of("quarantined_rows", "content", kept["id"]))

    async def test_the_same_bad_row_again_is_counted_but_not_kept_twice(self, hub: Hub) -> None:
        assert told(await hub.takes(HOTLINE, bad("GD9"), bad("GD9"))) == {"received": 2, "quarantined": 2}
        await hub.takes(HOTLINE, bad("GD9"))
        assert len(await hub.rows("quarantined_rows")) == 1

    async def test_a_row_that_its_source_sends_repaired_is_applied_and_settled(self, hub: Hub) -> None:
        await hub.takes(HOTLINE, bad("GD1"))
        await hub.takes(HOTLINE, quarrel())

        (kept,) = await hub.rows("quarantined_rows")
        assert (kept["state"], kept["case_id"]) == ("REPAIRED", (await hub.case_of("GD1"))["id"])


class TestAttachments:
    async def test_an_attachment_waits_for_its_case_and_hangs_on_it_when_it_comes(self, hub: Hub) -> None:
        """EXCHANGE 附件 · An orphan is applied, waiting; it never makes a case."""
        found = await hub.takes(
            "court-confirm", attached("confirmation", "SQ1", "XY1", ruling="准予确认", court="枣庄市市中区人民法院")
        )
        assert told(found) == {"received": 1, "applied": 1}
        waiting = await hub.one("confirmations", number="SQ1")
        assert (waiting["case_id"], waiting["agreement_id"], waiting["court_id"]) == (None, None, "court_鲁0402")
        assert (await hub.record("SQ1"))["waiting"] is True
        assert await hub.rows("cases") == []

        await hub.takes("chamber", matter("SH1", person("某店", SHOP), person("李四", LI), agreement="XY1"))

        case, hung = await hub.case_of("SH1"), await hub.one("confirmations", number="SQ1")
        assert hung["case_id"] == case["id"] == (await hub.record("SQ1"))["case_id"]
        assert hung["agreement_id"] == (await hub.one("agreements", number="XY1"))["id"]
        assert (await hub.record("SQ1"))["waiting"] is None

    async def test_an_appraisal_hangs_on_the_case_of_its_delegation_and_is_masked_with_its_names(self, hub: Hub) -> None:
        await hub.takes(COURT, delegated("WP1", person("张三丰", ZHANG), person("某店", SHOP)))
        await hub.takes("appraisal", attached("appraisal", "JD1", "WP1", opinion="张三丰构成十级伤残"))

        appraisal = await hub.one("appraisals", number="JD1")
        assert appraisal["case_id"] == (await hub.case_of("WP1"))["id"]
        assert appraisal["opinion"] == "张*构成十级伤残"

    async def test_what_hangs_on_a_case_follows_a_reference_that_is_corrected(self, hub: Hub) -> None:
        await hub.takes("chamber", matter("SH1", person("某店", SHOP), person("李四", LI), agreement="XY1"))
        await hub.takes("notary", attached("notarisation", "GZ1", "XY1", enforceable="是"))
        assert (await hub.one("notarisations", number="GZ1"))["enforceable"] is True

        await hub.takes("chamber", matter("SH1", person("某店", SHOP), person("李四", LI), agreement="XY2", minute=1))

        assert (await hub.one("notarisations", number="GZ1"))["case_id"] is None
        assert (await hub.one("agreements", number="XY1"))["case_id"] is None
        assert (await hub.one("agreements", number="XY2"))["case_id"] == (await hub.case_of("SH1"))["id"]


class TestRegisters:
    async def test_a_mediator_is_there_once_and_brought_up_to_date(self, hub: Hub) -> None:
        """R90、R91 名册 · Registers update by key and never duplicate."""
        before = len(await hub.rows("organisations"))
        await hub.takes("justice-register", mediator("榴园镇人民调解委员会", "周正", ZHANG))
        await hub.takes(
            "justice-register", mediator("榴园镇人民调解委员会", "周正", ZHANG, minute=1, expertise="16", head="吴方")
        )

        (found,) = await hub.rows("mediators")
        assert (found["expertise"], found["identity"], found["term_from"]) == ("16", "370402********0016", DAY)
        assert len(await hub.rows("organisations")) == before + 1
        body = await hub.one("organisations", name="榴园镇人民调解委员会")
        assert (body["head"], body["kind"], body["region_id"]) == ("吴*", "TOWN_COMMITTEE", "region_370402001")

    async def test_a_body_of_the_configuration_keeps_what_the_clerk_said(self, hub: Hub) -> None:
        name = "枣庄市工商联商会人民调解委员会"
        before = await hub.one("organisations", name=name)
        await hub.takes("justice-register", mediator(name, "周正", ZHANG, organisation_kind="TOWN_COMMITTEE"))

        after = await hub.one("organisations", name=name)
        assert (after["kind"], after["region_id"], after["head"]) == (before["kind"], before["region_id"], "周*")


class TestDeeds:
    async def test_a_file_of_many_rows_is_many_deeds_and_one_account(self, hub: Hub) -> None:
        rows = [matter(f"GD{n}", person("甲", f"A{n:04d}"), person("乙", f"B{n:04d}")) for n in range(250)]
        outcome = await hub.takes(HOTLINE, *rows)

        assert told(outcome) == {"received": 250, "applied": 250}
        batch = await hub.one("batches", id=outcome.batch)
        assert (batch["received"], batch["applied"], batch["state"]) == (250, 250, "RECEIVED")
        assert "".join(part["fates"] for part in await hub.rows("batch_parts")) == "A" * 250
        assert len({case["number"] for case in await hub.rows("cases")}) == 250

    async def test_a_dispute_of_more_records_than_a_deed_holds_is_taken_too(self, hub: Hub) -> None:
        rows = [quarrel(f"GD{n}") for n in range(600)]
        assert told(await hub.takes(HOTLINE, *rows)) == {"received": 600, "applied": 1, "merged": 599}
        assert len(await hub.live()) == 1

    async def test_two_files_at_once_end_as_one_after_the_other(self, hub: Hub) -> None:
        """并发 · Whoever looked at an older state looks again."""
        files = [[quarrel(f"{who}{n}", happened_on=DAY) for n in range(30)] for who in "甲乙"]
        await asyncio.gather(hub.takes(HOTLINE, *files[0]), hub.takes(PETITION, *files[1]))

        assert len(await hub.live()) == 1
        assert sum(outcome.applied + outcome.merged for outcome in hub.outcomes) == 60

    async def test_a_delivery_that_breaks_off_goes_on_when_it_is_sent_again(self, hub: Hub, monkeypatch: Any) -> None:
        monkeypatch.setattr(intake, "ROWS", 2)
        rows = [matter(f"GD{n}", person("甲", f"A{n}"), person("乙", f"B{n}")) for n in range(6)]
        whole = sent(HOTLINE, rows)
        broken: Any = Breaking(whole.delivery, whole.context, whole.items[:4])

        with pytest.raises(OSError, match="gone"):
            await apply(hub.base, broken, seal=hub.seal, now=NOW, actor="system")
        (batch,) = await hub.rows("batches")
        assert (batch["state"], batch["received"], batch["applied"]) == ("BROKEN", 4, 4)

        assert told(await hub.takes(HOTLINE, *rows)) == {"received": 6, "applied": 2, "unchanged": 4}


async def test_an_agreement_has_the_form_and_date_that_its_agency_has_a_heading_for(hub: Hub) -> None:
    """R84 调解协议 · Number, form and date, as the exchange agreement maps them."""
    written = matter("RT1", person("张三", ZHANG), person("李四", LI), agreement="XY1")
    dated = matter("SH1", person("某店", SHOP), person("李四", LI), agreement="XY2")

    await hub.takes("justice-mediation", replace(written, raw={**written.raw, "协议类型": "书面协议"}))
    await hub.takes("chamber", replace(dated, raw={**dated.raw, "协议日期": "2026年6月2日"}))

    one, other = await hub.one("agreements", number="XY1"), await hub.one("agreements", number="XY2")
    assert (one["kind"], one["date"], other["kind"], other["date"]) == ("WRITTEN", None, None, dt.date(2026, 6, 2))


class TestWhatBeginsWithACase:
    async def test_the_agency_that_was_asked_first_answers_for_the_case(self, hub: Hub) -> None:
        """首问责任 R85 · First contact is fixed at the first touch: a role and an organisation, no person."""
        await hub.takes(HOTLINE, quarrel())
        await hub.takes(COURT, delegated("WP1", person("王五", WANG), person("李四", LI)))
        first, court = await hub.case_of("GD1"), await hub.case_of("WP1")
        agency = (await hub.record("GD1"))["organisation_id"]

        await hub.takes(PETITION, quarrel("XF1"))

        assert (first["first_contact_role"], first["first_contact_organisation_id"]) == ("agency", agency)
        assert (await hub.case_of("XF1"))["first_contact_organisation_id"] == agency
        assert (court["first_contact_role"], court["first_contact_organisation_id"]) == (
            "court",
            (await hub.record("WP1"))["organisation_id"],
        )

    async def test_the_limits_of_an_old_matter_run_from_the_day_the_hub_received_it(self, hub: Hub) -> None:
        """R55、R86 期限 · First response 1 working day, the one-time notice 5; from 2026-06-30, not from 2019."""
        await hub.takes(HOTLINE, quarrel(happened_on=dt.date(2019, 3, 1)))
        case = await hub.case_of("GD1")

        rows = {row["rule"]: row for row in await hub.rows("deadlines")}

        assert {name: row["due_on"] for name, row in rows.items()} == {
            "FIRST_RESPONSE": dt.date(2026, 7, 1),
            "SUPPLEMENT_NOTICE": dt.date(2026, 7, 7),
        }
        for row in rows.values():
            assert (row["case_id"], row["referral_id"], row["state"]) == (case["id"], None, "RUNNING")
            assert (row["started_on"], row["local_default"]) == (dt.date(2026, 6, 30), True)

    async def test_a_referral_that_arrives_runs_the_limit_of_its_delivery_alone(self, hub: Hub) -> None:
        """DOMAIN 2.2 · Confirmation of receipt counts from delivery (Online Mediation Rules art. 12), not from issue."""
        await hub.takes(COURT, delegated("WP1", person("王五", WANG), person("李四", LI)))
        assert len(await hub.rows("referrals")) == 1
        assert [row["rule"] for row in await hub.rows("deadlines") if row["referral_id"]] == ["REFERRAL_DELIVERY"]

    async def test_a_correction_starts_no_limit_again(self, hub: Hub) -> None:
        await hub.takes(HOTLINE, quarrel())
        before = await hub.rows("deadlines")
        hub.now += dt.timedelta(days=3)
        await hub.takes(HOTLINE, quarrel(amount=100, minute=1))
        assert await hub.rows("deadlines") == before
