"""What the base itself holds, read beside the hub."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.faults.offices import Office

from hub.store.dialects import async_url


async def rows_of(office: Office, statement: str, **values: object) -> list[tuple[object, ...]]:
    engine = create_async_engine(async_url(office.url))
    try:
        async with engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(sa.text(statement), values)]
    finally:
        await engine.dispose()


async def events_of(office: Office, cases: Sequence[str]) -> list[str]:
    """The ids of all events of these cases, in the log's order."""
    found = await rows_of(office, "SELECT id, case_id FROM events WHERE case_id IS NOT NULL ORDER BY epoch, xid, seq")
    return [str(id_) for id_, case in found if case in set(cases)]


async def versions_of(office: Office, cases: Sequence[str]) -> dict[str, int]:
    found = await rows_of(office, "SELECT id, version FROM cases")
    return {str(id_): int(str(version)) for id_, version in found if id_ in set(cases)}


async def deeds_of(office: Office, cases: Sequence[str]) -> dict[str, int]:
    """How many events of first duties the log tells of each case."""
    found = await rows_of(office, "SELECT case_id, count(*) FROM events WHERE type = 'FIRST_ASKED' GROUP BY case_id")
    return {**dict.fromkeys(cases, 0), **{str(case): int(str(number)) for case, number in found if case in set(cases)}}
