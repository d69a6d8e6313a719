"""The model of all nouns, and the graph made of it."""

import pytest
from tests.oracle.rows import ORDER

from hub.schema.graph import HubSchema, graph
from hub.schema.model import Model, build
from hub.schema.policies import Policy


@pytest.fixture(scope="session")
def model() -> Model:
    return build((*ORDER, Policy))


@pytest.fixture(scope="session")
def schema(model: Model) -> HubSchema:
    return graph(model)
