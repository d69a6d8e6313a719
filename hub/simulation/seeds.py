"""What a municipality is grown from: the regions, courts, codes and organisations that configuration has written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hub.schema.courts import CourtLevel
from hub.schema.organisations import OrganisationLevel
from hub.schema.regions import RegionLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A region as it stands in the base: its id, its code and the codes of what holds it."""

    id: str
    code: str
    name: str
    level: RegionLevel
    district: str | None = None
    town: str | None = None
    zone: str | None = None
    statistical_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtSeat:
    """A court: `region` is the code of its region; `organisation` its entry in the register, if it has one."""

    id: str
    code: str
    name: str
    region: str
    level: CourtLevel = CourtLevel.BASIC
    organisation: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An organisation that is on the register already; `region` is the code of its region."""

    id: str
    name: str
    kind: str
    level: OrganisationLevel
    region: str
    profession: str | None = None


@dataclass(frozen=True)
class Seeds:
    """Everything the simulation may refer to; `codes` holds the codes of each list."""

    places: tuple[Place, ...]
    courts: tuple[CourtSeat, ...]
    codes: Mapping[str, tuple[str, ...]]
    organisations: tuple[Standing, ...] = field(default=())

    @cached_property
    def by_code(self) -> dict[str, Place]:
        """Places by region code."""
        return {place.code: place for place in self.places}

    @cached_property
    def city(self) -> Place:
        """The city itself."""
        return next(place for place in self.places if place.level is RegionLevel.CITY)

    @cached_property
    def districts(self) -> tuple[Place, ...]:
        """Districts in the order given."""
        return tuple(place for place in self.places if place.level is RegionLevel.DISTRICT)

    @cached_property
    def towns(self) -> dict[str, tuple[Place, ...]]:
        """Towns with a centre of their own, by the code of their district."""
        found: dict[str, list[Place]] = {district.code: [] for district in self.districts}
        for place in self.places:
            if place.level is RegionLevel.TOWN and not place.statistical_only and place.district in found:
                found[place.district].append(place)
        return {district: tuple(towns) for district, towns in found.items() if towns}

    @cached_property
    def villages(self) -> dict[str, tuple[Place, ...]]:
        """Villages by the code of their town; empty where none were loaded."""
        found: dict[str, list[Place]] = {}
        for place in self.places:
            if place.level is RegionLevel.VILLAGE and place.town:
                found.setdefault(place.town, []).append(place)
        return {town: tuple(villages) for town, villages in found.items()}

    @cached_property
    def court_of(self) -> dict[str, CourtSeat]:
        """Courts by the code of their region."""
        return {court.region: court for court in self.courts}
