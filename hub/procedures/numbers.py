"""Numbers of cases and referrals: the next one of each series, read once and counted on (DOMAIN 4.8)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

_AFTER = "\uffff"
_CASE_DIGITS, _REFERRAL_DIGITS = 6, 7
_TOWN = 9


def case_series(region: str, year: int) -> str:
    """`ZZF-370402001-2025-`: the town's code, with noughts where the region is wider."""
    return f"ZZF-{region[:_TOWN].ljust(_TOWN, '0')}-{year}-"


def referral_series(year: int) -> str:
    """`ZZR-2025-`"""
    return f"ZZR-{year}-"


def agreement_series(year: int) -> str:
    """`ZZX-2025-`: agreements that are recorded here; those of agencies keep the numbers they came with."""
    return f"ZZX-{year}-"


def finding_series(region: str, year: int) -> str:
    """`ZZP-370402001-2025-`: findings of investigations."""
    return f"ZZP-{region[:_TOWN].ljust(_TOWN, '0')}-{year}-"


_TABLES = {"ZZF": "cases", "ZZR": "referrals", "ZZX": "agreements", "ZZP": "findings"}


@dataclass(slots=True)
class Numbers:
    """Counts on within one deed from what is stored. Two that count at once: one of them is refused and counts anew."""

    last: dict[str, int] = field(default_factory=dict)

    async def read(self, connection: AsyncConnection, tables: Mapping[str, sa.Table], series: Iterable[str]) -> None:
        """Where each series stands; one that was read already is counted on."""
        asked = [
            sa.select(sa.literal(prefix), sa.func.max(column)).where(column >= prefix, column < f"{prefix}{_AFTER}")
            for prefix in sorted(set(series) - self.last.keys())
            for column in (tables[_TABLES[prefix[:3]]].c.number,)
        ]
        for prefix, number in (await connection.execute(sa.union_all(*asked))).all() if asked else ():
            tail = (number or "").removeprefix(prefix)
            self.last[prefix] = int(tail) if tail.isdigit() else 0

    def next(self, series: str) -> str:
        """The next number of a series that was read."""
        self.last[series] += 1
        digits = _CASE_DIGITS if series.startswith(("ZZF", "ZZP")) else _REFERRAL_DIGITS
        return f"{series}{self.last[series]:0{digits}d}"
