"""Whatever the order and the repetition of deliveries, the end state is the same and the sums hold (EXCHANGE; R65, R66).

Each run has identities and numbers of its own, so that many runs fit into one base; what is compared leaves them out,
and also the numbers of cases, ids and fates.
"""

import datetime as dt
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa
from tests.procedures.agencies import DAY, Hub, attached, bad, delegated, matter, mediator, person

from hub.connectors.records import Bad, Reason, RegionFlag, Row, Side

Delivery = tuple[str, list[Row | Bad]]
PEOPLE = "甲乙丙丁戊"
TYPES = ("02", "16", "99")
DAYS = (0, 30, 170, 185, 340)


@dataclass(frozen=True)
class Plan:
    """Deliveries drawn from a seed; `of(run)` gives them the identities and numbers of a run."""

    seed: int

    def of(self, run: int) -> list[Delivery]:
        rng = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        return [self._delivery(rng, run, number) for number in range(rng.choice((3, 6, 9)))]

    def _delivery(self, rng: random.Random, run: int, number: int) -> Delivery:
        record = rng.choice(
            ("hotline-12345", "petition", "chamber", "court-referral", "court-confirm", "appraisal", "justice-register")
        )
        return record, [self._row(rng, run, record, number) for _ in range(rng.choice((1, 2, 4, 8)))]

    def _row(self, rng: random.Random, run: int, record: str, number: int) -> Row | Bad:
        key, minute = f"{tag(run)}{rng.randrange(6)}", rng.choice((0, 0, 1, number))
        if rng.random() < 0.1:
            return bad(key, Reason.FUTURE_DATE, 更新时间="")
        match record:
            case "court-confirm":
                row = attached("confirmation", key, f"{tag(run)}X{rng.randrange(3)}", minute=minute, ruling=rng.choice("准驳"))
            case "appraisal":
                row = attached("appraisal", key, f"{tag(run)}{rng.randrange(6)}", minute=minute, opinion=rng.choice("轻重"))
            case "justice-register":
                body, who = f"{tag(run)}调委会{rng.randrange(2)}", rng.choice(PEOPLE)
                said = {"term_from": DAY + dt.timedelta(rng.randrange(2)), "head": rng.choice("周吴")}
                row = mediator(body, who, f"{tag(run)}{who}", minute=minute, **said)
            case _:
                row = self._matter(rng, run, record, key, minute)
        return replace(row, raw={"行": _plain(repr((row.content, row.void)), run)})

    def _matter(self, rng: random.Random, run: int, record: str, key: str, minute: int) -> Row:
        applicants = tuple(self._side(rng, run) for _ in range(rng.choice((1, 1, 2))))
        respondents = tuple(self._side(rng, run) for _ in range(rng.choice((0, 1, 1, 2))))
        said: dict[str, Any] = {
            "applicants": applicants,
            "respondents": respondents,
            "dispute_type": rng.choice(TYPES),
            "happened_on": DAY + dt.timedelta(rng.choice(DAYS) - 400),
            "amount": rng.choice((None, 100, 200)),
            "region": rng.choice(("370402001", "370481", "370400")),
            "region_flag": rng.choice(list(RegionFlag)),
            "cause": rng.choice((None, "借款")),
            "text": rng.choice((None, "因浇地发生口角")),
            "void": rng.random() < 0.1,
        }
        if record == "court-referral":
            return delegated(key, *applicants, minute=minute, receiver=f"{tag(run)}调委会{rng.randrange(2)}", **said)
        agreement = f"{tag(run)}X{rng.randrange(3)}" if record == "chamber" and rng.random() < 0.6 else None
        return matter(key, *applicants, minute=minute, agreement=agreement, **said)

    def _side(self, rng: random.Random, run: int) -> Side:
        who = rng.choice(PEOPLE)
        phone = rng.choice((None, "13812341234"))
        return person(f"{who}{who}", f"{tag(run)}{who}" if rng.random() < 0.8 else None, phone)


@pytest.mark.parametrize("seed", range(12))
async def test_order_and_repetition_do_not_matter(hub: Hub, seed: int) -> None:
    """不重不漏 R65 · The end state is a function of what was sent, not of when."""
    rng, plan = random.Random(seed), Plan(seed)  # noqa: S311
    expected = None
    for run in range(1, 5):
        deliveries = plan.of(run)
        if run > 1:
            deliveries += rng.sample(deliveries, len(deliveries) // 2)
            rng.shuffle(deliveries)
            deliveries = [(record, rng.sample(rows, len(rows))) for record, rows in deliveries]
        for record, rows in _cut(rng, deliveries):
            outcome = await hub.takes(record, *rows)
            parts = outcome.applied + outcome.merged + outcome.corrected + outcome.unchanged + outcome.superseded
            assert outcome.received == len(rows) == parts + sum(outcome.quarantined.values())
        found = await state(hub, run)
        expected = expected or found
        if found != expected:
            pytest.fail("\n".join([f"run {run}", *differences(found, expected)]))


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """What one has and the other lacks."""
    told = [{f"{part}: {each}" for part, rows in state.items() for each in _each(rows)} for state in (found, expected)]
    return sorted(f"{'+' if line in told[0] else '-'} {line}" for line in told[0] ^ told[1])


def _each(rows: Any) -> list[Any]:
    return list(rows.items()) if isinstance(rows, dict) else list(rows)


def _cut(rng: random.Random, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Some deliveries in two parts, the second one later."""
    early: list[Delivery] = []
    late: list[Delivery] = []
    for record, rows in deliveries:
        place = rng.randrange(len(rows) + 1) if rng.random() < 0.3 else len(rows)
        early.append((record, rows[:place]))
        late.append((record, rows[place:]))
    return [delivery for delivery in (*early, *late) if delivery[1]]


def tag(run: int) -> str:
    """What begins the numbers, identities and bodies of a run."""
    return f"z{run}z"


async def state(hub: Hub, run: int) -> dict[str, Any]:
    """What is known in the end of what one run sent, without numbers of cases, ids and fates."""
    tables = hub.base.metadata.tables

    async def mine(table: str, column: str) -> list[dict[str, Any]]:
        return await hub.rows(table, tables[table].c[column].like(f"{tag(run)}%"))

    records = await mine("source_records", "source_number")
    ids = sorted({row["case_id"] for row in records if row["case_id"]})
    cases = {row["id"]: row for row in await hub.rows("cases", tables["cases"].c.id.in_(ids))}
    assert {case["state"] for case in cases.values()} <= {"REGISTERED"}
    told = {
        id_: tuple(sorted(f"{r['system']} {_plain(r['source_number'], run)}" for r in records if r["case_id"] == id_))
        for id_ in ids
    }
    await _limits(hub, cases)
    found: dict[str, Any] = {
        "cases": {told[id_]: tuple(case[name] for name in _CASE) for id_, case in cases.items()},
        "records": {
            (row["system"], _plain(row["source_number"], run), *(_plain(row[name], run) for name in _RECORD)) for row in records
        },
        "mediators": await _mediators(hub, run),
    }
    for name, members in _AROUND.items():
        rows = await hub.rows(name, tables[name].c.case_id.in_(ids))
        here = [row for row in rows if row.get("left_at") is None]
        found[name] = sorted(repr((told[row["case_id"]], *(_plain(row[each], run) for each in members))) for row in here)
    for name, (key, *columns) in _OWN.items():
        found[f"own {name}"] = {tuple(_plain(row[each], run) for each in (key, *columns)) for row in await mine(name, key)}
    return found


async def _limits(hub: Hub, cases: Collection[str]) -> None:
    """Whatever merged and parted on the way: what stays has the limits of a case, each once, and no other runs."""
    table = hub.base.metadata.tables["deadlines"]
    rows = await hub.rows("deadlines", table.c.case_id.in_(sorted(cases)))
    waiting = [row for row in rows if row["rule"] == "REFERRAL_DELIVERY"]
    rows = [row for row in rows if row not in waiting]
    # A referral that arrived waits for its delivery, once, however often it arrived and wherever it went meanwhile.
    arrived = await hub.rows("referrals", hub.base.metadata.tables["referrals"].c.case_id.in_(sorted(cases)))
    issued = sorted(row["id"] for row in arrived if row["state"] == "ISSUED")
    assert sorted(row["referral_id"] for row in waiting if row["state"] == "RUNNING") == issued
    assert {row["state"] for row in rows if row["rule"] != "UNMERGE"} <= {"RUNNING"}
    assert {row["state"] for row in rows if row["rule"] == "UNMERGE"} <= {"ENDED"}
    running = sorted((row["case_id"], row["rule"]) for row in rows if row["state"] == "RUNNING")
    assert running == sorted((case, rule) for case in cases for rule in ("FIRST_RESPONSE", "SUPPLEMENT_NOTICE"))


async def _mediators(hub: Hub, run: int) -> list[tuple[Any, ...]]:
    tables = hub.base.metadata.tables
    bodies = sa.select(tables["organisations"].c.id).where(tables["organisations"].c.name.like(f"{tag(run)}%"))
    rows = await hub.rows("mediators", tables["mediators"].c.organisation_id.in_(bodies))
    return sorted((row["name"], row["term_from"], row["state"]) for row in rows)


_CASE = ("title", "narrative", "dispute_type", "domain", "channel", "cause", "amount", "region_id", "organisation_id", "void")
_RECORD = ("source_updated_at", "void", "happened_on", "raw_type", "region_from", "waiting", "gives")
_AROUND = {
    "parties": ("name", "role", "kind", "phone_hash"),
    "referrals": ("type", "court_id", "court_number", "sender_id", "issued_on", "state"),
    "agreements": ("number",),
    "confirmations": ("number", "ruling", "agreement_number"),
    "appraisals": ("number", "opinion"),
}
_OWN = {
    "confirmations": ("number", "ruling"),
    "appraisals": ("number", "opinion", "delegation_number"),
    "organisations": ("name", "kind", "region_id", "head", "active"),
    "quarantined_rows": ("source_number", "record", "reason"),
}


def _plain(value: Any, run: int) -> Any:
    return value.replace(tag(run), "") if isinstance(value, str) else value
