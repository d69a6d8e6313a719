"""What `hub check` looks at: the base, its version, its configuration, and whether the keys still fit."""

import datetime as dt
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.access.viewers import read_viewers
from hub.errors import BadConfiguration, HubError, NewsHeld, NotMigrated
from hub.procedures.configuration import read_limits
from hub.procedures.marks import read_mark
from hub.schema.model import Model
from hub.schema.policies import Policy
from hub.settings import Settings
from hub.store import dialects, migrate
from hub.store.base import faults, open_base
from hub.store.seal import Seal, context_of, read_keys
from hub.store.tables import tables

LONGEST_WRITER_SECONDS = 10.0
"""How long a transaction that writes may be open before `hub check` says so."""

_PASSING = frozenset({"log"})
"""What keeps no hub from starting: whoever writes for long will have ended."""

_SAMPLES = 20
_SEALED = "_sealed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `code` and `sentence` say what is wrong, and are empty where nothing is."""

    name: str
    code: str = ""
    sentence: str = ""

    @property
    def good(self) -> bool:
        return not self.code


async def inspect(settings: Settings, model: Model, *, today: dt.date) -> list[Finding]:
    """Everything that can be wrong before the hub serves."""
    found = await _faults(settings, model, today)
    return [Finding(name, error.code, str(error)) if error else Finding(name) for name, error in found.items()]


async def require(settings: Settings, model: Model, *, today: dt.date) -> None:
    """Raise the first thing that `inspect` would find wrong and that does not pass by itself."""
    for name, error in (await _faults(settings, model, today)).items():
        if error is not None and name not in _PASSING:
            raise error


async def _faults(settings: Settings, model: Model, today: dt.date) -> dict[str, HubError | None]:
    metadata = tables(model)
    policies = metadata.tables[Policy.declared.plural]
    try:
        if settings.database.is_missing:
            raise NotMigrated
        engine = await open_base(settings.database.url, weak=settings.database.weak_durability)
    except HubError as error:
        # Without a base its version and configuration are as far as itself; the keys can be looked at.
        return {
            **dict.fromkeys(("database", "version", "configuration", "log"), error),
            "keys": await _look(_readable(settings)),
        }
    try:
        return {
            "database": None,
            "version": await _look(migrate.require_current(engine)),
            "configuration": await _look(_configuration(engine, policies, today)),
            "log": await _look(_log(engine)),
            "keys": await _look(_keys(settings, engine, metadata)),
        }
    finally:
        await engine.dispose()


async def _look(look: Awaitable[None]) -> HubError | None:
    try:
        with faults():
            await look
    except HubError as error:
        return error
    return None


async def _readable(settings: Settings) -> None:
    read_keys(settings.keys.file)


async def _configuration(engine: AsyncEngine, policies: sa.Table, today: dt.date) -> None:
    async with engine.connect() as connection:
        if not await read_viewers(connection, policies, today) or await read_limits(connection, policies) is None:
            raise BadConfiguration(reason="nothing was applied yet, run hub config apply")
        mark = await read_mark(connection, policies)
        if mark is not None and not mark.whole:
            raise BadConfiguration(reason="the demo in this base is not whole, run hub demo again")


async def _log(engine: AsyncEngine) -> None:
    """A transaction that stays open keeps news from everybody, also one in another database of the same cluster."""
    async with engine.connect() as connection:
        if (seconds := await dialects.oldest_writer(connection)) > LONGEST_WRITER_SECONDS:
            raise NewsHeld(seconds=round(seconds))


async def _keys(settings: Settings, engine: AsyncEngine, metadata: sa.MetaData) -> None:
    """Lost keys are lost values: the first and the last of each sealed column are opened."""
    seal = Seal(read_keys(settings.keys.file))
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if column.name.endswith(_SEALED):
                    await _open_some(connection, seal, column)


async def _open_some(connection: AsyncConnection, seal: Seal, column: sa.Column[Any]) -> None:
    table, member = column.table, column.name.removesuffix(_SEALED)
    for order in (table.c.id.asc(), table.c.id.desc()):
        asked = sa.select(table.c.id, column).where(column.is_not(None)).order_by(order).limit(_SAMPLES)
        for id_, sealed in await connection.execute(asked):
            seal.open(sealed, context_of(table.name, member, id_))
