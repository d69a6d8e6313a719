"""The question corridor on one page: read, plan, compile, run, fill."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from time import perf_counter
from typing import Any

import orjson
from graphql import OperationType
from graphql.execution.values import VariableValues

from hub.access.acting import Acting
from hub.access.predicates import Shape
from hub.access.reach import Filter
from hub.access.viewers import Viewer
from hub.errors import BadConfiguration, MethodNotAllowed, StreamRequired
from hub.live.presses import Make
from hub.live.watched import Watch
from hub.procedures.doing import Doing
from hub.resolvers.aside import Asides
from hub.resolvers.completing import Completing, Ready, introspection
from hub.resolvers.fill import Fillers, Openings
from hub.resolvers.given import Answer, Question, Repeated, Streamed, refused
from hub.resolvers.indicators import Indicators
from hub.resolvers.limits import DocumentLimits
from hub.resolvers.listed import Lists
from hub.resolvers.mutation import Mutations
from hub.resolvers.newsroom import Newsroom
from hub.resolvers.persisted import Persisted
from hub.resolvers.plan import Planner
from hub.resolvers.read import Asked, Documents, Invalid, Operation, Refusals
from hub.resolvers.selection import Selection
from hub.resolvers.sighting import Sight
from hub.resolvers.statements import Kept, Prepared, Statements, check_permission, scope_of
from hub.resolvers.streaming import Asking, Feed, Given, Streaming, said_live
from hub.resolvers.together import Together
from hub.resolvers.watching import watch_of
from hub.schema.consumers import Way
from hub.schema.graph import HubSchema
from hub.schema.indicators import ROOT as FIGURES
from hub.schema.model import Model
from hub.store.dialects.readers import Reader
from hub.store.dialects.spelling import BEHIND

_INTROSPECTION = frozenset({"__schema", "__type", "_service"})


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
        tallies: Kept | None = None,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - the framework's own door to graphql-core
        self._model, self._reader = model, reader
        self._statements = Statements(model, reader, tallies)
        self._documents = Documents(self._schema, model, limits)
        self.persisted = persisted or Persisted()
        self._asides: Asides = asides or {}
        self._completing = Completing(self._schema, indicators, self._asides)
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
        self._streaming: Streaming | None = None
        if feed is not None:
            lists = Lists(model, self._planner, self._statements)
            self._newsroom = self._completing.newsroom = Newsroom(model, lists, feed.room, budget=budget)
            together = Together(self._statements, reader)
            asking = Asking(self._schema, self._documents, self.persisted, self._ready, together, self._completed)
            self._streaming = Streaming(asking, model, lists, feed, fillers=fillers, budget=budget)

    async def stream(self, asked: Streamed, viewer: Viewer, *, way: Way) -> Given | None:
        """The stream that is asked for, or its refusal; None for what is answered once. HubError as in `answer`."""
        return None if self._streaming is None else await self._streaming.open(asked, viewer, way=way)

    async def prescribed(self, text: str, viewer: Viewer) -> tuple[Make, Filter]:
        """What makes the frames of a subscription that configuration prescribes, and what of the log it wants."""
        if self._streaming is None:
            raise BadConfiguration(reason="an outlet is served where the log is followed")
        return await self._streaming.prescribed(text, viewer)

    async def stream_again(self, asked: Streamed, viewer: Viewer, stream: Any, *, way: Way) -> Given | None:
        """What goes on in the place of a stream of an earlier corridor: None where it goes on itself, as this one's.

        Its refusal, or HubError as in `answer`, where it does not fit any more.
        """
        return None if self._streaming is None else await self._streaming.again(asked, viewer, stream, way=way)

    async def answer(self, asked: Question, viewer: Viewer, *, reads: bool = False) -> Answer:
        """The answer, refused or given. HubError when the whole request fails; its path is that of the field."""
        try:
            return await self._answer(asked, viewer, reads=reads)
        except Invalid as invalid:
            _check_kind(invalid.kind, read_only=asked.read_only)
            return refused(invalid.told(suggestions=viewer.may("schema.read")).errors)
        except Refusals as refusals:
            return refused(refusals.errors)

    async def _answer(self, asked: Question, viewer: Viewer, *, reads: bool) -> Answer:
        begun = perf_counter()
        text = self.persisted.text(asked)
        operation = self._documents.operation(text, asked.operation_name)
        self.persisted.keep(asked)
        _check_kind(operation.kind, read_only=asked.read_only)
        values = self._documents.variables(operation, asked.variables)
        if operation.kind is OperationType.MUTATION and self._mutations is not None:
            return await self._mutated(self._mutations, asked, text, operation, values, viewer)
        if said_live(self._schema, operation, values) is not None:
            raise StreamRequired
        was_read = perf_counter()
        ready = await self._ready(asked, text, operation, values, viewer, reads=reads)
        return await self._given(ready, (begun, was_read, perf_counter()))

    async def _ready(
        self, asked: Asked, text: str, operation: Operation, values: VariableValues, viewer: Viewer, *, reads: bool
    ) -> Ready:
        """The question planned, and what refuses it before anything runs."""
        shape, scope = scope_of(viewer.scope, viewer.masks)
        planned, variables = operation.shaped(values.coerced)
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
        return Ready(operation, values, viewer, prepared, variables, scope, filler)

    async def _given(self, ready: Ready, at: tuple[float, float, float]) -> Answer:
        """The answer of a statement, completed."""
        marks = set[str]()
        body = await self._statements.run(ready.prepared, ready.values.coerced, ready.scope, marks)
        was_run = perf_counter()
        answer = await self._completed(ready, body, marks)
        return replace(answer, timing=_timing(*at, was_run, perf_counter()))

    async def _completed(self, ready: Ready, body: bytes, marks: AbstractSet[str]) -> Answer:
        """What a statement gave, with what it cannot tell; with `reads`, what was read for it."""
        prepared, inner = ready.prepared, list[Watch]()

        async def ask(text: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
            answer = await self.answer(Repeated(text, dict(variables)), ready.viewer, reads=prepared.reads)
            document = orjson.loads(answer.body)
            if "data" not in document:
                raise BadConfiguration(reason="an indicator's filter does not fit the graph")
            inner.extend(filter(None, (answer.watch,)))
            data: Mapping[str, Any] = document["data"]
            return data

        body = await self._completing.whole(ready, body, ask)
        if not prepared.reads:
            return Answer(body)
        sight = Sight(self._model, ready.viewer.scope)
        watch = watch_of(prepared.plan, prepared.sources, ready.values.coerced, sight=sight, marks=marks)
        for each in inner:
            watch |= each
        shown = frozenset(mark for mark in marks if not mark.startswith(BEHIND))
        return Answer(body, read=shown, watch=replace(watch, everything=bool(prepared.beside)))

    async def _mutated(
        self,
        mutations: Mutations,
        asked: Asked,
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
        text = introspection(operation, apart)
        told = await self._newsroom.prepared(selection, news, shape) if self._newsroom is not None else ()
        return replace(prepared, apart=text, keys=tuple(roots), told={}, figures=figures, beside=beside, news=told)


def _check_kind(kind: OperationType, *, read_only: bool) -> None:
    if kind is OperationType.SUBSCRIPTION:
        raise StreamRequired
    if kind is OperationType.MUTATION and read_only:
        raise MethodNotAllowed


def _timing(begun: float, was_read: float, was_planned: float, was_run: float, ended: float) -> str:
    """Server-Timing, in milliseconds."""
    return (
        f"read;dur={(was_read - begun) * 1000:.3f}, plan;dur={(was_planned - was_read) * 1000:.3f}, "
        f"run;dur={(was_run - was_planned) * 1000:.3f}, fill;dur={(ended - was_run) * 1000:.3f}"
    )


__all__ = ["Answer", "Corridor", "Feed", "Openings", "Prepared", "Question"]
