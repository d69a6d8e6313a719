"""The whole hub over real sockets, on bases that are configured and filled once."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.conftest import _database, _named, _run

from hub.app import Composition
from hub.demo import serving
from hub.demo.progress import Progress
from hub.serving import Application, Company, server_of
from hub.settings import Database, KeyFile, Limits, Server, Settings, load
from hub.store.dialects.connections import async_url
from hub.store.seal import new_keys, write_keys
from hub.web.server import HubServer

CASES = 60
FILLED = f"hub_filled_{os.getpid()}"
GRAPHQL = "application/graphql-response+json"
SETTINGS = load({})
"""As shipped, whatever the environment says."""

Slow = Callable[..., AbstractContextManager["Hub"]]


@dataclass(frozen=True)
class Filled:
    """A base with its keys, and the tokens of the demo's viewers."""

    settings: Settings
    tokens: dict[str, str]


@dataclass(frozen=True)
class Hub:
    """A running hub, and a client that asks as one of its viewers."""

    application: Application
    server: HubServer
    url: str
    tokens: dict[str, str]
    client: httpx2.Client

    def post(self, query: str | None, viewer: str | None = None, /, **more: Any) -> httpx2.Response:
        body = {"query": query, **more} if query is not None else more
        return self.client.post(self.url, json=body, headers=self.headers(viewer))

    def ask(self, query: str, viewer: str | None = None, /, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        document = self.post(query, viewer, variables=variables).json()
        assert "errors" not in document, document["errors"]
        found: dict[str, Any] = document["data"]
        return found

    def refusal(self, query: str | None, viewer: str | None = None, /, **more: Any) -> tuple[int, str]:
        """Status and number of a request that is refused."""
        answer = self.post(query, viewer, **more)
        document = answer.json()
        assert "data" not in document
        return answer.status_code, document["errors"][0]["extensions"]["hub"]

    def headers(self, viewer: str | None) -> dict[str, str]:
        return {"accept": GRAPHQL} | ({"authorization": f"Bearer {self.tokens[viewer]}"} if viewer else {})

    @property
    def composition(self) -> Composition:
        address: Any = self.application._graphql
        found: Composition = address.endpoint.asking.backing.ask.__self__
        return found


@pytest.fixture(scope="session")
def keys_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    write_keys(file, new_keys())
    return file


@pytest.fixture(scope="session")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory, keys_file: Path) -> Filled:
    return filled(f"sqlite:///{tmp_path_factory.mktemp('filled')}/hub.db", keys_file)


@pytest.fixture(scope="session")
def filled_postgres(postgres: str, keys_file: Path) -> Iterator[Filled]:
    name = FILLED
    _run(_database(postgres, f"CREATE DATABASE {name}"))
    url = _named(postgres, name).replace("+asyncpg", "")
    yield filled(url, keys_file)
    _run(_database(postgres, f"DROP DATABASE {name} WITH (FORCE)"))


def filled(url: str, keys_file: Path, limits: Limits | None = None) -> Filled:
    """Migrated, configured and grown, as the demo does it; what is there already stays."""
    settings = replace(SETTINGS, server=Server("127.0.0.1", 0), database=Database(url), keys=KeyFile(keys_file))
    settings = replace(settings, limits=limits) if limits else settings
    return Filled(settings, run(grown(settings)))


async def grown(settings: Settings) -> dict[str, str]:
    progress = Progress()
    await serving.prepared(settings)
    async with serving.opened(settings) as base:
        await serving.configured(settings, base, progress)
        if not await serving.counted(base):
            await serving.grown(base, CASES, progress)
        return await serving.tokens_of(settings, base)


def run(work: Any) -> Any:
    """Run it in a loop of its own, also where a test's loop runs."""
    found: list[Any] = []

    async def keep() -> None:
        found.append(await work)

    _run(keep())
    return found[0]


@pytest.fixture(scope="session")
def sqlite_hub(filled_sqlite: Filled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    file = copied(filled_sqlite, tmp_path_factory.mktemp("served") / "hub.db")
    with served(Filled(on(filled_sqlite.settings, f"sqlite:///{file}"), filled_sqlite.tokens)) as hub:
        yield hub


@pytest.fixture(scope="session")
def postgres_hub(filled_postgres: Filled, postgres: str) -> Iterator[Hub]:
    with (
        cloned(postgres, f"{FILLED}_served") as url,
        served(Filled(on(filled_postgres.settings, url), filled_postgres.tokens)) as hub,
    ):
        yield hub


def on(settings: Settings, url: str) -> Settings:
    return replace(settings, database=Database(url))


def copied(base: Filled, file: Path) -> Path:
    """A copy of a file that nobody has open."""
    shutil.copy(base.settings.database.url.removeprefix("sqlite:///"), file)
    return file


@contextmanager
def cloned(server: str, name: str) -> Iterator[str]:
    """A clone of the filled database, to which nobody is connected."""
    _run(_database(server, f"CREATE DATABASE {name} TEMPLATE {FILLED}"))
    yield _named(server, name).replace("+asyncpg", "")
    _run(_database(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def hub(sqlite_hub: Hub) -> Hub:
    return sqlite_hub


@pytest.fixture
def either(request: pytest.FixtureRequest, database: str) -> Hub:
    """The hub on each database in turn."""
    found: Hub = request.getfixturevalue("sqlite_hub" if database == "sqlite" else "postgres_hub")
    return found


@contextmanager
def served(base: Filled, company: Company | None = None) -> Iterator[Hub]:
    """The application as `hub serve` runs it, in a thread."""
    listening: list[str] = []
    up = threading.Event()

    def say(url: str) -> None:
        listening.append(url)
        up.set()

    server = server_of(base.settings, say, company)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert up.wait(20)
        application: Any = server.config.app
        with httpx2.Client(timeout=30) as client:
            yield Hub(application, server, listening[0], base.tokens, client)
    finally:
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def slow(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Slow:
    """Serve a copy of a base in which a look at cases takes some seconds."""
    source: Filled = request.getfixturevalue("filled_sqlite" if database == "sqlite" else "filled_postgres")

    @contextmanager
    def serve(seconds: float, **limits: float) -> Iterator[Hub]:
        with ExitStack() as stack:
            if database == "sqlite":
                url = f"sqlite:///{copied(source, tmp_path / 'slow.db')}"
            else:
                url = stack.enter_context(cloned(request.getfixturevalue("postgres"), f"{FILLED}_slow"))
            bounds: Any = replace(SETTINGS.limits, **limits)  # type: ignore[arg-type]
            base = filled(url, source.settings.keys.file, bounds)
            run(_slowed(url, database, seconds))
            yield stack.enter_context(served(base))

    return serve


async def _slowed(url: str, database: str, seconds: float) -> None:
    """Cases become a view that computes, or sleeps, once per statement."""
    steps = int(seconds * 4_000_000)
    counted = f"WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < {steps}) SELECT count(*) > 0 FROM c"
    wait = counted if database == "sqlite" else f"SELECT pg_sleep({seconds}) IS NOT NULL"
    engine = create_async_engine(async_url(url))
    async with engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE cases RENAME TO slow_cases"))
        await connection.execute(sa.text(f"CREATE VIEW cases AS SELECT * FROM slow_cases WHERE ({wait})"))
    await engine.dispose()
