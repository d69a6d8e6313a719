"""Outlets of the configuration as policy rows: checked, with the wrong one named, and read back."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import PurePosixPath

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadConfiguration
from hub.procedures.outlet_seeds import Outgoing
from hub.procedures.places import hold
from hub.procedures.seeds import Seeds
from hub.procedures.timing import PolicyBody
from hub.rules.delivering import check_url
from hub.settings import fit

OUTLET = "outlet"
"""The kind of policy row that says where a consumer's events are brought."""

_NAME = re.compile(r"[a-z0-9_]{1,40}")
_BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("seconds", 0.1, 60),
    ("attempts", 1, 1000),
    ("base_seconds", 0.01, 3600),
    ("bound_seconds", 0.01, 86400),
    ("yield_seconds", 0, 86400),
    ("gather_seconds", 0, 86400),
)


def policies(seeds: Seeds, organisation_id: Callable[[str], str]) -> Iterator[PolicyBody]:
    """Their rows. BadConfiguration (HUB-701) names the one that is wrong, and never holds its address."""
    keys, courts = {each.key for each in seeds.organisations}, {each.code for each in seeds.courts}
    folders: set[str] = set()
    for seed in seeds.outlets:
        name = f"{seed.owner} {seed.consumer}"
        where = f"outlet {name}"
        if seed.owner not in courts:
            hold(seed.owner, keys, f"{where}: owner")
        _check(seed, where)
        if seed.folder in folders:
            raise BadConfiguration(reason=f"{where}: another outlet has its folder")
        folders |= {seed.folder} - {""}
        owner = f"court_{seed.owner}" if seed.owner in courts else organisation_id(seed.owner)
        yield PolicyBody(OUTLET, name, orjson.dumps(asdict(replace(seed, owner=owner))).decode(), None, None)


async def read_outlets(connection: AsyncConnection, table: sa.Table, today: dt.date) -> tuple[Outgoing, ...]:
    """What policy rows in force say, `table` is theirs; BadConfiguration where a row is not ours."""
    lasting = sa.or_(table.c.valid_to.is_(None), table.c.valid_to >= today)
    asked = sa.select(table.c.name, table.c.body).where(table.c.kind == OUTLET, lasting).order_by(table.c.name)
    return tuple(fit(Outgoing, orjson.loads(body), f"outlet {name}") for name, body in await connection.execute(asked))


def _check(said: Outgoing, where: str) -> None:
    if bool(said.url) == bool(said.folder):
        raise BadConfiguration(reason=f"{where}: either url or folder is said")
    if said.url:
        try:
            check_url(said.url)
        except BadConfiguration as error:
            raise BadConfiguration(reason=f"{where}: {error.facts['reason']}") from None
    elif not PurePosixPath(said.folder).is_absolute() or ".." in PurePosixPath(said.folder).parts:
        raise BadConfiguration(reason=f"{where}: folder is a whole path")
    if not _NAME.fullmatch(said.secret):
        raise BadConfiguration(reason=f"{where}: secret is a name of letters, digits and underscores, in lower case")
    if not said.consumer:
        raise BadConfiguration(reason=f"{where}: consumer is missing")
    for name, least, most in _BOUNDS:
        if not least <= getattr(said, name) <= most:
            raise BadConfiguration(reason=f"{where}: {name} is between {least:g} and {most:g}")
    if said.base_seconds > said.bound_seconds:
        raise BadConfiguration(reason=f"{where}: base_seconds is at most bound_seconds")
