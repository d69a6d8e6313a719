"""What guards are judged from, as the base holds it: of one row, of one not yet written, of many alike."""

import datetime as dt
from collections.abc import Collection
from typing import Any

import pytest
from tests.store.town import DAY, Town, insert, org

from hub.rules.actions import ReferralAction
from hub.rules.guards import Facts, empty, filled, has, lacks, none_of, one_of
from hub.rules.machines import Basis, Machine, State, Transition
from hub.rules.standing import Standing
from hub.schema.courts import Invitation
from hub.schema.model import Model
from hub.schema.referrals import ReferralState, ReferralType
from hub.store.facts import read_facts

BROTHERS = has("Referral", on={"case": "case"})
OPEN = has("Referral", one_of("state", ReferralState.ISSUED), empty("accepted_on"), on={"case": "case"})
OTHERS = lacks("Referral", none_of("termination_reason", "6"), filled("receiver"), on={"case": "case"})
INVITED = has("Invitation", on={"court": "court", "organisation": "receiver"})
MEMBERS = has("ReferralMember", on={"referral": "id"})
OF_THE_BODY = has("ReferralMember", on={"organisation": "case.organisation"})


def row(state: State | None, *guards: Any) -> Transition:
    return Transition(
        state=state, action=ReferralAction.ACCEPT, next=state, who=(Standing.RECEIVER,), basis=Basis("法 · law"), guards=guards
    )


MACHINE = Machine(
    noun="Referral",
    states=ReferralState,
    actions=ReferralAction,
    handler="case.organisation",
    transitions=(
        row(None, INVITED),
        row(ReferralState.ISSUED, BROTHERS, OPEN, OTHERS, INVITED, MEMBERS, OF_THE_BODY, one_of("case.severity", "3")),
        row(ReferralState.DRAFT, has("Case", on={"id": "case"})),
    ),
    owners={},
    final=frozenset(),
)


class Placed:
    """A case with three referrals: one of a court's delegation, one answered, one ended."""

    def __init__(self, town: Town, model: Model) -> None:
        self.town, self.model = town, model

    async def fill(self) -> None:
        [case] = await self.town.write(self.town.case(severity="3"))
        [other] = await self.town.write(self.town.case())
        self.case = case.id
        sent = {"court": "court_鲁0402", "receiver": org(2)}
        rows = [
            self.town.referral(case.id, **sent),
            self.town.referral(case.id, type=ReferralType.ASSIGN, receiver=org(3), accepted_on=DAY),
            self.town.referral(case.id, receiver=org(2), termination_reason="6", state=ReferralState.COMPLETED_FAILED),
            self.town.referral(other.id),
        ]
        self.referrals = [written.id for written in await self.town.write(*rows)]
        member = self.town.member(self.referrals[0], organisation=org(1))
        inviting = {"court": "court_鲁0402", "organisation": org(2), "valid_from": dt.date(2025, 1, 1)}
        await self.town.write(member, insert(Invitation, inviting))

    async def read(self, states: Collection[State | None] | None = None, **values: Any) -> Facts:
        said = {"id": self.referrals[0], "state": ReferralState.ISSUED, "case": self.case, "type": ReferralType.DELEGATE}
        async with self.town.base.engine.connect() as connection:
            return await read_facts(connection, self.town.base.metadata, self.model, MACHINE, {**said, **values}, states=states)


@pytest.fixture
async def placed(town: Town, model: Model) -> Placed:
    found = Placed(town, model)
    await found.fill()
    return found


def counted(facts: Facts) -> list[int]:
    return [facts.count(each) for each in (BROTHERS, OPEN, OTHERS, INVITED, MEMBERS, OF_THE_BODY)]


async def test_a_row_is_judged_by_what_links_to_it_and_what_it_links_to(placed: Placed) -> None:
    facts = await placed.read(court="court_鲁0402", receiver=org(2))

    assert counted(facts) == [3, 1, 2, 1, 1, 1]
    assert (facts.value("case.severity"), facts.value("case.organisation")) == ("3", org(1))
    assert (facts.value("state"), facts.value("type")) == ("ISSUED", "DELEGATE")


async def test_values_that_the_deed_gives_are_looked_up_by(placed: Placed) -> None:
    assert (await placed.read(court="court_鲁0402", receiver=org(3))).count(INVITED) == 0
    assert (await placed.read(court="court_鲁0402")).count(INVITED) == 0
    assert (await placed.read(case=None)).value("case.organisation") is None


async def test_what_other_states_need_is_not_asked_for_unless_said(placed: Placed) -> None:
    new = await placed.read(state=None, court="court_鲁0402", receiver=org(2))
    both = await placed.read(states=(None, ReferralState.DRAFT), state=None, court="court_鲁0402", receiver=org(2))

    assert (list(new.counts), new.count(INVITED)) == ([INVITED], 1)
    assert [linked.noun for linked in both.counts] == ["Invitation", "Case"]
    assert set(both.counts.values()) == {1}
