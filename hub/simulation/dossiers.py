"""A matter as rows: the case, its parties and modes, and everything around it."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from hub.schema.cases import Case, CaseMode
from hub.schema.cases import CaseState as State
from hub.schema.organisations import OrganisationLevel
from hub.schema.referrals import ReferralMember
from hub.schema.sources import SourceRecord
from hub.simulation import parties
from hub.simulation.chance import Chance
from hub.simulation.days import SHANGHAI
from hub.simulation.handovers import Referrals
from hub.simulation.happenings import history
from hub.simulation.matter import Matter
from hub.simulation.records import Records
from hub.simulation.register import Register
from hub.simulation.seeds import Seeds
from hub.simulation.strands import WHOLE, Strand
from hub.store.ledger import Insert

_LOST = frozenset({"FAILED", "REFUSED", "UNREACHABLE", "TO_COURT", "TO_POLICE", "DUPLICATE", "WITHDRAWN"})
_TAKING_PART = ("sender", "receiver", "lead")
_WITH_ORGANISATION = (SourceRecord, ReferralMember)
_WITH_APPRAISAL = frozenset({"06", "12", "13"})


class Cases:
    """Writes matters down."""

    def __init__(self, chance: Chance, seeds: Seeds, register: Register, *, strand: Strand = WHOLE) -> None:
        self.chance = chance
        self.seeds = seeds
        self.referrals = Referrals(chance, seeds, register, strand=strand)
        self.records = Records(chance, register, strand=strand)

    def of(self, matter: Matter) -> list[Insert]:
        """Every row of a matter, each after what it links to."""
        around = [*self._parties(matter), *self._modes(matter), *self.referrals.of(matter), *self.records.of(matter)]
        events = history(self.chance, matter, around, routing=self._routing(matter, around))
        return [self._case(matter), *around, *events]

    def _routing(self, matter: Matter, around: Sequence[Insert]) -> str:
        """Who is to hear of the matter, spelled as the ledger spells it."""
        place, values = matter.place, [insert.values for insert in around]
        bodies = {matter.body.id, *(one.get(name) for one in values for name in _TAKING_PART if name in one)}
        bodies |= {one.values["organisation"] for one in around if one.noun in _WITH_ORGANISATION}
        keys: dict[str, Any] = {
            "city": self.seeds.city.code,
            "district": place.district,
            "town": place.town,
            "zone": place.zone,
        }
        keys |= {"organisations": sorted(body for body in bodies if body)}
        return orjson.dumps(keys | {"courts": sorted({one["court"] for one in values if one.get("court")})}).decode()

    def _case(self, matter: Matter) -> Insert:
        course = matter.course
        accepted = course.first(State.ACCEPTED)
        limit = dt.timedelta(days=matter.limit)
        values: dict[str, Any] = {
            "id": matter.id,
            "number": matter.number,
            "title": self._title(matter),
            "narrative": matter.narrative if self.chance.happens(0.96) else None,
            "state": course.state,
            "handling": matter.handling,
            "start": matter.start,
            "domain": matter.story.domain,
            "dispute_type": matter.type,
            "channel": matter.channel,
            "severity": matter.severity,
            "outcome": course.outcome,
            "cause": matter.cause,
            "amount": matter.sum,
            "region": matter.place.id,
            "organisation": matter.body.id,
            "mediator": matter.mediator,
            "online": matter.online,
            "registered_at": matter.registered,
            "registered_on": _day(matter.registered),
            "accepted_on": _day(accepted),
            "due_on": _day(max(accepted, course.latest(State.ACCEPTED) or accepted) + limit) if accepted else None,
            "concluded_on": _day(course.ended),
            "handled_days": _days_between(matter.registered, course.ended),
            "resolved_level": self._level(matter),
            "leaked": self._leaked(matter),
        }
        return Insert(Case, values, event=None)

    def _title(self, matter: Matter) -> str:
        first, *others = (someone.name for someone in matter.parties)
        return f"{first}与{others[0]}{matter.cause}" if others else f"{first}{matter.cause}"

    def _level(self, matter: Matter) -> OrganisationLevel | None:
        outcome = matter.course.outcome
        return matter.body.level if outcome is not None and outcome not in _LOST else None

    def _leaked(self, matter: Matter) -> bool:
        outcome = matter.course.outcome
        if outcome == "TO_COURT":
            return True
        share = 0.22 if outcome in ("FAILED", "REFUSED") else 0.004 if outcome else 0.0
        return self.chance.happens(share)

    def _parties(self, matter: Matter) -> Iterator[Insert]:
        shielded = matter.type == "01" and self.chance.happens(0.05)
        for someone in matter.parties:
            yield parties.insert(
                self.chance,
                someone,
                case=matter.id,
                id_=self.chance.id("party", matter.registered),
                place=matter.place,
                seeds=self.seeds,
                shielded=shielded,
            )

    def _modes(self, matter: Matter) -> Iterator[Insert]:
        """The mode the matter was diverted to, and an appraisal beside it where the clock was stopped for one."""
        diverted, settled = matter.course.first(State.DIVERTED), matter.course.settled
        if diverted is None:
            return
        yield self._mode(matter, matter.mode, diverted, settled, matter.course.outcome if settled else None)
        stopped = matter.course.first(State.SUSPENDED)
        if stopped is not None and matter.type in _WITH_APPRAISAL and matter.mode != "JD":
            resumed = next((s.at for s in matter.course.steps if s.state is State.HANDLING and s.at > stopped), None)
            yield self._mode(matter, "JD", stopped, resumed, None)

    def _mode(
        self, matter: Matter, mode: str, since: dt.datetime, until: dt.datetime | None, outcome: str | None
    ) -> Insert:
        values: dict[str, Any] = {"id": self.chance.id("mode", since), "case": matter.id, "mode": mode}
        values |= {"organisation": matter.body.id, "started_on": _day(since), "ended_on": _day(until)}
        return Insert(CaseMode, values | {"outcome": outcome}, event=None)


def _day(moment: dt.datetime | None) -> dt.date | None:
    return moment.astimezone(SHANGHAI).date() if moment else None


def _days_between(start: dt.datetime, end: dt.datetime | None) -> int | None:
    return (end.astimezone(SHANGHAI).date() - start.astimezone(SHANGHAI).date()).days if end else None
