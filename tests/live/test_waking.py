"""What does not concern an answer wakes nothing: changes outside its region, its body, its row (issue 7)."""

from typing import Any

import pytest
from tests.conftest import Base
from tests.live.test_property import Town, Watched, answered, schema
from tests.oracle import rows
from tests.oracle.operations import Asked
from tests.resolvers.test_property import corridor_of, load

from hub.access.viewers import Scope, Viewer
from hub.live.touches import heard_of
from hub.schema.cases import Case, CaseState, Party, PartyKind, PartyRole
from hub.schema.graph import HubSchema
from hub.schema.model import Model
from hub.schema.referrals import Referral
from hub.store.changes import Change, Insert, Update
from hub.store.seal import Seal

__all__ = ["schema"]

SHOWN = "nodes {id number state organisation {name} disputeType {zh} parties {nodes {name}} referrals {nodes {state}}}"
SHAPES = {
    "one": "query ($case: ID!) {case(id: $case) {number state parties {nodes {name}} organisation {name}}}",
    "by region": f"query ($district: String!) {{cases(filter: {{district: {{eq: $district}}}}) {{totalCount {SHOWN}}}}}",
    "by body": f"query ($body: ID!) {{cases(filter: {{organisation: {{id: {{eq: $body}}}}}}) {{totalCount {SHOWN}}}}}",
    "figures": """query ($district: String!) {
      caseStatistics(filter: {district: {eq: $district}}, by: [TOWN, STATE]) {count state town {name}}}""",
    "inbox": "query ($body: ID!) {referrals(filter: {receiver: {id: {eq: $body}}}) {totalCount nodes {state case {number}}}}",
    "in scope": f"{{cases(first: 50) {{totalCount {SHOWN}}}}}",
}


class Desk:
    """A municipality of which one case, its district and its bodies are looked at, and all of whose rows change."""

    def __init__(self, town: Town, corridor: Any) -> None:
        self.town, self.corridor = town, corridor
        self.versions: dict[str, int] = {}
        data, regions = town.data, town.data["Region"]
        self.district = {case["id"]: regions[case["region"]]["district"] for case in data["Case"].values()}
        self.of = {name: self._bodies(name) for name in data["Case"]}
        referrals = [row for row in data["Referral"].values() if row["receiver"] and self.district[row["case"]]]
        self.referral = referrals[0]
        self.case, self.body = data["Case"][self.referral["case"]], self.referral["receiver"]
        self.far = [
            row
            for row in data["Case"].values()
            if self.district[row["id"]] != self.district[self.case["id"]]
            and not self.of[row["id"]] & {self.body, self.case["organisation"]}
        ]

    def _bodies(self, case: str) -> set[str]:
        data = self.town.data
        referrals = [row for row in data["Referral"].values() if row["case"] == case]
        members = [row for row in data["ReferralMember"].values() if row["referral"] in {each["id"] for each in referrals}]
        sources = [row for row in data["SourceRecord"].values() if row["case"] == case]
        named = [row[end] for row in referrals for end in ("sender", "receiver", "lead")]
        return {*named, *(row["organisation"] for row in (*members, *sources)), data["Case"][case]["organisation"]} - {None}

    def watched(self, shape: str) -> Watched:
        district = self.district[self.case["id"]]
        body = self.case["organisation"] if shape == "by body" else self.body
        city = tuple({row["city"] for row in self.town.data["Region"].values() if row["city"]})
        scope = {"by body": Scope(city=city), "inbox": Scope(organisations=(body,)), "in scope": Scope(organisations=(body,))}
        viewer = Viewer("v", "agency", scope.get(shape, Scope(city=city)))
        given = {"case": self.case["id"], "district": district, "body": body}
        return Watched(
            0, Asked(SHAPES[shape], {name: value for name, value in given.items() if name in SHAPES[shape]}, None), viewer
        )

    def changes(self, case: dict[str, Any]) -> list[Change]:
        """A case goes on, a party comes, a referral changes."""
        party = {
            "case": case["id"],
            "role": PartyRole.AGENT,
            "kind": PartyKind.NATURAL_PERSON,
            "name": "诸葛",
            "shielded": False,
        }
        state = CaseState.SUPPLEMENT if case["state"] is not CaseState.SUPPLEMENT else CaseState.REGISTERED
        referrals = [row for row in self.town.data["Referral"].values() if row["case"] == case["id"]]
        return [
            self._update(Case, case["id"], state=state),
            Insert(Party, party),
            *(self._update(Referral, row["id"], judge="甲") for row in referrals if "judge" in row),
        ]

    def _update(self, noun: Any, id_: str, **values: Any) -> Update:
        version = self.versions.get(id_, 1)
        self.versions[id_] = version + 1
        return Update(noun, id_, version, values)

    async def wakes(self, each: Watched, case: dict[str, Any]) -> int:
        """How many of the events of a case's changes wake the answer; it is asked anew afterwards."""
        assert each.watch is not None
        before, position, watch = each.body, await self.town.log.newest(), each.watch
        for change in self.changes(case):
            await self.town.ledger.write([change], actor="intake", now=rows.WRITTEN_AT)
        entries = await self.town.log.after(position)
        assert len(entries) >= 2
        found = sum(any(map(watch.touches, heard_of(entry))) for entry in entries)
        assert await answered(self.corridor, each)
        assert found or each.body == before
        return found


@pytest.mark.parametrize("seed", [21])
async def test_a_change_outside_what_is_asked_wakes_nothing(
    seed: int, base: Base, model: Model, schema: HubSchema, seal: Seal
) -> None:
    """Issue 7, demand 2: by id, by region, by body, figures by region and state, the inbox of referrals."""
    town = Town(seed, base, model, schema, seal, cases=40)
    await load(town.data, town.ledger)
    async with corridor_of(base, model, schema, seal) as corridor:
        desk = Desk(town, corridor)
        assert len(desk.far) > 2
        for shape in SHAPES:
            each = desk.watched(shape)
            assert await answered(corridor, each)
            assert [await desk.wakes(each, case) for case in desk.far[:3]] == [0, 0, 0], shape
            assert await desk.wakes(each, desk.case) > 0, shape
