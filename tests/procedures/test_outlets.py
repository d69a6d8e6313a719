"""Outlets of the configuration: where a consumer's events are brought is checked with the wrong row named, and enrolled."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Base as Opened
from tests.store.conftest import ledger, town
from tests.store.town import NOW, Town, org

from hub.errors import BadConfiguration
from hub.parts import hub_graph, hub_model
from hub.procedures import outlet_policies, outlets
from hub.procedures.configuration import Base
from hub.procedures.outlet_policies import OUTLET
from hub.procedures.outlet_seeds import EVERY_EVENT, Outgoing
from hub.procedures.rows import organisation_id
from hub.procedures.seeds import CourtSeed, OrganisationSeed, Seeds, read_seeds
from hub.resolvers.prescribed import check_operations
from hub.schema.model import Model
from hub.schema.policies import Policy
from hub.settings import Limits, load, secrets_said
from hub.store.changes import Insert, Update
from hub.store.ledger import Ledger

__all__ = ["ledger", "town"]

HOOK = Outgoing("market", "outbox", "market", url="https://agency.example/hub")
FILES = Outgoing("鲁0402", "files", "court", folder="/srv/hub/court")
SEEDS = Seeds(
    organisations=(OrganisationSeed("market", "市场监管局", "AGENCY", "CITY", "370400"),),
    courts=(CourtSeed("鲁0402", "法院", "BASIC", "370402"),),
)


def policies(*said: Outgoing) -> Any:
    return list(outlet_policies.policies(replace(SEEDS, outlets=said), organisation_id))


def test_an_outlet_is_a_policy_row_by_owner_and_consumer() -> None:
    hook, files = policies(HOOK, FILES)

    assert (hook.kind, hook.name, files.name) == (OUTLET, "market outbox", "鲁0402 files")
    assert organisation_id("market") in hook.body
    assert '"court_鲁0402"' in files.body


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (replace(HOOK, owner="markt"), "outlet markt outbox: owner markt is unknown, did you mean market?"),
        (replace(HOOK, folder="/srv"), "outlet market outbox: either url or folder is said"),
        (replace(HOOK, url=""), "outlet market outbox: either url or folder is said"),
        (replace(HOOK, url="http://agency.example/"), "outlet market outbox: a webhook's url is https, but for receivers"),
        (replace(HOOK, url="https://u:secret@agency.example/"), "outlet market outbox: a webhook's url is https://host"),
        (replace(FILES, folder="srv/../etc"), "outlet 鲁0402 files: folder is a whole path"),
        (replace(FILES, folder="/srv/../etc"), "outlet 鲁0402 files: folder is a whole path"),
        (replace(HOOK, secret="whsec_AAAA"), "outlet market outbox: secret is a name of letters"),
        (replace(HOOK, secret=""), "outlet market outbox: secret is a name of letters"),
        (replace(HOOK, seconds=0.0), "outlet market outbox: seconds is between 0.1 and 60"),
        (replace(HOOK, base_seconds=9.0, bound_seconds=3.0), "outlet market outbox: base_seconds is at most bound_seconds"),
    ],
)
def test_what_cannot_be_is_refused_by_its_row_without_its_address(said: Outgoing, reason: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        policies(HOOK if said.folder else FILES, said)

    assert reason in str(refused.value)
    assert "secret@" not in str(refused.value)


def test_two_outlets_do_not_write_into_one_folder() -> None:
    with pytest.raises(BadConfiguration, match="outlet market outbox: another outlet has its folder"):
        policies(FILES, replace(HOOK, url="", folder=FILES.folder))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (EVERY_EVENT, ""),
        ("{courts {totalCount}}", "it is no subscription"),
        ("subscription ($a: String) {events(after: $a) {cursor}}", "it has variables"),
        ('subscription {events(consumer: "x") {cursor}}', "consumer and after are the outlet's own"),
        ("subscription {a: events {cursor} b: events {cursor}}", "only one top level field"),
        ("subscription {...F} fragment F on Subscription {events {cursor}}", "it shows one root field"),
        ("subscription {events {cursr}}", "Cannot query field"),
        ("subscription {", "Expected Name"),
    ],
)
def test_the_operation_is_one_that_can_be_brought(text: str, reason: str) -> None:
    def check() -> None:
        check_operations({"outlet market outbox": text}, hub_graph(), hub_model(), Limits())

    if not reason:
        check()
        return
    with pytest.raises(BadConfiguration, match=r"outlet market outbox: operation: ") as refused:
        check()
    assert reason in str(refused.value)


def test_a_folder_from_before_there_were_outlets_has_none(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "config"
    for file in shipped.glob("*.toml"):
        if file.name != "outlets.toml":
            (tmp_path / file.name).write_bytes(file.read_bytes())

    assert read_seeds(tmp_path).outlets == read_seeds(shipped).outlets == ()


def test_secrets_are_the_environments_and_no_settings() -> None:
    environment = {"HUB_SECRET_COURT_1": " whsec_a , whsec_b", "HUB_SECRET_X": ""}

    assert secrets_said(environment) == {"court_1": ("whsec_a", "whsec_b"), "x": ()}
    assert "whsec" not in repr(load(environment))


async def test_rows_follow_the_policies_and_what_stands_stays(base: Opened, model: Model, ledger: Ledger, town: Town) -> None:
    opened = Base(base.engine, base.metadata, model, ledger)
    said = replace(HOOK, owner=org(1))
    body = policies(HOOK)[0].body.replace(organisation_id("market"), org(1))
    nothing = {"valid_from": None, "valid_to": None}
    [policy] = await town.write(Insert(Policy, {"kind": OUTLET, "name": "market outbox", "body": body, **nothing}))
    today = dt.date(2025, 6, 1)

    assert await outlets.enrol(opened, today, NOW) == (said,)
    (row,) = await town.rows("outlets")
    assert (row["id"], row["state"], row["way"], row["name"]) == (said.id, "WAITING", "WEBHOOK", "outbox")
    assert await outlets.enrol(opened, today, NOW) == (said,)
    assert await town.rows("outlets") == [row]

    await town.write(Update(Policy, policy.id, 1, {"body": body.replace("agency.example", "other.example")}))
    (changed,) = await outlets.enrol(opened, today, NOW)
    assert changed.url == "https://other.example/hub"
    assert (changed.id, changed.mark == said.mark) == (said.id, False)
    await town.write(Update(Policy, policy.id, 2, {"valid_to": dt.date(2025, 5, 31)}))
    assert await outlets.enrol(opened, today, NOW) == ()
    (row,) = await town.rows("outlets")
    assert (row["retired"], row["version"]) == (True, 3)
