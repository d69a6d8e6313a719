"""Draws investigations and meetings: campaigns with tasks and findings, meetings with packs and reports."""

from typing import Any

from hub.schema.investigations import (
    Campaign,
    CampaignFocus,
    CampaignState,
    CycleUnit,
    Finding,
    FindingState,
    RiskWarning,
    WarningState,
)
from hub.schema.jobs import Tally
from hub.schema.meetings import (
    Attendance,
    CaseRef,
    Counts,
    FigurePage,
    Meeting,
    MeetingCoverage,
    MeetingKind,
    MeetingState,
    ReferralRef,
    Snapshot,
    SnapshotFigure,
)
from hub.schema.organisations import OrganisationLevel
from hub.schema.reports import Recipient, Report, ReportState
from hub.schema.risks import RiskColour
from hub.schema.tasks import Task, TaskKind, TaskState

from . import words
from .deeds import Deeds
from .registers import MONEY


class Rounds(Deeds):
    def _body(self) -> str:
        return self.rng.choice(list(self.data.cast.values()))

    def _campaign(self, number: int) -> None:
        """A campaign, its tasks, what was found with them, and warnings of it."""
        rng, first, state = self.rng, self._day(), self._enum(CampaignState)
        campaign = self.add(
            Campaign,
            number=f"PC-{number}",
            title=words.text(rng),
            state=state,
            level=self._enum(OrganisationLevel),
            focus=self._enum(CampaignFocus),
            dispute_type=self._code("dispute_type", 0.5),
            cycle=self._some(("village", "town")),
            key_period=words.optional(rng),
            every=self._some(tuple(CycleUnit)),
            organisation=self._body(),
            region=self._one("Region"),
            first_on=first,
            last_on=first,
            due_on=first,
            started_on=self._day(0.3),
            closed_on=self._day(0.7),
            summary_due_on=self._day(0.3),
            summarised_on=self._day() if state is CampaignState.SUMMARISED else None,
            figures=None if self._coin() else [Tally(words.text(rng), "3")],
            summary=words.optional(rng),
        )
        for body in rng.sample(list(self.data.cast.values()), rng.choice((1, 2))):
            task = self._task(TaskKind.INVESTIGATION, body, campaign=campaign, meeting=None)
            for order in range(rng.choice((0, 1, 2))):
                self._finding(f"{number}-{task[-4:]}-{order}", campaign, task, body)

    def _task(self, kind: TaskKind, body: str, **origin: str | None) -> str:
        state = self._enum(TaskState)
        found: str = self.add(
            Task,
            kind=kind,
            state=state,
            title=words.text(self.rng),
            organisation=body,
            organiser=self._body(),
            region=self._one("Region"),
            **origin,
            opened_on=self._day(),
            due_on=self._day(),
            missed_on=self._day(0.7),
            submitted_at=None if self._coin() else self._moment(),
            submitted_on=self._day() if state is TaskState.SUBMITTED else None,
            late=self._some((True, False)),
            zero=self._some((True, False)),
            visited=self._some((0, 12)),
            result=words.optional(self.rng),
        )
        return found

    def _finding(self, number: str, campaign: str, task: str, body: str) -> None:
        rng, cases = self.rng, self._all("Case")
        known = self._one("Finding", 0.3)
        states = {FindingState.NEW, FindingState.WATCH, FindingState.CASE}
        states |= {FindingState.LINKED} if cases else set()
        states |= {FindingState.DUPLICATE} if known else set()
        state = rng.choice(sorted(states, key=lambda each: each.name))
        finding = self.add(
            Finding,
            number=f"ZZP-{number}",
            title=words.telling(rng, list(words.NAMES)),
            description=words.optional(rng),
            measures=words.optional(rng),
            state=state,
            risk=self._enum(RiskColour),
            dispute_type=self._code("dispute_type"),
            people=self._some((1, 30)),
            complete=self._coin(),
            task=task,
            campaign=campaign,
            organisation=body,
            organiser=self._body(),
            region=self._one("Region"),
            found_on=self._day(),
            reported_at=self._moment(),
            reported_on=self._day(),
            triage_due_on=self._day(0.2),
            triaged_at=None if self._coin() else self._moment(),
            triaged_on=self._day(0.5),
            recheck_on=self._day() if state is FindingState.WATCH else None,
            rechecked_on=self._day(0.5),
            settled_at=None if self._coin() else self._moment(),
            reason=words.optional(rng),
            case=rng.choice(cases) if state is FindingState.LINKED else None,
            duplicate_of=known if state is FindingState.DUPLICATE else None,
        )
        for warned in rng.sample(list(self.data.cast.values()), rng.choice((0, 1, 2))):
            told = self._enum(WarningState)
            self.add(
                RiskWarning,
                finding=finding,
                organisation=warned,
                level=self._enum(OrganisationLevel),
                region=self._one("Region"),
                risk=self._enum(RiskColour),
                state=told,
                raised_at=self._moment(),
                acknowledged_at=self._moment() if told is WarningState.ACKNOWLEDGED else None,
                acknowledged_by=words.optional(rng),
            )

    def _meeting(self, number: int) -> None:
        """A meeting with who was asked, its pack, its measures and its report."""
        rng, first, state = self.rng, self._day(), self._enum(MeetingState)
        meeting = self.add(
            Meeting,
            number=f"HY-{number}",
            title=words.text(rng),
            kind=self._enum(MeetingKind),
            coverage=self._enum(MeetingCoverage),
            level=self._enum(OrganisationLevel),
            state=state,
            duty=words.optional(rng),
            organisation=self._body(),
            region=self._one("Region"),
            first_on=first,
            last_on=first,
            period="2025-03",
            hold_by=self._day(),
            cut_off=None if self._coin() else self._moment(),
            held_on=None if state in (MeetingState.PLANNED, MeetingState.PACK_BUILT) else self._day(),
            late=self._some((True, False)),
            place=words.optional(rng),
            minutes=words.optional(rng),
        )
        for body in rng.sample(list(self.data.cast.values()), rng.choice((0, 1, 2))):
            asked = {"meeting": meeting, "host": self._body(), "organisation": body, "region": self._one("Region")}
            self.add(Attendance, **asked, present=self._some((True, False)), post=words.optional(rng))
        self._pack(number, meeting)
        if self._coin():
            self._task(TaskKind.MEASURE, self._body(), campaign=None, meeting=meeting)

    def _pack(self, number: int, meeting: str) -> None:
        rng = self.rng
        placed: dict[str, Any] = {"organisation": self._body(), "region": self._one("Region")}
        about: dict[str, Any] = {"period": "2025-03", "cut_off": self._moment(), "dictionary": "registered 1"}
        snapshot = self.add(Snapshot, meeting=meeting, **placed, **about)
        counted = [CaseRef(each) for each in self._all("Case")[:3]]
        figure = self.add(
            SnapshotFigure,
            snapshot=snapshot,
            **placed,
            indicator="registered",
            part="",
            counts=Counts.CASES,
            small=len(self.data["SnapshotFigure"]) % 2 == 0,
            days=self._some((0, 12)),
            before=self._some((0, 4)),
            indicator_version=rng.choice((1, 2)),
            name=words.text(rng),
            count=len(counted),
            of=self._some((0, 9)),
            amount=self._some(MONEY),
            value=self._some(("0.5000", "3")),
        )
        told = [ReferralRef(each) for each in self._all("Referral")[:2]]
        small = self.data["SnapshotFigure"][figure]["small"]
        self.add(FigurePage, figure=figure, **placed, number=1, small=small, cases=counted, referrals=told)
        state = self._enum(ReportState)
        report = self.add(
            Report,
            number=f"BG-{number}",
            title=words.text(rng),
            state=state,
            meeting=meeting,
            snapshot=snapshot,
            **placed,
            drafted_on=self._day(),
            due_on=self._day(),
            approved_on=None if state is ReportState.DRAFTED else self._day(),
            approved_by=words.optional(rng),
            sent_on=self._day() if state in (ReportState.SENT, ReportState.RECEIPTED) else None,
            text=words.telling(rng, list(words.NAMES)),
        )
        for body in rng.sample(list(self.data.cast.values()), rng.choice((0, 1, 2))):
            self.add(
                Recipient,
                report=report,
                sender=self._body(),
                organisation=body,
                region=self._one("Region"),
                sent_on=self._day(0.5),
                receipted_at=None if self._coin() else self._moment(),
                receipted_by=words.optional(rng),
            )
