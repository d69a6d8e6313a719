"""Investigators: villages and towns report what they found, or nothing; centres judge it, and sum campaigns up."""

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.procedures.configuration import Base
from hub.procedures.findings import FoundCase, NewFinding, Recheck, Triage
from hub.procedures.registration import NewParty
from hub.schema.cases import PartyKind, PartyRole
from hub.schema.risks import RiskColour
from hub.schema.verbs import Id
from hub.simulation import names
from hub.simulation.chance import Chance, Weighted
from hub.simulation.disputes import SEVERITY, TYPES
from hub.simulation.posts import Errand, body
from hub.simulation.tales import TALES
from hub.store.base import faults

Row = Mapping[Any, Any]

_RISKS = Weighted({RiskColour.BLUE: 50, RiskColour.YELLOW: 35, RiskColour.ORANGE: 12, RiskColour.RED: 3})
_VERDICTS = Weighted({Triage.CASE: 45, Triage.WATCH: 35, Triage.NONE: 20})
_RECHECKED = Weighted({Recheck.CLEARED: 60, Recheck.WATCH: 30, Recheck.CASE: 10})
_ORDER = ("number", "organisation_id", "due_on")
_FINDING, _FORGETFUL, _TELLING = 0.12, 0.04, 0.85
"""Shares: of tasks with a finding, of bodies that forget, of findings that are told whole."""


@dataclass(frozen=True, slots=True)
class Investigators:
    """Everybody who investigates over one base; the same days bring the same deeds for the same seed."""

    base: Base
    seed: int

    async def of_day(self, day: dt.date) -> AsyncIterator[Errand]:
        """What is done that day: tasks whose day it is, findings that wait, campaigns that are over."""
        tasks = self.base.metadata.tables["tasks"]
        for row in await self._rows("tasks", tasks.c.kind == "INVESTIGATION", tasks.c.state.in_(("OPEN", "MISSED"))):
            if _is_the_day(self._chance(_mark(row)), row, day):
                for found in self._reported(row):
                    yield found
        for row in await self._rows("findings", self._column("findings").in_(("NEW", "CASE", "WATCH"))):
            if (judged := self._judged(row, day)) is not None:
                yield judged
        warned = self._column("risk_warnings") == "RAISED"
        for row in await self._rows("risk_warnings", warned):
            yield _errand("acknowledge_warning", row, row["organisation_id"])
        for row in await self._over(day):
            said = {"summary": f"{row['title']}汇总：已按要求完成排查。"}
            yield _errand("summarise_campaign", row, row["organisation_id"], **said)

    def _reported(self, task: Row) -> Sequence[Errand]:
        chance = self._chance(_mark(task), "told")
        visited = chance.randint(20, 160)
        if not chance.happens(_FINDING):
            return [_errand("report_nothing", task, task["organisation_id"], visited=visited)]
        finding = _finding(chance)
        if finding.risk is RiskColour.RED:
            # What is red is told at once; the task is submitted another day.
            return [_errand("report_finding", task, task["organisation_id"], finding=finding)]
        return [_errand("submit_report", task, task["organisation_id"], findings=(finding,), visited=visited)]

    def _judged(self, finding: Row, day: dt.date) -> Errand | None:
        chance, organiser = self._chance(finding["number"], str(day)), finding["organiser_id"]
        match finding["state"]:
            case "NEW":
                verdict = chance.pick(_VERDICTS)
                if finding["risk"] == RiskColour.RED.name and verdict is Triage.NONE:
                    verdict = Triage.WATCH
                return _errand("triage_finding", finding, organiser, verdict=verdict, reason="经核实研判")
            case "CASE":
                return _errand("register_finding", finding, organiser, case=_case(chance, finding))
        if finding["recheck_on"] > day:
            return None
        return _errand("recheck_finding", finding, finding["organisation_id"], result=chance.pick(_RECHECKED))

    async def _over(self, day: dt.date) -> list[Row]:
        campaigns, tasks = (self.base.metadata.tables[name] for name in ("campaigns", "tasks"))
        waited = sa.select(tasks.c.campaign_id).where(tasks.c.state == "OPEN", tasks.c.campaign_id.is_not(None))
        over = (campaigns.c.state == "ACTIVE", campaigns.c.due_on < day, campaigns.c.id.not_in(waited))
        return await self._rows("campaigns", *over)

    def _column(self, table: str) -> Any:
        return self.base.metadata.tables[table].c.state

    def _chance(self, *marks: str) -> Chance:
        return Chance("/".join((str(self.seed), *marks)))

    async def _rows(self, name: str, *where: Any) -> list[Row]:
        table = self.base.metadata.tables[name]
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                order = [table.c[each] for each in _ORDER if each in table.c]
                found = await connection.execute(sa.select(table).where(*where).order_by(*order, table.c.id))
                return [dict(row) for row in found.mappings()]


def _mark(task: Row) -> str:
    """Names a task by what is the same in every run of a seed; ids are not."""
    return f"{task['organisation_id']} {task['opened_on']} {task['due_on']} {task['title']}"


def _is_the_day(chance: Chance, task: Row, day: dt.date) -> bool:
    """A body reports on a day of the period that it keeps to; a few forget, and report when they are told so."""
    length = max((task["due_on"] - task["opened_on"]).days, 0)
    chosen = task["opened_on"] + dt.timedelta(chance.randint(0, length))
    forgets, reminded = chance.happens(_FORGETFUL), chance.randint(1, 4)
    if forgets:
        chosen = task["due_on"] + dt.timedelta(reminded)
    return bool(day >= chosen)


def _finding(chance: Chance) -> NewFinding:
    type_ = chance.pick(TYPES)
    cause, _ = chance.choice(TALES[type_])
    whole = chance.happens(_TELLING)
    return NewFinding(
        title=f"排查发现{cause}苗头",
        dispute_type=type_,
        risk=chance.pick(_RISKS),
        description="走访中了解到双方意见不一，尚未激化。" if whole else None,
        measures="已上门劝解并告知调解途径。" if whole else None,
        people=chance.randint(2, 12) if whole else None,
    )


def _case(chance: Chance, finding: Row) -> FoundCase:
    sides = tuple(
        NewParty(names.person(chance, male=chance.happens(0.6)), role, PartyKind.NATURAL_PERSON)
        for role in (PartyRole.APPLICANT, PartyRole.RESPONDENT)
    )
    return FoundCase(severity=chance.pick(SEVERITY[finding["dispute_type"]]), parties=sides)


def _errand(verb: str, row: Row, organisation: str, **inputs: Any) -> Errand:
    return Errand(who=body(organisation), verb=verb, row=Id(row["id"]), version=row["version"], inputs=inputs)
