"""A quarrel as it is, before any agency hears of it: who, with which numbers, about what, where and since when."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hub.schema.cases import PartyRole
from hub.schema.regions import RegionLevel
from hub.simulation import identifiers
from hub.simulation.agencies.meanings import Side
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.chance import Chance, Weighted
from hub.simulation.disputes import CHANNELS, PERSON, STORIES, TYPES
from hub.simulation.matter import PEOPLE
from hub.simulation.parties import Someone, parties
from hub.simulation.seeds import Place, Seeds
from hub.simulation.tales import TALES

RARE = "䶮㛃𬭎𠮷"
"""Signs of names that GBK does not know; the last two are outside the first plane."""

_CREDIT: Mapping[str, str] = {"bureau": "11", "hospital": "12", "school": "12"}
_AWAY = ("320300", "370800", "371300", "110105", "310115", "341300", "370102", "370421")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarrel:
    """`sum` is in fen; `repeat` says that it came of an older one (for tests)."""

    number: int
    place: Place
    type: str
    channel: str
    cause: str
    story: str
    opened: dt.date
    applicants: tuple[Side, ...]
    respondents: tuple[Side, ...]
    sum: int | None
    bridged: bool = False
    relapsed: bool = False


class Quarrels:
    """Draws quarrels, each from its number; only namesakes and other matters look at the one before them."""

    def __init__(self, seeds: Seeds, quirks: Quirks, seed: int) -> None:
        self.seed = seed
        self.quirks = quirks
        self.districts = Weighted({code: PEOPLE.get(code, 400) for code in seeds.towns})
        self.towns = {
            code: Weighted({town: 1.7 if town.name.endswith("街道") else 1.0 for town in towns})
            for code, towns in seeds.towns.items()
        }
        self.types = TYPES
        self.number = 0
        self.last: Quarrel | None = None

    def of_day(self, day: dt.date, count: int) -> Iterator[tuple[Quarrel, Chance]]:
        """That many quarrels that began on the day, each with the chance that decides what becomes of it."""
        for _ in range(count):
            self.number += 1
            chance = Chance(f"{self.seed}/{self.number}")
            drawn = self._draw(chance, day)
            self.last = drawn
            yield drawn, chance

    def _draw(self, chance: Chance, day: dt.date) -> Quarrel:
        fate, rates = chance.random(), self.quirks
        if self.last is not None and fate < rates.namesakes:
            return self._namesakes(chance, self.last, day)
        if self.last is not None and fate < rates.namesakes + rates.other_matters:
            return self._other_matter(chance, self.last, day)
        return self._fresh(chance, day)

    def _fresh(self, chance: Chance, day: dt.date) -> Quarrel:
        town = chance.pick(self.towns[chance.pick(self.districts)])
        type_ = chance.pick(self.types)
        who = parties(chance, type_, town)
        applicants = self._sides(chance, town, (one for one in who if one.role is PartyRole.APPLICANT))
        respondents = self._sides(chance, town, (one for one in who if one.role is PartyRole.RESPONDENT))
        several = chance.happens(self.quirks.several)
        cause, money, story = _told(chance, type_, applicants, respondents)
        bridged = chance.happens(self.quirks.bridges)
        return Quarrel(
            number=self.number,
            place=town,
            type=type_,
            channel=chance.pick(CHANNELS[type_]),
            cause=cause,
            story=story,
            opened=day,
            applicants=applicants,
            respondents=respondents if several else respondents[:1],
            sum=money,
            bridged=bridged,
            relapsed=not bridged and chance.happens(self.quirks.relapses),
        )

    def _sides(self, chance: Chance, town: Place, who: Iterator[Someone]) -> tuple[Side, ...]:
        return tuple(self._side(chance, town, one.name, one.trade) for one in who)

    def _side(self, chance: Chance, town: Place, name: str, trade: str) -> Side:
        division = town.district or town.code[:6]
        division = division if chance.happens(0.9) else chance.choice(_AWAY)
        if trade != PERSON:
            code = identifiers.credit_code(chance, division, kind=_CREDIT.get(trade, "91"))
            return Side(name, code, "credit", identifiers.landline(chance))
        if chance.happens(self.quirks.rare_names):
            name = name[:-1] + chance.choice(RARE)
        if chance.happens(self.quirks.passports):
            return Side(name, f"E{chance.digits(8)}", "other", identifiers.mobile(chance))
        return Side(name, _resident(chance, division), "resident", identifiers.mobile(chance))

    def _namesakes(self, chance: Chance, other: Quarrel, day: dt.date) -> Quarrel:
        """People of the same names who are somebody else: never the same quarrel."""
        sides = tuple(_somebody_else(chance, one) for one in (*other.applicants, *other.respondents))
        first = len(other.applicants)
        return replace(
            other,
            number=self.number,
            opened=day,
            applicants=sides[:first],
            respondents=sides[first:],
            bridged=False,
            relapsed=False,
        )

    def _other_matter(self, chance: Chance, other: Quarrel, day: dt.date) -> Quarrel:
        """The same people about something else: never the same quarrel."""
        type_ = next(code for code in chance.choices(TYPES, k=20) if code != other.type)
        cause, money, story = _told(chance, type_, other.applicants, other.respondents)
        known = replace(other, number=self.number, opened=day, type=type_, cause=cause, sum=money, story=story)
        return replace(known, channel=chance.pick(CHANNELS[type_]), bridged=False, relapsed=False)


def settlements(seeds: Seeds) -> tuple[Place, ...]:
    """Districts and towns that rows may name."""
    levels = (RegionLevel.DISTRICT, RegionLevel.TOWN)
    return tuple(place for place in seeds.places if place.level in levels and not place.statistical_only)


def _resident(chance: Chance, division: str) -> str:
    born = identifiers.birthday(chance, youngest=19, eldest=82)
    return identifiers.resident_id(chance, division, born=born, male=chance.happens(0.6))


def _somebody_else(chance: Chance, side: Side) -> Side:
    if side.identity is None or side.kind == "other":
        return replace(side, identity=f"E{chance.digits(8)}", kind="other")
    if side.kind == "credit":
        return replace(side, identity=identifiers.credit_code(chance, "370402"), kind="credit")
    return replace(side, identity=_resident(chance, side.identity[:6]), phone=identifiers.mobile(chance))


def _told(
    chance: Chance, type_: str, applicants: tuple[Side, ...], respondents: tuple[Side, ...]
) -> tuple[str, int | None, str]:
    """Cause, sum in fen and story."""
    cause, told = chance.choice(TALES[type_])
    middle = STORIES[type_].middle
    yuan = round(chance.around(middle, 1.0), 2) if "{sum}" in told and middle else None
    if yuan is not None and yuan > 2000 and chance.happens(0.7):
        yuan = float(round(yuan / 100) * 100)
    shown = f"{yuan:.2f}".removesuffix(".00") if yuan else "若干"
    other = respondents[0].name if respondents else "对方"
    story = told.format(a=applicants[0].name, b=other, sum=shown, n=chance.randint(2, 18))
    return cause, round(yuan * 100) if yuan else None, story
