"""Conflicts of acceptance: whether another body has taken up the same dispute already (R68).

It looks beyond what the asker may see, and tells of each conflict no more than its number, who has it and since when.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.predicates import Predicates, shape_of, values_of
from hub.access.viewers import CASES, Viewer
from hub.errors import Forbidden, MalformedId, NoSuchRow
from hub.procedures.configuration import Base
from hub.schema.cases import CaseState
from hub.schema.conflicts import AcceptanceConflict
from hub.store.base import faults

_OVER = tuple(
    state.name
    for state in (
        *(CaseState.REGISTERED, CaseState.SUPPLEMENT, CaseState.NOT_ACCEPTED, CaseState.MERGED),
        *(CaseState.WITHDRAWN, CaseState.FAILED, CaseState.CLOSED, CaseState.CLOSED_FAILED),
    )
)
"""States in which nobody has accepted a case, or has any longer."""

MOST_CONFLICTS = 20


async def acceptance_conflicts(base: Base, viewer: Viewer, case: str) -> list[AcceptanceConflict]:
    """Open cases of the same parties and type, or of the same number at a court, that another body has accepted.

    Forbidden without the permission to act on cases; NoSuchRow for a case that the viewer does not see.
    """
    if not viewer.may(CASES):
        raise Forbidden(permission=CASES)
    noun = base.model["Case"]
    if not noun.id_pattern.fullmatch(case):
        raise MalformedId
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            mine = await _case(base, connection, viewer, case)
            return await _conflicts(base.metadata.tables, connection, mine)


async def _case(base: Base, connection: AsyncConnection, viewer: Viewer, case: str) -> Mapping[Any, Any]:
    noun = base.model["Case"]
    row = base.metadata.tables[noun.table].alias("r")
    predicate = Predicates(base.model, shape_of(viewer.scope, viewer.masks))(noun, "r")
    asked = sa.select(row.c.id, row.c.organisation_id, row.c.dispute_type).where(row.c.id == case)
    asked = asked if predicate is None else asked.where(predicate)
    found = (await connection.execute(asked, values_of(viewer.scope))).mappings().first()
    if found is None:
        raise NoSuchRow
    return found


async def _conflicts(tables: Any, connection: AsyncConnection, mine: Mapping[Any, Any]) -> list[AcceptanceConflict]:
    cases, bodies = tables["cases"], tables["organisations"]
    same = sa.union(_same_pair(tables, mine), _same_number(tables, mine)).subquery()
    asked = (
        sa.select(cases.c.number, bodies.c.name, sa.func.coalesce(cases.c.accepted_on, cases.c.registered_on))
        .join(bodies, bodies.c.id == cases.c.organisation_id)
        .where(
            cases.c.id.in_(sa.select(same.c.id)),
            cases.c.id != mine["id"],
            cases.c.organisation_id != mine["organisation_id"],
            cases.c.state.not_in(_OVER),
        )
        .order_by(cases.c.number)
        .limit(MOST_CONFLICTS)
    )
    return [AcceptanceConflict(row[0], row[1], row[2].isoformat()) for row in await connection.execute(asked)]


def _same_pair(tables: Any, mine: Mapping[Any, Any]) -> sa.Select[Any]:
    """Cases of the type in which somebody of either side is somebody of a side here."""
    cases = tables["cases"]
    sides = []
    for role in ("APPLICANT", "RESPONDENT"):
        here, there = tables["parties"].alias(), tables["parties"].alias()
        known = sa.select(here.c.identity_hash).where(
            here.c.case_id == mine["id"],
            here.c.role == role,
            here.c.identity_hash.is_not(None),
            here.c.left_at.is_(None),
        )
        held = sa.select(there.c.case_id).where(there.c.identity_hash.in_(known), there.c.left_at.is_(None))
        sides.append(cases.c.id.in_(held))
    return sa.select(cases.c.id).where(cases.c.dispute_type == mine["dispute_type"], *sides)


def _same_number(tables: Any, mine: Mapping[Any, Any]) -> sa.Select[Any]:
    """Cases with a referral of the same number at the same court."""
    here, there = tables["referrals"].alias(), tables["referrals"].alias()
    together = sa.and_(here.c.court_number == there.c.court_number, here.c.court_id == there.c.court_id)
    return sa.select(there.c.case_id.label("id")).join(here, together).where(here.c.case_id == mine["id"])
