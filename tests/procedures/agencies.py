"""Agencies for tests: a base that holds the configuration, and deliveries made of rows rather than of files."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from hub.access.viewers import PERMISSIONS, Scope, Viewer
from hub.connectors.records import (
    AttachmentRow,
    Bad,
    CaseRow,
    Delivery,
    Reason,
    ReferralRow,
    RegionFlag,
    RegisterRow,
    Row,
    Side,
)
from hub.exchange_settings import Exchange, read_agreements
from hub.parts import hub_acts
from hub.procedures.configuration import Base, apply
from hub.procedures.doing import Doing, Done, Request
from hub.procedures.intake import Outcome
from hub.procedures.intake import apply as take_in
from hub.procedures.seeds import read_seeds
from hub.schema.mediators import Employment, MediatorState
from hub.schema.model import Model
from hub.schema.referrals import ReferralType
from hub.schema.scalars import show_instant
from hub.settings import Limits
from hub.store.ledger import Ledger
from hub.store.seal import Seal

CONFIG = Path(__file__).parents[2] / "config"
NOW = dt.datetime(2026, 6, 30, 2, tzinfo=dt.UTC)
DAY = dt.date(2026, 6, 1)
AGREEMENTS = read_agreements(CONFIG)

ZHANG, LI, WANG = "370402199001010016", "370481197806151234", "370403198512310020"
SHOP = "91370481MA3TETT094"


@dataclass(frozen=True)
class Context:
    """What of a reading's context intake looks at."""

    exchange: Exchange


@dataclass(frozen=True)
class Sent:
    """A delivery of rows that a connector has translated."""

    delivery: Delivery
    context: Context
    items: Sequence[Row | Bad]

    def rows(self) -> Iterator[Row | Bad]:
        return iter(self.items)


def sent(record: str, items: Iterable[Row | Bad], *, name: str | None = None, place: str | None = None) -> Any:
    """A delivery of the record with these rows, numbered as they stand."""
    rows = [replace(item, place=number) for number, item in enumerate(items, 1)]
    file = name or f"{record}_20260630.csv"
    delivery = Delivery(record, file, place, dt.date(2026, 6, 30), None, len(rows), "0" * 64)
    return Sent(delivery, Context(AGREEMENTS[record]), rows)


def person(name: str, identity: str | None = None, phone: str | None = None) -> Side:
    kind = None if identity is None else "credit" if identity.startswith("9") else "resident"
    return Side(name, identity, kind, phone)  # type: ignore[arg-type]


def matter(key: str, *sides: Side, minute: int = 0, void: bool = False, **said: Any) -> Row:
    """A row of a case between the first side and the others; `minute` orders its versions."""
    usual: dict[str, Any] = {
        "applicants": sides[:1],
        "respondents": sides[1:],
        "dispute_type": "02",
        "raw_type": None,
        "cause": None,
        "happened_on": DAY,
        "amount": None,
        "region": "370402001",
        "region_flag": RegionFlag.COLUMN,
        "agreement": None,
        "text": None,
        "title": f"{'与'.join(side.name for side in sides)}邻里纠纷",
        "channel": "05",
        "referral": None,
    }
    content = CaseRow(**usual | said)
    return Row(1, key, at(minute), void, {"编号": key, "行": repr((content, void))}, content)


def at(minute: int) -> str:
    return show_instant(NOW - dt.timedelta(days=1) + dt.timedelta(minutes=minute))


def delegated(key: str, *sides: Side, minute: int = 0, receiver: str | None = None, **said: Any) -> Row:
    """A court's row."""
    number = f"(2026)鲁0402诉前调{key[-1]}号"
    referral = ReferralRow(ReferralType.DELEGATE, DAY, "鲁0402", number, receiver)
    return matter(key, *sides, minute=minute, referral=referral, channel="08", **said)


def attached(kind: Any, key: str, reference: str | None, *, minute: int = 0, **values: str | None) -> Row:
    days = dict.fromkeys(("applied_on", "accepted_on", "issued_on", "commissioned_on"), DAY)
    content = AttachmentRow(kind, reference, days, values, None)
    return Row(1, key, at(minute), False, {"编号": key, "行": repr(content)}, content)


def mediator(body: str, name: str, identity: str, *, minute: int = 0, **said: Any) -> Row:
    usual: dict[str, Any] = {
        "organisation": body,
        "organisation_kind": "TOWN_COMMITTEE",
        "region": "370402001",
        "mediator": name,
        "identity": identity,
        "employment": Employment.FULL_TIME,
        "expertise": "02",
        "head": "周正",
        "term_from": DAY,
        "term_to": None,
        "state": MediatorState.ACTIVE,
    }
    content = RegisterRow(**usual | said)
    return Row(1, f"{body}-{identity}", at(minute), False, {"行": repr(content)}, content)


def bad(key: str | None, reason: Reason = Reason.FUTURE_DATE, **raw: str) -> Bad:
    return Bad(1, key, reason, {"工单编号": key or "", **raw})


@dataclass
class Hub:
    """A base with its configuration, and the deliveries that reach it."""

    base: Base
    seal: Seal
    now: dt.datetime = NOW
    outcomes: list[Outcome] = field(default_factory=list)

    async def takes(self, record: str, *items: Row | Bad, **options: Any) -> Outcome:
        """Take in one delivery of the rows."""
        outcome = await take_in(self.base, sent(record, items, **options), seal=self.seal, now=self.now, actor="system")
        self.outcomes.append(outcome)
        return outcome

    async def does(self, verb: str, row: dict[str, Any], role: str = "intake", **inputs: Any) -> Done:
        """Do a verb with the row as it was read, as somebody of the whole city, once."""
        viewer = Viewer(role, role, Scope(city=("370400",)), permissions=PERMISSIONS, subject="somebody")
        doing = Doing(self.base, hub_acts(), seal=self.seal, now=lambda: self.now, agreements=AGREEMENTS)
        request = Request(row["id"], row["version"], uuid4().hex, inputs, repr((row["id"], row["version"], inputs)))
        return await doing(verb, request, viewer)

    async def rows(self, table: str, *conditions: Any) -> list[dict[str, Any]]:
        rows = self.base.metadata.tables[table]
        async with self.base.engine.connect() as connection:
            asked = sa.select(rows).where(*conditions).order_by(rows.c.seq if table == "events" else rows.c.id)
            return [dict(row) for row in (await connection.execute(asked)).mappings()]

    async def one(self, table: str, **values: Any) -> dict[str, Any]:
        rows = self.base.metadata.tables[table]
        (found,) = await self.rows(table, *(rows.c[name] == value for name, value in values.items()))
        return found

    async def record(self, number: str) -> dict[str, Any]:
        return await self.one("source_records", source_number=number)

    async def case_of(self, number: str) -> dict[str, Any]:
        """The case that the record of this number belongs to."""
        return await self.one("cases", id=(await self.record(number))["case_id"])

    async def live(self) -> list[dict[str, Any]]:
        """The cases that are merged into none."""
        return [row for row in await self.rows("cases") if row["state"] != "MERGED"]

    async def names(self, case: str) -> list[str]:
        """The names of the case's present parties."""
        parties = self.base.metadata.tables["parties"]
        return sorted(r["name"] for r in await self.rows("parties", parties.c.case_id == case, parties.c.left_at.is_(None)))


def told(outcome: Outcome) -> dict[str, int]:
    """The counts that are not nought."""
    names = ("received", "applied", "merged", "corrected", "unchanged", "superseded")
    found = {name: getattr(outcome, name) for name in names} | {"quarantined": sum(outcome.quarantined.values())}
    return {name: count for name, count in found.items() if count}


async def configure(base: Any, model: Model, seal: Seal) -> None:
    """Write the configuration into a base that holds no row yet."""
    await apply(hub_over(base, model, seal).base, read_seeds(CONFIG), Limits(), actor="admin", now=NOW)


def hub_over(base: Any, model: Model, seal: Seal) -> Hub:
    """The hub over an open base."""
    return Hub(Base(base.engine, base.metadata, model, Ledger(base.engine, base.metadata, model, seal)), seal)
