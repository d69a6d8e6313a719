"""Definitions of indicators are versioned: what a version counts stays what it was, and the newest one is used."""

from dataclasses import replace
from typing import Any

import pytest
from tests.procedures.agencies import CONFIG, NOW, Hub

from hub.errors import BadConfiguration
from hub.procedures.configuration import apply
from hub.procedures.indicators import read_indicators
from hub.procedures.seeds import Seeds, read_seeds
from hub.rules.indicators import Indicator
from hub.settings import Limits


async def known(hub: Hub) -> dict[str, Indicator]:
    policies = hub.base.metadata.tables["policies"]
    async with hub.base.engine.connect() as connection:
        return {each.key: each for each in await read_indicators(connection, policies, NOW.date())}


async def applied(hub: Hub, seeds: Seeds, *indicators: Indicator) -> None:
    await apply(hub.base, replace(seeds, indicators=indicators), Limits(), actor="admin", now=NOW)


async def test_the_dictionary_in_the_base_is_that_of_the_files(hub: Hub) -> None:
    assert await known(hub) == {each.key: each for each in read_seeds(CONFIG).indicators}


async def test_a_changed_formula_is_a_new_version(hub: Hub) -> None:
    seeds = read_seeds(CONFIG)
    first, *others = seeds.indicators
    changed: Any = {**first.numerator, "void": {"eq": False}}

    with pytest.raises(BadConfiguration, match="new version"):
        await applied(hub, seeds, replace(first, numerator=changed), *others)
    assert (await known(hub))[first.key] == first

    second = replace(first, version=2, numerator=changed)
    await applied(hub, seeds, first, second, *others)
    assert (await known(hub))[first.key] == second
    await applied(hub, seeds, replace(first, en="Registered"), *others)
    assert (await known(hub))[first.key] == replace(first, en="Registered")
