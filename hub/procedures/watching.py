"""Watching: limits that come due and alerts that nobody answers become alerts and higher ones (DOMAIN 2.6).

A sweep looks first, by one statement per rule set, and writes then, some hundred alerts a deed: under the locks of the
deed the same statement is asked again of those rows, so nothing is raised for what was done meanwhile.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.procedures.raising import levelled, raised, resolved, resolved_facts, told
from hub.procedures.sweeps import Sweep
from hub.procedures.thresholds import read_supervision
from hub.rules.thresholds import RuleSet, Supervision, following
from hub.schema.deadlines import LimitRule
from hub.schema.events import EventType
from hub.schema.risks import RiskColour
from hub.schema.supervision import AlertEnd, AlertLevel, AlertState, SupervisionAlert, Trigger
from hub.store import watch
from hub.store.base import faults
from hub.store.ledger import Change, Insert, Update

AT_ONCE = 250
"""Alerts of one deed: each has an event and a case that is held."""

Found = Mapping[Any, Any]
Ask = Callable[[Collection[str] | None], sa.Select[Any]]
"""The statement that finds them; of these ids only where it is given some."""


async def supervise(sweep: Sweep) -> dict[str, int]:
    """Everything that is due to be supervised at the sweep's moment; how many alerts of each kind."""
    async with sweep.base.engine.connect() as connection:
        with faults(sweep.base.metadata):
            policy = await read_supervision(connection, _tables(sweep)["policies"], sweep.today)
    watching = _Watching(sweep, policy)
    return {
        "resolved": await watching.settle(),
        "raised": await watching.raise_due() + await watching.raise_rejected(),
        "unanswered": await watching.raise_unanswered(),
        "repeated": await watching.raise_repeated(),
    }


class _Watching:
    def __init__(self, sweep: Sweep, policy: Supervision) -> None:
        self._sweep, self._policy, self._tables = sweep, policy, _tables(sweep)
        self._today = sweep.today

    async def settle(self) -> int:
        def change(row: Found) -> Change:
            end = AlertEnd[row["end"]]
            values = resolved(end, self._today)
            facts = resolved_facts(end)
            return Update(SupervisionAlert, row["id"], row["version"], values, event=EventType.ALERT_ENDED, facts=facts)

        return await self._each(lambda ids: watch.settled(self._tables, ids), change)

    async def raise_due(self) -> int:
        return sum([await self._raise_set(found) for found in self._policy.sets(self._today)])

    async def _raise_set(self, found: RuleSet) -> int:
        def change(row: Found) -> Change | None:
            said = found.cuts[row["cut"]].row
            level = said.level
            if row["alert_id"] is not None:
                mark = (row["alert_id"], row["alert_version"], row["body"])
                return self._risen(*mark, AlertLevel[row["alert_level"]], level, said.trigger, rule=row["rule"])
            values = raised(self._policy, level, said, self._today, organisation=row["body"])
            about = {
                "subject": row["subject_id"],
                "deadline": row["id"],
                "rule": LimitRule[row["rule"]],
                "trigger": said.trigger,
                "due_on": row["due_on"],
                "provisional": row["provisional"],
            }
            return self._new({**values, **about}, row, level)

        return await self._each(lambda ids: watch.due(self._tables, found, self._today, ids), change)

    async def raise_rejected(self) -> int:
        said = self._policy.of(Trigger.REJECTED)
        if said is None:
            return 0

        def change(row: Found) -> Change:
            values = raised(self._policy, said.level, said, self._today, organisation=row["organisation_id"])
            where = {"case_id": row["id"], "body": row["organisation_id"], "place": row["region_id"], **row}
            return self._new({**values, "subject": row["id"], "trigger": said.trigger}, where, said.level)

        return await self._each(lambda ids: watch.rejected(self._tables, said.count, ids), change)

    async def raise_unanswered(self) -> int:
        waited = self._policy.waited(self._today)
        return await self._each(lambda ids: watch.unanswered(self._tables, self._today, waited, ids), self._next)

    async def raise_repeated(self) -> int:
        return await self._each(lambda ids: watch.repeated(self._tables, ids), self._next)

    def _next(self, row: Found) -> Change | None:
        before = AlertLevel[row["level"]]
        level = following(before)
        if level is None:
            return None
        mark = (row["id"], row["version"], row["organisation_id"])
        return self._risen(*mark, before, level, Trigger[row["trigger"]], rule=row["rule"])

    def _risen(
        self,
        id_: str,
        version: int,
        body: str | None,
        before: AlertLevel,
        level: AlertLevel,
        trigger: Trigger,
        *,
        rule: str | None,
    ) -> Change | None:
        said = self._policy.at(None if rule is None else LimitRule[rule], level)
        if said is None:
            return None
        values = levelled(self._policy, level, said, self._today, organisation=body)
        facts = told(level, trigger, before=before)
        values |= {"state": AlertState.ESCALATED, "trigger": trigger}
        return Update(SupervisionAlert, id_, version, values, event=EventType.ALERT_ESCALATED, facts=facts)

    def _new(self, values: Mapping[str, Any], row: Found, level: AlertLevel) -> Change:
        where = {"case": row["case_id"], "organisation": row["body"], "region": row["place"]}
        risk = None if row["risk"] is None else RiskColour[row["risk"]]
        facts = told(level, values["trigger"])
        return Insert(SupervisionAlert, {**values, **where, "risk": risk}, event=EventType.ALERT_RAISED, facts=facts)

    async def _each(self, ask: Ask, change: Callable[[Found], Change | None]) -> int:
        """Write what is found; how many it was."""
        found = await self._look(ask(None))
        written = 0
        for start in range(0, len(found), AT_ONCE):
            part = found[start : start + AT_ONCE]

            async def decide(
                connection: AsyncConnection, ids: Sequence[str] = tuple(row["id"] for row in part)
            ) -> Sequence[Change]:
                rows = (await connection.execute(ask(ids))).mappings().all()
                return [made for row in rows if (made := change(row)) is not None]

            written += await self._sweep.transact(decide, _held(part))
        return written

    async def _look(self, asked: sa.Select[Any]) -> list[Found]:
        with faults(self._sweep.base.metadata):
            async with self._sweep.base.engine.connect() as connection:
                return list((await connection.execute(asked)).mappings())


def _held(rows: Iterable[Found]) -> list[str]:
    """What to hold: the cases that the alerts are of, and what belongs to no case itself."""
    return sorted({row.get("case_id") or row["id"] for row in rows})


def _tables(sweep: Sweep) -> Any:
    return sweep.base.metadata.tables
