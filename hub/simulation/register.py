"""The registers: organisations of every district and town, their mediators, whom courts invited (DOMAIN 4.3)."""

import datetime as dt
from collections.abc import Generator, Iterator
from typing import Any

from hub.schema.courts import Court, Invitation
from hub.schema.mediators import Employment, Mediator, MediatorState
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.regions import RegionLevel
from hub.simulation import identifiers, names
from hub.simulation.bodies import AGENCIES, CITY_BODIES, COMMITTEES_PER_TOWN, DISTRICT_BODIES, INVITED, Body
from hub.simulation.chance import Chance, Weighted
from hub.simulation.days import FIRST, HORIZON, SHANGHAI
from hub.simulation.disputes import TYPES
from hub.simulation.seeds import CourtSeat, Place, Seeds, Standing
from hub.store.ledger import Change, Insert, Update

_L = OrganisationLevel
_BACKGROUNDS = Weighted({
    "NPC_DEPUTY": 3, "CPPCC_MEMBER": 3, "EXPERT": 5, "LAWYER": 8, "LEGAL_WORKER": 12, "RETIRED_JUDGE": 6,
    "FIVE_ELDERS": 16, "GRID_WORKER": 14, "VILLAGE_OFFICIAL": 26, "OTHER": 7,
})  # fmt: skip
_EMPLOYMENT = Weighted({Employment.PART_TIME: 62, Employment.FULL_TIME: 30, Employment.VOLUNTEER: 8})
_APPLYING = Weighted({
    MediatorState.ACTIVE: 84, MediatorState.EXPIRED: 6, MediatorState.SUSPENDED: 3, MediatorState.REMOVED: 2,
    MediatorState.APPLIED: 2, MediatorState.REVIEWED: 1.5, MediatorState.APPOINTED: 1.5,
})  # fmt: skip
_ONE_EACH = frozenset({"CITY_CENTRE", "DISTRICT_CENTRE", "TOWN_CENTRE", "SUB_CENTRE", "COURT", "ARBITRATION"})
"""Kinds of which a region has one: a standing organisation of that kind is the one."""

_CREDIT_KIND = {"VILLAGE_COMMITTEE": "54", "TOWN_COMMITTEE": "54", "AGENCY": "11", "COURT": "11", "TOWN_CENTRE": "12"}


class Register:
    """Everybody who may handle a case. `changes` writes the registers; then cases look bodies up."""

    def __init__(self, chance: Chance, seeds: Seeds) -> None:
        self.chance = chance
        self.seeds = seeds
        self.agencies: dict[str, Body] = {}
        self.courts: dict[str, Body] = {}
        self.city: dict[str, Body] = {}
        self.districts: dict[str, list[Body]] = {}
        self.zones: dict[str, Body] = {}
        self.towns: dict[str, dict[str, Body]] = {}
        self.villages: dict[str, list[Body]] = {}
        self.invited: dict[str, list[Body]] = {}

    def changes(self) -> Iterator[Change]:
        """The rows of the registers, each after what it links to."""
        city = self.seeds.city
        for system, (sign, name) in AGENCIES.items():
            self.agencies[system] = yield from self._body("AGENCY", name, _L.CITY, city, sign=sign)
        for court in self.seeds.courts:
            yield from self._court(court)
        for kind, name, profession, mediators in CITY_BODIES:
            named = name.format(d=city.name)
            self.city[kind] = yield from self._body(kind, named, _L.CITY, city, profession, mediators)
        for district in self.seeds.districts:
            yield from self._district(district)
        for towns in self.seeds.towns.values():
            for town in towns:
                yield from self._town(town)
        for court in self.seeds.courts:
            yield from self._invitations(court)

    def district_centre(self, place: Place) -> Body:
        """The centre above a town's: of its management zone, its district, or else the city."""
        zone = self.zones.get(place.zone or "")
        return zone or self.of_district(place.district or "", "DISTRICT_CENTRE") or self.city["CITY_CENTRE"]

    def of_district(self, district: str, kind: str, profession: str | None = None) -> Body | None:
        """The body of that kind in a district; None where there is none."""
        bodies = self.districts.get(district, ())
        return next((b for b in bodies if b.kind == kind and profession in (None, b.profession)), None)

    def _court(self, court: CourtSeat) -> Generator[Change, None, None]:
        place = self.seeds.by_code[court.region]
        level = _L.CITY if place is self.seeds.city else _L.DISTRICT
        if court.organisation is not None:
            self.courts[court.id] = Body(court.organisation, court.name, "COURT", level, place)
            return
        entry = self.courts[court.id] = yield from self._body("COURT", court.name, level, place)
        yield Update(Court, court.id, court.version, {"organisation": entry.id}, event=None)

    def _district(self, district: Place) -> Generator[Change, None, None]:
        bodies = self.districts[district.code] = []
        for kind, name, profession, mediators in DISTRICT_BODIES:
            named = name.format(d=district.name)
            bodies.append((yield from self._body(kind, named, _L.DISTRICT, district, profession, mediators)))
        for zone in self.seeds.places:
            if zone.level is RegionLevel.ZONE and zone.district == district.code:
                named = f"{zone.name}非诉讼纠纷化解服务中心"
                self.zones[zone.code] = yield from self._body("DISTRICT_CENTRE", named, _L.DISTRICT, zone, None, 3)

    def _town(self, town: Place) -> Generator[Change, None, None]:
        full = self.seeds.by_code[town.district or ""].name + town.name
        short = full.removesuffix("街道").removesuffix("镇")
        self.towns[town.code] = {
            "TOWN_CENTRE": (
                yield from self._body("TOWN_CENTRE", f"{full}非诉讼纠纷化解服务中心", _L.TOWN, town, None, 1)
            ),
            "TOWN_COMMITTEE": (
                yield from self._body("TOWN_COMMITTEE", f"{full}人民调解委员会", _L.TOWN, town, None, 3)
            ),
            "POLICE_STATION": (
                yield from self._body("POLICE_STATION", f"{short}派出所驻所调解室", _L.TOWN, town, "06", 1)
            ),
        }
        committees = self.villages[town.code] = []
        for place, name in self._settlements(town):
            title = f"{full}{name}人民调解委员会"
            committees.append((yield from self._body("VILLAGE_COMMITTEE", title, _L.VILLAGE, place, None, 2)))

    def _settlements(self, town: Place) -> Iterator[tuple[Place, str]]:
        """Villages of the town; invented ones are placed in the town itself."""
        known = self.seeds.villages.get(town.code, ())
        if known:
            chosen = self.chance.sample(known, min(len(known), COMMITTEES_PER_TOWN))
            return iter([(village, village.name) for village in chosen])
        invent = names.community if town.name.endswith("街道") else names.village
        found: set[str] = set()
        while len(found) < COMMITTEES_PER_TOWN:
            found.add(invent(self.chance))
        return iter([(town, name) for name in sorted(found)])

    def _body(
        self,
        kind: str,
        name: str,
        level: OrganisationLevel,
        place: Place,
        profession: str | None = None,
        mediators: int = 0,
        *,
        sign: str | None = None,
    ) -> Generator[Change, None, Body]:
        """A body with its mediators; one that stands on the register already is taken as it is."""
        standing = self._standing(kind, sign or name, place)
        if standing is None:
            moment = _morning(dt.date(2021, 7, 1) + dt.timedelta(days=self.chance.randrange(1200)))
            body = Body(self.chance.id("org", moment), name, kind, level, place, profession)
            yield Insert(Organisation, self._organisation(body, moment.date()), event=None)
        else:
            body = Body(standing.id, standing.name, kind, standing.level, place, profession or standing.profession)
        for number in range(mediators):
            yield self._mediator(body, first=number == 0)
        return body

    def _standing(self, kind: str, sign: str, place: Place) -> Standing | None:
        here = (one for one in self.seeds.organisations if one.kind == kind and one.region == place.code)
        return next((one for one in here if kind in _ONE_EACH or sign in one.name), None)

    def _organisation(self, body: Body, opened: dt.date) -> dict[str, Any]:
        chance, place = self.chance, body.place
        street = chance.choice(("光明", "文化", "建设", "人民", "振兴", "解放", "衡山"))
        return {
            "id": body.id,
            "name": body.name,
            "credit_code": identifiers.credit_code(chance, body.division, kind=_CREDIT_KIND.get(body.kind, "52")),
            "kind": body.kind,
            "level": body.level,
            "profession": body.profession,
            "region": place.id,
            "host_agency": None,
            "hosted_in": f"{place.name}公共法律服务中心" if body.kind.endswith("_CENTRE") else None,
            "address": f"{place.name}{street}路{chance.randint(1, 399)}号",
            "phone": identifiers.landline(chance),
            "hours": "工作日 8:30-12:00，13:30-17:30",
            "services": "各类民间纠纷" if body.profession is None else "本行业、本领域纠纷",
            "opened_on": opened,
            "active": True,
            "head": names.person(chance, male=chance.happens(0.7)),
        }

    def _mediator(self, body: Body, *, first: bool) -> Insert:
        """A mediator; the first of a body is always in office, so no body is without one."""
        chance, male = self.chance, self.chance.happens(0.62)
        state = MediatorState.ACTIVE if first else chance.pick(_APPLYING)
        since = dt.date(2023, 1, 1) + dt.timedelta(days=chance.randrange(730))
        if state is MediatorState.EXPIRED:
            since -= dt.timedelta(days=365)
        born = identifiers.birthday(chance, youngest=28, eldest=66)
        values: dict[str, Any] = {
            "id": chance.id("med", _morning(since)),
            "name": names.person(chance, male=male, elder=born.year < 1966),
            "state": state,
            "employment": chance.pick(_EMPLOYMENT),
            "background": chance.pick(_BACKGROUNDS) if body.kind != "LAWYER_ROOM" else "LAWYER",
            "organisation": body.id,
            "region": body.place.id,
            "expertise": body.profession or (chance.pick(TYPES) if chance.happens(0.7) else None),
            "languages": "汉语（鲁南方言）" if chance.happens(0.8) else "汉语（鲁南方言）、手语",
            "term_from": since,
            "term_to": since + dt.timedelta(days=3 * 365),
            "identity": identifiers.resident_id(chance, body.division, born=born, male=male),
            "phone": identifiers.mobile(chance),
        }
        if state is MediatorState.ACTIVE:
            body.mediators.append(values["id"])
        return Insert(Mediator, values, event=None)

    def _invitations(self, court: CourtSeat) -> Iterator[Change]:
        place = self.seeds.by_code[court.region]
        here = self.districts.get(place.code, [])
        towns = [self.towns[town.code]["TOWN_COMMITTEE"] for town in self.seeds.towns.get(place.code, ())]
        zones = [zone for zone in self.zones.values() if zone.place.district == place.code]
        invited = [b for b in (*here, *zones, *towns) if b.kind in INVITED] or [
            self.city["CITY_CENTRE"],
            self.city["COMMERCIAL"],
        ]
        self.invited[court.id] = invited
        for body in invited:
            since = dt.date(2024, 1, 1) + dt.timedelta(days=self.chance.randrange(360))
            values = {"id": self.chance.id("inv", _morning(since)), "court": court.id, "organisation": body.id}
            until = None if self.chance.happens(0.4) else HORIZON.date().replace(year=2026 + self.chance.randrange(2))
            yield Insert(Invitation, values | {"valid_from": since, "valid_to": until}, event=None)


def _morning(day: dt.date) -> dt.datetime:
    return min(dt.datetime.combine(day, dt.time(9), SHANGHAI), FIRST)
