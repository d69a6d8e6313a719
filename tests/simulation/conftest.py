"""Seeds as the configuration gives them, and the municipality grown from them."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from hub.schema.courts import CourtLevel
from hub.schema.declare import Entity
from hub.schema.organisations import OrganisationLevel
from hub.schema.regions import RegionLevel
from hub.simulation.municipality import municipality
from hub.simulation.seeds import CourtSeat, Place, Seeds, Standing
from hub.store.ledger import Change, Insert

CONFIG = Path(__file__).parents[2] / "config"
_LEVELS = {6: RegionLevel.DISTRICT, 9: RegionLevel.TOWN, 12: RegionLevel.VILLAGE}


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((CONFIG / name).read_text())


def place(entry: dict[str, Any]) -> Place:
    code = entry["code"]
    zone = code if entry.get("level") == "ZONE" else entry.get("management_zone")
    level = RegionLevel[entry["level"]] if "level" in entry else _LEVELS[len(code)]
    level = RegionLevel.CITY if code.endswith("00") and len(code) == 6 else level
    return Place(
        id=f"region_{code}",
        code=code,
        name=entry["name"],
        level=level,
        district=None if level is RegionLevel.CITY else (entry.get("parent") or code)[:6],
        town=code[:9] if len(code) >= 9 else None,
        zone=zone,
        statistical_only=entry.get("statistical_only", False),
    )


def court(entry: dict[str, Any]) -> CourtSeat:
    entry = {**entry, "id": f"court_{entry['code']}", "level": CourtLevel[entry["level"]]}
    entry["organisation"] = f"org_{entry['organisation']}" if "organisation" in entry else None
    return CourtSeat(**entry)


def standing(entry: dict[str, Any]) -> Standing:
    names = ("name", "kind", "region", "profession")
    known = {name: entry[name] for name in names if name in entry}
    return Standing(id=f"org_{entry['key']}", level=OrganisationLevel[entry["level"]], **known)


@pytest.fixture(scope="session")
def seeds() -> Seeds:
    return Seeds(
        places=tuple(place(entry) for entry in read("regions.toml")["regions"]),
        courts=tuple(court(entry) for entry in read("courts.toml")["courts"]),
        codes={name: tuple(code["code"] for code in codes) for name, codes in read("codes.toml").items()},
        organisations=tuple(standing(entry) for entry in read("organisations.toml")["organisations"]),
    )


@pytest.fixture(scope="session")
def deeds(seeds: Seeds) -> list[list[Change]]:
    return list(municipality(seeds))


@pytest.fixture(scope="session")
def rows(deeds: list[list[Change]]) -> dict[type[Entity], list[dict[str, Any]]]:
    found: dict[type[Entity], list[dict[str, Any]]] = {}
    for change in (change for deed in deeds for change in deed):
        assert isinstance(change, Insert)
        found.setdefault(change.noun, []).append(dict(change.values))
    return found
