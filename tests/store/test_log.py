"""The log: nothing is missed by who reads on, and the events of a case keep their order."""

import datetime as dt

import pytest
from tests.conftest import Base

from hub.schema.model import Model
from hub.store.log import Log

NOW = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


@pytest.fixture
def log(base: Base, model: Model) -> Log:
    return Log(base.engine, base.metadata, model)
