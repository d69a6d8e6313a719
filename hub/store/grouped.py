"""Groups: statistics as a text, counts and sums of the rows that a viewer sees, by what the plan groups by."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.store.conditions import Conditions, bound, table
from hub.store.dialects.spelling import (
    Bytes,
    Digits,
    Gathered,
    Item,
    ListRows,
    Month,
    Yuan,
    guarded,
    joined,
    limited,
    nullable,
    scalar,
    typed,
)
from hub.store.dimensions import GroupKey, Tallied
from hub.store.levels import Level, Piece
from hub.store.objects import Objects
from hub.store.plan import Constant, Count, GroupLink, GroupPart, GroupValue, Statistics, Sum

_COUNT = "n"


class Groups:
    """Compiles statistics roots."""

    def __init__(self, objects: Objects, conditions: Conditions, name: Callable[[str], str]) -> None:
        self._objects, self._conditions, self._name = objects, conditions, name

    def text(self, root: Statistics) -> ColumnElement[Any]:
        """The list of groups, in the order of their keys."""
        inner, groups = self._name("t"), self._name("g")
        sums = {part.column: f"s_{part.column}" for part in root.parts if isinstance(part, Sum)}
        source, columns, counted = self._counted(root, inner)
        summed = [added(inner, column).label(label) for column, label in sums.items()]
        labelled = [column.label(f"k{place}") for place, column in enumerate(columns)]
        rows = sa.select(*labelled, counted.label(_COUNT), *summed).select_from(source)
        rows = rows.where(*self._conditions.where(root.noun, inner, root.condition, listed=True))
        if root.by:
            rows = rows.group_by(*(sa.text(str(number + 1)) for number in range(len(root.by))))
        level = Level(root.noun, groups, self._name("r"))
        text = level.text(self._glue(level, root, sums))
        order = [typed(f"{groups}.k{number}").asc().nulls_last() for number in range(len(root.by))]
        listed = limited(level.select(rows.subquery(groups)).order_by(*order))
        whole = joined(["[", Gathered(guarded(text)), "]"])
        return scalar(sa.select(whole).select_from(listed.subquery(level.outer)))

    def _counted(self, root: Statistics, inner: str) -> tuple[Any, list[ColumnElement[Any]], ColumnElement[Any]]:
        """What is counted, what it is grouped by, and how many rows a row of it stands for."""
        if root.tallied is not None:
            kept: list[ColumnElement[Any]] = [Bytes(typed(f"{inner}.{key.label}")) for key in root.by]
            return self._tallied(root.tallied).subquery(inner), kept, added(inner, _COUNT)
        source, behind = self._source(root, inner)
        columns = [group(behind.get(key.through, inner), key) for key in root.by]
        return source, columns, sa.literal_column("count(*)")

    def _tallied(self, tallied: Tallied) -> sa.Select[Any]:
        alias, tally = self._name("e"), tallied.tally
        item = typed(f"{alias}.item")
        keys: list[Any] = [Item(item, at=place).label(key.label) for place, key in enumerate(tally.keys)]
        amounts = [
            sa.cast(Item(item, at=len(keys) + place), sa.BigInteger()).label(name)
            for place, name in enumerate((_COUNT, *tally.sums))
        ]
        return sa.select(*keys, *amounts).select_from(ListRows(bound(tallied.rows)).alias(alias))

    def _source(self, root: Statistics, inner: str) -> tuple[Any, dict[tuple[str, str] | None, str]]:
        """The rows, joined once to each row behind them that says a key; the alias of each."""
        source: Any = table(root.noun.table, inner)
        aliases = dict[tuple[str, str] | None, str]()
        for through in dict.fromkeys(key.through for key in root.by if key.through):
            aliases[through] = alias = self._name("j")
            source = sa.join(source, table(through[1], alias), typed(f"{alias}.id") == typed(f"{inner}.{through[0]}"))
        return source, aliases

    def _glue(self, level: Level, root: Statistics, sums: Mapping[str, str]) -> list[Piece]:
        pieces: list[Piece] = []
        for part in root.parts:
            pieces += [f'{"," if pieces else "{"}"{part.key}":', *self._group_part(level, part, root.by, sums)]
        return [*(pieces or ["{"]), "}"]

    def _group_part(
        self, level: Level, part: GroupPart, by: tuple[GroupKey, ...], sums: Mapping[str, str]
    ) -> list[Piece]:
        match part:
            case Constant():
                return [f'"{part.text}"']
            case Count():
                return [Digits(typed(f"{level.alias}.{_COUNT}"))]
            case Sum():
                return [Yuan(typed(f"{level.alias}.{sums[part.column]}"))]
            case GroupValue() if part.group < 0:
                return ["null"]
            case GroupValue():
                key = typed(f"{level.alias}.k{part.group}")
                return [nullable(self._objects.rendered(key, by[part.group].kind))]
            case GroupLink():
                key = typed(f"{level.alias}.k{part.group}")
                target = joined([part.prefix, key]) if part.prefix else key
                return self._objects.behind(level, target, f"{level.alias}.k{part.group}", part.shown)


def group(alias: str, key: GroupKey) -> ColumnElement[Any]:
    """What rows under the alias are grouped by."""
    column = typed(f"{alias}.{key.column}")
    return Month(column) if key.month else column


def added(alias: str, column: str) -> ColumnElement[Any]:
    """The sum of a whole number over the group, 0 where it has no row."""
    return sa.cast(
        sa.func.coalesce(sa.func.sum(typed(f"{alias}.{column}", sa.BigInteger())), sa.literal_column("0")),
        sa.BigInteger(),
    )
