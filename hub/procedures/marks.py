"""A demo's mark on its base: whose demo it is, and whether all of it is there."""

import datetime as dt
from dataclasses import asdict, dataclass

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.configuration import Base
from hub.procedures.rows import policy_id
from hub.schema.policies import Policy
from hub.store.base import faults
from hub.store.ledger import Insert, Update

_KIND, _NAME = "demo", "municipality"


@dataclass(frozen=True, slots=True)
class Mark:
    """`owner` is what the demo's folder calls itself; a base that is not `whole` is not to be served."""

    owner: str
    whole: bool


async def read_mark(connection: AsyncConnection, policies: sa.Table) -> Mark | None:
    """The mark of a base; None on one that is no demo's."""
    asked = sa.select(policies.c.body).where(policies.c.kind == _KIND, policies.c.name == _NAME)
    body = (await connection.execute(asked)).scalar()
    return None if body is None else Mark(**orjson.loads(body))


async def write_mark(base: Base, mark: Mark, *, now: dt.datetime) -> None:
    """Give the base its mark, in the place of the one that it has."""
    policies, id_ = base.metadata.tables[Policy.declared.plural], policy_id(_KIND, _NAME)
    with faults(base.metadata):
        async with base.engine.connect() as connection:
            asked = sa.select(policies.c.version).where(policies.c.id == id_)
            version = (await connection.execute(asked)).scalar()
    values = {"kind": _KIND, "name": _NAME, "body": orjson.dumps(asdict(mark)).decode()}
    change = (
        Insert(Policy, {"id": id_, **values}, event=None)
        if version is None
        else Update(Policy, id_, version, values, event=None)
    )
    await base.ledger.write([change], actor="admin", now=now)
