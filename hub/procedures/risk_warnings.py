"""Warnings of red risk: every level above what was found is told at once, and says that it knows (R77, R107)."""

from typing import Any

import sqlalchemy as sa

from hub.access.viewers import JUDGE
from hub.errors import NoSuchRow, Settled
from hub.procedures.clocks import Clocks
from hub.procedures.deeds import Deed, Row, verb
from hub.procedures.investigators import CENTRES
from hub.rules.limits import Rule
from hub.schema.investigations import Finding, RiskWarning, WarningState
from hub.schema.organisations import OrganisationLevel
from hub.schema.regions import Region
from hub.schema.risks import RiskColour


@verb(
    "签收风险预警 · Acknowledge a warning (R77, R107)",
    changes=RiskWarning,
    gives=(RiskWarning, Finding),
    permission=JUDGE,
)
async def acknowledge_warning(deed: Deed, risk_warning: Row) -> None:
    """Only who was warned; Settled (HUB-704) when it was acknowledged already."""
    if risk_warning["organisation"] not in deed.viewer.scope.organisations and not _is_post(deed, risk_warning):
        raise NoSuchRow
    if risk_warning["state"] is WarningState.ACKNOWLEDGED:
        raise Settled
    said: dict[str, Any] = {"acknowledged_at": deed.now, "acknowledged_by": deed.actor}
    deed.change(risk_warning, state=WarningState.ACKNOWLEDGED, **said)
    await Clocks(deed).stop(risk_warning, Rule.RED_WARNING)


async def warn(deed: Deed, finding: Row) -> None:
    """Warn every centre above the finder of a red risk, each once (R77)."""
    if finding["risk"] is not RiskColour.RED:
        return
    known = {row["organisation"] for row in await deed.rows(RiskWarning, finding=finding.id)}
    for level, organisation in await _above(deed, finding):
        if organisation not in known:
            warning = deed.add(
                deed.blank(RiskWarning),
                finding=finding.id,
                organisation=organisation,
                level=level,
                region=finding["region"],
                risk=RiskColour.RED,
                state=WarningState.RAISED,
                raised_at=deed.now,
                acknowledged_at=None,
                acknowledged_by=None,
            )
            await Clocks(deed).start(warning, Rule.RED_WARNING)


async def _above(deed: Deed, finding: Row) -> list[tuple[OrganisationLevel, str]]:
    """The centres of the town, zone, district and city that the finding lies in, but for the finder itself."""
    (region,) = await deed.rows(Region, id=finding["region"])
    codes = [region[level] for level in ("town", "zone", "district", "city") if region[level]]
    bodies = deed.base.metadata.tables["organisations"]
    where = (bodies.c.kind.in_(CENTRES), bodies.c.active, bodies.c.region_id.in_([f"region_{code}" for code in codes]))
    asked = sa.select(bodies.c.level, bodies.c.id).where(*where, bodies.c.id != finding["organisation"])
    found = await deed.connection.execute(asked.order_by(bodies.c.level, bodies.c.id))
    return [(OrganisationLevel[level], id_) for level, id_ in found]


def _is_post(deed: Deed, warning: Row) -> bool:
    """A post of the centre that was warned: of its level and its region."""
    scope = deed.viewer.scope
    held = {"TOWN": scope.town, "DISTRICT": (*scope.district, *scope.zone), "CITY": scope.city}
    return bool(held.get(warning["level"].name))
