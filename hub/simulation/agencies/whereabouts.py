"""Where a row says that its dispute lies: in a column, by its file, by a body's or court's name, or not at all."""

from functools import cache

from hub.schema.organisations import OrganisationLevel
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.agencies.sights import Sight
from hub.simulation.chance import Chance
from hub.simulation.seeds import Place, Seeds, Standing

_BODIES = {"finance": ("INDUSTRY_COMMITTEE", "22"), "chamber": ("CHAMBER", None)}
_MAY_BE_BLANK = frozenset({"petition", "natural-res"})
_WITHDRAWN = {"370481": ("370421", "379010")}


class Whereabouts:
    """Knows places and the bodies whose names say where they are: those that stand on the register from the start."""

    def __init__(self, seeds: Seeds) -> None:
        self.seeds = seeds
        self.default = seeds.city.code
        self.centres = {one.region: one for one in seeds.organisations if one.kind == "TOWN_CENTRE"}
        self.courts = {one.region: one for one in seeds.organisations if one.kind == "SUB_CENTRE"}
        self._city_body = cache(self._find_city_body)

    def column(self, sight: Sight, chance: Chance, quirks: Quirks) -> tuple[str, str | None]:
        """The cell, and the code it means; None where the row does not say."""
        town = sight.place
        district = self.seeds.by_code[town.district or town.code[:6]]
        if sight.layout.record in _MAY_BE_BLANK and chance.happens(quirks.absent_regions):
            return "", None
        if district.code in _WITHDRAWN and chance.happens(quirks.withdrawn):
            return chance.choice(_WITHDRAWN[district.code]), district.code
        if chance.happens(quirks.region_names):
            named = [(f"{district.name}{town.name}", town), (town.name, town), (district.name, district)]
            text, place = chance.choice([*named, (f"{self.seeds.city.name}{district.name}", district)])
            return text, place.code
        place = town if chance.happens(0.8) else district
        return place.code, place.code

    def without_column(self, sight: Sight, quirks: Quirks) -> tuple[str, str]:
        """The code and what gives it, for a record that has no column for it."""
        layout = sight.layout
        if layout.by is not None and sight.code is not None:
            return (sight.court.region if sight.court else sight.place.code), "file"
        if sight.court is not None:
            return sight.court.region, "body"
        if layout.record == "health":
            return self._hospital(sight)
        region = self.body(sight, quirks)[1] if "调解组织" in layout.columns else None
        return (region, "body") if region else (self.default, "default")

    def body(self, sight: Sight, quirks: Quirks) -> tuple[str, str | None]:
        """The name of the body that mediates, and where it is; None where the register does not know it.

        Drawn from the record's number alone: every question about one record has one answer.
        """
        if Chance(f"body/{sight.key}").happens(quirks.absent_regions):
            return "老张说事室", None
        found = self._body(sight)
        return (found.name, found.region) if found else ("", None)

    def _hospital(self, sight: Sight) -> tuple[str, str]:
        """A hospital lies in the district it is named after."""
        name = sight.quarrel.respondents[0].name
        found = next((one.code for one in self.seeds.districts if name.startswith(one.name)), None)
        return (found, "body") if found else (self.default, "default")

    def _body(self, sight: Sight) -> Standing | None:
        record = sight.layout.record
        if record == "court-referral" and sight.court is not None:
            return self.courts.get(sight.court.region)
        if record in _BODIES:
            return self._city_body(*_BODIES[record])
        return self.centres.get(sight.place.code)

    def _find_city_body(self, kind: str, profession: str | None) -> Standing | None:
        city = (one for one in self.seeds.organisations if one.level is OrganisationLevel.CITY and one.kind == kind)
        return next((one for one in city if profession in (None, one.profession)), None)


def named(place: Place, seeds: Seeds) -> str:
    """`市中区税郭镇`."""
    district = seeds.by_code.get(place.district or "")
    return f"{district.name if district else ''}{place.name}"
