"""Officials: day after day they take up what has come to their desks, and do what the machines let them.

They are told by the log what happened, whoever did it; each case then waits for its time. Same seed, same base: same
deeds.
"""

import datetime as dt
import heapq
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
import structlog

from hub.errors import HubError
from hub.logs import failure
from hub.procedures.configuration import Base
from hub.rules.cases import FINAL
from hub.schema.cases import CaseState
from hub.simulation.answers import read_answers
from hub.simulation.casefiles import CaseFile, read_file
from hub.simulation.chance import Chance
from hub.simulation.delegations import Delegations
from hub.simulation.habits import WAITS, errand
from hub.simulation.looks import Look
from hub.simulation.municipality import SEED
from hub.simulation.posts import Bodies, Errand, read_bodies
from hub.store.base import faults

Do = Callable[[Errand], Awaitable[None]]
"""Does the errand as a mutation of that viewer would, on the calendar's day; HubError where it is refused."""

A_CASE = 9
"""Deeds from registration to closing, about."""

_MOST_READ = 3_000
_A_PATIENT_DAY = 45
_OVER = frozenset(state.name for state in (*FINAL, CaseState.MERGED))

log: Any = structlog.get_logger("hub.simulation")


@dataclass(slots=True)
class Officials:
    """Everybody at work over one base. `share` says which part of the cases they get to: time is short everywhere.

    `fresh` are matters that courts delegate of their own.
    """

    base: Base
    do: Do
    seed: int = SEED
    share: float = 1.0
    fresh: Delegations | None = None
    done: int = 0
    refused: int = 0
    today: dt.date = dt.date.min
    _bodies: Bodies | None = field(default=None, repr=False)
    _heard: int = 0
    _waiting: list[tuple[dt.date, str, str]] = field(default_factory=list, repr=False)
    _due: dict[str, dt.date] = field(default_factory=dict, repr=False)
    _new: list[Errand] = field(default_factory=list, repr=False)
    _today: list[Errand] = field(default_factory=list, repr=False)
    _cases_next: bool = True

    async def begin(
        self, today: dt.date, *, since: dt.date | None = None, spread: int = 0, most: int | None = None
    ) -> float:
        """Take up the open cases registered from `since` on, the newest if they are too many.

        What lay there already is begun within so many days (`spread`), about `most` of it; which share that is.
        """
        self.today = today
        table, events = self.base.metadata.tables["cases"], self.base.metadata.tables["events"]
        asked = sa.select(table.c.id).where(
            table.c.state.not_in(_OVER), table.c.registered_on >= (since or dt.date.min)
        )
        asked = asked.order_by(table.c.registered_on.desc(), table.c.number).limit(_MOST_READ)
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                self._bodies = await read_bodies(connection, self.base.metadata, today)
                self._heard = (await connection.execute(sa.select(sa.func.max(events.c.seq)))).scalar() or 0
                ids = list((await connection.execute(asked)).scalars())
        share = self.share if most is None else min(self.share, most / max(1, len(ids)))
        await self._await(ids, share, spread=spread)
        return share

    async def turn(self, today: dt.date) -> None:
        """A day begins."""
        self.today = today
        await self.hear()
        if self.fresh is not None and self._bodies is not None:
            self._new.extend(self.fresh.of_day(today, self._bodies))
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                # What nobody got to yesterday is asked for anew, as it stands now.
                self._today = await read_answers(connection, self.base.metadata, today, self.seed)

    def take(self, errands: Iterable[Errand]) -> None:
        """Do these too while the day lasts."""
        self._today.extend(errands)

    async def step(self) -> bool:
        """Do the next deed of the day; whether there was one. Cases and the rest of the day take turns."""
        if await self._first_of(self._new):
            return True
        self._cases_next = not self._cases_next
        if self._cases_next:
            return await self._first_of(self._today) or await self._at_a_case()
        return await self._at_a_case() or await self._first_of(self._today)

    async def _first_of(self, errands: list[Errand]) -> bool:
        while errands:
            if await self._done(errands.pop(0)):
                return True
        return False

    async def _at_a_case(self) -> bool:
        while self._waiting and self._waiting[0][0] <= self.today:
            due, _, case = heapq.heappop(self._waiting)
            # Something happened since, and it waits anew.
            if self._due.get(case) != due:
                continue
            del self._due[case]
            found = await self._next(case)
            if found is not None and await self._done(found):
                return True
        return False

    async def hear(self) -> None:
        """What happened since the last time."""
        events = self.base.metadata.tables["events"]
        asked = sa.select(events.c.seq, events.c.case_id).where(events.c.seq > self._heard).order_by(events.c.seq)
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                heard = (await connection.execute(asked.limit(_MOST_READ))).all()
        if heard:
            self._heard = heard[-1][0]
            await self._await(list(dict.fromkeys(case for _, case in heard if case)), self.share)

    async def _next(self, case: str) -> Errand | None:
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                file = await read_file(connection, self.base.metadata, self.base.model, case)
        if self._bodies is None:
            return None
        found = errand(Look(file, self._bodies, self.today, *self._chances(file)))
        return found and replace(found, sign=str(file.age))

    def _chances(self, file: CaseFile) -> tuple[Chance, Chance]:
        number = file.case["number"]
        return Chance(f"{self.seed}/{number}/{file.age}"), Chance(f"{self.seed}/{number}")

    async def _done(self, errand: Errand) -> bool:
        """Whether the deed was done. One that fails is told of, and the next one has its turn."""
        try:
            await self.do(errand)
        except HubError as error:
            self.refused += 1
            log.warning("a deed was refused", verb=errand.verb, code=error.code, row=errand.row)
            return False
        except Exception as error:  # noqa: BLE001 - a deed that fails must not end the others
            self.refused += 1
            told = {"code": HubError.code, "failure": failure(error)}
            log.error("a deed failed", verb=errand.verb, row=errand.row, **told)  # noqa: TRY400 - never its text
            return False
        self.done += 1
        await self.hear()
        return True

    async def _await(self, cases: list[str], share: float, *, spread: int = 0) -> None:
        """Each of these cases that they get to waits for its time."""
        for start in range(0, len(cases), 500):
            for case, number, state, age in await self._stands(cases[start : start + 500]):
                chance = Chance(f"{self.seed}/{number}/{age}/{state}")
                if state in _OVER or Chance(f"{self.seed}/{number}/taken").random() >= share:
                    continue
                days = min(_A_PATIENT_DAY, round(chance.around(WAITS.get(state, 1.0), 0.6)))
                due = self.today + dt.timedelta(days=days + (chance.randint(0, spread) if spread else 0))
                self._due[case] = due
                heapq.heappush(self._waiting, (due, number, case))

    async def _stands(self, cases: list[str]) -> list[tuple[str, str, str, int]]:
        """Id, number, state and age of each case; the state is that of its last referral where one is under way."""
        table, referrals = self.base.metadata.tables["cases"], self.base.metadata.tables["referrals"]
        asked = sa.select(table.c.id, table.c.number, table.c.state, table.c.version).where(table.c.id.in_(cases))
        sent = sa.select(referrals.c.case_id, referrals.c.state, referrals.c.version)
        sent = sent.where(referrals.c.case_id.in_(cases)).order_by(referrals.c.number)
        with faults(self.base.metadata):
            async with self.base.engine.connect() as connection:
                found = (await connection.execute(asked.order_by(table.c.number))).all()
                under_way = (await connection.execute(sent)).all()
        states = {case: state for case, state, _ in under_way if state in WAITS}
        ages = {row.id: row.version for row in found}
        for case, _, version in under_way:
            ages[case] += version
        return [(row.id, row.number, _slower(row.state, states.get(row.id)), ages[row.id]) for row in found]


def _slower(state: str, referral: str | None) -> str:
    """The case's own state, unless it is with a body whose referral says more."""
    with_a_body = state in ("REGISTERED", "ACCEPTED", "DIVERTED", "HANDLING", "SUSPENDED", "REOPENED")
    return referral if with_a_body and referral else state
