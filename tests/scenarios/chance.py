"""Random deeds: any verb, by anybody of the configuration, with any inputs that its declaration allows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from tests.procedures.agencies import AGREEMENTS
from tests.scenarios.desk import BODY, COURT, OTHER_BODY, REGION, Desks, org

from hub.access.acting import actor_of
from hub.access.cursors import Cursors
from hub.access.viewers import Viewer
from hub.parts import hub_acts
from hub.procedures.doing import Doing, Request
from hub.rules.actions import CaseAction, ReferralAction
from hub.rules.cases import CASES
from hub.rules.guards import Facts
from hub.rules.machines import Machine
from hub.rules.referrals import REFERRALS
from hub.schema.model import LinkMember, Member
from hub.schema.scalars import Kind
from hub.schema.verbs import Input
from hub.store.changes import Written
from hub.store.epochs import FIRST
from hub.store.facts import read_facts
from hub.store.log import Log

MACHINES: tuple[Machine, ...] = (CASES, REFERRALS)
ELSEWHERE = frozenset({"fix_row", "decide_candidate", "undo_merge", "run_job", "revoke_token", "disconnect"})
"""Verbs of quarantine, links and jobs: what they change is not at these desks."""
BEGINNING = frozenset({"register_case", "delegate_case"})
"""Verbs that make a case."""
ENDING = frozenset(
    {
        *("transfer_to_police", "refuse_mediation", "refuse_referred_mediation", "withdraw_case", "refuse_case"),
        *("fail_case", "record_decision", "return_referral", "end_mediation", "recall_referral"),
    }
)
"""Verbs that are possible nearly always: they come seldom, or nothing would go far."""
MOST_CASES = 9
_ROWS: Mapping[str, Sequence[str]] = {
    "Organisation": [org(key) for key in (BODY, BODY, OTHER_BODY, "centre-370402001", "court-0402")],
    "Court": [COURT],
    "Region": [REGION, REGION, "region_370481001"],
}
"""The rows of registers that inputs name."""


@dataclass(frozen=True)
class Try:
    """A request at one desk."""

    viewer: Viewer
    verb: str
    request: Request


@dataclass
class Chance:
    """What comes to the desks by chance; everything of it follows from the seed."""

    desk: Desks
    random: Random
    begins: bool = True
    codes: dict[str, list[str]] = field(default_factory=dict)
    written: dict[str, list[int]] = field(default_factory=dict)
    """The versions that deeds say they wrote, by row."""

    async def open(self) -> None:
        """Read the code lists, and follow what is written."""
        for row in await self.desk.hub.rows("codes"):
            self.codes.setdefault(row["list"], []).append(row["code"])
        self.desk.hub.base.ledger.rings(self._ring)
        base = self.desk.hub.base
        cursors = Cursors(b"c" * 32, Log(base.engine, base.metadata, base.model), FIRST)
        said: dict[str, Any] = {"now": lambda: self.desk.now, "agreements": AGREEMENTS, "cursors": cursors}
        self.doing = Doing(base, hub_acts(), seal=self.desk.hub.seal, **said)

    def _ring(self, written: Sequence[Written]) -> None:
        for each in written:
            self.written.setdefault(each.id, []).append(each.version)

    async def facts(self) -> dict[str, Facts]:
        """What the guards look at now, of every case and referral."""
        base, found = self.desk.hub.base, dict[str, Facts]()
        async with base.engine.connect() as connection:
            for machine in MACHINES:
                noun = base.model[machine.noun]
                table = base.metadata.tables[noun.table]
                names = {path.partition(".")[0] for path in machine.paths()} & set(noun.members)
                for row in (await connection.execute(sa.select(table))).mappings().all():
                    values = {name: row[_column(noun.members[name])] for name in names}
                    known = await read_facts(connection, base.metadata, base.model, machine, {**values, "id": row["id"]})
                    found[row["id"]] = known
        return found

    async def next(self, facts: Mapping[str, Facts]) -> Try:
        """The next request: three of four are for something that the machine allows, the others for anything."""
        viewer = self.random.choice(list(self.desk.viewers.values()))
        return await (self._allowed(viewer, facts) if self.random.random() < 0.75 else self._anything(viewer))

    async def _allowed(self, viewer: Viewer, facts: Mapping[str, Facts]) -> Try:
        """Something that somebody may do: the row first, then who may do what with it."""
        rows = sorted(facts)
        row = self.random.choice(rows)
        machine = machine_of(row)
        ways = [
            (each, verb)
            for each in self.desk.viewers.values()
            for found in machine.available(facts[row], actor_of(each))
            for verb in _verbs_of(machine, found.action.name)
        ]
        if not ways:
            return await self._anything(viewer)
        # First which verb: of twelve viewers many may do the same.
        verbs = sorted({verb for _, verb in ways})
        (verb,) = self.random.choices(verbs, [1 if each in ENDING else 12 for each in verbs])
        return await self._try(self.random.choice([each for each, said in ways if said == verb]), verb, row)

    async def _anything(self, viewer: Viewer) -> Try:
        skipped = ELSEWHERE | (frozenset() if await self._room() else BEGINNING)
        verbs = sorted(set(hub_acts()) - skipped)
        # Alerts, campaigns and meetings are not what these disputes are about: their verbs come, and seldom.
        near = [verb for verb in verbs if _is_of_disputes(verb)] if self.random.random() < 0.75 else verbs
        return await self._try(viewer, self.random.choice(near), None)

    async def _room(self) -> bool:
        return self.begins and len(await self.desk.hub.rows("cases")) < MOST_CASES

    async def _try(self, viewer: Viewer, verb: str, row: str | None) -> Try:
        declared = hub_acts()[verb].verb
        version, case = None, None
        if declared.subject is not None:
            table = self.desk.hub.base.model[declared.subject.declared.name].table
            rows = await self.desk.hub.rows(table)
            stored = next((each for each in rows if each["id"] == row), self.random.choice(rows) if rows else None)
            row = stored["id"] if stored else f"{declared.subject.declared.prefix}_{UUID(int=0)}"
            version = stored["version"] if stored else 1
            version -= self.random.random() < 0.03
            case = str(stored.get("case_id", stored["id"])) if stored else None
        inputs = {each.name: await self._input(each, case) for each in declared.inputs}
        key = f"{self.random.getrandbits(64):016x}"
        return Try(viewer, verb, Request(row, version, key, inputs, repr((row, version, inputs))))

    async def _input(self, given: Input, case: str | None) -> Any:
        if given.nullable and self.random.random() < 0.4:
            return None
        if given.many:
            return tuple([await self._one(given, case) for _ in range(self.random.choice((0, 1, 1, 2)))])
        return await self._one(given, case)

    async def _one(self, given: Input, case: str | None) -> Any:
        if given.record is not None:
            return given.record(**{part.name: await self._input(part, case) for part in given.parts})
        if given.values is not None:
            return self.random.choice(list(given.values))
        if given.list is not None:
            return self.random.choice(self.codes[given.list])
        match given.kind:
            case Kind.ID:
                return await self._row(given, case)
            case Kind.BOOL:
                return self.random.random() < 0.8
            case Kind.DATE:
                return self.desk.now.date() + dt.timedelta(days=self.random.randint(-3, 1))
            case Kind.TEXT:
                return self.random.choice(("说明", "签字 17", "民初"))
        return self.random.randint(0, 40)

    async def _row(self, given: Input, case: str | None) -> str:
        assert given.target is not None
        name = given.target.declared.name
        if name in _ROWS:
            return self.random.choice(_ROWS[name])
        rows = await self.desk.hub.rows(self.desk.hub.base.model[name].table)
        near = [row for row in rows if row.get("case_id") == case] if self.random.random() < 0.9 else []
        found = [row["id"] for row in near or rows]
        return self.random.choice(found) if found else f"{given.target.declared.prefix}_{UUID(int=0)}"


def _column(member: Member) -> str:
    return member.column if isinstance(member, LinkMember) else member.name


def _is_of_disputes(verb: str) -> bool:
    subject = hub_acts()[verb].verb.subject
    return subject is not None and subject.declared.name in {machine.noun for machine in MACHINES}


def machine_of(id_: str) -> Machine:
    """The machine of the case or referral of this id."""
    return CASES if id_.startswith("case_") else REFERRALS


def _verbs_of(machine: Machine, action: str) -> list[str]:
    """The verbs whose procedure names the action."""
    kind = CaseAction if machine is CASES else ReferralAction
    named = {name: act.procedure.__code__.co_names for name, act in hub_acts().items() if name not in ELSEWHERE}
    return [name for name, names in named.items() if kind.__name__ in names and action in names]
