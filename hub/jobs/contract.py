"""What a job is: a file of this package that says what it is for, when it is due, what can be set, and what it does.

    @dataclass(frozen=True, slots=True)
    class Options:
        receipts_days: int = 30

    async def remove(work: Work, options: Options) -> Mapping[str, int]: ...

    ROUTINE = Routine("保存期限 · ...", clause="...", schedule="daily 03:10", body=remove, options=Options)

A body is run again when its process died half-way: what it did before must not matter, or be written by `work.transact`
together with what tells it so.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import BadConfiguration, Unavailable
from hub.procedures.configuration import Base
from hub.procedures.enrolment import Override, Planned
from hub.procedures.freezing import Find
from hub.procedures.roster import Claim, Roster
from hub.rules.indicators import Found, Wanted
from hub.rules.schedules import schedule
from hub.schema.declare import Entity
from hub.settings import fit, suggestion
from hub.store.ledger import Change


async def _finds_nothing(_: Sequence[Wanted]) -> list[list[Found]]:
    raise Unavailable(reason="find")


@dataclass(frozen=True, slots=True)
class Work:
    """One run at work: as of which period, since when, and at which moment it does so.

    `find` answers filters of the graph, whoever may see what they find.
    """

    claim: Claim
    now: dt.datetime
    roster: Roster = field(repr=False)
    find: Find = field(default=_finds_nothing, repr=False)

    @property
    def base(self) -> Base:
        """The information base, to look at; what is written goes by `transact` or `write`."""
        return self.roster.base

    @property
    def as_of(self) -> dt.datetime:
        """The moment as of which it runs."""
        return self.claim.period

    async def write(self, changes: Sequence[Change], *, cases: Iterable[str] = ()) -> int:
        """Write the changes as one deed, while the run is still this process's; how many they were. LeaseLost."""

        async def decide(_: AsyncConnection) -> Sequence[Change]:
            return changes

        return await self.transact(decide, cases=cases)

    async def transact(
        self, decide: Callable[[AsyncConnection], Awaitable[Sequence[Change]]], *, cases: Iterable[str] = ()
    ) -> int:
        """As `Ledger.transact`, while the run is still this process's. LeaseLost."""
        return await self.roster.transact(self.claim, decide, self.now, cases)

    async def forget(self, noun: type[Entity], member: str, *, before: dt.datetime) -> int:
        """Remove the oldest 500 rows, of a noun nobody is shown, whose `member` lies before; how many there were."""
        return await self.roster.forget(self.claim, noun, member, before)


Body = Callable[[Work, Any], Awaitable[Mapping[str, int]]]
"""Does a run; what it came to, by what was counted."""


@dataclass(frozen=True, slots=True)
class NoOptions:
    """Nothing can be set."""


@dataclass(frozen=True, slots=True)
class Routine:
    """A job. With `each_period` every missed period is made up in its order; without, one run covers them all.

    An attempt may take `most_seconds`; a failed one is tried again after `backoff_seconds`, then twice as many, at most
    an hour, and at most `attempts` times.
    """

    purpose: str
    body: Body
    clause: str = field(kw_only=True)
    schedule: str = field(kw_only=True)
    options: type[Any] = field(default=NoOptions, kw_only=True)
    each_period: bool = field(default=False, kw_only=True)
    attempts: int = field(default=5, kw_only=True)
    backoff_seconds: float = field(default=60.0, kw_only=True)
    most_seconds: float = field(default=600.0, kw_only=True)

    def planned(self, name: str, override: Override) -> Planned:
        """The job as the policies have it."""
        told = schedule(override.schedule or self.schedule)
        return Planned(name, self.purpose, self.clause, told, override.paused, self.each_period)

    def chosen(self, name: str, override: Override) -> Any:
        """Its options; BadConfiguration (HUB-701) for one that it does not know or that is out of range."""
        return fit(self.options, override.options or {}, f"job {name}: options")

    def retry_at(self, attempt: int, now: dt.datetime) -> dt.datetime | None:
        """When to try again after so many attempts; None when it was the last."""
        if attempt >= self.attempts:
            return None
        return now + dt.timedelta(seconds=min(self.backoff_seconds * 2 ** (attempt - 1), 3600))


def check(routines: Mapping[str, Routine], overrides: Mapping[str, Override]) -> None:
    """BadConfiguration (HUB-701) for a job there is not, a schedule that is none, an option that does not fit."""
    for name, override in overrides.items():
        if name not in routines:
            raise BadConfiguration(reason=f"no job {name}{suggestion(name, routines)}")
        routines[name].planned(name, override)
        routines[name].chosen(name, override)
