"""Stepping: an action of a machine whose rows act alone: campaigns, tasks, findings, meetings, reports.

await step(deed, task, TaskAction.SUBMIT, {"submitted_on": deed.today})
await enter(deed, Finding, FindingAction.REPORT, {...})
"""

import enum
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hub.access.acting import actor_of
from hub.errors import ConditionMissing
from hub.procedures.clocks import Clocks
from hub.procedures.telling import EVENTS, told
from hub.rules.guards import Facts
from hub.rules.investigations import CAMPAIGNS, FINDINGS, TASKS
from hub.rules.limits import Rule
from hub.rules.machines import Effect, Machine, Step
from hub.rules.meetings import MEETINGS, REPORTS
from hub.schema.declare import Entity
from hub.store.facts import read_facts

if TYPE_CHECKING:
    from hub.procedures.deeds import Deed, Row

_NOTHING: Mapping[str, Any] = {}
_OWN_DAY: Mapping[Rule, str] = {
    Rule.INVESTIGATION_REPORT: "due_on",
    Rule.MEETING_MEASURE: "due_on",
    Rule.INVESTIGATION_SUMMARY: "summary_due_on",
    Rule.ANALYSIS_MEETING: "hold_by",
}
"""Limits whose day the row says itself."""

_WHOSE: Mapping[Rule, str] = dict.fromkeys((Rule.FINDING_TRIAGE, Rule.RED_FINDING_TRIAGE), "organiser")
"""Limits that another body than the row's own must keep."""

_MACHINES: Mapping[str, Machine] = {each.noun: each for each in (CAMPAIGNS, TASKS, FINDINGS, MEETINGS, REPORTS)}


async def step(
    deed: "Deed", row: "Row", action: enum.Enum, values: Mapping[str, Any] = _NOTHING, *, through: bool = False
) -> None:
    """Take the action: the row gets its next state and `values`. Refused as `Machine.step`.

    `through` says that another row's deed carries it.
    """
    machine, before = _MACHINES[row.noun.declared.name], row["state"]
    actor = replace(actor_of(deed.viewer), through=through)
    taken = machine.step(await _facts(deed, row), action, actor, values=values, rows=_added(deed))
    said = told(action, before, taken.next or before)
    deed.change(row, event=EVENTS[action], facts=said, **{**values, "state": taken.next or before})
    await _run(deed, row, taken)


async def enter(
    deed: "Deed", noun: type[Entity], action: enum.Enum, values: Mapping[str, Any], *, through: bool = False
) -> "Row":
    """Add a new row by its first action. Refused as `Machine.step`."""
    machine, row = _MACHINES[noun.declared.name], deed.blank(noun)
    actor = replace(actor_of(deed.viewer), through=through)
    row.changed |= {**values, "state": None}
    taken = machine.step(await _facts(deed, row), action, actor, values=values, rows=_added(deed))
    assert taken.next is not None
    row.changed["state"] = taken.next
    deed.add(row, event=EVENTS[action], facts=told(action, None, taken.next), **{**values, "state": taken.next})
    await _run(deed, row, taken)
    return row


async def _run(deed: "Deed", row: "Row", taken: Step) -> None:
    """Run the limits of the step: to the row's own day where it has one, for who must keep them."""
    clocks = Clocks(deed)
    for clock in taken.clocks:
        if clock.effect is not Effect.START:
            await clocks.run(row, clock)
            continue
        due, whose = _OWN_DAY.get(clock.rule), _WHOSE.get(clock.rule)
        on = {"due_on": row[due]} if due else {}
        await clocks.start(row, clock.rule, organisation=row[whose] if whose else None, **on)


async def missing(deed: "Deed", row: "Row", action: enum.Enum, reason: str) -> ConditionMissing:
    """The refusal (HUB-713) of an action that lacks what the reason says, `中文 · English`."""
    machine = _MACHINES[row.noun.declared.name]
    found = machine.refusal(ConditionMissing, await _facts(deed, row), action, actor_of(deed.viewer), reason)
    assert isinstance(found, ConditionMissing)
    return found


async def _facts(deed: "Deed", row: "Row") -> Facts:
    """The facts before the deed; what it counts of other rows is as it was."""
    machine, base = _MACHINES[row.noun.declared.name], deed.base
    names = dict.fromkeys(path.partition(".")[0] for path in machine.paths())
    now = {name: row[name] for name in names}
    return await read_facts(deed.connection, base.metadata, base.model, machine, now)


def _added(deed: "Deed") -> list[tuple[str, Mapping[str, Any]]]:
    return [(each.noun.declared.name, each.values) for each in deed.draft.inserts.values()]
