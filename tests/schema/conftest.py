"""The graph made of all nouns."""

import pytest

from hub.schema.graph import HubSchema, graph
from hub.schema.model import Model


@pytest.fixture(scope="session")
def schema(model: Model) -> HubSchema:
    return graph(model)
