"""A plan becomes one statement that builds the JSON in the database, under the viewer's predicate and masks.

Every list is three selects: the `page` picks rows by scope, filter, order and cursor; the `rows` join what each row
links to and hold nested lists as plain columns; the outermost glues texts together. Nested selects that stand inside
expressions would overflow SQLite's parser after three levels; as columns they reach seven.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.model import Model
from hub.store.conditions import Conditions, Predicate, bound
from hub.store.dialects.spelling import (
    Gathered,
    Item,
    ListRows,
    Whole,
    constant,
    guarded,
    joined,
    keeps_order,
    limited,
    scalar,
    typed,
)
from hub.store.grouped import Groups
from hub.store.lists import Lists, Parent
from hub.store.objects import Objects
from hub.store.plan import (
    ByIds,
    Connection,
    Constant,
    Entities,
    Later,
    One,
    Plan,
    Root,
    Statistics,
)
from hub.store.tallies import unchanged
from hub.store.wanted import Bind

PARENTS, PARENT = "parents", "parent"
"""The names under which later lists are handed their parents' ids."""


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with the names of its values, in the order in which the driver takes them."""

    sql: str
    binds: tuple[str, ...]


def compile_plan(
    plan: Plan, model: Model, dialect: Dialect, *, predicate: Predicate, masks: frozenset[str], reads: bool = False
) -> Statement:
    """The statement that answers the plan for viewers of this predicate and these masks.

    `reads` marks each row that is shown with its id, to be taken out of the text by whoever asked for it. With tallies
    in place of rows there is an answer only where the log has not gone on since.
    """
    answer = Answer(model, dialect, predicate, masks, reads=reads).whole(plan)
    statement = sa.select(answer.label("answer"))
    if any(isinstance(root, Statistics) and root.tallied for root in plan.roots):
        statement = statement.where(unchanged(model))
    return written(statement, dialect)


def compile_later(
    later: Later,
    model: Model,
    dialect: Dialect,
    *,
    predicate: Predicate,
    masks: frozenset[str],
    reads: bool = False,
    alone: bool = False,
) -> Statement:
    """The statement that answers a list for many parents: per parent its id and the list's text.

    The parents' ids are bound as `PARENTS`, a JSON list of rows; or, where even that nests a filter too deeply, for one
    parent (`alone`), whose id is bound as `PARENT`.
    """
    answer = Answer(model, dialect, predicate, masks, reads=reads)
    if alone:
        parent = bound(Bind(PARENT))
        return written(sa.select(parent.label("id"), answer.of_parent(later, parent, alone=True)), dialect)
    text = answer.of_parent(later, typed("k.id"), alone=False)
    id_ = Item(typed("e.item"), at=0).label("id")
    parents = sa.select(id_).select_from(ListRows(bound(Bind(PARENTS))).alias("e")).subquery("k")
    return written(sa.select(typed("k.id"), text).select_from(parents), dialect)


def written(statement: sa.Select[Any], dialect: Dialect) -> Statement:
    """The statement's text for the driver."""
    compiled: Any = statement.compile(dialect=dialect)
    return Statement(str(compiled), tuple(compiled.positiontup or ()))


class Answer:
    """All roots of a plan as one text."""

    def __init__(
        self, model: Model, dialect: Dialect, predicate: Predicate, masks: frozenset[str], *, reads: bool
    ) -> None:
        numbers = count()
        name: Callable[[str], str] = lambda letter: f"{letter}{next(numbers)}"  # noqa: E731
        self._name = name
        self._conditions = Conditions(predicate, name)
        self._objects = Objects(model, self._conditions, masks, name, reads=reads)
        self._groups = Groups(self._objects, self._conditions, name)
        self._lists = Lists(self._objects, self._conditions, name, keeps_order=keeps_order(dialect))
        self._objects.nested = lambda part, noun, id_: self._lists.connection(part, Parent(noun, id_))

    def whole(self, plan: Plan) -> ColumnElement[Any]:
        """`{"data":{...}}` as bytes."""
        parts: list[Any] = ['{"data":{']
        for number, root in enumerate(plan.roots):
            parts += [f'{"," if number else ""}"{root.key}":', self._root(root)]
        return Whole(guarded(joined([*parts, "}}"])))

    def of_parent(self, later: Later, id_: ColumnElement[Any], *, alone: bool) -> ColumnElement[Any]:
        """The list's text for the parent of this id."""
        return Whole(guarded(self._lists.connection(later.list, Parent(later.parent, id_, alone))))

    def _root(self, root: Root) -> Any:
        match root:
            case Constant():
                return f'"{root.text}"'
            case Connection():
                return self._lists.connection(root, None)
            case One():
                return self._objects.one(root.shown, lambda alias: _equal(alias, root.by))
            case ByIds():
                return self._by_ids(root)
            case Entities():
                return self._entities(root)
            case Statistics():
                return self._groups.text(root)

    def _by_ids(self, root: ByIds) -> ColumnElement[Any]:
        alias = self._name("n")
        asked = Item(typed(f"{alias}.item"), at=0)
        found = self._objects.by_prefix(asked, root.choices)
        return self._ordered([(ListRows(bound(root.ids)), alias, found)])

    def _entities(self, root: Entities) -> ColumnElement[Any]:
        sources: list[tuple[Any, str, Any]] = []
        for kind in root.kinds:
            alias = self._name("e")
            keys = [Item(typed(f"{alias}.item"), at=number + 1) for number in range(len(kind.columns))]
            match = lambda row, kind=kind, keys=keys: [  # noqa: E731
                typed(f"{row}.{column}") == key for column, key in zip(kind.columns, keys, strict=True)
            ]
            sources.append((ListRows(bound(kind.rows)), alias, self._objects.one(kind.shown, match)))
        alias = self._name("e")
        sources.append((ListRows(bound(root.unread)), alias, constant("null")))
        return self._ordered(sources, placed=True)

    def _ordered(self, sources: Sequence[tuple[Any, str, Any]], *, placed: bool = False) -> ColumnElement[Any]:
        """A JSON list of texts in the order of their places; a `placed` item says its place itself."""
        selects = [
            sa.select(
                (
                    sa.cast(Item(typed(f"{alias}.item"), at=0), sa.Integer()) if placed else typed(f"{alias}.place")
                ).label("o"),
                text.label("j"),
            ).select_from(source.alias(alias))
            for source, alias, text in sources
        ]
        rows = (
            selects[0]
            if len(selects) == 1
            else sa.select(sa.text("*")).select_from(sa.union_all(*selects).subquery(self._name("u")))
        )
        name = self._name("r")
        listed = limited(rows.order_by(sa.text("o"))).subquery(name)
        text = joined(["[", Gathered(guarded(typed(f"{name}.j"))), "]"])
        return scalar(sa.select(text).select_from(listed))


def _equal(alias: str, by: Sequence[tuple[str, Any]]) -> list[ColumnElement[bool]]:
    return [typed(f"{alias}.{column}") == bound(value) for column, value in by]


__all__ = ["PARENT", "PARENTS", "Answer", "Statement", "compile_later", "compile_plan", "written"]
