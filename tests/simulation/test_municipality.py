"""The simulated municipality hangs together: it repeats, links, counts and contradicts itself nowhere."""

import time
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from hub.schema.cases import Case, CaseMode, CaseState, Party
from hub.schema.courts import Court, Invitation
from hub.schema.declare import Entity
from hub.schema.events import Event
from hub.schema.mediators import Mediator, MediatorState
from hub.schema.organisations import Organisation
from hub.schema.referrals import Referral, ReferralMember
from hub.schema.regions import RegionLevel
from hub.schema.sources import SourceRecord
from hub.simulation.municipality import CASES, DEED, municipality
from hub.simulation.seeds import Place, Seeds
from hub.store.ledger import Change, Update

Rows = dict[type[Entity], list[dict[str, Any]]]

OF_CASE = (CaseMode, Party, Referral, SourceRecord, Event)
LINKS: dict[type[Entity], dict[str, type[Entity]]] = {
    Organisation: {"host_agency": Organisation}, Mediator: {"organisation": Organisation}, Invitation: {"organisation": Organisation},
    Case: {"organisation": Organisation, "mediator": Mediator},
    CaseMode: {"case": Case, "organisation": Organisation}, Party: {"case": Case},
    Referral: {"case": Case, "sender": Organisation, "receiver": Organisation, "lead": Organisation, "mediator": Mediator},
    ReferralMember: {"referral": Referral, "organisation": Organisation},
    SourceRecord: {"case": Case, "organisation": Organisation}, Event: {"case": Case, "organisation": Organisation},
}  # fmt: skip


def test_the_same_seed_gives_the_same_municipality(seeds: Seeds) -> None:
    first, second = (list(municipality(seeds, cases=60, seed=7)) for _ in range(2))

    assert first == second
    assert first != list(municipality(seeds, cases=60, seed=8))


def test_three_thousand_cases_take_less_than_three_seconds(seeds: Seeds) -> None:
    started = time.process_time()

    deeds = list(municipality(seeds))

    assert time.process_time() - started < 3
    assert sum(change.noun is Case for deed in deeds for change in deed) == CASES == 3_000


def test_a_deed_is_never_larger_than_the_ledger_takes_and_holds_whole_cases(deeds: list[list[Change]]) -> None:
    assert max(len(deed) for deed in deeds) <= DEED
    for deed in deeds:
        here = {change.values["id"] for change in deed if change.noun is Case}
        assert {change.values["case"] for change in deed if change.noun in OF_CASE} <= here


def test_every_row_links_to_rows_written_before_it(deeds: list[list[Change]], seeds: Seeds) -> None:
    known: dict[type[Entity], set[str]] = {Organisation: {one.id for one in seeds.organisations}}
    for change in (change for deed in deeds for change in deed):
        for name, target in LINKS.get(change.noun, {}).items():
            value = change.values[name]
            assert value is None or value in known[target], (change.noun, name)
        known.setdefault(change.noun, set()).add(change.values["id"])


def test_ids_and_numbers_are_unique(rows: Rows) -> None:
    ids = [row["id"] for found in rows.values() for row in found]

    assert len(set(ids)) == len(ids)
    assert len({row["number"] for row in rows[Case]}) == len(rows[Case])
    assert len({row["number"] for row in rows[Referral]}) == len(rows[Referral])
    assert len({(row["system"], row["source_number"]) for row in rows[SourceRecord]}) == len(rows[SourceRecord])
    assert len({row["credit_code"] for row in rows[Organisation]}) == len(rows[Organisation])


def test_every_code_exists(rows: Rows, seeds: Seeds) -> None:
    used = {
        "dispute_type": [row["dispute_type"] for row in rows[Case]] + [row["expertise"] for row in rows[Mediator]],
        "channel": [row["channel"] for row in rows[Case]],
        "severity": [row["severity"] for row in rows[Case]],
        "outcome": [row["outcome"] for row in rows[Case] + rows[CaseMode]],
        "mode": [row["mode"] for row in rows[CaseMode]],
        "organisation_kind": [row["kind"] for row in rows[Organisation]],
        "mediator_background": [row["background"] for row in rows[Mediator]],
        "termination_reason": [row["termination_reason"] for row in rows[Referral]],
        "refusal_reason": [row["refusal_reason"] for row in rows[Referral]],
        "return_reason": [row["return_reason"] for row in rows[Referral]],
    }

    for name, codes in used.items():
        assert {code for code in codes if code} <= set(seeds.codes[name]), name
    assert set(seeds.codes["dispute_type"]) == {row["dispute_type"] for row in rows[Case]}


def test_standing_organisations_are_used_and_not_made_again(rows: Rows, seeds: Seeds) -> None:
    names = {one.name for one in seeds.organisations}

    assert not names & {row["name"] for row in rows[Organisation]}
    regulator = next(one for one in seeds.organisations if "市场监督管理局" in one.name)
    assert sum(row["organisation"] == regulator.id for row in rows[SourceRecord]) > 20


def test_every_court_has_cases_and_delegates_only_to_whom_it_invited(rows: Rows, seeds: Seeds) -> None:
    invited = {(row["court"], row["organisation"]) for row in rows[Invitation]}
    sent = [row for row in rows[Referral] if row["type"].name in ("DELEGATE", "ENTRUST")]

    assert {(row["court"], row["receiver"]) for row in sent} <= invited
    assert {row["court"] for row in sent} == {court.id for court in seeds.courts if court.region != "370400"}


def test_every_case_has_one_to_four_parties_and_one_applicant(rows: Rows) -> None:
    parties = Counter(row["case"] for row in rows[Party])

    assert set(parties) == {row["id"] for row in rows[Case]}
    assert set(parties.values()) == {1, 2, 3, 4}
    assert Counter(row["case"] for row in rows[Party] if row["role"].name == "APPLICANT") == Counter(parties.keys())


def test_cases_spread_over_all_districts_towns_months_and_states(rows: Rows, seeds: Seeds) -> None:
    cases = rows[Case]
    towns = {row["region"][len("region_") :] for row in cases}
    shares = Counter(town[:6] for town in (row["number"][4:13] for row in cases))

    assert towns == {town.code for found in seeds.towns.values() for town in found}
    assert 0.37 < shares["370481"] / len(cases) < 0.45
    assert {row["registered_on"].month for row in cases} == set(range(1, 13))
    assert {row["registered_on"].year for row in cases} == {2025}
    assert {row["state"] for row in cases} == set(CaseState)


def test_mediators_of_cases_are_in_office(rows: Rows) -> None:
    active = {row["id"] for row in rows[Mediator] if row["state"] is MediatorState.ACTIVE}

    assert {row["mediator"] for row in rows[Case] if row["mediator"]} <= active
    assert {row["state"] for row in rows[Mediator]} == set(MediatorState)


def test_a_court_without_an_entry_in_the_register_gets_one(seeds: Seeds) -> None:
    courts = tuple(replace(court, organisation=None) for court in seeds.courts)
    bare = Seeds(places=seeds.places, courts=courts, codes=seeds.codes)

    changes = [change for deed in municipality(bare, cases=30) for change in deed]

    entered = {change.values["organisation"] for change in changes if isinstance(change, Update) and change.noun is Court}
    made = [change.values for change in changes if change.noun is Organisation and change.values.get("kind") == "COURT"]
    assert entered == {values["id"] for values in made}
    assert len(made) == len(seeds.courts)


def test_villages_are_used_where_they_were_loaded(seeds: Seeds) -> None:
    village = Place(
        id="region_370402001007", code="370402001007", name="龙头社区", level=RegionLevel.VILLAGE,
        district="370402", town="370402001",
    )  # fmt: skip
    known = Seeds(places=(*seeds.places, village), courts=seeds.courts, codes=seeds.codes, organisations=seeds.organisations)

    changes = [change for deed in municipality(known, cases=300) for change in deed]

    regions = {change.values["region"] for change in changes if change.noun is Case}
    assert village.id in regions
    assert "region_370402001" not in regions
    assert any(change.noun is Organisation and "龙头社区" in change.values["name"] for change in changes)


@pytest.mark.parametrize("noun", [Case, Referral, SourceRecord, Event])
def test_ids_follow_time(rows: Rows, noun: type[Entity]) -> None:
    at = {Case: "registered_at", Referral: "issued_at", SourceRecord: "received_at", Event: "occurred_at"}[noun]
    found = [(row["id"][:-20], row[at]) for row in rows[noun]]

    assert sorted(found) == sorted(found, key=lambda pair: (pair[1], pair[0]))
