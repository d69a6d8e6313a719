"""What all tests share: both databases, the model of all nouns, and that long tests run only when asked for."""

import asyncio
import importlib
import os
import pkgutil
import shutil
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

if os.environ.get("HUB_TEST_SQLITE") == "newer":
    # Before anything opens a base: the same tests with a SQLite whose parser has no bound on depth.
    sys.modules["sqlite3"] = importlib.import_module("pysqlite3")
    sys.modules["sqlite3.dbapi2"] = importlib.import_module("pysqlite3.dbapi2")

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.procedures.agencies import configure
from tests.servers import running_server

import hub.schema
from hub.schema.declare import Entity
from hub.schema.model import Model, build
from hub.store import migrate
from hub.store.base import open_base
from hub.store.dialects import async_url
from hub.store.seal import Keys, Seal, new_keys
from hub.store.tables import tables

_NUMBERS = count(1)

# A busy machine is no fault; the short run is the same run each time, --long looks for what is new.
settings.register_profile("short", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Base:
    """An open base that holds the tables of all nouns."""

    url: str
    engine: AsyncEngine
    metadata: MetaData


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the tests marked `long`")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("long" if config.getoption("--long") else "short")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="long: run with --long")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def model() -> Model:
    """Every noun of the hub, in the order of file names."""
    names = sorted(module.name for module in pkgutil.iter_modules(hub.schema.__path__))
    modules = [importlib.import_module(f"hub.schema.{name}") for name in names]
    kinds = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type)]
    own = (kind for kind in kinds if issubclass(kind, Entity) and kind is not Entity)
    return build(dict.fromkeys(own))


@pytest.fixture(scope="session")
def metadata(model: Model) -> MetaData:
    """The tables of all nouns: made once, they cost more than most tests."""
    return tables(model)


@pytest.fixture(scope="session")
def keys() -> Keys:
    return new_keys()


@pytest.fixture(scope="session")
def seal(keys: Keys) -> Seal:
    return Seal(keys)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server: HUB_TEST_POSTGRES, or one of the session's own."""
    given = os.environ.get("HUB_TEST_POSTGRES")
    if given:
        yield async_url(given).render_as_string(hide_password=False)
        return
    with running_server() as server:
        yield async_url(server.get_uri()).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Path:
    """A file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "hub.db"
    _run(_with_tables(f"sqlite:///{file}", model))
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres: str, model: Model) -> Iterator[str]:
    """The name of a database with all tables, to be cloned."""
    name = f"hub_template_{os.getpid()}"
    _run(_database(postgres, f"CREATE DATABASE {name}"))
    _run(_with_tables(_named(postgres, name), model))
    yield name
    _run(_database(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def sqlite_configured(sqlite_template: Path, model: Model, seal: Seal) -> Path:
    """A file with all tables and the configuration, to be copied."""
    file = Path(shutil.copy(sqlite_template, sqlite_template.with_name("configured.db")))
    _run(_with_configuration(f"sqlite:///{file}", model, seal))
    return file


@pytest.fixture(scope="session")
def postgres_configured(postgres: str, postgres_template: str, model: Model, seal: Seal) -> Iterator[str]:
    """The name of a database with all tables and the configuration, to be cloned."""
    name = f"{postgres_template}_configured"
    _run(_database(postgres, f"CREATE DATABASE {name} TEMPLATE {postgres_template}"))
    _run(_with_configuration(_named(postgres, name), model, seal))
    yield name
    _run(_database(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database: what uses it runs once on each."""
    kind: str = request.param
    return kind


@pytest_asyncio.fixture
async def url(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> AsyncIterator[str]:
    """The address of an empty base."""
    if database == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    async for address in _of_its_own(request.getfixturevalue("postgres"), "template1"):
        yield address


@pytest_asyncio.fixture
async def base(request: pytest.FixtureRequest, database: str, tmp_path: Path, metadata: MetaData) -> AsyncIterator[Base]:
    """An open base with the tables of all nouns."""
    async for opened in _copied(request, f"{_short(database)}_template", tmp_path, metadata):
        yield opened


@pytest_asyncio.fixture
async def configured(request: pytest.FixtureRequest, database: str, tmp_path: Path, metadata: MetaData) -> AsyncIterator[Base]:
    """An open base that holds what `hub config apply` writes, and nothing else."""
    async for opened in _copied(request, f"{_short(database)}_configured", tmp_path, metadata):
        yield opened


def _short(database: str) -> str:
    return "sqlite" if database == "sqlite" else "postgres"


async def _copied(request: pytest.FixtureRequest, template: str, tmp_path: Path, metadata: MetaData) -> AsyncIterator[Base]:
    """A base of the test's own, as the template is."""
    first = request.getfixturevalue(template)
    if template.startswith("sqlite"):
        file = shutil.copy(first, tmp_path / "hub.db")
        async for opened in _opened(f"sqlite:///{file}", metadata):
            yield opened
        return
    async for address in _of_its_own(request.getfixturevalue("postgres"), first):
        async for opened in _opened(address, metadata):
            yield opened


async def _opened(url: str, metadata: MetaData) -> AsyncIterator[Base]:
    engine = await open_base(url)
    yield Base(url, engine, metadata)
    await engine.dispose()


async def _of_its_own(server: str, template: str) -> AsyncIterator[str]:
    name = f"hub_{os.getpid()}_{next(_NUMBERS)}"
    await _database(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(server, name)
    await _database(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a loop of its own, also while a test's loop runs in this thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _with_tables(url: str, model: Model) -> None:
    engine, _ = await migrate.prepared(url, model)
    await engine.dispose()


async def _with_configuration(url: str, model: Model, seal: Seal) -> None:
    engine = await open_base(url)
    await configure(Base(url, engine, tables(model)), model, seal)
    await engine.dispose()


async def _database(server: str, statement: str) -> None:
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def _named(server: str, name: str) -> str:
    return async_url(server).set(database=name).render_as_string(hide_password=False)
