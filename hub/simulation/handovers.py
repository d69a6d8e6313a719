"""The referrals of a matter, of all seven types, in the state that its course has brought them to (DOMAIN 2.2)."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from hub.schema.cases import CaseState as State
from hub.schema.cases import Handling
from hub.schema.referrals import Referral, ReferralMember, ReferralState, ReferralType
from hub.simulation import days
from hub.simulation.bodies import Body
from hub.simulation.chance import Chance, Weighted
from hub.simulation.days import HORIZON, SHANGHAI
from hub.simulation.matter import Matter
from hub.simulation.register import Register
from hub.simulation.seeds import CourtSeat, Seeds
from hub.simulation.stands import DONE, Stand, Stands
from hub.simulation.strands import WHOLE, Series, Strand
from hub.store.ledger import Insert

_T, _S = ReferralType, ReferralState
OF_CHANNEL = {"05": "hotline-12345", "06": "market", "07": "police-order", "09": "petition", "04": "hotline-12348"}
OF_TYPE = {"10": "labour", "11": "labour", "12": "health", "13": "police-order", "09": "ecology", "07": "natural-res",
           "22": "finance", "04": "chamber", "18": "market", "19": "market", "01": "civil-affairs"}  # fmt: skip
"""Which agency's system a matter came from: by its channel, or for channel 10 by its type."""

REFERRALS = "ZZR"
"""The series of referrals; those of cases are called by their town."""

_REFUSED = Weighted({"12-1": 5, "12-2": 3, "12-3": 2})


def source_of(matter: Matter) -> str | None:
    """The agency's system the matter came from; None when it came in directly."""
    return OF_TYPE.get(matter.type) if matter.channel == "10" else OF_CHANNEL.get(matter.channel)


class Referrals:
    """Makes the referrals of matters and numbers them."""

    def __init__(self, chance: Chance, seeds: Seeds, register: Register, *, strand: Strand = WHOLE) -> None:
        self.chance = chance
        self.seeds = seeds
        self.register = register
        self.stands = Stands(chance)
        self.numbers = Series(strand)

    def of(self, matter: Matter) -> Iterator[Insert]:
        """Referrals of a matter with the members of joint handlings, in the order they were issued."""
        if matter.court is not None:
            yield self._of_court(matter, matter.court)
        elif (system := source_of(matter)) is not None:
            yield self._forward(matter, self.register.agencies[system])
        diverted = matter.course.first(State.DIVERTED)
        if diverted is not None:
            yield from self._diverted(matter, diverted)
        elif matter.course.state is State.ACCEPTED and self.chance.happens(0.3):
            yield self._assign(matter, matter.course.last, Stand(_S.DRAFT))
        if matter.handling is Handling.JOINT:
            yield from self._joint(matter)
        if self.to_court(matter):
            yield from self._handover(matter)

    def to_court(self, matter: Matter) -> bool:
        """Whether a matter without agreement is taken to court by the hub itself."""
        return matter.course.state is State.CLOSED_FAILED and matter.course.outcome == "TO_COURT"

    def _of_court(self, matter: Matter, court: CourtSeat) -> Insert:
        """Delegated before filing (three of four) or entrusted after it (Online Mediation Rules)."""
        entrusted = matter.number[-1] in "258"
        kind, limit = (_T.ENTRUST, 15) if entrusted else (_T.DELEGATE, 30)
        stand = self.stands.handled(matter, matter.registered, court=True)
        number = self._court_number(court, "民初" if entrusted else "诉前调")
        return self._insert(
            matter,
            kind,
            stand,
            matter.registered,
            limit=limit,
            court=court.id,
            court_number=number,
            sender=self.register.courts[court.id].id,
            receiver=matter.body.id,
            mediator=matter.mediator if stand.accepted else None,
            undisputed_facts=stand.state in DONE and self.chance.happens(0.5),
        )

    def _forward(self, matter: Matter, agency: Body) -> Insert:
        stand = self.stands.taken(matter)
        receiver = matter.centre.id if matter.centre is not agency else matter.body.id
        return self._insert(matter, _T.FORWARD, stand, matter.registered, limit=15, sender=agency.id, receiver=receiver)

    def _diverted(self, matter: Matter, diverted: dt.datetime) -> Iterator[Insert]:
        if matter.course.first(State.ACCEPTED) != matter.course.latest(State.ACCEPTED):
            yield self._turned_down(matter, diverted)
        if matter.body is self.register.district_centre(matter.place):
            yield self._escalate(matter, diverted)
        elif matter.court is None and matter.body is not matter.centre:
            at = matter.course.latest(State.DIVERTED) or diverted
            yield self._assign(matter, at, self.stands.handled(matter, at, court=False))

    def _assign(self, matter: Matter, at: dt.datetime, stand: Stand) -> Insert:
        mediator = matter.mediator if stand.accepted else None
        parts: dict[str, Any] = {"sender": matter.centre.id, "receiver": matter.body.id, "mediator": mediator}
        return self._insert(matter, _T.ASSIGN, stand, at, limit=matter.limit, **parts)

    def _escalate(self, matter: Matter, at: dt.datetime) -> Insert:
        stand = self.stands.handled(matter, at, court=False)
        note = "案情复杂、涉及面广，镇街层面难以化解，报请上级中心受理。"
        parts = {"sender": matter.centre.id, "receiver": matter.body.id, "note": note}
        return self._insert(matter, _T.ESCALATE, stand, at, limit=matter.limit, **parts)

    def _turned_down(self, matter: Matter, at: dt.datetime) -> Insert:
        """A first try that came to nothing, before the matter was diverted again."""
        state = self.chance.pick(Weighted({_S.REJECTED: 6, _S.EXPIRED: 2, _S.RECALLED: 1}))
        receiver = self.register.towns[matter.centre.place.code]["TOWN_COMMITTEE"].id
        refusal = self.chance.pick(_REFUSED) if state is _S.REJECTED else None
        parts = {"sender": matter.centre.id, "receiver": receiver, "refusal_reason": refusal}
        return self._insert(matter, _T.ASSIGN, Stand(state), at, limit=None, **parts)

    def _joint(self, matter: Matter) -> Iterator[Insert]:
        handling = matter.course.first(State.HANDLING) or matter.registered
        at = min(days.later(self.chance, handling, 1.0), matter.course.settled or HORIZON)
        at = max(min(at, HORIZON), handling)
        lead, others = matter.body, self._joining(matter)
        parts = {"sender": matter.centre.id, "receiver": others[0].id, "lead": lead.id}
        stand = self.stands.handled(matter, at, court=False, accepted=at)
        invited = self._insert(matter, _T.JOINT_INVITE, stand, at, limit=30, **parts)
        yield invited
        if invited.values["accepted_on"] is None:
            return
        for member in (lead, *others):
            joined = max(invited.values["accepted_on"], at.astimezone(SHANGHAI).date())
            values = {"id": self.chance.id("rmem", at), "referral": invited.values["id"], "organisation": member.id}
            yield Insert(ReferralMember, values | {"joined_on": joined}, event=None)

    def _joining(self, matter: Matter) -> list[Body]:
        """Whom the lead invites: the district's bodies next to it and an agency of the field."""
        here = [body for body in self.register.districts[matter.place.district or ""] if body is not matter.body]
        system = OF_TYPE.get(matter.type, "hotline-12348")
        chosen = self.chance.sample(here, min(len(here), self.chance.randint(1, 2)))
        return [*chosen, self.register.agencies[system]]

    def _handover(self, matter: Matter) -> Iterator[Insert]:
        court = matter.court or self.seeds.court_of.get(matter.place.district or "")
        at = days.later(self.chance, matter.course.last, 0.5)
        if court is None or at > HORIZON:
            return
        filed = days.later(self.chance, at, self.chance.randint(1, 7))
        known = filed <= HORIZON
        stand = Stand(_S.SOURCE_CLOSED, filed, filed) if known else Stand(_S.DELIVERED)
        yield self._insert(
            matter,
            _T.HANDOVER_TO_COURT,
            stand,
            at,
            limit=7,
            court=court.id,
            court_number=self._court_number(court, "民初") if known else None,
            sender=matter.body.id,
            receiver=self.register.courts[court.id].id,
            undisputed_facts=self.chance.happens(0.4),
        )

    def _insert(
        self, matter: Matter, kind: ReferralType, stand: Stand, at: dt.datetime, *, limit: int | None, **given: Any
    ) -> Insert:
        """The row; `given` says sender and receiver, and what else its type needs."""
        issued = at.astimezone(SHANGHAI).date()
        accepted, completed = _day(stand.accepted), _day(stand.completed)
        values: dict[str, Any] = {
            "id": self.chance.id("ref", at),
            "number": f"{REFERRALS}-{days.YEAR}-{self.numbers.next(REFERRALS):07d}",
            "type": kind,
            "state": stand.state,
            "case": matter.id,
            "court": None,
            "court_number": None,
            "receiver": None,
            "lead": None,
            "mediator": None,
            "issued_at": at,
            "issued_on": issued,
            "accepted_on": accepted,
            "due_on": (accepted or issued) + dt.timedelta(days=limit) if limit else None,
            "completed_on": completed,
            "mediation_days": (completed - accepted).days if accepted and completed else None,
            "termination_reason": stand.reason,
            "refusal_reason": None,
            "return_reason": stand.returned,
            "undisputed_facts": False,
            "note": None,
        }
        return Insert(Referral, values | given, event=None)

    def _court_number(self, court: CourtSeat, kind: str) -> str:
        return f"({days.YEAR}){court.code}{kind}{self.numbers.next((court.code, kind))}号"


def _day(moment: dt.datetime | None) -> dt.date | None:
    return moment.astimezone(SHANGHAI).date() if moment else None
