"""Clocks: what an action does to the limits of a case and its referrals, as rows of deadlines (DOMAIN 3)."""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.errors import UnfitDate
from hub.procedures.timing import Timing, read_timing
from hub.rules import deadlines
from hub.rules.deadlines import Count, Limit, limit_on
from hub.rules.limits import MEDIATION, Rule
from hub.rules.machines import Clock, Effect
from hub.schema.cases import Case
from hub.schema.deadlines import Deadline, DeadlineState
from hub.schema.events import Fact
from hub.schema.referrals import Referral

if TYPE_CHECKING:
    from hub.procedures.deeds import Deed, Row

_RUNNING = (DeadlineState.RUNNING, DeadlineState.OVERDUE)


@dataclass(slots=True)
class Clocks:
    """Runs the limits of one deed: `longer` the days of an extension, `ground` the code of a suspension."""

    deed: "Deed"
    longer: int = 0
    ground: str | None = None
    _timing: Timing | None = field(default=None, repr=False)

    async def run(self, row: "Row", clock: Clock) -> None:
        """Start, end, pause, resume or extend the limit; one that does not run is left alone."""
        if clock.effect is Effect.START:
            await self.start(row, clock.rule)
            return
        for deadline in await self._live(row, clock.rule):
            match clock.effect:
                case Effect.STOP:
                    self._stop(deadline)
                case Effect.PAUSE:
                    await self._pause(deadline)
                case Effect.RESUME:
                    await self._resume(deadline)
                case Effect.EXTEND:
                    await self._extend(deadline)

    async def start(self, row: "Row", rule: Rule) -> None:
        """Start the limit from today, unless it runs; nothing where no policy says its days."""
        timing, today = await self._read(), self.deed.today
        values = begun(timing, rule, today)
        if values is None or await self._live(row, rule):
            return
        of_referral = row.noun is Referral
        belongs: dict[str, Any] = {
            "case": row["case"] if of_referral else row.id,
            "referral": row.id if of_referral else None,
        }
        self.deed.add(self.deed.blank(Deadline), facts=[Fact("rule", code=rule.name)], **belongs, **values)
        await self._show(row, rule, values["due_on"])

    def _stop(self, deadline: "Row") -> None:
        if deadline.id in self.deed.draft.inserts:
            # Begun and ended by one deed: it never ran.
            self.deed.forget(deadline)
            return
        self._change(deadline, state=DeadlineState.ENDED, ended_on=self.deed.today, paused_since=None)

    async def _pause(self, deadline: "Row") -> None:
        timing, today = await self._read(), self.deed.today
        limit = limit_on(timing.limits, deadline["rule"], deadline["started_on"])
        if deadline["state"] not in _RUNNING or limit is None or self.ground not in limit.stops_clock:
            return
        count = deadlines.pause(_count(deadline), today, timing.calendar)
        self._change(deadline, **_counted(count), state=DeadlineState.PAUSED, pause_ground=self.ground)

    async def _resume(self, deadline: "Row") -> None:
        if deadline["state"] is not DeadlineState.PAUSED:
            return
        timing = await self._read()
        count = deadlines.resume(_count(deadline), self.deed.today, timing.calendar)
        self._change(deadline, **_counted(count), state=DeadlineState.RUNNING, pause_ground=None)
        await self._show_all(deadline)

    async def _extend(self, deadline: "Row") -> None:
        timing, today = await self._read(), self.deed.today
        count = deadlines.extend(_count(deadline), self.longer, timing.calendar)
        if count.due_on <= today:
            raise UnfitDate(reason_zh="延长后的到期日须晚于今日", reason_en="the extended limit must end after today")
        values = {**_counted(count), "extended_on": today, "overdue_on": None}
        self._change(deadline, state=DeadlineState.RUNNING, **values)
        await self._show_all(deadline)

    def _change(self, deadline: "Row", *, state: DeadlineState, **values: Any) -> None:
        said = {"rule": deadline["rule"], "from": deadline["state"], "to": state}
        facts = [Fact(name, code=each.name) for name, each in said.items()]
        self.deed.change(deadline, facts=facts, state=state, **values)

    async def _live(self, row: "Row", rule: Rule) -> list["Row"]:
        """The limits of the rule that have not ended: of the referral; of a case with those of its referrals."""
        of_referral = row.noun is Referral
        found = await self.deed.rows(Deadline, case=row["case"] if of_referral else row.id)
        running = (each for each in found if each["rule"] is rule and each["state"] is not DeadlineState.ENDED)
        return [each for each in running if not of_referral or each["referral"] == row.id]

    async def _show_all(self, deadline: "Row") -> None:
        rows = await self.deed.rows(Referral, id=deadline["referral"]) if deadline["referral"] else []
        for row in rows or await self.deed.rows(Case, id=deadline["case"]):
            await self._show(row, deadline["rule"], deadline["due_on"])

    async def _show(self, row: "Row", rule: Rule, on: dt.date) -> None:
        """The day a mediation is due is also said by the referral and its case."""
        if rule not in MEDIATION:
            return
        self.deed.change(row, due_on=on)
        if row.noun is Referral:
            for case in await self.deed.rows(Case, id=row["case"]):
                self.deed.change(case, due_on=on)

    async def _read(self) -> Timing:
        if self._timing is None:
            self._timing = await read_timing(self.deed.connection, self.deed.base.metadata.tables["policies"])
        return self._timing


def begun(timing: Timing, rule: Rule, day: dt.date) -> dict[str, Any] | None:
    """The values of a limit that starts that day, but for whose it is; None where no policy says its days."""
    limit = limit_on(timing.limits, rule, day)
    if limit is None:
        return None
    count = deadlines.start(limit.days, limit.unit, day, timing.calendar)
    return {**_terms(limit), **_counted(count), "state": DeadlineState.RUNNING, "started_on": day}


def _terms(limit: Limit) -> dict[str, Any]:
    """What the limit is, as its policy says it on the day it starts."""
    return {"rule": limit.rule, "unit": limit.unit, "basis": limit.basis, "local_default": limit.is_default}


def _counted(count: Count) -> dict[str, Any]:
    """What the count is now."""
    names = ("days", "counting_since", "due_on", "provisional", "elapsed", "paused_since")
    return {name: getattr(count, name) for name in names}


def _count(deadline: "Row") -> Count:
    names = ("days", "unit", "started_on", "counting_since", "due_on", "provisional", "elapsed", "paused_since")
    return Count(**{name: deadline[name] for name in names})
