"""A case file as an official has it on the desk: the case, its referrals, who takes part, and what may follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.cases import ACTING, CASES
from hub.rules.guards import Facts
from hub.rules.machines import Machine
from hub.rules.referrals import OPEN, REFERRALS
from hub.schema.model import Model
from hub.store.facts import read_facts

Found = Mapping[str, Any]
"""A stored row: enums by name, links as ids under `..._id`."""

_OPEN, _ACTING = frozenset(state.name for state in OPEN), frozenset(kind.name for kind in ACTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything is of one moment; referrals are in the order of their numbers, `facts` by id of case or referral."""

    case: Found
    referrals: Sequence[Found]
    facts: Mapping[str, Facts]
    parties: Sequence[Found]
    choices: Sequence[Found]
    notices: Sequence[Found]
    consents: Sequence[Found]
    materials: Sequence[Found]

    @property
    def is_with_a_body(self) -> bool:
        """Whether a referral under which the matter is handled is on its way or answered."""
        return any(each["type"] in _ACTING and each["state"] in _OPEN for each in self.referrals)

    @property
    def age(self) -> int:
        """Rises with every deed on the case or its referrals."""
        rows = (self.case, *self.referrals, *self.notices, *self.consents, *self.choices, *self.materials)
        return sum(row["version"] for row in rows)

    def side(self, role: str) -> list[Found]:
        """The parties of one side who are still in it."""
        return [party for party in self.parties if party["role"] == role]

    def answers(self, referral: Found, matter: str) -> dict[str, str]:
        """What each party answered on the matter, by its id; answers that are used up are left out."""
        own = (each for each in self.consents if each["referral_id"] == referral["id"] and not each["spent_on"])
        return {each["party_id"]: each["answer"] for each in own if each["matter"] == matter}


async def read_file(connection: AsyncConnection, metadata: sa.MetaData, model: Model, case: str) -> CaseFile:
    """The file of the case of this id, which is there."""
    tables = metadata.tables

    async def rows(name: str, *conditions: sa.ColumnElement[bool]) -> list[Found]:
        table = tables[name]
        asked = sa.select(table).where(*conditions).order_by(table.c.number if "number" in table.c else table.c.id)
        return [dict(row) for row in (await connection.execute(asked)).mappings()]

    (found,) = await rows("cases", tables["cases"].c.id == case)
    referrals = await rows("referrals", tables["referrals"].c.case_id == case)
    ids = [each["id"] for each in referrals]
    acting = [(CASES, found), *((REFERRALS, each) for each in referrals)]
    facts = {
        row["id"]: await read_facts(connection, metadata, model, machine, _members(model, machine, row))
        for machine, row in acting
    }
    consents, materials, notices = tables["consents"], tables["materials"], tables["failure_notices"]
    parties = tables["parties"]
    return CaseFile(
        case=found,
        referrals=referrals,
        facts=facts,
        parties=await rows("parties", parties.c.case_id == case, parties.c.left_at.is_(None)),
        choices=await rows("mode_choices", tables["mode_choices"].c.case_id == case),
        notices=await rows("failure_notices", notices.c.case_id == case, notices.c.spent_on.is_(None)),
        consents=await rows("consents", consents.c.referral_id.in_(ids)) if ids else (),
        materials=await rows("materials", materials.c.referral_id.in_(ids)) if ids else (),
    )


def _members(model: Model, machine: Machine, row: Found) -> dict[str, Any]:
    """What the machine looks at of the row itself, by member name."""
    members = model[machine.noun].members
    names = {path.partition(".")[0] for path in machine.paths()} & members.keys()
    columns = {name: getattr(members[name], "column", name) for name in names}
    return {"id": row["id"], **{name: row[column] for name, column in columns.items()}}
