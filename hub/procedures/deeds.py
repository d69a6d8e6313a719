"""Deeds: a person's request to change something, judged and written in one transaction, once per idempotency key.

    @verb("接收流转 · Accept a referral", changes=Referral, gives=(Referral, Case), permission="referrals.answer")
    async def accept_referral(deed: Deed, referral: Row, *, note: Annotated[str | None, "说明 · Note"] = None) -> None:
        deed.change(referral, state=ReferralState.ACCEPTED, accepted_at=deed.now, note=note)

Whatever the procedure raises undoes the deed. What it reads through the deed is held still until it is written.
"""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.cursors import Cursors
from hub.access.predicates import Predicates, shape_of, values_of
from hub.access.viewers import PERMISSIONS, Viewer
from hub.errors import MalformedId, NoSuchRow
from hub.exchange_settings import Exchange
from hub.procedures.arrivals import SHANGHAI
from hub.procedures.configuration import Base
from hub.procedures.drafts import Draft
from hub.rules.machines import Action
from hub.schema.declare import Entity
from hub.schema.events import EventType, Fact
from hub.schema.model import Column, LinkMember, Member, Noun
from hub.schema.scalars import Kind, show_instant
from hub.schema.verbs import Verb, verb_of
from hub.store.changes import USUAL, Usual
from hub.store.seal import Seal, context_of

Procedure = Callable[..., Awaitable[None]]
P = TypeVar("P", bound=Procedure)

_ACT = "__act__"


@dataclass(frozen=True, slots=True)
class Act:
    """A verb, the procedure that does it, and the actions of machines that it is."""

    verb: Verb
    procedure: Procedure
    does: tuple[Action, ...] = ()


def verb(
    doc: str,
    *,
    changes: type[Entity] | None = None,
    gives: tuple[type[Entity], ...],
    permission: str,
    does: tuple[Action, ...] = (),
) -> Callable[[P], P]:
    """Declare the procedure as a verb of the graph; `changes` is the noun of the row that it is handed.

    `does` are the actions for which `availableActions` names it.
    """
    if permission not in PERMISSIONS:
        raise TypeError(f"{permission} is no permission")

    def declared(procedure: P) -> P:
        made = verb_of(procedure, doc, subject=changes, gives=gives, permission=permission)
        setattr(procedure, _ACT, Act(made, procedure, does))
        return procedure

    return declared


def acts_of(modules: Iterable[ModuleType]) -> dict[str, Act]:
    """Every verb that the modules declare, by name."""
    found = [act for module in modules for each in vars(module).values() if (act := getattr(each, _ACT, None))]
    return {act.verb.name: act for act in found if isinstance(act, Act)}


def verbs_by_action(acts: Mapping[str, Act]) -> dict[Action, list[Verb]]:
    """The verbs that do an action, by name."""
    found: dict[Action, list[Verb]] = {}
    for name in sorted(acts):
        for action in acts[name].does:
            found.setdefault(action, []).append(acts[name].verb)
    return found


@dataclass(slots=True)
class Row:
    """A row as the deed sees it: by member name, in the form in which the ledger takes values; changes included."""

    noun: type[Entity]
    id: str
    version: int
    members: Mapping[str, Member] = field(repr=False)
    stored: Mapping[Any, Any] = field(repr=False)
    changed: dict[str, Any] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> Any:
        """A member's value: enums as members, links as ids, instants and days as such, money in fen, sealed masked."""
        if name in self.changed:
            return self.changed[name]
        member = self.members.get(name)
        if isinstance(member, LinkMember):
            return self.stored[member.column]
        value = self.stored[name]
        if value is None or not isinstance(member, Column):
            return value
        if member.kind is Kind.ENUM and member.values is not None:
            return member.values[value]
        return dt.datetime.fromisoformat(value) if member.kind is Kind.INSTANT else value


@dataclass(slots=True)
class Deed:
    """A deed in the making: who does it when, what they see, and what changes."""

    viewer: Viewer
    now: dt.datetime
    connection: AsyncConnection = field(repr=False)
    base: Base = field(repr=False)
    seal: Seal = field(repr=False)
    agreements: Mapping[str, Exchange] = field(repr=False)
    draft: Draft = field(repr=False)
    cursors: Cursors | None = field(default=None, repr=False)
    given: dict[str, str] = field(default_factory=dict)
    """The rows that the procedure says it gives back, by noun."""
    new: dict[str, str] = field(default_factory=dict)
    """The first new row of each noun."""
    _known: dict[str, Row] = field(default_factory=dict, repr=False)
    """Every row that was looked at or added: a row is the same object however often it is asked for."""

    @property
    def today(self) -> dt.date:
        """The day of the deed in Asia/Shanghai."""
        return self.now.astimezone(SHANGHAI).date()

    @property
    def actor(self) -> str:
        """Who does it, as records say it: the role, never a name."""
        return self.viewer.role

    async def row(self, noun: type[Entity], id_: str) -> Row:
        """The row of this id. NoSuchRow unless the viewer sees it; MalformedId for an id of something else."""
        resolved = self._noun(noun)
        if not resolved.id_pattern.fullmatch(id_):
            raise MalformedId
        predicate = Predicates(self.base.model, shape_of(self.viewer.scope, self.viewer.masks))(resolved, "r")
        found = await self._select(noun, {"id": id_}, [] if predicate is None else [predicate])
        if not found:
            raise NoSuchRow
        return found[0]

    async def rows(self, noun: type[Entity], **equal: Any) -> list[Row]:
        """All rows whose members have these values, by id, whether the viewer sees them or not: rules look at all.

        Rows that the deed adds are among them; of the others the values before the deed decide.
        """
        known = self._known.get(equal["id"]) if equal.keys() == {"id"} else None
        if known is not None:
            return [known]
        added = [row for row in self._known.values() if not row.version and row.noun is noun and _fits(row, equal)]
        return [*await self._select(noun, equal, []), *added]

    async def hold(self, *cases: str) -> None:
        """Hold further cases until the deed is written; what was read of them before may be another by now."""
        await self.base.ledger.hold(self.connection, cases)

    def change(
        self, row: Row, *, event: EventType | Usual | None = USUAL, facts: Iterable[Fact] = (), **values: Any
    ) -> None:
        """New values of a row; the row has them from now on."""
        self.draft.update(row.noun, row.id, row.version, values, event=event, facts=facts)
        row.changed |= values

    def insert(
        self,
        noun: type[Entity],
        *,
        event: EventType | Usual | None = USUAL,
        facts: Iterable[Fact] = (),
        **values: Any,
    ) -> str:
        """A new row; its id."""
        return self.add(self.blank(noun, values.pop("id", None)), event=event, facts=facts, **values).id

    def blank(self, noun: type[Entity], id_: str | None = None) -> Row:
        """A row that is not added yet, for rules to look at; it has an id and nothing else."""
        id_ = id_ or self.base.ledger.new_id(noun)
        return Row(noun, id_, 0, self._noun(noun).members, defaultdict(lambda: None, id=id_))

    def add(
        self,
        row: Row,
        *,
        event: EventType | Usual | None = USUAL,
        facts: Iterable[Fact] = (),
        **values: Any,
    ) -> Row:
        """Add a blank row with these values."""
        self.draft.insert(row.noun, {**values, "id": row.id}, event=event, facts=facts)
        row.changed |= values
        self._known[row.id] = row
        self.new.setdefault(row.noun.declared.name, row.id)
        return row

    def forget(self, row: Row) -> None:
        """Do not add it after all."""
        del self.draft.inserts[row.id], self._known[row.id]

    def give(self, id_: str) -> None:
        """Give back this row; of a noun that nothing is said of it is the row that the verb changes, the first new one,
        or the one that the changed row links to.
        """
        self.given[self.base.model.noun_of(id_).name] = id_

    def opened(self, row: Row, member: str) -> str | None:
        """A sealed value in plain, for rules to look at: it must not get into answers, errors or logs."""
        sealed = row.stored[f"{member}_sealed"]
        place = context_of(self._noun(row.noun).table, member, row.id)
        return None if sealed is None else self.seal.open(sealed, place)

    def version_of(self, id_: str) -> int | None:
        """The version that a row has when the deed is done; None of a row that the deed never looked at."""
        if id_ in self.draft.inserts:
            return 1
        update = self.draft.updates.get(id_)
        if update:
            return update.expected_version + 1
        return self._known[id_].version if id_ in self._known else None

    def _noun(self, noun: type[Entity]) -> Noun:
        return self.base.model[noun.declared.name]

    def _alias(self, noun: Noun) -> Any:
        """The noun's table under the name that scopes are judged by, made once: a wide table is slow to rename."""
        known: dict[str, Any] = self.base.metadata.info.setdefault("rows", {})
        if noun.table not in known:
            known[noun.table] = self.base.metadata.tables[noun.table].alias("r")
        return known[noun.table]

    async def _select(self, noun: type[Entity], equal: Mapping[str, Any], conditions: Sequence[Any]) -> list[Row]:
        resolved = self._noun(noun)
        table = self._alias(resolved)
        wanted = [table.c[_column(resolved, name)] == _stored(value) for name, value in equal.items()]
        asked = sa.select(table).where(*wanted, *conditions).order_by(table.c.id)
        found = (await self.connection.execute(asked, values_of(self.viewer.scope))).mappings().all()
        rows = [Row(noun, row["id"], row["version"], resolved.members, row) for row in found]
        return [self._known.setdefault(row.id, row) for row in rows]


def _fits(row: Row, equal: Mapping[str, Any]) -> bool:
    return all(row[name] == value for name, value in equal.items())


def _column(noun: Noun, name: str) -> str:
    member = noun.members[name]
    return member.column if isinstance(member, LinkMember) else name


def _stored(value: Any) -> Any:
    """A value as rows are matched by it."""
    if isinstance(value, enum.Enum):
        return value.name
    return show_instant(value) if isinstance(value, dt.datetime) else value
