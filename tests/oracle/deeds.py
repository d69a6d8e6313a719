"""Draws what deeds leave behind: deadlines, notices, choices, consents, materials."""

import datetime as dt

from hub.schema.cases import PartyRole
from hub.schema.choices import ChoiceAnswer, Consent, ConsentAnswer, ConsentMatter, ModeChoice, Suitability
from hub.schema.deadlines import DayUnit, Deadline, DeadlineState, LimitRule
from hub.schema.materials import Material, MaterialKind, MediatorChange
from hub.schema.notices import FailureNotice, Occasion, SupplementNotice
from hub.schema.risks import RiskColour
from hub.schema.supervision import (
    Addressee,
    AlertEnd,
    AlertLevel,
    AlertState,
    BulletinEntry,
    SupervisionAlert,
    SupervisionBulletin,
    Trigger,
)

from . import words
from .registers import Registers


class Deeds(Registers):
    def _parties(self, case: str) -> list[str]:
        return [row["id"] for row in self.data["Party"].values() if row["case"] == case]

    def _deadlines(self, case: str | None, referral: str | None, **elsewhere: str | None) -> None:
        """Limits of a case or of its referral, or of no case: no rule twice."""
        rng = self.rng
        for rule in rng.sample(tuple(LimitRule)[:19], rng.choice((0, 1, 2))):
            started, state = self._day() or dt.date.max, self._enum(DeadlineState)
            unit = self._enum(DayUnit)
            in_minutes = unit is DayUnit.MINUTES
            self.add(
                Deadline,
                subject=elsewhere.get("subject") or referral or case,
                case=case,
                referral=referral,
                organisation=elsewhere.get("organisation"),
                region=elsewhere.get("region"),
                rule=rule,
                state=state,
                days=rng.choice((0, 3, 30)),
                unit=unit,
                minutes=60 if in_minutes else None,
                due_at=dt.datetime(2025, 6, 3, 1, tzinfo=dt.UTC) if in_minutes else None,
                basis=words.text(rng),
                local_default=self._coin(),
                started_on=started,
                due_on=max(started, self._day() or started),
                elapsed=0,
                counting_since=started,
                provisional=self._coin(),
                paused_since=started if state is DeadlineState.PAUSED else None,
                pause_ground=self._code("suspension_ground", 0.5),
                extended_on=self._day(0.7),
                overdue_on=self._day(0.7),
                ended_on=self._day() if state is DeadlineState.ENDED else None,
            )

    def _alert(self) -> None:
        """Of a limit or of a case, each once."""
        rng = self.rng
        open_ = self._all("Deadline")
        limit = self.data["Deadline"][rng.choice(open_)] if open_ and self._coin() else None
        if any(limit and row["deadline"] == limit["id"] for row in self.data["SupervisionAlert"].values()):
            return
        level, state = self._enum(AlertLevel), self._enum(AlertState)
        subject = limit["subject"] if limit else self._one("Case")
        trigger = Trigger.OVERDUE if limit else self._enum(Trigger)
        others = self.data["SupervisionAlert"].values()
        if not limit and any((row["subject"], row["trigger"]) == (subject, trigger) for row in others):
            return
        self.add(
            SupervisionAlert,
            subject=subject,
            case=limit["case"] if limit else self._one("Case", 0.3),
            deadline=limit and limit["id"],
            rule=limit and limit["rule"],
            trigger=trigger,
            level=level,
            risk=self._some(tuple(RiskColour)),
            state=state,
            organisation=self._one("Organisation", 0.3),
            region=self._one("Region", 0.3),
            addressees=[Addressee(words.text(rng), words.optional(rng)) for _ in range(rng.choice((0, 1, 2)))],
            basis=words.text(rng),
            local_default=self._coin(),
            due_on=self._day(0.3),
            provisional=self._coin(),
            raised_on=self._day(),
            levelled_on=self._day(),
            reply_due_on=self._day(0.4),
            acknowledged_on=self._day(0.5),
            explained_on=self._day(0.5),
            delay_reason=self._code("delay_reason", 0.5),
            explanation=words.optional(rng),
            promised_on=self._day(0.5),
            extended_to=self._day(0.5),
            note=words.optional(rng),
            listed_on=self._day() if level is AlertLevel.RED and self._coin() else None,
            delisted_on=None,
            ended_on=self._day() if state is AlertState.RESOLVED else None,
            ended_as=self._some(tuple(AlertEnd)) if state is AlertState.RESOLVED else None,
        )

    def _bulletin(self, number: int) -> None:
        month = f"2025-{number + 1:02d}"
        counts = {name: self.rng.choice((0, 7)) for name in ("raised", "red", "resolved", "listed", "open")}
        bulletin = self.add(
            SupervisionBulletin,
            f"bulletin_{month}",
            month=month,
            region=self._one("Region", 0.2),
            issued_on=self._day(),
            **counts,
        )
        for alert in self._all("SupervisionAlert")[:2]:
            self.add(
                BulletinEntry,
                bulletin=bulletin,
                alert=alert,
                organisation=self._one("Organisation", 0.3),
                region=self._one("Region", 0.3),
                level=self._enum(AlertLevel),
                listed=self._coin(),
            )

    def _steps(self, case: str, referral: str) -> None:
        """What was agreed, changed and handed back in a referral."""
        rng = self.rng
        by = {"recorded_by": rng.choice(("mediator", words.text(rng)))}
        parties = self._parties(case)
        for party in parties[:2]:
            answer = self._enum(ConsentAnswer)
            self.add(
                Consent,
                referral=referral,
                party=party,
                side=self._enum(PartyRole),
                matter=self._enum(ConsentMatter),
                answer=answer,
                asked_on=self._day(),
                answered_on=None if answer is ConsentAnswer.BEING_ASKED else self._day(),
                evidence=words.optional(rng),
                spent_on=self._day(0.7),
                **by,
            )
        for party in parties[:1] if self._coin() else ():
            self.add(
                MediatorChange,
                referral=referral,
                party=party,
                before=self._one("Mediator", 0.5),
                after=self._one("Mediator", 0.5),
                reason=words.optional(rng),
                changed_on=self._day(),
            )
        for _ in range(rng.choice((0, 0, 2))):
            self.add(
                Material,
                referral=referral,
                kind=self._enum(MaterialKind),
                content=words.optional(rng),
                sha256=words.optional(rng),
                confirmed_on=self._day(0.5),
                listed_on=self._day(),
                listed_by=words.text(rng),
                sent_on=self._day(0.5),
                acknowledged_on=self._day(0.5),
            )

    def _told(self, case: str) -> None:
        """Notices to the parties of a case, their choices, and what was judged suitable."""
        rng = self.rng
        for party in self._parties(case)[:2]:
            answer = self._enum(ChoiceAnswer)
            self.add(
                ModeChoice,
                case=case,
                party=party,
                side=self._enum(PartyRole),
                options=rng.choice(("RM XT", words.text(rng))),
                explanation=words.text(rng),
                answer=answer,
                chosen=self._code("mode") if answer is ChoiceAnswer.CHOSEN else None,
                evidence=words.optional(rng),
                recorded_on=self._day(),
                recorded_by=words.text(rng),
            )
        if self._coin():
            self.add(
                SupplementNotice,
                case=case,
                number=1,
                items=words.text(rng),
                given_on=self._day(),
                given_by=words.text(rng),
                override_reason=None,
                supplied_on=self._day(0.5),
            )
            given = self._day()
            self.add(
                FailureNotice,
                case=case,
                occasion=self._enum(Occasion),
                channels=rng.choice(("SSFY ZC", words.text(rng))),
                limitation_from=self._day(0.5),
                limitation_to=self._day(0.5),
                advice=words.optional(rng),
                given_on=given,
                given_by=words.text(rng),
                receipted_on=given if self._coin() else None,
                receipt=words.optional(rng),
                spent_on=self._day(0.7),
            )
        suitable = self._coin()
        self.add(
            Suitability,
            case=case,
            organisation=self._one("Organisation"),
            suitable=suitable,
            ground=None if suitable else self._code("unsuitable_ground"),
            judged_on=self._day(),
            judged_by=words.text(rng),
        )
