"""Which case a row belongs to, and who is to hear of it: region levels, organisations and courts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.schema.declare import Word
from hub.schema.model import LEVELS, LinkMember, ManyMember, Model, Noun
from hub.store import dialects
from hub.store.changes import Row
from hub.store.forms import as_json

CASE = "Case"
_KEYS = {Word.OF_ORGANISATION: "organisations", Word.OF_COURT: "courts"}


class Belonging:
    """Finds the case of each row by its scope (`of_case`): itself, its link, or the link of what it links to."""

    def __init__(self, model: Model, metadata: sa.MetaData) -> None:
        self._paths = {noun.name: path_to_case(noun) for noun in model.nouns.values()}
        self._through = {
            name: model[_link(model[name], path[0]).targets[0]] for name, path in self._paths.items() if len(path) > 1
        }
        self._lookups = {
            noun.name: sa.select(table.c.id, table.c[f"{self._paths[noun.name][0]}_id"]).where(_listed(table.c.id))
            for noun in self._through.values()
            for table in (metadata.tables[noun.table],)
        }

    def resolve(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Set the case of each row before and after the deed."""
        behind = self._behind(connection, rows)
        for row in rows:
            path = self._paths[row.noun.name]
            if row.noun.name == CASE:
                row.cases = (row.id, row.id)
            elif path:
                now = row.now(path[0], f"{path[0]}_id")
                before = now if row.before is None else row.before[f"{path[0]}_id"]
                row.cases = (before, now) if len(path) == 1 else (behind.get(before), behind.get(now))

    def subject(self, row: Row, kinds: Iterable[str]) -> str | None:
        """The id that the row's event is about: itself, or what it belongs to, if the log knows such rows."""
        if row.noun.name in kinds:
            return row.id
        through = self._through.get(row.noun.name)
        link = self._paths[row.noun.name][0] if through else ""
        found: str | None = row.now(link, f"{link}_id") if through and through.name in kinds else None
        return found

    def _behind(self, connection: sa.Connection, rows: Sequence[Row]) -> dict[str | None, str | None]:
        found: dict[str | None, str | None] = {}
        for noun, lookup in self._lookups.items():
            first = {name: self._paths[name][0] for name, through in self._through.items() if through.name == noun}
            of_noun = [(row, f"{first[row.noun.name]}_id") for row in rows if row.noun.name in first]
            ids = {row.now(column.removesuffix("_id"), column) for row, column in of_noun}
            ids |= {row.before[column] for row, column in of_noun if row.before is not None}
            if ids := {id_ for id_ in ids if id_}:
                found |= dict(connection.execute(lookup, {"ids": sorted(ids)}).all())
            link = self._paths[noun][0]
            found |= {row.id: row.now(link, f"{link}_id") for row in rows if row.noun.name == noun}
        return found


class Routing:
    """Reads the routing keys of cases, as the log keeps them: JSON of levels, organisations and courts."""

    def __init__(self, model: Model, metadata: sa.MetaData) -> None:
        self._deciding: dict[str, set[str]] = {}
        case = model.nouns.get(CASE)
        self._asked = sa.union_all(*self._parts(case, model, metadata)) if case else None

    def keys(self, connection: sa.Connection, cases: Iterable[str]) -> dict[str, str]:
        """The keys of each case as they are now in this transaction."""
        ids = sorted(set(cases))
        if self._asked is None or not ids:
            return {}
        found: dict[str, dict[str, Any]] = {case: {**dict.fromkeys(LEVELS), **_nobody()} for case in ids}
        for case, key, value in connection.execute(self._asked, {"ids": ids}):
            if key in LEVELS:
                found[case][key] = value
            else:
                found[case][key].add(value)
        return {case: as_json({key: _sorted(value) for key, value in keys.items()}) for case, keys in found.items()}

    def decided_by(self, row: Row) -> bool:
        """Whether the change may give its case other keys."""
        deciding = self._deciding.get(row.noun.name, set())
        return bool(deciding) and (row.is_new or not deciding.isdisjoint(row.values))

    def _parts(self, case: Noun, model: Model, metadata: sa.MetaData) -> Iterator[sa.Select[Any]]:
        table, place = metadata.tables[case.table], case.placed
        self._deciding[case.name] = {place.name} if place else set()
        for level in LEVELS if place else ():
            yield sa.select(table.c.id, sa.literal(level), table.c[level]).where(_listed(table.c.id))
        for word in case.scope:
            for path in word.paths if word.word in _KEYS else ():
                yield self._path(case, path.split("."), _KEYS[word.word], model=model, metadata=metadata)

    def _path(
        self, noun: Noun, path: Sequence[str], key: str, *, model: Model, metadata: sa.MetaData
    ) -> sa.Select[Any]:
        """Each case with one value that the path leads to (`referrals.members.organisation`)."""
        cases = here = metadata.tables[noun.table].alias("c")
        source: sa.FromClause = cases
        for number, name in enumerate(path[:-1]):
            member = noun.members[name]
            if not isinstance(member, ManyMember):
                raise TypeError(f"{noun.name}.{name}: paths of a case lead over the rows that link to it")
            noun = model[member.target]
            there = metadata.tables[noun.table].alias(f"t{number}")
            source = source.join(there, there.c[f"{member.by}_id"] == here.c.id)
            here = there
            self._deciding.setdefault(noun.name, set()).add(member.by)
        self._deciding.setdefault(noun.name, set()).add(path[-1])
        value = here.c[_link(noun, path[-1]).column]
        where = _listed(cases.c.id), value.is_not(None)
        return sa.select(cases.c.id, sa.literal(key), value).select_from(source).where(*where)


class Own:
    """The routing keys of rows that belong to no case and are told all the same: what they themselves hold."""

    def __init__(self, model: Model) -> None:
        self._held = {noun.name: tuple(_holdings(noun)) for noun in model.nouns.values() if noun.declared.told}

    def keys(self, row: Row) -> tuple[str | None, str | None]:
        """Before the deed and after it, as JSON; None for a row whose noun is not told."""
        held = self._held.get(row.noun.name)
        if held is None:
            return None, None
        after = self._said(row.noun, held, {**(row.before or {}), **row.columns})
        return (None if row.before is None else self._said(row.noun, held, row.before)), after

    def _said(self, noun: Noun, held: Iterable[tuple[str, str]], columns: Mapping[Any, Any]) -> str:
        bodies = _nobody()
        for key, column in held:
            if columns[column] is not None:
                bodies[key].add(columns[column])
        levels = {level: columns[level] if noun.placed else None for level in LEVELS}
        return as_json({key: _sorted(value) for key, value in {**levels, **bodies}.items()})


def _holdings(noun: Noun) -> Iterator[tuple[str, str]]:
    """The row's own links to organisations and courts of its scope, as kinds of keys and columns."""
    for word in noun.scope:
        for path in word.paths if word.word in _KEYS else ():
            member = noun.members[path.partition(".")[0]]
            if isinstance(member, LinkMember) and "." not in path:
                yield _KEYS[word.word], member.column


def _nobody() -> dict[str, set[str]]:
    return {key: set() for key in _KEYS.values()}


def _sorted(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value


def _listed(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return dialects.listed(column, dialects.texts("ids"))


def path_to_case(noun: Noun) -> tuple[str, ...]:
    """The links that lead from a row to its case; none for a case itself and for what belongs to no case."""
    word = next((word for word in noun.scope if word.word is Word.OF_CASE), None)
    return tuple(word.paths[0].split(".")) if word else ()


def _link(noun: Noun, name: str) -> LinkMember:
    member = noun.members[name]
    if not isinstance(member, LinkMember):
        raise TypeError(f"{noun.name}.{name} is no link")
    return member
