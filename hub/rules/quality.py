"""The four quality figures of investigation: base known, facts clear, handled fast, forecasts right (R78)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from statistics import median


@dataclass(slots=True)
class Quality:
    """What is counted of one town; every share is of what is listed here, so that it can be looked into."""

    tasks: int = 0
    submitted: int = 0
    findings: int = 0
    complete: int = 0
    handled: list[dt.timedelta] = field(default_factory=list)
    escalated: int = 0
    foreseen: int = 0

    @property
    def coverage(self) -> str | None:
        """底数清: tasks that were reported on, of those that were due."""
        return share(self.submitted, self.tasks)

    @property
    def completeness(self) -> str | None:
        """情况明: findings that tell facts, people and measures, of all."""
        return share(self.complete, self.findings)

    @property
    def hours(self) -> str | None:
        """处置快: half of the findings were handled within so many hours."""
        if not self.handled:
            return None
        seconds = Decimal(str(median(each.total_seconds() for each in self.handled)))
        return str((seconds / 3600).quantize(Decimal("0.1"), ROUND_HALF_UP))

    @property
    def foresight(self) -> str | None:
        """预判准: cases that escalated and had been found before, of those that escalated."""
        return share(self.foreseen, self.escalated)

    def plus(self, other: "Quality") -> "Quality":
        """Both together."""
        return Quality(
            self.tasks + other.tasks,
            self.submitted + other.submitted,
            self.findings + other.findings,
            self.complete + other.complete,
            [*self.handled, *other.handled],
            self.escalated + other.escalated,
            self.foreseen + other.foreseen,
        )


def share(part: int, whole: int) -> str | None:
    """A rate with four places; None of nothing."""
    return str((Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)) if whole else None


def by_town() -> "defaultdict[str | None, Quality]":
    """Figures that are about to be counted."""
    return defaultdict(Quality)


def whole(parts: Iterable[Quality]) -> Quality:
    """All of them together."""
    found = Quality()
    for each in parts:
        found = found.plus(each)
    return found
