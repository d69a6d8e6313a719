"""Choices: what the parties were shown and chose of their own will, what suits them, and whom they asked first."""

from dataclasses import dataclass
from typing import Annotated, Any

from hub.access.viewers import CASES
from hub.errors import NoSuchRow
from hub.procedures.acting import act, must_stand
from hub.procedures.deeds import Deed, Row, verb
from hub.rules.actions import CaseAction
from hub.rules.standing import Standing
from hub.schema.cases import Case, FirstDuty, Party, PartyRole
from hub.schema.choices import ChoiceAnswer, ModeChoice, Suitability
from hub.schema.events import EventType, Fact
from hub.schema.verbs import Id, Listed, Most, Text

_BODY = (Standing.HANDLER, Standing.INTAKE, Standing.DIVERT)


@dataclass(frozen=True, slots=True)
class Choice:
    """当事人的选择 · One party's choice"""

    party: Annotated[Id[Party], "当事人 · Party"]
    answer: Annotated[ChoiceAnswer, "选择结果 · Answer"]
    chosen: Annotated[str | None, Listed("mode"), "所选方式 · Mode chosen"] = None
    evidence: Annotated[str | None, Text(200, blank=False), "凭证 · Reference of the signature or recording"] = None


@verb(
    "记录自愿选择：所示方式、阐明内容和各方选择 · Record the parties' voluntary choice (R87)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
)
async def choose_modes(
    deed: Deed,
    case: Row,
    *,
    options: Annotated[tuple[str, ...], Listed("mode"), Most(15), "所示方式 · Modes that were shown"],
    explanation: Annotated[str, Text(2000, blank=False), "阐明内容 · What was explained"],
    choices: Annotated[tuple[Choice, ...], Most(50), "各方选择 · Choices"],
) -> None:
    """A later choice takes the place of an earlier one. Where somebody refuses, the matter ends at once (R62)."""
    await must_stand(deed, case, *_BODY, Standing.PARTY, what="记录自愿选择 · Recording a choice")
    shown = {"options": " ".join(options), "explanation": explanation}
    parties = {party.id: party for party in await deed.rows(Party, case=case.id)}
    known = {choice["party"]: choice for choice in await deed.rows(ModeChoice, case=case.id)}
    for choice in choices:
        if choice.party not in parties:
            raise NoSuchRow
        said = {"answer": choice.answer, "chosen": choice.chosen, "evidence": choice.evidence}
        values: dict[str, Any] = {**shown, **said, "recorded_on": deed.today, "recorded_by": deed.actor}
        if choice.party in known:
            deed.change(known[choice.party], **values)
        else:
            side = side_of(parties[choice.party])
            known[choice.party] = deed.add(
                deed.blank(ModeChoice), case=case.id, party=choice.party, side=side, **values
            )
    if any(choice.answer is ChoiceAnswer.REFUSED for choice in choices):
        await act(deed, case, CaseAction.PARTY_REFUSED, reason="4", termination_reason="4")


def side_of(party: Row) -> PartyRole:
    """The side a party is on: an applicant's or the respondent's; agents and third parties are of their own."""
    side: PartyRole = party["role"]
    return side


@verb(
    "判断是否适宜非诉讼方式 · Judge whether a dispute suits settlement outside litigation (R34)",
    changes=Case,
    gives=(Case, Suitability),
    permission=CASES,
)
async def record_suitability(
    deed: Deed,
    case: Row,
    *,
    suitable: Annotated[bool, "是否适宜 · Whether it suits"],
    ground: Annotated[str | None, Listed("unsuitable_ground"), "不适宜理由 · Ground why not"] = None,
) -> None:
    """Every judgement is kept: who, when, on what ground."""
    await must_stand(deed, case, *_BODY, what="判断适宜性 · Judging suitability")
    mine = deed.viewer.scope.organisations
    organisation = mine[0] if len(mine) == 1 else case["organisation"]
    values: dict[str, Any] = {"suitable": suitable, "ground": ground, "judged_on": deed.today, "judged_by": deed.actor}
    deed.insert(Suitability, case=case.id, organisation=organisation, **values)


@verb(
    "首问责任：必答、必释、必果 · The first-asked answers, explains, tells the result (R85)",
    changes=Case,
    gives=(Case,),
    permission=CASES,
)
async def record_first_duty(
    deed: Deed, case: Row, *, duty: Annotated[FirstDuty, "履行的责任 · The duty that was done"]
) -> None:
    """By who was asked first, until another body has accepted the matter; then also by that one."""
    asked = case["first_contact_organisation"], case["first_contact_role"]
    first = asked[0] in deed.viewer.scope.organisations or asked[1] == deed.actor
    if not first:
        await must_stand(deed, case, Standing.HANDLER, what=duty.value)
    deed.change(case, event=EventType.FIRST_ASKED, facts=[Fact("duty", code=duty.name)], **{_DUTIES[duty]: deed.today})


_DUTIES = {
    FirstDuty.ANSWER: "answered_on",
    FirstDuty.EXPLAIN: "explained_on",
    FirstDuty.RESULT: "result_told_on",
}
