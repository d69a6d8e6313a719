"""Which events stand behind a position of the log, and in which order they do."""

from typing import Any

from sqlalchemy import ColumnElement, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement


class Behind(FunctionElement[Any]):
    """An event stands behind a position: of both, epoch, transaction and number.

    Not typed as a boolean: where there are none, `= 1` would be written behind it.
    """

    inherit_cache = True
    type = types.NULLTYPE
    name = "behind"


class InOrder(FunctionElement[Any]):
    """What events are ordered by, given epoch, transaction and number."""

    inherit_cache = True
    type = types.NULLTYPE
    name = "in_order"


@compiles(Behind, "postgresql")
def _behind_by_postgresql(element: Behind, compiler: Any, **options: Any) -> str:
    parts = [compiler.process(part, **options) for part in element.clauses]
    return f"({', '.join(parts[:3])}) > ({', '.join(parts[3:])})"


@compiles(Behind, "sqlite")
def _behind_by_sqlite(element: Behind, compiler: Any, **options: Any) -> str:
    """By the number alone, which grows with the epochs of a file: of three columns SQLite looks into its index by two,
    and the second is always 0. Where the number is none of its epoch's in this file, the epoch's bounds count.
    """
    columns: list[ColumnElement[Any]] = list(element.clauses)
    number, epoch, _, given = (compiler.process(part, **options) for part in columns[2:])
    source: Any = columns[0]
    name = compiler.preparer.quote(getattr(source.table, "element", source.table).name)
    events, order = f"SELECT b.seq FROM {name} AS b", "ORDER BY b.epoch DESC, b.xid DESC, b.seq DESC LIMIT 1"
    first, last = (f"coalesce(({events} WHERE b.epoch {sign} {epoch} {order}), 0)" for sign in ("<", "<="))
    return f"{number} > max({first}, min({given}, {last}))"


@compiles(InOrder, "postgresql")
def _in_order_by_postgresql(element: InOrder, compiler: Any, **options: Any) -> str:
    return ", ".join(compiler.process(part, **options) for part in element.clauses)


@compiles(InOrder, "sqlite")
def _in_order_by_sqlite(element: InOrder, compiler: Any, **options: Any) -> str:
    *_, number = element.clauses
    return str(compiler.process(number, **options))
