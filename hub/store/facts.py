"""The facts that guards are judged from, read in one statement: of the row at hand, of one not yet written, of many.

known = await read_facts(connection, metadata, model, REFERRALS, values)    # values as the deed sees them now
known["ref_..."] for known in (await facts_of(connection, metadata, model, REFERRALS, ids),)
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.guards import Facts, Is, IsSet, Linked, stored
from hub.rules.machines import Machine, State
from hub.schema.model import LinkMember, Model, Noun

Column = sa.ColumnElement[Any]
Mine = Callable[[str], Column | None]
"""The value of a member of the row itself; None where it holds none."""


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
    asked = _prepared(metadata, model, machine, frozenset(states or {machine.state_of(Facts(own))}))
    if asked.statement is None:
        return asked.facts(own, ())
    given = {name: own.get(name) for name in asked.named}
    return asked.facts(own, (await connection.execute(asked.statement, given)).one())


async def facts_of(
    connection: AsyncConnection, metadata: sa.MetaData, model: Model, machine: Machine, ids: Iterable[str]
) -> dict[str, Facts]:
    """The facts of the stored rows of these ids, by id."""
    asked = _Asked(metadata, model, machine)
    noun = model[machine.noun]
    table = metadata.tables[noun.table].alias()
    names = sorted({path for path in asked.paths if "." not in path} | {"id"})
    own = [table.c[_column(noun, name)].label(f"own_{name}") for name in names]
    columns = asked.columns(lambda name: table.c[_column(noun, name)])
    statement = sa.select(*own, *columns).where(table.c.id.in_(sorted(ids)))
    found = {}
    for row in (await connection.execute(statement)).all():
        values = dict(zip(names, row[: len(names)], strict=True))
        found[values["id"]] = asked.facts(values, row[len(names) :])
    return found


def _prepared(metadata: sa.MetaData, model: Model, machine: Machine, states: frozenset[State | None]) -> "_Asked":
    """What is asked of a row in these states, written once per base: its statement is most of the work."""
    known: dict[Any, _Asked] = metadata.info.setdefault("facts", {})
    key = (machine.noun, id(machine.transitions), states)
    found = known.get(key)
    if found is None:
        found = known[key] = _Asked(metadata, model, _within(machine, states))
        columns = found.columns(found.bind)
        found.statement = sa.select(*columns) if columns else None
    return found


def _within(machine: Machine, states: Collection[State | None]) -> Machine:
    """The machine as far as these states: nothing else is asked then."""
    return replace(machine, transitions=tuple(row for row in machine.transitions if row.state in states))


class _Asked:
    """What a machine's guards look at, as columns of a statement, and its answer as facts."""

    def __init__(self, metadata: sa.MetaData, model: Model, machine: Machine) -> None:
        self._metadata, self._model, self._noun = metadata, model, model[machine.noun]
        self.paths, self._links = machine.paths(), machine.links()
        self._said: list[str | Linked] = []
        self.named: set[str] = set()
        self.statement: sa.Select[Any] | None = None

    def bind(self, name: str) -> Column:
        """The member's value as a request hands it in."""
        self.named.add(name)
        return sa.bindparam(name, type_=sa.Text())

    def columns(self, mine: Mine) -> list[Column]:
        over: dict[str | Linked, Column | None] = {p: self._over(p, mine) for p in self.paths if "." in p}
        over |= {linked: self._count(linked, mine) for linked in self._links}
        asked = {what: column for what, column in over.items() if column is not None}
        self._said = list(asked)
        return [column.label(f"fact_{place}") for place, column in enumerate(asked.values())]

    def facts(self, own: Mapping[str, Any], row: Sequence[Any]) -> Facts:
        told = dict(zip(self._said, row, strict=True))
        counts = dict.fromkeys(self._links, 0) | {what: n for what, n in told.items() if isinstance(what, Linked)}
        return Facts({**own, **{what: value for what, value in told.items() if isinstance(what, str)}}, counts)

    def _over(self, path: str, mine: Mine) -> Column | None:
        """A column over one link."""
        first, _, then = path.partition(".")
        link, target = self._noun.members[first], mine(first)
        if not isinstance(link, LinkMember) or target is None:
            return None
        noun = self._model[link.targets[0]]
        table = self._metadata.tables[noun.table].alias()
        return (
            sa.select(table.c[_column(noun, then)])
            .where(table.c.id == target)
            .correlate_except(table)
            .scalar_subquery()
        )

    def _count(self, linked: Linked, mine: Mine) -> Column | None:
        """How many rows link here; None where this row holds nothing that they could link to."""
        noun = self._model[linked.noun]
        table = self._metadata.tables[noun.table].alias()
        pairs = [(table.c[_column(noun, theirs)], self._path(path, mine)) for theirs, path in linked.on]
        if any(value is None for _, value in pairs):
            return None
        where = [column == value for column, value in pairs] + [_met(word, noun, table) for word in linked.where]
        counted = sa.select(sa.func.count()).select_from(table).where(*where)
        return counted.correlate_except(table).scalar_subquery()

    def _path(self, path: str, mine: Mine) -> Column | None:
        return self._over(path, mine) if "." in path else mine(path)


def _met(word: Is | IsSet, noun: Noun, table: sa.FromClause) -> sa.ColumnElement[bool]:
    """A guard over the linked row's own column; of one that holds nothing only `no` is true."""
    column = table.c[_column(noun, word.path)]
    if isinstance(word, IsSet):
        return column.is_(None) if word.no else column.is_not(None)
    among = column.in_(word.values)
    return sa.or_(column.is_(None), sa.not_(among)) if word.no else among


def _column(noun: Noun, name: str) -> str:
    member = noun.members[name]
    return member.column if isinstance(member, LinkMember) else name
