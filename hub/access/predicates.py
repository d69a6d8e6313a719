"""Scope words as SQL: which rows of a noun exist for a viewer. Foreign and missing are the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from hub.schema.declare import ScopeWord, Word
from hub.schema.model import LEVELS, LinkMember, ManyMember, Model, Noun
from hub.store.conditions import exists, table
from hub.store.dialects.spelling import In, typed

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

    def __call__(self, noun: Noun, alias: str, *, listed: bool = False) -> ColumnElement[bool] | None:
        """What must hold of the row; None where everybody sees all of them.

        Of one row each way is looked for (`EXISTS`). Of a whole list (`listed`) that would be asked of every row there
        is: the ids that organisations and courts reach are gathered once instead (`IN`).
        """
        if noun.is_public:
            return None
        words = [word for word in noun.scope if not (listed and self._gathers(word))]
        ways = [way for word in words for way in self._word(noun, alias, word)]
        if listed:
            ways += self._gathered(noun, alias)
        return sa.or_(*ways) if ways else NEVER

    def _gathers(self, word: ScopeWord) -> bool:
        """Whether a list gathers the ids that this word reaches; those of a region are found by their own columns."""
        if word.word is Word.OF_CASE:
            return word.paths == ("case",) and not any(self._held[level] for level in LEVELS)
        return word.word in (Word.OF_ORGANISATION, Word.OF_COURT)

    def _gathered(self, noun: Noun, alias: str) -> list[ColumnElement[bool]]:
        ids = self._ids(noun, [word for word in noun.scope if word.word is not Word.OF_CASE])
        found: list[ColumnElement[bool]] = [In(typed(f"{alias}.id"), ids)] if ids is not None else []
        for word in noun.scope:
            member = noun.members.get(word.paths[0]) if word.paths else None
            if word.word is Word.OF_CASE and isinstance(member, LinkMember) and self._gathers(word):
                case = self._model[member.targets[0]]
                cases = self._ids(case, case.scope)
                found += [In(typed(f"{alias}.{member.column}"), cases)] if cases is not None else []
        return found

    def _ids(self, noun: Noun, words: Iterable[ScopeWord]) -> Any:
        """The ids of all rows that one of the paths of these words leads to."""
        holdings = {Word.OF_ORGANISATION: "organisations", Word.OF_COURT: "courts"}
        selects = [
            self._path_ids(noun, path.split("."), holdings[word.word])
            for word in words
            if word.word in holdings and self._held[holdings[word.word]]
            for path in word.paths
        ]
        return sa.union_all(*selects) if selects else None

    def _path_ids(self, noun: Noun, path: list[str], holding: str) -> Any:
        member, row = noun.members[path[0]], f"s{next(self._numbers)}"
        if isinstance(member, LinkMember):
            held = self._among(f"{row}.{member.column}", holding)
            return sa.select(typed(f"{row}.id")).select_from(table(noun.table, row)).where(held)
        steps = self._steps(noun, path[:-1], row)
        wanted, source = typed(f"{row}.{steps[0][1]}"), table(steps[0][0].table, row)
        for target, back, alias, above in steps[1:]:
            source = sa.join(source, table(target.table, alias), typed(f"{alias}.{back}") == typed(f"{above}.id"))  # type: ignore[assignment]
        target, _, alias, _ = steps[-1]
        held = self._among(f"{alias}.{_column(target.members[path[-1]])}", holding)
        return sa.select(wanted).select_from(source).where(held)

    def _steps(self, noun: Noun, path: list[str], row: str) -> list[tuple[Noun, str, str, str]]:
        """Per list on the way: its noun, the column that links back, its alias and the alias above."""
        found: list[tuple[Noun, str, str, str]] = []
        above = ""
        for step in path:
            many = noun.members[step]
            if not isinstance(many, ManyMember):
                raise TypeError(f"{noun.name}.{step} is no list")
            noun = self._model[many.target]
            found.append((noun, _column(noun.members[many.by]), row, above))
            above, row = row, f"s{next(self._numbers)}"
        return found

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
