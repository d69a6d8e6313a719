"""A mutation: each root field in its order is one deed, and what it came to is answered like any question.

What is wrong with the selections refuses the request before anything is done; what is refused while doing is told of
its own field, and those after it are done all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import FieldNode

from hub.access.predicates import Shape
from hub.access.viewers import Viewer
from hub.errors import HubError, NodeBudget
from hub.logs import failure
from hub.procedures.doing import Doing, Done
from hub.resolvers.fill import Filler, Fillers, fill, holes_of
from hub.resolvers.inputs import request_of
from hub.resolvers.listed import within
from hub.resolvers.plan import GIVEN, Planner
from hub.resolvers.read import Operation
from hub.resolvers.selection import Fields, Selection
from hub.resolvers.statements import Prepared, Statements, check_permission, scope_of
from hub.schema.model import Model
from hub.schema.verbs import Verb

log: Any = structlog.get_logger("hub.deeds")


@dataclass(frozen=True, slots=True)
class Payload:
    """What is shown of a deed: its statement, and the fields of the payload by their keys, in order."""

    prepared: Prepared
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One root field: its verb (none for `__typename`), its first node, its payload."""

    key: str
    verb: Verb | None
    node: FieldNode
    payload: Payload | None


class Mutations:
    """Runs mutations over one base."""

    def __init__(
        self, model: Model, planner: Planner, statements: Statements, *, doing: Doing, fillers: Fillers, budget: int
    ) -> None:
        self._model, self._planner, self._statements = model, planner, statements
        self._doing, self._fillers, self._budget = doing, fillers, budget
        self._verbs = {act.verb.graph: act.verb for act in doing.acts.values()}

    async def answer(self, selection: Selection, operation: Operation, viewer: Viewer) -> bytes:
        """The whole document. HubError where nothing may be done at all."""
        asked = await self._read(selection, operation, viewer)
        filler = self._filler(selection, operation, asked, viewer)
        data: dict[str, Any] = {}
        errors: list[HubError] = []
        for each in asked:
            data[each.key], told = await self._field(each, selection, filler, viewer)
            errors += told
        document = {"data": data} | ({"errors": [error.entry() for error in errors]} if errors else {})
        return orjson.dumps(document)

    # --- before anything is done -------------------------------------------------------------------------------------
    async def _read(self, selection: Selection, operation: Operation, viewer: Viewer) -> list[Asked]:
        shape, _ = scope_of(viewer.scope, viewer.masks)
        inner, variables = within(selection, operation)
        asked = [
            await self._asked(inner, operation, key, fields, shape, variables)
            for key, fields in selection.roots().items()
        ]
        if sum(each.payload.prepared.plan.cost for each in asked if each.payload) > self._budget:
            raise NodeBudget(limit=self._budget)
        for each in asked:
            if each.payload is not None:
                check_permission(each.payload.prepared, viewer)
        return asked

    async def _asked(
        self, selection: Selection, operation: Operation, key: str, fields: Fields, shape: Shape, variables: Any
    ) -> Asked:
        node: FieldNode = fields[0].node
        verb = self._verbs.get(node.name.value)
        if verb is None:
            return Asked(key, None, node, None)
        known = ("payload", key, variables, shape)
        payload = operation.plans.get(known)
        if payload is None:
            payload = await self._payload(selection, key, verb, fields, shape)
            operation.plans.put(known, payload)
        return Asked(key, verb, node, payload)

    async def _payload(self, selection: Selection, key: str, verb: Verb, fields: Fields, shape: Shape) -> Payload:
        shown = selection.below(selection.kind(verb.payload), fields)
        planned = self._planner.payload(selection, verb.payload, shown, key)
        prepared = await self._statements.prepare(planned, shape, reads=False)
        return Payload(prepared, tuple((name, found[0].node.name.value) for name, found in shown.items()))

    def _filler(
        self, selection: Selection, operation: Operation, asked: Sequence[Asked], viewer: Viewer
    ) -> Filler | None:
        kinds = frozenset(kind for each in asked if each.payload for kind in each.payload.prepared.holes)
        return self._fillers.of(kinds, viewer, lambda: operation.directive(selection.schema, "opening", selection.real))

    # --- field by field ----------------------------------------------------------------------------------------------
    async def _field(
        self, asked: Asked, selection: Selection, filler: Filler | None, viewer: Viewer
    ) -> tuple[Any, list[HubError]]:
        """What the field is answered with, and what went wrong in it."""
        if asked.verb is None or asked.payload is None:
            return "Mutation", []
        try:
            arguments = selection.arguments(selection.kind("Mutation"), asked.node)
            request = request_of(asked.verb, arguments, self._model)
            done = await self._doing(asked.verb.name, request, viewer)
            return await self._shown(asked, asked.payload, done, selection, filler, viewer)
        except HubError as error:
            return None, [_at(error, asked)]
        except Exception as error:  # noqa: BLE001 - what was done before it must be told all the same
            log.error("deed failed", verb=asked.verb.name, failure=failure(error))  # noqa: TRY400 - no text of others
            return None, [_at(HubError(), asked)]

    async def _shown(
        self, asked: Asked, payload: Payload, done: Done, selection: Selection, filler: Filler | None, viewer: Viewer
    ) -> tuple[dict[str, Any], list[HubError]]:
        """The payload as it is now for this viewer."""
        assert asked.verb is not None
        given = {noun.declared.name: done.given.get(noun.declared.name) for noun in asked.verb.gives}
        coerced: Mapping[str, Any] = {**selection.real.coerced, GIVEN: given}
        prepared = payload.prepared
        _, scope = scope_of(viewer.scope, viewer.masks)
        found = orjson.loads(await self._statements.run(prepared, coerced, scope, set()))["data"]
        errors = await fill(holes_of(prepared.plan, found), filler) if filler is not None else []
        for error in errors:
            error.path = (asked.key, *(error.path or ()))
        own = {"__typename": asked.verb.payload, "repeated": done.repeated}
        return {key: own[name] if name in own else found[key] for key, name in payload.fields}, errors


def _at(error: HubError, asked: Asked) -> HubError:
    error.path = error.path or (asked.key,)
    return error
