"""How Alembic meets a base: on the connection it is handed, in the transaction that is already open."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from sqlalchemy import Connection, MetaData

from hub.store import dialects
from hub.store.migrations import search

_OURS = (dialects.Bytewise, dialects.LogPosition, dialects.TransactionId)


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Our own types are written by name, so that one migration serves both databases."""
    if kind == "type" and isinstance(item, _OURS):
        autogen.imports.add("from hub.store import dialects")
        return f"dialects.{type(item).__name__}()"
    if kind == "server_default" and isinstance(getattr(item, "arg", None), dialects.CurrentTransaction):
        return "dialects.CurrentTransaction()"
    return False


def _is_the_models(name: str | None, kind: str, _: Any) -> bool:
    return kind not in ("table", "index") or not dialects.is_search_part(name or "")


def _finish(_: Any, __: Any, scripts: list[MigrationScript]) -> None:
    """Search indexes join the draft; a draft without changes is no migration."""
    search.add_search(scripts[0], connection, metadata)
    upgrade = scripts[0].upgrade_ops
    if upgrade is None or upgrade.is_empty():
        scripts.clear()


connection: Connection = context.config.attributes["connection"]
metadata: MetaData = context.config.attributes.get("metadata") or MetaData()
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
    render_item=_render,
    include_name=_is_the_models,
    process_revision_directives=_finish,
)
context.run_migrations()
