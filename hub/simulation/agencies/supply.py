"""Files without end: day after day, what each agency sends of the disputes that its systems see."""

import datetime as dt
import heapq
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import count, islice

from hub.simulation.agencies.files import File, extended, look_of
from hub.simulation.agencies.following import following
from hub.simulation.agencies.layouts import LAYOUTS, Layout
from hub.simulation.agencies.quarrels import Quarrels
from hub.simulation.agencies.quirks import Quirks
from hub.simulation.agencies.rosters import Roster
from hub.simulation.agencies.rows import Page, Rows
from hub.simulation.agencies.sights import Sight, Sights, Version
from hub.simulation.agencies.whereabouts import Whereabouts, named
from hub.simulation.chance import Chance
from hub.simulation.days import FIRST, MONTHS
from hub.simulation.municipality import SEED
from hub.simulation.seeds import Seeds

START = FIRST.date()
_REMEMBERED = 200
"""Rows of a record that a re-sent month repeats at most, so that memory does not grow with the days."""

_DAY_OFF = 0.25
_Sending = tuple[int, int, Sight, Version]


def deliveries(
    seeds: Seeds,
    *,
    seed: int = SEED,
    disputes: int = 5_000,
    days: int | None = None,
    start: dt.date = START,
    quirks: Quirks | None = None,
    every: int = 1,
) -> Iterator[File]:
    """The files of each day from `start` on; of `days` days, or for ever.

    `disputes` is how many begin in a year; `every` the days that a daily file gathers at least. The same arguments
    give the same files, and a longer supply begins with a shorter one. `File.day` tells the day.
    """
    supply = Supply(seeds, seed=seed, disputes=disputes, quirks=quirks or Quirks(), every=every)
    passing = (start + dt.timedelta(days=number) for number in count())
    for day in islice(passing, days):
        yield from supply.of_day(day)


class Supply:
    """What is still to be sent: rows wait in an outbox per record and town or court."""

    def __init__(self, seeds: Seeds, *, seed: int, disputes: int, quirks: Quirks, every: int = 1) -> None:
        self.seeds = seeds
        self.seed = seed
        self.disputes = disputes
        self.quirks = quirks
        self.every = every
        self.quarrels = Quarrels(seeds, quirks, seed)
        self.sights = Sights(seeds, quirks)
        self.roster = Roster(seeds, quirks, seed)
        self.rows = Rows(Whereabouts(seeds), quirks, seed)
        self.outbox: dict[tuple[str, str | None], list[_Sending]] = {}
        self.sent: dict[tuple[str, str | None], deque[tuple[Sight, Version]]] = {}
        self.ledgers: Counter[tuple[str | None, str]] = Counter()
        self.order = count()

    def of_day(self, day: dt.date) -> Iterator[File]:
        """The files that are dropped on that day."""
        yield from self._heard(day)
        for record, code in self._senders():
            layout = LAYOUTS[record]
            if day.toordinal() % max(layout.every, self.every) == _phase(code) % max(layout.every, self.every):
                file = self._file(layout, code, day)
                if file is not None:
                    yield file

    def of_span(self, days: Sequence[dt.date]) -> Iterator[File]:
        """The files of days that follow each other, gathered: whatever is due by the last of them is dropped then."""
        for day in days:
            yield from self._heard(day)
        for record, code in self._senders():
            file = self._file(LAYOUTS[record], code, days[-1])
            if file is not None:
                yield file

    def _heard(self, day: dt.date) -> Iterator[File]:
        """Put what agencies hear of the day into their outboxes; the register, if it is sent on that day."""
        for quarrel, chance in self.quarrels.of_day(day, self._begun(day)):
            for sight in self.sights.of(quarrel, chance):
                self._put(sight)
                for other in following(sight, chance, self.seeds, self.quirks):
                    self._put(other)
        roster = self.roster.of_day(day)
        if roster is not None:
            yield roster

    def _senders(self) -> list[tuple[str, str | None]]:
        return sorted(self.outbox, key=lambda group: (group[0], group[1] or ""))

    def _begun(self, day: dt.date) -> int:
        """How many quarrels begin on the day: the year's sum is exact."""
        before = day - dt.timedelta(days=1)
        until = 0.0 if before.year < day.year else _share_until(before)
        return round(self.disputes * _share_until(day)) - round(self.disputes * until)

    def _put(self, sight: Sight) -> None:
        waiting = self.outbox.setdefault((sight.layout.record, sight.code), [])
        for due, version in sight.sendings:
            heapq.heappush(waiting, (due.toordinal(), next(self.order), sight, version))

    def _file(self, layout: Layout, code: str | None, day: dt.date) -> File | None:
        waiting, chance = self.outbox[layout.record, code], Chance(f"{self.seed}/{layout.record}/{code}/{day}")
        taken: list[tuple[Sight, Version]] = []
        while waiting and waiting[0][0] <= day.toordinal():
            taken.append(heapq.heappop(waiting)[2:])
        remembered = self.sent.setdefault((layout.record, code), deque(maxlen=_REMEMBERED))
        again = list(remembered) if taken and chance.happens(self.quirks.resends) else []
        if layout.by == "town":
            again = [one for one in again if _half(day) in one[0].numbers]
        remembered.extend(taken)
        return self.compose(layout, code, day, [*again, *taken], chance) if taken else None

    def compose(
        self, layout: Layout, code: str | None, day: dt.date, sendings: list[tuple[Sight, Version]], chance: Chance
    ) -> File:
        """A file of these versions."""
        form = "json" if layout.record == "court-referral" and code is None else layout.form
        page = Page(form=form, day=day)
        if layout.by == "town":
            page = Page(form=form, day=day, half=_half(day), title_year=day.year)
            sendings = self._numbered(code, page.half, sendings)
        sendings += [one for one in sendings if chance.happens(self.quirks.duplicates)]
        written = [
            self.rows.write(sight, version, page, place=place) for place, (sight, version) in enumerate(sendings, 1)
        ]
        cells, rows = [line for line, _ in written], [row for _, row in written]
        if Chance(f"{self.seed}/{layout.record}/{code}/extra").happens(self.quirks.extra_columns):
            extended(cells, rows, f"{layout.record}/{code}")
        look = look_of(layout, form, cells, chance, self.quirks, self._titles(layout, sendings[0][0], day))
        counted = chance.happens(self.quirks.counted_flags)
        return File(layout=layout, form=form, day=day, code=code, look=look, cells=cells, rows=rows, counted=counted)

    def _numbered(
        self, code: str | None, half: str, sendings: list[tuple[Sight, Version]]
    ) -> list[tuple[Sight, Version]]:
        """A town numbers what is new to its ledger of the half-year, and lists what each matter is now by number."""
        latest: dict[str, tuple[Sight, Version]] = {}
        for sight, version in sendings:
            if sight.key not in latest or latest[sight.key][1].number < version.number:
                latest[sight.key] = (sight, version)
            if half not in sight.numbers:
                self.ledgers[code, half] += 1
                sight.numbers[half] = self.ledgers[code, half]
        return sorted(latest.values(), key=lambda one: one[0].numbers[half])

    def _titles(self, layout: Layout, sight: Sight, day: dt.date) -> tuple[str, ...]:
        """What stands above the headings of a sheet."""
        if layout.header is None:
            return ()
        town = named(sight.place, self.seeds)
        half = "上半年" if day.month < 7 else "下半年"
        title = layout.title.format(year=day.year, town=town, half=half)
        whose = town if layout.by == "town" else self.seeds.city.name
        more = (f"填报单位：{whose}", f"填报日期：{day.year}年{day.month}月{day.day}日")
        return (title, *more)[: layout.header - 1]


def _half(day: dt.date) -> str:
    return f"{day.year}H{1 if day.month < 7 else 2}"


def _phase(code: str | None) -> int:
    """Towns do not all send on one day."""
    return sum(map(ord, code or ""))


def _share_until(day: dt.date) -> float:
    """Which share of a year's quarrels has begun by the end of the day; few begin on days off."""
    weights = dict(zip(MONTHS.options, (after - before for before, after in _steps()), strict=True))
    total = sum(weights.values())
    gone = sum(weights[month] for month in range(1, day.month))
    first = day.replace(day=1)
    length = ((first + dt.timedelta(days=32)).replace(day=1) - first).days
    month = [_DAY_OFF if (first + dt.timedelta(days=n)).weekday() > 4 else 1.0 for n in range(length)]
    return (gone + weights[day.month] * sum(month[: day.day]) / sum(month)) / total


def _steps() -> Iterator[tuple[float, float]]:
    before = 0.0
    for after in MONTHS.sums:
        yield before, after
        before = after
