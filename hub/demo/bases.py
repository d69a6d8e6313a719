"""Whose base it is: a demo goes on in its own, makes an interrupted one anew, and touches nobody else's."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadConfiguration
from hub.parts import hub_model
from hub.procedures.marks import Mark, read_mark
from hub.schema.cases import Case
from hub.schema.policies import Policy
from hub.settings import Database
from hub.simulation.agencies.town import Calendar
from hub.store import migrate
from hub.store.base import faults, open_base
from hub.store.tables import tables


async def claim(database: Database, calendar: Calendar, *, embedded: Path | None) -> None:
    """Leave an empty base or this demo's; BadConfiguration (HUB-701) and nothing changed where it is another's.

    What an interrupted start left is part of a municipality: it is taken away. `embedded` is the base that stands
    in the demo's own folder, if it does.
    """
    files = sorted(embedded.parent.glob(f"{embedded.name}*")) if embedded else []
    if files and not calendar.begun:
        raise BadConfiguration(reason=f"{embedded} is not this demo's; --data names another folder")
    if embedded and not calendar.loaded:
        for file in files:
            file.unlink()
        return
    mark, empty = (None, True) if database.is_missing else await _found(database.url)
    if calendar.loaded:
        _hold(not calendar.base or (mark is not None and mark.owner == calendar.base), calendar)
        return
    if mark is not None and mark.owner == calendar.base:
        await migrate.erase(database.url, hub_model())
    elif mark is not None or not empty:
        raise BadConfiguration(reason="the base holds what is not this demo's; --database names another one")


def _hold(fits: bool, calendar: Calendar) -> None:
    if not fits:
        place = calendar.file.parent
        raise BadConfiguration(reason=f"the demo in {place} has another base; --data names another folder")


async def _found(url: str) -> tuple[Mark | None, bool]:
    """The base's mark, and whether nobody's cases or tables are in it."""
    engine = await open_base(url)
    try:
        with faults():
            async with engine.connect() as connection:
                return await _read(connection)
    finally:
        await engine.dispose()


async def _read(connection: AsyncConnection) -> tuple[Mark | None, bool]:
    names = set(await connection.run_sync(lambda each: sa.inspect(each).get_table_names()))
    known = tables(hub_model()).tables
    cases, policies = known[Case.declared.plural], known[Policy.declared.plural]
    if not {cases.name, policies.name} <= names:
        return None, not names
    held = (await connection.execute(sa.select(sa.exists().select_from(cases)))).scalar_one()
    return await read_mark(connection, policies), not held
