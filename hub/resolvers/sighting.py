"""What brings rows into a viewer's sight, as touches tell it: the keys of a row that is seen, and what else decides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.access.predicates import HOLDINGS
from hub.access.viewers import Scope
from hub.live.touches import key_of, moved_key
from hub.live.watched import Rows
from hub.schema.declare import ScopeWord, Word
from hub.schema.model import LEVELS, LinkMember, ManyMember, Model, Noun

CASE = "Case"

Needs = tuple[frozenset[str], ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What viewers of one scope see. Which cases they see is told by the log as moves: `held` are the scope's keys."""

    model: Model
    scope: Scope

    @property
    def held(self) -> frozenset[str]:
        """The scope as routing keys."""
        return frozenset(f"{name}:{value}" for name in HOLDINGS for value in getattr(self.scope, name))

    def needs(self, noun: Noun) -> Needs:
        """Of what each row that is seen has a key; nothing where rows of another noun can bring it into sight."""
        if noun.is_public or sum(word.word is Word.OF_CASE for word in noun.scope) > 1 or any(self._beside(noun)):
            return ()
        return (frozenset(key for word in noun.scope for key in self._by_word(noun, word)),)

    def behind(self, noun: Noun) -> Iterator[Rows]:
        """A row behind a link that is shown already comes into sight, or leaves it, when its own columns do that."""
        if noun.is_public or noun.name == CASE:
            return
        first = (noun.members[path.partition(".")[0]] for word in noun.scope for path in word.paths)
        columns = [member.column for member in first if isinstance(member, LinkMember)]
        moved = (moved_key(noun.prefix, name) for name in (*columns, *(LEVELS if noun.placed else ())))
        yield Rows(noun.prefix, (*self.needs(noun), frozenset(moved)))

    def ways_in(self, noun: Noun) -> Iterator[Rows]:
        """Rows of other nouns that bring rows of this one into sight."""
        for word in noun.scope if noun.name != CASE else ():
            for path in word.paths:
                first, *rest = path.split(".")
                member = noun.members[first]
                if rest and isinstance(member, LinkMember):
                    yield from self._up(self.model[member.targets[0]], rest)
        for path, word in self._beside(noun):
            yield from self._down(noun, path.split("."), word)

    def is_of_case(self, noun: Noun) -> bool:
        """Whether moves of cases bring its rows into sight."""
        return not noun.is_public and (noun.name == CASE or any(word.word is Word.OF_CASE for word in noun.scope))

    def _beside(self, noun: Noun) -> Iterator[tuple[str, ScopeWord]]:
        """Paths over rows that link here. What is on the way of its case's own paths is among the case's keys."""
        if noun.is_public or noun.name == CASE:
            return
        case = self.model.nouns.get(CASE)
        own = any(word.word is Word.OF_CASE for word in noun.scope) and case is not None
        lists = (
            [many.name for many in case.of(ManyMember) if many.target == noun.name] if case is not None and own else []
        )
        known = {path for word in case.scope for path in word.paths} if case is not None else set()
        for word in noun.scope:
            for path in word.paths if word.word is not Word.OF_CASE else ():
                if "." in path and not any(f"{name}.{path}" in known for name in lists):
                    yield path, word

    def _by_word(self, noun: Noun, word: ScopeWord) -> Iterator[str]:
        if word.word is Word.OF_CASE or (noun.name == CASE and word.word is not Word.IN_REGION):
            yield from self.held
        elif word.word is Word.IN_REGION:
            yield from (key_of(noun.prefix, level, code) for level in LEVELS for code in getattr(self.scope, level))
        else:
            for path in word.paths:
                member = noun.members[path.partition(".")[0]]
                if isinstance(member, LinkMember):
                    yield from self._named(noun, member, word)

    def _up(self, noun: Noun, path: Sequence[str]) -> Iterator[Rows]:
        """The row behind a link, when its own link to the case changes."""
        member = noun.members[path[0]]
        if isinstance(member, LinkMember):
            yield Rows(noun.prefix, (frozenset({moved_key(noun.prefix, member.column)}),))
            if path[1:]:
                yield from self._up(self.model[member.targets[0]], path[1:])

    def _down(self, noun: Noun, path: Sequence[str], word: ScopeWord) -> Iterator[Rows]:
        """Rows that link here, and name whom the row is seen by."""
        member = noun.members[path[0]]
        if isinstance(member, ManyMember):
            target = self.model[member.target]
            if isinstance(target.members[path[1]], ManyMember):
                yield Rows(target.prefix)
            yield from self._down(target, path[1:], word)
        elif isinstance(member, LinkMember):
            yield Rows(noun.prefix, (frozenset(self._named(noun, member, word)),))

    def _named(self, noun: Noun, member: LinkMember, word: ScopeWord) -> Iterator[str]:
        held: Sequence[str] = self.scope.organisations if word.word is Word.OF_ORGANISATION else self.scope.courts
        return (key_of(noun.prefix, member.column, id_) for id_ in held)
