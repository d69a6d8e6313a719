"""Revoking a token: from then on it opens nothing, in any process; the log tells them all."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import REVOKE
from hub.errors import BadText
from hub.procedures.configuration import Base
from hub.procedures.deeds import Deed, verb
from hub.schema.events import EventType, Fact
from hub.schema.revocations import Revocation, RevocationReason
from hub.schema.verbs import Text
from hub.settings import LONGEST_TOKEN_SECONDS
from hub.store.changes import Change, Insert, Update

LONGEST_ID = 200
"""Characters of a token's id."""

_KEPT = dt.timedelta(seconds=LONGEST_TOKEN_SECONDS + 60)
"""No token made before the deed is good for longer, whatever its maker's clock says within a minute."""


@verb(
    "撤销令牌：各进程不再接受并关闭其连接 · Revoke a token: every process refuses it and closes its connections",
    gives=(),
    permission=REVOKE,
)
async def revoke_token(
    deed: Deed,
    *,
    jti: Annotated[str, Text(LONGEST_ID, blank=False), "令牌编号 · The token's id, its claim jti"],
    reason: Annotated[RevocationReason, "原因 · Why"],
) -> None:
    """A token that was revoked before stays so."""
    who = {"viewer": deed.viewer.name, "principal": deed.viewer.subject}
    change = await _revocation(deed.connection, deed.base, jti, reason, {**who, "revoked_at": deed.now})
    if isinstance(change, Insert):
        deed.draft.insert(Revocation, change.values, event=change.event, facts=change.facts)
    else:
        deed.draft.update(
            Revocation, change.id, change.expected_version, change.values, event=change.event, facts=change.facts
        )


async def revoke(
    base: Base, jti: str, reason: RevocationReason, *, viewer: str, subject: str, now: dt.datetime
) -> None:
    """The same, in a transaction of its own, for who needs no permission. BadText (HUB-111) for what is no id."""
    if not 0 < len(jti) <= LONGEST_ID or not jti.isprintable():
        raise BadText

    async def decide(connection: AsyncConnection) -> Sequence[Change]:
        who = {"viewer": viewer, "principal": subject, "revoked_at": now}
        return [await _revocation(connection, base, jti, reason, who)]

    await base.ledger.transact(decide, actor=viewer, now=now, cases=[f"token {jti}"])


async def read_revoked(connection: AsyncConnection, revocations: sa.Table) -> frozenset[str]:
    """The ids of all tokens that are known to be revoked."""
    return frozenset((await connection.execute(sa.select(revocations.c.jti))).scalars())


async def _revocation(
    connection: AsyncConnection, base: Base, jti: str, reason: RevocationReason, who: dict[str, Any]
) -> Insert | Update:
    table = base.metadata.tables[Revocation.declared.plural]
    asked = sa.select(table.c.id, table.c.version).where(table.c.jti == jti)
    values = {"reason": reason, "until": who["revoked_at"] + _KEPT, **who}
    told: Any = {
        "event": EventType.ACCESS_REVOKED,
        "facts": [Fact("token", code=jti), Fact("reason", code=reason.name)],
    }
    known = (await connection.execute(asked)).first()
    if known is None:
        return Insert(Revocation, {"jti": jti, **values}, **told)
    return Update(Revocation, known.id, known.version, values, **told)
