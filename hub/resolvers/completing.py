"""A statement's answer is completed by what it cannot tell: holes, figures, the log's roots, asides, introspection."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLSchema, SelectionSetNode, execute_sync
from graphql.execution.values import VariableValues

from hub.access.viewers import Viewer
from hub.errors import HubError
from hub.resolvers.aside import Asides, ask_aside
from hub.resolvers.fill import Filler, fill, holes_of
from hub.resolvers.indicators import Indicators
from hub.resolvers.newsroom import Newsroom
from hub.resolvers.read import Operation
from hub.resolvers.selection import Fields, Selection
from hub.resolvers.statements import Prepared

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Answers an inner question of the same viewer: the data of its document."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A question that was read and planned, for whom, and what is done so far."""

    operation: Operation
    values: VariableValues
    viewer: Viewer
    prepared: Prepared
    shape: Any
    """The shape of its variables: questions that are equal in it share the plan."""
    scope: Mapping[str, str]
    filler: Filler | None

    @property
    def holes(self) -> frozenset[type]:
        """The kinds of what is left to be filled after the statement."""
        return self.prepared.holes.union(*(told.listed.holes for told in self.prepared.news))


class Completing:
    """Completes answers."""

    newsroom: Newsroom | None = None

    def __init__(self, schema: GraphQLSchema, indicators: Indicators | None, asides: Asides) -> None:
        self._schema, self._indicators, self._asides = schema, indicators, asides

    async def whole(self, ready: Ready, body: bytes, ask: Ask) -> bytes:
        """The complete document; figures are asked of `ask`."""
        prepared = ready.prepared
        answer = await self._filled(ready, body)
        if prepared.figures and self._indicators is not None:
            answer = await self._with_figures(self._indicators, ready, answer, ask)
        if prepared.news and self.newsroom is not None:
            answer = await self._with_news(self.newsroom, ready, answer)
        if prepared.beside:
            answer = await self._beside(ready, answer)
        return answer

    async def _filled(self, ready: Ready, body: bytes) -> bytes:
        prepared, filler = ready.prepared, ready.filler
        errors = [error for read in prepared.unread for error in read(ready.values.coerced)]
        if (filler is None or not prepared.holes) and prepared.apart is None:
            return _with_errors(body, errors) if errors else body
        data = orjson.loads(body)["data"]
        if filler is not None and prepared.holes:
            errors = [*errors, *await fill(holes_of(prepared.plan, data), filler)]
        if prepared.apart is not None:
            data = self._spliced(ready, data)
        document = {"data": data} | ({"errors": [error.entry() for error in errors]} if errors else {})
        return orjson.dumps(document)

    async def _with_news(self, newsroom: Newsroom, ready: Ready, answer: bytes) -> bytes:
        """The document with the roots that only the log can answer, in their places."""
        selection, document = self._selection(ready), orjson.loads(answer)
        for told in ready.prepared.news:
            value, errors = await newsroom.answer(told, selection, ready.viewer, ready.filler)
            document["data"][told.key] = value
            if errors:
                document["errors"] = [*document.get("errors", []), *(error.entry() for error in errors)]
        return _in_order(document, ready.prepared)

    async def _with_figures(self, indicators: Indicators, ready: Ready, answer: bytes, ask: Ask) -> bytes:
        """The document with its figures, each asked of the corridor as statistics of cases."""
        selection, document = self._selection(ready), orjson.loads(answer)
        roots: Mapping[str, Fields] = selection.roots()
        for key in ready.prepared.figures:
            try:
                document["data"][key] = await indicators.field(selection, roots[key], ready.viewer, ask)
            except HubError as error:
                error.path = error.path or (key,)
                raise
        return _in_order(document, ready.prepared)

    async def _beside(self, ready: Ready, answer: bytes) -> bytes:
        """The document with the roots that are asked aside, in their places."""
        prepared = ready.prepared
        told, errors = await ask_aside(self._asides, prepared.beside, self._selection(ready), ready.viewer)
        document = orjson.loads(answer)
        both = document["data"] | told
        document["data"] = {key: both[key] for key in prepared.keys if key in both}
        entries = [*document.get("errors", []), *(error.entry() for error in errors)]
        return orjson.dumps(document | ({"errors": entries} if entries else {}))

    def _spliced(self, ready: Ready, data: dict[str, Any]) -> dict[str, Any]:
        """Introspection beside others is answered by graphql-core and put in its place."""
        prepared, values = ready.prepared, ready.values
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

    def _selection(self, ready: Ready) -> Selection:
        operation, values = ready.operation, ready.values
        return Selection(self._schema, operation.fragments, operation.node, values, values)


def introspection(operation: Operation, apart: Mapping[str, Fields]) -> DocumentNode | None:
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


def _in_order(document: dict[str, Any], prepared: Prepared) -> bytes:
    document["data"] = {key: document["data"][key] for key in prepared.keys if key in document["data"]}
    return orjson.dumps(document)


def _with_errors(body: bytes, errors: Sequence[HubError]) -> bytes:
    return body[:-1] + b',"errors":' + orjson.dumps([error.entry() for error in errors]) + b"}"
