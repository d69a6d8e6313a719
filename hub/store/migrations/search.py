"""Search indexes in migrations: the two operations, how they are found and how they are written down."""

from collections.abc import Iterator
from typing import Any, ClassVar

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import DowngradeOps, MigrationScript, UpgradeOps
from sqlalchemy import Connection, MetaData

from hub.store import dialects
from hub.store.tables import SEARCH_TOKENS


@Operations.register_operation("create_search")
class CreateSearch(MigrateOperation):
    """`op.create_search("cases")`: index the table's tokens."""

    written: ClassVar[str] = "create_search"

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def create_search(cls, operations: Operations, table: str) -> Any:
        """Index the tokens of `table`."""
        return operations.invoke(cls(table))

    def reverse(self) -> MigrateOperation:
        """Drop it again."""
        return DropSearch(self.table)


@Operations.register_operation("drop_search")
class DropSearch(MigrateOperation):
    """`op.drop_search("cases")`: take the index away."""

    written: ClassVar[str] = "drop_search"

    def __init__(self, table: str) -> None:
        self.table = table

    @classmethod
    def drop_search(cls, operations: Operations, table: str) -> Any:
        """Drop the search index of `table`."""
        return operations.invoke(cls(table))

    def reverse(self) -> MigrateOperation:
        """Create it again."""
        return CreateSearch(self.table)


@Operations.implementation_for(CreateSearch)
def _create(operations: Operations, operation: CreateSearch) -> None:
    dialects.create_search(operations.get_bind(), operation.table)


@Operations.implementation_for(DropSearch)
def _drop(operations: Operations, operation: DropSearch) -> None:
    dialects.drop_search(operations.get_bind(), operation.table)


@renderers.dispatch_for(CreateSearch)
@renderers.dispatch_for(DropSearch)
def _write_down(_: AutogenContext, operation: CreateSearch | DropSearch) -> str:
    return f'op.{operation.written}("{operation.table}")  # type: ignore[attr-defined]'


def add_search(script: MigrationScript, connection: Connection, metadata: MetaData) -> None:
    """Add to a drafted migration what its search indexes lack: new ones last, dropped ones first."""
    upgrade, downgrade = script.upgrade_ops, script.downgrade_ops
    if not isinstance(upgrade, UpgradeOps) or not isinstance(downgrade, DowngradeOps):
        raise TypeError("a migration is drafted for one base")
    new, gone = _differences(connection, metadata)
    upgrade.ops[:] = [*(DropSearch(table) for table in gone), *upgrade.ops, *(CreateSearch(table) for table in new)]
    downgrade.ops[:] = [*(DropSearch(table) for table in new), *downgrade.ops, *(CreateSearch(table) for table in gone)]


def _differences(connection: Connection, metadata: MetaData) -> Iterator[list[str]]:
    wanted = {table.name for table in metadata.tables.values() if SEARCH_TOKENS in table.columns}
    present = dialects.searched_tables(connection)
    yield sorted(wanted - present)
    yield sorted(present - wanted)
