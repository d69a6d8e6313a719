"""How a case goes: its steps with their moments, cut off where the year ends (DOMAIN 2.1)."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from hub.schema.cases import CaseState as State
from hub.simulation.chance import Chance, Weighted
from hub.simulation.days import HORIZON, later

SETTLED = frozenset({State.AGREED, State.PERFORMED, State.DECIDED, State.WITHDRAWN, State.FAILED})
ENDED = frozenset(
    {State.NOT_ACCEPTED, State.MERGED, State.PERFORMED, State.CLOSED_FAILED, State.CLOSED, State.TRANSFERRED}
)
"""States in which nothing more is to be done: the complement of `Case.open`."""

_DECIDING = frozenset({"FY", "CJ", "ZC", "LZ", "TD", "GZ"})
_PATIENCE = {"1": 2.0, "2": 8.0, "3": 17.0, "4": 28.0}
_SUCCESS = {"1": 0.94, "2": 0.87, "3": 0.7, "4": 0.56}
_ENDS = {
    "agreed": (State.AGREED, State.PERFORMED, State.CLOSED),
    "failed": (State.FAILED, State.CLOSED_FAILED),
    "withdrawn": (State.WITHDRAWN, State.CLOSED),
    "decided": (State.DECIDED, State.CLOSED),
    "transferred": (State.TRANSFERRED,),
}
_OTHERWISE = Weighted({"failed": 78, "withdrawn": 19, "transferred": 3})
_AGREEMENTS = Weighted(
    {"WRITTEN_AGREEMENT": 68, "ORAL_AGREEMENT": 20, "PARTIAL_AGREEMENT": 4, "IMMEDIATE_PERFORMANCE": 8}
)
_FAILURES = Weighted({"FAILED": 46, "REFUSED": 26, "UNREACHABLE": 10, "TO_COURT": 18})
_WITHDRAWALS = Weighted({"SELF_SETTLED": 64, "WITHDRAWN": 36})
_WAITS = {
    State.AGREED: 0.0,
    State.FAILED: 0.0,
    State.WITHDRAWN: 0.0,
    State.DECIDED: 0.0,
    State.TRANSFERRED: 0.0,
    State.CLOSED: 7.0,
    State.CLOSED_FAILED: 4.0,
}


@dataclass(frozen=True, slots=True)
class Step:
    """The case came to this state at that moment."""

    state: State
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to a case until the end of the year; `outcome` is its code once something came of it."""

    steps: tuple[Step, ...]
    outcome: str | None

    @property
    def state(self) -> State:
        return self.steps[-1].state

    @property
    def last(self) -> dt.datetime:
        """When the case came to where it stands."""
        return self.steps[-1].at

    def first(self, *states: State) -> dt.datetime | None:
        """When it first came to one of the states; None if it never did."""
        return next((step.at for step in self.steps if step.state in states), None)

    def latest(self, *states: State) -> dt.datetime | None:
        """When it last came to one of the states; None if it never did."""
        return next((step.at for step in reversed(self.steps) if step.state in states), None)

    def next(self, state: State, since: dt.datetime) -> dt.datetime | None:
        """When it first came to the state from that moment on; None if it did not."""
        return next((step.at for step in self.steps if step.state is state and step.at >= since), None)

    @property
    def ended(self) -> dt.datetime | None:
        """When nothing more was to be done; None while the case is open."""
        return self._since(ENDED) if self.state in ENDED else None

    @property
    def settled(self) -> dt.datetime | None:
        """When handling came to a result that still stands; None otherwise."""
        return self._since(SETTLED | ENDED) if self.state in SETTLED | ENDED else None

    def _since(self, states: frozenset[State]) -> dt.datetime:
        found = self.last
        for step in reversed(self.steps):
            if step.state not in states:
                break
            found = step.at
        return found


def course(chance: Chance, start: dt.datetime, *, severity: str, mode: str, court: bool) -> Course:
    """A course from registration on; courts' cases are harder, and some modes end with a decision."""
    steps: list[Step] = []
    for state, days in _plan(chance, severity, mode, court=court):
        at = start if not steps else later(chance, steps[-1].at, days)
        if at > HORIZON:
            break
        steps.append(Step(state, at))
    return Course(tuple(steps), _outcome(chance, [step.state for step in steps]))


def _plan(chance: Chance, severity: str, mode: str, *, court: bool) -> Iterator[tuple[State, float]]:
    """States in order, each with the days it takes to come to it."""
    yield State.REGISTERED, 0.0
    if chance.happens(0.035):
        yield State.SUPPLEMENT, 0.5
        yield (State.REGISTERED, 4.0) if chance.happens(0.85) else (State.WITHDRAWN, 14.0)
    if chance.happens(0.04):
        yield (State.NOT_ACCEPTED, 1.0) if chance.happens(0.6) else (State.MERGED, 1.0)
        return
    yield from _handled(chance, severity, mode, court=court)
    if chance.happens(0.03):
        yield State.REOPENED, chance.around(40, 0.5)
        yield from _handled(chance, severity, mode, court=court, first=4.0)


def _handled(
    chance: Chance, severity: str, mode: str, *, court: bool, first: float = 0.5
) -> Iterator[tuple[State, float]]:
    """From acceptance to the end; `first` is how many days acceptance takes."""
    yield State.ACCEPTED, chance.around(first, 0.7)
    yield State.DIVERTED, chance.around(0.6, 0.7)
    if chance.happens(0.03):
        yield State.ACCEPTED, 3.0
        yield State.DIVERTED, 1.0
    yield State.HANDLING, chance.around(1.0, 0.8)
    patience = chance.around(_PATIENCE[severity], 0.6)
    if chance.happens(0.02 if severity in "12" else 0.12):
        yield State.SUSPENDED, patience / 2
        yield State.HANDLING, chance.around(24, 0.4)
    ending = _ending(chance, severity, mode, court=court)
    yield _ENDS[ending][0], patience
    for state in _ENDS[ending][1:]:
        yield state, _wait(chance, state)


def _ending(chance: Chance, severity: str, mode: str, *, court: bool) -> str:
    if mode in _DECIDING and chance.happens(0.55):
        return "decided"
    success = _SUCCESS[severity] * (0.82 if court else 1.0)
    return "agreed" if chance.happens(success) else chance.pick(_OTHERWISE)


def _wait(chance: Chance, state: State) -> float:
    if state is State.PERFORMED:
        return 0.0 if chance.happens(0.42) else chance.around(16, 1.0)
    return chance.around(_WAITS[state], 0.8)


def _outcome(chance: Chance, states: list[State]) -> str | None:
    """What came of it, as far as it still stands."""
    for state in reversed(states):
        if state is State.AGREED:
            return chance.pick(_AGREEMENTS)
        if state is State.FAILED:
            return chance.pick(_FAILURES)
        if state is State.WITHDRAWN:
            return chance.pick(_WITHDRAWALS)
        if state is State.DECIDED:
            return "DECISION"
        if state in (State.MERGED, State.TRANSFERRED):
            return "DUPLICATE" if state is State.MERGED else "TO_POLICE"
        if state not in (State.PERFORMED, State.CLOSED, State.CLOSED_FAILED):
            return None
    return None
