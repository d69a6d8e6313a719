"""What the base itself refuses, whoever writes: the invariants of deadlines, notices, choices and consents."""

import datetime as dt
from typing import Any

import pytest
from tests.store.town import DAY, Town

from hub.errors import Refused
from hub.schema.cases import PartyRole
from hub.schema.choices import ChoiceAnswer, Consent, ConsentAnswer, ConsentMatter, ModeChoice, Suitability
from hub.schema.deadlines import DayUnit, Deadline, DeadlineState, LimitRule
from hub.schema.declare import Entity
from hub.schema.materials import MediatorChange
from hub.schema.notices import FailureNotice, Occasion, SupplementNotice
from hub.store.changes import Insert, Update

DEADLINE: dict[str, Any] = {
    "rule": LimitRule.DELEGATED_MEDIATION,
    "state": DeadlineState.RUNNING,
    "days": 30,
    "unit": DayUnit.CALENDAR,
    "basis": "法释〔2021〕23号第24条 · Online Mediation Rules art. 24",
    "local_default": False,
    "started_on": DAY,
    "due_on": DAY + dt.timedelta(30),
    "elapsed": 0,
    "counting_since": DAY,
    "provisional": False,
}
SUPPLEMENT: dict[str, Any] = {"number": 1, "items": "身份证", "given_on": DAY, "given_by": "intake"}
FAILURE: dict[str, Any] = {"occasion": Occasion.FAILED, "channels": "SSFY", "given_on": DAY, "given_by": "mediator"}
CHOICE: dict[str, Any] = {
    "side": PartyRole.APPLICANT,
    "options": "RM SSFY",
    "explanation": "已说明",
    "answer": ChoiceAnswer.CHOSEN,
    "chosen": "RM",
    "recorded_on": DAY,
    "recorded_by": "divert",
}
CONSENT: dict[str, Any] = {
    "side": PartyRole.RESPONDENT,
    "matter": ConsentMatter.EXTENSION,
    "answer": ConsentAnswer.AGREED,
    "asked_on": DAY,
    "answered_on": DAY,
    "recorded_by": "mediator",
}


def row(noun: type[Entity], standard: dict[str, Any], **values: Any) -> Insert:
    return Insert(noun, standard | values)


class Matter:
    """A case with a party and a referral."""

    def __init__(self, town: Town, case: str, party: str, referral: str) -> None:
        self.town, self.case, self.party, self.referral = town, case, party, referral

    async def refuses(self, *changes: Insert | Update) -> bool:
        before = await self.town.everything()
        try:
            await self.town.write(*changes)
        except Refused:
            assert await self.town.everything() == before
            return True
        return False

    def deadline(self, **values: Any) -> Insert:
        return row(Deadline, DEADLINE | {"case": self.case, "subject": values.get("referral") or self.case}, **values)


@pytest.fixture
async def matter(town: Town) -> Matter:
    [case] = await town.write(town.case())
    [party, referral] = await town.write(town.party(case.id, "张三"), town.referral(case.id))
    return Matter(town, case.id, party.id, referral.id)


async def test_one_limit_runs_once_for_a_case_and_once_for_a_referral(matter: Matter) -> None:
    assert not await matter.refuses(matter.deadline(), matter.deadline(referral=matter.referral))

    assert await matter.refuses(matter.deadline())
    assert await matter.refuses(matter.deadline(referral=matter.referral))
    assert not await matter.refuses(matter.deadline(rule=LimitRule.RETURN))


async def test_a_limit_that_has_ended_may_start_again(matter: Matter) -> None:
    [first] = await matter.town.write(matter.deadline())
    await matter.town.write(Update(Deadline, first.id, 1, {"state": DeadlineState.ENDED, "ended_on": DAY}))

    assert not await matter.refuses(matter.deadline())


@pytest.mark.parametrize(
    "values",
    [
        {"days": -1},
        {"due_on": DAY - dt.timedelta(1)},
        {"state": DeadlineState.PAUSED},
        {"paused_since": DAY},
        {"state": DeadlineState.ENDED},
        {"ended_on": DAY},
    ],
    ids=str,
)
async def test_a_deadline_that_contradicts_itself_is_refused(matter: Matter, values: dict[str, Any]) -> None:
    assert await matter.refuses(matter.deadline(**values))


async def test_a_supplement_is_asked_for_once_and_again_only_with_a_reason(matter: Matter) -> None:
    """R86：一次性告知 · The one-time notice."""
    notice = SUPPLEMENT | {"case": matter.case}
    assert not await matter.refuses(row(SupplementNotice, notice))

    assert await matter.refuses(row(SupplementNotice, notice))
    assert await matter.refuses(row(SupplementNotice, notice, number=2))
    assert await matter.refuses(row(SupplementNotice, notice, number=3, override_reason="x"))
    assert not await matter.refuses(row(SupplementNotice, notice, number=2, override_reason="新证据"))


async def test_a_supplement_notice_lists_what_is_missing(matter: Matter) -> None:
    assert await matter.refuses(row(SupplementNotice, SUPPLEMENT | {"case": matter.case}, items=None))


async def test_one_failure_notice_counts_and_is_receipted_after_it_was_given(matter: Matter) -> None:
    """R89：不成功告知其他法定途径 · The notice of other legal channels."""
    notice = FAILURE | {"case": matter.case}
    early = row(FailureNotice, notice, receipted_on=DAY - dt.timedelta(1))
    assert await matter.refuses(early)
    assert not await matter.refuses(row(FailureNotice, notice, receipted_on=DAY, spent_on=DAY))
    assert not await matter.refuses(row(FailureNotice, notice))

    assert await matter.refuses(row(FailureNotice, notice))


async def test_a_party_chooses_once_in_a_case_and_a_choice_names_a_mode(matter: Matter) -> None:
    """R87：引导自愿选择 · Voluntary choice."""
    choice = CHOICE | {"case": matter.case, "party": matter.party}
    assert await matter.refuses(row(ModeChoice, choice, chosen=None))
    assert await matter.refuses(row(ModeChoice, choice, answer=ChoiceAnswer.REFUSED))
    assert await matter.refuses(row(ModeChoice, choice, explanation=None))
    assert not await matter.refuses(row(ModeChoice, choice))

    assert await matter.refuses(row(ModeChoice, choice))


async def test_a_party_agrees_once_to_a_matter_until_that_is_used_up(matter: Matter) -> None:
    consent = CONSENT | {"referral": matter.referral, "party": matter.party}
    assert await matter.refuses(row(Consent, consent, answered_on=None))
    [first] = await matter.town.write(row(Consent, consent))
    assert await matter.refuses(row(Consent, consent))

    await matter.town.write(Update(Consent, first.id, 1, {"spent_on": DAY}))

    assert not await matter.refuses(row(Consent, consent))


async def test_a_party_changes_the_mediator_freely_once(matter: Matter) -> None:
    """法释〔2021〕23号第14条 · Online Mediation Rules art. 14."""
    change = {"referral": matter.referral, "party": matter.party, "changed_on": DAY}
    assert not await matter.refuses(row(MediatorChange, change))

    assert await matter.refuses(row(MediatorChange, change))


async def test_what_does_not_suit_says_why(matter: Matter) -> None:
    judged = {"case": matter.case, "suitable": False, "judged_on": DAY, "judged_by": "court"}
    assert await matter.refuses(row(Suitability, judged, organisation=f"org_{1:032x}"))


async def test_a_referral_is_designated_again_once(matter: Matter) -> None:
    town = matter.town
    assert not await matter.refuses(town.referral(matter.case, redesignates=matter.referral))

    assert await matter.refuses(town.referral(matter.case, redesignates=matter.referral))
