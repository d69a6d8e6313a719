"""The question corridor on one page: read, plan, compile, run, fill."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Protocol

import orjson
from graphql import DocumentNode, OperationType, SelectionSetNode, execute_sync
from graphql.execution.values import VariableValues

from hub.access.acting import Acting
from hub.access.predicates import Shape
from hub.access.reach import Filter
from hub.access.viewers import Viewer
from hub.errors import BadConfiguration, HubError, MethodNotAllowed, StreamRequired
from hub.live.presses import Make
from hub.live.readers import Reader as Following
from hub.procedures.doing import Doing
from hub.resolvers.aside import Asides, ask_aside
from hub.resolvers.fill import Filler, Fillers, Openings, fill, holes_of
from hub.resolvers.indicators import Indicators
from hub.resolvers.limits import DocumentLimits
from hub.resolvers.listed import Lists
from hub.resolvers.mutation import Mutations
from hub.resolvers.newsroom import Feed as Room
from hub.resolvers.newsroom import Newsroom
from hub.resolvers.persisted import Persisted
from hub.resolvers.plan import Planner
from hub.resolvers.read import Asked, Documents, Invalid, Operation, Refusals
from hub.resolvers.selection import Fields, Selection
from hub.resolvers.statements import Prepared, Statements, check_permission, scope_of
from hub.resolvers.subscription import Framed, Subscriptions
from hub.schema.consumers import Way
from hub.schema.graph import HubSchema
from hub.schema.indicators import ROOT as FIGURES
from hub.schema.model import Model
from hub.store.dialects.readers import Reader

_INTROSPECTION = frozenset({"__schema", "__type", "_service"})


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
class Feed:
    """What streams are opened over: who reads the log, what makes a transport's frame, and its bytes at most."""

    room: Room
    framed: Framed
    most_bytes: int


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
        acting: Acting | None = None,
        doing: Doing | None = None,
        indicators: Indicators | None = None,
        asides: Asides | None = None,
        feed: Feed | None = None,
        persisted: Persisted | None = None,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - the framework's own door to graphql-core
        self._model = model
        self._reader = reader
        self._statements = Statements(model, reader)
        self._documents = Documents(self._schema, model, limits)
        self.persisted = persisted or Persisted()
        self._asides: Asides = asides or {}
        self._indicators = indicators
        self._fillers = Fillers(openings, acting or Acting(model))
        machines = self._fillers.acting.machines
        self._planner = Planner(model, hashed, node_budget=limits.node_budget, machines=machines)
        budget, fillers = limits.node_budget, self._fillers
        self._mutations = (
            Mutations(model, self._planner, self._statements, doing=doing, fillers=fillers, budget=budget)
            if doing is not None
            else None
        )
        self._newsroom: Newsroom | None = None
        self._subscriptions: Subscriptions | None = None
        if feed is not None:
            self._feed(feed, limits)

    def _feed(self, feed: Feed, limits: DocumentLimits) -> None:
        lists, budget = Lists(self._model, self._planner, self._statements), limits.node_budget
        self._newsroom = Newsroom(self._model, lists, feed.room, budget=budget)
        bounds: Any = {"fillers": self._fillers, "budget": budget, "most_bytes": feed.most_bytes}
        self._subscriptions = Subscriptions(self._model, lists, feed.room.streams, framed=feed.framed, **bounds)

    async def stream(self, asked: Question, viewer: Viewer, *, way: Way) -> Following | Answer | None:
        """The stream that is asked for, or its refusal; None for what is answered once. HubError as in `answer`."""
        try:
            text = self.persisted.text(asked)
            operation = self._documents.operation(text, asked.operation_name)
            if operation.kind is not OperationType.SUBSCRIPTION or self._subscriptions is None:
                return None
            self.persisted.keep(asked)
            values = self._documents.variables(operation, asked.variables)
            selection = Selection(self._schema, operation.fragments, operation.node, values, values)
            resume = asked.extensions.get("resume")
            reader = await self._subscriptions.open(selection, operation, viewer, text=text, resume=resume, way=way)
            self._documents.weigh(text, asked.operation_name, operation)
        except Invalid as invalid:
            if invalid.kind is not OperationType.SUBSCRIPTION:
                return None
            return _refused(invalid.told(suggestions=viewer.may("schema.read")).errors)
        except Refusals as refusals:
            return _refused(refusals.errors)
        else:
            return reader

    async def prescribed(self, text: str, viewer: Viewer) -> tuple[Make, Filter]:
        """What makes the frames of a subscription that configuration prescribes, and what of the log it wants."""
        assert self._subscriptions is not None
        try:
            operation = self._documents.operation(text, None)
            values = self._documents.variables(operation, {})
        except (Invalid, Refusals):
            # It was checked when it was applied: another version of the graph reads it otherwise.
            raise BadConfiguration(reason="what an outlet asks does not fit the graph") from None
        selection = Selection(self._schema, operation.fragments, operation.node, values, values)
        return await self._subscriptions.prescribed(selection, operation, viewer)

    async def stream_again(
        self, asked: Question, viewer: Viewer, stream: Any, *, way: Way
    ) -> Following | Answer | None:
        """What goes on in the place of a stream of an earlier corridor: None where it goes on itself, as this one's.

        Its refusal, or HubError as in `answer`, where it does not fit any more.
        """
        if not isinstance(stream, Following) or self._subscriptions is None:
            return await self.stream(asked, viewer, way=way)
        text = self._subscriptions.streams.text_of(stream)
        if text is None:
            return None
        try:
            operation = self._documents.operation(text, asked.operation_name)
            values = self._documents.variables(operation, asked.variables)
            selection = Selection(self._schema, operation.fragments, operation.node, values, values)
            await self._subscriptions.go_on(stream, selection, operation, viewer, text=text, way=way)
        except Invalid as invalid:
            return _refused(invalid.told(suggestions=viewer.may("schema.read")).errors)
        except Refusals as refusals:
            return _refused(refusals.errors)
        return None

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
        text = self.persisted.text(asked)
        operation = self._documents.operation(text, asked.operation_name)
        self.persisted.keep(asked)
        _check_kind(operation.kind, read_only=asked.read_only)
        values = self._documents.variables(operation, asked.variables)
        if operation.kind is OperationType.MUTATION and self._mutations is not None:
            return await self._mutated(self._mutations, asked, text, operation, values, viewer)
        self._check_live(operation, values)
        shape, scope = scope_of(viewer.scope, viewer.masks)
        planned, variables = operation.shaped(values.coerced)
        was_read = perf_counter()
        key = (variables, shape, reads)
        prepared = operation.plans.get(key)
        if prepared is None:
            prepared = await self._prepare(operation, values, planned, shape, reads=reads)
            operation.plans.put(key, prepared)
            self._documents.weigh(text, asked.operation_name, operation)
        check_permission(prepared, viewer)
        for told in prepared.news:
            if told.listed.prepared is not None:
                check_permission(told.listed.prepared, viewer)
        holes = prepared.holes.union(*(told.listed.holes for told in prepared.news))
        filler = self._fillers.of(holes, viewer, lambda: operation.directive(self._schema, "opening", values))
        was_planned = perf_counter()
        shown: set[str] = set()
        body = await self._statements.run(prepared, values.coerced, scope, shown)
        was_run = perf_counter()
        answer = await self._finish(prepared, body, values, filler)
        if prepared.figures and self._indicators is not None:
            answer = await self._with_figures(self._indicators, prepared, answer, operation, values, viewer)
        if prepared.news and self._newsroom is not None:
            answer = await self._with_news(self._newsroom, prepared, answer, operation, values, viewer, filler)
        if prepared.beside:
            answer = await self._beside(prepared, answer, operation, values, viewer)
        timing = _timing(begun, was_read, was_planned, was_run, perf_counter())
        return Answer(answer, timing=timing, read=frozenset(shown) if reads else None)

    async def _mutated(
        self,
        mutations: Mutations,
        asked: Question,
        text: str,
        operation: Operation,
        values: VariableValues,
        viewer: Viewer,
    ) -> Answer:
        begun = perf_counter()
        selection = Selection(self._schema, operation.fragments, operation.node, values, values)
        body = await mutations.answer(selection, operation, viewer)
        self._documents.weigh(text, asked.operation_name, operation)
        return Answer(body, timing=f"deeds;dur={(perf_counter() - begun) * 1000:.3f}")

    def _check_live(self, operation: Operation, values: VariableValues) -> None:
        live = operation.directive(self._schema, "live", values) if operation.node.directives else None
        if live is not None and live.get("if") is not False:
            raise StreamRequired

    async def _prepare(
        self, operation: Operation, values: VariableValues, planned: dict[str, Any], shape: Shape, *, reads: bool
    ) -> Prepared:
        selection = Selection(
            self._schema, operation.fragments, operation.node, values, VariableValues(values.sources, planned)
        )
        roots = selection.roots()
        apart = {key: fields for key, fields in roots.items() if fields[0].node.name.value in _INTROSPECTION}
        figures = tuple(key for key, fields in roots.items() if fields[0].node.name.value == FIGURES)
        beside = {key: fields for key, fields in roots.items() if fields[0].node.name.value in self._asides}
        news = {key: fields for key, fields in roots.items() if fields[0].node.name.value in Newsroom.names}
        elsewhere = {*apart, *figures, *beside, *news}
        planned_here = {key: fields for key, fields in roots.items() if key not in elsewhere}
        found = self._planner.plan(selection, planned_here)
        prepared = await self._statements.prepare(found, shape, reads=reads)
        text = _document(operation, apart)
        told = await self._newsroom.prepared(selection, news, shape) if self._newsroom is not None else ()
        return replace(prepared, apart=text, keys=tuple(roots), told={}, figures=figures, beside=beside, news=told)

    async def _with_news(
        self,
        newsroom: Newsroom,
        prepared: Prepared,
        answer: bytes,
        operation: Operation,
        values: VariableValues,
        viewer: Viewer,
        filler: Filler | None,
    ) -> bytes:
        """The document with the roots that only the log can answer, in their places."""
        selection = Selection(self._schema, operation.fragments, operation.node, values, values)
        document = orjson.loads(answer)
        for told in prepared.news:
            value, errors = await newsroom.answer(told, selection, viewer, filler)
            document["data"][told.key] = value
            if errors:
                document["errors"] = [*document.get("errors", []), *(error.entry() for error in errors)]
        document["data"] = {key: document["data"][key] for key in prepared.keys if key in document["data"]}
        return orjson.dumps(document)

    async def _with_figures(
        self,
        indicators: Indicators,
        prepared: Prepared,
        answer: bytes,
        operation: Operation,
        values: VariableValues,
        viewer: Viewer,
    ) -> bytes:
        """The document with its figures, each asked of this corridor as statistics of cases."""

        async def ask(text: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
            inner = orjson.loads((await self.answer(_Inner(text, dict(variables)), viewer)).body)
            if "data" not in inner:
                raise BadConfiguration(reason="an indicator's filter does not fit the graph")
            data: Mapping[str, Any] = inner["data"]
            return data

        selection = Selection(self._schema, operation.fragments, operation.node, values, values)
        document, roots = orjson.loads(answer), selection.roots()
        for key in prepared.figures:
            try:
                document["data"][key] = await indicators.field(selection, roots[key], viewer, ask)
            except HubError as error:
                error.path = error.path or (key,)
                raise
        document["data"] = {key: document["data"][key] for key in prepared.keys if key in document["data"]}
        return orjson.dumps(document)

    async def _finish(self, prepared: Prepared, body: bytes, values: VariableValues, filler: Filler | None) -> bytes:
        errors = [error for read in prepared.unread for error in read(values.coerced)]
        if (filler is None or not prepared.holes) and prepared.apart is None:
            return _with_errors(body, errors) if errors else body
        data = orjson.loads(body)["data"]
        if filler is not None and prepared.holes:
            errors = [*errors, *await fill(holes_of(prepared.plan, data), filler)]
        if prepared.apart is not None:
            data = self._spliced(prepared, data, values)
        document = {"data": data} | ({"errors": [error.entry() for error in errors]} if errors else {})
        return orjson.dumps(document)

    async def _beside(
        self, prepared: Prepared, answer: bytes, operation: Operation, values: VariableValues, viewer: Viewer
    ) -> bytes:
        """The document with the roots that are asked aside, in their places."""
        selection = Selection(self._schema, operation.fragments, operation.node, values, values)
        told, errors = await ask_aside(self._asides, prepared.beside, selection, viewer)
        document = orjson.loads(answer)
        both = document["data"] | told
        document["data"] = {key: both[key] for key in prepared.keys if key in both}
        entries = [*document.get("errors", []), *(error.entry() for error in errors)]
        return orjson.dumps(document | ({"errors": entries} if entries else {}))

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


@dataclass(frozen=True, slots=True)
class _Inner:
    """A question of our own."""

    query: str | None
    variables: dict[str, Any]
    operation_name: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    read_only: bool = True


def _check_kind(kind: OperationType, *, read_only: bool) -> None:
    if kind is OperationType.SUBSCRIPTION:
        raise StreamRequired
    if kind is OperationType.MUTATION and read_only:
        raise MethodNotAllowed


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
