"""Plans that stand too deep for a base's parser: inner lists become statements of their own, in the same snapshot."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import orjson

from hub.errors import SwallowedRow
from hub.resolvers.fill import Missing, missing_in, missing_of
from hub.store.compile import PARENT, PARENTS, Statement
from hub.store.dialects.readers import Run
from hub.store.dialects.spelling import SWALLOWED
from hub.store.plan import (
    ByIds,
    Connection,
    Edges,
    Entities,
    Later,
    Nodes,
    Object,
    One,
    Part,
    Plan,
    Root,
    Statistics,
    ToOne,
    ToOneOf,
    walk,
)

Values = Callable[[Statement], list[Any]]
Taken = Callable[[bytes], bytes]
"""Takes out of a text what it tells beside the answer."""

_SWALLOWED = SWALLOWED.encode()


@dataclass(frozen=True, slots=True)
class Parts:
    """A plan in parts: what the first statement answers, and the lists that come later with their statements."""

    plan: Plan
    statements: Mapping[int, Statement]

    def assemble(self, run: Run, first: Statement, values: Values, taken: Taken) -> bytes:
        """Run them all, and put each list into its place."""
        data = orjson.loads(taken(checked(run(first.sql, values(first))[0][0])))
        waiting = missing_of(self.plan, data["data"])
        while waiting:
            waiting = self._round(run, waiting, values, taken)
        return orjson.dumps(data)

    def _round(self, run: Run, waiting: Sequence[Missing], values: Values, taken: Taken) -> list[Missing]:
        """The lists of one kind for all their parents; what they lack themselves waits with the rest."""
        later = waiting[0].later
        mine = [each for each in waiting if each.later is later]
        texts = self._texts(run, later, [each.parent for each in mine], values)
        found: list[Missing] = []
        for each in mine:
            each.place[later.key] = orjson.loads(taken(texts[each.parent]))
            found += missing_in(later, each.place[later.key])
        return [*(each for each in waiting if each.later is not later), *found]

    def _texts(self, run: Run, later: Later, parents: Sequence[str], values: Values) -> dict[str, bytes]:
        """The list's text per parent: from one statement, or from one for each where they had to be asked alone."""
        statement, distinct = self.statements[id(later)], list(dict.fromkeys(parents))
        given = dict(zip(statement.binds, values(statement), strict=True))
        if PARENT not in given:
            asked = [given | {PARENTS: orjson.dumps([[id_] for id_ in distinct]).decode()}]
        else:
            asked = [given | {PARENT: id_} for id_ in distinct]
        rows = (row for each in asked for row in run(statement.sql, [each[name] for name in statement.binds]))
        return {id_: checked(text) for id_, text in rows}


def checked(text: bytes) -> bytes:
    """The text, unless a NULL swallowed part of it."""
    if _SWALLOWED in text:
        raise SwallowedRow
    return text


def split(plan: Plan, deepest: int) -> Plan:
    """The plan with every list further in than `deepest` for later; within those, counted anew."""
    left = _Left(deepest, deepest, count())
    return replace(plan, roots=tuple(_root(root, left) for root in plan.roots))


@dataclass(frozen=True, slots=True)
class _Left:
    """How many lists further in a statement may go, from how many a new one starts, and how those are numbered."""

    lists: int
    anew: int
    numbers: Iterator[int]

    def less(self) -> "_Left":
        """One level further in."""
        return replace(self, lists=self.lists - 1)

    def again(self) -> "_Left":
        """In a statement of its own."""
        return replace(self, lists=self.anew)


def laters(plan: Plan) -> list[Later]:
    """The lists that come later, wherever they stand."""
    return [part for part in walk(plan.roots) if isinstance(part, Later)]


def nested(plan: Plan) -> bool:
    """Whether any list stands inside something else."""
    return any(isinstance(part, Connection) for root in plan.roots for part in walk((root,)) if part is not root)


def _root(root: Root, left: _Left) -> Root:
    match root:
        case Connection():
            return _connection(root, left)
        case One():
            return replace(root, shown=_object(root.shown, left))
        case ByIds():
            return replace(root, choices=tuple(_object(each, left.less()) for each in root.choices))
        case Entities():
            kinds = tuple(replace(kind, shown=_object(kind.shown, left.less())) for kind in root.kinds)
            return replace(root, kinds=kinds)
        case Statistics():
            return replace(root, parts=tuple(_shown(part, left.less()) for part in root.parts))
    return root


def _shown(part: Any, left: _Left) -> Any:
    return replace(part, shown=_object(part.shown, left)) if hasattr(part, "shown") else part


def _object(shown: Object, left: _Left) -> Object:
    return replace(shown, parts=tuple(_part(part, shown, left) for part in shown.parts))


def _part(part: Part, of: Object, left: _Left) -> Part:
    match part:
        case Connection() if left.lists <= 0:
            return Later(next(left.numbers), part.key, of.noun, _connection(part, left.again()))
        case Connection():
            return _connection(part, left)
        case ToOne():
            return replace(part, shown=_object(part.shown, left))
        case ToOneOf():
            return replace(part, choices=tuple(_object(each, left.less()) for each in part.choices))
    return part


def _connection(part: Connection, left: _Left) -> Connection:
    return replace(part, parts=tuple(_connection_part(each, left.less()) for each in part.parts))


def _connection_part(part: Any, left: _Left) -> Any:
    match part:
        case Nodes():
            return replace(part, shown=_object(part.shown, left))
        case Edges():
            return replace(part, parts=tuple(_connection_part(each, left) for each in part.parts))
    return part
