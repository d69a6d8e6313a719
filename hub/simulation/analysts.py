"""Analysts: meetings are held when their packs are there, resolve measures, and are reported on."""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.procedures.configuration import Base
from hub.procedures.meetings import Attended, Measure
from hub.schema.verbs import Id
from hub.simulation.chance import Chance
from hub.simulation.posts import Errand, body
from hub.store.base import faults

Row = Mapping[Any, Any]

_LATE = 0.05
"""Share of meetings that are put off until they are overdue."""


@dataclass(frozen=True, slots=True)
class Analysts:
    """Everybody who holds meetings over one base; the same days bring the same deeds for the same seed."""

    base: Base
    seed: int

    async def of_day(self, day: dt.date) -> AsyncIterator[Errand]:
        """What is done that day: each meeting goes one step further, each report too."""
        for row in await self._rows("meetings", "PACK_BUILT", "HELD", "RESOLVED"):
            async for found in self._of_meeting(row, day):
                yield found
        for row in await self._rows("reports", "DRAFTED", "APPROVED"):
            if row["state"] == "DRAFTED":
                yield _errand("approve_report", row, row["organisation_id"])
            else:
                to = await self._above(row["region_id"], row["organisation_id"])
                yield _errand("send_report", row, row["organisation_id"], recipients=to)
        recipients = self.base.metadata.tables["recipients"]
        for row in await self._where("recipients", recipients.c.receipted_at.is_(None)):
            yield _errand("receipt_report", row, row["organisation_id"])
        tasks = self.base.metadata.tables["tasks"]
        for row in await self._where("tasks", tasks.c.kind == "MEASURE", tasks.c.state.in_(("OPEN", "MISSED"))):
            chance = Chance(f"{self.seed}/{row['organisation_id']}/{row['due_on']}")
            if day >= row["due_on"] - dt.timedelta(chance.randint(-2, 12)):
                yield _errand("report_measure", row, row["organisation_id"], result="已按会议要求落实。")

    async def _of_meeting(self, meeting: Row, day: dt.date) -> AsyncIterator[Errand]:
        chance, host = Chance(f"{self.seed}/{meeting['number']}"), meeting["organisation_id"]
        late = 3 if chance.happens(_LATE) else -chance.randint(0, 3)
        match meeting["state"]:
            case "PACK_BUILT" if day >= meeting["hold_by"] + dt.timedelta(late) and day > meeting["last_on"]:
                said = {"held_on": day, "attended": (Attended(Id(host), "主任"),), "minutes": "研究本期矛盾纠纷形势。"}
                yield _errand("hold_meeting", meeting, host, **said, place="会议室")
            case "HELD":
                due = day + dt.timedelta(chance.randint(10, 30))
                yield _errand(
                    "resolve_measures", meeting, host, measures=(Measure("开展专项排查和普法", Id(host), due),)
                )
            case "RESOLVED":
                reports = self.base.metadata.tables["reports"]
                drafted = await self._where("reports", reports.c.meeting_id == meeting["id"])
                if not drafted:
                    said = {"title": f"{meeting['title']}报告", "text": "本期纠纷总体平稳，重点类型见附表。"}
                    yield _errand("draft_report", meeting, host, **said)
                elif drafted[0]["state"] == "RECEIPTED" and await self._done(meeting):
                    yield _errand("close_meeting", meeting, host)

    async def _done(self, meeting: Row) -> bool:
        tasks = self.base.metadata.tables["tasks"]
        mine = await self._where("tasks", tasks.c.meeting_id == meeting["id"])
        return all(task["state"] == "SUBMITTED" for task in mine)

    async def _above(self, region: str, organisation: str) -> tuple[str, ...]:
        """The centres of the district and the city, but for the one that reports; itself where nobody is above."""
        bodies, code = self.base.metadata.tables["organisations"], region.removeprefix("region_")
        above = [f"region_{each}" for each in (code[:6], f"{code[:4]}00")]
        kinds = bodies.c.kind.in_(("DISTRICT_CENTRE", "CITY_CENTRE"))
        found = await self._where("organisations", kinds, bodies.c.region_id.in_(above), bodies.c.id != organisation)
        return tuple(Id(row["id"]) for row in found) or (Id(organisation),)

    async def _rows(self, name: str, *states: str) -> Sequence[Row]:
        return await self._where(name, self.base.metadata.tables[name].c.state.in_(states))

    async def _where(self, name: str, *where: Any) -> Sequence[Row]:
        table = self.base.metadata.tables[name]
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                order = [table.c[each] for each in ("number", "organisation_id", "due_on") if each in table.c]
                found = await connection.execute(sa.select(table).where(*where).order_by(*order, table.c.id))
                return [dict(row) for row in found.mappings()]


def _errand(verb: str, row: Row, organisation: str, **inputs: Any) -> Errand:
    return Errand(who=body(organisation), verb=verb, row=Id(row["id"]), version=row["version"], inputs=inputs)
