"""Duties to hold analysis meetings: whose, for which periods, and by when (R70; DOMAIN 2.7)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.errors import BadConfiguration
from hub.rules.calendars import Calendar
from hub.rules.cycles import block
from hub.rules.indicators import Period, period
from hub.schema.investigations import CycleUnit
from hub.schema.organisations import OrganisationLevel

_DAY = dt.timedelta(1)
MOST_WITHIN = 60
"""Working days; a meeting that is later has lost its subject."""

PERIODS = (CycleUnit.MONTH, CycleUnit.QUARTER)
"""The periods that figures are made for."""

HOSTS: Mapping[OrganisationLevel, str] = {
    OrganisationLevel.TOWN: "TOWN_CENTRE",
    OrganisationLevel.DISTRICT: "DISTRICT_CENTRE",
    OrganisationLevel.CITY: "CITY_CENTRE",
}
"""The kind of body that holds the meetings of a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty as policy says it: a meeting for every period, held so many working days after its end at most."""

    key: str
    zh: str
    en: str
    level: OrganisationLevel
    every: CycleUnit
    within: int
    basis: str
    valid_from: dt.date
    valid_to: dt.date | None = None

    def hold_by(self, last: dt.date, calendar: Calendar) -> dt.date:
        """The day by which the meeting of a period that ends on that day is held."""
        return calendar.working_after(last, self.within)[0]


def due_meetings(duty: Duty, planned: dt.date | None, today: dt.date) -> list[tuple[dt.date, dt.date]]:
    """First and last days of the periods that have begun by today and have no meeting yet, in their order.

    `planned` is the last day that has one; without any, the period that holds today is the first.
    """
    day = max(block(duty.every, today)[0] if planned is None else planned + _DAY, duty.valid_from)
    found = []
    while day <= min(today, duty.valid_to or today):
        _, end = block(duty.every, day)
        found.append((day, end))
        day = end + _DAY
    return found


def period_name(every: CycleUnit, day: dt.date) -> str:
    """The period as figures are asked for: `2025-03`, `2025-Q1`."""
    return f"{day:%Y}-Q{(day.month + 2) // 3}" if every is CycleUnit.QUARTER else f"{day:%Y-%m}"


def before(during: Period) -> Period:
    """The month, quarter or year before."""
    last = during.first - _DAY
    if "Q" in during.text:
        return period(period_name(CycleUnit.QUARTER, last))
    return period(f"{last:%Y-%m}" if "-" in during.text else f"{last:%Y}")


def check_duties(duties: Sequence[Duty]) -> None:
    """BadConfiguration (HUB-701) naming the row: said twice, no such level or period, negative days, no basis."""
    seen: set[str] = set()
    for duty in duties:
        where = f"meeting duty {duty.key}"
        chinese, dot, english = duty.basis.partition(" · ")
        _hold(duty.key not in seen, f"{where} is said twice")
        _hold(duty.level in HOSTS, f"{where}: nobody of level {duty.level.name} holds meetings")
        _hold(duty.every in PERIODS, f"{where}: figures are made for months and quarters")
        _hold(duty.within >= 0, f"{where}: days are negative")
        _hold(duty.within <= MOST_WITHIN, f"{where}: days are more than {MOST_WITHIN}")
        _hold(bool(chinese.strip() and dot and english.strip()), f"{where}: basis is to be said as `中文 · English`")
        _hold(duty.valid_from <= (duty.valid_to or dt.date.max), f"{where}: it ends before it begins")
        seen.add(duty.key)


def _hold(condition: bool, reason: str) -> None:
    if not condition:
        raise BadConfiguration(reason=reason)
