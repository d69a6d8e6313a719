"""What parties answer when they are asked whether they agree to mediation, to more time, to another mediator."""

from typing import Annotated, Any

from hub.access.viewers import REFERRALS
from hub.errors import NoSuchRow
from hub.procedures.acting import act, must_stand
from hub.procedures.deeds import Deed, Row, verb
from hub.rules.actions import ReferralAction
from hub.rules.standing import Standing
from hub.schema.cases import Case, Party, PartyRole
from hub.schema.choices import Consent, ConsentAnswer, ConsentMatter
from hub.schema.referrals import Referral, ReferralState
from hub.schema.verbs import Id, Text

_EVIDENCE = Text(200, blank=False)
_RETURNS = {ConsentAnswer.REFUSED: "15-1", ConsentAnswer.UNREACHABLE: "15-2"}


@verb(
    "征询对方当事人 · Ask the other side whether it agrees to mediate (Online Mediation Rules art. 15)",
    changes=Referral,
    gives=(Referral,),
    permission=REFERRALS,
    does=(ReferralAction.ASK_CONSENT,),
)
async def ask_consent(deed: Deed, referral: Row) -> None:
    """Every respondent who has not answered yet is being asked from today."""
    await act(deed, referral, ReferralAction.ASK_CONSENT)
    known = {each["party"] for each in await consents_on(deed, referral, ConsentMatter.MEDIATION)}
    for party in await deed.rows(Party, case=referral["case"], role=PartyRole.RESPONDENT, left_at=None):
        if party.id not in known:
            _ask(deed, referral, party, ConsentMatter.MEDIATION, ConsentAnswer.BEING_ASKED)


@verb(
    "记录答复；对方拒绝或无法联系的立即退回 · Record an answer; a refusal returns the referral at once (art. 15)",
    changes=Referral,
    gives=(Consent, Referral, Case),
    permission=REFERRALS,
)
async def record_consent(
    deed: Deed,
    referral: Row,
    *,
    party: Annotated[Id[Party], "当事人 · Party"],
    matter: Annotated[ConsentMatter, "事项 · Matter"],
    answer: Annotated[ConsentAnswer, "答复 · Answer"],
    evidence: Annotated[str | None, _EVIDENCE, "凭证 · Reference of the signature or recording"] = None,
) -> None:
    """The answer counts until it is used up (an extension uses those that were given for it)."""
    await must_stand(
        deed, referral, Standing.RECEIVER, Standing.SENDER, Standing.PARTY, what="记录答复 · Recording an answer"
    )
    asked = await party_in(deed, referral, party)
    known = [each for each in await consents_on(deed, referral, matter) if each["party"] == party]
    answered = None if answer is ConsentAnswer.BEING_ASKED else deed.today
    if known:
        said: dict[str, Any] = {"answer": answer, "answered_on": answered, "evidence": evidence}
        deed.change(known[0], **said, recorded_by=deed.actor)
        deed.give(known[0].id)
    else:
        _ask(deed, referral, asked, matter, answer, evidence)
    waiting = matter is ConsentMatter.MEDIATION and referral["state"] is ReferralState.IN_CONSENT
    if waiting and answer in _RETURNS:
        await give_back(deed, referral, _RETURNS[answer])


async def party_in(deed: Deed, referral: Row, party: str) -> Row:
    """The party, if it is one of the referral's case."""
    found = await deed.rows(Party, id=party, case=referral["case"])
    if not found:
        raise NoSuchRow
    return found[0]


def _ask(
    deed: Deed, referral: Row, party: Row, matter: ConsentMatter, answer: ConsentAnswer, evidence: str | None = None
) -> None:
    deed.insert(
        Consent,
        referral=referral.id,
        party=party.id,
        side=party["role"],
        matter=matter,
        answer=answer,
        asked_on=deed.today,
        answered_on=None if answer is ConsentAnswer.BEING_ASKED else deed.today,
        evidence=evidence,
        recorded_by=deed.actor,
    )


async def give_back(deed: Deed, referral: Row, reason: str) -> None:
    """The matter is back at the court, for a reason of art. 15."""
    await act(deed, referral, ReferralAction.RETURN, reason=reason, return_reason=reason)


async def consents_on(deed: Deed, referral: Row, matter: ConsentMatter) -> list[Row]:
    """The answers about the matter that are not used up."""
    return await deed.rows(Consent, referral=referral.id, matter=matter, spent_on=None)
