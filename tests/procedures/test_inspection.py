"""What `hub check` finds: a base that is not there, keys that are lost, configuration that was never applied."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import Base

from hub.procedures.inspection import inspect
from hub.procedures.rows import organisation_id
from hub.procedures.seeds import read_seeds
from hub.schema.model import Model
from hub.schema.organisations import Organisation
from hub.settings import Database, KeyFile, Limits, Settings
from hub.store.ledger import Ledger, Update
from hub.store.seal import Keys, Seal, new_keys, write_keys

CONFIG = Path(__file__).parents[2] / "config"
NOW = dt.datetime(2025, 1, 2, tzinfo=dt.UTC)


@pytest.fixture
def settings(base: Base, keys: Keys, tmp_path: Path) -> Settings:
    write_keys(tmp_path / "keys.json", keys)
    return Settings(CONFIG, database=Database(base.url), keys=KeyFile(tmp_path / "keys.json"))


async def codes(settings: Settings, model: Model) -> dict[str, str]:
    return {finding.name: finding.code for finding in await inspect(settings, model, today=NOW.date())}


async def with_sealed_value(base: Base, model: Model, seal: Seal) -> None:
    from hub.procedures import configuration  # noqa: PLC0415

    ledger = Ledger(base.engine, base.metadata, model, seal)
    opened = configuration.Base(base.engine, base.metadata, model, ledger)
    await configuration.apply(opened, read_seeds(CONFIG), Limits(), actor="admin", now=NOW)
    head = Update(Organisation, organisation_id("justice"), 1, {"head": "张三"})
    await ledger.write([head], actor="admin", now=NOW)


async def test_an_empty_base_lacks_its_configuration(settings: Settings, model: Model) -> None:
    found = await codes(settings, model)

    assert (found["database"], found["configuration"], found["keys"]) == ("", "HUB-701", "")


async def test_the_right_keys_open_what_they_sealed(base: Base, settings: Settings, model: Model, seal: Seal) -> None:
    await with_sealed_value(base, model, seal)

    found = await codes(settings, model)

    assert (found["configuration"], found["keys"]) == ("", "")


async def test_other_keys_are_found_out(base: Base, settings: Settings, model: Model, seal: Seal, tmp_path: Path) -> None:
    await with_sealed_value(base, model, seal)
    write_keys(tmp_path / "others.json", new_keys())

    found = await codes(replace(settings, keys=KeyFile(tmp_path / "others.json")), model)

    assert found["keys"] == "HUB-508"


async def test_a_base_that_is_not_there_is_no_reason_not_to_look_at_the_keys(settings: Settings, model: Model) -> None:
    nowhere = replace(settings, database=Database("postgresql://127.0.0.1:1/none"))

    assert await codes(nowhere, model) == {
        "database": "HUB-503",
        "version": "HUB-503",
        "configuration": "HUB-503",
        "log": "HUB-503",
        "keys": "",
    }
