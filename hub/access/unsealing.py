"""Opening sealed values: for a purpose, by who handles the case, or for a reason; each opening recorded first."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.access.viewers import OPEN, Viewer
from hub.errors import BadText, Forbidden, HubError, OpeningNotRecorded, PurposeNeeded
from hub.schema.model import LEVELS, Model, Noun
from hub.schema.openings import Opening, OpeningPurpose
from hub.store.base import faults
from hub.store.ledger import Insert, Ledger
from hub.store.plan import Hole
from hub.store.seal import Seal, context_of

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Declared:
    """What an operation declares with `@opening`."""

    purpose: OpeningPurpose
    reason: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One sealed value that is asked for: its row, its sealed text, the case it belongs to."""

    id: str
    sealed: str | None
    case: str | None


class Openings:
    """Opens sealed values over one base."""

    def __init__(
        self,
        engine: AsyncEngine,
        metadata: sa.MetaData,
        model: Model,
        *,
        ledger: Ledger,
        seal: Seal,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._engine, self._metadata, self._model = engine, metadata, model
        self._ledger, self._seal, self._now = ledger, seal, now

    def __call__(self, viewer: Viewer, declared: Mapping[str, Any] | None) -> "Opener":
        """Who opens for this operation. Forbidden without the permission, PurposeNeeded without a purpose."""
        if not viewer.may(OPEN):
            raise Forbidden(permission=OPEN)
        if declared is None:
            raise PurposeNeeded
        return Opener(self, viewer, _declared(declared))

    async def handlers(self, noun: Noun, rows: Sequence[Row]) -> dict[str, str | None]:
        """Per row the organisation that handles it: that of its case, or of the row itself."""
        case = self._model["Case"]
        handled, ids = (case, {row.case for row in rows if row.case}) if noun.members.get("case") else (noun, set())
        if noun.declared.handled_by:
            handled, ids = noun, {row.id for row in rows}
        link = handled.declared.handled_by
        if link is None or not ids:
            return {}
        table = self._metadata.tables[handled.table]
        asked = sa.select(table.c.id, table.c[f"{link}_id"]).where(table.c.id.in_(sorted(ids)))
        with faults(self._metadata):
            async with self._engine.connect() as connection:
                return {row[0]: row[1] for row in await connection.execute(asked)}

    async def near(self, noun: Noun, ids: Sequence[str], viewer: Viewer) -> set[str]:
        """Which rows of a public noun lie within the viewer's own region or organisation."""
        table = self._metadata.tables[noun.table]
        ways = [table.c[level].in_(getattr(viewer.scope, level)) for level in LEVELS if level in table.c]
        if "organisation_id" in table.c:
            ways.append(table.c.organisation_id.in_(viewer.scope.organisations))
        ways.append(table.c.id.in_(viewer.scope.organisations))
        asked = sa.select(table.c.id).where(table.c.id.in_(ids), sa.or_(*ways))
        with faults(self._metadata):
            async with self._engine.connect() as connection:
                return set((await connection.execute(asked)).scalars())

    async def record(self, viewer: Viewer, declared: Declared, hole: Hole, rows: Sequence[Row]) -> None:
        """One record per opening, all or none. OpeningNotRecorded: nothing may be shown."""
        now = self._now()
        inserts = [
            Insert(
                Opening,
                {
                    "case": row.case,
                    "subject": row.id,
                    "field": hole.member.name,
                    "viewer": viewer.name,
                    "principal": viewer.subject,
                    "purpose": declared.purpose,
                    "reason": declared.reason,
                    "opened_at": now,
                },
            )
            for row in rows
        ]
        try:
            await self._ledger.write(inserts, actor=viewer.role, now=now)
        except HubError as error:
            raise OpeningNotRecorded from error

    def open(self, noun: Noun, member: str, row: Row) -> str | None:
        """The value itself."""
        if row.sealed is None:
            return None
        return self._seal.open(row.sealed, context_of(noun.table, member, row.id))


class Opener:
    """Fills the sealed holes of one operation."""

    def __init__(self, openings: Openings, viewer: Viewer, declared: Declared) -> None:
        self._openings, self._viewer, self._declared = openings, viewer, declared

    async def fill(self, hole: Hole, rows: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The opened values in the order of the rows; an error where one may not be opened."""
        asked = [Row(each[0], each[1], each[2] if len(each) > 2 else None) for each in rows]
        refused = await self._refused(hole, asked)
        opened = [row for row in asked if row.id not in refused and row.sealed is not None]
        distinct = list({row.id: row for row in opened}.values())
        if distinct:
            await self._openings.record(self._viewer, self._declared, hole, distinct)
        return [refused.get(row.id) or self._value(hole, row) for row in asked]

    def _value(self, hole: Hole, row: Row) -> Any:
        try:
            return self._openings.open(hole.noun, hole.member.name, row)
        except HubError as error:
            return error

    async def _refused(self, hole: Hole, rows: Sequence[Row]) -> dict[str, HubError]:
        """Whom the case is not handled by says why; sealed values of public registers are opened near home only."""
        refused: dict[str, HubError] = {}
        if hole.noun.is_public:
            near = await self._openings.near(hole.noun, [row.id for row in rows], self._viewer)
            refused = {row.id: Forbidden(permission=OPEN) for row in rows if row.id not in near}
        if self._declared.reason is not None:
            return refused
        handlers = await self._openings.handlers(hole.noun, rows)
        mine = self._viewer.scope.organisations
        for row in rows:
            if handlers.get(row.case or row.id) not in mine:
                refused.setdefault(row.id, PurposeNeeded())
        return refused


def _declared(given: Mapping[str, Any]) -> Declared:
    reason = given.get("reason")
    if reason is not None and not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise BadText
    name = given["purpose"]
    return Declared(OpeningPurpose[str(getattr(name, "name", name))], reason)


__all__ = ["Declared", "Opener", "Openings"]
