"""A small municipality for tests of deeds: it writes rows that hold all they need, and reads back what is stored."""

import datetime as dt
import json
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import sqlalchemy as sa
from tests.conftest import Base

from hub.rules import wording
from hub.schema.cases import Case, CaseMode, CaseStart, CaseState, Domain, Handling, Party, PartyKind, PartyRole
from hub.schema.declare import Entity
from hub.schema.organisations import Organisation, OrganisationLevel
from hub.schema.referrals import Referral, ReferralMember, ReferralState, ReferralType
from hub.schema.regions import Region, RegionLevel
from hub.schema.sources import SourceRecord
from hub.store.changes import Change, Insert, Written
from hub.store.ledger import Ledger
from hub.store.seal import Seal

NOW = dt.datetime(2025, 6, 1, 4, 30, tzinfo=dt.UTC)
DAY = dt.date(2025, 6, 1)
CITY, DISTRICT, TOWN, OTHER_TOWN = "370400", "370402", "370402001", "370403001"


BY: dict[str, Any] = {"actor": "intake", "now": NOW}


def org(number: int) -> str:
    return f"org_{number:032x}"


@dataclass
class Town:
    """Writes rows with everything they need but what a test is about, and reads back what the base holds."""

    base: Base
    ledger: Ledger
    seal: Seal
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def write(self, *changes: Change, **options: Any) -> list[Written]:
        return await self.ledger.write(list(changes), **{**BY, **options})

    async def row(self, table: str, id_: str) -> dict[str, Any]:
        found = await self.rows(table, f"id = '{id_}'")
        assert len(found) == 1
        return found[0]

    async def rows(self, table: str, where: str = "1 = 1") -> list[dict[str, Any]]:
        order = "seq" if table == "events" else "id"
        async with self.base.engine.connect() as connection:
            found = await connection.execute(
                sa.select(self.base.metadata.tables[table]).where(sa.text(where)).order_by(sa.text(order))
            )
            return [dict(row) for row in found.mappings()]

    async def everything(self) -> dict[str, list[dict[str, Any]]]:
        return {name: await self.rows(name) for name in self.base.metadata.tables}

    async def search(self, table: str, asked: str) -> set[str]:
        """Ids of the rows that the base's own search index finds."""
        run = wording.token_run(asked)
        if self.base.engine.dialect.name == "sqlite":
            statement = f"SELECT id FROM {table}_search WHERE tokens MATCH :query"
            values = {"query": wording.fts_query(asked)}
        else:
            found = "to_tsvector('simple', search_tokens) @@ to_tsquery('simple', :query)"
            statement = f"SELECT id FROM {table} WHERE {found} AND strpos(search_tokens, :run) > 0"
            values = {"query": wording.ts_query(asked), "run": run}
        async with self.base.engine.connect() as connection:
            return set((await connection.execute(sa.text(statement), values)).scalars())

    def case(self, **values: Any) -> Insert:
        return insert(
            Case,
            values,
            number=f"ZZF-{next(self.numbers):06d}",
            title="邻里纠纷",
            state=CaseState.REGISTERED,
            handling=Handling.SPLIT,
            start=CaseStart.ON_APPLICATION,
            domain=Domain.CIVIL,
            dispute_type="04",
            channel="WALK_IN",
            severity="1",
            region=f"region_{TOWN}",
            organisation=org(1),
            online=False,
            registered_at=NOW,
            registered_on=DAY,
            leaked=False,
        )

    def party(self, case: str, name: str, **values: Any) -> Insert:
        standard = {"role": PartyRole.APPLICANT, "kind": PartyKind.NATURAL_PERSON, "shielded": False}
        return insert(Party, values, case=case, name=name, **standard)

    def referral(self, case: str, **values: Any) -> Insert:
        return insert(
            Referral,
            values,
            number=f"ZZR-{next(self.numbers):06d}",
            type=ReferralType.DELEGATE,
            state=ReferralState.ISSUED,
            case=case,
            sender=org(1),
            issued_at=NOW,
            issued_on=DAY,
            undisputed_facts=False,
        )

    def member(self, referral: str, **values: Any) -> Insert:
        return insert(ReferralMember, values, referral=referral, organisation=org(2), joined_on=DAY)

    def mode(self, case: str, **values: Any) -> Insert:
        return insert(CaseMode, values, case=case, mode="MEDIATION", started_on=DAY)

    def source(self, case: str | None, **values: Any) -> Insert:
        number = next(self.numbers)
        times = {"source_updated_at": NOW, "received_at": NOW}
        standard = {"system": "12345", "source_number": f"S{number}", "batch": "b", "content_hash": "h", **times}
        return insert(SourceRecord, values, case=case, organisation=org(2), **standard)

    def region(self, code: str, level: RegionLevel, **values: Any) -> Insert:
        return insert(Region, values, code=code, name=code, level=level, statistical_only=False)

    def organisation(self, number: int, **values: Any) -> Insert:
        standard = {"kind": "CENTRE", "level": OrganisationLevel.TOWN, "region": f"region_{TOWN}", "active": True}
        return insert(Organisation, values, id=org(number), name=f"机构{number}", **standard)


def insert(noun: type[Entity], values: dict[str, Any], **standard: Any) -> Insert:
    said = {**standard, **values}
    options = {name: said.pop(name) for name in ("event", "facts") if name in said}
    return Insert(noun, said, **options)


def routing(event: dict[str, Any], side: str) -> Any:
    text = event[f"routing_{side}"]
    return None if text is None else json.loads(text)
