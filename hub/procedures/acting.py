"""Acting: an action of a machine within a deed, with its event, its limits, and what it makes of what hangs on it.

await act(deed, referral, ReferralAction.REJECT, reason="12-1", refusal_reason="12-1")
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from hub.access.acting import actor_of
from hub.errors import ActionNotYours
from hub.procedures.carrying import brought, carried_along, marks
from hub.procedures.clocks import Clocks
from hub.procedures.telling import EVENTS, told
from hub.rules.actions import CaseAction, ReferralAction
from hub.rules.cases import CASES
from hub.rules.guards import Facts
from hub.rules.machines import Machine, State, Step, Then, whose
from hub.rules.referrals import OPEN, REFERRALS
from hub.rules.standing import Actor, Standing, stands
from hub.schema.cases import Case, CaseState
from hub.schema.model import LinkMember
from hub.schema.organisations import Organisation
from hub.schema.referrals import Referral, ReferralState, ReferralType
from hub.store.facts import read_facts

if TYPE_CHECKING:
    from hub.procedures.deeds import Deed, Row

_NOTHING: Mapping[str, Any] = {}


async def act(
    deed: "Deed",
    row: "Row",
    action: enum.Enum,
    *,
    reason: str | None = None,
    case: Mapping[str, Any] = _NOTHING,
    longer: int = 0,
    **values: Any,
) -> Step:
    """Take the action: the row gets its next state and `values`; its case, where it acts too, also `case`.

    `reason` is the code that the event tells, `longer` the days by which limits are extended.
    NotFromThisState, ActionNotYours, ConditionUnmet, ConditionMissing (HUB-710 to 713) say what is possible instead.
    """
    ground = values.get("suspension_ground") or case.get("suspension_ground")
    course = _Course(deed, Clocks(deed, longer, ground))
    return await course.take(row, action, values, reason=reason, given=case)


async def begin(
    deed: "Deed",
    row: "Row",
    actions: Sequence[enum.Enum],
    values: Mapping[str, Any],
    *,
    beside: Mapping[str, Any] = _NOTHING,
) -> Step:
    """Add the new row by its first actions, one after the other, as one event: a referral is drafted and issued.

    `beside` is what standing is judged by and the row does not keep.
    """
    return await _Course(deed, Clocks(deed)).begin(row, actions, values, beside)


def machine_of(row: "Row") -> Machine:
    """The machine of a case or a referral."""
    return CASES if row.noun is Case else REFERRALS


async def facts_now(
    deed: "Deed", row: "Row", values: Mapping[str, Any] = _NOTHING, states: Sequence[State | None] | None = None
) -> Facts:
    """The facts of a row before the deed; what its links will lead to with these values is looked up already."""
    names = [name for name in _names(machine_of(row).noun) if name in row.members]
    links = {name: value for name, value in values.items() if isinstance(row.members.get(name), LinkMember)}
    now = {name: row[name] for name in names} | links
    base = deed.base
    return await read_facts(deed.connection, base.metadata, base.model, machine_of(row), now, states=states)


@cache
def _names(noun: str) -> tuple[str, ...]:
    machine = CASES if noun == CASES.noun else REFERRALS
    return tuple(dict.fromkeys(path.partition(".")[0] for path in machine.paths()))


@dataclass(slots=True)
class _Course:
    """What one action sets going: each row acts once in it."""

    deed: "Deed"
    clocks: Clocks
    acted: set[str] = field(default_factory=set)

    async def take(
        self,
        row: "Row",
        action: enum.Enum,
        values: Mapping[str, Any],
        *,
        reason: str | None = None,
        given: Mapping[str, Any] = _NOTHING,
        through: bool = False,
    ) -> Step:
        known = await facts_now(self.deed, row, values)
        step = machine_of(row).step(known, action, self._actor(through=through), values=values, rows=self._added())
        before = row["state"]
        following = step.next or values["state"]
        stays = through and following is before and action is not CaseAction.JOIN
        # While another body still handles the case, nothing of it changes.
        written = _NOTHING if stays else {**marks(row, action, following, values, self.deed.today), **values}
        if action is CaseAction.AGREE:
            written = {**written, "resolved_level": await self._level(row)}
        said = told(action, before, following, reason=reason)
        self.deed.change(row, event=EVENTS[action], facts=said, **{**written, "state": following})
        await self._carry(row, step, given, reason)
        return step

    async def begin(
        self, row: "Row", actions: Sequence[enum.Enum], values: Mapping[str, Any], beside: Mapping[str, Any]
    ) -> Step:
        row.changed |= {**values, "state": None}
        states: list[State | None] = [None, *(ReferralState.DRAFT for _ in actions[1:])]
        known = (await facts_now(self.deed, row, values, states)).after(beside)
        for action in actions:
            added = [*self._added(), (row.noun.declared.name, {**values, "id": row.id})]
            step = machine_of(row).step(known, action, self._actor(), values=values, rows=added)
            known = known.after({**values, "state": step.next})
        assert step.next is not None
        said = told(actions[-1], None, step.next)
        row.changed["state"] = step.next
        self.deed.add(row, event=EVENTS[actions[-1]], facts=said, **{**values, "state": step.next})
        await self._carry(row, step, _NOTHING, None)
        return step

    async def _carry(self, row: "Row", step: Step, given: Mapping[str, Any], reason: str | None) -> None:
        """Run the limits, and bring the case or its other referrals along."""
        self.acted.add(row.id)
        for clock in step.clocks:
            await self.clocks.run(row, clock)
        if step.case is not None:
            await self._case(row, step.case, given, reason)
        if step.transition.others:
            await self._others(row, ReferralAction[step.transition.others], step.next)

    async def _case(self, referral: "Row", then: Then, given: Mapping[str, Any], reason: str | None) -> None:
        (case,) = await self.deed.rows(Case, id=referral["case"])
        if case.id in self.acted:
            return
        action = CaseAction[then.action.name]
        values = {**brought(action, referral), **given}
        known = await facts_now(self.deed, case, values)
        if then.must or CASES.knows(known, action, self._actor(through=True)):
            await self.take(case, action, values, reason=reason, through=True)

    async def _others(self, case: "Row", action: ReferralAction, following: State | None) -> None:
        """Take the other open referrals along. On its way to court stays what does not go to the police."""
        for referral in await self.deed.rows(Referral, case=case.id):
            handed = referral["type"] is ReferralType.HANDOVER_TO_COURT and following is not CaseState.TRANSFERRED
            if referral.id in self.acted or handed or referral["state"] not in (ReferralState.DRAFT, *OPEN):
                continue
            values = carried_along(action)
            if REFERRALS.knows(await facts_now(self.deed, referral, values), action, self._actor(through=True)):
                reason = next(iter(values.values()))
                await self.take(referral, action, values, reason=reason, through=True)

    def _actor(self, *, through: bool = False) -> Actor:
        return replace(actor_of(self.deed.viewer), through=through)

    def _added(self) -> list[tuple[str, Mapping[str, Any]]]:
        """The rows that the deed adds."""
        return [(each.noun.declared.name, each.values) for each in self.deed.draft.inserts.values()]

    async def _level(self, case: "Row") -> Any:
        """The level of the organisation in charge: where the case is resolved (R6)."""
        (organisation,) = await self.deed.rows(Organisation, id=case["organisation"])
        return organisation["level"]


async def must_stand(deed: "Deed", row: "Row", *standings: Standing, what: str) -> None:
    """ActionNotYours (HUB-711) unless the actor has one of these standings; `what` is done, `中文 · English`."""
    machine, actor = machine_of(row), actor_of(deed.viewer)
    known = await facts_now(deed, row)
    if not any(stands(each, known, actor, machine.handler) for each in standings):
        raise machine.refusal(ActionNotYours, known, what, actor, whose(standings))
