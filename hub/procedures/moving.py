"""Moving: an open alert goes with its case when that comes to another region or another body (R21, DOMAIN 2.6)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.drafts import Draft
from hub.procedures.raising import addressed
from hub.schema.cases import Case
from hub.schema.events import EventType, Fact
from hub.schema.referrals import Referral
from hub.schema.supervision import SupervisionAlert
from hub.store.dialects import listed

Row = Mapping[Any, Any]


async def move_alerts(connection: AsyncConnection, draft: Draft) -> None:
    """Let the open alerts of the draft's moved cases and referrals go with them, in the same deed.

    An alert about a referral keeps its body, which is the referral's receiver, and has the region of its case.
    """
    cases = dict(_updated(draft, Case, ("region", "organisation")))
    carried = {id_: values["case"] for id_, values in _updated(draft, Referral, ("case",))}
    if not cases and not carried:
        return
    where = await _places(connection, draft, {*cases, *carried.values()})
    for alert in await _open(connection, draft, cases, carried):
        case: str = carried.get(alert["subject_id"]) or alert["case_id"]
        said = _drafted(draft, alert["id"])
        values = {name: value for name, value in _changed(alert, case, where[case]) if said.get(name) != value}
        if values and "ended_on" not in said:
            told: dict[str, Any] = {"event": EventType.ALERT_MOVED, "facts": _facts(values)}
            draft.update(SupervisionAlert, alert["id"], alert["version"], values, **told)


def _updated(draft: Draft, noun: type, members: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for id_, update in draft.updates.items():
        if update.noun is noun and not update.values.keys().isdisjoint(members):
            yield id_, update.values


async def _places(connection: AsyncConnection, draft: Draft, cases: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """Body and region of each case when the deed is done."""
    table, ids = draft.base.metadata.tables["cases"], sorted(cases)
    asked = sa.select(table.c.id, table.c.organisation_id, table.c.region_id).where(listed(table.c.id, ids))
    stored: Mapping[str, Row] = {row["id"]: row for row in (await connection.execute(asked)).mappings()}
    found = {}
    for id_ in ids:
        said, row = _drafted(draft, id_), stored.get(id_, {})
        found[id_] = {name: said.get(name, row.get(f"{name}_id")) for name in ("organisation", "region")}
    return found


async def _open(connection: AsyncConnection, draft: Draft, cases: Iterable[str], referrals: Iterable[str]) -> list[Row]:
    alerts = draft.base.metadata.tables["supervision_alerts"]
    names = ("id", "version", "subject_id", "case_id", "organisation_id", "region_id", "level", "addressees")
    mine = sa.or_(listed(alerts.c.case_id, sorted(cases)), listed(alerts.c.subject_id, sorted(referrals)))
    asked = sa.select(*(alerts.c[name] for name in names)).where(alerts.c.ended_on.is_(None), mine)
    return list((await connection.execute(asked.order_by(alerts.c.id))).mappings())


def _drafted(draft: Draft, id_: str) -> Mapping[str, Any]:
    change = draft.inserts.get(id_) or draft.updates.get(id_)
    return change.values if change else {}


def _changed(alert: Row, case: str, place: Mapping[str, str | None]) -> Iterator[tuple[str, Any]]:
    if case != alert["case_id"]:
        yield "case", case
    if place["region"] != alert["region_id"]:
        yield "region", place["region"]
    if alert["subject_id"] == case and place["organisation"] != alert["organisation_id"]:
        yield "organisation", place["organisation"]
        yield (
            "addressees",
            addressed((each["post"] for each in orjson.loads(alert["addressees"])), place["organisation"]),
        )


def _facts(values: Mapping[str, Any]) -> list[Fact]:
    return [Fact(name, id=values[name]) for name in ("case", "region", "organisation") if values.get(name)]
