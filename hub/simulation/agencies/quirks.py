"""How much of what real exports are full of a supply of files holds: every rate can be set."""

from dataclasses import dataclass, fields, replace
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """Shares from 0 to 1. What is bad makes a row that must be quarantined; everything else still has its meaning."""

    # Of single values
    date_forms: float = 0.4
    full_width: float = 0.03
    money_forms: float = 0.35
    odd_blanks: float = 0.5
    mangled: float = 0.1
    legacy: float = 0.03
    phone_forms: float = 0.25
    region_names: float = 0.35
    withdrawn: float = 0.02
    absent_regions: float = 0.05
    unknown_types: float = 0.03
    rare_names: float = 0.01
    passports: float = 0.004
    formulas: float = 0.003

    # Of rows that must be quarantined, by reason; `repaired` of them come again in order
    missing: float = 0.004
    impossible_dates: float = 0.003
    future_dates: float = 0.002
    unknown_regions: float = 0.003
    bad_checks: float = 0.005
    lost_identifiers: float = 0.003
    bad_amounts: float = 0.003
    repaired: float = 0.6

    # Of disputes and of what a system knows of them
    seen_again: float = 0.35
    unidentified: float = 0.12
    reversed: float = 0.08
    several: float = 0.04
    bridges: float = 0.015
    relapses: float = 0.015
    namesakes: float = 0.01
    other_matters: float = 0.01
    corrections: float = 0.12
    voids: float = 0.01
    overtaken: float = 0.15
    late: float = 0.05
    ties: float = 0.0
    agreements: float = 0.3
    orphans: float = 0.1

    # Of files
    duplicates: float = 0.01
    resends: float = 0.03
    merged_cells: float = 0.4
    totals: float = 0.6
    signatures: float = 0.6
    repeated_headings: float = 0.15
    folded_headings: float = 0.25
    reordered: float = 0.1
    extra_columns: float = 0.15
    counted_flags: float = 0.6

    def but(self, **rates: float) -> Self:
        """The same with some rates changed."""
        return replace(self, **rates)


CLEAN = Quirks(**{field.name: 0.0 for field in fields(Quirks)})
"""One record of each dispute, once, and every value plain."""
