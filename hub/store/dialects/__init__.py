"""The only folder that says SQLite or PostgreSQL."""

from hub.store.dialects.columns import (
    LOG_OPTIONS,
    Bytewise,
    CurrentTransaction,
    LogPosition,
    OldestOpenTransaction,
    TransactionId,
)
from hub.store.dialects.connections import (
    CHAIN,
    CHANNEL,
    EPOCHS,
    MIGRATIONS,
    WRITES,
    announce,
    async_url,
    check_durability,
    engine_options,
    is_ahead,
    is_free,
    keeps_connections,
    lock_in_order,
    make_private,
    oldest_writer,
    one_at_a_time,
    place_of,
    prepare,
    reading,
    see_one_moment,
    set_codecs,
    writers_at_once,
)
from hub.store.dialects.faults import DRIVER_ERRORS, deadline, driver_error, gave_way, hub_error
from hub.store.dialects.listed import listed, texts
from hub.store.dialects.places import Behind, InOrder
from hub.store.dialects.rows import insert_rows
from hub.store.dialects.search import (
    check_links,
    create_search,
    drop_search,
    is_search_part,
    restore_search,
    searched_tables,
)

# Whoever spells an expression finds both spellings known.
from hub.store.dialects import spelled_by_postgresql as _  # isort: skip  # noqa: F401
from hub.store.dialects import spelled_by_sqlite as __  # isort: skip  # noqa: F401

__all__ = [
    "CHAIN",
    "CHANNEL",
    "DRIVER_ERRORS",
    "EPOCHS",
    "LOG_OPTIONS",
    "MIGRATIONS",
    "WRITES",
    "Behind",
    "Bytewise",
    "CurrentTransaction",
    "InOrder",
    "LogPosition",
    "OldestOpenTransaction",
    "TransactionId",
    "announce",
    "async_url",
    "check_durability",
    "check_links",
    "create_search",
    "deadline",
    "driver_error",
    "drop_search",
    "engine_options",
    "gave_way",
    "hub_error",
    "insert_rows",
    "is_ahead",
    "is_free",
    "is_search_part",
    "keeps_connections",
    "listed",
    "lock_in_order",
    "make_private",
    "oldest_writer",
    "one_at_a_time",
    "place_of",
    "prepare",
    "reading",
    "restore_search",
    "searched_tables",
    "see_one_moment",
    "set_codecs",
    "texts",
    "writers_at_once",
]
