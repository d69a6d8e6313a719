"""What guards look at exists: every column, noun, state and code that the tables name, as it is stored."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.parts import hub_model
from hub.procedures.seeds import read_seeds
from hub.rules.cases import CASES
from hub.rules.guards import Guard, Is, IsSet, Linked
from hub.rules.machines import Machine
from hub.rules.referrals import REFERRALS
from hub.schema.model import CodeColumn, Column, LinkMember, Member, Model

MODEL = hub_model()
CODES = read_seeds(Path(__file__).parents[2] / "config").codes


def guards() -> Iterator[tuple[Machine, Guard]]:
    for machine in (CASES, REFERRALS):
        for row in machine.transitions:
            yield from ((machine, guard) for guard in (*row.guards, *row.needs))
            yield from ((machine, guard) for clock in row.clocks for guard in clock.when)
            yield from ((machine, guard) for then in row.case for guard in then.when)


def member(model: Model, noun: str, path: str) -> Member:
    first, _, then = path.partition(".")
    found = model[noun].members[first]
    if not then:
        return found
    assert isinstance(found, LinkMember)
    return member(model, found.targets[0], then)


def known(guard: Is | IsSet, found: Member) -> bool:
    if isinstance(guard, IsSet):
        return found.nullable
    if isinstance(found, Column) and found.values:
        return set(guard.values) <= set(found.values.__members__)
    assert isinstance(found, CodeColumn)
    return set(guard.values) <= {seed.code for seed in CODES[found.list] if seed.used_by_rule or found.list == "severity"}


NAMED = list({(machine.noun, guard): (machine, guard) for machine, guard in guards()}.values())


@pytest.mark.parametrize(
    ("machine", "guard"), NAMED, ids=[f"{machine.noun} {number}" for number, (machine, _) in enumerate(NAMED)]
)
def test_what_a_guard_names_is_there(machine: Machine, guard: Guard) -> None:
    if not isinstance(guard, Linked):
        assert known(guard, member(MODEL, machine.noun, guard.path)) or guard.path == "court"
        return
    for theirs, mine in guard.on:
        assert isinstance(MODEL[guard.noun].members[theirs], LinkMember)
        member(MODEL, machine.noun, mine)
    for word in guard.where:
        assert known(word, member(MODEL, guard.noun, word.path))


@pytest.mark.parametrize("machine", [CASES, REFERRALS], ids=lambda machine: machine.noun)
def test_what_decides_standing_is_there(machine: Machine) -> None:
    for path in machine.paths():
        member(MODEL, machine.noun, path)
