"""Connections, orders and the arguments of a page, derived per noun."""

from collections.abc import Iterable
from typing import Any

from hub.schema.model import Model, Noun
from hub.schema.shells import Made, Shells, extended

_BOTH_WAYS = {
    "ASC": "升序，空值在后 · Ascending; empty values come last",
    "DESC": "降序，空值在前 · Descending; empty values come first",
}


def fill_pages(shells: Shells, model: Model) -> None:
    """Make PageInfo, and per noun its orders, edges and connection."""
    _page_info(shells)
    direction = shells.choice("Direction", "排序方向 · Direction of an order", _BOTH_WAYS)
    for noun in model.graph_nouns:
        _order(shells, noun, direction)
        _connection(shells, noun)


def page_arguments(shells: Shells, noun: Noun) -> tuple[Made, ...]:
    """What every connection takes; an explicit null is the same as an argument left out."""
    order: Any = shells[f"{noun.name}Order"]
    return (
        filter_argument(shells, noun),
        Made(
            "orderBy",
            list[order] | None,
            "排序，最多三项，最后总按标识 · Order: at most three terms, then always the id",
        ),
        Made("first", int | None, "前几条，1 到 100，缺省 20 · How many from the start, 1 to 100; 20 when left out"),
        Made("after", str | None, "从此游标之后 · After this cursor"),
        Made("last", int | None, "后几条，1 到 100 · How many from the end, 1 to 100"),
        Made("before", str | None, "到此游标之前 · Before this cursor"),
    )


def filter_argument(shells: Shells, noun: Noun) -> Made:
    """Which rows of the noun are meant."""
    return Made("filter", shells[f"{noun.name}Filter"] | None, "筛选条件 · Which rows are meant")


def _page_info(shells: Shells) -> None:
    fields = [
        Made("hasNextPage", bool, "之后是否还有 · Whether more follows"),
        Made("hasPreviousPage", bool, "之前是否还有 · Whether more precedes"),
        Made("startCursor", str | None, "本页首条的游标 · Cursor of the first entry"),
        Made("endCursor", str | None, "本页末条的游标 · Cursor of the last entry"),
    ]
    shells.fill("PageInfo", "分页信息 · Where a page stands in its list", fields, shareable=True)


def _order(shells: Shells, noun: Noun, direction: Any) -> None:
    values = {name: column.doc for name, column in noun.orderable.items()}
    doc = extended(noun.doc, "：可排序的字段", ": what it can be ordered by")
    by: Any = shells.choice(f"{noun.name}OrderField", doc, values)
    ascending = Made("direction", direction, "方向，缺省升序 · The direction", default=direction.ASC)
    fields = [Made("field", by, "字段 · The field"), ascending]
    shells.accept(f"{noun.name}Order", extended(noun.doc, "：排序项", ": a term of an order"), fields)


def _connection(shells: Shells, noun: Noun) -> None:
    target = shells[noun.name]
    edge: Any = shells[f"{noun.name}Edge"]
    _edge(shells, noun, target)
    fields: Iterable[Made] = (
        Made("edges", list[edge], "带游标的各条 · The entries with their cursors"),
        Made("nodes", list[target], "各条 · The entries"),  # type: ignore[valid-type]
        Made("pageInfo", shells["PageInfo"], "分页信息 · Where the page stands"),
        Made("totalCount", int, "符合条件的总数 · How many there are in all"),
    )
    shells.fill(f"{noun.name}Connection", extended(noun.doc, "：一页", ": a page of a list"), fields)


def _edge(shells: Shells, noun: Noun, target: type) -> None:
    fields = [Made("cursor", str, "游标 · Its cursor"), Made("node", target, "内容 · The row")]
    shells.fill(f"{noun.name}Edge", extended(noun.doc, "：页中一条", ": an entry of a page"), fields)
