"""Candidates: cases that may be one dispute, ranked for a person; and what a person decides of them (R68, R69).

Only a pair of identified parties links by itself. For a case that lacks one, those that share a name or a telephone
of a party, the dispute type and the window are proposed, the more alike the higher.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.arrivals import Desk
from hub.procedures.drafts import Draft
from hub.rules.linking import WINDOW
from hub.schema.links import Candidate, CandidateState
from hub.store.dialects import listed

Stored = Mapping[Any, Any]
_Scored = tuple[int, Mapping[str, Any], Mapping[str, Any], Mapping[str, float]]
"""How alike, the older and the newer case, and why."""

LEAST = 40
"""Candidates less alike than this are not worth a person's time [D]."""

MOST = 5
"""Candidates that a new case is given, the most alike: nobody looks at more [D]."""

_MOST_PER_MARK = 50
"""Parties that share a name or telephone: one that more have, as an operator's, says nothing and is left out."""
_SHARES = {"phone": 40, "name": 30, "place": 10, "text": 20}
"""What each ground is worth at most, of 100 [D]."""


async def propose(desk: Desk, connection: AsyncConnection, draft: Draft, cases: Iterable[str]) -> int:
    """Propose candidates for cases that were opened without a pair of identified parties; how many are new."""
    mine = sorted(set(cases))
    if not mine:
        return 0
    sides = await _parties(desk, connection, "case_id", mine)
    marks = {mark for party in sides for mark in _marks(party)}
    beside = [
        *await _sharing(desk, connection, "name_hash", [value for kind, value in marks if kind == "name"]),
        *await _sharing(desk, connection, "phone_hash", [value for kind, value in marks if kind == "phone"]),
    ]
    pairs = _pairs(sides, beside)
    rows = await _cases(desk, connection, {case for pair in pairs for case in pair})
    known = await _known(desk, connection, pairs)
    found: list[_Scored] = []
    for pair, grounds in sorted(pairs.items()):
        one, other = (rows.get(case) for case in pair)
        if one is None or other is None or not _comparable(one, other):
            continue
        older, newer = sorted((one, other), key=lambda row: (row["registered_at"], row["number"]))
        told = grounds | _alike(older, newer)
        score = min(100, round(sum(told.values())))
        if score >= LEAST:
            found.append((score, older, newer, told))
    new = [each for each in _best(found, mine) if (each[1]["id"], each[2]["id"]) not in known]
    for each in new:
        draft.insert(Candidate, _values(desk, *each))
    return len(new)


def _best(found: Iterable[_Scored], mine: Iterable[str]) -> list[_Scored]:
    """Those that are among the most alike of one of the cases."""
    left, kept = dict.fromkeys(mine, MOST), list[_Scored]()
    for each in sorted(found, key=lambda each: (-each[0], each[1]["number"], each[2]["number"])):
        cases = [case for case in (each[1]["id"], each[2]["id"]) if left.get(case)]
        for case in cases:
            left[case] -= 1
        kept += [each] if cases else []
    return kept


def _values(desk: Desk, score: int, older: Stored, newer: Stored, grounds: Mapping[str, float]) -> dict[str, Any]:
    return {
        "case": older["id"],
        "other": newer["id"],
        "score": score,
        "grounds": " ".join(sorted(name for name, value in grounds.items() if value >= 1)),
        "state": CandidateState.PROPOSED,
        "proposed_at": desk.now,
        "decided_at": None,
        "decided_by": None,
    }


async def _parties(desk: Desk, connection: AsyncConnection, column: str, values: Sequence[str]) -> list[Stored]:
    table = desk.table("parties")
    names = ("case_id", "name_hash", "phone_hash", "identity_hash")
    if not values:
        return []
    asked = sa.select(*(table.c[name] for name in names)).where(
        listed(table.c[column], values), table.c.left_at.is_(None)
    )
    return list((await connection.execute(asked)).mappings().all())


async def _sharing(desk: Desk, connection: AsyncConnection, column: str, values: Sequence[str]) -> list[Stored]:
    """The parties that share one of these marks, unless so many share it that it says nothing."""
    mark = desk.table("parties").c[column]
    if not values:
        return []
    shared = sa.select(mark).where(listed(mark, values)).group_by(mark)
    telling = shared.having(sa.func.count().between(2, _MOST_PER_MARK))
    return await _parties(desk, connection, column, list((await connection.execute(telling)).scalars()))


def _marks(party: Stored) -> list[tuple[str, str]]:
    found = [("name", party["name_hash"]), ("phone", party["phone_hash"])]
    return [(kind, value) for kind, value in found if value]


def _pairs(sides: Iterable[Stored], beside: Iterable[Stored]) -> dict[tuple[str, str], dict[str, float]]:
    """Pairs of cases and what their parties share. Equal names of two identities are two people: they share nothing."""
    by_mark: dict[tuple[str, str], list[Stored]] = {}
    for party in beside:
        for mark in _marks(party):
            by_mark.setdefault(mark, []).append(party)
    found: dict[tuple[str, str], dict[str, float]] = {}
    for party in sides:
        for kind, value in _marks(party):
            for other in by_mark.get((kind, value), ()):
                if other["case_id"] == party["case_id"] or (kind == "name" and _are_two(party, other)):
                    continue
                one, two = sorted((party["case_id"], other["case_id"]))
                grounds = found.setdefault((one, two), {})
                grounds[f"{kind} {value}"] = _SHARES[kind]
    return {pair: _summed(grounds) for pair, grounds in found.items()}


def _summed(grounds: Mapping[str, float]) -> dict[str, float]:
    summed: dict[str, float] = {}
    for ground, value in grounds.items():
        kind = ground.partition(" ")[0]
        summed[kind] = summed.get(kind, 0) + value
    return summed


def _are_two(one: Stored, other: Stored) -> bool:
    return bool(one["identity_hash"] and other["identity_hash"] and one["identity_hash"] != other["identity_hash"])


async def _cases(desk: Desk, connection: AsyncConnection, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The cases that are merged into none, with the days of their records."""
    wanted, table, records = sorted(ids), desk.table("cases"), desk.table("source_records")
    if not wanted:
        return {}
    asked = sa.select(
        *(table.c[name] for name in ("id", "number", "registered_at", "dispute_type", "town", "district", "title")),
        table.c.narrative,
    ).where(listed(table.c.id, wanted), table.c.state != "MERGED")
    found = {row["id"]: {**row, "days": []} for row in (await connection.execute(asked)).mappings()}
    days = sa.select(records.c.case_id, records.c.happened_on).where(
        listed(records.c.case_id, wanted), records.c.happened_on.is_not(None)
    )
    for case, day in (await connection.execute(days)).all():
        if case in found:
            found[case]["days"].append(day)
    return found


async def _known(desk: Desk, connection: AsyncConnection, pairs: Mapping[tuple[str, str], Any]) -> set[tuple[str, str]]:
    """Candidates that were proposed already, whatever became of them."""
    table, cases = desk.table("candidates"), sorted({case for pair in pairs for case in pair})
    if not cases:
        return set()
    asked = sa.select(table.c.case_id, table.c.other_id).where(listed(table.c.case_id, cases))
    return {(case, other) for case, other in (await connection.execute(asked)).all()}


def _comparable(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one["dispute_type"] == other["dispute_type"] and any(
        abs(day - beside) <= WINDOW for day in one["days"] for beside in other["days"]
    )


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, float]:
    """How alike two cases are beside their parties: place, and what is told of them (masked, as everybody sees it)."""
    place = (
        1.0 if one["town"] and one["town"] == other["town"] else 0.5 if one["district"] == other["district"] else 0.0
    )
    text = fuzz.token_set_ratio(_story(one), _story(other)) / 100
    return {"place": _SHARES["place"] * place, "text": _SHARES["text"] * text}


def _story(case: Mapping[str, Any]) -> str:
    return str(case["narrative"] or case["title"])
