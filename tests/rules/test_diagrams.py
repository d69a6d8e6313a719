"""docs/MACHINES.md says what the tables say: `python -m tests.rules.test_diagrams > docs/MACHINES.md` writes it anew."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from hub.rules.cases import CASES
from hub.rules.guards import Guard, Is, IsSet, Linked
from hub.rules.investigations import CAMPAIGNS, FINDINGS, TASKS
from hub.rules.machines import Machine, Transition
from hub.rules.meetings import MEETINGS, REPORTS
from hub.rules.referrals import REFERRALS
from hub.rules.supervision import ALERTS

PAGE = Path(__file__).parents[2] / "docs" / "MACHINES.md"
MACHINES = (CASES, REFERRALS, ALERTS, CAMPAIGNS, TASKS, FINDINGS, MEETINGS, REPORTS)
TITLES = {
    "Case": "案件 · Cases",
    "Referral": "对接流转 · Referrals",
    "SupervisionAlert": "督办 · Alerts",
    "Campaign": "排查活动 · Campaigns",
    "Task": "任务 · Tasks",
    "Finding": "排查发现 · Findings",
    "Meeting": "分析研判会议 · Analysis meetings",
    "Report": "分析研判报告 · Analysis reports",
}


def page() -> str:
    """The whole of docs/MACHINES.md."""
    lines = [
        "# Machines",
        "",
        "What may follow what, who may do it, on what ground. Generated from the tables of",
        "`hub/rules/`; a test holds it to them. `*` marks a local default that no law says. Conditions are judged",
        "before a deed and decide what is offered; needs are what the deed itself must bring. A referral's action names the",
        "case's action of the same deed.",
    ]
    for machine in MACHINES:
        lines += ["", f"## {TITLES[machine.noun]}", "", *diagram(machine), "", *table(machine)]
    return "\n".join([*lines, ""])


def diagram(machine: Machine) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield from (f"    {state.name}: {state.name} {state.value.split(' · ')[0]}" for state in machine.states)
    drawn: dict[tuple[str, str], list[str]] = {}
    for row in machine.transitions:
        if row.state is not row.next:
            ends = (name(row.state, "[*]"), name(row.next, f"{row.action.name}_DECIDES"))
            labels = drawn.setdefault(ends, [])
            labels += [row.action.name] if row.action.name not in labels else []
    yield from (f"    {one} --> {other}: {', '.join(labels)}" for (one, other), labels in drawn.items())
    yield from (f"    {state.name} --> [*]" for state in machine.states if state in machine.final)
    yield "```"


def table(machine: Machine) -> Iterator[str]:
    yield "| From | Action | To | Who | Conditions | Needs | Limits | Case | Basis |"
    yield "|---|---|---|---|---|---|---|---|---|"
    merged: dict[tuple[str, ...], list[str]] = {}
    for row in machine.transitions:
        said = cells(row)
        merged.setdefault(said, []).append(name(row.state, "new"))
    for said, states in merged.items():
        yield f"| {', '.join(states)} | {' | '.join(said)} |"


def cells(row: Transition) -> tuple[str, ...]:
    clocks = [f"{clock.effect.name.lower()} {clock.rule.name}{when(clock.when)}" for clock in row.clocks]
    case = [f"{then.action.name}{when(then.when)}" for then in row.case]
    others = [f"referrals: {row.others}"] if row.others else []
    stays = "stays" if row.next is row.state else name(row.next, "decided beside the table")
    return (
        f"{row.action.name} {row.action.value}",
        stays,
        ", ".join(standing.name for standing in row.who),
        "; ".join(map(plain, row.guards)),
        "; ".join(map(plain, row.needs)),
        "; ".join(clocks),
        "; ".join((*case, *others)),
        f"{row.basis.text}{' *' if row.basis.local else ''}",
    )


def name(state: object, otherwise: str) -> str:
    return getattr(state, "name", otherwise)


def when(guards: Iterable[Guard]) -> str:
    said = " and ".join(map(plain, guards))
    return f" ({said})" if said else ""


def plain(guard: Guard) -> str:
    if isinstance(guard, Is):
        return f"{guard.path} {'not ' if guard.no else ''}in {'/'.join(guard.values)}"
    if isinstance(guard, IsSet):
        return f"{guard.path} is {'empty' if guard.no else 'set'}"
    return linked(guard)


def linked(guard: Linked) -> str:
    many = "no" if guard.most == 0 else f"at least {guard.least}" if guard.least > 1 else "a"
    return f"{many} {guard.noun}{when(guard.where)}"


def test_the_page_is_that_of_the_tables() -> None:
    assert PAGE.read_text("utf-8") == page()


def test_the_page_shows_every_state_and_every_action() -> None:
    text = page()

    for machine in MACHINES:
        for each in (*machine.states, *machine.actions):
            assert each.name in text


if __name__ == "__main__":
    sys.stdout.write(page())
