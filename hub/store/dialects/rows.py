"""Putting rows into a table, each database in its fastest way, inside the transaction that is open."""

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table

_FEW = 8
"""Rows that are inserted by a statement: copying takes two more turns to the server."""

_CELL, _LINE, _NULL = "\0c", "\0l", "\0n"
"""Stand between values, after rows and for nothing while texts are spelled: no text holds a NUL."""

_SIGNS = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
"""What COPY spells otherwise; the backslash first, since the others bring one."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the same columns, as they are stored: text, whole numbers, truths, dates and None."""
    if connection.dialect.name == "sqlite":
        _insert_tuples(connection, table, rows)
    elif len(rows) <= _FEW:
        connection.execute(table.insert(), [dict(row) for row in rows])
    else:
        _copy(connection, table, rows)


def _insert_tuples(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Straight to the driver: working out parameters by their types took longer than inserting."""
    quoted = connection.dialect.identifier_preparer.quote
    names = tuple(rows[0])
    statement = (
        f"INSERT INTO {quoted(table.name)} ({', '.join(map(quoted, names))}) VALUES ({', '.join('?' * len(names))})"
    )
    values = [tuple(_plain(row[name]) for name in names) for row in rows]
    connection.exec_driver_sql(statement, values)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """COPY in its text form: dates go as text (see `set_codecs`), and 500 rows are one message."""
    adapter: Any = connection.connection.dbapi_connection
    if not adapter.driver_connection.is_in_transaction():
        # It begins with the first statement: what is copied before that would stay, whatever happens.
        connection.exec_driver_sql("SELECT 1")
    names = list(rows[0])
    source = _spelled(names, rows).encode()

    async def copy(driver: Any) -> None:
        await driver.copy_to_table(table.name, columns=names, format="text", source=io.BytesIO(source))

    adapter.run_async(copy)


def _spelled(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """All at once: value by value, spelling took as long as working out what to write."""
    cells = itemgetter(*names)
    told = _LINE.join(_CELL.join([_text(value) for value in cells(row)]) for row in rows)
    for sign, spelling in _SIGNS:
        told = told.replace(sign, spelling)
    return told.replace(_CELL, "\t").replace(_NULL, "\\N").replace(_LINE, "\n") + "\n"


def _text(value: Any) -> str:
    if value is None:
        return _NULL
    return value if isinstance(value, str) else str(value)
