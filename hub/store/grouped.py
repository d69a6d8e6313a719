"""Groups: statistics as a text, counts and sums of the rows that a viewer sees, by what the plan groups by."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.store.conditions import Conditions, table
from hub.store.dialects.spelling import Digits, Gathered, Month, Yuan, guarded, joined, limited, nullable, scalar, typed
from hub.store.levels import Level, Piece
from hub.store.objects import Objects
from hub.store.plan import Constant, Count, GroupKey, GroupLink, GroupPart, GroupValue, Statistics, Sum


class Groups:
    """Compiles statistics roots."""

    def __init__(self, objects: Objects, conditions: Conditions, name: Callable[[str], str]) -> None:
        self._objects, self._conditions, self._name = objects, conditions, name

    def text(self, root: Statistics) -> ColumnElement[Any]:
        """The list of groups, in the order of their keys."""
        inner, groups = self._name("t"), self._name("g")
        source, behind = self._source(root, inner)
        columns = [_group(behind.get(key.through, inner), key).label(f"k{place}") for place, key in enumerate(root.by)]
        sums = {part.column: f"s_{part.column}" for part in root.parts if isinstance(part, Sum)}
        counted: list[Any] = [sa.literal_column("count(*)").label("n")]
        summed = [_sum(inner, column).label(label) for column, label in sums.items()]
        rows = sa.select(*columns, *counted, *summed).select_from(source)
        rows = rows.where(*self._conditions.where(root.noun, inner, root.condition, listed=True))
        if root.by:
            rows = rows.group_by(*(sa.text(str(number + 1)) for number in range(len(root.by))))
        level = Level(root.noun, groups, self._name("r"))
        text = level.text(self._glue(level, root, sums))
        order = [typed(f"{groups}.k{number}").asc().nulls_last() for number in range(len(root.by))]
        listed = limited(level.select(rows.subquery(groups)).order_by(*order))
        whole = joined(["[", Gathered(guarded(text)), "]"])
        return scalar(sa.select(whole).select_from(listed.subquery(level.outer)))

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
                return [Digits(typed(f"{level.alias}.n"))]
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


def _group(alias: str, key: GroupKey) -> ColumnElement[Any]:
    column = typed(f"{alias}.{key.column}")
    return Month(column) if key.month else column


def _sum(alias: str, column: str) -> ColumnElement[Any]:
    return sa.cast(
        sa.func.coalesce(sa.func.sum(typed(f"{alias}.{column}", sa.BigInteger())), sa.literal_column("0")),
        sa.BigInteger(),
    )
