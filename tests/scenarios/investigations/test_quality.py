"""底数清、情况明、处置快、预判准 · The four quality figures of investigation, town by town (R78)."""

from typing import Any

from tests.scenarios.desk import Desks
from tests.scenarios.investigations.village import PEOPLE, found, rounds, tasks, villages

from hub.rules.quality import Quality, whole

TEXT = """query ($region: ID!, $period: String!) { investigationQuality(region: $region, period: $period) {
    town tasks submitted coverage findings complete completeness hours escalated foreseen foresight } }"""


async def told(desk: Desks, viewer: str, region: str = "region_370402001", period: str = "2025-06") -> Any:
    document = await desk.document(viewer, TEXT, {"region": region, "period": period})
    if "errors" in document:
        return document["errors"][0]["extensions"]["hub"]
    return document["data"]["investigationQuality"]


async def test_the_board_of_a_town_shows_the_four_figures(desk: Desks) -> None:
    """枣法委发〔2021〕7号2.3.1（R78）· Two villages and the town are due; one reports, one of two findings is whole."""
    desk.on("2025-06-02", hour=0)
    await villages(desk, "东村", "西村")
    await rounds(desk)
    desk.on("2025-06-10")
    (task,) = await tasks(desk, "东村")
    given = await desk.does("东村", "submitReport", task["id"], findings=[found(), found(people=None, measures=None)])
    first, second = sorted(row["id"] for row in await desk.hub.rows("findings"))
    assert given["task"]["state"] == "SUBMITTED"
    desk.on("2025-06-10", hour=15)
    case = (await desk.does("intake", "registerFinding", first, case={"severity": "3", "parties": PEOPLE}))["case"]["id"]
    await desk.does("intake", "triageFinding", second, verdict="NONE", reason="已自行和解")
    other = await desk.does("intake", "registerCase", case=_dispute())
    desk.on("2025-06-11")
    for each in (case, other["case"]["id"]):
        await desk.does("intake", "transferToPolice", each)

    total, town = await told(desk, "district")

    assert town == {
        "town": "370402001",
        "tasks": 3,
        "submitted": 1,
        "coverage": "0.3333",
        "findings": 2,
        "complete": 1,
        "completeness": "0.5000",
        "hours": "6.0",
        "escalated": 2,
        "foreseen": 1,
        "foresight": "0.5000",
    }
    assert total == {**town, "town": None}
    assert await told(desk, "centre") == [total, town]
    assert (await told(desk, "district", period="2025-07"))[0]["coverage"] is None
    for viewer, code in (("tengzhou", "HUB-702"), ("court", "HUB-403")):
        assert await told(desk, viewer) == code
    assert await told(desk, "district", period="June") == "HUB-218"


def test_the_whole_is_the_sum_of_its_towns() -> None:
    parts = [Quality(tasks=3, submitted=1, escalated=2), Quality(tasks=1, submitted=1, foreseen=0)]

    assert (whole(parts).coverage, whole(parts).foresight, whole([]).hours) == ("0.5000", "0.0000", None)


def _dispute() -> dict[str, Any]:
    said = {"title": "王五与赵六宅基地纠纷", "disputeType": "03", "channel": "01", "severity": "2", "online": False}
    return {**said, "region": "region_370402001", "parties": PEOPLE}
