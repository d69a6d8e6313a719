"""The facts that guards are judged from: of the row at hand or one not yet written, in one statement; or beside rows.

known = await read_facts(connection, metadata, model, REFERRALS, values)    # values as the deed sees them now

The columns of `Asked` stand on their own: a statement that shows rows hides them beside what it shows.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.guards import Facts, Is, IsSet, Linked, stored
from hub.rules.machines import Machine, State
from hub.schema.model import LinkMember, Model, Noun
from hub.store.conditions import table
from hub.store.dialects.spelling import constant, scalar, typed

Column = sa.ColumnElement[Any]
Mine = Callable[[str], Column]
"""The value of a member of the row itself."""

_COUNTED, _BEHIND = "fact_counted", "fact_behind"
"""Aliases of rows that link to the row, and of the row behind a link."""


async def read_facts(
    connection: AsyncConnection,
    metadata: sa.MetaData,
    model: Model,
    machine: Machine,
    values: Mapping[str, Any],
    *,
    states: Collection[State | None] | None = None,
) -> Facts:
    """The facts of one row with these values by member name, links as ids; what it links to is read, it itself is not.

    `states` are those it may be judged in; unless said, the state that the values say.
    """
    own = {name: stored(value) for name, value in values.items()}
    written = _written(metadata, model, machine, frozenset(states or {machine.state_of(Facts(own))}))
    if written.statement is None:
        return written.asked.facts(own, ())
    given = {name: own.get(name) for name in written.named}
    return written.asked.facts(own, (await connection.execute(written.statement, given)).one())


class Asked:
    """What a machine's guards look at, as columns of a statement, and its answer as facts."""

    def __init__(self, model: Model, machine: Machine) -> None:
        self._model, self._noun = model, model[machine.noun]
        paths, links = machine.paths(), machine.links()
        looked_at = {*paths, *(path for linked in links for _, path in linked.on)}
        self.own = tuple(sorted({path.partition(".")[0] for path in looked_at}))
        """The members of the row itself that are looked at; its links lead to what else is."""
        self.others: tuple[str | Linked, ...] = (*(path for path in paths if "." in path), *links)
        """What is not the row's own: columns over a link, and counts."""

    def columns(self, mine: Mine) -> list[Column]:
        """The `others`, each as a select of its own."""
        return [self._path(what, mine) if isinstance(what, str) else self._count(what, mine) for what in self.others]

    def facts(self, own: Mapping[str, Any], told: Sequence[Any]) -> Facts:
        """The facts, from the row's own values and what was told of the `others`."""
        found = dict(zip(self.others, told, strict=True))
        values = {what: value for what, value in found.items() if isinstance(what, str)}
        counts = {what: count for what, count in found.items() if isinstance(what, Linked)}
        return Facts({**own, **values}, counts)

    def stored(self, row: Sequence[Any]) -> Facts:
        """The facts, from what was told of the `own` and then of the `others`."""
        return self.facts(dict(zip(self.own, row[: len(self.own)], strict=True)), row[len(self.own) :])

    def _path(self, path: str, mine: Mine) -> Column:
        """A column of the row, or one over a link of it."""
        first, _, then = path.partition(".")
        link = self._noun.members[first]
        if not then or not isinstance(link, LinkMember):
            return mine(first)
        noun = self._model[link.targets[0]]
        found = sa.select(typed(f"{_BEHIND}.{column_of(noun, then)}")).select_from(table(noun.table, _BEHIND))
        return scalar(found.where(typed(f"{_BEHIND}.id") == mine(first)))

    def _count(self, linked: Linked, mine: Mine) -> Column:
        """How many rows link here; none where this row holds nothing that they could link to."""
        noun = self._model[linked.noun]
        pairs = [_counted(noun, theirs) == self._path(path, mine) for theirs, path in linked.on]
        where = [*pairs, *(_met(word, noun) for word in linked.where)]
        return scalar(sa.select(sa.func.count()).select_from(table(noun.table, _COUNTED)).where(*where))


@dataclass(frozen=True, slots=True)
class _Written:
    """What is asked of a row whose own values are known, and its statement with the members that it is given."""

    asked: Asked
    statement: sa.Select[Any] | None
    named: frozenset[str]


def _written(metadata: sa.MetaData, model: Model, machine: Machine, states: frozenset[State | None]) -> _Written:
    """What is asked of a row in these states, written once per base: its statement is most of the work."""
    known: dict[Any, _Written] = metadata.info.setdefault("facts", {})
    key = (machine.noun, id(machine.transitions), states)
    if key not in known:
        asked, binds = Asked(model, _within(machine, states)), _Binds()
        columns = asked.columns(binds.__getitem__)
        known[key] = _Written(asked, sa.select(*columns) if columns else None, frozenset(binds))
    return known[key]


class _Binds(dict[str, Column]):
    """Members' values as a request hands them in."""

    def __missing__(self, name: str) -> Column:
        return self.setdefault(name, sa.bindparam(name, type_=sa.Text()))


def _within(machine: Machine, states: Collection[State | None]) -> Machine:
    """The machine as far as these states: nothing else is asked then."""
    return replace(machine, transitions=tuple(row for row in machine.transitions if row.state in states))


def _met(word: Is | IsSet, noun: Noun) -> sa.ColumnElement[bool]:
    """A guard over the linked row's own column; of one that holds nothing only `no` is true."""
    column = _counted(noun, word.path)
    if isinstance(word, IsSet):
        return column.is_(sa.null()) if word.no else column.is_not(sa.null())
    among = column.in_([constant(value) for value in word.values])
    return sa.or_(column.is_(sa.null()), sa.not_(among)) if word.no else among


def _counted(noun: Noun, name: str) -> Column:
    return typed(f"{_COUNTED}.{column_of(noun, name)}")


def column_of(noun: Noun, name: str) -> str:
    """The stored column of a member."""
    member = noun.members[name]
    return member.column if isinstance(member, LinkMember) else name
