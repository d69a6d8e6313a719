"""A configured base of each kind, for schedulers with clocks and jobs of a test's own."""

from typing import Any

import pytest
from tests.procedures.agencies import Hub, hub_over

from hub.schema.model import Model
from hub.store.seal import Seal


@pytest.fixture
def hub(configured: Any, model: Model, seal: Seal) -> Hub:
    return hub_over(configured, model, seal)
