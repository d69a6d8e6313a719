"""The question corridor on one page: read, plan, compile, run, fill."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from time import perf_counter
from typing import Any, Protocol

import orjson
from graphql import DocumentNode, OperationType, SelectionSetNode, execute_sync
from graphql.execution.values import VariableValues

from hub.access.predicates import Predicates, Shape, shape_of, values_of
from hub.access.viewers import OPEN, Viewer
from hub.errors import Forbidden, HubError, MethodNotAllowed, StreamRequired, TooDeep
from hub.resolvers.fill import Filler, fill, holes_of
from hub.resolvers.limits import DocumentLimits
from hub.resolvers.persisted import Persisted
from hub.resolvers.plan import Planned, Planner
from hub.resolvers.read import Asked, Documents, Invalid, Operation, Refusals
from hub.resolvers.selection import Fields, Selection
from hub.resolvers.split import Parts, checked, laters, nested, split
from hub.resolvers.values import Coerced, Read
from hub.schema.graph import HubSchema
from hub.schema.model import Model
from hub.store.compile import Statement, compile_later, compile_plan
from hub.store.dialects.readers import Reader
from hub.store.dialects.spelling import READ_BEGIN, READ_END
from hub.store.plan import Plan

_INTROSPECTION = frozenset({"__schema", "__type", "_service"})
_READ = re.compile(f"{READ_BEGIN}([^{READ_END}]*){READ_END}".encode())

Openings = Callable[[Viewer, Mapping[str, Any] | None], Filler]
"""Who fills an operation's holes, given its `@opening`; refuses an operation that may open nothing."""


class Question(Asked, Protocol):
    """What is asked, on any transport."""

    @property
    def extensions(self) -> dict[str, Any]: ...
    @property
    def read_only(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The complete document; `refused` when nothing ran. `read` holds the ids of all rows shown, when asked for.
    `codes` are the numbers of a refusal's errors.
    """

    body: bytes
    refused: bool = False
    status: int = 200
    timing: str = ""
    codes: tuple[str, ...] = ()
    read: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan as a statement (or several), with the way each of its values is read from a request."""

    plan: Plan
    statement: Statement
    parts: Parts | None
    values: tuple[tuple[str, Read | None], ...]
    sources: Mapping[str, Read]
    unread: tuple[Read, ...]
    holes: bool
    small: bool
    steady: bool
    reads: bool
    matched: frozenset[str | None] = frozenset()
    apart: DocumentNode | None = None
    told: dict[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()

    @property
    def further(self) -> list[str]:
        """The text of the statements that follow the first."""
        return [statement.sql for statement in self.parts.statements.values()] if self.parts else []

    def arguments(self, coerced: Coerced, scope: Mapping[str, str]) -> list[Any]:
        """The values of the statement in the driver's order: from the variables, or from the viewer's scope."""
        return [scope[name] if read is None else read(coerced) for name, read in self.values]

    def of(self, statement: Statement, coerced: Coerced, scope: Mapping[str, str]) -> list[Any]:
        """The same for one of several statements; what another statement's rows give stays open."""
        reads = ((name, self.sources.get(name)) for name in statement.binds)
        return [scope.get(name) if read is None else read(coerced) for name, read in reads]


class Corridor:
    """Answers questions over one base."""

    def __init__(
        self,
        schema: HubSchema,
        model: Model,
        reader: Reader,
        *,
        hashed: Callable[[str, str], str],
        limits: DocumentLimits,
        openings: Openings,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - the framework's own door to graphql-core
        self._model = model
        self._reader = reader
        self._documents = Documents(self._schema, model, limits)
        self._persisted = Persisted()
        self._planner = Planner(model, hashed, node_budget=limits.node_budget)
        self._openings = openings

    async def answer(self, asked: Question, viewer: Viewer, *, reads: bool = False) -> Answer:
        """The answer, refused or given. HubError when the whole request fails; its path is that of the field."""
        try:
            return await self._answer(asked, viewer, reads=reads)
        except Invalid as invalid:
            _check_kind(invalid.kind, read_only=asked.read_only)
            return _refused(invalid.told(suggestions=viewer.may("schema.read")).errors)
        except Refusals as refusals:
            return _refused(refusals.errors)

    async def _answer(self, asked: Question, viewer: Viewer, *, reads: bool) -> Answer:
        begun = perf_counter()
        text = self._persisted.text(asked)
        operation = self._documents.operation(text, asked.operation_name)
        self._persisted.keep(asked)
        _check_kind(operation.kind, read_only=asked.read_only)
        values = self._documents.variables(operation, asked.variables)
        self._check_live(operation, values)
        shape, scope = _scope(viewer.scope, viewer.masks)
        planned, variables = operation.shaped(values.coerced)
        was_read = perf_counter()
        key = (variables, shape, reads)
        prepared = operation.plans.get(key)
        if prepared is None:
            prepared = await self._prepare(operation, values, planned, shape, reads=reads)
            operation.plans.put(key, prepared)
            self._documents.weigh(text, asked.operation_name, operation)
        _check_permission(prepared, viewer)
        filler = (
            self._openings(viewer, operation.directive(self._schema, "opening", values)) if prepared.holes else None
        )
        was_planned = perf_counter()
        shown: set[str] = set()
        body = await self._run(prepared, values.coerced, scope, shown)
        was_run = perf_counter()
        answer = await self._finish(prepared, body, values, filler)
        timing = _timing(begun, was_read, was_planned, was_run, perf_counter())
        return Answer(answer, timing=timing, read=frozenset(shown) if reads else None)

    def _check_live(self, operation: Operation, values: VariableValues) -> None:
        live = operation.directive(self._schema, "live", values) if operation.node.directives else None
        if live is not None and live.get("if") is not False:
            raise StreamRequired

    async def _run(self, prepared: Prepared, coerced: Coerced, scope: Mapping[str, str], shown: set[str]) -> bytes:
        taken = (lambda text: _taken(text, shown)) if prepared.reads else _untouched
        if prepared.parts is None:
            arguments = prepared.arguments(coerced, scope)
            found = await self._reader.fetch(
                prepared.statement.sql, arguments, small=prepared.small, steady=prepared.steady
            )
            return taken(checked(found))
        parts, first = prepared.parts, prepared.statement
        values = lambda statement: prepared.of(statement, coerced, scope)  # noqa: E731
        return await self._reader.together(lambda run: parts.assemble(run, first, values, taken))

    async def _prepare(
        self, operation: Operation, values: VariableValues, planned: dict[str, Any], shape: Shape, *, reads: bool
    ) -> Prepared:
        selection = Selection(
            self._schema, operation.fragments, operation.node, values, VariableValues(values.sources, planned)
        )
        roots = selection.roots()
        apart = {key: fields for key, fields in roots.items() if fields[0].node.name.value in _INTROSPECTION}
        found = self._planner.plan(selection, {key: fields for key, fields in roots.items() if key not in apart})
        for deepest, alone in await self._depths(found.plan):
            prepared = self._compiled(found, shape, deepest, reads=reads, alone=alone)
            if await self._reader.parses([prepared.statement.sql, *prepared.further]):
                return replace(prepared, apart=_document(operation, apart), keys=tuple(roots), told={})
        raise TooDeep

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
        )

    async def _finish(self, prepared: Prepared, body: bytes, values: VariableValues, filler: Filler | None) -> bytes:
        errors = [error for read in prepared.unread for error in read(values.coerced)]
        if filler is None and prepared.apart is None:
            return _with_errors(body, errors) if errors else body
        data = orjson.loads(body)["data"]
        if filler is not None:
            errors = [*errors, *await fill(holes_of(prepared.plan, data), filler)]
        if prepared.apart is not None:
            data = self._spliced(prepared, data, values)
        document = {"data": data} | ({"errors": [error.entry() for error in errors]} if errors else {})
        return orjson.dumps(document)

    def _spliced(self, prepared: Prepared, data: dict[str, Any], values: VariableValues) -> dict[str, Any]:
        """Introspection beside others is answered by graphql-core and put in its place."""
        assert prepared.apart is not None
        told = prepared.told
        if not told:
            raw = {name: source.value for name, source in values.sources.items() if name in values.coerced}
            found: Any = execute_sync(self._schema, prepared.apart, variable_values=raw)
            told = found.data or {}
            if not raw:
                # The schema does not change while a process runs.
                prepared.told.update(told)
        both = data | told
        return {key: both[key] for key in prepared.keys if key in both}


def _check_kind(kind: OperationType, *, read_only: bool) -> None:
    if kind is OperationType.SUBSCRIPTION:
        raise StreamRequired
    if kind is OperationType.MUTATION and read_only:
        raise MethodNotAllowed


def _check_permission(prepared: Prepared, viewer: Viewer) -> None:
    if prepared.apart is not None and not viewer.may("schema.read"):
        raise Forbidden(permission="schema.read")
    # Guesses at a value that is sealed or masked would open it without anybody's record.
    if prepared.matched and (not viewer.may(OPEN) or prepared.matched & viewer.masks):
        raise Forbidden(permission=OPEN)


@lru_cache(maxsize=512)
def _scope(scope: Any, masks: frozenset[str]) -> tuple[Shape, Mapping[str, str]]:
    return shape_of(scope, masks), values_of(scope)


def _untouched(text: bytes) -> bytes:
    return text


def _taken(text: bytes, shown: set[str]) -> bytes:
    """The text without its marks; the ids they told are added to `shown`."""
    shown.update(each.decode() for each in _READ.findall(text))
    return _READ.sub(b"", text)


def _document(operation: Operation, apart: Mapping[str, Fields]) -> DocumentNode | None:
    """The operation with its introspection only; fragments at its root are spread out."""
    if not apart:
        return None
    nodes = [details.node for fields in apart.values() for details in fields]
    node = type(operation.node)(
        operation=operation.node.operation,
        name=None,
        variable_definitions=operation.node.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(nodes)),
    )
    fragments = [each.definition for each in operation.fragments.values()]
    return DocumentNode(definitions=(node, *fragments))


def _refused(errors: Sequence[HubError]) -> Answer:
    body = orjson.dumps({"errors": [error.entry() for error in errors]})
    return Answer(body, refused=True, status=errors[0].status, codes=tuple(error.code for error in errors))


def _with_errors(body: bytes, errors: Sequence[HubError]) -> bytes:
    return body[:-1] + b',"errors":' + orjson.dumps([error.entry() for error in errors]) + b"}"


def _timing(begun: float, was_read: float, was_planned: float, was_run: float, ended: float) -> str:
    """Server-Timing, in milliseconds."""
    return (
        f"read;dur={(was_read - begun) * 1000:.3f}, plan;dur={(was_planned - was_read) * 1000:.3f}, "
        f"run;dur={(was_run - was_planned) * 1000:.3f}, fill;dur={(ended - was_run) * 1000:.3f}"
    )


__all__ = ["Answer", "Corridor", "Openings", "Prepared", "Question"]
