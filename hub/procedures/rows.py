"""The rows that seeds become: ids, places and scopes worked out, and every name checked against what it names."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any
from uuid import UUID, uuid5

import orjson

from hub.access.viewers import KIND, MASKS, PERMISSIONS, ROLES, Scope, Viewer, body_of
from hub.errors import BadConfiguration
from hub.procedures import cycles, outlet_policies, thresholds, timing
from hub.procedures.places import Regions, SeedRow, hold, ordered
from hub.procedures.seeds import CourtSeed, CrosswalkSeed, OrganisationSeed, Seeds, ViewerSeed
from hub.rules.schedules import schedule
from hub.schema.codes import Code
from hub.schema.courts import Court, CourtLevel
from hub.schema.model import LEVELS
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.policies import Policy
from hub.settings import Limits

LIMITS = "limits"
"""The kind of policy row that limits are."""
CROSSWALK = "crosswalk"
"""The kind of policy row that a withdrawn code is."""
INDICATOR = "indicator"
"""The kind of policy row that a version of an indicator is."""
JOB = "job"
"""The kind of policy row that says otherwise of a job."""

_KEYS = UUID("5e6f6a1e-54a5-5b0c-9c0f-6f3d6ad2b3c1")
_CODE = re.compile(r"[0-9A-Za-z_.-]{1,40}")
_COURT = re.compile(r"[\u4e00-\u9fff][0-9]{2,4}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def rows_of(seeds: Seeds, limits: Limits) -> list[SeedRow]:
    """All rows, each after those it links to. BadConfiguration (HUB-701) for a name that names nothing."""
    regions = Regions(seeds.regions)
    rows = [*regions.rows(), *_codes(seeds), *_organisations(seeds, regions), *_courts(seeds, regions)]
    policies = [
        *_viewers(seeds, regions),
        *_crosswalk(seeds.crosswalk),
        *_jobs(seeds),
        *_indicators(seeds),
        _limits(limits),
        *_timing(seeds),
    ]
    found = [*rows, *policies]
    seen: set[str] = set()
    for row in found:
        if row.id in seen:
            raise BadConfiguration(reason=f"{row.mark} is said twice")
        if any(isinstance(value, str) and _CONTROL.search(value) for value in row.values.values()):
            raise BadConfiguration(reason=f"{row.mark} holds a control character")
        if (row.values.get("valid_from") or dt.date.min) > (row.values.get("valid_to") or dt.date.max):
            raise BadConfiguration(reason=f"{row.mark} ends before it begins")
        seen.add(row.id)
    return found


def organisation_id(key: str) -> str:
    """The id of the organisation with this key in organisations.toml: the same in every base."""
    return f"org_{uuid5(_KEYS, key).hex}"


def policy_id(kind: str, name: str) -> str:
    """The id of a policy row: the same in every base."""
    return f"pol_{uuid5(_KEYS, f'{kind} {name}').hex}"


def _codes(seeds: Seeds) -> Iterator[SeedRow]:
    for name, items in seeds.codes.items():
        for seed in items:
            if not _CODE.fullmatch(seed.code) or not _CODE.fullmatch(name):
                raise BadConfiguration(reason=f"codes: {name} {seed.code} is no code")
            yield SeedRow(Code, f"code_{name}_{seed.code}", f"{name} {seed.code}", {"list": name, **asdict(seed)})


def _organisations(seeds: Seeds, regions: Regions) -> Iterator[SeedRow]:
    by_key = {seed.key: seed for seed in seeds.organisations}
    if len(by_key) != len(seeds.organisations):
        raise BadConfiguration(reason="organisations: a key is said twice")
    for seed in seeds.organisations:
        if seed.host_agency:
            hold(seed.host_agency, by_key, f"organisation {seed.key}: host_agency")
    hosts = {key: (seed.host_agency,) if seed.host_agency else () for key, seed in by_key.items()}
    kinds, types = _listed(seeds, "organisation_kind"), _listed(seeds, "dispute_type")
    for key in ordered(hosts, "organisations"):
        yield _organisation(by_key[key], regions, kinds, types)


def _organisation(seed: OrganisationSeed, regions: Regions, kinds: set[str], types: set[str]) -> SeedRow:
    where = f"organisation {seed.key}"
    hold(seed.kind, kinds, f"{where}: kind")
    hold(seed.level, OrganisationLevel.__members__, f"{where}: level")
    if seed.profession is not None:
        hold(seed.profession, types, f"{where}: profession")
    values = {item.name: getattr(seed, item.name) for item in fields(seed) if item.name != "key"}
    links = {
        "level": OrganisationLevel[seed.level],
        "region": regions.id_of(seed.region, where),
        "host_agency": organisation_id(seed.host_agency) if seed.host_agency else None,
    }
    return SeedRow(Organisation, organisation_id(seed.key), where, values | links)


def _courts(seeds: Seeds, regions: Regions) -> Iterator[SeedRow]:
    keys = {seed.key for seed in seeds.organisations}
    for seed in seeds.courts:
        yield _court(seed, regions, keys)


def _court(seed: CourtSeed, regions: Regions, keys: set[str]) -> SeedRow:
    where = f"court {seed.code}"
    if not _COURT.fullmatch(seed.code):
        raise BadConfiguration(reason=f"{where}: a code is a province's character and digits")
    hold(seed.level, CourtLevel.__members__, f"{where}: level")
    if seed.organisation:
        hold(seed.organisation, keys, f"{where}: organisation")
    values = {
        "code": seed.code,
        "name": seed.name,
        "level": CourtLevel[seed.level],
        "region": regions.id_of(seed.region, where),
        "organisation": organisation_id(seed.organisation) if seed.organisation else None,
    }
    return SeedRow(Court, f"court_{seed.code}", where, values)


def _viewers(seeds: Seeds, regions: Regions) -> Iterator[SeedRow]:
    for name, seed in seeds.viewers.items():
        where = f"viewer {name}"
        if not _CODE.fullmatch(name) or name == "public":
            raise BadConfiguration(reason=f"{where}: the name is taken or no name")
        hold(seed.role, ROLES, f"{where}: role")
        for said, known, what in ((seed.masks, MASKS, "mask"), (seed.permissions, PERMISSIONS, "permission")):
            for word in said:
                hold(word, known, f"{where}: {what}")
        scope = _scope(seed, seeds, regions, where)
        viewer = Viewer(name, seed.role, scope, frozenset(seed.masks), frozenset(seed.permissions))
        yield _policy(KIND, name, body_of(viewer), valid_from=seed.valid_from, valid_to=seed.valid_to)


def _scope(seed: ViewerSeed, seeds: Seeds, regions: Regions, where: str) -> Scope:
    levels: dict[str, list[str]] = {level: [] for level in LEVELS}
    for code in seed.regions:
        regions.id_of(code, where)
        level = regions.level[code].name.lower()
        if level not in levels:
            raise BadConfiguration(reason=f"{where}: region {code} is below a town, no scope is that small")
        levels[level].append(code)
    keys, courts = {one.key for one in seeds.organisations}, {court.code for court in seeds.courts}
    for key in seed.organisations:
        hold(key, keys, f"{where}: organisation")
    for code in seed.courts:
        hold(code, courts, f"{where}: court")
    return Scope(
        **{level: tuple(sorted(set(codes))) for level, codes in levels.items()},
        organisations=tuple(sorted({organisation_id(key) for key in seed.organisations})),
        courts=tuple(sorted({f"court_{code}" for code in seed.courts})),
    )


def _crosswalk(seeds: tuple[CrosswalkSeed, ...]) -> Iterator[SeedRow]:
    for seed in seeds:
        body = orjson.dumps({"name": seed.name, "became": seed.became}).decode()
        yield _policy(CROSSWALK, f"{seed.list} {seed.code}", body, valid_from=None, valid_to=seed.valid_to)


def _jobs(seeds: Seeds) -> Iterator[SeedRow]:
    for name, seed in seeds.jobs.items():
        if seed.schedule is not None:
            schedule(seed.schedule)
        body = orjson.dumps({"schedule": seed.schedule, "paused": seed.paused, "options": seed.options}).decode()
        yield _policy(JOB, name, body, valid_from=seed.valid_from, valid_to=seed.valid_to)


def _indicators(seeds: Seeds) -> Iterator[SeedRow]:
    for each in seeds.indicators:
        yield _policy(INDICATOR, f"{each.key} {each.version}", orjson.dumps(asdict(each)).decode())


def _limits(limits: Limits) -> SeedRow:
    return _policy(LIMITS, "default", orjson.dumps(asdict(limits)).decode(), valid_from=None, valid_to=None)


def _timing(seeds: Seeds) -> Iterator[SeedRow]:
    for each in (
        *timing.policies(seeds),
        *cycles.policies(seeds),
        *thresholds.policies(seeds),
        *outlet_policies.policies(seeds, organisation_id),
    ):
        yield _policy(each.kind, each.name, each.body, valid_from=each.valid_from, valid_to=each.valid_to)


def _policy(kind: str, name: str, body: str, **validity: Any) -> SeedRow:
    values = {"kind": kind, "name": name, "body": body, **validity}
    return SeedRow(Policy, policy_id(kind, name), f"{kind} {name}", values)


def _listed(seeds: Seeds, name: str) -> set[str]:
    return {seed.code for seed in seeds.codes.get(name, ())}
