"""Freezing: figures of a period with what they count, as rows that never change (R67, R71)."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.rules.duties import before
from hub.rules.figures import Days, Part, few, hidden
from hub.rules.indicators import Found, Indicator, Wanted, period, spread_of
from hub.schema.meetings import CaseRef, Counts, FigurePage, ReferralRef, SnapshotFigure
from hub.store.ledger import Change, Insert, Ledger

Row = Mapping[Any, Any]
Find = Callable[[Sequence[Wanted]], Awaitable[list[list[Found]]]]
"""Per filter what it finds, whoever may see it, all in one state of the base."""

PAGE = 500
"""Cases of one page of a figure."""

HOTTEST = 10
"""Types and towns that a pack tells of, those with the most cases."""

_PARTED = "registered"
"""The indicator whose parts are told: by type of dispute, and by town."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that is about to be frozen: of which indicator, which part of it, and what it counts."""

    indicator: Indicator
    part: str
    found: Sequence[Found]
    of: int | None = None
    before: int | None = None
    small: bool = False

    @property
    def told(self) -> Part:
        """What the figure comes to."""
        days = None if self.indicator.days is None else Days[self.indicator.days]
        amount = sum(each.amount or 0 for each in self.found) if self.indicator.sum else None
        spread = {} if days is None else spread_of(self.found)
        return Part(self.part, len(self.found), self.of, amount, days=days, spread=spread)

    def values(self) -> dict[str, Any]:
        told = self.told
        return {
            "indicator": self.indicator.key,
            "part": self.part,
            "indicator_version": self.indicator.version,
            "name": f"{self.indicator.zh} · {self.indicator.en}",
            "counts": self.indicator.counted,
            "small": self.small,
            "count": told.count,
            "of": self.of,
            "amount": told.amount,
            "days": told.total_days(),
            "before": self.before,
            "value": told.value(),
        }


@dataclass(frozen=True, slots=True)
class Counted:
    """What an indicator counts in a period, everywhere: numerator, denominator, numerator of the period before."""

    indicator: Indicator
    top: Sequence[Found]
    below: Sequence[Found] | None
    earlier: Sequence[Found]


async def counted_in(during: str, indicators: Sequence[Indicator], find: Find) -> list[Counted]:
    """One question for all regions, so that a district's figure is the sum of its towns'."""
    now, earlier = period(during), before(period(during))
    asked: list[Wanted] = []
    for each in indicators:
        asked += [each.wanted(said, now, None) for said in (each.numerator, each.denominator or each.numerator)]
        asked.append(each.wanted(each.numerator, earlier, None))
    found = iter(await find(asked))
    counted = []
    for each in indicators:
        top, below, last = next(found), next(found), next(found)
        counted.append(Counted(each, top, below if each.denominator is not None else None, last))
    return counted


def figures_of(meeting: Row, counted: Sequence[Counted]) -> list[Figure]:
    """Every indicator for the meeting's region with the period before; registered cases also by type and town."""
    region = meeting["region_id"].removeprefix("region_")

    def mine(found: Sequence[Found]) -> list[Found]:
        return [each for each in found if each.lies_in(region)]

    figures = []
    for each in counted:
        top = mine(each.top)
        of = None if each.below is None else len(mine(each.below))
        earlier = len(mine(each.earlier))
        whole = Figure(each.indicator, "", top, of, earlier)
        figures.append(replace(whole, small=hidden([whole.told])[0].hidden or few(earlier)))
        if each.indicator.key == _PARTED:
            figures += _parts(each.indicator, top)
    return figures


def _parts(indicator: Indicator, found: Sequence[Found]) -> Iterator[Figure]:
    keys: Mapping[str, Callable[[Found], str | None]] = {
        "type": lambda one: one.dispute_type,
        "town": lambda one: one.town,
    }
    for name, key in keys.items():
        by_key: dict[str, list[Found]] = defaultdict(list)
        for each in found:
            by_key[key(each) or ""].append(each)
        ordered = sorted(by_key.items(), key=lambda item: (-len(item[1]), item[0]))
        told = [Figure(indicator, f"{name}:{value}", those) for value, those in ordered]
        small = [each.hidden for each in hidden([each.told for each in told])]
        known = [replace(each, small=mark) for each, mark in zip(told, small, strict=True) if each.part != f"{name}:"]
        yield from known[:HOTTEST]


def frozen(ledger: Ledger, figure: Figure, snapshot: str, placed: Mapping[str, Any]) -> Iterator[Change]:
    id_ = ledger.new_id(SnapshotFigure)
    yield Insert(SnapshotFigure, {"id": id_, "snapshot": snapshot, **placed, **figure.values()})
    for number, start in enumerate(range(0, len(figure.found), PAGE), 1):
        listed = _listed(figure.indicator.counted, [each.id for each in figure.found[start : start + PAGE]])
        yield Insert(FigurePage, {"figure": id_, **placed, "number": number, "small": figure.small, **listed})


def _listed(counts: Counts, ids: Sequence[str]) -> dict[str, Any]:
    """What a page lists, under the name of what it is."""
    if counts is Counts.CASES:
        return {"cases": [CaseRef(id_) for id_ in ids], "referrals": []}
    return {"cases": [], "referrals": [ReferralRef(id_) for id_ in ids]}
