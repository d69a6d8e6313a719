"""The hubs that real clients are tested with: a whole one, and one whose streams count."""

from collections.abc import Iterator

import pytest
from tests.app.conftest import Hub, filled, served
from tests.web.conftest import Served, serving

from hub.store.seal import new_keys, write_keys


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A hub over a small town."""
    folder = tmp_path_factory.mktemp("clients")
    write_keys(folder / "keys.json", new_keys())
    with served(filled(f"sqlite:///{folder}/hub.db", folder / "keys.json")) as hub:
        yield hub


@pytest.fixture
def counting() -> Iterator[Served]:
    """A hub whose streams count, whatever an operation asks for."""
    with serving() as start:
        yield start(body_bytes=100_000)
