"""Applying configuration: seeds become rows by a deed, and a second time nothing changes."""

import datetime as dt
import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.access.viewers import KIND as VIEWER
from hub.errors import BadConfiguration
from hub.procedures.cycles import CYCLE, DUTY, KEY_PERIOD
from hub.procedures.outlet_policies import OUTLET
from hub.procedures.places import SeedRow
from hub.procedures.rows import INDICATOR, JOB, LIMITS, rows_of
from hub.procedures.seeds import Seeds
from hub.procedures.thresholds import SUPERVISION
from hub.procedures.timing import CALENDAR, TIME_LIMIT
from hub.schema.codes import Code
from hub.schema.declare import Entity
from hub.schema.events import Fact
from hub.schema.model import LinkMember, Member, Model
from hub.schema.policies import Policy
from hub.settings import Limits, fit
from hub.store.base import faults
from hub.store.dialects import listed
from hub.store.ledger import MOST, Change, Insert, Ledger, Update, batches

_ENDING = (VIEWER, JOB, INDICATOR, TIME_LIMIT, CALENDAR, CYCLE, KEY_PERIOD, DUTY, SUPERVISION, OUTLET)
"""Kinds of policies that end when the files no longer name them."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of the rows that configuration says: counts, by what happened."""

    inserted: int = 0
    updated: int = 0
    ended: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Base:
    """An open information base and the ledger that writes to it."""

    engine: AsyncEngine
    metadata: sa.MetaData
    model: Model
    ledger: Ledger


async def apply(base: Base, seeds: Seeds, limits: Limits, *, actor: str, now: dt.datetime) -> Applied:
    """Write what differs from the base, in deeds of at most 500 rows; a repeat after a break goes on where it ended.

    A row that left the files stays as it is, except a viewer (whoever is no longer named can no longer see), what was
    otherwise with a job, an indicator, a time limit, a year of the calendar, a cycle, a key period, a duty to meet,
    what is supervised and an outlet: those end yesterday.
    Raises BadConfiguration (HUB-701) for a name that names nothing and for ending a code that a rule names,
    VersionConflict (HUB-505) or Refused (HUB-510) when somebody applies at the same time.
    """
    rows = rows_of(seeds, limits)
    async with _reading(base) as connection:
        stored = await _stored(connection, base, rows)
        gone = await _gone(connection, base, rows, now.date())
    changes = [change for row in rows if (change := _change(row, stored.get(row.id), base)) is not None]
    yesterday = now.date() - dt.timedelta(1)
    ended = [
        Update(Policy, id_, version, {"valid_to": yesterday}, facts=[Fact(kind, code=name)])
        for id_, version, kind, name in gone
    ]
    for batch in batches([*changes, *ended]):
        await base.ledger.write(batch, actor=actor, now=now)
    inserted = sum(isinstance(change, Insert) for change in changes)
    return Applied(inserted, len(changes) - inserted, len(ended), len(rows) - len(changes))


async def read_limits(connection: AsyncConnection, policies: sa.Table) -> Limits | None:
    """The limits that were applied; None before the first time. `policies` is the table of policy rows."""
    asked = sa.select(policies.c.body).where(policies.c.kind == LIMITS, policies.c.name == "default")
    body = (await connection.execute(asked)).scalar()
    return None if body is None else fit(Limits, orjson.loads(body), "policy limits")


@asynccontextmanager
async def _reading(base: Base) -> AsyncIterator[AsyncConnection]:
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            yield connection


async def _stored(connection: AsyncConnection, base: Base, rows: Sequence[SeedRow]) -> dict[str, Mapping[str, Any]]:
    """The rows that are there already, by id."""
    found: dict[str, Mapping[str, Any]] = {}
    for noun, group in groupby(rows, key=lambda row: row.noun):
        table, ids = _table(base, noun), [row.id for row in group]
        for start in range(0, len(ids), MOST):
            asked = sa.select(table).where(listed(table.c.id, ids[start : start + MOST]))
            found |= {row["id"]: row for row in (await connection.execute(asked)).mappings()}
    return found


async def _gone(
    connection: AsyncConnection, base: Base, rows: Sequence[SeedRow], today: dt.date
) -> list[tuple[str, int, str, str]]:
    """Id, version, kind and name of policies in force that the files no longer name, of kinds that end then."""
    policies, named = _table(base, Policy), {row.id for row in rows}
    lasting = sa.or_(policies.c.valid_to.is_(None), policies.c.valid_to >= today)
    kinds = policies.c.kind.in_(_ENDING)
    marks = (policies.c.id, policies.c.version, policies.c.kind, policies.c.name)
    found = (await connection.execute(sa.select(*marks).where(kinds, lasting).order_by(policies.c.id))).all()
    return [tuple(row) for row in found if row[0] not in named]


def _change(row: SeedRow, stored: Mapping[str, Any] | None, base: Base) -> Change | None:
    if row.noun is Code:
        _hold_named_by_rule(row, stored)
    if row.noun is Policy and row.values["kind"] == INDICATOR and stored is not None:
        _hold_formula(row, stored)
    facts = [Fact(row.values["kind"], code=row.values["name"])] if row.noun is Policy else []
    if stored is None:
        return Insert(row.noun, {"id": row.id, **row.values}, facts=facts)
    members = base.model[row.noun.declared.name].members
    changed = {
        name: value for name, value in row.values.items() if _stored_form(value) != stored[_column(members[name])]
    }
    return Update(row.noun, row.id, stored["version"], changed, facts=facts) if changed else None


def _hold_named_by_rule(row: SeedRow, stored: Mapping[str, Any] | None) -> None:
    was = stored is not None and stored["used_by_rule"]
    if (was or row.values["used_by_rule"]) and row.values["valid_to"] is not None:
        raise BadConfiguration(reason=f"{row.mark} is named by a rule and cannot be ended")
    if was and not row.values["used_by_rule"]:
        raise BadConfiguration(reason=f"{row.mark} is named by a rule, the mark cannot be taken away")


def _hold_formula(row: SeedRow, stored: Mapping[str, Any]) -> None:
    """Reports name the version they were made with: what it counts stays what it was."""
    now, was = orjson.loads(row.values["body"]), orjson.loads(stored["body"])
    if any(now[part] != was[part] for part in ("numerator", "denominator", "sum")):
        raise BadConfiguration(reason=f"{row.mark}: a changed formula is a new version")


def _table(base: Base, noun: type[Entity]) -> sa.Table:
    return base.metadata.tables[noun.declared.plural]


def _column(member: Member) -> str:
    return member.column if isinstance(member, LinkMember) else member.name


def _stored_form(value: Any) -> Any:
    return value.name if isinstance(value, enum.Enum) else value
