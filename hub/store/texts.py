"""Texts that name people: masked with the names of all parties of their case, and again when those change."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.rules import masking, wording
from hub.schema.model import Column, Model, Noun
from hub.store import dialects
from hub.store.changes import Row
from hub.store.forms import is_text
from hub.store.routing import CASE, path_to_case
from hub.store.seal import Seal, context_of
from hub.store.tables import SEARCH_TOKENS

Names = Mapping[str, Mapping[str, str]]
"""Case -> id of the row that names -> name."""


class Texts:
    """What is shown and searched of the texts is always the mask of the whole original with all names at once."""

    def __init__(self, model: Model, metadata: sa.MetaData, seal: Seal) -> None:
        self._seal = seal
        self._members = {n.name: tuple(m.name for m in n.members.values() if is_text(m)) for n in model.nouns.values()}
        self._naming = {n.name: names for n in model.nouns.values() if path_to_case(n) and (names := _names_of(n))}
        self._asked = [_names_asked(model[noun], names, metadata) for noun, names in self._naming.items()]
        texts = [model[name] for name, members in self._members.items() if members and _case_column(model[name])]
        self._stored = [(noun, _texts_asked(noun, self._members[noun.name], metadata)) for noun in texts]
        self._tables = {noun.name: metadata.tables[noun.table] for noun in texts}

    def names(self, connection: sa.Connection, rows: Sequence[Row], new: set[str]) -> Names:
        """The names in each case whose texts or names the deed changes, as they are after it."""
        found: dict[str, dict[str, str]] = {
            case: {} for row in rows if self._tells(row) or self._renames(row) for case in row.cases if case
        }
        known = sorted(found.keys() - new)
        for asked in self._asked if known else ():
            for case, id_, name in connection.execute(asked, {"ids": known}):
                found[case][id_] = name
        for row in rows:
            if member := self._naming.get(row.noun.name):
                before, now = row.cases
                found.get(before or "", {}).pop(row.id, None)
                if now in found:
                    found[now][row.id] = row.now(member)
        return found

    def mask(self, rows: Iterable[Row], names: Names) -> None:
        """Give the rows of the deed their masked texts and search words."""
        for row in rows:
            if self._tells(row):
                originals = {member: self._original(row, member) for member in self._members[row.noun.name]}
                row.columns |= self._masked(row.noun, originals, names.get(row.cases[1] or "", {}))

    def mask_again(self, connection: sa.Connection, rows: Iterable[Row], names: Names, new: set[str]) -> list[str]:
        """Bring the stored texts of every case up to its new names; the ids of the rows that this made different.

        No version changes: no text was told anew.
        """
        found: list[str] = []
        cases = sorted({case for row in rows if self._renames(row) for case in row.cases if case} - new)
        for noun, asked in self._stored if cases else ():
            changed = [
                {"b_id": stored["id"], **masked}
                for stored in connection.execute(asked, {"ids": cases}).mappings()
                if (masked := self._anew(noun, stored, names))
            ]
            if changed:
                table = self._tables[noun.name]
                connection.execute(table.update().where(table.c.id == sa.bindparam("b_id")), changed)
                found += [row["b_id"] for row in changed]
        return found

    def _tells(self, row: Row) -> bool:
        members = self._members[row.noun.name]
        moved = row.cases[0] != row.cases[1]
        return bool(members) and (row.is_new or moved or any(member in row.values for member in members))

    def _renames(self, row: Row) -> bool:
        member = self._naming.get(row.noun.name)
        if member is None or row.before is None:
            return member is not None
        return row.cases[0] != row.cases[1] or row.now(member) != row.before[member]

    def _anew(self, noun: Noun, stored: Mapping[Any, Any], names: Names) -> dict[str, Any]:
        """The columns that the names make different; none where they do not."""
        members = self._members[noun.name]
        originals = {member: self._open(noun, stored, member) for member in members}
        masked = self._masked(noun, originals, names[stored["of_case"]])
        return masked if any(masked[member] != stored[member] for member in members) else {}

    def _masked(self, noun: Noun, originals: Mapping[str, str | None], named: Mapping[str, str]) -> dict[str, Any]:
        known = set(named.values())
        masked = {name: None if text is None else masking.mask_text(text, known) for name, text in originals.items()}
        if not noun.searched:
            return dict(masked)
        return {**masked, SEARCH_TOKENS: wording.tokens(*(masked[name] for name in noun.searched))}

    def _original(self, row: Row, member: str) -> str | None:
        if row.before is None or member in row.values:
            found: str | None = row.values.get(member)
            return found
        return self._open(row.noun, row.before, member)

    def _open(self, noun: Noun, stored: Mapping[Any, Any], member: str) -> str | None:
        sealed = stored[f"{member}_sealed"]
        return None if sealed is None else self._seal.open(sealed, context_of(noun.table, member, stored["id"]))


def _names_of(noun: Noun) -> str | None:
    return next((m.name for m in noun.members.values() if isinstance(m, Column) and m.mask == "name"), None)


def _case_column(noun: Noun) -> str | None:
    path = path_to_case(noun)
    if len(path) > 1:
        raise TypeError(f"{noun.name}: texts are masked with the names of a case that the row itself links to")
    return f"{path[0]}_id" if path else "id" if noun.name == CASE else None


def _names_asked(noun: Noun, member: str, metadata: sa.MetaData) -> sa.Select[Any]:
    table = metadata.tables[noun.table]
    case = table.c[f"{path_to_case(noun)[0]}_id"]
    return sa.select(case, table.c.id, table.c[member]).where(dialects.listed(case, dialects.texts("ids")))


def _texts_asked(noun: Noun, members: Sequence[str], metadata: sa.MetaData) -> sa.Select[Any]:
    table = metadata.tables[noun.table]
    case = table.c[_case_column(noun) or "id"]
    columns = [table.c[f"{member}{ending}"] for member in members for ending in ("", "_sealed")]
    asked = sa.select(table.c.id, case.label("of_case"), *columns)
    return asked.where(dialects.listed(case, dialects.texts("ids")))
