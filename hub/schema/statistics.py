"""Statistics of a noun: counts and sums by group, derived from its dimensions."""

from typing import Any

from hub.schema.declare import camel, snake
from hub.schema.filters import level_doc
from hub.schema.model import Column, Dimension, LinkMember, Noun
from hub.schema.pages import filter_argument
from hub.schema.scalars import Kind
from hub.schema.shells import SCALARS, Made, Shells, extended


def statistics(shells: Shells, noun: Noun) -> Made:
    """The root field that gives them, with its types."""
    name = f"{noun.name}Statistics"
    by: Any = _dimensions(shells, noun)
    sums = [Made(field, SCALARS[Kind.MONEY], _summed(column)) for field, column in noun.sums.items()]
    count = Made("count", int, "数量 · How many")
    groups = [Made(each.field, _grouped(shells, each) | None, _group_doc(each)) for each in noun.dimensions.values()]
    group: Any = shells.fill(
        name, extended(noun.doc, "：一组统计", ": the figures of a group"), [count, *sums, *groups]
    )
    arguments = (
        filter_argument(shells, noun),
        Made("by", list[by] | None, "分组维度，最多四个 · What to group by, at most four; nothing makes one group"),
    )
    doc = extended(noun.doc, "：统计", ": counts and sums by group")
    return Made(f"{camel(snake(noun.name))}Statistics", list[group], doc, arguments)


def _dimensions(shells: Shells, noun: Noun) -> type:
    doc = extended(noun.doc, "：统计维度", ": what statistics can be grouped by")
    return shells.choice(f"{noun.name}Dimension", doc, {name: _told(each) for name, each in noun.dimensions.items()})


def _grouped(shells: Shells, dimension: Dimension) -> Any:
    member = dimension.member
    if dimension.kind == "level":
        return shells["Region"]
    if isinstance(member, LinkMember):
        return shells[member.targets[0]]
    if isinstance(member, Column) and member.values:
        return shells.told(member.values)
    return {"code": shells["Code"], "bool": bool, "month": str, "number": int}[dimension.kind]


def _told(dimension: Dimension) -> str:
    doc = level_doc(dimension.level) if dimension.kind == "level" else dimension.member.doc
    if dimension.kind == "month":
        doc = extended(doc, "（按月，如 2025-03）", ", by month (`2025-03`)")
    return doc if dimension.through is None else extended(doc, "（所属案件）", ", of its case")


def _group_doc(dimension: Dimension) -> str:
    return extended(_told(dimension), "；未按其分组时为空", "; null when not grouped by it")


def _summed(column: Column) -> str:
    return extended(column.doc, "：合计，没有时为 0", ": the sum, 0 when there is none")
