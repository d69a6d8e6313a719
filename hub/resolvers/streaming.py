"""Which streams are asked for, and how each is opened: subscriptions, and queries that are live."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLSchema, OperationType
from graphql.execution.values import VariableValues

from hub.access.reach import Filter
from hub.access.viewers import Viewer
from hub.errors import BadConfiguration
from hub.live.presses import Make
from hub.live.queries import Queries
from hub.live.readers import Reader as Following
from hub.live.spectators import Spectator
from hub.resolvers.completing import Ready
from hub.resolvers.fill import Fillers
from hub.resolvers.given import Answer, Repeated, Streamed, refused
from hub.resolvers.listed import Lists
from hub.resolvers.live import Lives
from hub.resolvers.newsroom import Feed as Room
from hub.resolvers.persisted import Persisted
from hub.resolvers.read import Documents, Invalid, Operation, Refusals
from hub.resolvers.selection import Selection
from hub.resolvers.subscription import Framed, Subscriptions
from hub.resolvers.together import Together
from hub.resolvers.waves import Complete, Waves
from hub.schema.consumers import Way
from hub.schema.model import Model

Given: TypeAlias = Following | Spectator | Answer


@dataclass(frozen=True, slots=True)
class Feed:
    """What streams are opened over: who reads the log, what makes a transport's frame, and its bytes at most."""

    room: Room
    framed: Framed
    most_bytes: int
    queries: Queries | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """What the corridor does for them: reads, makes ready, and answers; with what was read, where that is asked for."""

    schema: GraphQLSchema
    documents: Documents
    persisted: Persisted
    ready: Callable[..., Awaitable[Ready]]
    together: Together
    complete: Complete


class Streaming:
    """Opens streams."""

    def __init__(
        self, asking: Asking, model: Model, lists: Lists, feed: Feed, *, fillers: Fillers, budget: int
    ) -> None:
        self._asking = asking
        bounds: Any = {"fillers": fillers, "budget": budget, "most_bytes": feed.most_bytes}
        self._subscriptions = Subscriptions(model, lists, feed.room.streams, framed=feed.framed, **bounds)
        waves = Waves(self._again, asking.together, asking.complete, most_bytes=feed.most_bytes)
        self._lives = None if feed.queries is None else Lives(feed.queries, waves)

    async def open(self, asked: Streamed, viewer: Viewer, *, way: Way) -> Given | None:
        """The stream that is asked for, or its refusal; None for what is answered once."""
        try:
            text = self._asking.persisted.text(asked)
            operation = self._asking.documents.operation(text, asked.operation_name)
            if operation.kind is OperationType.SUBSCRIPTION:
                return await self._subscription(asked, text, operation, viewer, way=way)
            if operation.kind is OperationType.QUERY and operation.node.directives and self._lives is not None:
                return await self._live(self._lives, asked, text, operation, viewer)
        except Invalid as invalid:
            if invalid.kind is not OperationType.SUBSCRIPTION:
                return None
            return refused(invalid.told(suggestions=viewer.may("schema.read")).errors)
        except Refusals as refusals:
            return refused(refusals.errors)
        return None

    async def again(self, asked: Streamed, viewer: Viewer, stream: Any, *, way: Way) -> Given | None:
        """What goes on in the place of a stream of an earlier corridor: None where it goes on itself, as one of ours.

        A live query begins anew, with its whole answer.
        """
        if not isinstance(stream, Following):
            return await self.open(asked, viewer, way=way)
        text = self._subscriptions.streams.text_of(stream)
        if text is None:
            return None
        try:
            operation = self._asking.documents.operation(text, asked.operation_name)
            values = self._asking.documents.variables(operation, asked.variables)
            selection = Selection(self._asking.schema, operation.fragments, operation.node, values, values)
            await self._subscriptions.go_on(stream, selection, operation, viewer, text=text, way=way)
        except Invalid as invalid:
            return refused(invalid.told(suggestions=viewer.may("schema.read")).errors)
        except Refusals as refusals:
            return refused(refusals.errors)
        return None

    async def prescribed(self, text: str, viewer: Viewer) -> tuple[Make, Filter]:
        """What makes the frames of a subscription that configuration prescribes, and what of the log it wants."""
        try:
            operation = self._asking.documents.operation(text, None)
            values = self._asking.documents.variables(operation, {})
        except (Invalid, Refusals):
            # It was checked when it was applied: another version of the graph reads it otherwise.
            raise BadConfiguration(reason="what an outlet asks does not fit the graph") from None
        selection = Selection(self._asking.schema, operation.fragments, operation.node, values, values)
        return await self._subscriptions.prescribed(selection, operation, viewer)

    async def _subscription(
        self, asked: Streamed, text: str, operation: Operation, viewer: Viewer, *, way: Way
    ) -> Following:
        asking, resume = self._asking, asked.extensions.get("resume")
        asking.persisted.keep(asked)
        values = asking.documents.variables(operation, asked.variables)
        selection = Selection(asking.schema, operation.fragments, operation.node, values, values)
        reader = await self._subscriptions.open(selection, operation, viewer, text=text, resume=resume, way=way)
        asking.documents.weigh(text, asked.operation_name, operation)
        return reader

    async def _live(
        self, lives: Lives, asked: Streamed, text: str, operation: Operation, viewer: Viewer
    ) -> Spectator | None:
        """A query that is live, with its first answer; None for one that is not."""
        asking = self._asking
        values = asking.documents.variables(operation, asked.variables)
        said = said_live(asking.schema, operation, values)
        if said is None:
            return None
        asking.persisted.keep(asked)
        ready = await asking.ready(asked, text, operation, values, viewer, reads=True)
        opening = operation.directive(asking.schema, "opening", values)
        again, wanted = Repeated(text, asked.variables, asked.operation_name), asked.extensions.get("live")
        return await lives.open(ready, again, said, opening=opening, wanted=wanted, principal=asked.principal)

    async def _again(self, asked: Repeated, viewer: Viewer) -> Ready:
        """A live query that is to be answered again, planned for its viewer."""
        asking, text = self._asking, asked.query or ""
        operation = asking.documents.operation(text, asked.operation_name)
        values = asking.documents.variables(operation, asked.variables)
        return await asking.ready(asked, text, operation, values, viewer, reads=True)


def said_live(schema: GraphQLSchema, operation: Operation, values: VariableValues) -> Mapping[str, Any] | None:
    """The arguments of `@live`; None where the operation is not live."""
    live = operation.directive(schema, "live", values) if operation.node.directives else None
    return None if live is None or live.get("if") is False else live
