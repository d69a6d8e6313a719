"""The tree of regions: what level each has, what holds it, and where in the city that is."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from hub.errors import BadConfiguration
from hub.procedures.seeds import RegionSeed
from hub.schema.declare import Entity
from hub.schema.model import LEVELS
from hub.schema.regions import Region, RegionLevel
from hub.settings import suggestion

_REGION = re.compile(r"[0-9]{6}|[0-9]{9}|[0-9]{12}")


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A row as configuration wants it: values by member name; `mark` is what its event calls it."""

    noun: type[Entity]
    id: str
    mark: str
    values: dict[str, Any]


class Regions:
    """The tree of regions: levels, parents and the codes of what holds each."""

    def __init__(self, seeds: tuple[RegionSeed, ...]) -> None:
        self.seeds = {seed.code: seed for seed in seeds}
        if len(self.seeds) != len(seeds):
            raise BadConfiguration(reason="regions: a code is said twice")
        self.level = {code: _level(seed) for code, seed in self.seeds.items()}
        self.parent = {code: self._parent(seed) for code, seed in self.seeds.items()}
        for code, seed in self.seeds.items():
            if seed.management_zone and self.level.get(seed.management_zone) is not RegionLevel.ZONE:
                raise BadConfiguration(reason=f"region {code}: management_zone is no management zone")
        self.order = ordered({code: self._held_by(code) for code in self.seeds}, "regions")

    def rows(self) -> Iterator[SeedRow]:
        """Their rows, each after those that hold it."""
        for code in self.order:
            seed, parent = self.seeds[code], self.parent[code]
            values = {
                "code": code,
                "name": seed.name,
                "level": self.level[code],
                "statistical_only": seed.statistical_only,
                "parent": f"region_{parent}" if parent else None,
                "management_zone": f"region_{seed.management_zone}" if seed.management_zone else None,
                "valid_from": seed.valid_from,
                "valid_to": seed.valid_to,
            }
            yield SeedRow(Region, f"region_{code}", f"region {code}", values | self.places(code))

    def places(self, code: str) -> dict[str, str | None]:
        """The codes of the city, district, town and zone that the region is or lies in."""
        parent = self.parent[code]
        places = self.places(parent) if parent else dict.fromkeys(LEVELS)
        level = self.level[code].name.lower()
        own = {level: code} if level in LEVELS else {}
        zone = self.seeds[code].management_zone
        return places | own | ({"zone": zone} if zone else {})

    def id_of(self, code: str, where: str) -> str:
        """The id of a region that there is."""
        hold(code, self.seeds, f"{where}: region")
        return f"region_{code}"

    def _parent(self, seed: RegionSeed) -> str | None:
        level = self.level[seed.code]
        if level is RegionLevel.CITY and seed.parent is None:
            return None
        natural = seed.code[:4] + "00" if level in (RegionLevel.DISTRICT, RegionLevel.ZONE) else seed.code[:-3]
        parent = seed.parent or natural
        hold(parent, self.seeds, f"region {seed.code}: parent")
        return parent

    def _held_by(self, code: str) -> list[str]:
        return [held for held in (self.parent[code], self.seeds[code].management_zone) if held]


def _level(seed: RegionSeed) -> RegionLevel:
    if not _REGION.fullmatch(seed.code):
        raise BadConfiguration(reason=f"region {seed.code}: a code has 6, 9 or 12 digits")
    if seed.level is not None:
        hold(seed.level, RegionLevel.__members__, f"region {seed.code}: level")
        return RegionLevel[seed.level]
    six = RegionLevel.CITY if seed.code.endswith("00") else RegionLevel.DISTRICT
    return {6: six, 9: RegionLevel.TOWN, 12: RegionLevel.VILLAGE}[len(seed.code)]


def ordered(graph: Mapping[str, Iterable[str]], what: str) -> list[str]:
    """Keys after those that each names, otherwise as they were said; BadConfiguration where they name one another."""
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError:
        raise BadConfiguration(reason=f"{what}: one holds itself") from None


def hold(name: str, known: Collection[str], what: str) -> None:
    """BadConfiguration, with the nearest known name, where `name` is not known."""
    if name not in known:
        raise BadConfiguration(reason=f"{what} {name} is unknown{suggestion(name, known)}")
