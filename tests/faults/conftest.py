"""Offices on both databases, with processes of their own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from tests.app.conftest import run
from tests.conftest import _database, _named, _run
from tests.faults.crowds import Town
from tests.faults.offices import Office, attended, fill, furnished

TEMPLATE = f"hub_office_{os.getpid()}"
_NUMBERS = count(1)


@pytest.fixture(scope="session")
def sqlite_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A file with configuration, to be copied."""
    folder = tmp_path_factory.mktemp("office")
    office = furnished(folder, f"sqlite:///{folder}/hub.db")
    run(fill(office))
    return office


@pytest.fixture(scope="session")
def postgres_office(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Iterator[Office]:
    """A database with configuration, to be cloned."""
    _run(_database(postgres, f"CREATE DATABASE {TEMPLATE}"))
    office = furnished(tmp_path_factory.mktemp("office"), _plain(_named(postgres, TEMPLATE)))
    run(fill(office))
    yield office
    _run(_database(postgres, f"DROP DATABASE {TEMPLATE} WITH (FORCE)"))


@contextmanager
def place(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[tuple[Path, str, Office]]:
    """A folder and a configured base of its own on a database of this kind, and what it is a copy of."""
    if kind == "sqlite":
        like: Office = request.getfixturevalue("sqlite_office")
        shutil.copy(like.folder / "hub.db", folder / "hub.db")
        yield folder, f"sqlite:///{folder}/hub.db", like
        return
    like, server = request.getfixturevalue("postgres_office"), request.getfixturevalue("postgres")
    name = f"{TEMPLATE}_{next(_NUMBERS)}"
    _run(_database(server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
    yield folder, _plain(_named(server, name)), like
    _run(_database(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Two processes on one base with three cases, for all who leave its configuration as it was."""
    with (
        place(request, request.param, tmp_path_factory.mktemp("town")) as found,
        attended(furnished(*found)) as office,
    ):
        town = Town(office, [office.begin(), office.begin()])
        run(town.furnish(3))
        yield town


@pytest.fixture
def office(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[Office]:
    """One on each database in turn; processes that a test left are ended."""
    with place(request, database, tmp_path) as found, attended(furnished(*found)) as office:
        yield office


def _plain(url: str) -> str:
    return url.replace("+asyncpg", "")
