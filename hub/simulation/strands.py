"""Strands: a large municipality grown in parts, side by side, each with numbers and ids of its own."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

STRANDS = 8
"""However many processes there are, a municipality has so many strands: the same seed makes the same cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """One part: every `of`-th number of each series is its own, from `number` on.

    `taken` says how many numbers of a series are given away already, `otherwise` how many of each other series.
    """

    number: int = 0
    of: int = 1
    taken: Mapping[str, int] = field(default_factory=dict)
    otherwise: int = 0

    def share(self, cases: int) -> int:
        """How many of so many cases are its own."""
        return len(range(self.number, cases, self.of))


class Series:
    """Counts the numbers of many series, those of one strand."""

    def __init__(self, strand: Strand) -> None:
        self._strand = strand
        self._last: dict[Hashable, int] = {}

    def next(self, name: Hashable) -> int:
        """The strand's next number of that series."""
        strand, last = self._strand, self._last.get(name)
        if last is None:
            last = strand.taken.get(str(name), strand.otherwise) + strand.number + 1 - strand.of
        self._last[name] = last + strand.of
        return last + strand.of


WHOLE = Strand()
"""A municipality that is grown in one piece."""


def strands(taken: Mapping[str, int], otherwise: int) -> Iterator[Strand]:
    """All strands of a municipality that goes on where its series stand."""
    for number in range(STRANDS):
        yield Strand(number=number, of=STRANDS, taken=taken, otherwise=otherwise)
