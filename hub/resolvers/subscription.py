"""A subscription: one root field, planned once; a frame of each event, many in one statement, as its viewer is now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import FieldNode

from hub.access.cursors import Cursors
from hub.access.reach import Filter, row_of
from hub.access.viewers import Viewer
from hub.errors import AnswerTooLarge, BadVariables, Deadline, HubError, InvalidDocument, ResyncNeeded
from hub.live.readers import Reader
from hub.live.streams import Operation as Streamed
from hub.live.streams import Streams
from hub.resolvers.fill import Filler, Fillers
from hub.resolvers.listed import Item, Listed, Lists, within
from hub.resolvers.read import Operation
from hub.resolvers.selection import Fields, Selection
from hub.resolvers.statements import check_permission, scope_of
from hub.schema.consumers import Way
from hub.schema.declare import camel, snake
from hub.schema.model import Actions, Model
from hub.schema.updates import UPDATES, Update
from hub.store.log import Entry

Framed = Callable[[bytes, str], Any]
"""Makes a transport's frame of a document and the cursor behind it."""


class Subscriptions:
    """Opens subscriptions over one base."""

    def __init__(
        self,
        model: Model,
        lists: Lists,
        streams: Streams,
        *,
        fillers: Fillers,
        framed: Framed,
        budget: int,
        most_bytes: int,
    ) -> None:
        self.model, self.lists, self.streams = model, lists, streams
        self.fillers, self.framed = fillers, framed
        self.budget, self.most_bytes = budget, most_bytes
        self._edition = object()
        """Streams of another composition share nothing with ours."""

    async def open(
        self, selection: Selection, operation: Operation, viewer: Viewer, *, text: str, resume: Any, way: Way
    ) -> Reader:
        """The stream of a subscription. `resume` is what a client says anew at each try: it wins over arguments.

        Whatever is wrong with the selection, the cursor or the consumer refuses it before it is one.
        """
        frames, root, arguments = self._frames(selection, operation)
        after, consumer = _resumed(arguments, resume)
        streamed = await self._streamed(frames, root, arguments, operation, viewer, text=text, way=way)
        try:
            return await self.streams.open(viewer, streamed, after=after, consumer=consumer)
        except HubError as error:
            error.path = error.path or (root.key,)
            raise

    async def go_on(
        self, reader: Reader, selection: Selection, operation: Operation, viewer: Viewer, *, text: str, way: Way
    ) -> None:
        """Let a stream of another composition go on as one of ours, from where it is. Errors as of `open`."""
        frames, root, arguments = self._frames(selection, operation)
        streamed = await self._streamed(frames, root, arguments, operation, viewer, text=text, way=way)
        self.streams.move(reader, streamed)

    async def _streamed(
        self,
        frames: "Frames",
        root: "Root",
        arguments: Mapping[str, Any],
        operation: Operation,
        viewer: Viewer,
        *,
        text: str,
        way: Way,
    ) -> Streamed:
        listed = await frames.listed(viewer)
        name = operation.node.name and operation.node.name.value
        asked: tuple[Any, ...] = (self._edition, text, name, root.key, frames.variables)
        if listed.holes:
            frames.filler(viewer, listed)
        if listed.holes - {Actions}:
            # What is opened is one person's, under one purpose.
            asked += (viewer.name, viewer.subject, str(frames.opening))
        return Streamed(asked, frames, frames.wanted(arguments), way, text)

    async def prescribed(self, selection: Selection, operation: Operation, viewer: Viewer) -> tuple["Frames", Filter]:
        """What makes the frames of a subscription that somebody else prescribes for the viewer, and what it wants.

        Forbidden and the like where the viewer may not ask it.
        """
        frames, _, arguments = self._frames(selection, operation)
        listed = await frames.listed(viewer)
        frames.filler(viewer, listed)
        return frames, frames.wanted(arguments)

    def _frames(self, selection: Selection, operation: Operation) -> tuple["Frames", "Root", Mapping[str, Any]]:
        root = _root(selection)
        arguments = selection.arguments(selection.kind("Subscription"), root.node)
        return Frames(self, UPDATES[root.node.name.value], selection, operation, root), root, arguments


@dataclass(frozen=True, slots=True)
class Root:
    """The one root field: its response key, its first node, its nodes."""

    key: str
    node: FieldNode
    fields: Fields


class Frames:
    """Makes the frames of one subscription: of some events at a time, for the viewer and owner of a group."""

    def __init__(
        self, over: Subscriptions, update: Update, selection: Selection, operation: Operation, root: Root
    ) -> None:
        self._over, self._update, self._root = over, update, root
        self._selection, self._operation = selection, operation
        self._inner, self._shape = within(selection, operation)
        self.opening = operation.directive(selection.schema, "opening", selection.real)
        said = {name: value for name, value in selection.real.coerced.items() if name in operation.shown}
        self.variables = orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS)

    async def __call__(self, viewer: Viewer, owner: str, entries: Sequence[Entry]) -> list[Any]:
        """One frame per event. What takes too long is tried by halves."""
        listed = await self.listed(viewer)
        filler = self.filler(viewer, listed)
        most = max(1, self._over.budget // max(1, listed.cost))
        found: list[Any] = []
        for start in range(0, len(entries), most):
            found += await self._made(listed, viewer, filler, owner, entries[start : start + most])
        return found

    def wanted(self, arguments: Mapping[str, Any]) -> Filter:
        """The events that the root field's arguments ask for."""
        return wanted_of(self._over.model, self._update, arguments.get("filter") or {})

    async def listed(self, viewer: Viewer) -> Listed:
        """What is shown of each event to viewers of this shape. PlanError, Forbidden."""
        shape, _ = scope_of(viewer.scope, viewer.masks)
        key = ("frames", self._root.key, self._shape, shape)
        listed: Listed | None = self._operation.plans.get(key)
        if listed is None:
            listed = await self._over.lists.prepare(
                self._inner, self._update.frame, self._root.fields, self._root.key, shape
            )
            self._operation.plans.put(key, listed)
        if listed.prepared is not None:
            check_permission(listed.prepared, viewer)
        return listed

    def filler(self, viewer: Viewer, listed: Listed) -> Filler | None:
        """Who opens what is sealed; Forbidden or PurposeMissing where nobody may."""
        return self._over.fillers.of(listed.holes, viewer, lambda: self.opening)

    async def _made(
        self, listed: Listed, viewer: Viewer, filler: Filler | None, owner: str, entries: Sequence[Entry]
    ) -> list[Any]:
        items = [item_of(self._over.model, self._update, entry, self._over.streams.cursors, owner) for entry in entries]
        try:
            rows, errors = await self._over.lists.answer(listed, items, self._selection.real, viewer, filler)
        except Deadline:
            if len(entries) == 1:
                raise
            half = len(entries) // 2
            parts = entries[:half], entries[half:]
            return [frame for part in parts for frame in await self._made(listed, viewer, filler, owner, part)]
        check_events(listed, rows)
        return [
            self._frame(row, [error for place, error in errors if place == number], item["cursor"])
            for number, (row, item) in enumerate(zip(rows, items, strict=True))
        ]

    def _frame(self, row: dict[str, Any], errors: list[HubError], cursor: str) -> Any:
        document: dict[str, Any] = {"data": {self._root.key: row}}
        if errors:
            for error in errors:
                error.path = (self._root.key, *(error.path or ()))
            document["errors"] = [error.entry() for error in errors]
        body = orjson.dumps(document | {"extensions": {"cursor": cursor}})
        if len(body) > self._over.most_bytes:
            raise AnswerTooLarge(limit=self._over.most_bytes)
        return self._over.framed(body, cursor)


def item_of(model: Model, update: Update, entry: Entry, cursors: Cursors, owner: str) -> Item:
    """What an update of this kind says of an event: the cursor behind it, and the rows that it shows."""
    rows = {noun: entry.case if noun == "Case" else row_of(entry, model[noun].prefix) for noun in update.shows}
    shown = {camel(snake(name)): id_ for name, id_ in rows.items()}
    return {"cursor": cursors.sign(entry.position, entry.id, owner), "event": entry.id, **shown}


def check_events(listed: Listed, rows: Sequence[Mapping[str, Any]]) -> None:
    """ResyncNeeded for an event that retention has removed since it was read: an update is never without one."""
    keys = [key for key, name in listed.fields if name == "event"]
    if any(row[key] is None for row in rows for key in keys):
        raise ResyncNeeded


def wanted_of(model: Model, update: Update, given: Mapping[str, Any]) -> Filter:
    """A subscription's filter. MalformedId for an id of something else."""
    case, body = given.get("case"), given.get("organisation")
    for id_ in (case, body):
        if id_ is not None:
            model.noun_of(id_)
    about = model[update.about].prefix if update.about else None
    return Filter(
        types=frozenset(map(_name, given.get("types") or ())),
        case=case,
        region=given.get("region"),
        body=body,
        about=about,
        states=frozenset(map(_name, given.get("states") or ())),
    )


def _root(selection: Selection) -> Root:
    roots = selection.roots()
    if len(roots) != 1:
        raise InvalidDocument(reason="A subscription shows exactly one root field.")
    ((key, fields),) = roots.items()
    return Root(key, fields[0].node, fields)


def _resumed(arguments: Mapping[str, Any], resume: Any) -> tuple[str | None, str | None]:
    """Where to begin and for which consumer; BadVariables for an `extensions.resume` that says neither."""
    said = {} if resume is None else resume
    if not isinstance(said, dict) or any(
        not isinstance(said.get(name, ""), str | None) for name in ("after", "consumer")
    ):
        raise BadVariables(reason="extensions.resume: {after, consumer}, both texts")
    after, consumer = said.get("after") or arguments.get("after"), said.get("consumer") or arguments.get("consumer")
    return after, consumer


def _name(value: Any) -> str:
    return str(getattr(value, "name", value))
