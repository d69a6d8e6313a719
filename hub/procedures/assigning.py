"""Assigning: tasks that are given to many bodies at once, each with its limit, as rows for the ledger."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub.procedures.clocks import belonging
from hub.procedures.telling import told
from hub.rules.actions import TaskAction
from hub.schema.deadlines import Deadline
from hub.schema.declare import Entity
from hub.schema.tasks import Task, TaskKind, TaskState
from hub.store.ledger import Change, Insert, Ledger

Values = Mapping[str, Any]

_ASSIGNED = told(TaskAction.ASSIGN, None, TaskState.OPEN)


def given(ledger: Ledger, body: Values, values: Values, limit: Values | None) -> Iterator[Change]:
    """A body's task and its limit."""
    own = {"id": ledger.new_id(Task), "organisation": body["id"], "region": body["region_id"]}
    task = {**new_task(TaskKind.INVESTIGATION), **values, **own}
    yield Insert(Task, task, facts=_ASSIGNED)
    yield from limited(Task, task, limit)


def limited(noun: type[Entity], row: Values, limit: Values | None) -> Iterator[Change]:
    """The limit of a new row, where policy says its days; the row's own event tells of it."""
    if limit is not None:
        yield Insert(Deadline, {**limit, **belonging(noun, row)}, event=None)


def new_task(kind: TaskKind) -> dict[str, Any]:
    """What a task is before anything was done of it."""
    nothing = ("missed_on", "submitted_at", "submitted_on", "late", "zero", "visited", "result", "campaign", "meeting")
    return {**dict.fromkeys(nothing), "kind": kind, "state": TaskState.OPEN}
