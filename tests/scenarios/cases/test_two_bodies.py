"""不重 · One dispute is not taken up twice, and who is warned learns no more than it must (R68)."""

import pytest
from tests.procedures.agencies import LI, ZHANG
from tests.scenarios.desk import Desks, Refusal, dispute

CONFLICTS = (
    "query ($case: ID!) { a: __typename acceptanceConflicts(case: $case) { caseNumber organisation since is: __typename } }"
)
PARTIES = [
    {"name": "张三", "role": "APPLICANT", "kind": "NATURAL_PERSON", "identity": ZHANG},
    {"name": "李四", "role": "RESPONDENT", "kind": "NATURAL_PERSON", "identity": LI},
]


async def test_the_second_body_is_warned_before_it_accepts(desk: Desks) -> None:
    """R68；市场监督管理投诉处理办法第15条 · The same parties and type, accepted in another district: number, body, day."""
    desk.on("2025-06-03")
    there = dispute(parties=PARTIES, region="region_370481001", title="秘密标题")
    first = (await desk.does("tengzhou", "registerCase", case=there))["case"]["id"]
    mine = (await desk.does("intake", "registerCase", case=dispute(parties=PARTIES[::-1])))["case"]["id"]
    assert (await desk.asks("intake", CONFLICTS, case=mine))["acceptanceConflicts"] == []

    await desk.does("tengzhou", "acceptCase", first)

    found = await desk.asks("intake", CONFLICTS, case=mine)
    number = (await desk.row("cases", first))["number"]
    (told,) = found["acceptanceConflicts"]
    assert list(found) == ["a", "acceptanceConflicts"]
    assert told | {"organisation": ""} == {
        "caseNumber": number,
        "organisation": "",
        "since": "2025-06-03",
        "is": "AcceptanceConflict",
    }
    assert "滕州" in told["organisation"]
    assert "秘密" not in str(found)


async def test_other_types_and_ended_cases_are_no_conflict(desk: Desks) -> None:
    first = (await desk.does("tengzhou", "registerCase", case=dispute(parties=PARTIES, region="region_370481001")))["case"][
        "id"
    ]
    await desk.does("tengzhou", "acceptCase", first)
    other = (await desk.does("intake", "registerCase", case=dispute(parties=PARTIES, disputeType="02")))["case"]["id"]
    mine = (await desk.does("intake", "registerCase", case=dispute(parties=PARTIES)))["case"]["id"]

    assert (await desk.asks("intake", CONFLICTS, case=other))["acceptanceConflicts"] == []
    assert len((await desk.asks("intake", CONFLICTS, case=mine))["acceptanceConflicts"]) == 1
    await desk.does("tengzhou", "withdrawCase", first, settled=True)
    assert (await desk.asks("intake", CONFLICTS, case=mine))["acceptanceConflicts"] == []


async def test_nobody_asks_about_a_case_that_it_does_not_see(desk: Desks) -> None:
    mine = (await desk.does("intake", "registerCase", case=dispute(parties=PARTIES)))["case"]["id"]

    for viewer, number in (("tengzhou", "HUB-702"), ("analyst", "HUB-403")):
        document = await desk.document(viewer, CONFLICTS, {"case": mine})
        assert document["data"] == {"a": "Query", "acceptanceConflicts": None}
        assert [(each["path"], each["extensions"]["hub"]) for each in document["errors"]] == [(["acceptanceConflicts"], number)]


async def test_two_clerks_save_one_case_and_one_of_them_is_told(desk: Desks) -> None:
    """两人同时办理 · Each saw version 1; the second deed is refused, says so, and changes nothing."""
    case = (await desk.does("intake", "registerCase", case=dispute()))["case"]["id"]
    await desk.does("intake", "acceptCase", case, expectedVersion=1)
    before = await desk.everything()

    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "acceptCase", case, expectedVersion=1)

    assert refused.value.number == "HUB-505"
    assert await desk.everything() == before
    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "acceptCase", case)
    assert (refused.value.number, refused.value.said["state"]) == ("HUB-710", "ACCEPTED")
    assert "TRANSFER" in refused.value.said["possible"]


async def test_a_region_that_is_not_ones_own_is_refused(desk: Desks) -> None:
    """R21 属地管理 · Who is of one district registers nothing in another."""
    before = await desk.everything()

    with pytest.raises(Refusal) as refused:
        await desk.does("intake", "registerCase", case=dispute(region="region_370481001"))

    assert refused.value.number == "HUB-715"
    assert await desk.everything() == before
