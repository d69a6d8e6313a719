"""A statement in our own words for a driver that SQLAlchemy asks: its text, and its values as the driver takes them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Executable
from sqlalchemy.engine import Dialect


def driven(statement: Executable, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, Any]:
    """Text and values. Where there are no arrays and no dates, lists are JSON and days their text."""
    written: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    if dialect.name == "sqlite":
        values = {name: _for_sqlite(value) for name, value in values.items()}
    return str(written), tuple(values[name] for name in written.positiontup) if written.positional else dict(values)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, list):
        return orjson.dumps([_for_sqlite(each) for each in value]).decode()
    return value.isoformat() if isinstance(value, dt.date) else value
