"""Types and defaults of columns that the two databases spell differently."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Dialect,
    Integer,
    Text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

LOG_OPTIONS: dict[str, Any] = {"sqlite_autoincrement": True}
"""Options of the log's table: a number once given is never given again."""


class Bytewise(TypeDecorator[str]):
    """Text that both databases compare and order byte by byte."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL is told to; SQLite never does anything else."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TEXT(collation="C"))
        return dialect.type_descriptor(Text())


class LogPosition(TypeDecorator[int]):
    """The number of an event in the log: 64 bits, given by the database."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite numbers rows under the plain name INTEGER only; its integers have 64 bits anyway."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class _Xid8(UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


# Reflection, which drafts migrations, warns of types that it has no name for.
postgresql.base.ischema_names.setdefault("xid8", _Xid8)


class TransactionId(TypeDecorator[int]):
    """The transaction that wrote an event: readers stay below the oldest one still open."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """One writer at a time needs no transaction numbers: SQLite keeps 0."""
        return dialect.type_descriptor(_Xid8() if dialect.name == "postgresql" else BigInteger())


class CurrentTransaction(FunctionElement[int]):
    """The default of a `TransactionId`."""

    inherit_cache = True
    type = BigInteger()


@compiles(CurrentTransaction, "sqlite")
def _no_transaction_number(_: Any, __: Any, **___: Any) -> str:
    return "0"


@compiles(CurrentTransaction, "postgresql")
def _transaction_number(_: Any, __: Any, **___: Any) -> str:
    return "pg_current_xact_id()"


class OldestOpenTransaction(FunctionElement[int]):
    """What a reader of the log stays below: transactions from here on may still be writing."""

    inherit_cache = True
    type = TransactionId()


@compiles(OldestOpenTransaction, "sqlite")
def _beyond_all_transactions(_: Any, __: Any, **___: Any) -> str:
    return "1"


@compiles(OldestOpenTransaction, "postgresql")
def _oldest_open_transaction(_: Any, __: Any, **___: Any) -> str:
    # As a select it is asked once for a statement, not once for a row.
    return "(SELECT pg_snapshot_xmin(pg_current_snapshot()))"
