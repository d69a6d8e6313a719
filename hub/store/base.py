"""Opening an information base: its settings, its durability, and what its faults are to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import MetaData
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from hub.store import dialects
from hub.store.dialects.doorbells import Doorbell, PostgresDoorbell, SQLiteDoorbell
from hub.store.dialects.read_postgresql import PostgresReader
from hub.store.dialects.read_sqlite import SQLiteReader
from hub.store.dialects.readers import Reader

STATEMENT_SECONDS = 30.0
"""How long one statement of a writer may run."""


async def open_base(
    url: str, *, statement_seconds: float | None = STATEMENT_SECONDS, weak: bool = False
) -> AsyncEngine:
    """The base at `url` (`sqlite:///file` or `postgresql://...`), with its durability checked.

    `statement_seconds` limits each statement (None: no limit, for migrations). WeakDurability when an acknowledged
    deed could be lost with the power, unless `weak` says that it may; Unavailable when the base cannot be reached.
    """
    engine = engine_of(url, statement_seconds=statement_seconds, weak=weak)
    try:
        with faults(None, statement_seconds):
            async with engine.connect() as connection:
                if not weak:
                    await connection.run_sync(dialects.check_durability)
    except BaseException:
        await engine.dispose()
        raise
    return engine


def engine_of(
    url: str,
    *,
    statement_seconds: float | None = None,
    foreign_keys: bool = True,
    weak: bool = True,
    lasting: bool = True,
) -> AsyncEngine:
    """An engine with our settings that has opened nothing yet. No parameter ever gets into its messages.

    What is written by an engine that is not `lasting` may be lost with the power: for loading a base anew.
    """
    address = dialects.async_url(url)
    options = dialects.engine_options(address, statement_seconds)
    engine = create_async_engine(address, hide_parameters=True, **options)
    dialects.prepare(engine, foreign_keys=foreign_keys, weak=weak, lasting=lasting)
    return engine


def reader_of(url: str, *, statement_seconds: float) -> Reader:
    """What runs answers' statements on the base at `url`; it connects when it is first asked."""
    address = dialects.async_url(url)
    if address.get_backend_name() == "sqlite":
        return SQLiteReader(Path(address.database or ""), statement_seconds)
    return PostgresReader(address.set(drivername="postgresql").render_as_string(hide_password=False), statement_seconds)


def doorbell_of(url: str) -> Doorbell:
    """What hears that somebody committed events to the base at `url`; it connects when it is first listened to."""
    address = dialects.async_url(url)
    if address.get_backend_name() == "sqlite":
        return SQLiteDoorbell(Path(address.database or ""))
    return PostgresDoorbell(address.set(drivername="postgresql").render_as_string(hide_password=False))


@contextmanager
def faults(metadata: MetaData | None = None, statement_seconds: float | None = STATEMENT_SECONDS) -> Iterator[None]:
    """Whatever the driver raises inside leaves as an error of ours; `metadata` gives broken constraints their names."""
    try:
        yield
    except (SQLAlchemyError, OSError, *dialects.DRIVER_ERRORS) as error:
        # The driver's text can hold values of rows: neither message nor chain takes it along.
        raise dialects.hub_error(error, metadata, statement_seconds) from None
