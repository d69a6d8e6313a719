"""Viewers: who asks, what it can see, and what it sees masked."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadConfiguration
from hub.settings import fit

KIND = "viewer"
"""The kind of policy row that a viewer is."""

ROLES = frozenset(
    {
        "public",
        "party",
        "agent",
        "mediator",
        "org_admin",
        "intake",
        "divert",
        "dispatch",
        "analyst",
        "court",
        "agency",
        "supervisor",
        "admin",
        "security",
        "auditor",
        "system",
    }
)
"""The roles of the permission table (DOMAIN 9)."""

SMALL_CELLS = "small"
"""The mask of figures of few cases: views for the public and for leaders, who are shown no single case."""

MASKS = frozenset({"name", SMALL_CELLS})
"""What can be shown masked to a viewer; sealed values are masked for everybody until they are opened."""

OPEN = "sealed.open"
"""The permission to open sealed values of the rows one sees."""

FIX, LINK = "rows.fix", "links.decide"
"""The permissions to fix rows in quarantine, and to decide whether cases are one dispute (DOMAIN 9)."""

RUN = "jobs.run"
"""The permission to have a job run."""

CASES, REFERRALS, INVITE = "cases.handle", "referrals.handle", "courts.invite"
"""The permissions to act on cases and on referrals one sees, each as the machines allow, and to invite bodies."""

REPORT, JUDGE, ORDER = "investigations.report", "findings.judge", "investigations.order"
"""The permissions to report what was investigated, to judge findings and sum campaigns up, and to order campaigns."""

MEET = "meetings.hold"
"""The permission to hold analysis meetings and to report on them."""

ALERTS = "alerts.handle"
"""The permission to answer, raise and end supervision alerts one sees, each as the machine allows."""

FOLLOW = "consumers.hold"
"""The permission to have consumers of the log on behalf of one's organisation or court."""

END = "connections.end"
"""The permission to end connections, anybody's."""

REVOKE = "tokens.revoke"
"""The permission to revoke tokens, anybody's."""

WATCH = "system.read"
"""The permission to see how the hub itself is doing."""

PERMISSIONS = frozenset(
    {
        "schema.read",
        OPEN,
        FIX,
        LINK,
        RUN,
        CASES,
        REFERRALS,
        INVITE,
        ALERTS,
        FOLLOW,
        WATCH,
        REPORT,
        JUDGE,
        ORDER,
        MEET,
        REVOKE,
        END,
    }
)
"""What a viewer can be allowed beside its scope."""

MOST_HELD = 64
"""Regions of one level, organisations or courts of one viewer: each is a value of every statement it asks."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a viewer can see: region codes by level, ids of organisations and courts. Empty: public rows only."""

    city: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    town: tuple[str, ...] = ()
    zone: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    courts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Viewer:
    """A viewer as a policy row says it; `subject`, `jti` and `exp` (seconds since 1970) are those of its token."""

    name: str
    role: str
    scope: Scope
    masks: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    subject: str = ""
    jti: str = ""
    exp: int = 0

    def may(self, permission: str) -> bool:
        """Whether the permission was given to this viewer."""
        return permission in self.permissions

    def carried_by(self, subject: str, jti: str, exp: int) -> "Viewer":
        """The same viewer, as the token of somebody."""
        return replace(self, subject=subject, jti=jti, exp=exp)


PUBLIC = Viewer(name="public", role="public", scope=Scope(), masks=MASKS)
"""Whoever brings no token, on every transport."""


@dataclass(frozen=True, slots=True)
class _Body:
    """A viewer's policy row, as it is stored."""

    role: str
    scope: Scope
    masks: tuple[str, ...]
    permissions: tuple[str, ...]


def body_of(viewer: Viewer) -> str:
    """The policy row's text: the same text for the same viewer, so that an unchanged one is seen to be unchanged.

    BadConfiguration for a viewer that holds more than statements take.
    """
    _check_held(viewer.name, viewer.scope)
    body = _Body(viewer.role, viewer.scope, tuple(sorted(viewer.masks)), tuple(sorted(viewer.permissions)))
    return orjson.dumps(asdict(body)).decode()


def viewer_of(name: str, body: str) -> Viewer:
    """The viewer of a policy row; BadConfiguration where the row is not ours."""
    try:
        values: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadConfiguration(reason=f"viewer {name}: the policy row is no JSON") from None
    if not isinstance(values, dict):
        raise BadConfiguration(reason=f"viewer {name}: the policy row is no object")
    said = fit(_Body, values, f"viewer {name}")
    _check_held(name, said.scope)
    return Viewer(name, said.role, said.scope, frozenset(said.masks), frozenset(said.permissions))


def _check_held(name: str, scope: Scope) -> None:
    for holding, held in asdict(scope).items():
        if len(held) > MOST_HELD:
            raise BadConfiguration(reason=f"viewer {name} holds more than {MOST_HELD} {holding}")


async def read_viewers(connection: AsyncConnection, policies: sa.Table, today: dt.date) -> Mapping[str, Viewer]:
    """All viewers whose policy row is in force, by name. `policies` is the table of policy rows."""
    begun = sa.or_(policies.c.valid_from.is_(None), policies.c.valid_from <= today)
    lasting = sa.or_(policies.c.valid_to.is_(None), policies.c.valid_to >= today)
    rows = await connection.execute(
        sa.select(policies.c.name, policies.c.body).where(policies.c.kind == KIND, begun, lasting)
    )
    return {name: viewer_of(name, body) for name, body in rows}
