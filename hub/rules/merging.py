"""What merging makes of states: the survivor goes on from the furthest, and has its own again when they part (R69)."""

from collections.abc import Sequence
from dataclasses import dataclass

from hub.rules.cases import furthest
from hub.schema.cases import CaseState


@dataclass(frozen=True, slots=True)
class Absorbed:
    """A case that is merged into another: its state before, and the other's; None where nobody kept it."""

    case: str
    state: CaseState
    survivor: CaseState | None


def alone(state: CaseState, absorbed: Sequence[Absorbed]) -> tuple[CaseState, frozenset[str]]:
    """The state that a survivor has by itself, and the cases whose states it still carries; the oldest merge first.

    Once something was done to it after the merges, what it came to is its own, and theirs count no more.
    """
    base = absorbed[-1].survivor if absorbed else None
    if base is None:
        return state, frozenset()
    carried = [each for each in absorbed if each.survivor is base]
    if furthest(base, *(each.state for each in carried)) is not state:
        return state, frozenset()
    return base, frozenset(each.case for each in carried)
