"""Seeds: what config/ says of regions, codes, courts, organisations, viewers, limits and the calendar, typed."""

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hub.errors import BadConfiguration
from hub.procedures.cycle_seeds import CycleSeed, DutySeed, KeyPeriodSeed
from hub.procedures.outlet_seeds import Outgoing
from hub.rules.indicators import Indicator, checked
from hub.settings import fit, read, read_lines

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RegionSeed:
    """A region. `level` and `parent` (a code) follow from the code where they are not said."""

    code: str
    name: str
    level: str | None = None
    parent: str | None = None
    management_zone: str | None = None
    statistical_only: bool = False
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class CodeSeed:
    """A code of a list; one that a rule names cannot be ended."""

    code: str
    zh: str
    en: str
    used_by_rule: bool = False
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class OrganisationSeed:
    """An organisation by a key that never changes; `host_agency` is another's key, `region` a code."""

    key: str
    name: str
    kind: str
    level: str
    region: str
    credit_code: str | None = None
    profession: str | None = None
    host_agency: str | None = None
    hosted_in: str | None = None
    address: str | None = None
    phone: str | None = None
    hours: str | None = None
    services: str | None = None
    opened_on: dt.date | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class CourtSeed:
    """A court by its code; `organisation` is a key, `region` a code."""

    code: str
    name: str
    level: str
    region: str
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class ViewerSeed:
    """A viewer: region codes, keys of organisations and court codes that make its scope."""

    role: str
    regions: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    courts: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class CrosswalkSeed:
    """A withdrawn code of a list (`region` or a list of codes) and the codes it became."""

    list: str
    code: str
    name: str
    valid_to: dt.date
    became: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobSeed:
    """What is otherwise with a job than the job itself says: its schedule, its options, or that it is paused."""

    schedule: str | None = None
    paused: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class LimitSeed:
    """A time limit: days and how they are counted, or minutes; ground, start, stop; who confirmed it."""

    rule: str
    basis: str
    starts: str
    stops: str
    valid_from: dt.date
    days: int = 0
    unit: str = "MINUTES"
    minutes: int | None = None
    valid_to: dt.date | None = None
    local_default: bool = False
    stops_clock: tuple[str, ...] = ()
    extendable: bool = False
    confirmed_by: str | None = None
    confirmed_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class SupervisionSeed:
    """What brings an alert to a level: days as working days, posts addressed, days to answer in and until the next."""

    trigger: str
    level: str
    basis: str
    to: tuple[str, ...]
    valid_from: dt.date
    valid_to: dt.date | None = None
    rules: tuple[str, ...] = ()
    days: int = 0
    least: int = 0
    count: int = 0
    reply: int | None = None
    next: int | None = None
    local_default: bool = False


@dataclass(frozen=True, slots=True)
class YearSeed:
    """A year of the working-day calendar: its notice, its holidays, the weekend days that are worked instead."""

    basis: str
    holidays: tuple[dt.date, ...]
    make_up_days: tuple[dt.date, ...] = ()


@dataclass(frozen=True, slots=True)
class Seeds:
    """Everything that `hub config apply` writes, beside the limits of hub.toml."""

    regions: tuple[RegionSeed, ...] = ()
    codes: dict[str, tuple[CodeSeed, ...]] = field(default_factory=dict)
    organisations: tuple[OrganisationSeed, ...] = ()
    courts: tuple[CourtSeed, ...] = ()
    viewers: dict[str, ViewerSeed] = field(default_factory=dict)
    crosswalk: tuple[CrosswalkSeed, ...] = ()
    jobs: dict[str, JobSeed] = field(default_factory=dict)
    limits: tuple[LimitSeed, ...] = ()
    calendar: dict[str, YearSeed] = field(default_factory=dict)
    indicators: tuple[Indicator, ...] = ()
    cycles: tuple[CycleSeed, ...] = ()
    key_periods: tuple[KeyPeriodSeed, ...] = ()
    duties: tuple[DutySeed, ...] = ()
    supervision: tuple[SupervisionSeed, ...] = ()
    outlets: tuple[Outgoing, ...] = ()


def read_seeds(directory: Path, villages: Path | None = None) -> Seeds:
    """The files of a configuration folder, and a file of villages beside them.

    Raises BadConfiguration (HUB-701) for unknown keys, missing ones and wrong types. Whether codes and keys that
    name one another exist is seen when the rows are made (`rows.rows_of`).
    """
    return Seeds(
        regions=(*_list(directory, "regions", RegionSeed), *(read_villages(villages) if villages else ())),
        codes={
            name: _items(items, CodeSeed, f"codes.toml: {name}") for name, items in read(directory, "codes").items()
        },
        organisations=_list(directory, "organisations", OrganisationSeed),
        courts=_list(directory, "courts", CourtSeed),
        viewers={
            name: _item(item, ViewerSeed, f"viewers.toml: {name}") for name, item in read(directory, "viewers").items()
        },
        crosswalk=_list(directory, "crosswalk", CrosswalkSeed, "codes"),
        jobs={name: _item(item, JobSeed, f"jobs.toml: {name}") for name, item in read(directory, "jobs").items()},
        limits=_list(directory, "limits", LimitSeed),
        calendar={
            year: _item(item, YearSeed, f"calendar.toml: {year}") for year, item in read(directory, "calendar").items()
        },
        indicators=checked(_list(directory, "indicators", Indicator)),
        cycles=_list(directory, "cycles", CycleSeed, beside=("key_periods",)),
        key_periods=_list(directory, "cycles", KeyPeriodSeed, "key_periods", beside=("cycles",)),
        duties=_list(directory, "meetings", DutySeed, "duties"),
        supervision=_list(directory, "supervision", SupervisionSeed),
        # A folder from before there were any has no such file.
        outlets=_list(directory, "outlets", Outgoing) if (directory / "outlets.toml").exists() else (),
    )


def read_villages(path: Path) -> tuple[RegionSeed, ...]:
    """Villages of a CSV file in UTF-8: twelve digits first, the name last, whatever stands between.

    A first line without digits is a heading. BadConfiguration names the line that is wrong.
    """
    villages: list[RegionSeed] = []
    for number, cells in enumerate(csv.reader(read_lines(path)), 1):
        texts = [cell.strip() for cell in cells]
        if not any(texts) or (number == 1 and not texts[0].isdigit()):
            continue
        if len(texts) < 2 or len(texts[0]) != 12 or not (texts[0].isascii() and texts[0].isdigit() and texts[-1]):
            raise BadConfiguration(reason=f"{path.name}, line {number}: twelve digits and a name are expected")
        villages.append(RegionSeed(texts[0], texts[-1]))
    return tuple(villages)


def _list(
    directory: Path, name: str, kind: type[T], key: str | None = None, *, beside: tuple[str, ...] = ()
) -> tuple[T, ...]:
    """The list of that key; `beside` are other keys of the file, which are read for themselves."""
    content = read(directory, name)
    key = key or name
    unknown = next((other for other in content if other not in (key, *beside)), None)
    if unknown is not None:
        raise BadConfiguration(reason=f"{name}.toml: unknown key {unknown}, only {key} is expected")
    return _items(content.get(key, []), kind, f"{name}.toml: {key}")


def _items(items: Any, kind: type[T], where: str) -> tuple[T, ...]:
    if not isinstance(items, list):
        raise BadConfiguration(reason=f"{where} is of another type, a list is expected")
    return tuple(_item(item, kind, f"{where}, entry {number}") for number, item in enumerate(items, 1))


def _item(item: Any, kind: type[T], where: str) -> T:
    if not isinstance(item, dict):
        raise BadConfiguration(reason=f"{where} is of another type, a table is expected")
    return fit(kind, item, where)
