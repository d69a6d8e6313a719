"""What a person decides about cases: that two are one dispute, that they are not, that a merge was wrong (R69).

A decision is kept about two source records, the ones that opened the cases, and holds against any rule: what a person
joined stays joined after corrections, and what a person parted no later record brings together again.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NoSuchRow, Refused, VersionConflict
from hub.exchange_settings import Exchange
from hub.procedures.arrivals import Arrivals, Desk, stored_records
from hub.procedures.candidates import decided
from hub.procedures.configuration import Base
from hub.procedures.directory import read_directory
from hub.procedures.drafts import Draft
from hub.procedures.landing import relink, take_turn
from hub.procedures.neighbours import Neighbourhood, gather
from hub.schema.links import Candidate, CandidateState, MergeBasis, Verdict, VerdictKind
from hub.store.base import faults
from hub.store.ledger import batches
from hub.store.seal import Seal

Stored = Mapping[Any, Any]


async def decide_candidate(
    base: Base, candidate: str, *, version: int, confirmed: bool, seal: Seal, now: dt.datetime, actor: str
) -> None:
    """Confirm that two cases are one dispute, which merges them, or reject it, which keeps them apart for good.

    NoSuchRow (HUB-702); VersionConflict (HUB-505) when it was decided meanwhile.
    """
    desk = await _desk(base, seal, now, actor)
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            row = await _row(desk, connection, "candidates", candidate)
            if row["state"] != CandidateState.PROPOSED.name or row["version"] != version:
                raise VersionConflict
            draft = Draft(base)
            draft.update(Candidate, candidate, version, decided(desk, confirmed=confirmed))
            kind = VerdictKind.JOIN if confirmed else VerdictKind.PART
            await _rule(desk, connection, draft, (row["case_id"], row["other_id"]), kind)
    await _write(desk, draft)


async def undo_merge(base: Base, merge: str, *, version: int, seal: Seal, now: dt.datetime, actor: str) -> None:
    """Take a case out of the one it was merged into, for good: it has its number, state and parties again.

    NoSuchRow (HUB-702); VersionConflict (HUB-505) when the merge ended meanwhile.
    """
    desk = await _desk(base, seal, now, actor)
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            row = await _row(desk, connection, "merges", merge)
            if row["undone_at"] is not None or row["version"] != version:
                raise VersionConflict
            draft = Draft(base)
            await _rule(desk, connection, draft, (row["survivor_id"], row["merged_id"]), VerdictKind.PART)
    await _write(desk, draft)


async def _rule(
    desk: Desk, connection: AsyncConnection, draft: Draft, cases: tuple[str, str], kind: VerdictKind
) -> None:
    """Keep the decision about the records that opened the two cases, and bring the cases to it."""
    await take_turn(desk, connection, draft)
    table = desk.table("source_records")
    openers = await stored_records(desk, connection, table.c.opened_id.in_(cases))
    if len(openers) != len(set(cases)):
        raise Refused(constraint="cases without source records")
    around = await gather(desk, connection, openers)
    pair = frozenset(record.id for record in openers)
    _keep(desk, draft, around, pair, kind)
    arrivals = Arrivals()
    await relink(desk, connection, draft, arrivals, around, basis=MergeBasis.PERSON)


def _keep(desk: Desk, draft: Draft, around: Neighbourhood, pair: frozenset[str], kind: VerdictKind) -> None:
    one, other = sorted(pair)
    said = {"kind": kind.name, "decided_at": desk.now, "decided_by": desk.actor}
    stored = around.verdicts.get(pair)
    if stored is None:
        draft.insert(Verdict, {**said, "one": one, "other": other, "kind": kind}, event=None)
    else:
        draft.update(Verdict, stored["id"], stored["version"], {**said, "kind": kind}, event=None)
    around.verdicts[pair] = {**(stored or {}), "kind": kind.name}


async def _row(desk: Desk, connection: AsyncConnection, table: str, id_: str) -> Stored:
    rows = desk.table(table)
    found = (await connection.execute(sa.select(rows).where(rows.c.id == id_))).mappings().first()
    if found is None:
        raise NoSuchRow
    return found


async def _desk(base: Base, seal: Seal, now: dt.datetime, actor: str) -> Desk:
    """A desk of no agency: a person decides about what is there already."""
    return Desk(base, seal, _NOBODY, "", await read_directory(base), now, actor)


async def _write(desk: Desk, draft: Draft) -> None:
    for changes in batches(draft.changes()):
        await desk.base.ledger.write(changes, actor=desk.actor, now=desk.now)


_NOBODY = Exchange("", "case", "", "csv", (), (), (), "370400", {})
