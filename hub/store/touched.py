"""What a deed touched: each row with what it is looked for by, before and after, as the log keeps it for live queries.

An event says what happened; who waits for a list to change must also know where a row stood before and where it stands
now. Of values only ids, codes, states, levels and numbers of cases and bodies are kept: no text, no amount.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from hub.schema.members import is_filterable
from hub.schema.model import LEVELS, CodeColumn, Column, LinkMember, Member, Model, Noun
from hub.schema.scalars import Kind
from hub.store.changes import UNHEARD, Row
from hub.store.forms import as_json

MOST_QUIET = 100
"""Rows of one deed that are no event of their own and are kept one by one; of more only the nouns are."""

Touch = dict[str, Any]
"""One row: `id`, `same` (columns that stayed), `before` (absent for a new row) and `after` (columns that did not).

A column that is not named holds nothing. `far`: the row is not of the event's case, so that the event's routing keys
say nothing of it. An `id` alone: some of its texts were masked anew. Instead of a row: `noun`, any of whose rows may
have been touched; or `moved`, the routing keys that a case has gained or lost.
"""


class Touching:
    """Says what rows touch, by the declarations."""

    def __init__(self, model: Model) -> None:
        self._columns = {noun.name: looked_for(noun) for noun in model.nouns.values()}
        self._seen = {noun.name for noun in model.graph_nouns if not noun.declared.log} - UNHEARD

    def of(self, row: Row) -> Touch:
        """The row's touch."""
        names = self._columns[row.noun.name]
        before = row.before
        if before is None:
            return {"id": row.id, "same": _held({name: row.columns.get(name) for name in names})}
        now = {name: row.columns.get(name, before[name]) for name in names}
        moved = [name for name in names if now[name] != before[name]]
        return {
            "id": row.id,
            "same": _held({name: value for name, value in now.items() if name not in moved}),
            "before": _held({name: before[name] for name in moved}),
            "after": _held({name: now[name] for name in moved}),
        }

    def quiet(self, rows: Sequence[Row]) -> list[tuple[tuple[str | None, str | None], Touch]]:
        """Of the rows that are no events of their own and that somebody may see: their cases, and what they touch."""
        silent = [row for row in rows if row.event is None and row.noun.name in self._seen]
        if len(silent) > MOST_QUIET:
            return [((None, None), {"noun": prefix}) for prefix in sorted({row.noun.prefix for row in silent})]
        return [(row.cases, self.of(row)) for row in silent]


def looked_for(noun: Noun) -> tuple[str, ...]:
    """The stored columns that a touch keeps: links, codes, states, yes and no, levels, and the natural key."""
    found: list[str] = []
    for member in noun.members.values():
        if isinstance(member, LinkMember):
            found += [member.column, *(LEVELS if member.levels else ())]
        elif _is_kept(member, noun):
            found.append(member.name)
    return tuple(found)


def _is_kept(member: Member, noun: Noun) -> bool:
    if isinstance(member, CodeColumn):
        return member.index
    if not isinstance(member, Column) or member.mask is not None or member.name == "id":
        return False
    return member.name in noun.key or (is_filterable(member) and member.kind in (Kind.ENUM, Kind.BOOL))


def masked_anew(ids: Iterable[str]) -> list[Touch]:
    """The touches of rows whose texts were masked anew."""
    found = list(ids)
    if len(found) > MOST_QUIET:
        return [{"noun": prefix} for prefix in sorted({id_.partition("_")[0] for id_ in found})]
    return [{"id": id_} for id_ in found]


def moves(before: Mapping[str, str], after: Mapping[str, str]) -> list[Touch]:
    """Of each case whose routing keys a deed changed, the keys that it has gained or lost."""
    changed = (set(_keys(before[case])) ^ set(_keys(after[case])) for case in before if after[case] != before[case])
    return [{"moved": sorted(keys)} for keys in changed if keys]


def told(touches: Sequence[Touch]) -> str:
    """The touches as the log keeps them."""
    return as_json(touches)


def _keys(routing: str) -> Iterable[str]:
    for name, held in orjson.loads(routing).items():
        yield from (f"{name}:{value}" for value in (held if isinstance(held, list) else [held]) if value)


def _held(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if value is not None}
