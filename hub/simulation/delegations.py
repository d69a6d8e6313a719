"""Delegations: matters that people bring to a court, which registers them and delegates them to bodies it invited."""

import datetime as dt
from collections.abc import Iterator

from hub.procedures.issuing import NewReferral
from hub.procedures.registration import NewCase, NewParty
from hub.schema.cases import PartyKind
from hub.schema.referrals import ReferralType, TrialProcedure
from hub.schema.verbs import Id
from hub.simulation import identifiers
from hub.simulation.chance import Chance
from hub.simulation.disputes import PERSON, SEVERITY, TYPES
from hub.simulation.parties import Someone, parties
from hub.simulation.posts import Bodies, Errand, court
from hub.simulation.seeds import CourtSeat, Place, Seeds
from hub.simulation.tales import TALES

_COURTS_CHANNEL = "08"


class Delegations:
    """Draws the delegations of each day: about so many a day over all courts, the same ones for the same seed."""

    def __init__(self, seeds: Seeds, seed: int, *, a_day: float) -> None:
        self.seeds, self.seed = seeds, seed
        self.seats = [seeds.court_of[district] for district in seeds.towns if district in seeds.court_of]
        self.share = min(1.0, a_day / max(1, len(self.seats)))

    def of_day(self, day: dt.date, bodies: Bodies) -> Iterator[Errand]:
        """At most one of each court."""
        for seat in self.seats:
            chance = Chance(f"{self.seed}/{seat.code}/{day}")
            receiver = bodies.invited_by(chance, seat.id)
            if receiver is not None and chance.happens(self.share):
                yield self._errand(chance, seat, day, receiver)

    def _errand(self, chance: Chance, seat: CourtSeat, day: dt.date, receiver: str) -> Errand:
        entrusted, number = chance.happens(0.25), chance.randint(100, 4_999)
        kind = "民初" if entrusted else "诉前调"
        new = NewReferral(
            ReferralType.ENTRUST if entrusted else ReferralType.DELEGATE,
            receiver=Id(receiver),
            court=Id(seat.id),
            court_number=f"({day.year}){seat.code}{kind}{number}号",
            trial_procedure=TrialProcedure.ORDINARY if entrusted else None,
        )
        town, type_ = chance.choice(self.seeds.towns[seat.region]), chance.pick(TYPES)
        case = new_case(chance, town, type_, channel=_COURTS_CHANNEL)
        said = {"case": case, "referral": new, "evidence": "诉前调解同意书"}
        return Errand(who=court(seat.id), verb="delegate_case", sign=f"{seat.region}-{day}", inputs=said)


def new_case(chance: Chance, town: Place, type_: str, *, channel: str) -> NewCase:
    """A matter of that type between people of the town, as it is told at a counter."""
    who, (cause, told) = parties(chance, type_, town), chance.choice(TALES[type_])
    first, other = who[0].name, who[1].name if len(who) > 1 else "对方"
    story = told.format(a=first, b=other, sum=chance.randint(20, 900) * 100, n=chance.randint(2, 18))
    return NewCase(
        title=f"{first}与{other}{cause}",
        dispute_type=type_,
        channel=channel,
        severity=chance.pick(SEVERITY[type_]),
        region=Id(town.id),
        online=chance.happens(0.3),
        parties=tuple(_party(chance, someone) for someone in who),
        narrative=story,
        cause=cause,
    )


def _party(chance: Chance, someone: Someone) -> NewParty:
    natural = someone.trade == PERSON
    kind = PartyKind.NATURAL_PERSON if natural else PartyKind.ORGANISATION
    phone = identifiers.mobile(chance) if natural else identifiers.landline(chance)
    return NewParty(someone.name, someone.role, kind, phone=phone)
