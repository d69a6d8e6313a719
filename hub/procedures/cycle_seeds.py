"""Seeds of what comes round: cycles of investigation, key periods, duties to hold meetings, as config/ says them."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CycleSeed:
    """A cycle of investigation: whose bodies investigate, how often, and what for."""

    key: str
    zh: str
    en: str
    level: str
    every: str
    basis: str
    valid_from: dt.date
    valid_to: dt.date | None = None
    focus: str = "GENERAL"
    areas: tuple[str, ...] = ()
    dispute_type: str | None = None


@dataclass(frozen=True, slots=True)
class KeyPeriodSeed:
    """Days on which some levels investigate more often."""

    key: str
    zh: str
    en: str
    first: dt.date
    last: dt.date
    every: str
    levels: tuple[str, ...]
    basis: str


@dataclass(frozen=True, slots=True)
class DutySeed:
    """A duty to hold an analysis meeting for every period, so many working days after its end at most."""

    key: str
    zh: str
    en: str
    level: str
    every: str
    within: int
    basis: str
    valid_from: dt.date
    valid_to: dt.date | None = None
