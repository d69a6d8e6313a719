"""Scope words as SQL: which rows of a noun exist for a viewer. Foreign and missing are the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.declare import ScopeWord, Word
from hub.schema.model import LEVELS, LinkMember, ManyMember, Model, Noun
from hub.store.conditions import exists
from hub.store.spelling import typed

SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Lists of a scope are padded to these lengths, so that few statements serve all viewers."""

HOLDINGS = (*LEVELS, "organisations", "courts")
NEVER: ColumnElement[bool] = sa.literal_column("1 = 0", sa.Boolean())


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement knows of a viewer: how many values each part of the scope has, and the masks in force."""

    holdings: tuple[int, ...]
    masks: frozenset[str]


def shape_of(scope: Any, masks: frozenset[str]) -> Shape:
    """The shape of a viewer's scope."""
    return Shape(tuple(_size(len(getattr(scope, name))) for name in HOLDINGS), masks)


def values_of(scope: Any) -> dict[str, str]:
    """The values that statements of this viewer's shape are handed, by bind name."""
    found: dict[str, str] = {}
    for name in HOLDINGS:
        held = getattr(scope, name)
        for place in range(_size(len(held))):
            found[_bind(name, place)] = held[min(place, len(held) - 1)]
    return found


class Predicates:
    """The predicate of every noun for viewers of one shape."""

    def __init__(self, model: Model, shape: Shape) -> None:
        self._model = model
        self._held: Mapping[str, int] = dict(zip(HOLDINGS, shape.holdings, strict=True))
        self._numbers = count()

    def __call__(self, noun: Noun, alias: str) -> ColumnElement[bool] | None:
        """What must hold of the row; None where everybody sees all of them."""
        if noun.is_public:
            return None
        ways = [way for word in noun.scope for way in self._word(noun, alias, word)]
        return sa.or_(*ways) if ways else NEVER

    def _word(self, noun: Noun, alias: str, word: ScopeWord) -> Iterable[ColumnElement[bool]]:
        match word.word:
            case Word.IN_REGION:
                return [self._among(f"{alias}.{level}", level) for level in LEVELS if self._held[level]]
            case Word.OF_ORGANISATION if self._held["organisations"]:
                return self._paths(noun, alias, [path.split(".") for path in word.paths], "organisations")
            case Word.OF_COURT if self._held["courts"]:
                return self._paths(noun, alias, [path.split(".") for path in word.paths], "courts")
            case Word.OF_CASE:
                return self._of_case(noun, alias, word.paths[0].split("."))
        return []

    def _among(self, column: str, holding: str) -> ColumnElement[bool]:
        size = self._held[holding]
        values = [sa.bindparam(_bind(holding, place), type_=sa.Text()) for place in range(size)]
        return typed(column) == values[0] if size == 1 else typed(column).in_(values)

    def _paths(self, noun: Noun, alias: str, paths: list[list[str]], holding: str) -> list[ColumnElement[bool]]:
        """One way per first step: paths over the same rows are looked for together."""
        heads = dict.fromkeys(path[0] for path in paths)
        return [
            self._head(noun, alias, head, [path[1:] for path in paths if path[0] == head], holding) for head in heads
        ]

    def _head(self, noun: Noun, alias: str, head: str, rests: list[list[str]], holding: str) -> ColumnElement[bool]:
        member = noun.members[head]
        if isinstance(member, LinkMember):
            return self._among(f"{alias}.{member.column}", holding)
        if not isinstance(member, ManyMember):
            raise TypeError(f"{noun.name}.{head} leads nowhere")
        target, row = self._model[member.target], f"s{next(self._numbers)}"
        back = target.members[member.by]
        meets = typed(f"{row}.{_column(back)}") == typed(f"{alias}.id")
        return exists(target, row, [sa.or_(*self._paths(target, row, rests, holding)), meets])

    def _of_case(self, noun: Noun, alias: str, path: list[str]) -> list[ColumnElement[bool]]:
        member = noun.members[path[0]]
        if not isinstance(member, LinkMember):
            raise TypeError(f"{noun.name}.{path[0]} is no link")
        target, row = self._model[member.targets[0]], f"s{next(self._numbers)}"
        seen = self._of_case(target, row, path[1:]) if path[1:] else self._case(target, row)
        if not seen:
            return []
        meets = typed(f"{row}.id") == typed(f"{alias}.{member.column}")
        return [exists(target, row, [sa.or_(*seen), meets])]

    def _case(self, case: Noun, row: str) -> list[ColumnElement[bool]]:
        predicate = self(case, row)
        return [] if predicate is NEVER or predicate is None else [predicate]


def _column(member: Any) -> str:
    if not isinstance(member, LinkMember):
        raise TypeError(f"{member.name} is no link")
    return member.column


def _size(length: int) -> int:
    if length == 0:
        return 0
    fitting = [size for size in SIZES if size >= length]
    if not fitting:
        raise ValueError(f"a scope holds at most {SIZES[-1]} values of a kind")
    return fitting[0]


def _bind(holding: str, place: int) -> str:
    return f"scope_{holding}_{place}"
