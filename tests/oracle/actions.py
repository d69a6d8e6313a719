"""What a viewer may do with a row: the facts counted by hand over Python rows, the judgement that of the machines.

That the machines judge rightly is shown in tests/rules; here, that they are asked about what there is.
"""

from typing import Any

from hub.rules.cases import CASES
from hub.rules.guards import Facts, stored
from hub.rules.investigations import CAMPAIGNS, FINDINGS, TASKS
from hub.rules.machines import Effect, Machine, Transition
from hub.rules.meetings import MEETINGS, REPORTS
from hub.rules.referrals import REFERRALS
from hub.rules.standing import Actor
from hub.rules.supervision import ALERTS

from .rows import Data, Row
from .viewers import Viewer

MACHINES = {each.noun: each for each in (CASES, REFERRALS, ALERTS, CAMPAIGNS, TASKS, FINDINGS, MEETINGS, REPORTS)}


def available(data: Data, viewer: Viewer, noun: str, row: Row) -> list[dict[str, Any]]:
    """The actions as the graph shows them; this graph has no verb that does one."""
    machine = MACHINES[noun]
    facts = facts_about(data, machine, row)
    return [_shown(each, facts) for each in machine.available(facts, actor_of(viewer))]


def actor_of(viewer: Viewer) -> Actor:
    """Who acts: nobody is more than the viewer says."""
    return Actor(viewer.role, frozenset(viewer.organisations), frozenset(viewer.courts))


def facts_about(data: Data, machine: Machine, row: Row) -> Facts:
    """All that is there counts, whoever sees it."""
    values = _stored(row)
    behind = {"Referral": ("Case", "case"), "Report": ("Meeting", "meeting")}.get(machine.noun)
    if behind:
        noun, link = behind
        values |= {f"{link}.{name}": value for name, value in _stored(data[noun][row[link]]).items()}
    if machine.noun == "SupervisionAlert":
        limit = data["Deadline"].get(row["deadline"])
        values["deadline.state"] = limit and stored(limit["state"])
    known = Facts(values)
    counts = {each: sum(each.fits(_stored(other), known) for other in data[each.noun].values()) for each in machine.links()}
    return Facts(values, counts)


def _stored(row: Row) -> dict[str, Any]:
    return {name: stored(value) for name, value in row.items()}


def _shown(row: Transition, facts: Facts) -> dict[str, Any]:
    started = [clock for clock in row.clocks if clock.effect is Effect.START]
    limits = [clock.rule.name for clock in started if all(guard.holds(facts) for guard in clock.when)]
    return {
        "action": row.action.name,
        "label": row.action.value,
        "verb": None,
        "limit": limits[0] if limits else None,
        "basis": row.basis.text,
        "local": row.basis.local,
    }
