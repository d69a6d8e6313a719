"""Root fields that only the log can answer, for systems that can but ask; they stand beside the statement."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from graphql import FieldNode

from hub.access.predicates import Shape
from hub.access.viewers import WATCH, Viewer
from hub.errors import BadPageSize, Forbidden, HubError, ListTooLong, NodeBudget
from hub.live.state import State
from hub.live.streams import Streams
from hub.procedures.configuration import Base
from hub.procedures.evidence import served
from hub.resolvers.fill import Filler
from hub.resolvers.listed import Item, Listed, Lists
from hub.resolvers.selection import Fields, Selection
from hub.resolvers.subscription import check_events, item_of
from hub.schema.attendance import ATTENDANCE
from hub.schema.model import Model
from hub.schema.updates import EVENTS, EVIDENCE, MOST, NEWS, USUAL

MOST_SHOWN = 1000
"""Entries of one answer: more evidence is asked for event by event."""


@dataclass(frozen=True, slots=True)
class Told:
    """One such field: its name and response key, its first node, what it shows of each entry."""

    name: str
    key: str
    node: FieldNode
    listed: Listed


@dataclass(frozen=True, slots=True)
class Feed:
    """What they are answered from. `state` tells how the process is doing with the log."""

    base: Base
    streams: Streams
    state: Callable[[], Awaitable[State]]
    shown: Mapping[str, Callable[[], Sequence[Item]]] = field(default_factory=dict)
    """What is shown of the process itself, by root field, to who may see how the hub is doing."""


class Newsroom:
    """Answers them."""

    names: Mapping[str, str] = {EVENTS.field: EVENTS.frame, EVIDENCE: "Evidence", NEWS: "News", **ATTENDANCE}
    """The type of each field's entries."""

    def __init__(self, model: Model, lists: Lists, feed: Feed, *, budget: int) -> None:
        self._model, self._lists, self._feed, self._budget = model, lists, feed, budget

    async def prepared(self, selection: Selection, roots: Mapping[str, Fields], shape: Shape) -> tuple[Told, ...]:
        """What the fields show. PlanError with its path where an argument within one is wrong."""
        return tuple([await self._prepared(selection, key, fields, shape) for key, fields in roots.items()])

    async def answer(
        self, told: Told, selection: Selection, viewer: Viewer, filler: Filler | None
    ) -> tuple[Any, list[HubError]]:
        """The value of the field, and what went wrong in it; one that is refused is null."""
        try:
            items = await self._items(told, selection.arguments(selection.kind("Query"), told.node), viewer)
            rows, errors = await self._lists.answer(told.listed, items, selection.real, viewer, filler)
            check_events(told.listed, rows)
        except HubError as error:
            error.path = error.path or (told.key,)
            return None, [error]
        for number, each in errors:
            each.path = (told.key, number, *(each.path or ()))
        return (rows[0] if told.name == NEWS else rows), [error for _, error in errors]

    async def _prepared(self, selection: Selection, key: str, fields: Fields, shape: Shape) -> Told:
        name = fields[0].node.name.value
        listed = await self._lists.prepare(selection, self.names[name], fields, key, shape)
        return Told(name, key, fields[0].node, listed)

    async def _items(self, told: Told, arguments: Mapping[str, Any], viewer: Viewer) -> list[Item]:
        if told.name == NEWS:
            return [await self._state(viewer)]
        if told.name in ATTENDANCE:
            return self._shown(told.name, viewer)
        if told.name == EVIDENCE:
            found = await served(self._feed.base, viewer, arguments["referral"], event=arguments.get("event"))
            if len(found) > MOST_SHOWN:
                raise ListTooLong(limit=MOST_SHOWN)
            self._spend(len(found), told)
            return [asdict(each) for each in found]
        return await self._pending(told, arguments, viewer)

    async def _pending(self, told: Told, arguments: Mapping[str, Any], viewer: Viewer) -> list[Item]:
        first = arguments.get("first")
        first = USUAL if first is None else first
        if not 1 <= first <= MOST:
            raise BadPageSize(limit=MOST)
        self._spend(first, told)
        streams = self._feed.streams
        owner, entries = await streams.pending(viewer, arguments["consumer"], first)
        return [item_of(self._model, EVENTS, entry, streams.cursors, owner) for entry in entries]

    def _shown(self, name: str, viewer: Viewer) -> list[Item]:
        if not viewer.may(WATCH):
            raise Forbidden(permission=WATCH)
        # As many as a process may have connections, however many that are: an answer has its own bound of bytes.
        return list(self._feed.shown[name]())

    async def _state(self, viewer: Viewer) -> Item:
        if not viewer.may(WATCH):
            raise Forbidden(permission=WATCH)
        return asdict(await self._feed.state())

    def _spend(self, entries: int, told: Told) -> None:
        if entries * told.listed.cost > self._budget:
            raise NodeBudget(limit=self._budget)
