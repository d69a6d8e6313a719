"""Merges: what merging and parting make of states, limits and referrals, many at once (R69).

Referrals go to the case that stays, with their limits, and back to their own when it is one again; a case keeps its own
limits. As MERGE, ABSORB and UNMERGE of the machine say, which lets a connector do all three from every state.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.arrivals import Desk
from hub.procedures.beginnings import MERGED, begin
from hub.procedures.drafts import Draft
from hub.procedures.linking import Cases, Dispute
from hub.procedures.telling import EVENTS, told
from hub.rules.actions import CaseAction
from hub.rules.cases import furthest
from hub.rules.merging import Absorbed, alone
from hub.schema.cases import Case, CaseState
from hub.schema.deadlines import Deadline, DeadlineState
from hub.schema.events import EventType, Fact
from hub.schema.links import Merge, MergeBasis
from hub.schema.referrals import Referral
from hub.store.dialects import listed

Stored = Mapping[Any, Any]


@dataclass(slots=True)
class Moves:
    """What goes along: referrals with the case they are of now, the limits of these, and the days for undoing."""

    referrals: list[tuple[Stored, str]] = field(default_factory=list)
    deadlines: list[tuple[Stored, str]] = field(default_factory=list)
    undoing: dict[tuple[str, str], Stored] = field(default_factory=dict)


async def read_moves(
    desk: Desk,
    connection: AsyncConnection,
    disputes: Sequence[Dispute],
    cases: Cases,
    going: Mapping[str, str],
) -> Moves:
    """What merging these cases moves; `going` are the referrals of records, which go with their record, and where."""
    fresh = cases.rows.keys() - cases.merges.keys()
    joining = {case: dispute.live for dispute in disputes for case in dispute.beside if case in fresh}
    leaving = {case: dispute.live for dispute in disputes for case in _leaving(dispute, cases)}
    found = Moves(undoing=await _undoing(desk, connection, leaving))
    left = {cases.merges[case]["survivor_id"] for case in leaving}
    rows = [row for row in await _referrals(desk, connection, {*joining, *left}) if row["id"] not in going]
    homes = await _homes(desk, connection, rows if leaving else [])
    for row in rows:
        case = leaving.get(homes.get(row["id"], "")) or joining.get(row["case_id"])
        if case is not None and case != row["case_id"]:
            found.referrals.append((row, case))
    where = {**going, **{row["id"]: case for row, case in found.referrals}}
    found.deadlines = [(row, where[row["referral_id"]]) for row in await _deadlines(desk, connection, where)]
    return found


def write_moves(draft: Draft, moves: Moves) -> None:
    """Give the referrals and their limits the case they are of now."""
    for row, case in moves.referrals:
        draft.update(Referral, row["id"], row["version"], {"case": case})
    for row, case in moves.deadlines:
        draft.update(Deadline, row["id"], row["version"], {"case": case}, event=None)


def write_merges(desk: Desk, draft: Draft, dispute: Dispute, cases: Cases, moves: Moves, *, basis: MergeBasis) -> None:
    """Merge the cases beside the dispute's own into it, and end what merged its own case elsewhere."""
    for case in _leaving(dispute, cases):
        merge = cases.merges[case]
        ended = {"undone_at": desk.now, "undone_by": desk.actor}
        draft.update(Merge, merge["id"], merge["version"], ended, event=EventType.CASES_PARTED)
        if case == dispute.live:
            _end_undoing(desk, draft, case, moves)
    for case in _joining(dispute, cases):
        _merge(desk, draft, case, dispute.live, cases, basis=basis)
        _begin_undoing(desk, draft, case, moves)


def following(dispute: Dispute, cases: Cases) -> tuple[dict[str, Any], EventType, list[Fact]]:
    """The state that the case that stays has then, if it is another, with its event and what that tells."""
    row = cases.rows[dispute.live]
    before, after = CaseState[row["state"]], _after(dispute, cases)
    if before is after:
        return {}, EventType.CASE_CHANGED, []
    absorbs = dispute.live not in cases.merges and bool(_joining(dispute, cases))
    action = CaseAction.ABSORB if absorbs else CaseAction.UNMERGE
    return {"state": after}, EVENTS[action], told(action, before, after)


def _after(dispute: Dispute, cases: Cases) -> CaseState:
    here = {case: _alone(case, cases) for case in (dispute.live, *dispute.beside)}
    states = [state for case, (state, _) in here.items() if _counts(case, here, cases)]
    return furthest(*states)


def _counts(case: str, here: Mapping[str, tuple[CaseState, frozenset[str]]], cases: Cases) -> bool:
    """Not where the case that it is merged into has gone on by itself since."""
    merge = cases.merges.get(case)
    return merge is None or merge["survivor_id"] not in here or case in here[merge["survivor_id"]][1]


def _alone(case: str, cases: Cases) -> tuple[CaseState, frozenset[str]]:
    """The state that a case has by itself, and the cases whose states it carries."""
    row, merge = cases.rows.get(case), cases.merges.get(case)
    if row is None:
        return CaseState.REGISTERED, frozenset()
    if merge is not None:
        return CaseState[merge["state_before"]], frozenset()
    return alone(CaseState[row["state"]], [_absorbed(each) for each in cases.into(case)])


def _absorbed(merge: Stored) -> Absorbed:
    before = merge["survivor_before"]
    return Absorbed(merge["merged_id"], CaseState[merge["state_before"]], before and CaseState[before])


def _leaving(dispute: Dispute, cases: Cases) -> list[str]:
    """The cases of the dispute that are merged into another now."""
    merged = [case for case in (dispute.live, *dispute.beside) if case in cases.merges]
    return [case for case in merged if case == dispute.live or cases.merges[case]["survivor_id"] != dispute.live]


def _joining(dispute: Dispute, cases: Cases) -> list[str]:
    """The cases beside it that are not merged into it yet."""
    merges = cases.merges
    return [case for case in dispute.beside if merges.get(case, {}).get("survivor_id") != dispute.live]


def _merge(desk: Desk, draft: Draft, case: str, survivor: str, cases: Cases, *, basis: MergeBasis) -> None:
    before, row = _alone(case, cases)[0], cases.rows.get(case)
    values = {
        "survivor": survivor,
        "merged": case,
        "basis": basis,
        "merged_at": desk.now,
        "merged_by": desk.actor,
        "state_before": before.name,
        "survivor_before": _alone(survivor, cases)[0].name,
    }
    draft.insert(Merge, values, facts=[Fact("merged", id=case)])
    if row is not None and row["state"] != CaseState.MERGED.name:
        said = [*told(CaseAction.MERGE, before, CaseState.MERGED), Fact("survivor", id=survivor)]
        draft.update(
            Case, case, row["version"], {"state": CaseState.MERGED}, event=EVENTS[CaseAction.MERGE], facts=said
        )


def _begin_undoing(desk: Desk, draft: Draft, case: str, moves: Moves) -> None:
    """A merge begins the days for undoing it; where they ran from an earlier one, anew."""
    begin(desk, draft, [rule for rule in MERGED if (case, rule.name) not in moves.undoing], case=case)
    for rule in MERGED:
        row = moves.undoing.get((case, rule.name))
        if row is not None and rule in desk.limits:
            draft.update(Deadline, row["id"], row["version"], {**desk.limits[rule], "overdue_on": None})


def _end_undoing(desk: Desk, draft: Draft, case: str, moves: Moves) -> None:
    ended = {"state": DeadlineState.ENDED, "ended_on": desk.today}
    for rule in MERGED:
        row = moves.undoing.get((case, rule.name))
        if row is not None:
            draft.update(Deadline, row["id"], row["version"], ended, facts=[Fact("rule", code=rule.name)])


async def _undoing(desk: Desk, connection: AsyncConnection, cases: Iterable[str]) -> dict[tuple[str, str], Stored]:
    """The days for undoing that have not ended, by case and rule."""
    table, ids = desk.table("deadlines"), sorted(cases)
    mine = table.c.rule.in_([rule.name for rule in MERGED]) & (table.c.state != DeadlineState.ENDED.name)
    rows = await _read(connection, sa.select(table).where(listed(table.c.case_id, ids), mine), ids)
    return {(row["case_id"], row["rule"]): row for row in rows}


async def _referrals(desk: Desk, connection: AsyncConnection, cases: Iterable[str]) -> list[Stored]:
    table, ids = desk.table("referrals"), sorted(cases)
    return await _read(connection, sa.select(table).where(listed(table.c.case_id, ids)), ids)


async def _deadlines(desk: Desk, connection: AsyncConnection, referrals: Iterable[str]) -> list[Stored]:
    table, ids = desk.table("deadlines"), sorted(referrals)
    return await _read(connection, sa.select(table).where(listed(table.c.referral_id, ids)), ids)


async def _homes(desk: Desk, connection: AsyncConnection, referrals: Iterable[Stored]) -> dict[str, str]:
    """The case that each referral began in, as the log has it."""
    table, ids = desk.table("events"), sorted(row["id"] for row in referrals)
    first = (EventType.REFERRAL_DRAFTED.name, EventType.REFERRAL_ISSUED.name)
    asked = sa.select(table.c.subject_id, table.c.case_id).where(
        listed(table.c.subject_id, ids), table.c.type.in_(first)
    )
    found: dict[str, str] = {}
    for row in await _read(connection, asked.order_by(table.c.seq), ids):
        found.setdefault(row["subject_id"], row["case_id"])
    return found


async def _read(connection: AsyncConnection, asked: sa.Select[Any], ids: Sequence[str]) -> list[Stored]:
    """The rows; nothing is asked where there is nothing to ask for."""
    return list((await connection.execute(asked)).mappings()) if ids else []
