"""Notices: what is missing, told once (R86), and what else is open to the parties (R89)."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from hub.access.viewers import CASES
from hub.errors import Settled, UnfitDate
from hub.procedures.acting import act, must_stand
from hub.procedures.deeds import Deed, Row, verb
from hub.rules.actions import CaseAction
from hub.rules.standing import Standing
from hub.schema.cases import Case
from hub.schema.notices import FailureNotice, Occasion, SupplementNotice
from hub.schema.verbs import Listed, Most, Text


@dataclass(frozen=True, slots=True)
class FailureAdvice:
    """其他法定途径告知 · Notice of the other legal channels"""

    channels: Annotated[tuple[str, ...], Listed("mode"), Most(15), "其他法定途径 · Modes still open, by code"]
    limitation_from: Annotated[dt.date | None, "时效起算日 · Limitation runs from"] = None
    limitation_to: Annotated[dt.date | None, "时效届满日 · Limitation ends on"] = None
    advice: Annotated[str | None, Text(2000, blank=False), "说明 · What was explained"] = None


def give_notice(deed: Deed, case: Row, notice: FailureAdvice, occasion: Occasion) -> str:
    """Add the notice; its id. UnfitDate for a limitation that ends before it begins."""
    if notice.limitation_from and notice.limitation_to and notice.limitation_to < notice.limitation_from:
        raise UnfitDate(reason_zh="时效届满日早于起算日", reason_en="the limitation ends before it begins")
    return deed.insert(
        FailureNotice,
        case=case.id,
        occasion=occasion,
        channels=" ".join(notice.channels),
        limitation_from=notice.limitation_from,
        limitation_to=notice.limitation_to,
        advice=notice.advice,
        given_on=deed.today,
        given_by=deed.actor,
    )


@verb(
    "一次性告知补正；再次须经准许 · Tell all that is missing, once; again by the supervisor's leave (R86)",
    changes=Case,
    gives=(Case, SupplementNotice),
    permission=CASES,
    does=(CaseAction.REQUEST_SUPPLEMENT, CaseAction.REQUEST_SUPPLEMENT_AGAIN),
)
async def request_supplement(
    deed: Deed,
    case: Row,
    *,
    items: Annotated[tuple[str, ...], Text(500, blank=False), Most(50), "所缺材料，须一次列全 · All that is missing"],
    override: Annotated[str | None, Text(500, blank=False), "再次告知的理由 · Why a second notice is allowed"] = None,
) -> None:
    """Without `override` it is the one notice of the case; with it the supervisor's second, which is counted."""
    given = await deed.rows(SupplementNotice, case=case.id)
    if items:
        deed.insert(
            SupplementNotice,
            case=case.id,
            number=len(given) + 1,
            items="\n".join(items),
            given_on=deed.today,
            given_by=deed.actor,
            override_reason=override,
        )
    again = CaseAction.REQUEST_SUPPLEMENT_AGAIN if override else CaseAction.REQUEST_SUPPLEMENT
    await act(deed, case, again)


@verb(
    "补正 · Supply what was missing (R86)",
    changes=Case,
    gives=(Case, SupplementNotice),
    permission=CASES,
    does=(CaseAction.SUPPLY,),
)
async def supply_supplement(deed: Deed, case: Row) -> None:
    """The case is registered again, to be accepted or not."""
    await act(deed, case, CaseAction.SUPPLY)
    for notice in (await deed.rows(SupplementNotice, case=case.id))[-1:]:
        deed.change(notice, supplied_on=deed.today)
        deed.give(notice.id)


@verb(
    "告知其他法定途径 · Give notice of the other legal channels (R89)",
    changes=Case,
    gives=(Case, FailureNotice),
    permission=CASES,
)
async def give_failure_notice(
    deed: Deed, case: Row, *, notice: Annotated[FailureAdvice, "告知内容 · What it says"]
) -> None:
    """By whoever handles the case, or received it."""
    await must_stand(
        deed, case, Standing.HANDLER, Standing.INTAKE, what="告知其他途径 · Giving notice of other channels"
    )
    give_notice(deed, case, notice, Occasion.FAILED)


@verb(
    "签收告知书 · Record the receipt of a failure notice (R89)",
    changes=FailureNotice,
    gives=(FailureNotice, Case),
    permission=CASES,
)
async def receipt_failure_notice(
    deed: Deed, notice: Row, *, receipt: Annotated[str, Text(200, blank=False), "签收凭证 · Reference of the receipt"]
) -> None:
    """A notice is receipted once."""
    (case,) = await deed.rows(Case, id=notice["case"])
    what = "记录签收 · Recording a receipt"
    await must_stand(deed, case, Standing.HANDLER, Standing.INTAKE, Standing.PARTY, what=what)
    if notice["receipted_on"] is not None:
        raise Settled
    deed.change(notice, receipted_on=deed.today, receipt=receipt)
