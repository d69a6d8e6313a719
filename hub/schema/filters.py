"""The filter inputs: operators by kind of value, one filter per noun, all derived from `Noun.filterable`."""

from collections.abc import Iterator, Mapping
from typing import Any

from hub.schema.model import CodeColumn, Column, LinkMember, ManyMember, Member, Model, Noun
from hub.schema.scalars import Kind
from hub.schema.shells import SCALARS, Made, Shells, extended

_LEVEL_DOCS: Mapping[str, str] = {
    "city": "所属市 · City it is placed in",
    "district": "所属区（市）· District it is placed in",
    "town": "所属镇街 · Town it is placed in",
    "zone": "所属管理区 · Management zone it is placed in",
}
_OPERATORS: Mapping[str, str] = {
    "eq": "等于 · Equals",
    "ne": "不等于，空值也算不等 · Differs; an empty value differs from any",
    "in": "属于其中之一，最多 250 项 · Is one of at most 250",
    "notIn": "不属于其中任何一个，最多 250 项 · Is none of at most 250",
    "startsWith": "以此开头 · Starts with",
    "gt": "大于 · Is greater than",
    "gte": "大于或等于 · Is greater than or equal to",
    "lt": "小于 · Is less than",
    "lte": "小于或等于 · Is less than or equal to",
    "isNull": "为空 · Is empty",
}
_MEMBERSHIP = ("eq", "ne", "in", "notIn")
_RANGE = ("gt", "gte", "lt", "lte")
_BY_KIND: Mapping[Kind, tuple[str, str, tuple[str, ...]]] = {
    Kind.TEXT: ("StringFilter", "文本条件 · A condition on a text", (*_MEMBERSHIP, "startsWith", *_RANGE, "isNull")),
    Kind.ID: ("IdFilter", "标识条件 · A condition on an id", _MEMBERSHIP),
    Kind.BOOL: ("BooleanFilter", "是否条件 · A condition on a yes or no", ("eq", "isNull")),
    Kind.INT: ("IntFilter", "整数条件 · A condition on a whole number", (*_MEMBERSHIP, *_RANGE, "isNull")),
    Kind.MONEY: ("MoneyFilter", "金额条件 · A condition on an amount", (*_MEMBERSHIP, *_RANGE, "isNull")),
    Kind.INSTANT: ("InstantFilter", "时刻条件 · A condition on an instant", (*_MEMBERSHIP, *_RANGE, "isNull")),
    Kind.DATE: ("DateFilter", "日期条件 · A condition on a date", (*_MEMBERSHIP, *_RANGE, "isNull")),
}


def level_doc(level: str) -> str:
    """What a level of a placed row is."""
    return _LEVEL_DOCS[level]


def fill_filters(shells: Shells, model: Model) -> None:
    """Make the operators, and per noun its filter and the filter of lists of it."""
    for kind, (name, doc, operators) in _BY_KIND.items():
        _operators(shells, name, doc, SCALARS[kind], operators)
    code_doc = "代码条件 · A condition on a code"
    _operators(shells, "CodeValueFilter", code_doc, str, (*_MEMBERSHIP, "isNull"))
    hash_doc = "精确匹配（密封值）· An exact match with a value that is kept sealed"
    _operators(shells, "HashFilter", hash_doc, str, ("eq",))
    for noun in model.graph_nouns:
        _filter(shells, noun)
        _list_filter(shells, noun)


def _operators(shells: Shells, name: str, doc: str, kind: Any, operators: tuple[str, ...]) -> type:
    lists = ("in", "notIn")
    types = {each: list[kind] if each in lists else bool if each == "isNull" else kind for each in operators}
    return shells.accept(name, doc, [Made(each, types[each] | None, _OPERATORS[each]) for each in operators])


def _filter(shells: Shells, noun: Noun) -> None:
    name = f"{noun.name}Filter"
    own: Any = shells[name]
    logic = [
        Made("and", list[own] | None, "同时满足，最多 20 项 · All of these hold; at most 20"),
        Made("or", list[own] | None, "满足其一，最多 20 项 · One of these holds; at most 20"),
        Made("not", own | None, "不满足 · This does not hold"),
    ]
    if noun.searched:
        logic.append(Made("search", str | None, "全文检索 · The words of a text occur in it"))
    doc = extended(noun.doc, "：筛选条件，同列各项须同时满足", ": conditions that hold together")
    shells.accept(name, doc, [*logic, *_members(shells, noun)])


def _members(shells: Shells, noun: Noun) -> Iterator[Made]:
    for name, member in noun.filterable.items():
        if isinstance(member, str):
            yield Made(
                name, shells["StringFilter"] | None, extended(level_doc(member), "（区划代码）", ", by region code")
            )
        else:
            yield Made(name, shells[_type_name(shells, member)] | None, member.doc)


def _type_name(shells: Shells, member: Member) -> str:
    if isinstance(member, LinkMember):
        return f"{member.targets[0]}Filter"
    if isinstance(member, ManyMember):
        return f"{member.target}ListFilter"
    if isinstance(member, CodeColumn):
        return "CodeValueFilter"
    if not isinstance(member, Column) or member.hashed:
        return "HashFilter"
    return _enum_filter(shells, member) if member.values else _BY_KIND[member.kind][0]


def _enum_filter(shells: Shells, column: Column) -> str:
    assert column.values is not None
    name = f"{column.values.__name__}Filter"
    if name not in shells:
        kind = shells.told(column.values)
        doc = extended(column.values.__doc__ or "", "：条件", ": a condition")
        _operators(shells, name, doc, kind, (*_MEMBERSHIP, "isNull"))
    return name


def _list_filter(shells: Shells, noun: Noun) -> None:
    each: Any = shells[f"{noun.name}Filter"]
    doc = extended(noun.doc, "：关联条件", ": a condition on the rows that belong to a row")
    some = Made("some", each | None, "至少一条满足 · At least one of them meets this")
    none = Made("none", each | None, "没有一条满足 · None of them meets this")
    shells.accept(f"{noun.name}ListFilter", doc, [some, none])
