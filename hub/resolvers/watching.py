"""What an answer was read from, said as what its group watches: the rows it shows, and the lists that it stands on."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import orjson

from hub.live.touches import key_of
from hub.live.watched import Rows, Watch
from hub.resolvers.sighting import CASE, Sight
from hub.resolvers.values import Coerced, Read
from hub.rules.guards import Linked as Counted
from hub.schema.model import CodeColumn, LinkMember, ManyMember, Noun
from hub.store.dialects.spelling import BEHIND
from hub.store.facts import Asked, column_of
from hub.store.plan import (
    ByIds,
    Connection,
    Entities,
    GroupLink,
    Hole,
    Later,
    One,
    Plan,
    Statistics,
    ToOne,
    ToOneOf,
    walk,
)
from hub.store.touched import looked_for
from hub.store.wanted import All, Bind, Compare, Condition, Either, Linked, Not, Some

MOST_IDS = 2000
"""Rows that a group watches one by one; where an answer shows more, it watches all rows of its nouns in its scope."""


def watch_of(
    plan: Plan, sources: Mapping[str, Read], coerced: Coerced, *, sight: Sight, marks: AbstractSet[str]
) -> Watch:
    """Everything that may make the answer to this plan another, for viewers of this sight.

    `marks` are the ids of the rows that were shown, and behind `BEHIND` of those that decided something.
    """
    return _Watching(plan, sources, coerced, sight).watch(marks)


@dataclass(frozen=True, slots=True)
class _Watching:
    plan: Plan
    sources: Mapping[str, Read]
    coerced: Coerced
    sight: Sight

    def watch(self, marks: AbstractSet[str]) -> Watch:
        nouns = list({noun.name: noun for noun in nouns_of(self.plan)}.values())
        parts = list(walk(self.plan.roots))
        hanging = {name for part in parts for name in self._hanging(part)}
        lists = {rows for part in parts for rows in self._lists(part)}
        lists |= {rows for noun in nouns for rows in self.sight.ways_in(noun)}
        ids = {mark.removeprefix(BEHIND) for mark in marks} | {
            id_ for root in self.plan.roots for id_ in self._named(root)
        }
        if len(ids) > MOST_IDS:
            lists |= {Rows(noun.prefix, self.sight.needs(noun)) for noun in nouns}
            lists |= {rows for part in parts for rows in self._deciding(part)}
            ids, hanging = set(), set()
        of_cases = any(self.sight.is_of_case(noun) for noun in nouns)
        prefixes = {*(noun.prefix for noun in nouns), *(rows.prefix for rows in lists)}
        prefixes |= {name.partition(".")[0] for name in hanging} | {id_.partition("_")[0] for id_ in ids}
        moves = self.sight.held if of_cases else frozenset[str]()
        return Watch(frozenset(ids), frozenset(hanging), frozenset(lists), moves, frozenset(prefixes))

    def _hanging(self, part: Any) -> Iterator[str]:
        """Columns of rows that are shown, or counted, with another one."""
        match part:
            case Connection(by=ManyMember() as by):
                yield f"{part.noun.prefix}.{column_of(part.noun, by.by)}"
            case Later():
                yield from self._hanging(part.list)
            case Hole():
                for noun, link in self._counted(part):
                    if link is not None:
                        yield f"{noun.prefix}.{column_of(noun, link)}"

    def _lists(self, part: Any) -> Iterator[Rows]:
        """Rows that are shown, counted or looked at wherever they come from."""
        match part:
            case Connection(by=None):
                yield from self._rows(part.noun, part.page.condition)
            case Connection():
                # Its own rows hang on rows that are shown; its filter may look further.
                yield from self._looked_at(part.page.condition)
            case Later():
                yield from self._lists(part.list)
            case Statistics():
                yield from self._rows(part.noun, part.condition)
                yield from (Rows(prefix) for prefix in self._grouped_by(part))
            case One() | Entities():
                yield from self._by_key(part)
            case Hole():
                yield from (Rows(noun.prefix) for noun, link in self._counted(part) if link is None)
            case ToOne() | ToOneOf() | GroupLink():
                yield from self._linked(part)

    def _linked(self, part: ToOne | ToOneOf | GroupLink) -> Iterator[Rows]:
        """Rows behind links, which may come to be there, or to be seen."""
        if isinstance(part, ToOneOf):
            yield from (rows for choice in part.choices for rows in self.sight.behind(choice.noun))
        elif isinstance(part, GroupLink) or isinstance(part.via, CodeColumn):
            # What is named by its code may not be there yet.
            yield from [Rows(part.shown.noun.prefix)] if isinstance(part, ToOne) or part.prefix else []
        else:
            yield from self.sight.behind(part.shown.noun)

    def _grouped_by(self, part: Statistics) -> Iterator[str]:
        """Rows behind the counted ones that say of which group these are."""
        tables = {key.through[1] for key in part.by if key.through}
        return (noun.prefix for noun in self.sight.model.nouns.values() if noun.table in tables)

    def _named(self, root: Any) -> Iterator[str]:
        """The ids that the question names: rows may come to be seen under them."""
        match root:
            case One():
                yield from (str(self._value(bind)) for column, bind in root.by if column == "id")
            case ByIds():
                yield from (str(id_) for (id_,) in orjson.loads(self._value(root.ids)))
            case Entities():
                for kind in root.kinds:
                    if kind.columns == ("id",):
                        yield from (str(id_) for _, id_ in orjson.loads(self._value(kind.rows)))

    def _by_key(self, root: One | Entities) -> Iterator[Rows]:
        """Rows that the question names by their natural keys."""
        if isinstance(root, One):
            noun, found = root.shown.noun, {column: [self._value(bind)] for column, bind in root.by if column != "id"}
            if found:
                yield Rows(noun.prefix, tuple(_keys(noun, *each) for each in found.items()))
            return
        for kind in root.kinds:
            if kind.columns != ("id",):
                noun, rows = kind.shown.noun, orjson.loads(self._value(kind.rows))
                values = {name: [row[at] for row in rows] for at, name in enumerate(kind.columns, 1)}
                yield Rows(noun.prefix, tuple(_keys(noun, *each) for each in values.items()))

    def _rows(self, noun: Noun, condition: Condition) -> Iterator[Rows]:
        """The list of these rows, and the lists that the condition looks at beside them."""
        yield Rows(noun.prefix, (*self.sight.needs(noun), *self._needs(noun, condition)))
        yield from self._looked_at(condition)

    def _looked_at(self, condition: Condition) -> Iterator[Rows]:
        for noun, inner in _within(condition):
            yield Rows(noun.prefix, (*self.sight.needs(noun), *self._needs(noun, inner)))

    def _needs(self, noun: Noun, condition: Condition) -> Iterator[frozenset[str]]:
        """Of what each row has a key, as far as touches tell it."""
        match condition:
            case All():
                for part in condition.parts:
                    yield from self._needs(noun, part)
            case Compare(operator="eq" | "in") if condition.column in (*looked_for(noun), "id"):
                given = self._value(condition.operand)
                yield _keys(noun, condition.column, given if condition.operator == "in" else [given])

    def _counted(self, hole: Hole) -> Iterator[tuple[Noun, str | None]]:
        """Rows that decide what fills the hole, and their link to an id that marks tell; None where there is none."""
        if hole.machine is None:
            return
        model = self.sight.model
        for counted in Asked(model, hole.machine).others:
            if isinstance(counted, Counted):
                told = (theirs for theirs, path in counted.on if _is_told(hole.noun, path))
                yield model[counted.noun], next(told, None)

    def _deciding(self, part: Any) -> Iterator[Rows]:
        """Every row of the nouns that decide what fills a hole."""
        if isinstance(part, Hole):
            names = {CASE, *(target for link in part.noun.of(LinkMember) for target in link.targets)}
            yield from (Rows(self.sight.model[name].prefix) for name in names)
            yield from (Rows(noun.prefix) for noun, _ in self._counted(part))

    def _value(self, bind: Bind) -> Any:
        return self.sources[bind.name](self.coerced)


def nouns_of(plan: Plan) -> Iterator[Noun]:
    """The nouns whose rows the plan shows, counts or looks at; some of them more than once."""
    for part in walk(plan.roots):
        match part:
            case Connection():
                yield from (part.noun, *(noun for noun, _ in _within(part.page.condition)))
            case Later():
                yield from (part.list.noun, *(noun for noun, _ in _within(part.list.page.condition)))
            case Statistics():
                yield from (part.noun, *(noun for noun, _ in _within(part.condition)))
            case ToOneOf() | ByIds():
                yield from (choice.noun for choice in part.choices)
            case Entities():
                yield from (kind.shown.noun for kind in part.kinds)
            case One() | ToOne() | GroupLink():
                yield part.shown.noun


def _within(condition: Condition) -> Iterator[tuple[Noun, Condition]]:
    """The nouns that a condition looks at beside the row's own, with what it asks of them."""
    match condition:
        case All() | Either():
            for part in condition.parts:
                yield from _within(part)
        case Not():
            yield from _within(condition.part)
        case Linked() | Some():
            yield condition.noun, condition.condition
            yield from _within(condition.condition)


def _is_told(noun: Noun, path: str) -> bool:
    return path == "id" or isinstance(noun.members.get(path), LinkMember)


def _keys(noun: Noun, column: str, values: Sequence[Any]) -> frozenset[str]:
    return frozenset(key_of(noun.prefix, column, value) for value in values)
