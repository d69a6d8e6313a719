"""What answers watch: the rows they show, the lists they stand on, and which of them a change touches."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from hub.live.touches import Heard, Moved, Touched

W = TypeVar("W", bound=Hashable)
_ANY = ""
"""Under this, lists that no key narrows."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of a noun's rows: each has one key of each of the sets. Whatever else it asks is not looked at."""

    prefix: str
    needs: tuple[frozenset[str], ...] = ()

    def may_hold(self, touched: Touched) -> bool:
        """Whether the row may stand in it, or has stood in it."""
        if self.prefix != touched.prefix:
            return False
        return not touched.images or any(image.meets(self.needs) for image in touched.images)

    @property
    def narrowest(self) -> frozenset[str]:
        """The set by which it is found: the one that fewest rows have."""
        return min(self.needs, key=_breadth) if self.needs else frozenset({_ANY})


@dataclass(frozen=True, slots=True)
class Watch:
    """Everything that may make an answer another.

    `ids`: rows that it shows, or that decide what it shows. `hanging`: columns of rows that show with such a row when
    they hold its id (`party.case_id`). `lists`: rows that it would show, count or look at wherever they come from.
    `moves`: scopes by which rows of cases are seen. `nouns`: whatever it reads any rows of.
    """

    ids: frozenset[str] = frozenset()
    hanging: frozenset[str] = frozenset()
    lists: frozenset[Rows] = frozenset()
    moves: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    everything: bool = False

    def __or__(self, other: "Watch") -> "Watch":
        return Watch(
            self.ids | other.ids,
            self.hanging | other.hanging,
            self.lists | other.lists,
            self.moves | other.moves,
            self.nouns | other.nouns,
            self.everything or other.everything,
        )

    def touches(self, heard: Heard) -> bool:
        """Whether this may have made the answer another."""
        if self.everything or heard is None:
            return True
        if isinstance(heard, Moved):
            return not self.moves.isdisjoint(heard.keys)
        if heard.id is None:
            return heard.prefix in self.nouns
        if heard.id in self.ids or any(name in self.hanging and id_ in self.ids for name, id_ in heard.columns):
            return True
        return any(rows.may_hold(heard) for rows in self.lists)


NOTHING = Watch()


@dataclass(slots=True)
class Watchers(Generic[W]):
    """Who watches what: asked for each change, so that it looks only at those whom the change may concern."""

    _watches: dict[W, Watch] = field(default_factory=dict)
    _by_id: dict[str, set[W]] = field(default_factory=lambda: defaultdict(set))
    _by_move: dict[str, set[W]] = field(default_factory=lambda: defaultdict(set))
    _by_noun: dict[str, set[W]] = field(default_factory=lambda: defaultdict(set))
    _lists: dict[str, dict[str, set[tuple[W, Rows]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    _always: set[W] = field(default_factory=set)

    def watch(self, who: W, what: Watch) -> None:
        """From now on watch this, and nothing else."""
        known = self._watches.get(who, NOTHING)
        self._watches[who] = what
        (self._always.add if what.everything else self._always.discard)(who)
        _index(self._by_id, known.ids, what.ids, who)
        _index(self._by_move, known.moves, what.moves, who)
        _index(self._by_noun, known.nouns, what.nouns, who)
        for rows in known.lists - what.lists:
            _discard(self._lists[rows.prefix], rows.narrowest, (who, rows))
        for rows in what.lists - known.lists:
            for key in rows.narrowest:
                self._lists[rows.prefix][key].add((who, rows))

    def forget(self, who: W) -> None:
        """Watch nothing any more."""
        if who in self._watches:
            self.watch(who, NOTHING)
            del self._watches[who]

    def touched(self, heard: Heard) -> set[W]:
        """Whose answers this may have made others."""
        if heard is None:
            return set(self._watches)
        if isinstance(heard, Moved):
            return self._always.union(*(self._by_move.get(key, ()) for key in heard.keys))
        if heard.id is None:
            return self._always.union(self._by_noun.get(heard.prefix, ()))
        return self._always.union(self._by_id.get(heard.id, ()), self._hanging(heard), self._in_lists(heard))

    def _hanging(self, touched: Touched) -> Iterator[W]:
        for name, id_ in touched.columns:
            yield from (who for who in self._by_id.get(id_, ()) if name in self._watches[who].hanging)

    def _in_lists(self, touched: Touched) -> Iterator[W]:
        lists = self._lists.get(touched.prefix)
        if not lists:
            return
        if not touched.images or any(image.far for image in touched.images):
            keys: Iterable[str] = list(lists)
        else:
            keys = {_ANY}.union(*(image.keys for image in touched.images))
        for key in keys:
            yield from (who for who, rows in lists.get(key, ()) if rows.may_hold(touched))


def _index(index: dict[str, set[W]], before: AbstractSet[str], now: AbstractSet[str], who: W) -> None:
    for key in now - before:
        index[key].add(who)
    _discard(index, before - now, who)


def _discard(index: "dict[str, set[W]]", keys: AbstractSet[str], who: W) -> None:
    for key in keys:
        index[key].discard(who)
        if not index[key]:
            del index[key]


_BREADTH = {"id": 0, "town": 2, "zone": 2, "district": 3, "organisations": 3, "courts": 4, "city": 6}


def _breadth(need: frozenset[str]) -> int:
    """About how many rows have one of these keys: few of an id or a link, most of a state or a city."""
    if not need:
        return -1
    name = next(iter(need)).partition(":")[0].rpartition(".")[2]
    usual = 1 if name.endswith("_id") else 5
    return _BREADTH.get(name, usual) + len(need) // 8
