"""One file of a record, as large as wanted: for conformance tests and benchmarks."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice

from hub.simulation.agencies.files import File
from hub.simulation.agencies.following import attachment
from hub.simulation.agencies.layouts import LAYOUTS
from hub.simulation.agencies.quirks import CLEAN, Quirks
from hub.simulation.agencies.sights import Sight
from hub.simulation.agencies.supply import Supply
from hub.simulation.chance import Chance, Weighted
from hub.simulation.disputes import STORIES
from hub.simulation.municipality import SEED
from hub.simulation.seeds import Seeds

DAY = dt.date(2025, 6, 30)
_HOLDERS = {"court-confirm": "justice-mediation", "notary": "justice-mediation", "appraisal": "court-referral"}


def sample(
    seeds: Seeds,
    record: str,
    *,
    rows: int = 100,
    seed: int = SEED,
    day: dt.date = DAY,
    quirks: Quirks = CLEAN,
) -> File:
    """A file of that many rows (the register: at most what it has), each of another dispute."""
    if record == "justice-register":
        return _register(Supply(seeds, seed=seed, disputes=0, quirks=quirks), day, rows)
    return next(series(seeds, record, rows=rows, seed=seed, day=day, quirks=quirks))


def series(
    seeds: Seeds,
    record: str,
    *,
    rows: int = 100,
    seed: int = SEED,
    day: dt.date = DAY,
    quirks: Quirks = CLEAN,
) -> Iterator[File]:
    """Files of that many rows without end, of any record but the register; no two rows are of one dispute."""
    supply, layout = Supply(seeds, seed=seed, disputes=0, quirks=quirks), LAYOUTS[record]
    sights = _sights(supply, record, day)
    for number in count():
        sendings = [(sight, sight.sendings[0][1]) for sight in islice(sights, rows)]
        file = supply.compose(layout, sendings[0][0].code, day, sendings, Chance(f"{seed}/{record}/sample"))
        yield replace(file, tag=f"-{number}") if number else file


def _sights(supply: Supply, record: str, day: dt.date) -> Iterator[Sight]:
    """Records of quarrels that all lie in one place, so that one file holds them."""
    holder, place = _HOLDERS.get(record, record), supply.seeds.towns[min(supply.seeds.towns)][0]
    supply.quarrels.types = Weighted({code: STORIES[code].share for code in LAYOUTS[holder].words.values()})
    while True:
        for quarrel, chance in supply.quarrels.of_day(day - dt.timedelta(days=60), 100):
            sight = supply.sights.seen_by(holder, replace(quarrel, place=place), chance)
            if sight is None:
                continue
            if holder != record:
                sight = _hanging(supply, sight, chance, record)
            if sight.court is not None and sight.layout.by == "court":
                sight.code = sight.court.code
            yield sight


def _hanging(supply: Supply, sight: Sight, chance: Chance, record: str) -> Sight:
    reference = sight.key if record == "appraisal" else f"XY-{sight.key}"
    return attachment(sight, chance, supply.seeds, supply.quirks, record, reference, sight.sendings[0][0])


def _register(supply: Supply, day: dt.date, rows: int) -> File:
    file = supply.roster.of_day(day)
    if file is None:  # pragma: no cover - the first file of a register is the whole of it
        raise ValueError(day)
    return replace(file, cells=file.cells[:rows], rows=file.rows[:rows])
