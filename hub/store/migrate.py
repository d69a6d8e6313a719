"""Bringing a base to the version of the model, and drafting the migration that a changed model needs."""

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import NotMigrated
from hub.schema.model import Model
from hub.store import dialects
from hub.store.base import engine_of, faults, open_base
from hub.store.tables import SEARCH_TOKENS, tables

if TYPE_CHECKING:
    from alembic.config import Config

T = TypeVar("T")

SCRIPTS = Path(__file__).parent / "migrations"
VERSIONS = SCRIPTS / "versions"
"""Where migrations are kept, in the order of their numbers."""


async def upgrade(url: str, *, versions: Path = VERSIONS) -> str | None:
    """Run every migration the base lacks, all or none; its version afterwards."""

    def run(connection: Connection) -> str | None:
        from alembic import command  # noqa: PLC0415 - a third of a second that only migrations need

        before = _version(connection)
        command.upgrade(_config(versions, connection), "head")
        dialects.restore_search(connection)
        if _version(connection) != before:
            # Half a minute on a base of millions: only where tables were built anew.
            dialects.check_links(connection)
        return _version(connection)

    return await _in_transaction(url, run)


async def draft(url: str, model: Model, message: str, *, versions: Path = VERSIONS) -> Path | None:
    """Write the migration from the base at `url` (at the newest version) to the model; None where nothing differs.

    NotMigrated when the base is not at the newest version.
    """

    def run(connection: Connection) -> Path | None:
        from alembic import command  # noqa: PLC0415

        config, newest = _config(versions, connection), head(versions=versions)
        if _version(connection) != newest:
            raise NotMigrated
        config.attributes["metadata"] = tables(model)
        written = command.revision(config, message, autogenerate=True, rev_id=f"{int(newest or 0) + 1:04d}")
        found = written if isinstance(written, list) else [written]
        return next((Path(script.path) for script in found if script is not None), None)

    return await _in_transaction(url, run)


async def erase(url: str, model: Model) -> None:
    """Take every table of the model away, with all that is in it: the base is as before its first migration."""

    def run(connection: Connection) -> None:
        for table in dialects.searched_tables(connection):
            dialects.drop_search(connection, table)
        tables(model).drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")

    await _in_transaction(url, run)


async def current(url: str) -> str | None:
    """The version the base is at; None before its first migration."""
    return await _in_transaction(url, _version)


def head(*, versions: Path = VERSIONS) -> str | None:
    """The newest version there is."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_config(versions, None)).get_current_head()


async def require_current(engine: AsyncEngine) -> None:
    """NotMigrated unless the base is at the newest version."""
    with faults():
        async with engine.connect() as connection:
            if await connection.run_sync(_version) != head():
                raise NotMigrated


async def create(engine: AsyncEngine, metadata: MetaData) -> None:
    """All tables and search indexes at once, without migrations: for bases whose model is a test's own."""

    def run(connection: Connection) -> None:
        metadata.create_all(connection)
        for table in metadata.sorted_tables:
            if SEARCH_TOKENS in table.columns and table.name not in dialects.searched_tables(connection):
                dialects.create_search(connection, table.name)

    with faults(metadata):
        async with engine.execution_options(**{dialects.WRITES: True}).begin() as connection:
            await connection.run_sync(run)


async def prepared(url: str, model: Model) -> tuple[AsyncEngine, MetaData]:
    """An opened base that holds the model's tables, made now where they are missing."""
    metadata = tables(model)
    engine = await open_base(url)
    await create(engine, metadata)
    return engine, metadata


async def _in_transaction(url: str, run: Callable[[Connection], T]) -> T:
    # A table that is built anew is dropped in between: its foreign keys are checked once, at the end.
    engine = engine_of(url, foreign_keys=False)
    try:
        with faults(None, None):
            dialects.make_private(engine.url)
            async with engine.execution_options(**{dialects.WRITES: True}).begin() as connection:
                await connection.run_sync(dialects.one_at_a_time, dialects.MIGRATIONS)
                return await connection.run_sync(run)
    finally:
        await engine.dispose()


def _version(connection: Connection) -> str | None:
    from alembic.migration import MigrationContext  # noqa: PLC0415

    return MigrationContext.configure(connection).get_current_revision()


def _config(versions: Path, connection: Connection | None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config(cmd_opts=Namespace(quiet=True))
    for name, value in (("script_location", SCRIPTS), ("version_locations", versions)):
        config.set_main_option(name, str(value).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
