"""Villages for scenarios: their committees with the desks of those who work there."""

from typing import Any

from tests.scenarios.desk import Desks, org

from hub.access.viewers import CASES, REPORT, Scope, Viewer
from hub.procedures.rounds import miss_reports, open_rounds, start_planned
from hub.procedures.sweeps import sweep_of
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.store.ledger import Insert

TOWN, OTHER_TOWN = "370402001", "370481001"


async def villages(desk: Desks, *names: str, town: str = TOWN) -> list[str]:
    """Committees of villages in the town, each with a desk of its own name; their ids."""
    nothing = ("credit_code", "profession", "host_agency", "hosted_in", "address", "phone", "hours", "services", "head")
    told = {"kind": "VILLAGE_COMMITTEE", "level": OrganisationLevel.VILLAGE, "region": f"region_{town}", "active": True}
    rows = [Insert(Organisation, {**dict.fromkeys((*nothing, "opened_on")), **told, "name": name}) for name in names]
    written = await desk.hub.base.ledger.write(rows, actor="admin", now=desk.now)
    for name, each in zip(names, written, strict=True):
        scope = Scope(organisations=(each.id,))
        desk.viewers[name] = Viewer(name, "org_admin", scope, permissions=frozenset({REPORT, CASES}), subject=name)
    return [each.id for each in written]


async def rounds(desk: Desks) -> dict[str, int]:
    """What the night's job begins and finds missed."""
    sweep = sweep_of(desk.hub.base, desk.hub.seal, desk.now)
    planned, missed = await start_planned(sweep), await miss_reports(sweep)
    return {**await open_rounds(sweep), "planned": planned, "missed": missed}


async def tasks(desk: Desks, viewer: str, **wanted: Any) -> list[dict[str, Any]]:
    """The tasks that the viewer sees, with their campaigns."""
    text = """query ($filter: TaskFilter) { tasks(filter: $filter, first: 100, orderBy: [{field: OPENED_ON}]) { nodes {
        id version state dueOn zero late organisation { name } campaign { id cycle keyPeriod every firstOn lastOn state }
        availableActions { action verb } } } }"""
    found = await desk.asks(viewer, text, filter=wanted)
    nodes: list[dict[str, Any]] = found["tasks"]["nodes"]
    return nodes


def found(**said: Any) -> dict[str, Any]:
    """Something that a village found."""
    return {
        "title": "王家庄宅基地边界争执",
        "disputeType": "03",
        "risk": "YELLOW",
        "description": "两户因翻建房屋滴水线争执，村委已劝",
        "measures": "现场劝离",
        "people": 4,
        **said,
    }


PEOPLE = [
    {"name": "王五", "role": "APPLICANT", "kind": "NATURAL_PERSON"},
    {"name": "赵六", "role": "RESPONDENT", "kind": "NATURAL_PERSON"},
]

__all__ = ["OTHER_TOWN", "PEOPLE", "TOWN", "found", "org", "rounds", "tasks", "villages"]
