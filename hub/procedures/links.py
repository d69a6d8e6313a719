"""What a person decides about cases: that two are one dispute, that they are not, that a merge was wrong (R69).

A decision is kept about two source records, the ones that opened the cases, and holds against any rule: what a person
joined stays joined after corrections, and what a person parted no later record brings together again.
"""

from typing import Annotated

from hub.access.acting import actor_of
from hub.access.viewers import LINK
from hub.errors import Refused, Settled
from hub.exchange_settings import Exchange
from hub.procedures.acting import facts_now, must_stand
from hub.procedures.arrivals import Arrivals, Desk, stored_records
from hub.procedures.beginnings import limits_at
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.directory import directory_at
from hub.procedures.drafts import Draft
from hub.procedures.landing import relink, take_turn
from hub.procedures.neighbours import Neighbourhood, gather
from hub.rules.actions import CaseAction
from hub.rules.cases import CASES
from hub.rules.standing import Standing
from hub.schema.cases import Case
from hub.schema.links import Candidate, CandidateState, Merge, MergeBasis, Verdict, VerdictKind


@verb(
    "裁定疑似同案：确认则并案，否定则不再归并 · Decide whether two cases are one dispute: they merge, or never will",
    changes=Candidate,
    gives=(Candidate, Case),
    permission=LINK,
)
async def decide_candidate(
    deed: Deed, candidate: Row, *, confirmed: Annotated[bool, "是否同一纠纷 · Whether they are one dispute"]
) -> None:
    """Settled (HUB-704) when it was decided already. Gives back the case that stays."""
    if candidate["state"] is not CandidateState.PROPOSED:
        raise Settled
    if confirmed:
        await _must_merge(deed, candidate["case"])
    state = CandidateState.CONFIRMED if confirmed else CandidateState.REJECTED
    deed.change(candidate, state=state, decided_at=deed.now, decided_by=deed.actor)
    kind = VerdictKind.JOIN if confirmed else VerdictKind.PART
    deed.give(await _rule(deed, candidate["case"], candidate["other"], kind))


@verb(
    "撤销并案：被并案件恢复原案号、状态和当事人 · Take a case out of the one it was merged into, for good",
    changes=Merge,
    gives=(Merge, Case),
    permission=LINK,
)
async def undo_merge(deed: Deed, merge: Row) -> None:
    """Settled (HUB-704) when the merge has ended; ConditionUnmet (HUB-712) when the days for it have passed.

    Gives back the case that is one again. The one that stays has its own state again, unless something came of it.
    """
    if merge["undone_at"] is not None:
        raise Settled
    (case,) = await deed.rows(Case, id=merge["merged"])
    CASES.step(await facts_now(deed, case), CaseAction.UNMERGE, actor_of(deed.viewer))
    await _rule(deed, merge["survivor"], merge["merged"], VerdictKind.PART)
    deed.give(merge["merged"])


async def _must_merge(deed: Deed, case: str) -> None:
    (row,) = await deed.rows(Case, id=case)
    await must_stand(deed, row, Standing.INTAKE, Standing.ANALYST, what=str(CaseAction.MERGE.value))


async def _rule(deed: Deed, one: str, other: str, kind: VerdictKind) -> str:
    """Keep the decision about the records that opened the cases, and bring the cases to it; where the first one is."""
    directory = await directory_at(deed.connection, deed.base.metadata.tables)
    limits = await limits_at(deed.connection, deed.base.metadata.tables, deed.now)
    desk = Desk(deed.base, deed.seal, _NOBODY, "", directory, limits, deed.now, deed.actor)
    await take_turn(desk, deed.connection, deed.draft)
    table = desk.table("source_records")
    openers = await stored_records(desk, deed.connection, table.c.opened_id.in_((one, other)))
    if len(openers) != len({one, other}):
        raise Refused(constraint="cases without source records")
    around = await gather(desk, deed.connection, openers)
    _keep(desk, deed.draft, around, frozenset(record.id for record in openers), kind)
    cases = await relink(desk, deed.connection, deed.draft, Arrivals(), around, basis=MergeBasis.PERSON)
    first = next(record for record in openers if record.opened == one)
    return cases.get(first.mark) or first.case or one


def _keep(desk: Desk, draft: Draft, around: Neighbourhood, pair: frozenset[str], kind: VerdictKind) -> None:
    one, other = sorted(pair)
    said = {"kind": kind.name, "decided_at": desk.now, "decided_by": desk.actor}
    stored = around.verdicts.get(pair)
    if stored is None:
        draft.insert(Verdict, {**said, "one": one, "other": other, "kind": kind}, event=None)
    else:
        draft.update(Verdict, stored["id"], stored["version"], {**said, "kind": kind}, event=None)
    around.verdicts[pair] = {**(stored or {}), "kind": kind.name}


_NOBODY = Exchange("", "case", "", "csv", (), (), (), "370400", {})
