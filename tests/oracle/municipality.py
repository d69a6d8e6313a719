"""Draws the rows of one small municipality."""

import random
from typing import Any

from hub.schema.agreements import Agreement, AgreementKind, Appraisal, Confirmation, Notarisation
from hub.schema.batches import Batch, BatchState
from hub.schema.cases import Case, CaseMode, CaseStart, CaseState, Domain, Handling, Party, PartyKind, PartyRole
from hub.schema.consumers import Acknowledgement, Consumer, ConsumerState, Delivery, WantedType, Way
from hub.schema.events import Event, EventType, Fact
from hub.schema.jobs import Job, JobRun, RunReason, RunState, Tally
from hub.schema.links import Candidate, CandidateState, Merge, MergeBasis
from hub.schema.openings import Opening, OpeningPurpose
from hub.schema.organisations import OrganisationLevel
from hub.schema.outlets import Letter, LetterState, Outlet, OutletState, Parcel, ParcelState
from hub.schema.quarantines import QuarantinedRow, QuarantineReason, QuarantineState
from hub.schema.referrals import Referral, ReferralMember, ReferralState, ReferralType, SourceResult, TrialProcedure
from hub.schema.risks import RiskColour
from hub.schema.sources import Fate, RegionSource, SourceRecord

from . import words
from .registers import MONEY
from .rounds import Rounds
from .rows import Data


def generate(seed: int, *, cases: int | None = None, dangling: bool = True) -> Data:
    """A municipality of 0 to 60 cases; the same seed gives the same rows. `dangling` allows codes without a row."""
    return _Municipality(random.Random(seed), dangling=dangling).fill(cases)  # noqa: S311 - repeatable, not secret


class _Municipality(Rounds):
    def fill(self, cases: int | None) -> Data:
        self._regions()
        self._codes()
        self._register()
        count = self.rng.choice((0, 1, 3, 8, 15, 25, 40, 60)) if cases is None else cases
        for number in range(count):
            self._case(number)
        for number, case in enumerate(self._all("Case")):
            self._around(number, case)
        for number in range(min(count, 4)):
            self._delivery()
            self._attached(f"w{number}", None)
        for number in range(min(count, 3)):
            self._job(number)
        for _ in range(min(count, 6)):
            self._linked()
        for number in range(min(count, 4)):
            self._consumer(number)
        for number in range(min(count, 5)):
            self._campaign(number)
            self._meeting(number)
        for _ in range(min(count, 3)):
            self._event(None)
            self._opening(None)
        # Of every other case, so that there are some that some see.
        for case in self._all("Case")[::2]:
            self._opening(case)
        with self.apart(f"supervision {count}"):
            self._supervision(count)
        with self.apart(f"outlets {count}"):
            for row in self.data["Outlet"].values():
                # So that not everybody who sees some sees the same ones.
                whose = {"owner": row["owner"], "region": row["region"]}
                self._unbrought(row["id"], next(iter(self.data["Consumer"])), whose, range(2, 3))
        return self.data

    def _supervision(self, count: int) -> None:
        self._list("delay_reason")
        for row in self.data["Case"].values():
            row |= {"risk": self._some(tuple(RiskColour)), "risk_assessed_on": self._day(0.5)}
        taken = {row["subject"] for row in self.data["Deadline"].values()}
        for case in [case for case in self._all("Case") if case not in taken][:8]:
            # As of a task: what is due belongs to no case.
            place = {"organisation": self._one("Organisation", 0.5), "region": self._one("Region")}
            self._deadlines(None, None, subject=case, **place)
        for _ in range(min(count, 12)):
            self._alert()
        for number in range(min(count, 5)):
            self._bulletin(number)

    def _case(self, number: int) -> None:
        rng = self.rng
        self.add(
            Case,
            number=f"ZZF-370402001-2025-{number:06d}" + (words.text(rng)[:40] if rng.random() < 0.1 else ""),
            title=words.telling(rng, list(words.NAMES)),
            narrative=None if rng.random() < 0.3 else words.telling(rng, list(words.NAMES)),
            state=self._enum(CaseState),
            handling=self._enum(Handling),
            start=self._enum(CaseStart),
            domain=self._enum(Domain),
            dispute_type=self._code("dispute_type"),
            channel=self._code("channel"),
            severity=self._code("severity"),
            outcome=self._code("outcome", 0.5),
            cause=words.optional(rng),
            amount=self._some(MONEY),
            region=self._one("Region"),
            organisation=self.data.cast[rng.choice(("charge", "charge", "charge2", "charge3"))],
            mediator=self._one("Mediator", 0.4),
            online=self._coin(),
            registered_at=self._moment(),
            registered_on=self._day(),
            accepted_on=self._day(0.3),
            due_on=self._day(0.3),
            concluded_on=self._day(0.6),
            handled_days=(None, 0, 1, 30, 365)[number % 5],
            resolved_level=None if self._coin() else self._enum(OrganisationLevel),
            not_accepted_reason=self._code("not_accepted_reason", 0.7),
            termination_reason=self._code("termination_reason", 0.5),
            suspension_ground=self._code("suspension_ground", 0.7),
            first_contact_role=self._some(("intake", "agency")),
            first_contact_organisation=self._one("Organisation", 0.5),
            answered_on=self._day(0.5),
            explained_on=self._day(0.5),
            result_told_on=self._day(0.5),
            leaked=self._coin(),
            void=self._some((True, False)),
        )

    def _around(self, number: int, case: str) -> None:
        for _ in range(self.rng.choice((0, 0, 1, 1, 2, 3))):
            self._party(case)
        for _ in range(self.rng.choice((0, 1, 1, 2))):
            self._mode(case)
        for order in range(self.rng.choice((0, 0, 1, 1, 2))):
            self._referral(f"{number}-{order}", case)
        if self.rng.random() < 0.4:
            self._deadlines(case, None)
            self._told(case)
        for order in range(self.rng.choice((0, 0, 1, 2))):
            self._source(f"{number}-{order}", case)
        if self.rng.random() < 0.5:
            self._attached(f"{number}", case)
        for _ in range(self.rng.choice((0, 1, 3))):
            self._event(case)
        if self.rng.random() < 0.2:
            self._opening(case)

    def _party(self, case: str) -> None:
        self.add(
            Party,
            case=case,
            role=self._enum(PartyRole),
            kind=self._enum(PartyKind),
            name=self.rng.choice(words.NAMES),
            identity=self._identity(),
            phone=self._phone(),
            address=words.optional(self.rng),
            shielded=self._coin(),
            left_at=None if self._coin() else self._moment(),
        )

    def _mode(self, case: str) -> None:
        self.add(
            CaseMode,
            case=case,
            mode=self._code("mode"),
            organisation=self._one("Organisation", 0.4),
            started_on=self._day(),
            ended_on=self._day(0.5),
            outcome=self._code("outcome", 0.5),
        )

    def _referral(self, number: str, case: str) -> None:
        cast, rng = self.data.cast, self.rng
        referral = self.add(
            Referral,
            number=f"ZZR-2025-{number}" + ("'\"\\😀" if rng.random() < 0.1 else ""),
            type=self._enum(ReferralType),
            state=self._enum(ReferralState),
            case=case,
            court=self._one("Court", 0.4),
            court_number=None if self._coin() else rng.choice(("(2025)鲁0402诉前调1号", words.text(rng))),
            sender=cast[rng.choice(("sender", "charge", "charge2"))],
            receiver=None if self._coin() else cast[rng.choice(("receiver", "charge", "charge3"))],
            lead=None if self._coin() else cast[rng.choice(("lead", "charge2"))],
            mediator=self._one("Mediator", 0.6),
            issued_at=self._moment(),
            issued_on=self._day(),
            accepted_on=self._day(0.5),
            due_on=self._day(0.3),
            completed_on=self._day(0.6),
            mediation_days=(None, 0, 7, 30)[len(self.data["Referral"]) % 4],
            termination_reason=self._code("termination_reason", 0.5),
            refusal_reason=self._code("refusal_reason", 0.7),
            return_reason=self._code("return_reason", 0.7),
            trial_procedure=self._some(tuple(TrialProcedure)),
            disclosed_on=self._day(0.5),
            recall_asked_on=self._day(0.7),
            redesignates=None,
            source_result=self._some(tuple(SourceResult)),
            undisputed_facts=self._coin(),
            note=None if self._coin() else words.telling(rng, list(words.NAMES)),
        )
        for who in rng.sample(("member", "charge", "charge3"), rng.choice((0, 0, 1, 2))):
            self.add(ReferralMember, referral=referral, organisation=cast[who], joined_on=self._day())
        self._deadlines(case, referral)
        self._steps(case, referral)

    def _source(self, number: str, case: str) -> None:
        self.add(
            SourceRecord,
            case=case if self.rng.random() < 0.9 else None,
            organisation=self.data.cast[self.rng.choice(("source", "source", "charge2"))],
            system=self.rng.choice(("12345", "12315", words.text(self.rng))),
            source_number=f"{number}{self.rng.choice(('', words.text(self.rng)[:20]))}",
            batch=words.text(self.rng),
            source_updated_at=self._moment(),
            received_at=self._moment(),
            fate=self._some(tuple(Fate)),
            void=self._some((True, False)),
            waiting=self._some((True, False)),
            happened_on=self._day(0.3),
            raw_type=words.optional(self.rng),
            region_from=self._some(tuple(RegionSource)),
            opened=self._one("Case", 0.5),
            subject=self._one(self.rng.choice(("Referral", "Mediator", "Confirmation", "Notarisation", "Appraisal")), 0.5),
            content=words.optional(self.rng),
            reading=words.optional(self.rng),
            content_hash=f"{self.rng.getrandbits(64):016x}",
            pair=words.optional(self.rng),
            gives=words.optional(self.rng),
            seeks=words.optional(self.rng),
        )

    def _attached(self, number: str, case: str | None) -> None:
        """What other bodies add to a case; without one it waits."""
        rng = self.rng
        agreement = self.add(
            Agreement, number=f"XY{number}", kind=self._some(tuple(AgreementKind)), date=self._day(0.3), case=case
        )
        reference = {"agreement": None if self._coin() else agreement, "agreement_number": words.optional(rng)}
        self.add(
            Confirmation,
            number=f"SQ{number}",
            case=case,
            **reference,
            court=self._one("Court", 0.4),
            court_number=words.optional(rng),
            applied_on=self._day(0.3),
            accepted_on=self._day(0.3),
            ruled_on=self._day(0.3),
            ruling=words.optional(rng),
            dismissal=words.optional(rng),
            enforcement_number=words.optional(rng),
            enforcement=words.optional(rng),
        )
        self.add(
            Notarisation,
            number=f"GZ{number}",
            case=case,
            **reference,
            office=words.optional(rng),
            matter=words.optional(rng),
            accepted_on=self._day(0.3),
            issued_on=self._day(0.3),
            enforceable=self._some((True, False)),
            fee=self._some(MONEY),
            status=words.optional(rng),
        )
        self.add(
            Appraisal,
            number=f"JD{number}",
            case=case,
            delegation_number=words.optional(rng),
            institution=words.optional(rng),
            matter=words.optional(rng),
            commissioned_on=self._day(0.3),
            accepted_on=self._day(0.3),
            issued_on=self._day(0.3),
            extension=words.optional(rng),
            supplement=words.optional(rng),
            opinion=None if self._coin() else words.telling(rng, list(words.NAMES)),
            status=words.optional(rng),
        )

    def _delivery(self) -> None:
        """A batch of an agency, and its rows in quarantine."""
        rng = self.rng
        sent = {"organisation": self.data.cast[rng.choice(("source", "charge2", "idle"))], "region": self._one("Region")}
        record = rng.choice(("petition", "market", words.text(rng)))
        names = ("received", "applied", "merged", "corrected", "unchanged", "superseded", "quarantined")
        counts: dict[str, Any] = {name: rng.choice((0, 1, 2**31 - 1)) for name in (*names, "unknown_types", "default_regions")}
        batch = self.add(
            Batch,
            record=record,
            **sent,
            file=words.text(rng),
            file_date=self._day(0.3),
            sha256=f"{rng.getrandbits(256):064x}",
            received_at=self._moment(),
            received_on=self._day(),
            state=self._enum(BatchState),
            refusal=None if self._coin() else "HUB-302",
            announced=self._some((0, 1, 400_000)),
            **counts,
        )
        for place in range(rng.choice((0, 1, 2))):
            self.add(
                QuarantinedRow,
                batch=batch,
                **sent,
                record=record,
                source_number=words.optional(rng),
                place=place,
                reason=self._enum(QuarantineReason),
                state=self._enum(QuarantineState),
                shown=words.text(rng),
                content=words.text(rng),
                content_hash=f"{rng.getrandbits(64):016x}",
                source_updated_at=None,
                received_at=self._moment(),
                settled_at=None if self._coin() else self._moment(),
                case=self._one("Case", 0.5),
            )

    def _linked(self) -> None:
        """Two cases that may be one dispute, and two that were made one."""
        one, other, taken = self._one("Case"), self._one("Case"), self.data["Candidate"].values()
        decided = None if self._coin() else self._moment()
        if (one, other) not in {(row["case"], row["other"]) for row in taken}:
            self.add(
                Candidate,
                case=one,
                other=other,
                score=self.rng.choice((0, 55, 100)),
                grounds=words.text(self.rng),
                state=self._enum(CandidateState),
                proposed_at=self._moment(),
                decided_at=decided,
                decided_by=words.optional(self.rng),
            )
        self.add(
            Merge,
            survivor=other,
            merged=one,
            basis=self._enum(MergeBasis),
            merged_at=self._moment(),
            merged_by=words.text(self.rng),
            undone_at=decided,
            undone_by=words.optional(self.rng),
            state_before="REGISTERED",
        )

    def _job(self, number: int) -> None:
        """A job and some of its runs, one for each period."""
        rng, region = self.rng, self._one("Region", 0.2)
        job = self.add(
            Job,
            f"job_j{number}",
            name=f"j{number}",
            region=region,
            purpose=words.text(rng),
            clause=words.text(rng),
            schedule="daily 00:05",
            next_at=None if self._coin() else self._moment(),
            paused=self._coin(),
            retired=self._coin(),
            planned_until=self._moment(),
        )
        # In the order drawn: a set's would differ from process to process.
        for period in dict.fromkeys(self._moment() for _ in range(rng.choice((0, 1, 4)))):
            times: dict[str, Any] = {
                name: None if self._coin() else self._moment() for name in ("lease_until", "started_at", "ended_at", "retry_at")
            }
            self.add(
                JobRun,
                job=job,
                region=region,
                period=period,
                since=None if self._coin() else self._moment(),
                reason=self._enum(RunReason),
                state=self._enum(RunState),
                claimed_by=words.optional(rng),
                **times,
                attempts=rng.choice((0, 1, 2**31 - 1)),
                outcome=[Tally(words.text(rng), words.optional(rng)) for _ in range(rng.choice((0, 0, 2)))],
                error=words.optional(rng),
            )

    def _event(self, case: str | None) -> None:
        kinds = ("Case", "Party", "CaseMode", "Referral", "SourceRecord")
        kind = self.rng.choice((*kinds, None))
        facts = [
            Fact(words.text(self.rng), words.optional(self.rng), self._one("Case", 0.5))
            for _ in range(self.rng.choice((0, 0, 1, 3)))
        ]
        self.add(
            Event,
            type=self._enum(EventType),
            case=case,
            subject=self._one(kind) if kind else None,
            actor=words.text(self.rng),
            organisation=self._one("Organisation", 0.4),
            occurred_at=self._moment(),
            facts=facts,
            routing_before=None,
            routing_after=None,
        )

    def _consumer(self, number: int) -> None:
        """A reader of the log with what it was given and acknowledged; some are given without a consumer."""
        rng = self.rng
        cast = list(self.data.cast.values())
        owner = self._one("Court") or "" if number == 0 else cast[number // 3]
        consumer = self.add(
            Consumer,
            name=words.text(rng)[:20] or "c",
            owner=owner,
            alias=f"consumer {number}",
            viewer="agency",
            state=self._enum(ConsumerState),
            types=[WantedType(each) for each in rng.sample(("CASE_CHANGED", "REFERRAL_ISSUED"), rng.choice((0, 1, 2)))],
            case=self._one("Case", 0.6),
            region=self._one("Region", 0.6),
            acknowledged="1.0.0",
            acknowledged_event=words.optional(rng),
            acknowledged_at=None if self._coin() else self._moment(),
            stream=None,
            term=rng.choice((0, 3)),
            rewinds=None,
        )
        for _ in range(rng.choice((1, 1, 3))):
            self.add(
                Delivery,
                consumer=None if self._coin() else consumer,
                owner=None if rng.random() < 0.1 else owner,
                viewer=words.text(rng),
                readers=rng.choice((1, 3)),
                stream=None,
                way=self._enum(Way),
                lowest=1,
                highest=3,
                numbers="1,3",
                first="1.0.1",
                last="1.0.3",
                first_event=words.text(rng),
                last_event=words.text(rng),
                events=rng.choice((1, 2**31 - 1)),
                digest=words.text(rng),
                began_at=self._moment(),
                given_at=self._moment(),
                chain_number=None,
                chain_link=None,
            )
            self.add(
                Acknowledgement,
                consumer=consumer,
                owner=owner,
                viewer=words.text(rng),
                principal="p1",
                rewound=self._coin(),
                position="1.0.2",
                epoch=1,
                xid=0,
                seq=2,
                event=words.optional(rng),
                acknowledged_at=self._moment(),
                chain_number=None,
                chain_link=None,
            )

        self._outlet(number, consumer, owner)

    def _outlet(self, number: int, consumer: str, owner: str) -> None:
        """Where its events are brought, what was not taken there, and files."""
        rng = self.rng
        whose: dict[str, Any] = {"owner": owner, "region": self._one("Region", 0.4)}
        outlet = self.add(
            Outlet,
            **whose,
            name=f"c{number}",
            consumer=None if self._coin() else consumer,
            way=self._enum(Way),
            state=self._enum(OutletState),
            retired=self._coin(),
            attempts=rng.choice((0, 12)),
            error=words.optional(rng),
            next_attempt_at=None if self._coin() else self._moment(),
            mark="m",
            rewinds=0,
            held_by=None,
            held_until=None,
        )
        self._unbrought(outlet, consumer, whose, range(rng.choice((0, 2))))

    def _unbrought(self, outlet: str, consumer: str, whose: dict[str, Any], places: range) -> None:
        """What an outlet's receiver did not take, and the files that were written for it."""
        rng = self.rng
        for place in places:
            state, error = self._enum(LetterState), words.optional(rng)
            event: dict[str, Any] = {
                "event": f"e{place}",
                "type": "CASE_CHANGED",
                "lane": "",
                "epoch": 1,
                "xid": 0,
                "seq": place,
            }
            stands: dict[str, Any] = {"case": self._one("Case", 0.6), "attempts": 1, "error": error, "state": state}
            self.add(Letter, **whose, outlet=outlet, **event, **stands)
            self.add(
                Parcel,
                **whose,
                outlet=outlet,
                consumer=consumer,
                number=place + 1,
                sha256=words.text(rng),
                events=2,
                first=None,
                last=None,
                last_event=words.optional(rng),
                written_at=self._moment(),
                acknowledged_at=None if self._coin() else self._moment(),
                refused=words.optional(rng),
                state=self._enum(ParcelState),
            )

    def _opening(self, case: str | None) -> None:
        self.add(
            Opening,
            case=case,
            subject=self._one("Case") or "",
            field=self.rng.choice(("identity", "phone", "narrative")),
            viewer=self.rng.choice(("admin", "agency", words.text(self.rng))),
            principal="p1",
            purpose=None if self._coin() else self._enum(OpeningPurpose),
            reason=words.optional(self.rng),
            opened_at=self._moment(),
        )
