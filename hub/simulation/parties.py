"""The people and companies of a dispute."""

from dataclasses import dataclass
from typing import Any

from hub.schema.cases import Party, PartyKind, PartyRole
from hub.simulation import identifiers, names
from hub.simulation.chance import Chance, Weighted
from hub.simulation.disputes import AGAINST, PERSON, STORIES
from hub.simulation.seeds import Place, Seeds
from hub.store.ledger import Insert

_HOME = Weighted({"here": 88, "city": 8, "away": 4})
_AWAY = ("320300", "370800", "371300", "110105", "310115", "341300", "370102", "410100")
"""Divisions of those who came from elsewhere: the first six digits say where an id was issued."""

_EXTRA = Weighted({None: 78, PartyRole.THIRD_PARTY: 10, PartyRole.AGENT: 12})


@dataclass(frozen=True, slots=True)
class Someone:
    """A party before it is written."""

    role: PartyRole
    trade: str
    name: str


def parties(chance: Chance, dispute_type: str, place: Place) -> list[Someone]:
    """Who quarrels: one applicant, mostly one respondent, now and then a third party or an agent; at most four."""
    claimant, district = STORIES[dispute_type].claimant, place.district or ""
    found = [_someone(chance, PartyRole.APPLICANT, claimant if chance.happens(0.7) else PERSON, district)]
    if chance.happens(0.97):
        found.append(_someone(chance, PartyRole.RESPONDENT, chance.pick(AGAINST[dispute_type]), district))
    if chance.happens(0.08):
        found.append(_someone(chance, PartyRole.RESPONDENT, chance.pick(AGAINST[dispute_type]), district))
    extra = chance.pick(_EXTRA)
    if extra is not None:
        found.append(_someone(chance, extra, PERSON, district))
    return found


def insert(
    chance: Chance, someone: Someone, *, case: str, id_: str, place: Place, seeds: Seeds, shielded: bool
) -> Insert:
    """The row of a party, with an identity, a telephone and an address of its own."""
    values: dict[str, Any] = {"id": id_, "case": case, "role": someone.role, "name": someone.name, "shielded": shielded}
    natural = someone.trade == PERSON
    values["kind"] = PartyKind.NATURAL_PERSON if natural else PartyKind.ORGANISATION
    division = _division(chance, place, seeds)
    values |= _personal(chance, division) if natural else _corporate(chance, division, someone.trade)
    town = place.name if division == place.district else ""
    known = seeds.by_code.get(division)
    area = known.name if known else "外地"
    urban = not town.endswith("镇")
    values["address"] = area + (names.dwelling(chance, town, urban=urban) if natural else names.office(chance, town))
    return Insert(Party, values, event=None)


def _someone(chance: Chance, role: PartyRole, trade: str, district: str) -> Someone:
    if trade != PERSON:
        return Someone(role, trade, names.company(chance, trade, district))
    return Someone(role, trade, names.person(chance, male=chance.happens(0.6), elder=chance.happens(0.35)))


def _division(chance: Chance, place: Place, seeds: Seeds) -> str:
    home = chance.pick(_HOME)
    if home == "away":
        return chance.choice(_AWAY)
    return place.district or place.code[:6] if home == "here" else chance.choice(seeds.districts).code


def _personal(chance: Chance, division: str) -> dict[str, Any]:
    born = identifiers.birthday(chance, youngest=19, eldest=82)
    known = chance.happens(0.93)
    identity = identifiers.resident_id(chance, division, born=born, male=chance.happens(0.6)) if known else None
    return {"identity": identity, "phone": identifiers.mobile(chance) if chance.happens(0.95) else None}


def _corporate(chance: Chance, division: str, trade: str) -> dict[str, Any]:
    kind = {"bureau": "11", "hospital": "12", "school": "12"}.get(trade, "91")
    return {"identity": identifiers.credit_code(chance, division, kind=kind), "phone": identifiers.landline(chance)}
