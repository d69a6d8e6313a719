"""State machines as tables, and the one judge of them: who may do what from which state, and what is possible instead.

step = REFERRALS.step(facts, ReferralAction.ACCEPT, actor)      # raises what refuses it
step.next, step.clocks, step.case
REFERRALS.available(facts, actor)                               # the buttons a portal draws
"""

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from hub.errors import ActionNotYours, ConditionMissing, ConditionUnmet, DeedRefused, NotFromThisState
from hub.rules.guards import Facts, Guard, Is, IsSet, Linked, one_of
from hub.rules.limits import Rule
from hub.rules.standing import Actor, Standing, stands

State: TypeAlias = enum.Enum
Action: TypeAlias = enum.Enum


class Effect(enum.Enum):
    """对期限的影响 · What an action does to a limit"""

    START = "起算 · Starts"
    STOP = "终止 · Ends"
    PAUSE = "中止计算 · Pauses"
    RESUME = "恢复计算 · Resumes"
    EXTEND = "延长 · Extends"


@dataclass(frozen=True, slots=True)
class Basis:
    """The clause an action rests on, `中文 · English`; `local` marks what is a default of this hub ([D]), no law."""

    text: str
    local: bool = False


@dataclass(frozen=True, slots=True)
class Clock:
    """A limit that the action starts, ends, pauses, resumes or extends; one that does not run is left alone."""

    effect: Effect
    rule: Rule
    when: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class Then:
    """The case's action that a referral's action is, in one deed. `must`: refused unless the case allows it.

    Otherwise a case that has no such step from its state stays as it is: another body may have ended it meanwhile.
    """

    action: Action
    when: tuple[Guard, ...] = ()
    must: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One row of a machine. `state` None: the row is new. `next` None: decided by a rule beside the table.

    `guards` are judged before the deed; `needs` with what the deed itself writes, so that they hide no button.
    `others` is what becomes, in the same deed, of the case's open referrals.
    """

    state: State | None
    action: Action
    next: State | None
    who: tuple[Standing, ...]
    basis: Basis
    guards: tuple[Guard, ...] = ()
    needs: tuple[Guard, ...] = ()
    clocks: tuple[Clock, ...] = ()
    case: tuple[Then, ...] = ()
    others: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What the machine allows: the row of the table, and what of its clocks and case actions applies to this row."""

    transition: Transition
    clocks: tuple[Clock, ...]
    case: Then | None

    @property
    def next(self) -> State | None:
        """The state it is in then; None where a rule beside the table decides."""
        return self.transition.next


@dataclass(frozen=True, slots=True)
class Machine:
    """The transitions of one noun. `handler` leads to the organisation in charge; `owners` says whose turn it is.

    `elsewhere` are the actions that no deed on the row does: they are done through another row, and offered there.
    `final` are the states in which nothing is left to do (a case that recurs may still be opened again).
    """

    noun: str
    states: type[enum.Enum]
    actions: type[enum.Enum]
    handler: str
    transitions: tuple[Transition, ...]
    owners: Mapping[Any, Standing]
    final: frozenset[Any]
    elsewhere: frozenset[Any] = frozenset()

    def step(
        self,
        facts: Facts,
        action: Action,
        actor: Actor,
        *,
        values: Mapping[str, Any] | None = None,
        rows: Iterable[tuple[str, Mapping[str, Any]]] = (),
    ) -> Step:
        """The step that the action is now. `values` and `rows` are what the deed itself changes and adds.

        Raises NotFromThisState (HUB-710), ActionNotYours (HUB-711), ConditionUnmet (HUB-712), ConditionMissing
        (HUB-713); each says what is possible instead.
        """
        state = self.state_of(facts)
        there = [row for row in self.transitions if row.state is state and row.action is action]
        if not there:
            raise self.refusal(NotFromThisState, facts, action, actor, _NO_SUCH_STEP)
        mine = [row for row in there if self._may(row, facts, actor)]
        if not mine:
            raise self.refusal(
                ActionNotYours, facts, action, actor, whose({standing: None for row in there for standing in row.who})
            )
        row = next((row for row in mine if all(guard.holds(facts) for guard in row.guards)), None)
        if row is None:
            nearest = max(reversed(mine), key=lambda row: _met(row.guards, facts))
            raise self.refusal(ConditionUnmet, facts, action, actor, _unmet(nearest.guards, facts))
        after = facts.after(values or {}, rows)
        if not all(need.holds(after) for need in row.needs):
            raise self.refusal(ConditionMissing, facts, action, actor, _unmet(row.needs, after))
        clocks = tuple(clock for clock in row.clocks if all(guard.holds(after) for guard in clock.when))
        then = next((then for then in row.case if all(guard.holds(after) for guard in then.when)), None)
        return Step(row, clocks, then)

    def knows(self, facts: Facts, action: Action, actor: Actor) -> bool:
        """Whether there is a row for it from this state that this actor may take, whatever its guards."""
        state = self.state_of(facts)
        rows = (row for row in self.transitions if row.state is state and row.action is action)
        return any(self._may(row, facts, actor) for row in rows)

    def available(self, facts: Facts, actor: Actor) -> list[Transition]:
        """What this actor could do now, each action once, in the order of the table."""
        state = self.state_of(facts)
        rows = [row for row in self.transitions if row.state is state and self._may(row, facts, actor)]
        found: dict[Action, Transition] = {}
        for row in rows:
            if row.action not in found and all(guard.holds(facts) for guard in row.guards):
                found[row.action] = row
        return list(found.values())

    def offering(self) -> "Machine":
        """The machine as far as what is available depends on it: fewer facts need to be known."""
        rows = (replace(row, needs=(), case=(), clocks=_starting(row.clocks)) for row in self.transitions)
        return replace(self, transitions=tuple(rows))

    def starts(self, action: Action) -> tuple[Rule, ...]:
        """The limits that the action starts, whatever the row is like."""
        clocks = (clock for row in self.transitions if row.action is action for clock in row.clocks)
        found = (clock.rule for clock in clocks if clock.effect is Effect.START and not clock.when)
        return tuple(dict.fromkeys(found))

    def state_of(self, facts: Facts) -> State | None:
        """The state that the facts say; None for a row that is not yet there."""
        name = facts.value("state")
        return None if name is None else self.states[str(name)]

    def paths(self) -> list[str]:
        """Every column that judging needs, sorted; links over one other row are written `case.state`."""
        found = {"id", "state", self.handler}
        for row in self.transitions:
            for guard in _guards(row):
                found |= {path for _, path in guard.on} if isinstance(guard, Linked) else {guard.path}
            found |= {path for standing in row.who for path in standing.paths if self._has(standing)}
        return sorted(found)

    def links(self) -> list[Linked]:
        """Every count of linked rows that judging needs."""
        guards = (guard for row in self.transitions for guard in _guards(row))
        return list(dict.fromkeys(guard.counted for guard in guards if isinstance(guard, Linked)))

    def _has(self, standing: Standing) -> bool:
        """Whether what decides the standing is on rows of this noun: a case itself has no sender and no court."""
        return self.noun == "Referral" or standing is Standing.ORGANISER

    def _may(self, row: Transition, facts: Facts, actor: Actor) -> bool:
        return any(stands(standing, facts, actor, self.handler) for standing in row.who)

    def refusal(
        self, kind: type[DeedRefused], facts: Facts, action: Action | str, actor: Actor, reason: str
    ) -> DeedRefused:
        """The refusal of an action, or of what is no action of the machine and said in words (`中文 · English`)."""
        name, said = (action, action) if isinstance(action, str) else (action.name, str(action.value))
        state, available = self.state_of(facts), [row.action for row in self.available(facts, actor)]
        possible = [each for each in available if each not in self.elsewhere]
        return kind(
            state=None if state is None else state.name,
            action=name,
            possible=[each.name for each in possible],
            said=(_said(state), said, reason, [str(each.value) for each in possible]),
        )


_NO_SUCH_STEP = "该状态下没有此项操作 · the state has no such action"


def steps(
    states: Sequence[State | None] | State | None, action: Action, following: State | None, **row: Any
) -> Iterator[Transition]:
    """The same row from several states."""
    for state in states if isinstance(states, Sequence) else (states,):
        yield Transition(state=state, action=action, next=following, **row)


def staying(states: Sequence[State], action: Action, **row: Any) -> Iterator[Transition]:
    """An action that leaves each state as it is."""
    for state in states:
        yield Transition(state=state, action=action, next=state, **row)


def start(*rules: Rule, when: tuple[Guard, ...] = ()) -> tuple[Clock, ...]:
    """The limits that an action starts."""
    return tuple(Clock(Effect.START, rule, when) for rule in rules)


def stop(*rules: Rule) -> tuple[Clock, ...]:
    """The limits that an action ends."""
    return tuple(Clock(Effect.STOP, rule) for rule in rules)


def overdue(rule: Rule, *others: Rule, on: str) -> Linked:
    """A limit of these rules has been found overdue: the link `on` of the deadline is this row."""
    where = (one_of("rule", rule, *others), one_of("state", "OVERDUE"))
    return Linked("Deadline", ((on, "id"),), where, "期限尚未届满 · the limit has not passed")


def _starting(clocks: Sequence[Clock]) -> tuple[Clock, ...]:
    return tuple(clock for clock in clocks if clock.effect is Effect.START)


def _guards(row: Transition) -> Iterator[Guard]:
    yield from (*row.guards, *row.needs)
    for clock in row.clocks:
        yield from clock.when
    for then in row.case:
        yield from then.when


def _met(guards: Sequence[Guard], facts: Facts) -> int:
    """How many hold before the first that does not: of several rows the one that came furthest says what is missing."""
    return next((number for number, guard in enumerate(guards) if not guard.holds(facts)), len(guards))


def _unmet(guards: Sequence[Guard], facts: Facts) -> str:
    guard = next(guard for guard in guards if not guard.holds(facts))
    return guard.doc or _plain(guard)


def _plain(guard: Guard) -> str:
    if isinstance(guard, Is):
        return f"{guard.path} 不符 · {guard.path} does not fit"
    if isinstance(guard, IsSet):
        return f"{guard.path} 未填 · {guard.path} is missing"
    return f"{guard.noun} 不符 · {guard.noun} does not fit"


def whose(standings: Iterable[Standing]) -> str:
    """Who may: the reason of a refusal, in both languages."""
    parts = [standing.value.split(" · ") for standing in standings]
    return f"应由{'、'.join(part[0] for part in parts)}办理 · for {', '.join(part[1] for part in parts)} only"


def _said(state: State | None) -> str:
    return "未登记 · Not registered" if state is None else str(state.value)
