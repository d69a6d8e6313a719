"""A dispute as it is decided on before any row of it is made: where, what, who, by whom and how it went."""

import datetime as dt
from dataclasses import dataclass

from hub.schema.cases import CaseStart, CaseState, Handling
from hub.schema.regions import RegionLevel
from hub.simulation import days
from hub.simulation.bodies import INVITED, Body
from hub.simulation.chance import Chance, Weighted
from hub.simulation.course import Course, course
from hub.simulation.disputes import CHANNELS, MODES, SEVERITY, STORIES, TYPES, Story
from hub.simulation.parties import Someone, parties
from hub.simulation.register import Register
from hub.simulation.seeds import CourtSeat, Place, Seeds
from hub.simulation.strands import WHOLE, Series, Strand
from hub.simulation.tales import TALES

PEOPLE = {"370402": 599, "370403": 573, "370404": 357, "370405": 296, "370406": 456, "370481": 1574}
"""Thousand residents by district (census of 2020, rounded); another district counts as 400."""

OWN_KIND = {"FY": "RECONSIDERATION", "LZ": "LABOUR_ARB", "LS": "LAWYER_ROOM", "GZ": "NOTARY", "FYZ": "LEGAL_AID"}
LIMITS = {"FY": 60, "CJ": 60, "LZ": 45, "ZC": 120, "TD": 60}
"""Days a mode may take; mediation takes 30."""

_NEAR = Weighted({"VILLAGE_COMMITTEE": 56, "TOWN_COMMITTEE": 30, "TOWN_CENTRE": 14})


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Everything decided; `court` is the one that delegated or entrusted it."""

    id: str
    number: str
    place: Place
    type: str
    channel: str
    severity: str
    mode: str
    body: Body
    centre: Body
    mediator: str | None
    court: CourtSeat | None
    handling: Handling
    start: CaseStart
    online: bool
    cause: str
    sum: int | None
    parties: list[Someone]
    course: Course
    narrative: str

    @property
    def story(self) -> Story:
        return STORIES[self.type]

    @property
    def registered(self) -> dt.datetime:
        return self.course.steps[0].at

    @property
    def limit(self) -> int:
        """Days that handling may take."""
        return LIMITS.get(self.mode, 30)


class Matters:
    """Draws matters one after the other and numbers them by town."""

    def __init__(self, chance: Chance, seeds: Seeds, register: Register, *, strand: Strand = WHOLE) -> None:
        self.chance = chance
        self.seeds = seeds
        self.register = register
        self.numbers = Series(strand)
        self.districts = Weighted({code: PEOPLE.get(code, 400) for code in seeds.towns})
        self.towns = {
            code: Weighted({town: 1.7 if town.name.endswith("街道") else 1.0 for town in towns})
            for code, towns in seeds.towns.items()
        }

    def draw(self, came: dt.datetime) -> Matter:
        """A matter that comes in at that moment."""
        chance = self.chance
        town = chance.pick(self.towns[chance.pick(self.districts)])
        type_ = chance.pick(TYPES)
        channel, severity, mode = chance.pick(CHANNELS[type_]), chance.pick(SEVERITY[type_]), chance.pick(MODES[type_])
        court = self._court(town) if channel == "08" else None
        body = self._body(town, type_, severity, mode, court)
        went = course(chance, came, severity=severity, mode=mode, court=court is not None)
        who, (cause, told) = parties(chance, type_, town), chance.choice(TALES[type_])
        money = self._sum(STORIES[type_].middle) if "{sum}" in told else None
        joint = chance.happens(0.3 if severity in "34" else 0.015) and went.first(CaseState.HANDLING) is not None
        return Matter(
            id=chance.id("case", came),
            number=f"ZZF-{town.code}-{days.YEAR}-{self.numbers.next(town.code):06d}",
            place=self._village(town, body),
            type=type_,
            channel=channel,
            severity=severity,
            mode=mode,
            body=body,
            centre=self.register.towns[town.code]["TOWN_CENTRE"],
            mediator=chance.choice(body.mediators) if body.mediators and went.first(CaseState.HANDLING) else None,
            court=court,
            handling=Handling.JOINT if joint else Handling.SPLIT,
            start=_start(channel),
            online=channel in {"02", "03"} or chance.happens(0.12),
            cause=cause,
            sum=money,
            parties=who,
            course=went,
            narrative=self._told(told, who, money),
        )

    def _court(self, town: Place) -> CourtSeat | None:
        return self.seeds.court_of.get(town.district or "") or self.seeds.court_of.get(self.seeds.city.code)

    def _body(self, town: Place, type_: str, severity: str, mode: str, court: CourtSeat | None) -> Body:
        """Who handles it: the mode's own body, the profession's, the district for what is difficult, else nearby."""
        register, district = self.register, town.district or ""
        found = register.of_district(district, OWN_KIND[mode]) if mode in OWN_KIND else None
        if mode == "XT":
            found = register.of_district(district, "ADMIN_MEDIATION", type_)
        if mode == "HY":
            found = register.of_district(district, "INDUSTRY_COMMITTEE", type_)
            found = found or register.of_district(district, "CHAMBER")
        if mode in {"SS", "ZC"}:
            found = register.city["COMMERCIAL" if mode == "SS" else "ARBITRATION"]
        if found is None and (severity == "4" or (severity == "3" and self.chance.happens(0.6))):
            found = register.district_centre(town)
        if court is not None and (found is None or found.kind not in INVITED):
            found = self.chance.choice(register.invited[court.id])
        return found or self._nearby(town)

    def _nearby(self, town: Place) -> Body:
        kind = self.chance.pick(_NEAR)
        if kind == "VILLAGE_COMMITTEE":
            return self.chance.choice(self.register.villages[town.code])
        return self.register.towns[town.code][kind]

    def _village(self, town: Place, body: Body) -> Place:
        """Where the dispute lies: the village, where one is known, otherwise the town."""
        if body.place.level is RegionLevel.VILLAGE and body.place.town == town.code:
            return body.place
        known = self.seeds.villages.get(town.code)
        return self.chance.choice(known) if known else town

    def _sum(self, middle: int) -> int | None:
        """A sum in fen around the median of its type; None where nobody named one."""
        if self.chance.happens(0.08):
            return None
        yuan = self.chance.around(middle, 1.0)
        rounded = round(yuan / 100) * 100 if yuan > 2000 and self.chance.happens(0.7) else round(yuan, 2)
        return max(1, round(rounded * 100))

    def _told(self, text: str, who: list[Someone], money: int | None) -> str:
        other = who[1].name if len(who) > 1 else "对方"
        shown = f"{(money or 0) / 100:.2f}".removesuffix(".00") if money else "若干"
        return text.format(a=who[0].name, b=other, sum=shown, n=self.chance.randint(2, 18))


def _start(channel: str) -> CaseStart:
    if channel == "11":
        return CaseStart.OWN_MOTION
    transferred = channel in {"07", "08", "09", "10", "12"}
    return CaseStart.TRANSFERRED if transferred else CaseStart.ON_APPLICATION
