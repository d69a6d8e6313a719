"""Search indexes: how they are made, dropped and found again."""

from sqlalchemy import (
    Connection,
)

from hub.errors import (
    Refused,
)


def create_search(connection: Connection, table: str) -> None:
    """The search index of a table over its `search_tokens`; rows already there are taken in."""
    if connection.dialect.name == "postgresql":
        tokens = "to_tsvector('simple', search_tokens)"
        connection.exec_driver_sql(f"CREATE INDEX ix_{table}_search ON {table} USING gin ({tokens})")
        return
    # A row keeps its number in the index by a table of its own: row numbers of a table with text ids may change.
    keys = f"{table}_search_keys"
    connection.exec_driver_sql(f"CREATE TABLE {keys} (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)")
    tokenizer = "tokenize = 'unicode61'"
    connection.exec_driver_sql(f"CREATE VIRTUAL TABLE {table}_search USING fts5 (id UNINDEXED, tokens, {tokenizer})")
    connection.exec_driver_sql(f"INSERT INTO {keys} (id) SELECT id FROM {table}")
    connection.exec_driver_sql(
        f"INSERT INTO {table}_search (rowid, id, tokens) "
        f"SELECT k.row, t.id, t.search_tokens FROM {keys} k JOIN {table} t ON t.id = k.id"
    )
    _create_triggers(connection, table)


def drop_search(connection: Connection, table: str) -> None:
    """Take the search index away."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"DROP INDEX ix_{table}_search")
        return
    for when in ("insert", "update", "delete"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {table}_search_{when}")
    connection.exec_driver_sql(f"DROP TABLE {table}_search")
    connection.exec_driver_sql(f"DROP TABLE {table}_search_keys")


def searched_tables(connection: Connection) -> set[str]:
    """The tables that have a search index."""
    if connection.dialect.name == "postgresql":
        statement = (
            "SELECT tablename FROM pg_indexes "
            "WHERE schemaname = current_schema() AND indexname = 'ix_' || tablename || '_search'"
        )
        return set(connection.exec_driver_sql(statement).scalars())
    statement = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
    return {name.removesuffix("_search") for name in connection.exec_driver_sql(statement).scalars()}


def restore_search(connection: Connection) -> None:
    """Put the search triggers back: SQLite drops them when a migration builds a table anew."""
    if connection.dialect.name == "sqlite":
        for table in sorted(searched_tables(connection)):
            _create_triggers(connection, table)


def check_links(connection: Connection) -> None:
    """After a migration without foreign keys (SQLite): Refused when a link leads nowhere."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise Refused(constraint="foreign_key")


def is_search_part(name: str) -> bool:
    """Whether a table or index belongs to a search index, not to the model."""
    endings = ("", "_keys", "_data", "_idx", "_content", "_docsize", "_config")
    return name.endswith(tuple(f"_search{ending}" for ending in endings))


def _create_triggers(connection: Connection, table: str) -> None:
    keys, search = f"{table}_search_keys", f"{table}_search"
    row = f"(SELECT row FROM {keys} WHERE id = %s.id)"
    changed = "WHEN new.search_tokens <> old.search_tokens"
    triggers = (
        f"{search}_insert AFTER INSERT ON {table} BEGIN INSERT INTO {keys} (id) VALUES (new.id); "
        f"INSERT INTO {search} (rowid, id, tokens) VALUES ({row % 'new'}, new.id, new.search_tokens); END",
        f"{search}_update AFTER UPDATE OF search_tokens ON {table} {changed} BEGIN "
        f"UPDATE {search} SET tokens = new.search_tokens WHERE rowid = {row % 'new'}; END",
        f"{search}_delete AFTER DELETE ON {table} BEGIN DELETE FROM {search} WHERE rowid = {row % 'old'}; "
        f"DELETE FROM {keys} WHERE id = old.id; END",
    )
    for trigger in triggers:
        connection.exec_driver_sql(f"CREATE TRIGGER IF NOT EXISTS {trigger}")
