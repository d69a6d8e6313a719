"""Filters over Python rows: two-valued, over what the viewer sees only."""

import unicodedata
from collections.abc import Callable
from typing import Any

from hub.rules import wording
from hub.schema.model import LEVELS, CodeColumn, Column, LinkMember, ManyMember, Model, Noun, Sealed

from .access import Sight
from .pages import stored
from .rows import Row

Filter = dict[str, Any]

SEARCHED = {
    "Case": ("title", "narrative"),
    **dict.fromkeys(("Campaign", "Finding", "Meeting", "Report", "Task"), ("title",)),
}
"""What a search looks through: the masked texts of a row."""


def holds(sight: Sight, model: Model, noun: Noun, row: Row, wanted: Filter) -> bool:
    """Whether the row meets every condition of the filter."""
    return all(_met(sight, model, noun, row, name, value) for name, value in wanted.items())


def chosen(sight: Sight, model: Model, noun: Noun, rows: list[Row], wanted: Filter) -> list[Row]:
    """The rows that meet the filter."""
    return [row for row in rows if holds(sight, model, noun, row, wanted)]


def _met(sight: Sight, model: Model, noun: Noun, row: Row, name: str, value: Any) -> bool:
    if name == "and":
        return all(holds(sight, model, noun, row, each) for each in value)
    if name == "or":
        return any(holds(sight, model, noun, row, each) for each in value)
    if name == "not":
        return not holds(sight, model, noun, row, value)
    if name == "search":
        texts = (sight.shows(noun.name, row, member) for member in SEARCHED[noun.name])
        return any(text is not None and wording.contains(text, value) for text in texts)
    if noun.placed and name in LEVELS:
        region = sight.data["Region"].get(row["region"], {})
        return _compares(region.get(name), value)
    return _member_met(sight, model, noun, row, name, value)


def _member_met(sight: Sight, model: Model, noun: Noun, row: Row, name: str, value: Any) -> bool:
    member = noun.by_graph[name]
    if isinstance(member, LinkMember):
        target = sight.find(member.targets[0], row[member.name])
        return target is not None and holds(sight, model, model[member.targets[0]], target, value)
    if isinstance(member, ManyMember):
        return _any_or_none(sight, model, member, row, value)
    if isinstance(member, (Column, Sealed)) and member.hashed:
        return "eq" not in value or _same(row[member.name], value["eq"], member.hashed)
    assert isinstance(member, (Column, CodeColumn)), f"no filter over {name}"
    return _compares(stored(row[member.name]), value)


def _any_or_none(sight: Sight, model: Model, member: ManyMember, row: Row, value: Filter) -> bool:
    target = model[member.target]
    rows = sight.linked(member.target, member.by, row["id"])
    if "some" in value and not any(holds(sight, model, target, each, value["some"]) for each in rows):
        return False
    return "none" not in value or not any(holds(sight, model, target, each, value["none"]) for each in rows)


def _compares(mine: Any, operators: Filter) -> bool:
    return all(_OPERATORS[name](mine, stored(operand)) for name, operand in operators.items())


def _present(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda mine, operand: mine is not None and test(mine, operand)


def _among(mine: Any, operand: list[Any]) -> bool:
    return mine is not None and mine in [stored(each) for each in operand]


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": _present(lambda mine, operand: mine == operand),
    "ne": lambda mine, operand: mine is None or mine != operand,
    "in": _among,
    "notIn": lambda mine, operand: not _among(mine, operand),
    "gt": _present(lambda mine, operand: mine > operand),
    "gte": _present(lambda mine, operand: mine >= operand),
    "lt": _present(lambda mine, operand: mine < operand),
    "lte": _present(lambda mine, operand: mine <= operand),
    "startsWith": _present(lambda mine, operand: mine.startswith(operand)),
    "isNull": lambda mine, operand: (mine is None) is operand,
}


def _same(mine: str | None, asked: str, kind: str) -> bool:
    """Exact matching looks through spelling: width and blanks; for names case, for numbers case and separators."""
    return mine is not None and _plain(mine, kind) == _plain(asked, kind)


def _plain(text: str, kind: str) -> str:
    """Width, case and blanks aside; identities without their separators; telephones as digits, without the country's 86."""
    spelled = "".join(unicodedata.normalize("NFKC", text).split()).casefold()
    if kind == "name":
        return spelled
    if kind == "identity":
        return "".join(each for each in spelled if each not in "-‐‑‒–—―/.()·")
    digits = "".join(each for each in spelled if each.isdigit())
    for country in ("0086", "86"):
        if digits.startswith(country) and len(digits) == len(country) + 11:
            digits = digits.removeprefix(country)
    return digits or spelled
