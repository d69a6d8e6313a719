"""A municipality in a base of each kind, filled once for the tests of a file that only ask."""

import os
from collections.abc import Iterator

import pytest
from tests.conftest import Base, _database, _named, _run
from tests.oracle.municipality import generate
from tests.oracle.oracle import Oracle
from tests.resolvers.town import Town, filled

from hub.schema.graph import HubSchema, graph
from hub.schema.model import Model
from hub.store.seal import Seal

SEED, CASES = 7, 25


@pytest.fixture(scope="module")
def schema(model: Model) -> HubSchema:
    return graph(model)


@pytest.fixture(scope="module")
def oracle(schema: HubSchema, model: Model) -> Oracle:
    return Oracle(schema, model)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty base for a whole file of tests."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('town')}/hub.db"
        return
    server, name = request.getfixturevalue("postgres"), f"hub_{os.getpid()}_{request.module.__name__.split('.')[-1]}"
    _run(_database(server, f"CREATE DATABASE {name}"))
    yield _named(server, name)
    _run(_database(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="module")
def town(town_url: str, model: Model, schema: HubSchema, oracle: Oracle, seal: Seal) -> Town:
    """A municipality that nobody changes: 25 cases and all that is around them."""
    data = generate(SEED, cases=CASES)
    made: list[Base] = []

    async def fill() -> None:
        made.append(await filled(town_url, model, seal, data))
        await made[0].engine.dispose()

    _run(fill())
    return Town(made[0], data, oracle, model, schema, seal)
