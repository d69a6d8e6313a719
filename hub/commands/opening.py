"""The base that a command works on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.errors import NotMigrated
from hub.parts import hub_model
from hub.procedures.configuration import Base
from hub.settings import Settings
from hub.store.base import open_base
from hub.store.ledger import Ledger
from hub.store.migrate import require_current
from hub.store.seal import Seal, read_keys
from hub.store.tables import tables


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Base]:
    """The base of the settings at this version; KeysMissing, NotMigrated and the like."""
    model, seal = hub_model(), Seal(read_keys(settings.keys.file))
    if settings.database.is_missing:
        raise NotMigrated
    metadata = tables(model)
    engine = await open_base(settings.database.url, weak=settings.database.weak_durability)
    try:
        await require_current(engine)
        yield Base(engine, metadata, model, Ledger(engine, metadata, model, seal))
    finally:
        await engine.dispose()
