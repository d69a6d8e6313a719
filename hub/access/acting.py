"""Who may do what now: a row's actions for the viewer who asks, judged from the facts that the statement hid there.

Judged by the same function on the same facts as the deed, so that no button is shown that the deed would refuse.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.access.viewers import Viewer
from hub.rules.cases import CASES
from hub.rules.guards import Facts
from hub.rules.investigations import CAMPAIGNS, FINDINGS, TASKS
from hub.rules.machines import Action, Machine, Transition
from hub.rules.meetings import MEETINGS, REPORTS
from hub.rules.referrals import REFERRALS
from hub.rules.standing import Actor
from hub.rules.supervision import ALERTS
from hub.schema.actions import AvailableAction
from hub.schema.model import Model
from hub.schema.verbs import Verb
from hub.store.facts import Asked
from hub.store.plan import Hole

MACHINES: Mapping[str, Machine] = {
    machine.noun: machine.offering()
    for machine in (CASES, REFERRALS, ALERTS, CAMPAIGNS, TASKS, FINDINGS, MEETINGS, REPORTS)
}
"""The machines by the name that declarations say (`actions(..., machine="Case")`), as far as they are asked here."""


def actor_of(viewer: Viewer) -> Actor:
    """Who acts, as the machines know it."""
    return Actor(viewer.role, frozenset(viewer.scope.organisations), frozenset(viewer.scope.courts))


@dataclass(frozen=True, slots=True)
class Acting:
    """What is known of actions: the machines by name, and the verbs that do an action, the usual one first."""

    model: Model
    machines: Mapping[str, Machine] = field(default_factory=lambda: MACHINES)
    verbs: Mapping[Action, Sequence[Verb]] = field(default_factory=dict)

    def __call__(self, viewer: Viewer) -> "Actions":
        """Who fills the holes of one operation."""
        return Actions(self, viewer)


class Actions:
    """Fills the actions of one operation's rows."""

    def __init__(self, acting: Acting, viewer: Viewer) -> None:
        self._acting, self._viewer, self._actor = acting, viewer, actor_of(viewer)

    async def fill(self, hole: Hole, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Per row what this viewer may do with it, in the order of the machine's table."""
        machine = hole.machine
        assert machine is not None
        asked = Asked(self._acting.model, machine)
        return [list(self._available(machine, asked.stored(row))) for row in rows]

    def _available(self, machine: Machine, facts: Facts) -> Iterator[AvailableAction]:
        for row in machine.available(facts, self._actor):
            verbs = self._acting.verbs.get(row.action, ())
            mine = next((verb for verb in verbs if self._viewer.may(verb.permission)), None)
            if mine is not None or not verbs:
                yield _shown(row, facts, mine)


def _shown(row: Transition, facts: Facts, verb: Verb | None) -> AvailableAction:
    return AvailableAction(
        action=row.action.name,
        label=str(row.action.value),
        verb=verb.graph if verb else None,
        limit=next(_started(row, facts), None),
        basis=row.basis.text,
        local=row.basis.local,
    )


def _started(row: Transition, facts: Facts) -> Iterator[str]:
    """The limits that start with it, as far as can be told before the deed."""
    for clock in row.clocks:
        if all(guard.holds(facts) for guard in clock.when):
            yield clock.rule.name
