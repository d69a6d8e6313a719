"""Doing: a verb with what it was given becomes one deed, however often its request is repeated (DESIGN section 5)."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.cursors import Cursors
from hub.access.viewers import Viewer
from hub.errors import Forbidden, KeyReused, Refused, UnknownCode, VersionConflict
from hub.exchange_settings import Exchange
from hub.procedures.arrivals import SHANGHAI
from hub.procedures.configuration import Base
from hub.procedures.deeds import Act, Deed, Row
from hub.procedures.drafts import Draft
from hub.procedures.moving import move_alerts
from hub.schema.declare import Entity, Word
from hub.schema.model import LinkMember, Model, Noun
from hub.schema.receipts import Receipt
from hub.store.ledger import Change
from hub.store.seal import Seal

TRIES = 8
"""How often a deed is judged anew because of what others wrote: a row that it did not hold, a number."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a verb was asked with: the row and the version it was seen at, its inputs, and the key of its repeats.

    `payload` is the same text for the same request; `codes` are the codes of lists in it, as (argument, list, code).
    """

    row: str | None
    version: int | None
    key: str
    inputs: Mapping[str, Any]
    payload: str
    codes: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What a deed came to: the ids of the rows it gives back, by noun."""

    given: Mapping[str, str]
    repeated: bool = False


class Doing:
    """Does verbs over one base."""

    def __init__(
        self,
        base: Base,
        acts: Mapping[str, Act],
        *,
        seal: Seal,
        now: Callable[[], dt.datetime],
        agreements: Mapping[str, Exchange],
        cursors: Cursors | None = None,
    ) -> None:
        self.base, self.acts, self.seal = base, acts, seal
        self.now, self.agreements, self.cursors = now, agreements, cursors

    async def __call__(self, verb: str, request: Request, viewer: Viewer) -> Done:
        """Do it, or find that it was done. Who stops waiting does not stop it once it has begun.

        Forbidden (HUB-403) without the verb's permission; KeyReused (HUB-119) for another request under this key;
        NoSuchRow (HUB-702); VersionConflict (HUB-505) when the row is not at the version it was seen at; UnknownCode
        (HUB-214); whatever the procedure refuses.
        """
        act = self.acts[verb]
        if not viewer.may(act.verb.permission):
            raise Forbidden(permission=act.verb.permission)
        for left in reversed(range(TRIES)):
            attempt = _Attempt(self, act, request, viewer, self.now())
            try:
                return await attempt.made()
            except (VersionConflict, Refused):
                if not (left and attempt.decided):
                    raise
        raise VersionConflict


@dataclass(slots=True)
class _Attempt:
    doing: Doing
    act: Act
    request: Request
    viewer: Viewer
    now: dt.datetime
    decided: bool = False
    """Whether the deed was judged: what is refused afterwards is refused because of what others wrote meanwhile."""
    done: Done = field(default_factory=lambda: Done({}))

    async def made(self) -> Done:
        mine = self.viewer.scope.organisations
        organisation = mine[0] if len(mine) == 1 else None
        ledger = self.doing.base.ledger
        await ledger.transact(self._decide, actor=self.viewer.role, now=self.now, organisation=organisation)
        return self.done

    async def _decide(self, connection: AsyncConnection) -> Sequence[Change]:
        cases = await self._cases(connection)
        await self.doing.base.ledger.hold(connection, [*cases, f"{self._principal} {self._key}"])
        receipt = await self._receipt(connection)
        if receipt is not None:
            self.done = self._repeated(receipt)
            return []
        await self._check_codes(connection)
        deed = self._deed(connection)
        row = await self._row(deed)
        await self.act.procedure(deed, *([row] if row else []), **self.request.inputs)
        given = _given(self.act, deed, row)
        self.done = Done({noun: id_ for noun, id_ in given.items() if id_ is not None})
        self._write_receipt(deed)
        await move_alerts(connection, deed.draft)
        self.decided = True
        return deed.draft.changes()

    def _deed(self, connection: AsyncConnection) -> Deed:
        doing = self.doing
        draft = Draft(doing.base)
        return Deed(
            self.viewer, self.now, connection, doing.base, doing.seal, doing.agreements, draft, cursors=doing.cursors
        )

    async def _row(self, deed: Deed) -> Row | None:
        subject = self.act.verb.subject
        if subject is None or self.request.row is None:
            return None
        row = await deed.row(subject, self.request.row)
        if row.version != self.request.version:
            raise VersionConflict
        return row

    async def _cases(self, connection: AsyncConnection) -> list[str]:
        """The cases of the row, before anything of it is believed."""
        subject = self.act.verb.subject
        if subject is None or self.request.row is None:
            return []
        asked = cases_of(self.doing.base, subject, self.request.row)
        return [] if asked is None else [id_ for id_ in (await connection.execute(asked)).scalars() if id_]

    async def _check_codes(self, connection: AsyncConnection) -> None:
        codes, today = self.doing.base.metadata.tables["codes"], self.now.astimezone(SHANGHAI).date()
        for argument, name, code in self.request.codes:
            asked = sa.select(codes.c.id).where(
                codes.c.id == f"code_{name}_{code}",
                sa.or_(codes.c.valid_from.is_(None), codes.c.valid_from <= today),
                sa.or_(codes.c.valid_to.is_(None), codes.c.valid_to >= today),
            )
            if (await connection.execute(asked)).first() is None:
                error = UnknownCode(list=name)
                error.argument = argument
                raise error

    # --- receipts ----------------------------------------------------------------------------------------------------
    @property
    def _principal(self) -> str:
        return self.doing.seal.fingerprint(f"principal\t{self.viewer.name}\t{self.viewer.subject}")

    @property
    def _key(self) -> str:
        return self.doing.seal.fingerprint(f"key\t{self.request.key}")

    @property
    def _payload(self) -> str:
        return self.doing.seal.fingerprint(f"{self.act.verb.name}\t{self.request.payload}")

    async def _receipt(self, connection: AsyncConnection) -> Mapping[Any, Any] | None:
        table = self.doing.base.metadata.tables["receipts"]
        asked = sa.select(table).where(table.c.principal == self._principal, table.c.key == self._key)
        return (await connection.execute(asked)).mappings().first()

    def _repeated(self, receipt: Mapping[Any, Any]) -> Done:
        if receipt["payload"] != self._payload:
            raise KeyReused
        return Done({noun: id_ for noun, id_, _ in orjson.loads(receipt["outcome"])}, repeated=True)

    def _write_receipt(self, deed: Deed) -> None:
        outcome = [[noun, id_, deed.version_of(id_)] for noun, id_ in self.done.given.items()]
        values = {
            "principal": self._principal,
            "key": self._key,
            "verb": self.act.verb.name,
            "payload": self._payload,
            "outcome": orjson.dumps(outcome).decode(),
            "done_at": self.now,
        }
        deed.draft.insert(Receipt, values, event=None)


def _given(act: Act, deed: Deed, row: Row | None) -> dict[str, str | None]:
    """The rows given back: those that the procedure said, the one it changed, new ones, and those it links to."""
    found: dict[str, str | None] = {}
    for noun in act.verb.gives:
        name = noun.declared.name
        itself = row.id if row is not None and row.noun is noun else None
        found[name] = deed.given.get(name) or itself or deed.new.get(name) or _linked(row, name)
    return found


def _linked(row: Row | None, noun: str) -> str | None:
    if row is None:
        return None
    links = [each for each in row.members.values() if isinstance(each, LinkMember) and each.targets == (noun,)]
    return row[links[0].name] if links else None


def cases_of(base: Base, noun: type[Entity], id_: str) -> sa.Select[Any] | sa.CompoundSelect[Any] | None:
    """What asks for the ids of the cases that the row belongs to, by the words of its scope."""
    resolved = base.model[noun.declared.name]
    if resolved.name == "Case":
        return sa.select(sa.literal(id_))
    paths = [word.paths[0].split(".") for word in resolved.scope if word.word is Word.OF_CASE]
    found = [_case_at(base, resolved, path, id_) for path in paths]
    return sa.union_all(*found) if found else None


def _case_at(base: Base, noun: Noun, path: Sequence[str], id_: str) -> sa.Select[Any]:
    """The column at the end of a path of links, for the row of this id."""
    tables, model = base.metadata.tables, base.model
    row: sa.FromClause = tables[noun.table].alias()
    first, source = row, row
    for step in path[:-1]:
        link = _link(model, noun, step)
        noun = model[link.targets[0]]
        behind = tables[noun.table].alias()
        source, row = source.join(behind, behind.c.id == row.c[link.column]), behind
    return sa.select(row.c[_link(model, noun, path[-1]).column]).select_from(source).where(first.c.id == id_)


def _link(model: Model, noun: Noun, name: str) -> LinkMember:
    member = model[noun.name].members[name]
    if not isinstance(member, LinkMember):
        raise TypeError(f"{noun.name}.{name} is no link")
    return member
