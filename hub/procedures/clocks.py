"""Clocks: what an action does to the limits of cases, referrals and whatever else has some, as rows of deadlines.

    await Clocks(deed).start(task, Rule.TASK_REPORT, due_on=task["due_on"])    # in a deed: of any row that has limits
    await Clocks(deed).stop(task, Rule.TASK_REPORT)                            # met, whenever it was
    Insert(Deadline, {**begun(timing, rule, day), **belonging(values)})        # many at once, in a job

A row of a noun with limits (`Deadline.subject`) says by its own `case`, `organisation` and `region` where it belongs.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.errors import UnfitDate
from hub.procedures.raising import settle
from hub.procedures.timing import Timing, read_timing
from hub.rules import deadlines
from hub.rules.deadlines import Count, Limit, limit_on
from hub.rules.limits import MEDIATION, Rule
from hub.rules.machines import Clock, Effect
from hub.schema.agreements import Agreement
from hub.schema.cases import Case
from hub.schema.deadlines import Deadline, DeadlineState
from hub.schema.declare import Entity
from hub.schema.events import Fact
from hub.schema.referrals import Referral
from hub.schema.supervision import AlertEnd

if TYPE_CHECKING:
    from hub.procedures.deeds import Deed, Row

_RUNNING = (DeadlineState.RUNNING, DeadlineState.OVERDUE)
_PLACES = ("case", "organisation", "region")


@dataclass(slots=True)
class Clocks:
    """Runs the limits of one deed: `longer` the days of an extension, `ground` the code of a suspension."""

    deed: "Deed"
    longer: int = 0
    ground: str | None = None
    _timing: Timing | None = field(default=None, repr=False)
    _limits: dict[str, list["Row"]] = field(default_factory=dict, repr=False)
    """What was read already, by the row: an ending action ends a dozen limits."""

    async def run(self, row: "Row", clock: Clock) -> None:
        """Start, end, pause, resume or extend the limit; one that does not run is left alone."""
        if clock.effect is Effect.START:
            await self.start(row, clock.rule, on=await self._since(row, clock.rule))
            return
        if clock.effect is Effect.STOP:
            await self.stop(row, clock.rule)
            return
        for deadline in await self._live(row, clock.rule):
            match clock.effect:
                case Effect.PAUSE:
                    await self._pause(deadline)
                case Effect.RESUME:
                    await self._resume(deadline)
                case Effect.EXTEND:
                    await self._extend(deadline)

    async def start(
        self,
        row: "Row",
        rule: Rule,
        *,
        on: dt.date | None = None,
        due_on: dt.date | None = None,
        organisation: str | None = None,
    ) -> None:
        """Start the limit, from today unless said, to its own day where it has one (`due_on`). Nothing where it runs
        already, or where no policy says its days. `organisation` must keep it, unless said the row's own.
        """
        values = begun(await self._read(), rule, on or self.deed.today, now=self.deed.now, due_on=due_on)
        if values is None or await self._live(row, rule):
            return
        belongs = belonging(row.noun, {**_said(row), "id": row.id})
        if organisation is not None:
            belongs["organisation"] = organisation
        self.deed.add(self.deed.blank(Deadline), facts=[Fact("rule", code=rule.name)], **belongs, **values)
        self._limits.clear()
        await self._show(row, rule, values["due_on"])

    async def restart(self, row: "Row", rule: Rule) -> None:
        """Count the limit anew from today: what had to be done was done, and is to be done again."""
        values = begun(await self._read(), rule, self.deed.today, now=self.deed.now)
        live = await self._live(row, rule)
        for deadline in live if values else ():
            again = {name: value for name, value in (values or {}).items() if name not in ("rule", "state")}
            self._change(deadline, state=DeadlineState.RUNNING, overdue_on=None, **again)
        if not live:
            await self.start(row, rule)

    async def stop(self, row: "Row", rule: Rule) -> None:
        """End the limit: it was met, or nothing is to be met any more. One that does not run is left alone."""
        for deadline in await self._live(row, rule):
            await self._stop(deadline)

    async def _since(self, row: "Row", rule: Rule) -> dt.date | None:
        """The day that starts the limit, where it is not today: an agreement takes effect on the day it says (T9)."""
        if rule is not Rule.JUDICIAL_CONFIRMATION:
            return None
        case = row.id if row.noun is Case else row["case"]
        found = [each["date"] for each in await self.deed.rows(Agreement, case=case) if each["date"] is not None]
        return max(found, default=None)

    async def _stop(self, deadline: "Row") -> None:
        if deadline.id in self.deed.draft.inserts:
            # Begun and ended by one deed: it never ran.
            self.deed.forget(deadline)
            self._limits.clear()
            return
        await self._measure(deadline)
        self._change(deadline, state=DeadlineState.ENDED, ended_on=self.deed.today, paused_since=None)
        await settle(self.deed, deadline, AlertEnd.MET)

    async def _measure(self, deadline: "Row") -> None:
        """How long a mediation took is said by its referral, too (DOMAIN 4.10)."""
        if deadline["rule"] not in MEDIATION:
            return
        calendar = (await self._read()).calendar
        days = deadlines.counted(_count(deadline), self.deed.today, calendar)
        for referral in await self.deed.rows(Referral, id=deadline["referral"]) if deadline["referral"] else []:
            self.deed.change(referral, mediation_days=days)

    async def _pause(self, deadline: "Row") -> None:
        timing, today = await self._read(), self.deed.today
        limit = limit_on(timing.limits, deadline["rule"], deadline["started_on"])
        if deadline["state"] not in _RUNNING or limit is None or self.ground not in limit.stops_clock:
            return
        count = deadlines.pause(_count(deadline), today, timing.calendar)
        self._change(deadline, **_counted(count), state=DeadlineState.PAUSED, pause_ground=self.ground)
        await settle(self.deed, deadline, AlertEnd.STOPPED)

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
        await settle(self.deed, deadline, AlertEnd.MOVED)
        await self._show_all(deadline)

    def _change(self, deadline: "Row", *, state: DeadlineState, **values: Any) -> None:
        said = {"rule": deadline["rule"], "from": deadline["state"], "to": state}
        facts = [Fact(name, code=each.name) for name, each in said.items()]
        self.deed.change(deadline, facts=facts, state=state, **values)

    async def _live(self, row: "Row", rule: Rule) -> list["Row"]:
        """The limits of the rule that have not ended: the row's own; of a case with those of its referrals."""
        if row.id not in self._limits:
            found = await self.deed.rows(Deadline, **{"case" if row.noun is Case else "subject": row.id})
            self._limits[row.id] = found
        known = self._limits[row.id]
        return [each for each in known if each["rule"] is rule and each["state"] is not DeadlineState.ENDED]

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


def begun(
    timing: Timing, rule: Rule, day: dt.date, *, now: dt.datetime | None = None, due_on: dt.date | None = None
) -> dict[str, Any] | None:
    """The values of a limit that starts that day, but for whose it is; None where no policy says its days.

    What has a day of its own, like a task, is due on that (`due_on`), whatever the days of the policy. One of minutes
    runs from `now`.
    """
    limit = limit_on(timing.limits, rule, day)
    if limit is None:
        return None
    calendar = timing.calendar
    if limit.minutes is not None:
        assert now is not None, f"{rule.name} runs from a moment"
        count = deadlines.within(limit.minutes, now)
    elif due_on is None:
        count = deadlines.start(limit.days, limit.unit, day, calendar)
    else:
        count = deadlines.until(due_on, day, calendar)
    return {**_terms(limit), **_counted(count), "state": DeadlineState.RUNNING, "started_on": day}


def belonging(noun: type[Entity], values: Mapping[str, Any]) -> dict[str, Any]:
    """Whose a limit is: the row of these values (`id` among them), and where that belongs."""
    if noun is Case:
        return {"subject": values["id"], "case": values["id"]}
    if noun is Referral:
        return {"subject": values["id"], "case": values["case"], "referral": values["id"]}
    return {"subject": values["id"], **{name: values.get(name) for name in _PLACES}}


def _said(row: "Row") -> dict[str, Any]:
    return {name: row[name] for name in _PLACES if name in row.members}


def _terms(limit: Limit) -> dict[str, Any]:
    """What the limit is, as its policy says it on the day it starts."""
    return {"rule": limit.rule, "basis": limit.basis, "local_default": limit.is_default}


def _counted(count: Count) -> dict[str, Any]:
    """What the count is now."""
    names = (
        *("days", "minutes", "unit", "counting_since", "due_on"),
        *("due_at", "provisional", "elapsed", "paused_since"),
    )
    return {name: getattr(count, name) for name in names}


def _count(deadline: "Row") -> Count:
    names = ("days", "unit", "started_on", "counting_since", "due_on", "provisional", "elapsed", "paused_since")
    return Count(**{name: deadline[name] for name in names})
