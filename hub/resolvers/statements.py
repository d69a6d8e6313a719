"""Plans as statements: written once per shape, tried on the base's parser, run with each request's values."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from graphql import DocumentNode

from hub.access.predicates import Predicates, Shape, shape_of, values_of
from hub.access.viewers import OPEN, Viewer
from hub.errors import Forbidden, TooDeep
from hub.resolvers.plan import Planned
from hub.resolvers.selection import Fields
from hub.resolvers.split import Parts, checked, laters, nested, split
from hub.resolvers.tallying import tallied
from hub.resolvers.values import Coerced, Read
from hub.schema.model import Model
from hub.store.compile import Statement, compile_later, compile_plan
from hub.store.dialects.readers import Reader
from hub.store.dialects.spelling import READ_BEGIN, READ_END
from hub.store.dimensions import Tally
from hub.store.plan import Plan

Kept = Callable[[Mapping[str, Tally]], Awaitable[Mapping[str, Any] | None]]
"""What a statement is handed of tallies by the names of its binds, with their position; None where none is kept."""

_READ = re.compile(f"{READ_BEGIN}([^{READ_END}]*){READ_END}".encode())


@dataclass(slots=True)
class Many:
    """The statement for many sets of values at once: its texts by how many, and how many are worth it (None: not known
    yet).
    """

    texts: dict[int, str] = field(default_factory=dict)
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Tallying:
    """The same answer from tallies: the statement, and the tallies by the names of their binds."""

    statement: Statement
    wanted: Mapping[str, Tally]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan as a statement (or several), with the way each of its values is read from a request."""

    plan: Plan
    statement: Statement
    parts: Parts | None
    values: tuple[tuple[str, Read | None], ...]
    sources: Mapping[str, Read]
    unread: tuple[Read, ...]
    holes: frozenset[type]
    small: bool
    steady: bool
    reads: bool
    matched: frozenset[str | None] = frozenset()
    apart: DocumentNode | None = None
    told: dict[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    beside: Mapping[str, Fields] = field(default_factory=dict)
    """The roots that are asked aside."""
    news: tuple[Any, ...] = ()
    """The roots that only the log can answer."""
    many: Many = field(default_factory=Many)
    tallying: Tallying | None = None

    @property
    def further(self) -> list[str]:
        """The text of the statements that follow the first."""
        return [statement.sql for statement in self.parts.statements.values()] if self.parts else []

    def arguments(self, coerced: Coerced, scope: Mapping[str, str]) -> list[Any]:
        """The values of the statement in the driver's order: from the variables, or from the viewer's scope."""
        return [scope[name] if read is None else read(coerced) for name, read in self.values]

    def taken(self, text: bytes, shown: set[str]) -> bytes:
        """The answer's text without the marks in it; the ids that they told are added to `shown`."""
        if not self.reads:
            return text
        pieces = _READ.split(text)
        shown.update(each.decode() for each in pieces[1::2])
        return b"".join(pieces[::2])

    def of(self, statement: Statement, coerced: Coerced, scope: Mapping[str, str]) -> list[Any]:
        """The same for one of several statements; what another statement's rows give stays open."""
        reads = ((name, self.sources.get(name)) for name in statement.binds)
        return [scope.get(name) if read is None else read(coerced) for name, read in reads]


class Statements:
    """Writes and runs the statements of plans on one base; `given` hands over what is kept of tallies."""

    def __init__(self, model: Model, reader: Reader, given: Kept | None = None) -> None:
        self._model, self._reader, self._given = model, reader, given

    async def prepare(self, found: Planned, shape: Shape, *, reads: bool) -> Prepared:
        """The plan's statement for viewers of this shape, in as few parts as the base's parser takes. TooDeep."""
        for deepest, alone in await self._depths(found.plan):
            prepared = self._compiled(found, shape, deepest, reads=reads, alone=alone)
            if await self._reader.parses([prepared.statement.sql, *prepared.further]):
                return prepared
        raise TooDeep

    async def run(self, prepared: Prepared, coerced: Coerced, scope: Mapping[str, str], shown: set[str]) -> bytes:
        """The answer's text; the ids of its rows are added to `shown`, when it was prepared to tell them."""
        taken = partial(prepared.taken, shown=shown)
        if (text := await self._added_up(prepared, coerced, scope)) is not None:
            return taken(checked(text))
        if prepared.parts is None:
            arguments = prepared.arguments(coerced, scope)
            found = await self._reader.fetch(
                prepared.statement.sql, arguments, small=prepared.small, steady=prepared.steady
            )
            return taken(checked(found))
        parts, first = prepared.parts, prepared.statement
        values = lambda statement: prepared.of(statement, coerced, scope)  # noqa: E731
        return await self._reader.together(lambda run: parts.assemble(run, first, values, taken))

    async def _added_up(self, prepared: Prepared, coerced: Coerced, scope: Mapping[str, str]) -> bytes | None:
        """The text from tallies; None where they are not kept, or no longer stand for the rows of this snapshot."""
        tallying = prepared.tallying
        if tallying is None or self._given is None or (given := await self._given(tallying.wanted)) is None:
            return None
        arguments = prepared.of(tallying.statement, coerced, {**scope, **given})
        found: bytes | None = await self._reader.fetch(tallying.statement.sql, arguments)
        return found

    async def _depths(self, plan: Plan) -> Sequence[tuple[int | None, bool]]:
        """How deep a statement may go: as deep as the plan, or less where the base's parser has a bound; at the last,
        each inner list is asked for one parent alone.
        """
        deepest = await self._reader.deepest()
        if deepest is None or not nested(plan):
            return ((None, False),)
        return ((None, False), *((depth, False) for depth in range(deepest - 2, -1, -1)), (0, True))

    def _compiled(self, found: Planned, shape: Shape, deepest: int | None, *, reads: bool, alone: bool) -> Prepared:
        compiled: dict[str, Any] = {"masks": shape.masks, "reads": reads}
        plan = found.plan if deepest is None else split(found.plan, deepest)

        def given() -> tuple[Any, ...]:
            return self._model, self._reader.dialect

        statement = compile_plan(plan, *given(), predicate=Predicates(self._model, shape), **compiled)
        further = {
            id(later): compile_later(later, *given(), predicate=Predicates(self._model, shape), alone=alone, **compiled)
            for later in laters(plan)
        }
        values = tuple((name, found.sources.get(name)) for name in statement.binds)
        parts = Parts(plan, further) if further else None
        other, wanted = tallied(plan, shape, self._model) if parts is None and self._given is not None else (plan, {})
        short = compile_plan(other, *given(), predicate=Predicates(self._model, shape), **compiled) if wanted else None
        tallying = Tallying(short, wanted) if short is not None else None
        return Prepared(
            plan,
            statement,
            parts,
            values,
            found.sources,
            found.unread,
            plan.holes,
            plan.small,
            plan.steady,
            reads,
            found.matched,
            tallying=tallying,
        )


def check_permission(prepared: Prepared, viewer: Viewer) -> None:
    """Forbidden for what this viewer may not ask at all, whatever rows it sees."""
    if prepared.apart is not None and not viewer.may("schema.read"):
        raise Forbidden(permission="schema.read")
    # Guesses at a value that is sealed or masked would open it without anybody's record.
    if prepared.matched and (not viewer.may(OPEN) or prepared.matched & viewer.masks):
        raise Forbidden(permission=OPEN)


@lru_cache(maxsize=4096)
def scope_of(scope: Any, masks: frozenset[str]) -> tuple[Shape, Mapping[str, str]]:
    """What statements know of a viewer's scope, and the values they are handed of it."""
    return shape_of(scope, masks), values_of(scope)
