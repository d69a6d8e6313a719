"""The whole municipality as deeds for the ledger: first the registers, then 3,000 cases of the year 2025.

How cases are spread: over districts by population (Tengzhou 41 %, Shizhong 16, Xuecheng 15, Shanting 12, Yicheng 9,
Taierzhuang 8), a street 1.7 times a town; over types by `disputes` (neighbours 20 %, family 14, traffic 9, contracts
and injuries 8 each); over channels by type (window 23 %, village findings 21, courts 15, 12345 10, police 8); over
months from 6 % in February to 10 % in December (`days`). Nine in ten have come to an end by the end of the year.
"""

from collections.abc import Iterator

from hub.simulation import days
from hub.simulation.chance import Chance
from hub.simulation.dossiers import Cases
from hub.simulation.matter import Matters
from hub.simulation.register import Register
from hub.simulation.seeds import Seeds
from hub.simulation.strands import WHOLE, Strand
from hub.store.ledger import Change, Insert

DEED = 500
"""Changes in one deed at most."""

CASES = 3_000
SEED = 20_250_101


def municipality(seeds: Seeds, *, cases: int = CASES, seed: int = SEED) -> Iterator[list[Change]]:
    """Deeds in the order they are to be written; everything of a case is in one deed. Same seed, same rows."""
    chance = Chance(seed)
    register = Register(chance, seeds)
    deed: list[Change] = []
    for change in register.changes():
        if len(deed) == DEED:
            yield deed
            deed = []
        deed.append(change)
    for rows in _cases(chance, seeds, register, cases=cases):
        if len(deed) + len(rows) > DEED:
            yield deed
            deed = []
        deed.extend(rows)
    if deed:
        yield deed


def grown(seeds: Seeds, strand: Strand, *, cases: int, seed: int = SEED) -> Iterator[list[Insert]]:
    """The strand's own of so many cases, one by one with everything of theirs; the registers are written already.

    `seeds` are those that the municipality of that seed was grown from.
    """
    register = Register(Chance(seed), seeds)
    for _ in register.changes():
        pass
    own = Chance(f"{seed}/{strand.number}")
    yield from _cases(own, seeds, register, cases=strand.share(cases), strand=strand)


def _cases(
    chance: Chance, seeds: Seeds, register: Register, *, cases: int, strand: Strand = WHOLE
) -> Iterator[list[Insert]]:
    matters = Matters(chance, seeds, register, strand=strand)
    writing = Cases(chance, seeds, register, strand=strand)
    for came in sorted(days.coming(chance) for _ in range(cases)):
        yield writing.of(matters.draw(came))
