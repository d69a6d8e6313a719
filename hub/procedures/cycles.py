"""Cycles of investigation, key periods and duties to meet: what configuration says of them, as policy rows and back."""

import datetime as dt
import enum
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadConfiguration
from hub.procedures.cycle_seeds import CycleSeed, DutySeed, KeyPeriodSeed
from hub.procedures.places import hold
from hub.procedures.seeds import Seeds
from hub.procedures.timing import PolicyBody
from hub.rules.cycles import Cycle, KeyPeriod, check_cycles
from hub.rules.duties import Duty, check_duties
from hub.schema.investigations import CampaignFocus, CycleUnit
from hub.schema.organisations import OrganisationLevel

CYCLE, KEY_PERIOD, DUTY = "cycle", "key_period", "meeting_duty"
"""The kinds of policy rows that cycles, key periods and duties are."""

E = TypeVar("E", bound=enum.Enum)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The cycles, key periods and duties in force on a day."""

    cycles: tuple[Cycle, ...]
    key_periods: tuple[KeyPeriod, ...]
    duties: tuple[Duty, ...]


def policies(seeds: Seeds) -> Iterator[PolicyBody]:
    """Their rows. BadConfiguration (HUB-701) names the row that is wrong."""
    _check_areas(seeds.cycles, {seed.code for seed in seeds.regions})
    types = {seed.code for seed in seeds.codes.get("dispute_type", ())}
    for seed in seeds.cycles:
        if seed.dispute_type is not None:
            hold(seed.dispute_type, types, f"cycle {seed.key}: dispute_type")
    check_cycles([_cycle(seed) for seed in seeds.cycles], [_key_period(seed) for seed in seeds.key_periods])
    check_duties([_duty(seed) for seed in seeds.duties])
    rows = ((CYCLE, seeds.cycles), (KEY_PERIOD, seeds.key_periods), (DUTY, seeds.duties))
    for kind, found in rows:
        for each in found:
            body = {name: getattr(each, name) for name in each.__slots__}
            yield PolicyBody(kind, each.key, orjson.dumps(body).decode(), None, None)


async def read_rhythm(connection: AsyncConnection, table: sa.Table, today: dt.date) -> Rhythm:
    """What policy rows in force say; `table` is theirs. BadConfiguration where a row is not ours."""
    lasting = sa.or_(table.c.valid_to.is_(None), table.c.valid_to >= today)
    kinds = table.c.kind.in_((CYCLE, KEY_PERIOD, DUTY))
    asked = sa.select(table.c.kind, table.c.body).where(kinds, lasting).order_by(table.c.name)
    rows = [(kind, orjson.loads(body)) for kind, body in await connection.execute(asked)]
    return Rhythm(
        tuple(_cycle(CycleSeed(**_dated(body))) for kind, body in rows if kind == CYCLE),
        tuple(_key_period(KeyPeriodSeed(**_dated(body))) for kind, body in rows if kind == KEY_PERIOD),
        tuple(_duty(DutySeed(**_dated(body))) for kind, body in rows if kind == DUTY),
    )


_DATES = ("valid_from", "valid_to", "first", "last")


def _dated(body: Mapping[str, Any]) -> dict[str, Any]:
    dates = {name: dt.date.fromisoformat(body[name]) for name in _DATES if body.get(name)}
    lists = {name: tuple(value) for name, value in body.items() if isinstance(value, list)}
    return {**body, **dates, **lists}


def _cycle(seed: CycleSeed) -> Cycle:
    where = f"cycle {seed.key}"
    if seed.focus == "PEOPLE":
        raise BadConfiguration(reason=f"{where}: key people have no scope of their own yet, no cycle looks for them")
    return Cycle(
        key=_name(seed.key, where),
        zh=seed.zh,
        en=seed.en,
        level=_one(OrganisationLevel, seed.level, f"{where}: level"),
        every=_one(CycleUnit, seed.every, f"{where}: every"),
        basis=seed.basis,
        valid_from=seed.valid_from,
        valid_to=seed.valid_to,
        focus=_one(CampaignFocus, seed.focus, f"{where}: focus"),
        areas=seed.areas,
        dispute_type=seed.dispute_type,
    )


def _key_period(seed: KeyPeriodSeed) -> KeyPeriod:
    where = f"key period {seed.key}"
    levels = tuple(_one(OrganisationLevel, each, f"{where}: levels") for each in seed.levels)
    every = _one(CycleUnit, seed.every, f"{where}: every")
    return KeyPeriod(
        key=_name(seed.key, where),
        zh=seed.zh,
        en=seed.en,
        first=seed.first,
        last=seed.last,
        every=every,
        levels=levels,
        basis=seed.basis,
    )


def _duty(seed: DutySeed) -> Duty:
    where = f"meeting duty {seed.key}"
    return Duty(
        key=_name(seed.key, where),
        zh=seed.zh,
        en=seed.en,
        level=_one(OrganisationLevel, seed.level, f"{where}: level"),
        every=_one(CycleUnit, seed.every, f"{where}: every"),
        within=seed.within,
        basis=seed.basis,
        valid_from=seed.valid_from,
        valid_to=seed.valid_to,
    )


def _name(key: str, where: str) -> str:
    if not (key.isascii() and key.replace("-", "").isalnum() and len(key) <= 40):
        raise BadConfiguration(reason=f"{where[:80]}: a key is letters, digits and hyphens, at most 40")
    return key


def _one(kind: type[E], name: str, what: str) -> E:
    hold(name, kind.__members__, what)
    return kind[name]


def _check_areas(cycles: Collection[CycleSeed], regions: Collection[str]) -> None:
    for seed in cycles:
        for code in seed.areas:
            hold(code, regions, f"cycle {seed.key}: areas")
