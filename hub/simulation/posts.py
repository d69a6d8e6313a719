"""Posts: as whom officials act, to whom a case can be given, and the errands they go on."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.viewers import ALERTS, CASES, JUDGE, MEET, ORDER, REFERRALS, REPORT, Scope, Viewer
from hub.simulation.casefiles import Found
from hub.simulation.chance import Chance

NEAR = ("TOWN_COMMITTEE", "VILLAGE_COMMITTEE")
"""Bodies of the place itself; others are of the district, for a profession."""

_PROFESSIONAL = ("INDUSTRY_COMMITTEE", "CHAMBER", "ADMIN_MEDIATION")
_MODES = {"ADMIN_MEDIATION": "XT", "INDUSTRY_COMMITTEE": "HY", "LAWYER_ROOM": "LS"}
_MAY = frozenset({CASES, REFERRALS, ALERTS, REPORT, JUDGE, ORDER, MEET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A verb that somebody is about to do: with the row as it was seen, or without where it makes one."""

    who: Viewer
    verb: str
    row: str | None = None
    version: int | None = None
    sign: str = ""
    """Tells apart what would else be the same errand: rows beside the one at hand have changed, or one is made."""
    inputs: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Of its repeats: a deed that is done is not done again after a new start."""
        return f"simulation-{self.verb}-{self.row}-{self.version}-{self.sign}"


def post(role: str, case: Found) -> Viewer:
    """A post of the centre of the case's district."""
    scope = Scope(district=(case["district"],)) if case["district"] else Scope(city=(case["city"],))
    return _viewer(role, scope)


def body(organisation: str) -> Viewer:
    """Who administers an organisation."""
    return _viewer("org_admin", Scope(organisations=(organisation,)))


def court(id_: str) -> Viewer:
    """The clerk of a court."""
    return _viewer("court", Scope(courts=(id_,)))


def _viewer(role: str, scope: Scope) -> Viewer:
    return Viewer(name=f"simulated {role}", role=role, scope=scope, permissions=_MAY, subject="simulation")


@dataclass(frozen=True, slots=True)
class Bodies:
    """To whom cases can be given: bodies by town and by district, and whom each court has invited."""

    near: Mapping[str, Sequence[Found]]
    professional: Mapping[str, Sequence[Found]]
    invited: Mapping[str, Sequence[str]]

    def drawn(self, chance: Chance, case: Found, *, other: str | None = None) -> Found | None:
        """A body for the case, not the `other`: of its profession, else of its town."""
        fitting = [each for each in self.professional.get(case["district"], ()) if _fits(each, case)]
        close = self.near.get(case["town"], ())
        drawn = fitting if fitting and (not close or chance.happens(0.6)) else close or fitting
        choice = [each for each in drawn if each["id"] not in (other, case["organisation_id"])]
        return chance.choice(choice) if choice else None

    def invited_by(self, chance: Chance, court: str, *, other: str | None = None) -> str | None:
        """A body that the court has invited, not the `other`."""
        choice = [each for each in self.invited.get(court, ()) if each != other]
        return chance.choice(choice) if choice else None


def mode_of(body: Found) -> str:
    """The mode in which such a body settles disputes."""
    return _MODES.get(body["kind"], "RM")


def _fits(body: Found, case: Found) -> bool:
    return bool(body["profession"] == case["dispute_type"])


async def read_bodies(connection: AsyncConnection, metadata: sa.MetaData, today: dt.date) -> Bodies:
    """The bodies on the register and the invitations in force on that day, in a fixed order."""
    table, invitations = metadata.tables["organisations"], metadata.tables["invitations"]
    columns = (table.c.id, table.c.kind, table.c.profession, table.c.town, table.c.district)
    asked = sa.select(*columns).where(table.c.active, table.c.kind.in_((*NEAR, *_PROFESSIONAL))).order_by(table.c.id)
    near: dict[str, list[Found]] = defaultdict(list)
    professional: dict[str, list[Found]] = defaultdict(list)
    invited: dict[str, list[str]] = defaultdict(list)
    for row in (await connection.execute(asked)).mappings():
        found, place = (near, row["town"]) if row["kind"] in NEAR else (professional, row["district"])
        found[place].append(dict(row))
    running = sa.or_(invitations.c.valid_to.is_(None), invitations.c.valid_to > today)
    asked = sa.select(invitations).where(invitations.c.valid_from <= today, running)
    for row in (await connection.execute(asked.order_by(invitations.c.organisation_id))).mappings():
        invited[row["court_id"]].append(row["organisation_id"])
    return Bodies(near, professional, invited)
