"""Freezing: figures of a period with the cases that they count, as rows that never change (R67, R71)."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.rules.duties import before
from hub.rules.indicators import Found, Indicator, Part, filter_of, period
from hub.schema.meetings import CaseRef, FigurePage, SnapshotFigure
from hub.store.ledger import Change, Insert, Ledger

Row = Mapping[Any, Any]
Find = Callable[[Sequence[Mapping[str, Any]]], Awaitable[list[list[Found]]]]
"""Per filter of `cases` those that it finds, whoever may see them, all in one state of the base."""

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

    def values(self) -> dict[str, Any]:
        amount = sum(each.amount or 0 for each in self.found) if self.indicator.sum else None
        told_part = Part(None, len(self.found), self.of, amount)
        return {
            "indicator": self.indicator.key,
            "part": self.part,
            "indicator_version": self.indicator.version,
            "name": f"{self.indicator.zh} · {self.indicator.en}",
            "count": len(self.found),
            "of": self.of,
            "amount": amount,
            "before": self.before,
            "value": told_part.value(),
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
    asked: list[Mapping[str, Any]] = []
    for each in indicators:
        asked += [filter_of(said, now, None) for said in (each.numerator, each.denominator or each.numerator)]
        asked.append(filter_of(each.numerator, earlier, None))
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
        figures.append(Figure(each.indicator, "", top, of, len(mine(each.earlier))))
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
        hottest = sorted(((-len(those), value) for value, those in by_key.items() if value))[:HOTTEST]
        yield from (Figure(indicator, f"{name}:{value}", by_key[value]) for _, value in hottest)


def frozen(ledger: Ledger, figure: Figure, snapshot: str, placed: Mapping[str, Any]) -> Iterator[Change]:
    id_ = ledger.new_id(SnapshotFigure)
    yield Insert(SnapshotFigure, {"id": id_, "snapshot": snapshot, **placed, **figure.values()})
    for number, start in enumerate(range(0, len(figure.found), PAGE), 1):
        cases = [CaseRef(each.id) for each in figure.found[start : start + PAGE]]
        yield Insert(FigurePage, {"figure": id_, **placed, "number": number, "cases": cases})
