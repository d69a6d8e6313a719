"""Windows: matters that people bring to the counters of towns, a few a day."""

import datetime as dt
from collections.abc import Iterator

from hub.procedures.registration import NewCase
from hub.schema.verbs import Id
from hub.simulation.chance import Chance
from hub.simulation.delegations import new_case
from hub.simulation.disputes import TYPES
from hub.simulation.posts import Errand, post
from hub.simulation.seeds import Seeds

_COUNTER = "01"


class Windows:
    """Draws the matters of each day: about so many over all towns, the same ones for the same seed."""

    def __init__(self, seeds: Seeds, seed: int, *, a_day: float) -> None:
        self.seeds, self.seed, self.a_day = seeds, seed, a_day
        self.towns = [town for towns in seeds.towns.values() for town in towns]

    def of_day(self, day: dt.date) -> Iterator[Errand]:
        """Few on days off: one in five."""
        chance = Chance(f"{self.seed}/windows/{day}")
        many = self.a_day if day.weekday() < 5 else self.a_day / 5
        for number in range(round(chance.around(many, 0.3)) if many else 0):
            town = chance.choice(self.towns)
            case: NewCase = new_case(chance, town, chance.pick(TYPES), channel=_COUNTER)
            who = post("intake", {"district": town.district, "city": None})
            assert case.region == Id(town.id)
            yield Errand(who=who, verb="register_case", sign=f"{day}-{number}", inputs={"case": case})
